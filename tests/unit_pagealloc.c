/* unit_pagealloc.c: the page allocator against a naive model, its limits, and failing calls. */
#include "unit.h"
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include "memory/pagealloc.h"
#include "platform/os.h"

static const size_t mebibyte = (size_t)1 << 20;

static void set_up(size_t bytes)
{
    ck_assert(region_init_for_test(bytes));
    ck_assert(pagealloc_init());
    ck_assert(pagealloc_is_valid());
}

static size_t page_of(uintptr_t address)
{
    return region_offset(address) / page_bytes;
}

static struct page_run take(size_t npages)
{
    struct page_run run = pages_alloc(HALF_SCAN, npages, 1);
    ck_assert_uint_ne(run.base, 0);
    ck_assert_uint_eq(run.npages, npages);
    ck_assert(pagealloc_is_valid());
    return run;
}

static void give(struct page_run run)
{
    pages_free(run.base, run.npages);
    ck_assert(pagealloc_is_valid());
}

static void write_to(uintptr_t base, size_t npages)
{
    for (size_t i = 0; i < npages; i++)
        *(volatile uint64_t *)(base + i * page_bytes) = 0xbad;
}

static bool reads_as_zero(uintptr_t base, size_t npages)
{
    for (size_t i = 0; i < npages; i++) {
        if (*(volatile uint64_t *)(base + i * page_bytes) != 0)
            return false;
    }
    return true;
}

/* ---- Runs ---- */

START_TEST(runs_come_in_address_order)
{
    set_up(64 * mebibyte);
    struct page_run a = take(3), b = take(5), c = take(1);
    ck_assert_uint_eq(a.base, region.base);
    ck_assert_uint_eq(b.base, a.base + 3 * page_bytes);
    ck_assert_uint_eq(c.base, b.base + 5 * page_bytes);
    give(b);
    ck_assert_uint_eq(take(6).base, c.base + page_bytes); /* does not fit into the hole */
    ck_assert_uint_eq(take(2).base, b.base);
    ck_assert_uint_eq(take(3).base, b.base + 2 * page_bytes);
}
END_TEST

START_TEST(halves_are_apart)
{
    set_up(64 * mebibyte);
    struct page_run scan = pages_alloc(HALF_SCAN, 1, 1), noscan = pages_alloc(HALF_NOSCAN, 1, 1);
    ck_assert_uint_eq(scan.base, region.base);
    ck_assert_uint_eq(noscan.base, region.base + region.half_offset);
    ck_assert_int_eq(pages_half_of(scan.base), HALF_SCAN);
    ck_assert_int_eq(pages_half_of(noscan.base), HALF_NOSCAN);
    ck_assert(!scan.borrowed && !noscan.borrowed);
    ck_assert_uint_eq(pages_limit(HALF_SCAN), region.base + chunk_bytes);
    ck_assert_uint_eq(pages_stats(HALF_NOSCAN).in_use, 1);
}
END_TEST

START_TEST(a_full_half_borrows)
{
    set_up(16 * mebibyte);
    ck_assert(!pages_alloc(HALF_NOSCAN, chunk_pages, 1).borrowed);
    ck_assert(!pages_alloc(HALF_NOSCAN, chunk_pages, 1).borrowed);
    struct page_run run = pages_alloc(HALF_NOSCAN, 1, 1);
    ck_assert(run.borrowed);
    ck_assert_uint_eq(run.base, region.base);
    ck_assert_uint_ne(pages_alloc(HALF_NOSCAN, 2 * chunk_pages - 1, 1).base, 0);
    ck_assert_uint_eq(pages_alloc(HALF_NOSCAN, 1, 1).base, 0);
    ck_assert_uint_eq(pages_alloc(HALF_SCAN, 1, 1).base, 0);
    ck_assert(pagealloc_is_valid());
}
END_TEST

