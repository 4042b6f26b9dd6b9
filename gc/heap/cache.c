/* cache.c: see cache.h. */
#include "heap/cache.h"
#include <string.h>
#include "heap/central.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "platform/check.h"
#include "platform/os.h"

enum { sweeps_per_span = 4 };

struct cache_slot *cache_slot(struct cache *cache, unsigned kind, unsigned size_class)
{
    if (kind <= KIND_NORMAL)
        return &cache->small[kind][size_class];
    /* kind is below kind_limit wherever a kind comes from. */
    // cppcheck-suppress arrayIndexOutOfBoundsCond
    if (cache->others[kind] == NULL)
        cache->others[kind] = os_map(size_class_count * sizeof(struct cache_slot));
    return cache->others[kind] == NULL ? NULL : &cache->others[kind][size_class];
}

/* Which of the 64 slots from `word` on exist. */
static uint64_t slots_in_word(const struct span *s, size_t word)
{
    size_t left = s->objects - word * 64;
    return left >= 64 ? UINT64_MAX : (UINT64_C(1) << left) - 1;
}

/* Clears the slots in `mask`, neighbours together: adding a run's lowest bit carries beyond it. */
static void clear_slots(const struct cache_slot *slot, uint64_t mask)
{
    while (mask != 0) {
        uint64_t beyond = mask + (mask & -mask);
        size_t first = (size_t)__builtin_ctzll(mask);
        size_t end = beyond == 0 ? 64 : (size_t)__builtin_ctzll(beyond);
        memset((void *)(slot->word_base + first * slot->object_bytes), 0,
               (end - first) * slot->object_bytes);
        mask &= beyond;
    }
}

/* The slots in `mask` are claimed and hold what they held before. */
static void make_clean(struct cache_slot *slot, uint64_t mask)
{
    if (!kind_clears(slot->span->kind))
        return;
    if (slot->object_bytes <= clear_ahead_max)
        clear_slots(slot, mask);
    else
        slot->dirty_bytes = slot->object_bytes;
}

/* Whether the slots are dirty is asked after the claim: until then others may free some. */
static void claim(struct cache *cache, struct cache_slot *slot, size_t word, uint64_t free_slots)
{
    struct span *s = slot->span;
    size_t count = free_slots == UINT64_MAX ? 64 : (size_t)__builtin_popcountll(free_slots);
    word_fetch_or(&span_alloc_bits(s)[word], free_slots);
    word_add(&s->allocated, count);
    cache->claimed_bytes += count * s->object_bytes;
    slot->free_mask = free_slots;
    slot->word_base = s->base + word * 64 * s->object_bytes;
    slot->next_word = (uint16_t)(word + 1);
    slot->dirty_bytes = 0;
    if (word_load(&s->needs_zero) != 0)
        make_clean(slot, free_slots);
}

/* Claims the free slots of the next word that has any. Only this thread sets alloc bits in the
 * span; other threads' explicit frees clear some, so what is seen free stays free. */
bool cache_next_word(struct cache *cache, struct cache_slot *slot)
{
    struct span *s = slot->span;
    if (s == NULL)
        return false;
    const atomic_word *alloc_bits = span_alloc_bits(s);
    for (size_t word = slot->next_word; word < span_bit_words(s); word++) {
        uint64_t free_slots = ~word_load(&alloc_bits[word]) & slots_in_word(s, word);
        if (free_slots != 0) {
            claim(cache, slot, word, free_slots);
            return true;
        }
    }
    slot->next_word = (uint16_t)(span_bit_words(s) + 1); /* no word is the claimed one */
    return false;
}

/* Gives back what was claimed and not handed out. */
static void unclaim(struct cache *cache, struct cache_slot *slot)
{
    struct span *s = slot->span;
    size_t count = (size_t)__builtin_popcountll(slot->free_mask);
    if (count == 0)
        return;
    word_fetch_clear(&span_alloc_bits(s)[slot->next_word - 1], slot->free_mask);
    word_sub(&s->allocated, count);
    cache->claimed_bytes -= count * s->object_bytes;
    slot->free_mask = 0;
}

static void give_back(struct cache *cache, struct cache_slot *slot)
{
    struct span *s = slot->span;
    if (s == NULL)
        return;
    unclaim(cache, slot);
    *slot = (struct cache_slot){.object_bytes = slot->object_bytes};
    central_put(s);
}

/* Before the heap grows, some of the sweep is done: so it ends before the next cycle is due, also
 * where no background sweeper helps, and what other classes no longer need comes back in time. */
static void sweep_in_proportion(void)
{
    for (unsigned i = 0; i < sweeps_per_span; i++)
        if (!sweep_one(SWEPT_BY_ALLOCATOR))
            return;
}

