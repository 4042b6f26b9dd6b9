/* pagealloc.c: chunks, the summary tree, the search.
 *
 * The tree has four levels, whatever the size of the half: level 3 has an entry a chunk, each level
 * above an entry for eight below. An entry of level 0 stands for 512 chunks (2 GiB); there are as
 * many of them as the half needs, and they are searched one after the other. A half of 512 GiB has
 * 256, and only those that have grown are looked at.
 *
 * All arrays are lazy and zero to begin with: a summary of zero says that nothing is free, so what
 * has not grown is never found. Groups of eight are committed together, so that folding may read
 * all children of an entry.
 */
#include "memory/pagealloc.h"
#include "memory/lazyarray.h"
#include "platform/check.h"
#include "platform/lock.h"
#include "platform/os.h"

enum {
    levels = 4,
    leaf_level = levels - 1,
    fanout_shift = 3,
    fanout = 1 << fanout_shift,
    word_bits = 64,
    chunk_words = chunk_pages / word_bits,
    chunk_pages_shift = chunk_shift - page_shift,
    field_bits = 21
};

_Static_assert(chunk_pages_shift + fanout_shift * (levels - 1) < field_bits,
               "a summary's fields can count the pages of a level 0 entry");

/* A bit a page. In use and scavenged exclude each other. */
struct chunk {
    uint64_t in_use[chunk_words];
    uint64_t scavenged[chunk_words];
};

/* Three counts of pages in one word, see pack(); 0: nothing is free. */
typedef uint64_t summary_t;

struct summary {
    size_t start, max, end;
};

/* All fields but `lock` and the first group are protected by `lock`. Page numbers count from the
 * half's start. */
struct half {
    struct lock lock; /* rank pages */

    /* Written once by pagealloc_init. */
    uintptr_t start;
    size_t pages; /* address space of the half */
    struct chunk *chunks;
    summary_t *summaries[levels];
    struct lazy_array chunk_array;
    struct lazy_array summary_arrays[levels];

    size_t grown_chunks;  /* committed, from the half's start */
    size_t search_page;   /* no page below is free */
    size_t scavenge_page; /* no page at or above is free and dirty */
    struct page_stats stats;
};

static struct half halves[half_count];

static const struct page_run no_run;

/* Pages [page, limit). */
struct extent {
    size_t page, limit;
};

/* ---- Small arithmetic ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t largest(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Pages that one entry of a level stands for, as a shift. */
static unsigned entry_shift(unsigned level)
{
    return chunk_pages_shift + fanout_shift * (leaf_level - level);
}

static size_t grown_pages(const struct half *half)
{
    return half->grown_chunks * chunk_pages;
}

static uintptr_t page_address(const struct half *half, size_t page)
{
    return half->start + page * page_bytes;
}

static size_t page_number(const struct half *half, uintptr_t address)
{
    return (address - half->start) >> page_shift;
}

static struct half *half_of(uintptr_t address)
{
    return &halves[pages_half_of(address)];
}

/* ---- Bits ---- */

/* Bits [from, from + n) of a word, 1 <= n, from + n <= 64. */
static uint64_t mask_of(unsigned from, size_t n)
{
    return (~(uint64_t)0 >> (word_bits - n)) << from;
}

static uint64_t *in_use_word(struct half *half, size_t page)
{
    return &half->chunks[page / chunk_pages].in_use[page % chunk_pages / word_bits];
}

static uint64_t *scavenged_word(struct half *half, size_t page)
{
    return &half->chunks[page / chunk_pages].scavenged[page % chunk_pages / word_bits];
}

/* The pages of [page, limit) that lie in one word with `page`. */
static size_t pages_in_word(size_t page, size_t limit)
{
    return least(limit - page, word_bits - page % word_bits);
}

static bool all_in_use(struct half *half, size_t page, size_t limit, bool in_use)
{
    for (size_t n; page < limit; page += n) {
        n = pages_in_word(page, limit);
        uint64_t mask = mask_of(page % word_bits, n);
        if ((*in_use_word(half, page) & mask) != (in_use ? mask : 0))
            return false;
    }
    return true;
}