START_TEST(sizes_beyond_the_region_are_refused)
{
    set_up(64 * mebibyte);
    ck_assert_uint_eq(pages_alloc(HALF_SCAN, SIZE_MAX / page_bytes, 1).base, 0);
    ck_assert_uint_eq(pages_alloc(HALF_SCAN, SIZE_MAX, 1).base, 0);
    ck_assert_uint_eq(pages_alloc(HALF_SCAN, 1, (size_t)1 << 60).base, 0);
    ck_assert_uint_eq(pages_alloc(HALF_SCAN, region.size / page_bytes, 1).base, 0);
    ck_assert_uint_eq(pages_stats(HALF_SCAN).in_use, 0);
    ck_assert_uint_ne(pages_alloc(HALF_SCAN, region.half_offset / page_bytes, 1).base, 0);
}
END_TEST

START_TEST(runs_can_be_aligned)
{
    set_up(128 * mebibyte);
    take(1);
    for (size_t alignment = 1; alignment <= 1024; alignment *= 2) {
        struct page_run run = pages_alloc(HALF_SCAN, 3, alignment);
        ck_assert_uint_ne(run.base, 0);
        ck_assert_uint_eq(run.base % (alignment * page_bytes), 0);
        ck_assert(pagealloc_is_valid());
    }
}
END_TEST

START_TEST(a_run_is_extended_in_place)
{
    set_up(64 * mebibyte);
    bool zeroed = false;
    struct page_run a = take(4), b = take(4), c = take(4);
    ck_assert(!pages_extend(a.base, 4, 5, &zeroed));
    write_to(b.base, 4);
    give(b);
    ck_assert(!pages_extend(a.base, 4, 9, &zeroed));
    ck_assert(pages_extend(a.base, 4, 7, &zeroed));
    ck_assert(!zeroed);
    ck_assert_uint_eq(take(1).base, a.base + 7 * page_bytes);
    ck_assert(pages_extend(c.base, 4, 3 * chunk_pages, &zeroed)); /* grows */
    ck_assert(zeroed);
    ck_assert(!pages_extend(c.base, 3 * chunk_pages, 8 * chunk_pages, &zeroed));
    ck_assert(pagealloc_is_valid());
}
END_TEST

/* More than one level-0 entry (2 GiB): runs that begin in one and end in another. Only address
 * space is used. */
START_TEST(runs_span_entries_of_every_level)
{
    set_up((size_t)16 << 30);
    size_t gibibyte = ((size_t)1 << 30) / page_bytes;
    struct page_run a = take(gibibyte + 77), b = take(2 * gibibyte), c = take(gibibyte / 3);
    struct page_run d = take(2 * gibibyte), e = take(1);
    ck_assert_uint_eq(page_of(e.base), 5 * gibibyte + gibibyte / 3 + 77);
    give(b);
    ck_assert_uint_eq(take(2 * gibibyte).base, b.base);
    pages_free(b.base, 2 * gibibyte);
    give(d);
    ck_assert_uint_eq(take(2 * gibibyte + 1).base, e.base + page_bytes);
    give(c);
    ck_assert_uint_eq(take(2 * gibibyte + 1).base, b.base);
    give(a);
    ck_assert_uint_eq(take(1).base, region.base);
}
END_TEST

START_TEST(a_double_free_is_fatal)
{
    set_up(64 * mebibyte);
    struct page_run run = take(5);
    give(run);
    pages_free(run.base + page_bytes, 1);
}
END_TEST

START_TEST(a_foreign_address_is_fatal)
{
    set_up(64 * mebibyte);
    take(5);
    pages_free(region.base + region.size + chunk_bytes, 1);
}
END_TEST

/* ---- Zero or not ---- */

START_TEST(used_pages_are_not_zero_until_scavenged)
{
    set_up(64 * mebibyte);
    struct page_run run = take(600);
    ck_assert(run.zeroed);
    write_to(run.base, 600);
    give(run);
    ck_assert(!take(600).zeroed);
    give(run);
    ck_assert_uint_eq(pages_scavenge(HALF_SCAN, 0, SIZE_MAX), 600);
    ck_assert(pagealloc_is_valid());
    run = take(600);
    ck_assert(run.zeroed);
    ck_assert(reads_as_zero(run.base, 600));
}
END_TEST