static struct span *fresh_span(struct cache *cache, unsigned kind, unsigned size_class)
{
    size_t npages = size_classes[size_class].pages;
    enum page_half half = half_of_kind(kind);
    sweep_in_proportion();
    if (!heap_may_grow(npages))
        return NULL;
    struct page_run run = pagecache_alloc(&cache->pages[half], half, npages);
    if (run.base == 0)
        return NULL;
    struct span *s = span_create(run.base, npages, size_class, kind, size_classes[size_class].bytes,
                                 !run.zeroed);
    if (s == NULL)
        pages_free(run.base, npages);
    else
        word_store_release(&s->sweepgen, word_load(&heap.sweepgen) + 3);
    return s;
}

void cache_account(struct cache *cache)
{
    heap_charge(cache->claimed_bytes);
    heap_charge_reused(cache->taken_back_bytes);
    cache->claimed_bytes = 0;
    cache->taken_back_bytes = 0;
}

static enum alloc_status next_span(struct cache *cache, struct cache_slot *slot, unsigned kind,
                                   unsigned size_class)
{
    struct span *s = central_take(kind, size_class);
    if (s == NULL)
        s = fresh_span(cache, kind, size_class);
    if (s == NULL)
        return ALLOC_NO_MEMORY;
    slot->span = s;
    slot->next_word = 0;
    slot->object_bytes = (uint16_t)s->object_bytes;
    return ALLOC_OK;
}

enum alloc_status cache_refill(struct cache *cache, struct cache_slot *slot, unsigned kind,
                               unsigned size_class, bool force)
{
    if (!central_ensure_kind(kind))
        return ALLOC_NO_MEMORY;
    debug_check(slot->free_mask == 0);
    cache->holds = true;
    while (!cache_next_word(cache, slot)) {
        cache_account(cache);
        if (!force && heap_wants_cycle())
            return ALLOC_GOAL_REACHED;
        give_back(cache, slot);
        enum alloc_status status = next_span(cache, slot, kind, size_class);
        if (status != ALLOC_OK)
            return status;
    }
    return ALLOC_OK;
}

bool cache_take_back(struct cache *cache, struct span *s, size_t index, bool *already_free)
{
    struct cache_slot *slot = cache_slot(cache, s->kind, s->size_class);
    *already_free = false;
    if (slot == NULL || slot->span != s || index / 64 + 1 != slot->next_word)
        return false;
    if (!bit_is_set(span_alloc_bits(s), index) || (slot->free_mask & bit_mask(index)) != 0) {
        *already_free = true;
        return false;
    }
    word_store(&s->needs_zero, true);
    slot->free_mask |= bit_mask(index);
    make_clean(slot, bit_mask(index));
    cache->taken_back_bytes += s->object_bytes;
    return true;
}

static void flush_table(struct cache *cache, struct cache_slot *table)
{
    for (unsigned c = 1; c < size_class_count; c++)
        give_back(cache, &table[c]);
}

void cache_flush(struct cache *cache)
{
    if (!cache->holds)
        return;
    flush_table(cache, cache->small[KIND_ATOMIC]);
    flush_table(cache, cache->small[KIND_NORMAL]);
    for (unsigned kind = KIND_NORMAL + 1; kind < kind_limit; kind++)
        if (cache->others[kind] != NULL)
            flush_table(cache, cache->others[kind]);
    for (unsigned half = 0; half < half_count; half++)
        pagecache_flush(&cache->pages[half]);
    cache_account(cache);
    cache->holds = false;
}

static bool slot_is_valid(const struct cache *cache, const struct cache_slot *slot)
{
    if (slot->span == NULL)
        return slot->free_mask == 0;
    if (!cache->holds)
        return false;
    if (slot->free_mask == 0)
        return true;
    const atomic_word *alloc_bits = span_alloc_bits(slot->span);
    return slot->next_word > 0 &&
           (slot->free_mask & ~word_load(&alloc_bits[slot->next_word - 1])) == 0;
}

bool cache_is_valid(const struct cache *cache)
{
    for (unsigned kind = KIND_ATOMIC; kind <= KIND_NORMAL; kind++)
        for (unsigned c = 1; c < size_class_count; c++)
            if (!slot_is_valid(cache, &cache->small[kind][c]))
                return false;
    for (unsigned kind = KIND_NORMAL + 1; kind < kind_limit; kind++)
        for (unsigned c = 1; cache->others[kind] != NULL && c < size_class_count; c++)
            if (!slot_is_valid(cache, &cache->others[kind][c]))
                return false;
    for (unsigned half = 0; half < half_count; half++)
        if (!pagecache_is_valid(&cache->pages[half]) ||
            (!cache->holds && cache->pages[half].owned != 0))
            return false;
    return cache->holds || cache->claimed_bytes == 0;
}
