/* loaderlock.h: the loader's lock, and its list of objects, in the child of a fork.
 *
 * glibc's fork makes two of the loader's locks anew in the child, but not the one that protects the
 * list of loaded objects. A thread of the parent may have held that one: it was adding to the list
 * or taking from it, in dlopen, in dlclose, or in a call of libc's that loads something. loader.h
 * keeps out whom it sees; this file is for those whom it cannot see. Without it the child would
 * wait for the lock for ever in its first collection.
 *
 * The lock is made anew in the child, and what the thread left behind is used: why that is safe.
 *
 *     The list can be walked at every moment. glibc 2.36 links an object when it is complete (its
 *     segments are mapped), by one store; it unlinks one by one store too, and frees the
 *     descriptor after that. The child sees a thread's stores up to some point of its program.
 *
 *     But dlclose unmaps an object before it unlinks it: the list may name one whose headers and
 *     data are not mapped. It can be one only, since a thread takes one from the list at a time and
 *     dlclose has a lock of its own. It is looked for once, in the child's fork handler, before
 *     anything else can be mapped in that place, and is known from then on by its name's address:
 *     the name is freed only with the object. Should it leave the list it is forgotten.
 *
 * Why the lock is not taken for the fork instead: libc's fork, and fork handlers that were
 * registered before ours, take locks after us. A thread that holds one of those while it loads a
 * library (stdio does, for a stream with a conversion) would wait for us, and we for it.
 *
 *     Neither the collector's callbacks nor the program's (where dl_iterate_phdr is interposed) are
 *     told of it.
 *
 * Not sound, because it is not ours: the rest of the loader in such a child. A dlclose there finds
 * the unmapped object and calls its destructors, an exception may meet it.
 * And if, between the parent's unmapping and unlinking, a further thread has mapped other memory in
 * that place, and that happens to read as headers of mapped segments, those are scanned.
 *
 * The lock has no public name. It is the one recursive mutex in the loader's data that a thread
 * owns once more often inside a callback of dl_iterate_phdr than after it. It is looked for with
 * threads_init, and again in each collection until it is known: before it is known, no promise.
 * Where there is none (another C library, a static program) nothing is done.
 */
#ifndef SPANGC_LOADERLOCK_H
#define SPANGC_LOADERLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include "threads/loader.h"

/* Mutexes in the loader's data that the caller owned inside a callback, and how often. */
enum { loaderlock_candidates = 8 };
struct loaderlock_look {
    size_t count;
    struct {
        void *mutex;
        unsigned depth;
    } owned[loaderlock_candidates];
};

/* Looks the loader's data up. May wait for dlopen: with threads_init only. */
void loaderlock_init(void);

/* Inside a callback of dl_iterate_phdr, and by the same thread when that has returned. */
void loaderlock_look_inside(struct loaderlock_look *look);
void loaderlock_look_after(const struct loaderlock_look *look);

bool loaderlock_is_known(void);

/* In the only thread of a child: the lock is free again or, where it has forked in a callback, its
 * own, as often as it has entered; looks for the object that is gone. */
void loaderlock_reset_in_child(unsigned depth);

/* In callbacks of dl_iterate_phdr: is this object in the list and nowhere else? */
bool loaderlock_object_is_gone(const struct dl_phdr_info *info);

/* The whole list was seen without it. */
void loaderlock_forget_gone(void);

#endif
