/* loaderlock.h: the loader's lock in the child of a fork.
 *
 * glibc's fork makes the loader's other lock anew in the child, but not the one that protects the
 * list of loaded objects. If a thread of the parent held that one (it was adding to the list, in
 * dlopen or in a call of libc's that loads something), the child would wait for it for ever in its
 * first collection. loader.h keeps out whom it sees; this file is for those whom it cannot see.
 *
 * The lock has no public name. It is looked for once, from inside a callback of dl_iterate_phdr:
 * the one recursive mutex in the loader's data that this thread owns then, and no longer
 * afterwards. Where that finds none (another C library, a static program) nothing is done.
 */
#ifndef SPANGC_LOADERLOCK_H
#define SPANGC_LOADERLOCK_H

#include <stdbool.h>

/* Looks the loader's data up. May wait for the loader: with threads_init only. */
void loaderlock_init(void);

/* Inside the collector's callback, and after dl_iterate_phdr has returned; the same thread, and no
 * other meanwhile. */
void loaderlock_look_inside(void);
void loaderlock_look_after(void);

/* The lock is free again. */
void loaderlock_reset_in_child(void);

/* The lock was held at the fork: what is in the list need not be mapped. */
bool loaderlock_was_held(void);

#endif
