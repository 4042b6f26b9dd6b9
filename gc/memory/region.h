/* region.h: the one reservation of address space that is the heap, and its arenas.
 *
 * Owns: [region.base, region.base + region.size), reserved at start, never unmapped, committed in
 * chunks of 4 MiB. "Is this word a heap address?" is one subtraction and one comparison.
 *
 * The region has two halves, one page allocator each: objects that may hold pointers live in the
 * lower, pointer-free ones in the upper, so that what must be scanned is contiguous.
 * A half that is full borrows from the other, and a large object takes used pages of the other half
 * before its own half grows (see pagealloc.h). In `bench/large` the halves are large by turns: with
 * borrowing its peak is 545 MB, without 720.
 *
 *     base                          middle                         base + size
 *      | arena 0 | arena 1 | ...     | arena k | arena k+1 | ...     |
 *        scan half -> grows up         noscan half -> grows up
 *
 * Arenas: slices of 64 MiB. Each has zeroed_base, the offset in the arena of the first byte never
 * yet handed out. It only grows:
 *
 *     every byte of the arena at or above zeroed_base still reads as zero.
 *
 * Huge pages: chunks that are committed while 32 MiB are alive or more (what was allocated since
 * the last mark included) are asked for in pages of 2 MiB, which take a tenth to a sixth less time
 * where marking misses the TLB (bench/graph, lifetimes, gcbench depth=18) and two thirds less of
 * the kernel's time for new memory (bench/large). In smaller heaps memory is dearer, and the wish
 * is for none, for a system that gives them unasked makes a process of 3 MiB one of 6. (How far the
 * heap reaches says little: the pages that many threads hold are far apart.) A chunk of which
 * memory is given back does without from then on, lest the kernel fill it up again.
 *
 * Page: 8 KiB, the unit of the page allocator. page_span[] maps a page of the region to its span.
 *
 * Flat arrays over the region (page_span, the page allocators' bitmaps) are reservations too,
 * committed step by step as the region is: see `struct lazy_array`.
 */
#ifndef SPANGC_REGION_H
#define SPANGC_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "platform/atomics.h"

struct span;

enum {
    page_shift = 13,
    page_bytes = 1 << page_shift,
    chunk_shift = 22,
    chunk_bytes = 1 << chunk_shift,
    chunk_pages = chunk_bytes / page_bytes,
    arena_shift = 26,
    arena_bytes = 1 << arena_shift,
    arena_pages = arena_bytes / page_bytes,
    huge_pages_from = 32 << 20 /* bytes alive */
};

enum page_half { HALF_SCAN, HALF_NOSCAN, half_count };

struct region {
    /* Written once by region_init, read-only afterwards. */
    uintptr_t base;
    size_t size;        /* a multiple of chunk_bytes */
    size_t half_offset; /* where the noscan half starts; a multiple of arena_bytes if size allows */
    atomic_word *page_span;   /* page number -> struct span *; store-release, load-acquire */
    atomic_word *zeroed_base; /* arena number -> offset; see alloc_needs_zero */

    /* End of what is committed of each half, as an offset; only grows. The arrays cover it. */
    atomic_word committed[half_count];

    atomic_word wants_huge_pages; /* region_expect; a hint */
    atomic_word has_huge_pages;   /* some chunk has been asked for so */
};

extern struct region region;

/* Reserves the region and its arrays. False: not even the smallest region could be had. Called
 * once, before any other thread uses the heap. */
bool region_init(void);

/* A forgetful variant for unit tests: a region of `bytes`, after giving back an earlier one. */
bool region_init_for_test(size_t bytes);

/* Commits the chunk at `offset` (chunk-aligned), with its share of page_span. False: refused.
 * Lock: the page allocator's that owns the chunk. Safe to call again after a failure. */
bool region_commit_chunk(size_t offset);

/* That much is alive, or about to be. Any thread, often. */
static inline void region_expect(size_t live_bytes)
{
    bool huge = live_bytes >= huge_pages_from;
    if (word_load(&region.wants_huge_pages) != huge)
        word_store(&region.wants_huge_pages, huge);
}

/* Gives the memory behind pages of one chunk back to the system; the chunk does without huge pages
 * from then on. False: see os_release. */
bool region_release(uintptr_t address, size_t bytes);

/* The same as an offset in the region: below region.size iff `word` is an address of the heap. */
static inline uintptr_t region_offset(uintptr_t word)
{
    return word - region.base;
}

static inline bool region_contains(uintptr_t word)
{
    return region_offset(word) < region.size;
}

/* May the arrays be read at `offset`, which is below region.size? True for every address that was
 * ever handed out. */
static inline bool region_is_committed(uintptr_t offset)
{
    return offset < word_load_acquire(&region.committed[offset >= region.half_offset]);
}

/* The span on the page at `offset`, which is committed, or NULL. */
static inline struct span *region_span(uintptr_t offset)
{
    return pointer_load_acquire(&region.page_span[offset >> page_shift]);
}

/* Is the fresh run of pages at `base` to be cleared before use? Lock-free; every run handed out
 * passes through here before its first write, and only once per hand-out.
 *
 *   arena_base < zeroed_base: part of the run was used before: clear it.
 *   arena_base > zeroed_base: legal: a neighbour below has not published its own raise yet.
 *
 * Raises zeroed_base to the end of the run, arena by arena. Two callers that own the same pages
 * are found out by the value that a failing CAS meets, and are fatal. */
bool alloc_needs_zero(uintptr_t base, size_t npages);

bool region_is_valid(void);

#endif
