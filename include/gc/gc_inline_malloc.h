/* gc_inline_malloc.h: GC_malloc's usual case, inline, for C and C++ programs that allocate a lot.
 *
 *     node = GC_inline_malloc(sizeof *node);        instead of GC_malloc
 *     cell = GC_inline_malloc_atomic(sizeof *cell); instead of GC_malloc_atomic
 *
 * The objects are the same in every respect. Where the size is a constant below 128 and the thread
 * has an object of that size at hand, it is some twenty instructions without a call; in all other
 * cases, GC_malloc's own way. Thread-safe, and may be called in signal handlers like GC_malloc.
 * Not of bdwgc's interface.
 *
 * What follows the two functions' names with _v1 is no interface: it is how version 1 of this
 * header and the library agree. A library that has changed it has no symbols of that name, so that
 * a program with the old code in it is not linked or started instead of going wrong.
 */
#ifndef GC_INLINE_MALLOC_H
#define GC_INLINE_MALLOC_H

#include "gc.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A thread's objects of one size: bit n of free_mask stands for the one at base + n * size, which
 * is the thread's own and, if scanned, clear. 0: the library has to be asked. */
struct GC_inline_slot_v1 {
    unsigned long long free_mask;
    GC_word base;
    GC_word internal[2];
};

enum {
    GC_INLINE_STEP_V1 = 16,   /* bytes from a size to the next; the first is class 1 */
    GC_INLINE_BELOW_V1 = 128, /* requests; with the byte for pointers one past the end they fit */
    GC_INLINE_CLASSES_V1 = 73 /* in the table */
};

/* The beginning of a thread's descriptor. While `busy` is not 0 the slots belong to the thread: it
 * is stopped for no collection, but asked by stop_pending to stop as soon as it has left. Where
 * busy was set already (a signal handler has interrupted its thread's allocation) or `hold` is, the
 * library has to be asked. */
struct GC_inline_thread_v1 {
    GC_word busy;
    GC_word stop_pending;
    GC_word hold;
    struct GC_inline_slot_v1 slots[2][GC_INLINE_CLASSES_V1]; /* atomic, normal */
};

/* The calling thread's; NULL before its registration. */
extern __thread struct GC_inline_thread_v1 *GC_inline_self_v1
    __attribute__((__tls_model__("initial-exec")));

/* The other cases: busy or hold was set (`busy` as it was before); the slot is empty; a stop is
 * pending. Each returns the object. In the first two the thread is in the allocator, and leaves. */
GC_API void *GC_CALL GC_inline_held_v1(GC_word /* busy */, size_t, unsigned /* kind */);
GC_API void *GC_CALL GC_inline_empty_v1(struct GC_inline_slot_v1 *, size_t, unsigned /* kind */);
GC_API void *GC_CALL GC_inline_stop_v1(void *, size_t, unsigned /* kind */);

__attribute__((__always_inline__)) static inline void *GC_inline_take_v1(size_t bytes,
                                                                         unsigned kind)
{
    struct GC_inline_thread_v1 *thread = GC_inline_self_v1;
    size_t size_class = bytes / GC_INLINE_STEP_V1 + 1;
    struct GC_inline_slot_v1 *slot;
    GC_word busy;
    unsigned long long mask;
    void *object;

    if (__builtin_expect(thread == NULL, 0))
        return kind == 0 ? GC_malloc_atomic(bytes) : GC_malloc(bytes);
    slot = &thread->slots[kind][size_class];
    busy = __atomic_load_n(&thread->busy, __ATOMIC_RELAXED);
    __atomic_store_n(&thread->busy, 1, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect((busy | __atomic_load_n(&thread->hold, __ATOMIC_RELAXED)) != 0, 0))
        return GC_inline_held_v1(busy, bytes, kind);
    mask = slot->free_mask;
    if (__builtin_expect(mask == 0, 0))
        return GC_inline_empty_v1(slot, bytes, kind);
    slot->free_mask = mask & (mask - 1);
    object =
        (void *)(slot->base + (unsigned)__builtin_ctzll(mask) * (size_class * GC_INLINE_STEP_V1));
    __atomic_store_n(&thread->busy, 0, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(__atomic_load_n(&thread->stop_pending, __ATOMIC_RELAXED) != 0, 0))
        return GC_inline_stop_v1(object, bytes, kind);
    return object;
}

/* Like GC_malloc and GC_malloc_atomic. Constant sizes are what this is for: for others the call is
 * the better choice, and made. */
GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) static inline void *GC_inline_malloc(size_t bytes)
{
    return __builtin_constant_p(bytes) && bytes < GC_INLINE_BELOW_V1 ? GC_inline_take_v1(bytes, 1)
                                                                     : GC_malloc(bytes);
}

GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) static inline void *GC_inline_malloc_atomic(size_t bytes)
{
    return __builtin_constant_p(bytes) && bytes < GC_INLINE_BELOW_V1 ? GC_inline_take_v1(bytes, 0)
                                                                     : GC_malloc_atomic(bytes);
}

#ifdef __cplusplus
}
#endif

#endif
