/* region.c: choosing size and place of the reservation; alloc_needs_zero. */
#include "memory/region.h"
#include "memory/lazyarray.h"
#include "platform/check.h"
#include "platform/os.h"

struct region region;

/* The arrays behind region.page_span and region.zeroed_base. Written with the region. */
static struct lazy_array page_spans;
static struct lazy_array zeroed_bases;

static const size_t tebibyte = (size_t)1 << 40;
static const size_t smallest_region = 2 * (size_t)chunk_bytes;

/* Where hints are forbidden, tools shadow every byte of address space: be modest. */
static const size_t largest_under_tools = (size_t)64 << 30;

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) & ~(unit - 1);
}

static size_t round_down(size_t bytes, size_t unit)
{
    return bytes & ~(unit - 1);
}

/* ---- Place ---- */

/* An address whose bytes look like no text, no double and no small integer: control characters
 * (0x10 to 0x19, not ESC or the separators) in bits 40-47, and no ASCII below them. The bits from
 * 26 to 31 keep the lower half of an address from being a small integer as well. */
static uintptr_t random_base(void)
{
    if (os_address_hints_forbidden())
        return 0;
    uint64_t random = os_random();
    uintptr_t top = 0x10 + random % 10;
    uintptr_t middle = 0x80 + (random >> 8) % 32;
    uintptr_t low = 0x20 + (random >> 16) % 16;
    return (top << 40) | (middle << 32) | (low << arena_shift);
}

static size_t alignment_for(size_t size)
{
    return size >= 4 * (size_t)arena_bytes ? arena_bytes : chunk_bytes;
}

/* Reserves `size` bytes on the region's alignment, by reserving more and returning the ends. */
static uintptr_t reserve_aligned(size_t size)
{
    size_t alignment = alignment_for(size);
    char *start = os_reserve(size + alignment, random_base());
    if (!start)
        return 0;
    size_t head = round_up((uintptr_t)start, alignment) - (uintptr_t)start;
    if (head > 0)
        os_unmap(start, head);
    if (head < alignment)
        os_unmap(start + head + size, alignment - head);
    return (uintptr_t)start + head;
}

/* ---- Size ---- */

static size_t arenas_in(size_t size)
{
    return round_up(size, arena_bytes) / arena_bytes;
}

/* The noscan half starts on an arena where that leaves the scan half one. */
static size_t half_of(size_t size)
{
    size_t on_arena = round_down(size / 2, arena_bytes);
    return on_arena > 0 ? on_arena : round_down(size / 2, chunk_bytes);
}

static void give_back(void)
{
    if (region.size > 0)
        os_unmap((void *)region.base, region.size);
    lazy_array_free(&page_spans);
    lazy_array_free(&zeroed_bases);
    region = (struct region){0};
}

static bool reserve_region(size_t size)
{
    uintptr_t base = reserve_aligned(size);
    if (base == 0)
        return false;
    region.base = base;
    region.size = size;
    region.half_offset = half_of(size);
    if (!lazy_array_reserve(&page_spans, size / page_bytes * sizeof(atomic_word)) ||
        !lazy_array_reserve(&zeroed_bases, arenas_in(size) * sizeof(atomic_word))) {
        give_back();
        return false;
    }
    region.page_span = (atomic_word *)page_spans.start;
    region.zeroed_base = (atomic_word *)zeroed_bases.start;
    return true;
}

/* At most half of what address space is left, the arrays (a 512th is plenty) included. */
static size_t affordable_size(void)
{
    size_t left = os_address_space_left();
    return left == SIZE_MAX ? left : left / 2 - left / 2 / 512;
}

static size_t wanted_size(void)
{
    size_t size = tebibyte;
    while (size < 4 * os_physical_memory())
        size *= 2;
    if (os_address_hints_forbidden() && size > largest_under_tools)
        size = largest_under_tools;
    size_t affordable = affordable_size();
    return size < affordable ? size : affordable;
}

