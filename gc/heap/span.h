/* span.h: a run of pages that holds objects of one size class and one kind.
 *
 * Owns: span descriptors, which live outside the heap in memory of their own and are type-stable:
 * once a descriptor, always a descriptor, so a stale pointer to one may be read (and found stale).
 *
 * Allocated means: the alloc bit is set. A slot whose alloc bit is clear is no object, whatever
 * it holds. A thread cache claims the free slots of one word of 64 by setting their alloc bits and
 * gives back what it did not use by clearing them (heap/cache.h). At all times, for every span,
 *
 *     allocated == number of alloc bits set      (exact with the world stopped)
 *     a mark bit is set only where the alloc bit is set
 *
 * Sweep generation. heap.sweepgen grows by 2 at each cycle; the span's own tells its state:
 *
 *     sg - 2   to be swept             | won by CAS sg-2 -> sg-1
 *     sg - 1   being swept             | by the CAS's winner alone
 *     sg       swept
 *     sg + 3   swept, then cached by a thread; the cycle's stop flushes every cache, so no span is
 *              cached across a bump of sg (there is no sg + 1)
 *
 * Publication: all fields are written, then page_span[] is stored with release for each page; who
 * finds a span there with acquire sees them. Interior pages of a large span are mapped too.
 */
#ifndef SPANGC_SPAN_H
#define SPANGC_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "heap/kind.h"
#include "heap/sizeclass.h"
#include "memory/pagealloc.h"
#include "platform/atomics.h"

struct central;
struct span_list;

struct span {
    /* What the marker reads: one cache line. Constant while published, bits apart. */
    uintptr_t base;
    atomic_word mark_bits;  /* atomic_word *; replaced by the sweeper */
    atomic_word alloc_bits; /* atomic_word *; replaced by the sweeper */
    uint32_t reciprocal;    /* small spans; 0 for a large one: the index is always 0 */
    uint32_t objects;
    size_t object_bytes;
    uintptr_t descriptor; /* where an object's pointers are (kind.h); 0: it has none */
    uint8_t kind;
    uint8_t size_class; /* 0: large */
    bool pointer_free;
    uint32_t npages; /* 0: the descriptor is free */
    atomic_word sweepgen;

    /* Everything else. */
    atomic_word needs_zero; /* objects must be cleared when handed out; only ever set */
    atomic_word allocated;  /* alloc bits set */
    struct span *next;      /* links of `list` and, when free, of the descriptor pool */
    struct span *previous;
    struct span_list *list; /* which central list holds it; NULL: none. Lock: its central's */
    size_t requested_bytes; /* of a large object: what was asked for */
    atomic_word specials;   /* struct special_set *: finalizers of its objects; NULL: none */
};

/* Small and large alike: publishes a new span over the run (whose pages read as zero, or the span
 * says needs_zero) with empty bits, swept. NULL: no memory for the descriptor or its bits; the run
 * is untouched. Caller: busy. */
struct span *span_create(uintptr_t base, size_t npages, unsigned size_class, unsigned kind,
                         size_t object_bytes, bool needs_zero);

/* The same in two steps: a descriptor and bits taken beforehand (memory/gcbits.h says for how long
 * bits are good), and a span made of them without a lock. NULL: no memory for a descriptor. */
struct span *span_descriptor_new(void);
void span_make(struct span *s, const struct page_run *run, unsigned size_class, unsigned kind,
               atomic_word *alloc_bits, atomic_word *mark_bits);

/* Unpublishes the span, gives its pages back and recycles the descriptor. The caller owns it: it
 * is on no list and nobody can reach an object of it. */
void span_destroy(struct span *s);

/* A large object's span becomes shorter or longer in place; its pages are the caller's affair. */
void span_resize_large(struct span *s, size_t npages);

static inline atomic_word *span_alloc_bits(const struct span *s)
{
    return pointer_load_acquire(&s->alloc_bits);
}

static inline atomic_word *span_mark_bits(const struct span *s)
{
    return pointer_load_acquire(&s->mark_bits);
}

static inline enum page_half half_of_kind(unsigned kind)
{
    return kind_is_pointer_free(kind) ? HALF_NOSCAN : HALF_SCAN;
}

static inline bool bit_is_set(const atomic_word *bits, size_t index)
{
    return (word_load(&bits[index / 64]) >> (index % 64)) & 1;
}

static inline uint64_t bit_mask(size_t index)
{
    return UINT64_C(1) << (index % 64);
}

static inline size_t span_bit_words(const struct span *s)
{
    return ((size_t)s->objects + 63) / 64;
}

/* Index of the object that contains base + offset; may be == s->objects in the span's tail. */
static inline size_t span_index(const struct span *s, uintptr_t offset)
{
    return (size_t)(((uint64_t)offset * s->reciprocal) >> 32);
}

static inline uintptr_t span_object(const struct span *s, size_t index)
{
    return s->base + index * s->object_bytes;
}

static inline uintptr_t span_limit(const struct span *s)
{
    return s->base + ((uintptr_t)s->npages << page_shift);
}

/* Calls visit for every span in existence. World stopped, or only statistics are wanted. */
void span_for_each(void (*visit)(struct span *s, void *argument), void *argument);

bool span_is_valid(const struct span *s);

/* Sets up the descriptor pool. */
void span_init(void);
void span_reset_locks_in_child(void);

#endif
