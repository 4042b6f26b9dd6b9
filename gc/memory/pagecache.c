/* pagecache.c: runs out of one 64-bit word. */
#include "memory/pagecache.h"
#include "platform/check.h"

enum { window_pages = 64 };

static const struct page_run no_run;

/* The lowest run of n set bits in `word`, as a mask; 0: there is none. Before each step, bit i is
 * set in `starts` iff the `length` bits of `word` from i on are. */
static uint64_t lowest_run(uint64_t word, size_t n)
{
    uint64_t starts = word;
    for (size_t length = 1; length < n && starts != 0;) {
        size_t shift = length < n - length ? length : n - length;
        starts &= starts >> shift;
        length += shift;
    }
    uint64_t lowest = starts & -starts;
    return (lowest << n) - lowest;
}

static struct page_run take_from_window(struct page_cache *cache, enum page_half half,
                                        size_t npages)
{
    uint64_t pages = lowest_run(cache->owned, npages);
    if (pages == 0)
        return no_run;
    uintptr_t base = cache->window + (uintptr_t)__builtin_ctzll(pages) * page_bytes;
    bool all_scavenged = (pages & ~cache->scavenged) == 0;
    cache->owned &= ~pages;
    cache->scavenged &= ~pages;
    return (struct page_run){.base = base,
                             .npages = npages,
                             .zeroed = pages_read_as_zero(base, npages, all_scavenged),
                             .borrowed = pages_half_of(base) != half};
}

struct page_run pagecache_alloc(struct page_cache *cache, enum page_half half, size_t npages)
{
    check(npages > 0 && npages <= pagecache_max_run);
    debug_check(pagecache_is_valid(cache));
    if (cache->owned == 0)
        cache->window = pages_take_window(half, &cache->owned, &cache->scavenged);
    struct page_run run = take_from_window(cache, half, npages);
    return run.base ? run : pages_alloc(half, npages, 1);
}

void pagecache_flush(struct page_cache *cache)
{
    if (cache->owned != 0)
        pages_return_window(cache->window, cache->owned, cache->scavenged);
    *cache = (struct page_cache){0, 0, 0};
}

bool pagecache_is_valid(const struct page_cache *cache)
{
    return (cache->scavenged & ~cache->owned) == 0 &&
           (cache->owned == 0 ||
            (region_contains(cache->window) &&
             region_offset(cache->window) % ((size_t)window_pages * page_bytes) == 0));
}
