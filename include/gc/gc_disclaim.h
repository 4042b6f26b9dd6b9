/* gc_disclaim.h: being asked about each object of a kind before its memory is used again.
 *
 * Cheaper than finalizers: nothing is registered for an object, and it is reclaimed in the same
 * cycle. The functions here are thread-safe.
 */
#ifndef GC_DISCLAIM_H
#define GC_DISCLAIM_H

#include "gc.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Called for an object that was found unreachable: its contents are as the program left them. Not
 * 0: the object is not to be reclaimed in this cycle; it is asked about again in the next in which
 * it is unreachable.
 *
 * It is called after a collection by the thread that collects, which may be any that allocates,
 * while the program runs, with collections excluded as in GC_call_with_alloc_lock. It may allocate,
 * and take locks that nobody holds who waits for a collection or frees an object of such a kind. It
 * must not store the object's address anywhere if it returns 0. */
typedef int(GC_CALLBACK *GC_disclaim_proc)(void * /* object */);

/* From now on the procedure is called for dead objects of that kind (gc_mark.h, GC_new_kind). Those
 * that the dead object leads to may be gone by then; unless mark_from_all is 1: then whatever any
 * object of the kind leads to is kept in each collection, so that a chain of dead objects goes one
 * by one, and a dead object that leads to itself never goes. GC_free frees without asking. Not
 * called for numbers that are no kind's: that is reported, and ignored. */
GC_API void GC_CALL GC_register_disclaim_proc(int /* kind */, GC_disclaim_proc,
                                              int /* mark_from_all */) GC_ATTR_NONNULL(2);

/* Makes the kind for GC_finalized_malloc; to be called before it. Later calls do nothing. */
GC_API void GC_CALL GC_init_finalized_malloc(void);

/* What is called for a dead object from GC_finalized_malloc: proc(object, cd), under the same rules
 * as a disclaim procedure. */
struct GC_finalizer_closure {
    GC_finalization_proc proc;
    void *cd;
};

/* An object, cleared, with a closure to be called when it is dead. What the object leads to, its
 * closure too, is still there then. The object must not be made reachable again. It lies one word
 * behind its base: GC_base gives another address, GC_size must be asked with that one, and it is
 * aligned to 8 bytes. The closure's address must be even. On failure the out-of-memory function's
 * result; before GC_init_finalized_malloc, that is called first. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_finalized_malloc(size_t, const struct GC_finalizer_closure *) GC_ATTR_NONNULL(2);

#ifdef __cplusplus
}
#endif

#endif