START_TEST(the_dirty_part_of_a_run_is_told)
{
    set_up(64 * mebibyte);
    struct page_run low = take(100), middle = take(150), high = take(300);
    ck_assert_uint_eq(high.dirty_pages, 0);
    give(high);
    give(low);
    ck_assert_uint_eq(pages_scavenge(HALF_SCAN, 100, SIZE_MAX), 300);
    give(middle);
    struct page_run run = take(500); /* 250 dirty pages, and clean ones */
    ck_assert_uint_eq(run.base, low.base);
    ck_assert(!run.zeroed);
    ck_assert_uint_eq(run.dirty_base, run.base);
    ck_assert_uint_eq(run.dirty_pages, 250);
    pages_free(run.base + 200 * page_bytes, 2);
    pages_free(run.base + 300 * page_bytes, 1);
    pages_free(run.base + 202 * page_bytes, 98);
    run = take(101);
    ck_assert_uint_eq(run.base, low.base + 200 * page_bytes);
    ck_assert_uint_eq(run.dirty_pages, 101);
}
END_TEST

START_TEST(clean_pages_around_the_dirty_part_are_not_in_it)
{
    set_up(64 * mebibyte);
    struct page_run front = take(70), inner = take(30), back = take(170), end = take(1);
    give(front);
    give(back);
    ck_assert_uint_eq(pages_scavenge(HALF_SCAN, 0, SIZE_MAX), 240);
    give(inner);
    struct page_run run = take(270);
    ck_assert_uint_eq(run.base, front.base);
    ck_assert_uint_eq(run.dirty_base, inner.base);
    ck_assert_uint_eq(run.dirty_pages, 30);
    give(end);
}
END_TEST

START_TEST(warm_runs_come_from_the_other_half_before_growth)
{
    set_up(64 * mebibyte);
    ck_assert_uint_eq(pages_alloc_warm(HALF_NOSCAN, 300, 1).base, 0); /* nothing has grown */
    struct page_run scan = take(600), end = take(1);
    ck_assert_uint_eq(pages_alloc_warm(HALF_NOSCAN, 300, 1).base, 0); /* clean pages only */
    give(scan);
    struct page_run run = pages_alloc_warm(HALF_NOSCAN, 300, 1);
    ck_assert_uint_eq(run.base, scan.base);
    ck_assert(run.borrowed && !run.zeroed);
    ck_assert_uint_eq(run.dirty_pages, 300);
    ck_assert_uint_eq(pages_stats(HALF_NOSCAN).grown, 0);
    give(run);
    ck_assert_uint_ne(pages_alloc(HALF_NOSCAN, 1, 1).base, 0);
    run = pages_alloc_warm(HALF_NOSCAN, 300, 1); /* its own half has grown and needs no more */
    ck_assert(!run.borrowed && run.zeroed);
    give(run);
    ck_assert_uint_eq(pages_scavenge(HALF_SCAN, 0, 400), 400); /* 200 of 600 stay dirty */
    ck_assert_uint_eq(pages_alloc_warm(HALF_NOSCAN, 600, 1).base, 0);
    give(end);
}
END_TEST

START_TEST(scavenging_takes_the_highest_first)
{
    set_up(64 * mebibyte);
    struct page_run low = take(100), middle = take(10), high = take(1000);
    give(low);
    give(high);
    ck_assert_uint_eq(pages_scavenge(HALF_SCAN, 0, 700), 700);
    ck_assert_uint_eq(pages_stats(HALF_SCAN).scavenged, pages_stats(HALF_SCAN).grown - 10 - 400);
    ck_assert(!take(100).zeroed);
    struct page_run lower = take(300), upper = take(700);
    ck_assert_uint_eq(lower.base, high.base);
    ck_assert(!lower.zeroed && upper.zeroed);
    give(middle);
    ck_assert_uint_eq(pages_scavenge(HALF_SCAN, 4, SIZE_MAX), 6);
    ck_assert_uint_eq(pages_scavenge(HALF_SCAN, 4, SIZE_MAX), 0);
    ck_assert(pagealloc_is_valid());
}
END_TEST

START_TEST(what_the_kernel_keeps_is_dirty)
{
    set_up(64 * mebibyte);
    struct page_run run = take(20);
    write_to(run.base, 20);
    give(run);
    os_fail_nth(1);
    ck_assert_uint_eq(pages_scavenge(HALF_SCAN, 0, SIZE_MAX), 0);
    ck_assert_uint_eq(os_fail_nth(0), 0);
    ck_assert(pagealloc_is_valid());
    ck_assert(!take(20).zeroed);
    give(run);
    ck_assert_uint_eq(pages_scavenge(HALF_SCAN, 0, SIZE_MAX), 20);
}
END_TEST

