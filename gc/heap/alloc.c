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

static struct page_run run_out_of_grown(size_t npages, unsigned kind, size_t alignment_pages)
{
    if (!heap_may_grow(npages))
        return (struct page_run){0};
    return pages_alloc_warm(half_of_kind(kind), npages, alignment_pages);
}

/* What is dead is swept as far as the pages are needed, and all of it before the heap grows. */
static struct page_run large_run(size_t npages, unsigned kind, size_t alignment_pages)
{
    sweep_large(npages);
    struct page_run run = run_out_of_grown(npages, kind, alignment_pages);
    if (run.base != 0)
        return run;
    sweep_large(SIZE_MAX);
    run = run_out_of_grown(npages, kind, alignment_pages);
    if (run.base == 0 && heap_may_grow(npages))
        run = pages_alloc(half_of_kind(kind), npages, alignment_pages);
    return run;
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
    region_expect(heap_live() + bytes);
    run = large_run(npages, kind, alignment_pages);
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

/* The object once its span is swept; false: *result says why it cannot be freed. */
static bool find_swept(const struct object *o, struct object *now, enum free_result *result)
{
    enum sweep_outcome outcome = sweep_ensure(o->span);
    *result = FREE_NOT_ALLOCATED;
    if (outcome == SWEEP_DONE)
        return find_object(o->base, now);
    /* Not swept: the next cycle finds it unreachable. */
    *result = outcome == SWEEP_LATER ? FREE_LATER : FREE_DONE;
    return false;
}

enum free_result object_free(struct cache *cache, const struct object *o)
{
    struct object now = *o;
    enum free_result result;
    if (!sweep_has_swept(o->span) && !find_swept(o, &now, &result))
        return result;
    if (o->base != span_object(now.span, now.index))
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

static enum alloc_status large_grow(struct span *s, size_t npages, bool force,
                                    struct page_run *dirty)
{
    bool zeroed = false;
    size_t old = s->npages;
    size_t new_bytes = (npages - old) << page_shift;
    if (!force && large_is_due(new_bytes))
        return ALLOC_GOAL_REACHED;
    if (!heap_may_grow(npages - old) || !pages_extend(s->base, old, npages, &zeroed))
        return ALLOC_NO_MEMORY;
    if (!zeroed && kind_clears(s->kind))
        *dirty = (struct page_run){.base = span_limit(s), .npages = npages - old};
    span_resize_large(s, npages);
    heap_charge(new_bytes);
    return ALLOC_OK;
}

enum alloc_status large_resize(struct span *s, size_t bytes, bool force, struct page_run *dirty)
{
    *dirty = (struct page_run){0};
    size_t npages = pages_for(bytes);
    enum alloc_status status = ALLOC_OK;
    if (sweep_ensure(s) != SWEEP_DONE || bytes > region.size)
        return ALLOC_NO_MEMORY;
    if (npages > s->npages)
        status = large_grow(s, npages, force, dirty);
    if (status != ALLOC_OK)
        return status;
    large_shrink(s, npages);
    s->requested_bytes = bytes;
    return ALLOC_OK;
}