/* How many pages of [page, limit), all free, are dirty; and from the first to the last of them. */
static size_t find_dirty(struct half *half, size_t page, size_t limit, struct extent *extent)
{
    size_t dirty_pages = 0;
    *extent = (struct extent){page, page};
    for (size_t n; page < limit; page += n) {
        n = pages_in_word(page, limit);
        uint64_t dirty = ~*scavenged_word(half, page) & mask_of(page % word_bits, n);
        if (dirty == 0)
            continue;
        size_t word = page & ~(size_t)(word_bits - 1);
        if (dirty_pages == 0)
            extent->page = word + (size_t)__builtin_ctzll(dirty);
        extent->limit = word + word_bits - (size_t)__builtin_clzll(dirty);
        dirty_pages += (size_t)__builtin_popcountll(dirty);
    }
    return dirty_pages;
}

/* Marks free pages as used. Returns how many of them were scavenged. */
static size_t set_in_use(struct half *half, size_t page, size_t limit)
{
    size_t scavenged = 0;
    for (size_t n; page < limit; page += n) {
        n = pages_in_word(page, limit);
        uint64_t mask = mask_of(page % word_bits, n);
        *in_use_word(half, page) |= mask;
        scavenged += (size_t)__builtin_popcountll(*scavenged_word(half, page) & mask);
        *scavenged_word(half, page) &= ~mask;
    }
    return scavenged;
}

static void set_free(struct half *half, size_t page, size_t limit, bool scavenged)
{
    for (size_t n; page < limit; page += n) {
        n = pages_in_word(page, limit);
        uint64_t mask = mask_of(page % word_bits, n);
        *in_use_word(half, page) &= ~mask;
        if (scavenged)
            *scavenged_word(half, page) |= mask;
    }
}

/* The lowest i such that the n bits of `word` from i on are set, 64 if there is none. Each step
 * leaves bit i set only where a longer run of ones begins at i. */
static unsigned first_run_in_word(uint64_t word, size_t n)
{
    size_t missing = n - 1;
    for (size_t step = 1; missing > 0 && word != 0; step *= 2) {
        size_t shift = least(step, missing);
        word &= word >> shift;
        missing -= shift;
    }
    return word ? (unsigned)__builtin_ctzll(word) : word_bits;
}

/* ---- Summaries ---- */

static summary_t pack(struct summary s)
{
    return (summary_t)s.start | (summary_t)s.max << field_bits | (summary_t)s.end << 2 * field_bits;
}

static struct summary unpack(summary_t packed)
{
    const summary_t mask = ((summary_t)1 << field_bits) - 1;
    return (struct summary){packed & mask, packed >> field_bits & mask, packed >> 2 * field_bits};
}

/* A summary under construction: of what has been looked at from left to right. */
struct fold {
    size_t start, max;
    size_t run;     /* free pages at the end */
    bool seen_used; /* so start is final */
};

/* A part with a page in use comes next, with free pages at its start, somewhere, and at its end. */
static inline void fold_part(struct fold *fold, size_t start, size_t max, size_t end)
{
    size_t run = fold->run + start;
    if (!fold->seen_used)
        fold->start = run;
    fold->seen_used = true;
    fold->max = largest(fold->max, largest(run, max));
    fold->run = end;
}

static inline summary_t fold_end(const struct fold *fold)
{
    size_t start = fold->seen_used ? fold->start : fold->run;
    return pack((struct summary){start, largest(fold->max, fold->run), fold->run});
}

static summary_t fold_children(const struct half *half, unsigned level, size_t index)
{
    const summary_t *children = &half->summaries[level + 1][index << fanout_shift];
    size_t child_pages = (size_t)1 << entry_shift(level + 1);
    struct fold fold = {0, 0, 0, false};
    for (size_t i = 0; i < fanout; i++) {
        struct summary child = unpack(children[i]);
        if (child.start == child_pages)
            fold.run += child_pages;
        else
            fold_part(&fold, child.start, child.max, child.end);
    }
    return fold_end(&fold);
}

