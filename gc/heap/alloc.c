/* alloc.c: see alloc.h. */
#include <string.h>
#include "heap/alloc.h"
#include "heap/central.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "platform/check.h"

void *alloc_small(struct cache *cache, size_t bytes, unsigned kind, bool force,
                  enum alloc_status *status)
{
    unsigned size_class = size_class_of(bytes);
    struct cache_slot *slot = cache_slot(cache, kind, size_class);
    if (slot == NULL) {
        *status = ALLOC_NO_MEMORY;
        return NULL;
    }
    uintptr_t object = cache_take(slot);
    if (object == 0) {
        *status = cache_refill(cache, slot, kind, size_class, force);
        if (*status != ALLOC_OK)
            return NULL;
        object = cache_take(slot);
        check(object != 0);
    }
    *status = ALLOC_OK;
    if (slot->dirty_bytes != 0)
        memset((void *)object, 0, slot->dirty_bytes);
    return (void *)object;
}

static size_t pages_for(size_t bytes)
{
    return bytes / page_bytes + (bytes % page_bytes != 0);
}

static bool large_is_due(size_t bytes)
{
    return heap_live() + bytes >= word_load(&heap.goal) || heap_wants_cycle();
}

struct page_run large_prepare(size_t bytes, unsigned kind, size_t alignment, bool force,
                              enum alloc_status *status)
{
    size_t npages = pages_for(bytes);
    size_t alignment_pages = alignment <= page_bytes ? 1 : alignment / page_bytes;
    struct page_run run = {0};
    *status = ALLOC_NO_MEMORY;
    if (bytes > region.size || alignment > region.size)
        return run;
    if (!force && large_is_due(bytes)) {
        *status = ALLOC_GOAL_REACHED;
        return run;
    }
    sweep_large(npages);
    if (heap_may_grow(npages))
        run = pages_alloc(half_of_kind(kind), npages, alignment_pages);
    if (run.base != 0)
        *status = ALLOC_OK;
    return run;
}

void *large_publish(struct page_run run, size_t bytes, unsigned kind)
{
    struct span *s = NULL;
    if (central_ensure_kind(kind))
        s = span_create(run.base, run.npages, 0, kind, run.npages << page_shift, true);
    if (s == NULL) {
        pages_free(run.base, run.npages);
        return NULL;
    }
    s->requested_bytes = bytes;
    word_store(&span_alloc_bits(s)[0], 1);
    word_store(&s->allocated, 1);
    central_put(s);
    heap_charge(s->object_bytes);
    return (void *)run.base;
}

static enum free_result free_in_span(struct span *s, size_t index)
{
    struct central *c = central_of(s);
    size_t bytes = s->object_bytes;
    size_t objects = s->objects;
    word_store(&s->needs_zero, true);
    uintptr_t before = word_fetch_clear(&span_alloc_bits(s)[index / 64], bit_mask(index));
    if ((before & bit_mask(index)) == 0)
        return FREE_NOT_ALLOCATED;
    heap_uncharge(bytes);
    size_t left = word_sub(&s->allocated, 1) - 1;
    if (left == 0)
        central_now_empty(c, s);
    else if (left + 1 == objects)
        central_now_partial(c, s);
    return FREE_DONE;
}

enum free_result object_free(struct cache *cache, const struct object *o)
{
    struct object now;
    enum sweep_outcome outcome = sweep_ensure(o->span);
    if (outcome == SWEEP_FAILED)
        return FREE_DONE; /* the next cycle finds it unreachable */
    if (outcome == SWEEP_LATER)
        return FREE_LATER;
    if (!find_object(o->base, &now) || now.base != o->base)
        return FREE_NOT_ALLOCATED;
    bool already_free = false;
    if (cache != NULL && now.span->size_class != 0) {
        if (cache_take_back(cache, now.span, now.index, &already_free))
            return FREE_DONE;
        if (already_free)
            return FREE_NOT_ALLOCATED;
    }
    return free_in_span(now.span, now.index);
}

/* Gives the pages behind the first npages back. */
static void large_shrink(struct span *s, size_t npages)
{
    uintptr_t tail = s->base + (npages << page_shift);
    size_t tail_pages = s->npages - npages;
    if (tail_pages == 0)
        return;
    span_resize_large(s, npages);
    pages_free(tail, tail_pages);
    heap_uncharge(tail_pages << page_shift);
}

static bool large_grow(struct span *s, size_t npages, struct page_run *dirty)
{
    bool zeroed = false;
    size_t old = s->npages;
    size_t new_bytes = (npages - old) << page_shift;
    if (large_is_due(new_bytes) || !heap_may_grow(npages - old) ||
        !pages_extend(s->base, old, npages, &zeroed))
        return false;
    if (!zeroed && kind_clears(s->kind))
        *dirty = (struct page_run){.base = span_limit(s), .npages = npages - old};
    span_resize_large(s, npages);
    heap_charge(new_bytes);
    return true;
}

bool large_resize(struct span *s, size_t bytes, struct page_run *dirty)
{
    *dirty = (struct page_run){0};
    size_t npages = pages_for(bytes);
    if (sweep_ensure(s) != SWEEP_DONE || bytes > region.size)
        return false;
    if (npages > s->npages && !large_grow(s, npages, dirty))
        return false;
    large_shrink(s, npages);
    s->requested_bytes = bytes;
    return true;
}
