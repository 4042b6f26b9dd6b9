/* helper.h: making threads of our own in a process that belongs to others.
 *
 * Such a thread has all of the program's signals blocked (the stop's too, as soon as it has told
 * the registry who it is: threads_enter_helper), a name, a small stack that is no root, and is
 * detached. No stop waits for it and no list of the program's threads names it.
 */
#ifndef SPANGC_HELPER_H
#define SPANGC_HELPER_H

#include <stdbool.h>

/* The thread calls threads_enter_helper before anything else. False: it could not be made. The
 * caller holds no lock and is not busy: pthread_create may call the program's malloc. */
bool helper_start(const char *name, void *(*run)(void *), void *argument);

#endif