/* Only words that could hold a longer run than the longest so far have their bits looked at. */
static summary_t summarize_chunk(const struct chunk *chunk)
{
    struct fold fold = {0, 0, 0, false};
    for (size_t i = 0; i < chunk_words; i++) {
        uint64_t used = chunk->in_use[i];
        if (used == 0) {
            fold.run += word_bits;
            continue;
        }
        size_t trailing = (size_t)__builtin_clzll(used);
        fold_part(&fold, (size_t)__builtin_ctzll(used), trailing, trailing);
        while (fold.max < word_bits && first_run_in_word(~used, fold.max + 1) < word_bits)
            fold.max++;
    }
    return fold_end(&fold);
}

/* Brings the tree up to date after a change of the bits in chunks [first, last]. */
static void update_summaries(struct half *half, size_t first, size_t last)
{
    for (size_t c = first; c <= last; c++)
        half->summaries[leaf_level][c] = summarize_chunk(&half->chunks[c]);
    for (unsigned level = leaf_level; level-- > 0;) {
        bool changed = false;
        first >>= fanout_shift;
        last >>= fanout_shift;
        for (size_t i = first; i <= last; i++) {
            summary_t sum = fold_children(half, level, i);
            changed |= sum != half->summaries[level][i];
            half->summaries[level][i] = sum;
        }
        if (!changed)
            return;
    }
}

static void update_summaries_of_pages(struct half *half, size_t page, size_t limit)
{
    update_summaries(half, page / chunk_pages, (limit - 1) / chunk_pages);
}

/* ---- Growing ---- */

/* Makes usable what the arrays hold of the eight chunks from c on. */
static bool commit_metadata(struct half *half, size_t c)
{
    if (!lazy_array_commit(&half->chunk_array, c * sizeof(struct chunk),
                           (c + fanout) * sizeof(struct chunk)))
        return false;
    for (unsigned level = 0; level < levels; level++) {
        size_t group = c >> fanout_shift * (leaf_level - level) & ~(size_t)(fanout - 1);
        if (!lazy_array_commit(&half->summary_arrays[level], group * sizeof(summary_t),
                               (group + fanout) * sizeof(summary_t)))
            return false;
    }
    return true;
}

static bool grow_by_chunk(struct half *half)
{
    size_t c = half->grown_chunks;
    uintptr_t address = page_address(half, c * chunk_pages);
    if (c % fanout == 0 && !commit_metadata(half, c))
        return false;
    if (!region_commit_chunk(region_offset(address)))
        return false;
    for (size_t i = 0; i < chunk_words; i++)
        half->chunks[c].scavenged[i] = ~(uint64_t)0;
    half->grown_chunks++;
    half->stats.grown += chunk_pages;
    half->stats.scavenged += chunk_pages;
    update_summaries(half, c, c);
    return true;
}

/* Grows to at least `pages`. False: refused, or no address space; what was got stays usable. */
static bool grow_to(struct half *half, size_t pages)
{
    lock_check_held(&half->lock);
    if (pages > half->pages)
        return false;
    while (grown_pages(half) < pages) {
        if (!grow_by_chunk(half))
            return false;
    }
    return true;
}

/* Free pages at the end of what has grown. */
static size_t free_at_end(const struct half *half)
{
    size_t free = 0;
    for (size_t c = half->grown_chunks; c-- > 0;) {
        size_t end = unpack(half->summaries[leaf_level][c]).end;
        free += end;
        if (end < chunk_pages)
            break;
    }
    return free;
}

/* ---- Searching ---- */

/* A search and what it learns by the way: below `lowest_free` nothing is free. */
struct search {
    size_t npages;
    size_t lowest_free;
    bool lowest_known; /* no entry with a free page has been passed yet, while false */
};

static const size_t not_found = SIZE_MAX;

static void note_free(struct search *search, size_t page)
{
    if (!search->lowest_known)
        search->lowest_free = page;
    search->lowest_known = true;
}