START_TEST(locked_pages_are_dirty)
{
    set_up(64 * mebibyte);
    struct page_run run = take(20);
    write_to(run.base, 20);
    if (mlock((void *)(run.base + 5 * page_bytes), page_bytes) != 0)
        return;
    give(run);
    pages_scavenge(HALF_SCAN, 0, SIZE_MAX);
    ck_assert(pagealloc_is_valid());
    run = take(20);
    ck_assert(!run.zeroed);
    ck_assert(!reads_as_zero(run.base, 20));
}
END_TEST

/* ---- Windows ---- */

START_TEST(a_window_holds_what_was_free)
{
    set_up(64 * mebibyte);
    uint64_t owned, scavenged;
    struct page_run a = take(10), b = take(10), c = take(30);
    write_to(b.base, 10);
    give(b);
    uintptr_t window = pages_take_window(HALF_SCAN, &owned, &scavenged);
    ck_assert_uint_eq(window, a.base);
    ck_assert_uint_eq(owned, ((uint64_t)0x3ff << 10) | ~(((uint64_t)1 << 50) - 1));
    ck_assert_uint_eq(scavenged, ~(((uint64_t)1 << 50) - 1));
    ck_assert_uint_eq(pages_stats(HALF_SCAN).in_use, 64);
    ck_assert_uint_eq(take(1).base, window + 64 * page_bytes);
    pages_return_window(window, owned, scavenged);
    ck_assert(pagealloc_is_valid());
    ck_assert_uint_eq(pages_stats(HALF_SCAN).in_use, 41);
    ck_assert(!take(10).zeroed);
    ck_assert_uint_eq(take(1).base, c.base + 30 * page_bytes);
}
END_TEST

/* ---- Against a model: an array with a byte a page ---- */

enum { model_bytes = 64 << 20, model_pages = model_bytes / 2 / page_bytes, steps = 6000 };
enum page_state { NOT_GROWN, FREE_CLEAN, FREE_DIRTY, IN_USE };

static unsigned char model[model_pages];
static size_t model_grown;

static struct page_run held[model_pages];
static size_t held_count;

static bool model_is_free(size_t page, size_t npages)
{
    for (size_t i = page; i < page + npages; i++) {
        if (i >= model_pages || model[i] == IN_USE || model[i] == NOT_GROWN)
            return false;
    }
    return true;
}

static void model_grow(size_t pages)
{
    pages = (pages + chunk_pages - 1) / chunk_pages * chunk_pages;
    for (; model_grown < pages; model_grown++)
        model[model_grown] = FREE_CLEAN;
}

/* Where first fit puts a run; model_pages: nowhere. */
static size_t model_find(size_t npages)
{
    for (size_t page = 0; page + npages <= model_grown; page++) {
        if (model_is_free(page, npages))
            return page;
    }
    size_t end = model_grown;
    while (end > 0 && model[end - 1] != IN_USE)
        end--;
    if (end + npages > model_pages)
        return model_pages;
    model_grow(end + npages);
    return end;
}

static bool model_take(size_t page, size_t npages)
{
    bool clean = true;
    for (size_t i = page; i < page + npages; i++) {
        clean = clean && model[i] == FREE_CLEAN;
        model[i] = IN_USE;
    }
    return clean;
}

static void hold(struct page_run run)
{
    uintptr_t dirty_limit = run.dirty_base + run.dirty_pages * page_bytes;
    ck_assert(run.zeroed == (run.dirty_pages == 0));
    ck_assert(reads_as_zero(run.base, (run.dirty_base - run.base) / page_bytes));
    ck_assert(reads_as_zero(dirty_limit, run.npages - (dirty_limit - run.base) / page_bytes));
    write_to(run.base, run.npages);
    held[held_count++] = run;
}

static size_t random_size(uint64_t *seed)
{
    static const size_t most[] = {1, 8, 64, 300, 1100};
    return 1 + unit_random(seed) % most[unit_random(seed) % 5];
}

