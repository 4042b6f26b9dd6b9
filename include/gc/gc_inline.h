/* gc_inline.h: objects by the handful, for programs that keep lists of small ones themselves.
 *
 * A list is a chain of objects linked through their first words, the last link NULL, that
 * GC_generic_malloc_many makes. The objects are in use as far as the collector is concerned: a list
 * must be kept alive by the program. For kinds whose objects are scanned, a root that points to the
 * list's first object does that; where objects are not scanned (kind 0, or a descriptor that leaves
 * the first word out) every object of the list has to be marked, say by a mark procedure that walks
 * it. GC_malloc is about as fast, and needs none of this.
 */
#ifndef GC_INLINE_H
#define GC_INLINE_H

#include "gc.h"
#include "gc_tiny_fl.h"

#if GC_GNUC_PREREQ(3, 0)
#define GC_EXPECT(expression, outcome) __builtin_expect(expression, outcome)
#else
#define GC_EXPECT(expression, outcome) (expression)
#endif

#ifndef GC_ASSERT
#ifdef NDEBUG
#define GC_ASSERT(expression)
#else
#include <assert.h>
#define GC_ASSERT(expression) assert(expression)
#endif
#endif

#ifndef GC_PREFETCH_FOR_WRITE
#if GC_GNUC_PREREQ(3, 0) && !defined(GC_NO_PREFETCH_FOR_WRITE)
#define GC_PREFETCH_FOR_WRITE(address) __builtin_prefetch((address), 1)
#else
#define GC_PREFETCH_FOR_WRITE(address) (void)0
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of GC_malloc_atomic and GC_malloc. */
#define GC_I_PTRFREE 0
#define GC_I_NORMAL 1

/* Stores a list of one or more new objects in *result, or NULL. `bytes` is what an object has: no
 * byte is added for pointers one past the end, unlike in GC_malloc. Cleared as the kind asks, but
 * for the links. Thread-safe. */
GC_API void GC_CALL GC_generic_malloc_many(size_t /* bytes */, int /* kind */,
                                           void ** /* result */);

/* One object, like GC_malloc; the same as GC_generic_malloc. The second is for programs that
 * distinguish a list of all threads. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL GC_malloc_kind(size_t, int /* kind */);
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_malloc_kind_global(size_t, int /* kind */);

/* Where a list's head is stored: plainly, or atomically if the program has that. */
#if defined(GC_THREADS) && defined(AO_HAVE_store)
#define GC_FAST_M_AO_STORE(head, next) AO_store((volatile AO_t *)(head), (AO_t)(next))
#else
#define GC_FAST_M_AO_STORE(head, next) (void)(*(head) = (next))
#endif

/* Takes an object of `granules` granules from the list for that size in `lists`, an array of
 * GC_TINY_FREELISTS heads, of which each begins as NULL or (void *)1. An empty list is filled by
 * GC_generic_malloc_many; but while fewer than about `num_direct` granules of that size have been
 * asked for, single objects by default_expr do (a head counts these as long as it is small). For
 * larger sizes, default_expr. `init` is done with each object from a list. No memory: the result of
 * the out-of-memory function. */