bool region_init(void)
{
    size_t size = wanted_size();
    if (size < smallest_region)
        size = smallest_region;
    for (; size >= smallest_region; size /= 2) {
        if (reserve_region(round_down(size, smallest_region)))
            return true;
    }
    return false;
}

bool region_init_for_test(size_t bytes)
{
    give_back();
    return reserve_region(round_up(bytes, smallest_region));
}

/* ---- Growth ---- */

static bool commit_chunk_and_arrays(size_t offset)
{
    size_t page = offset / page_bytes;
    size_t arena = offset / arena_bytes;
    return lazy_array_commit(&page_spans, page * sizeof(atomic_word),
                             (page + chunk_pages) * sizeof(atomic_word)) &&
           lazy_array_commit(&zeroed_bases, arena * sizeof(atomic_word),
                             (arena + 1) * sizeof(atomic_word)) &&
           os_commit((void *)(region.base + offset), chunk_bytes);
}

static void choose_pages(size_t chunk, bool huge)
{
    if (huge)
        word_store(&region.has_huge_pages, true);
    os_prefer_huge_pages((void *)(region.base + chunk), chunk_bytes, huge);
}

bool region_commit_chunk(size_t offset)
{
    check(offset % chunk_bytes == 0 && offset < region.size);
    if (!commit_chunk_and_arrays(offset))
        return false;
    choose_pages(offset, word_load(&region.wants_huge_pages));
    atomic_word *committed = &region.committed[offset >= region.half_offset];
    if (word_load(committed) < offset + chunk_bytes)
        word_store_release(committed, offset + chunk_bytes);
    return true;
}

bool region_release(uintptr_t address, size_t bytes)
{
    if (word_load(&region.has_huge_pages))
        choose_pages(round_down(region_offset(address), chunk_bytes), false);
    return os_release((void *)address, bytes);
}

/* ---- Zeroed memory ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* alloc_needs_zero for the part [start, limit) of one arena, as offsets in it.
 *
 * zeroed_base only grows, so a first look that finds it above `start` settles the answer. When the
 * CAS fails, someone else has raised it meanwhile: beyond our limit (nothing left to do) or below
 * our start (try again). A raise that ended inside our part was made by another owner of it. */
static bool arena_needs_zero(atomic_word *zeroed_base, size_t start, size_t limit)
{
    size_t seen = word_load_acquire(zeroed_base);
    bool used_before = start < seen;
    while (seen < limit && !word_cas(zeroed_base, seen, limit)) {
        size_t raised = word_load_acquire(zeroed_base);
        if (raised != seen && raised > start && raised <= limit)
            fatal("pages at arena offset %p were handed out twice", (void *)start);
        seen = raised;
    }
    return used_before;
}

bool alloc_needs_zero(uintptr_t base, size_t npages)
{
    size_t offset = region_offset(base);
    size_t end = offset + npages * page_bytes;
    bool needs_zero = false;
    check(offset < end && end <= region.size);
    while (offset < end) {
        size_t arena = offset / arena_bytes;
        size_t arena_start = arena * arena_bytes;
        size_t part_end = least(end, arena_start + arena_bytes);
        if (arena_needs_zero(&region.zeroed_base[arena], offset - arena_start,
                             part_end - arena_start))
            needs_zero = true;
        offset = part_end;
    }
    return needs_zero;
}

/* ---- Invariant ---- */

bool region_is_valid(void)
{
    return region.size >= smallest_region && region.size % chunk_bytes == 0 &&
           region.base % alignment_for(region.size) == 0 && region.half_offset % chunk_bytes == 0 &&
           region.half_offset > 0 && region.half_offset < region.size &&
           page_spans.start == (char *)region.page_span &&
           page_spans.reserved >= region.size / page_bytes * sizeof(atomic_word) &&
           zeroed_bases.start == (char *)region.zeroed_base &&
           zeroed_bases.reserved >= arenas_in(region.size) * sizeof(atomic_word);
}