static size_t find_in_chunk(const struct half *half, size_t c, struct search *search)
{
    const struct chunk *chunk = &half->chunks[c];
    size_t first_page = c * chunk_pages;
    size_t run = 0;
    for (size_t i = 0; i < chunk_words; i++) {
        uint64_t used = chunk->in_use[i];
        size_t page = first_page + i * word_bits;
        size_t leading = used ? (size_t)__builtin_ctzll(used) : word_bits;
        if (~used != 0)
            note_free(search, page + (size_t)__builtin_ctzll(~used));
        if (run + leading >= search->npages)
            return page - run;
        if (used == 0) {
            run += word_bits;
            continue;
        }
        unsigned bit = search->npages <= word_bits ? first_run_in_word(~used, search->npages)
                                                   : (unsigned)word_bits;
        if (bit < word_bits)
            return page + bit;
        run = (size_t)__builtin_clzll(used);
    }
    return not_found;
}

/* Looks through entries [from, to) of a level for the lowest run: one that begins at the end of an
 * entry and goes on into those that follow, or one inside an entry, which its children find. */
static size_t find_in_level(const struct half *half, unsigned level, size_t from, size_t to,
                            struct search *search)
{
    size_t entry_pages = (size_t)1 << entry_shift(level);
    size_t run = 0;
    for (size_t i = from; i < to; i++) {
        struct summary sum = unpack(half->summaries[level][i]);
        if (run + sum.start >= search->npages) {
            note_free(search, i * entry_pages);
            return i * entry_pages - run;
        }
        if (sum.max >= search->npages) {
            if (level == leaf_level)
                return find_in_chunk(half, i, search);
            return find_in_level(
                half, level + 1,
                largest(i << fanout_shift, half->search_page >> entry_shift(level + 1)),
                (i + 1) << fanout_shift, search);
        }
        if (sum.max > 0)
            note_free(search, i * entry_pages);
        run = sum.start == entry_pages ? run + entry_pages : sum.end;
    }
    return not_found;
}

/* The lowest free run, or not_found. What fits at search_page is the lowest. */
static size_t find(struct half *half, size_t npages)
{
    if (half->search_page + npages <= grown_pages(half) &&
        all_in_use(half, half->search_page, half->search_page + npages, false))
        return half->search_page;
    struct search search = {npages, half->search_page, false};
    size_t from = half->search_page >> entry_shift(0);
    size_t to = (grown_pages(half) + ((size_t)1 << entry_shift(0)) - 1) >> entry_shift(0);
    size_t page = find_in_level(half, 0, from, to, &search);
    half->search_page = largest(half->search_page, search.lowest_free);
    return page;
}

/* A run after growing, if need be, by what is missing behind the free end. */
static size_t find_or_grow(struct half *half, size_t npages)
{
    if (npages > half->pages)
        return not_found;
    size_t page = find(half, npages);
    if (page == not_found && grow_to(half, grown_pages(half) - free_at_end(half) + npages))
        page = find(half, npages);
    return page;
}

/* ---- Taking and giving back, with the lock held ---- */

/* Marks the free run [page, limit) as used. True: all of it reads as zero. */
static bool claim(struct half *half, size_t page, size_t limit)
{
    lock_check_held(&half->lock);
    size_t scavenged = set_in_use(half, page, limit);
    update_summaries_of_pages(half, page, limit);
    half->stats.in_use += limit - page;
    half->stats.scavenged -= scavenged;
    if (page == half->search_page)
        half->search_page = limit;
    return scavenged == limit - page;
}

/* Makes the used run [page, limit) free. */
static void unclaim(struct half *half, size_t page, size_t limit, bool scavenged)
{
    lock_check_held(&half->lock);
    set_free(half, page, limit, scavenged);
    update_summaries_of_pages(half, page, limit);
    half->stats.in_use -= limit - page;
    half->search_page = least(half->search_page, page);
    if (scavenged)
        half->stats.scavenged += limit - page;
    else
        half->scavenge_page = largest(half->scavenge_page, limit);
}

/* ---- Runs ---- */

/* Where take_run may look. */
enum reach { REACH_GROWING, REACH_GROWN, REACH_GROWN_AND_DIRTY };

static struct page_run claim_run(struct half *half, size_t page, size_t npages, enum reach reach)
{
    struct extent dirty;
    size_t dirty_pages = find_dirty(half, page, page + npages, &dirty);
    if (reach == REACH_GROWN_AND_DIRTY && dirty_pages < npages - dirty_pages)
        return no_run;
    return (struct page_run){.base = page_address(half, page),
                             .npages = npages,
                             .zeroed = claim(half, page, page + npages),
                             .dirty_base = page_address(half, dirty.page),
                             .dirty_pages = dirty.limit - dirty.page};
}