static void step_alloc(uint64_t *seed)
{
    size_t npages = random_size(seed);
    size_t alignment = unit_random(seed) % 4 ? 1 : (size_t)1 << unit_random(seed) % 8;
    size_t grown = model_grown;
    size_t page = model_find(npages + alignment - 1);
    if (page == model_pages) { /* would borrow: not a matter of this model */
        model_grown = grown;
        return;
    }
    struct page_run run = pages_alloc(HALF_SCAN, npages, alignment);
    page += -(region.base / page_bytes + page) % alignment;
    ck_assert_uint_eq(page_of(run.base), page);
    ck_assert(!run.borrowed);
    ck_assert(run.zeroed == model_take(page, npages));
    hold(run);
}

/* Frees a run, or a part of it. */
static void step_free(uint64_t *seed)
{
    if (held_count == 0)
        return;
    size_t i = unit_random(seed) % held_count;
    struct page_run *run = &held[i];
    size_t n = unit_random(seed) % 3 ? run->npages : 1 + unit_random(seed) % run->npages;
    run->npages -= n;
    uintptr_t base = run->base + run->npages * page_bytes;
    if (run->npages == 0)
        *run = held[--held_count];
    pages_free(base, n);
    for (size_t page = page_of(base); n > 0; page++, n--)
        model[page] = FREE_DIRTY;
}

static void step_extend(uint64_t *seed)
{
    if (held_count == 0)
        return;
    struct page_run *run = &held[unit_random(seed) % held_count];
    size_t wanted = run->npages + random_size(seed), from = page_of(run->base) + run->npages;
    size_t more = wanted - run->npages, inside = from + more;
    bool zeroed = false;
    if (inside > model_grown && inside <= model_pages && model_is_free(from, model_grown - from))
        model_grow(inside);
    bool possible = model_is_free(from, more);
    ck_assert(pages_extend(run->base, run->npages, wanted, &zeroed) == possible);
    if (!possible)
        return;
    ck_assert(zeroed == model_take(from, more));
    write_to(run->base + run->npages * page_bytes, more);
    run->npages = wanted;
}

static void step_scavenge(uint64_t *seed)
{
    size_t dirty = 0, released = 0, keep = unit_random(seed) % 200, limit = random_size(seed);
    for (size_t page = 0; page < model_grown; page++)
        dirty += model[page] == FREE_DIRTY;
    for (size_t page = model_grown; page-- > 0 && dirty > keep && released < limit;) {
        if (model[page] == FREE_DIRTY) {
            model[page] = FREE_CLEAN;
            dirty--;
            released++;
        }
    }
    ck_assert_uint_eq(pages_scavenge(HALF_SCAN, keep, limit), released);
}

/* Takes a window, keeps one run of one page, returns the rest. */
static void step_window(uint64_t *seed)
{
    uint64_t owned, scavenged;
    size_t grown = model_grown;
    size_t page = model_find(1);
    if (page == model_pages) {
        model_grown = grown;
        return;
    }
    uintptr_t window = pages_take_window(HALF_SCAN, &owned, &scavenged);
    ck_assert_uint_eq(page_of(window), page / 64 * 64);
    ck_assert(unit_random(seed) % 2 || pagealloc_is_valid());
    for (size_t i = 0; i < 64; i++) {
        unsigned char state = model[page_of(window) + i];
        ck_assert((owned >> i & 1) == (state != IN_USE));
        ck_assert((scavenged >> i & 1) == (state == FREE_CLEAN));
    }
    uint64_t mine = (uint64_t)1 << page % 64;
    bool clean = model_take(page, 1);
    uintptr_t base = window + page % 64 * page_bytes;
    hold((struct page_run){base, 1, clean, false, base, !clean});
    pages_read_as_zero(base, 1, clean);
    pages_return_window(window, owned & ~mine, scavenged & ~mine);
}

static void compare(void)
{
    size_t in_use = 0, clean = 0;
    for (size_t page = 0; page < model_grown; page++) {
        in_use += model[page] == IN_USE;
        clean += model[page] == FREE_CLEAN;
    }
    struct page_stats stats = pages_stats(HALF_SCAN);
    ck_assert_uint_eq(stats.grown, model_grown);
    ck_assert_uint_eq(stats.in_use, in_use);
    ck_assert_uint_eq(stats.scavenged, clean);
    ck_assert(pagealloc_is_valid());
}

