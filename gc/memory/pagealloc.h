/* pagealloc.h: which pages of a half of the region are free.
 *
 * A pure data structure: it knows nothing of spans or collecting, and unit tests drive it alone.
 *
 * Owns, per half: two bits a page, in-use and scavenged, in chunks of 512 pages (4 MiB), and over
 * them a radix tree of summaries (start, max, end): free pages at the chunk's start, the longest
 * free run, free pages at its end. A summary over several chunks is folded from those below.
 * Address-ordered first fit: the lowest run that fits, found by descending the tree from
 * search_address, below which nothing is free.
 *
 *     page free and scavenged     reads as zero, costs no memory
 *     page free, not scavenged    dirty, costs memory
 *     page in use                 scavenged bit is 0
 *     page beyond `grown`         not committed yet; counts as in use until the half grows
 *
 * Lock: one per half (rank pages) protects everything; the functions take it. Callers are busy or
 * the world is stopped. Growing commits chunks with the lock held (mprotect, short); releasing
 * pages to the kernel happens with the lock dropped, on runs that are marked in use meanwhile.
 */
#ifndef SPANGC_PAGEALLOC_H
#define SPANGC_PAGEALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "memory/region.h"

/* A run of pages as handed out. */
struct page_run {
    uintptr_t base; /* 0: none could be had */
    size_t npages;
    bool zeroed;   /* reads as zero: never used, or given back to the kernel since */
    bool borrowed; /* lies in the other half */

    /* All pages that do not read as zero lie in this part of the run; 0 pages iff `zeroed`. Filled
     * in by pages_alloc and pages_alloc_warm. */
    uintptr_t dirty_base;
    size_t dirty_pages;
};

/* Statistics of a half, in pages; exact while the lock is held. */
struct page_stats {
    size_t grown;     /* committed */
    size_t in_use;    /* handed out (page caches included) */
    size_t scavenged; /* free and given back */
};

/* The half that an address of the region lies in. */
static inline enum page_half pages_half_of(uintptr_t address)
{
    return region_offset(address) < region.half_offset ? HALF_SCAN : HALF_NOSCAN;
}

/* Sets up both halves over `region`. Called once after region_init; by tests again, after
 * region_init_for_test. False: no memory. */
bool pagealloc_init(void);

/* The lowest run of npages in `half`, growing it where nothing fits; borrows from the other half
 * where this one's address space is used up. Has passed alloc_needs_zero. run.base is 0 when
 * memory is out. `alignment_pages` is a power of two (1: any). */
struct page_run pages_alloc(enum page_half half, size_t npages, size_t alignment_pages);

/* The same for a run that need not lie in its own half, out of what has grown already: where this
 * half would have to grow, a run of the other half is taken if at least half of its pages are
 * dirty, since new pages cost more than they do. base 0: call pages_alloc. */
struct page_run pages_alloc_warm(enum page_half half, size_t npages, size_t alignment_pages);

/* Gives a run back. Its pages stay mapped and count as dirty until scavenged. The half is found
 * from the address. */
void pages_free(uintptr_t base, size_t npages);

/* Tries to make the run [base, base + old) longer in place, to `wanted` pages; the new pages are
 * reported as in pages_alloc. False: they are not free. */
bool pages_extend(uintptr_t base, size_t old, size_t wanted, bool *new_part_zeroed);

/* Gives free dirty pages back to the kernel, highest addresses first, until at most `keep` pages
 * of `half` are free and dirty, at most `limit` pages a call. Returns the pages given back. */
size_t pages_scavenge(enum page_half half, size_t keep, size_t limit);

struct page_stats pages_stats(enum page_half half);

/* Highest committed address of the half + 1: what statistics and plausible-address variables use.
 */
uintptr_t pages_limit(enum page_half half);

bool pagealloc_is_valid(void);

void pages_reset_locks_in_child(void);

/* ---- For pagecache.c only ---- */

/* Takes all free pages of the lowest aligned window of 64 that has any, growing if there is none.
 * Returns the window's address (0: out of memory) and, as bits, which pages are now the caller's
 * and which of these are scavenged. */
uintptr_t pages_take_window(enum page_half half, uint64_t *owned, uint64_t *scavenged);

/* Notes that a run is handed out, and tells whether it reads as zero. Two books are kept about
 * that, the scavenged bits and zeroed_base (alloc_needs_zero); either is believed, and the second
 * never knows more than the first. */
bool pages_read_as_zero(uintptr_t base, size_t npages, bool all_scavenged);

/* Returns what is left of a window. */
void pages_return_window(uintptr_t window, uint64_t owned, uint64_t scavenged);

#endif