static struct page_run take_run(struct half *half, size_t npages, size_t alignment_pages,
                                enum reach reach)
{
    struct page_run run = no_run;
    size_t wanted = npages + alignment_pages - 1;
    lock_acquire(&half->lock);
    size_t page = reach == REACH_GROWING ? find_or_grow(half, wanted) : find(half, wanted);
    if (page != not_found) {
        page += -(page_address(half, page) >> page_shift) & (alignment_pages - 1);
        run = claim_run(half, page, npages, reach);
    }
    lock_release(&half->lock);
    return run;
}

bool pages_read_as_zero(uintptr_t base, size_t npages, bool all_scavenged)
{
    bool needs_zero = alloc_needs_zero(base, npages);
    debug_check(needs_zero || all_scavenged);
    return all_scavenged || !needs_zero;
}

/* From the half, or else from the other one; `borrowing` says where that may look. */
static struct page_run take_run_of_either(enum page_half half, size_t npages,
                                          size_t alignment_pages, enum reach own,
                                          enum reach borrowing)
{
    check(npages > 0 && alignment_pages > 0 && (alignment_pages & (alignment_pages - 1)) == 0);
    if (npages > region.size / page_bytes || alignment_pages > region.size / page_bytes)
        return no_run;
    struct page_run run = take_run(&halves[half], npages, alignment_pages, own);
    if (run.base == 0) {
        run = take_run(&halves[!half], npages, alignment_pages, borrowing);
        run.borrowed = true;
    }
    if (run.base == 0)
        return no_run;
    run.zeroed = pages_read_as_zero(run.base, npages, run.zeroed);
    return run;
}

struct page_run pages_alloc(enum page_half half, size_t npages, size_t alignment_pages)
{
    return take_run_of_either(half, npages, alignment_pages, REACH_GROWING, REACH_GROWING);
}

struct page_run pages_alloc_warm(enum page_half half, size_t npages, size_t alignment_pages)
{
    return take_run_of_either(half, npages, alignment_pages, REACH_GROWN, REACH_GROWN_AND_DIRTY);
}

void pages_free(uintptr_t base, size_t npages)
{
    struct half *half = half_of(base);
    size_t page = page_number(half, base);
    lock_acquire(&half->lock);
    check(base % page_bytes == 0 && npages > 0 && page + npages <= grown_pages(half));
    if (!all_in_use(half, page, page + npages, true))
        fatal("pages at %p are freed but not in use", (void *)base);
    unclaim(half, page, page + npages, false);
    lock_release(&half->lock);
}

bool pages_extend(uintptr_t base, size_t old, size_t wanted, bool *new_part_zeroed)
{
    struct half *half = half_of(base);
    size_t page = page_number(half, base) + old;
    size_t limit = page_number(half, base) + wanted;
    bool zeroed = false;
    check(old < wanted);
    if (limit > half->pages)
        return false;
    lock_acquire(&half->lock);
    bool possible =
        all_in_use(half, page, least(limit, grown_pages(half)), false) && grow_to(half, limit);
    if (possible)
        zeroed = claim(half, page, limit);
    lock_release(&half->lock);
    if (possible)
        *new_part_zeroed = pages_read_as_zero(page_address(half, page), wanted - old, zeroed);
    return possible;
}

/* ---- Windows for page caches ---- */

static uintptr_t take_window(struct half *half, uint64_t *owned, uint64_t *scavenged)
{
    uintptr_t window = 0;
    lock_acquire(&half->lock);
    size_t page = find_or_grow(half, 1);
    if (page != not_found) {
        page -= page % word_bits;
        *owned = ~*in_use_word(half, page);
        *scavenged = *scavenged_word(half, page) & *owned;
        *in_use_word(half, page) = ~(uint64_t)0;
        *scavenged_word(half, page) = 0;
        update_summaries_of_pages(half, page, page + word_bits);
        half->stats.in_use += (size_t)__builtin_popcountll(*owned);
        half->stats.scavenged -= (size_t)__builtin_popcountll(*scavenged);
        half->search_page = page + word_bits; /* first fit: nothing below was free */
        window = page_address(half, page);
    }
    lock_release(&half->lock);
    return window;
}

