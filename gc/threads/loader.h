/* loader.h: who is inside dl_iterate_phdr, whose lock libc holds while a callback runs.
 *
 * A cycle begins inside such a callback (mark/roots.h), and programs have callbacks of their own.
 * Two things must not happen:
 *
 *     Allocation waits for the loader. A callback of the program may wait for the very thread that
 *     allocates. So a collection that the heap's goal asks for (LOADER_TRY) does not begin while
 *     another thread of the program is in one, and one that wants to enter waits for such a
 *     collection to end: it cannot wait for anybody.
 *
 *     A child inherits the loader's lock from a thread that it does not have: then it could never
 *     collect, nor dlopen. So a fork waits until nobody is inside, and nobody enters meanwhile. It
 *     waits for two seconds at most, since a callback of the program may wait for the fork. Who
 * forks in a callback waits for nobody: it has the lock, and whoever else has entered has not; nor
 * do others wait for one that is about to fork in a callback. In these cases, and for those whom we
 * cannot see, loaderlock.h makes the lock anew in the child.
 *
 * Constructors and destructors of libraries run without that lock (glibc 2.36; they have another,
 * which dl_iterate_phdr does not take), so dlopen and dlclose need no watching.
 *
 * The counts stand in one word that is changed by CAS: a signal handler of the program may collect
 * wherever it interrupts. Who waits does so on a futex and can be stopped.
 *
 *     inside = tries + waits << 16 + programs << 32 + fork << 48
 *
 * Whom this cannot see (dlopen cannot be interposed: it looks at its caller; libc loads libraries
 * by itself) loaderlock.h is for.
 *
 * Where dl_iterate_phdr is not interposed (a static library without --wrap, calls inside libc) the
 * program's callbacks are not seen.
 */
#ifndef SPANGC_LOADER_H
#define SPANGC_LOADER_H

#include <stdbool.h>
#include <stddef.h>

struct dl_phdr_info;
typedef int loader_callback(struct dl_phdr_info *, size_t, void *);

/* How a collection enters. */
enum loader_entry {
    LOADER_TRY, /* for the heap's goal: gives up rather than wait for a callback of the program */
    LOADER_WAIT
};

/* Once, before anybody can be stopped: finds the loader's lock (loaderlock.h). May wait for dlopen,
 * not for callbacks of the program. */
void loader_init(void);

/* dl_iterate_phdr for the collector. False: it was not called, LOADER_TRY would have had to wait.
 */
bool loader_iterate(loader_callback *callback, void *argument, enum loader_entry entry);

/* dl_iterate_phdr as the program calls it. */
int loader_iterate_for_program(loader_callback *callback, void *argument);

/* Around a fork. A thread that forks in a callback does not wait for itself. Comes before the cycle
 * lock; one that owns that already does not wait for another fork, which waits for the lock and
 * keeps everybody out as well. False: that is so, and nothing is to be unlocked in the parent. The
 * unlocking comes before that of the cycle lock, so that what a lock's owner sees is not just
 * ending. */
bool loader_lock_for_fork(bool owns_cycle);
void loader_unlock_after_fork(bool in_child);

#endif