/* Times of growing and of shrinking take turns. */
START_TEST(a_random_life_follows_the_model)
{
    uint64_t seed = 4711 + (uint64_t)_i;
    set_up(model_bytes);
    for (int i = 0; i < steps; i++) {
        bool growing = i / 500 % 2 == 0;
        unsigned kind = unit_random(&seed) % 20;
        if (kind < (growing ? 11u : 5u))
            step_alloc(&seed);
        else if (kind < 16)
            step_free(&seed);
        else if (kind < 18)
            step_extend(&seed);
        else if (kind < 19)
            step_scavenge(&seed);
        else
            step_window(&seed);
        compare();
    }
}
END_TEST

/* ---- Failing calls ---- */

static bool use_all_ways(void)
{
    uint64_t owned, scavenged;
    bool zeroed, all = true;
    struct page_run a = pages_alloc(HALF_SCAN, 3, 1);
    struct page_run b = pages_alloc(HALF_NOSCAN, 2 * chunk_pages, 1);
    all &= a.base != 0 && b.base != 0 && !a.borrowed && !b.borrowed;
    if (a.base)
        all &= pages_extend(a.base, 3, 2 * chunk_pages, &zeroed);
    uintptr_t window = pages_take_window(HALF_NOSCAN, &owned, &scavenged);
    all &= window != 0;
    if (window)
        pages_return_window(window, owned, scavenged);
    if (b.base) {
        pages_free(b.base, b.npages);
        all &= pages_scavenge(pages_half_of(b.base), 0, SIZE_MAX) == b.npages;
    }
    return all;
}

START_TEST(every_failing_call_leaves_a_valid_state)
{
    unsigned long n = 0, left;
    do {
        ck_assert(region_init_for_test(64 * mebibyte));
        ck_assert(pagealloc_init());
        os_fail_nth(++n);
        bool all = use_all_ways();
        left = os_fail_nth(0);
        ck_assert(all || left == 0); /* some failures are made good by borrowing */
        ck_assert(pagealloc_is_valid());
        ck_assert(use_all_ways()); /* nothing is lost for good */
        ck_assert(pagealloc_is_valid());
    } while (left == 0);
    ck_assert_uint_gt(n, 20);
}
END_TEST

START_TEST(init_may_fail_and_be_tried_again)
{
    unsigned long n = 0;
    ck_assert(region_init_for_test(64 * mebibyte));
    for (;;) {
        os_fail_nth(++n);
        bool done = pagealloc_init();
        if (os_fail_nth(0) > 0)
            break;
        ck_assert(!done);
    }
    ck_assert_uint_gt(n, 5);
    ck_assert(pagealloc_is_valid());
    take(1);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, runs_come_in_address_order);
    tcase_add_test(tests, halves_are_apart);
    tcase_add_test(tests, a_full_half_borrows);
    tcase_add_test(tests, sizes_beyond_the_region_are_refused);
    tcase_add_test(tests, runs_can_be_aligned);
    tcase_add_test(tests, a_run_is_extended_in_place);
    tcase_add_test(tests, runs_span_entries_of_every_level);
    tcase_add_test_raise_signal(tests, a_double_free_is_fatal, SIGABRT);
    tcase_add_test_raise_signal(tests, a_foreign_address_is_fatal, SIGABRT);
    tcase_add_test(tests, used_pages_are_not_zero_until_scavenged);
    tcase_add_test(tests, the_dirty_part_of_a_run_is_told);
    tcase_add_test(tests, clean_pages_around_the_dirty_part_are_not_in_it);
    tcase_add_test(tests, warm_runs_come_from_the_other_half_before_growth);
    tcase_add_test(tests, scavenging_takes_the_highest_first);
    tcase_add_test(tests, what_the_kernel_keeps_is_dirty);
    if (!unit_under_tools())
        tcase_add_test(tests, locked_pages_are_dirty);
    tcase_add_test(tests, a_window_holds_what_was_free);
    tcase_add_loop_test(tests, a_random_life_follows_the_model, 0, 4);
    tcase_add_test(tests, every_failing_call_leaves_a_valid_state);
    tcase_add_test(tests, init_may_fail_and_be_tried_again);
}

int main(void)
{
    return unit_run("pagealloc", add_tests);
}