uintptr_t pages_take_window(enum page_half half, uint64_t *owned, uint64_t *scavenged)
{
    uintptr_t window = take_window(&halves[half], owned, scavenged);
    return window ? window : take_window(&halves[!half], owned, scavenged);
}

void pages_return_window(uintptr_t window, uint64_t owned, uint64_t scavenged)
{
    struct half *half = half_of(window);
    size_t page = page_number(half, window);
    lock_acquire(&half->lock);
    check((*in_use_word(half, page) & owned) == owned && (scavenged & ~owned) == 0);
    *in_use_word(half, page) &= ~owned;
    *scavenged_word(half, page) |= scavenged;
    update_summaries_of_pages(half, page, page + word_bits);
    half->stats.in_use -= (size_t)__builtin_popcountll(owned);
    half->stats.scavenged += (size_t)__builtin_popcountll(scavenged);
    half->search_page = least(half->search_page, page);
    half->scavenge_page = largest(half->scavenge_page, page + word_bits);
    lock_release(&half->lock);
}

/* ---- Scavenging ---- */

/* Bits of the pages in this word that are free and dirty. */
static uint64_t dirty_bits(struct half *half, size_t page)
{
    return ~(*in_use_word(half, page) | *scavenged_word(half, page));
}

/* Pages directly below `limit` that are dirty, as far as the word that holds the first. */
static size_t dirty_below(struct half *half, size_t limit)
{
    size_t word = (limit - 1) & ~(size_t)(word_bits - 1);
    uint64_t others = ~dirty_bits(half, word) & mask_of(0, limit - word);
    size_t highest_other = others ? word_bits - (size_t)__builtin_clzll(others) : 0;
    return limit - word - highest_other;
}

/* The end of the highest dirty run below `below`; 0: there is none. */
static size_t dirty_limit(struct half *half, size_t below)
{
    while (below > 0) {
        size_t word = (below - 1) & ~(size_t)(word_bits - 1);
        uint64_t dirty = dirty_bits(half, word) & mask_of(0, below - word);
        if (dirty)
            return word + word_bits - (size_t)__builtin_clzll(dirty);
        below = word;
    }
    return 0;
}

/* The beginning of the dirty run that ends at `limit`, `most` pages long and within a chunk. */
static size_t dirty_start(struct half *half, size_t limit, size_t most)
{
    size_t page = limit;
    size_t lowest = (limit - 1) & ~(size_t)(chunk_pages - 1);
    if (limit - lowest > most)
        lowest = limit - most;
    while (page > lowest) {
        size_t n = dirty_below(half, page);
        if (n == 0)
            break;
        page = n < page - lowest ? page - n : lowest;
    }
    return page;
}

/* Gives one run below *below back; the lock is dropped meanwhile, and the run is in use. Returns
 * its length, 0: nothing to do. *refused: the kernel kept the data. */
static size_t scavenge_run_may_unlock(struct half *half, size_t *below, size_t most, bool *refused)
{
    bool highest = half->scavenge_page == *below; /* nobody has freed a higher page meanwhile */
    size_t limit = dirty_limit(half, *below);
    size_t page = limit > 0 ? dirty_start(half, limit, most) : 0;
    if (highest)
        half->scavenge_page = page;
    *below = page;
    if (limit == 0)
        return 0;
    claim(half, page, limit);
    lock_release(&half->lock);
    *refused = !region_release(page_address(half, page), (limit - page) * page_bytes);
    lock_acquire(&half->lock);
    unclaim(half, page, limit, !*refused);
    return limit - page;
}

static size_t free_dirty(const struct half *half)
{
    return half->stats.grown - half->stats.in_use - half->stats.scavenged;
}

/* What the kernel refuses is passed over in this call, and counts towards its limit. */
size_t pages_scavenge(enum page_half which, size_t keep, size_t limit)
{
    struct half *half = &halves[which];
    size_t tried = 0, released = 0;
    lock_acquire(&half->lock);
    size_t below = half->scavenge_page;
    while (tried < limit && free_dirty(half) > keep) {
        bool refused = false;
        size_t most = least(limit - tried, free_dirty(half) - keep);
        size_t n = scavenge_run_may_unlock(half, &below, most, &refused);
        if (n == 0)
            break;
        tried += n;
        released += refused ? 0 : n;
    }
    lock_release(&half->lock);
    return released;
}