#define GC_FAST_MALLOC_GRANS(result, granules, lists, num_direct, kind, default_expr, init)        \
    do {                                                                                           \
        if (GC_EXPECT((granules) >= GC_TINY_FREELISTS, 0)) {                                       \
            result = (default_expr);                                                               \
        } else {                                                                                   \
            void **my_fl = (lists) + (granules);                                                   \
            void *my_entry = *my_fl;                                                               \
            void *next;                                                                            \
            while (GC_EXPECT((GC_word)my_entry <= (num_direct) + GC_TINY_FREELISTS + 1, 0)) {      \
                if (my_entry != 0 && (GC_word)my_entry <= (GC_word)(num_direct)) {                 \
                    GC_FAST_M_AO_STORE(my_fl, (char *)my_entry + (granules) + 1);                  \
                    break;                                                                         \
                }                                                                                  \
                GC_generic_malloc_many((granules) == 0 ? GC_GRANULE_BYTES                          \
                                                       : GC_RAW_BYTES_FROM_INDEX(granules),        \
                                       kind, my_fl);                                               \
                my_entry = *my_fl;                                                                 \
                if (my_entry == 0)                                                                 \
                    break;                                                                         \
            }                                                                                      \
            if (GC_EXPECT((GC_word)my_entry > (num_direct) + GC_TINY_FREELISTS + 1, 1)) {          \
                next = *(void **)my_entry;                                                         \
                result = my_entry;                                                                 \
                GC_FAST_M_AO_STORE(my_fl, next);                                                   \
                init;                                                                              \
                GC_PREFETCH_FOR_WRITE(next);                                                       \
                if ((kind) != GC_I_PTRFREE) {                                                      \
                    GC_end_stubborn_change(my_fl);                                                 \
                    GC_reachable_here(next);                                                       \
                }                                                                                  \
                GC_ASSERT(GC_size(result) >= (granules)*GC_GRANULE_BYTES);                         \
                GC_ASSERT((kind) == GC_I_PTRFREE || ((GC_word *)result)[1] == 0);                  \
            } else if (my_entry != 0) {                                                            \
                result = (default_expr);                                                           \
            } else {                                                                               \
                result = (*GC_get_oom_fn())((granules)*GC_GRANULE_BYTES);                          \
            }                                                                                      \
        }                                                                                          \
    } while (0)

#define GC_WORDS_TO_WHOLE_GRANULES(words) GC_WORDS_TO_GRANULES((words) + GC_GRANULE_WORDS - 1)

/* An object of n words (not bytes), in `result`. For programs without pointers one past the end
 * (GC_set_all_interior_pointers(0)), or which ask for a byte more. */
#define GC_MALLOC_WORDS_KIND(result, n, lists, kind, init)                                         \
    do {                                                                                           \
        size_t my_granules = GC_WORDS_TO_WHOLE_GRANULES(n);                                        \
        GC_FAST_MALLOC_GRANS(result, my_granules, lists, 0, kind,                                  \
                             GC_malloc_kind(my_granules *GC_GRANULE_BYTES, kind), init);           \
    } while (0)

#define GC_MALLOC_WORDS(result, n, lists)                                                          \
    GC_MALLOC_WORDS_KIND(result, n, lists, GC_I_NORMAL, *(void **)(result) = 0)

#define GC_MALLOC_ATOMIC_WORDS(result, n, lists)                                                   \
    GC_MALLOC_WORDS_KIND(result, n, lists, GC_I_PTRFREE, (void)0)

/* A pair of words with these values. */
#define GC_CONS(result, first, second, lists)                                                      \
    do {                                                                                           \
        void *my_first = (void *)(first);                                                          \
        void *my_second = (void *)(second);                                                        \
        GC_MALLOC_WORDS_KIND(result, 2, lists, GC_I_NORMAL, (void)0);                              \
        if ((result) != 0) {                                                                       \
            *(void **)(result) = my_first;                                                         \
            GC_PTR_STORE_AND_DIRTY((void **)(result) + 1, my_second);                              \
            GC_reachable_here(my_first);                                                           \
        }                                                                                          \
    } while (0)

/* Writes on standard error the free slots for objects of a kind, of so many times 16 bytes. */
GC_API void GC_CALL GC_print_free_list(int /* kind */, size_t /* granules */);

/* Counts so many bytes as allocated, or as freed, though they were not: for a program that wants a
 * collection to be due sooner, or later. Until the next collection. Thread-safe. */
GC_API void GC_CALL GC_incr_bytes_allocd(size_t);
GC_API void GC_CALL GC_incr_bytes_freed(size_t);

#ifdef __cplusplus
}
#endif

#endif
