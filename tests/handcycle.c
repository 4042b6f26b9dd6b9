/* handcycle.c: see handcycle.h. */
#include "handcycle.h"
#include <string.h>
#include "heap/central.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "mark/helpers.h"
#include "mark/words.h"
#include "memory/gcbits.h"
#include "platform/check.h"

struct cache hand_cache;
struct marker hand_marker;

void hand_init(void)
{
    words_init();
    check(heap_init() && marker_init(&hand_marker));
    word_store(&heap.goal, SIZE_MAX);
}

static void *alloc_large(size_t bytes, unsigned kind)
{
    enum alloc_status status;
    struct page_run run = large_prepare(bytes, kind, granule_bytes, true, &status);
    check(run.base != 0 && status == ALLOC_OK);
    if (!run.zeroed && !kind_is_pointer_free(kind))
        memset((void *)run.base, 0, run.npages << page_shift);
    return large_publish(run, bytes, kind);
}

void *hand_alloc_from(struct cache *cache, size_t bytes, unsigned kind)
{
    if (bytes > small_max)
        return alloc_large(bytes, kind);
    enum alloc_status status;
    void *p = alloc_small(cache, bytes, kind, true, &status);
    check(p != NULL && status == ALLOC_OK);
    return p;
}

bool hand_find(const void *p, struct object *o)
{
    return find_object((uintptr_t)p, o) && o->base == (uintptr_t)p;
}

struct span *hand_span(const void *p)
{
    return region_span(region_offset((uintptr_t)p));
}

bool hand_is_marked(const void *p)
{
    struct object o;
    return hand_find(p, &o) && object_is_marked(&o);
}

enum free_result hand_free(const void *p)
{
    struct object o;
    return hand_find(p, &o) ? object_free(&hand_cache, &o) : FREE_NOT_ALLOCATED;
}

void hand_begin(struct cache *caches, size_t count)
{
    check(sweep_finish());
    for (size_t i = 0; i < count; i++) {
        check(cache_is_valid(&caches[i]));
        cache_flush(&caches[i]);
    }
    hand_check();
    sweep_new_generation();
    next_mark_bit_arena_epoch();
    marker_reset(&hand_marker);
}

void hand_drain(void)
{
    helpers_drain(&hand_marker, SIZE_MAX);
}

void hand_end(void)
{
    mark_uncollectable(&hand_marker);
    hand_drain();
    word_store(&heap.live, hand_marker.bytes);
    sweep_open();
}

void hand_collect(const void *roots, size_t count)
{
    hand_begin(&hand_cache, 1);
    mark_range(&hand_marker, (uintptr_t)roots, (uintptr_t)roots + count * sizeof(uintptr_t));
    hand_end();
}

void hand_collect_and_sweep(const void *roots, size_t count)
{
    hand_collect(roots, count);
    check(sweep_finish());
    hand_check();
}

static void check_span(struct span *s, void *unused)
{
    (void)unused;
    check(span_is_valid(s));
    for (size_t page = 0; page < s->npages; page++)
        check(region_span(region_offset(s->base) + (page << page_shift)) == s);
}

void hand_check(void)
{
    check(region_is_valid());
    check(gcbits_is_valid());
    check(pagealloc_is_valid());
    check(centrals_are_valid());
    span_for_each(check_span, NULL);
}

struct count {
    unsigned kind;
    size_t spans;
};

static void count_span(struct span *s, void *argument)
{
    struct count *count = argument;
    count->spans += s->kind == count->kind;
}

size_t hand_spans(unsigned kind)
{
    struct count count = {kind, 0};
    span_for_each(count_span, &count);
    return count.spans;
}

size_t hand_rounds(size_t rounds)
{
    const char *factor = getenv("SPANGC_TEST_FACTOR");
    size_t times = factor == NULL ? 1 : (size_t)strtoul(factor, NULL, 10);
    return rounds * (times > 0 ? times : 1);
}

bool hand_resize(struct span *s, size_t bytes)
{
    struct page_run dirty;
    bool resized = large_resize(s, bytes, false, &dirty) == ALLOC_OK;
    if (dirty.base != 0)
        memset((void *)dirty.base, 0, dirty.npages << page_shift);
    return resized;
}