/* ---- Statistics ---- */

struct page_stats pages_stats(enum page_half which)
{
    struct half *half = &halves[which];
    lock_acquire(&half->lock);
    struct page_stats stats = half->stats;
    lock_release(&half->lock);
    return stats;
}

uintptr_t pages_limit(enum page_half which)
{
    struct half *half = &halves[which];
    lock_acquire(&half->lock);
    uintptr_t limit = page_address(half, grown_pages(half));
    lock_release(&half->lock);
    return limit;
}

/* ---- Setting up ---- */

static void free_half(struct half *half)
{
    lazy_array_free(&half->chunk_array);
    for (unsigned level = 0; level < levels; level++)
        lazy_array_free(&half->summary_arrays[level]);
    *half = (struct half){0};
}

/* Each level has whole groups of eight entries. */
static bool init_half(struct half *half, uintptr_t start, size_t bytes)
{
    size_t chunks = bytes / chunk_bytes;
    free_half(half);
    lock_init(&half->lock, RANK_PAGES);
    half->start = start;
    half->pages = bytes / page_bytes;
    if (!lazy_array_reserve(&half->chunk_array,
                            (chunks + fanout - 1) / fanout * fanout * sizeof(struct chunk)))
        return false;
    half->chunks = (struct chunk *)half->chunk_array.start;
    for (unsigned level = 0; level < levels; level++) {
        size_t entries = (chunks >> fanout_shift * (leaf_level - level)) + 1;
        size_t groups = (entries + fanout - 1) / fanout;
        if (!lazy_array_reserve(&half->summary_arrays[level], groups * fanout * sizeof(summary_t)))
            return false;
        half->summaries[level] = (summary_t *)half->summary_arrays[level].start;
    }
    return true;
}

bool pagealloc_init(void)
{
    return init_half(&halves[HALF_SCAN], region.base, region.half_offset) &&
           init_half(&halves[HALF_NOSCAN], region.base + region.half_offset,
                     region.size - region.half_offset);
}

/* ---- Invariant ---- */

static bool summaries_are_valid(const struct half *half)
{
    for (size_t c = 0; c < half->grown_chunks; c++) {
        if (half->summaries[leaf_level][c] != summarize_chunk(&half->chunks[c]))
            return false;
        for (unsigned level = 0; level < leaf_level; level++) {
            size_t i = c >> fanout_shift * (leaf_level - level);
            if (half->summaries[level][i] != fold_children(half, level, i))
                return false;
        }
    }
    return true;
}

static bool bits_are_valid(struct half *half)
{
    size_t in_use = 0, scavenged = 0;
    for (size_t page = 0; page < grown_pages(half); page += word_bits) {
        uint64_t used = *in_use_word(half, page), clean = *scavenged_word(half, page);
        if (used & clean)
            return false;
        if (page + word_bits <= half->search_page && ~used != 0)
            return false;
        if (page >= half->scavenge_page && dirty_bits(half, page) != 0)
            return false;
        in_use += (size_t)__builtin_popcountll(used);
        scavenged += (size_t)__builtin_popcountll(clean);
    }
    return in_use == half->stats.in_use && scavenged == half->stats.scavenged;
}

static bool half_is_valid(struct half *half)
{
    lock_acquire(&half->lock);
    bool valid = half->stats.grown == grown_pages(half) && grown_pages(half) <= half->pages &&
                 summaries_are_valid(half) && bits_are_valid(half);
    lock_release(&half->lock);
    return valid;
}

bool pagealloc_is_valid(void)
{
    return half_is_valid(&halves[HALF_SCAN]) && half_is_valid(&halves[HALF_NOSCAN]);
}

/* ---- Forking ---- */

void pages_reset_locks_in_child(void)
{
    for (int i = 0; i < half_count; i++)
        lock_reset_after_fork(&halves[i].lock);
}
