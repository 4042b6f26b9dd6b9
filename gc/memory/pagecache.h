/* pagecache.h: a thread's own 64 pages, used without a lock.
 *
 * Owns: one aligned window of 64 pages a thread and half, of which the bits in `owned` belong to
 * the cache (they count as in use in the page allocator). Taken under one lock acquisition, then
 * used by its thread alone, busy; flushed by its thread or with the world stopped.
 *
 *     scavenged is a subset of owned;  owned == 0 means an empty cache
 *
 * Runs handed out of here pass through alloc_needs_zero like all others.
 */
#ifndef SPANGC_PAGECACHE_H
#define SPANGC_PAGECACHE_H

#include "memory/pagealloc.h"

struct page_cache {
    uintptr_t window;
    uint64_t owned;
    uint64_t scavenged;
};

enum { pagecache_max_run = 16 }; /* longer runs go to the page allocator directly */

/* A run of 1 to pagecache_max_run pages: from the window, a fresh window, or the page allocator. */
struct page_run pagecache_alloc(struct page_cache *cache, enum page_half half, size_t npages);

/* Gives the rest of the window back. */
void pagecache_flush(struct page_cache *cache);

bool pagecache_is_valid(const struct page_cache *cache);

#endif
