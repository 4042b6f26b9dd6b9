/* realcalls.h: libc's own functions below those that we interpose, for the collector's own calls.
 *
 * Defined beside the functions that stand in front of them (interposed.h). Three ways to link, one
 * answer each:
 *
 *     libspangc.so                   the definition behind ours
 *     libspangc.a with --wrap=NAME   __real_NAME, which the linker makes of NAME
 *     libspangc.a, unit tests        NAME itself: nothing is interposed, or by others (sanitizers)
 *
 * Usable before our constructors have run, since a program's come in no particular order.
 */
#ifndef SPANGC_REALCALLS_H
#define SPANGC_REALCALLS_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include "threads/loader.h"

int pthread_create_real(pthread_t *handle, const pthread_attr_t *attributes, void *(*start)(void *),
                        void *argument);

/* Does a sanitizer's runtime stand in front of our definitions and hand calls on to them? Then who
 * calls in our stead goes by the plain names, or the runtime would not know of the thread. Exists
 * only where we interpose. */
extern bool calls_pass_sanitizer(void) __attribute__((weak));

int sigaction_real(int signal_number, const struct sigaction *action, struct sigaction *before);
int dl_iterate_phdr_real(loader_callback *callback, void *argument);

#endif
