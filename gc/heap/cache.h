/* cache.h: a thread's own current spans, from which it allocates without a lock.
 *
 * Owns: per kind and size class a slot: the span that the thread has cached (sweepgen sg + 3, on
 * no list, nobody else allocates from it) and the claimed word of it:
 *
 *     free_mask   slots of one alloc word that this thread has claimed and not handed out yet
 *     word_base   address of the slot that bit 0 stands for
 *
 *     every bit in free_mask has its alloc bit set (that is the claim); allocating clears it in
 *     free_mask only; a flush clears both and gives the span back to its central list.
 *
 *     dirty_bytes == 0: every claimed slot reads as zero, or the kind's objects are not cleared.
 *
 * Hot path: count-trailing-zeros of free_mask, one multiplication, no atomics, no free lists
 * through objects. Used by its thread while busy, or with the world stopped.
 */
#ifndef SPANGC_CACHE_H
#define SPANGC_CACHE_H

#include "heap/span.h"
#include "memory/pagecache.h"

/* Objects of up to so many bytes are cleared when they are claimed, all at once. */
enum { clear_ahead_max = tiny_max };

struct cache_slot {
    uint64_t free_mask;
    uintptr_t word_base;
    uint16_t object_bytes;
    uint16_t dirty_bytes; /* of an object, to be cleared when it is handed out: all, or none */
    uint16_t next_word;   /* first alloc word not looked at yet; the claimed one is before it */
    struct span *span;
};

struct cache {
    struct cache_slot small[2][size_class_count]; /* KIND_ATOMIC, KIND_NORMAL */
    struct cache_slot *others[kind_limit];        /* the other kinds, made when first used */
    struct page_cache pages[half_count];
    size_t claimed_bytes;    /* since the last flush to the heap's accounts */
    size_t taken_back_bytes; /* by cache_take_back since then: allocated, and freed again */
    bool holds; /* false: nothing of the above; a stop need not look through a sleeper's slots */
};

enum alloc_status {
    ALLOC_OK,
    ALLOC_GOAL_REACHED, /* heap goal: the caller should collect, then call again with force */
    ALLOC_NO_MEMORY
};

/* One object of a small class off the slot's claimed word; 0: that is used up, see below. */
static inline uintptr_t cache_take(struct cache_slot *slot)
{
    uint64_t mask = slot->free_mask;
    if (__builtin_expect(mask == 0, 0))
        return 0;
    slot->free_mask = mask & (mask - 1);
    return slot->word_base + (uint32_t)__builtin_ctzll(mask) * (uint32_t)slot->object_bytes;
}

/* The slot for a kind and class; NULL: no memory for a new kind's table. */
struct cache_slot *cache_slot(struct cache *cache, unsigned kind, unsigned size_class);

/* Claims another word of the slot's own span, without a lock. False: cache_refill is needed. */
bool cache_next_word(struct cache *cache, struct cache_slot *slot);

/* Claims another word for an empty slot: of the same span, of a span from the central list (swept
 * now if need be), or of a fresh one. With `force` the goal is not asked. */
enum alloc_status cache_refill(struct cache *cache, struct cache_slot *slot, unsigned kind,
                               unsigned size_class, bool force);

/* Explicit free of an object of a span that may be this cache's own: true if it went back into the
 * claimed word of the slot; false: the caller frees it through the span (heap/free.h).
 * `already_free` is set when the slot says that the object is not allocated. */
bool cache_take_back(struct cache *cache, struct span *s, size_t index, bool *already_free);

/* Puts what happened in this cache into the heap's accounts. */
void cache_account(struct cache *cache);

/* Gives everything back. */
void cache_flush(struct cache *cache);

bool cache_is_valid(const struct cache *cache);

#endif
