/* unit_pagecache.c: page caches alone, and threads that use theirs while pages are scavenged. */
#include "unit.h"
#include <stdbool.h>
#include "memory/pagecache.h"
#include "platform/os.h"

static const size_t mebibyte = (size_t)1 << 20;

static void set_up(size_t bytes)
{
    ck_assert(region_init_for_test(bytes));
    ck_assert(pagealloc_init());
}

static size_t in_use(void)
{
    return pages_stats(HALF_SCAN).in_use;
}

static bool is_covered(struct page_run run)
{
    size_t last = region_offset(run.base) + run.npages * page_bytes - 1;
    return word_load(&region.zeroed_base[last / arena_bytes]) > last % arena_bytes;
}

/* ---- Alone ---- */

START_TEST(a_window_is_used_in_order)
{
    set_up(64 * mebibyte);
    struct page_cache cache = {0, 0, 0};
    for (size_t i = 0; i < 64; i++) {
        struct page_run run = pagecache_alloc(&cache, HALF_SCAN, 1);
        ck_assert_uint_eq(run.base, region.base + i * page_bytes);
        ck_assert(run.zeroed && !run.borrowed);
        ck_assert(is_covered(run));
        ck_assert_uint_eq(in_use(), 64);
        ck_assert(pagecache_is_valid(&cache));
    }
    ck_assert_uint_eq(pagecache_alloc(&cache, HALF_SCAN, 1).base, region.base + 64 * page_bytes);
    ck_assert_uint_eq(in_use(), 128);
    ck_assert(pagealloc_is_valid());
}
END_TEST

START_TEST(runs_of_every_length)
{
    set_up(64 * mebibyte);
    for (size_t npages = 1; npages <= pagecache_max_run; npages++) {
        struct page_cache cache = {0, 0, 0};
        uintptr_t expected = pagecache_alloc(&cache, HALF_SCAN, npages).base;
        size_t in_window = 64 / npages;
        for (size_t i = 1; i < in_window; i++) {
            expected += npages * page_bytes;
            ck_assert_uint_eq(pagecache_alloc(&cache, HALF_SCAN, npages).base, expected);
        }
        ck_assert_uint_eq(in_use(), 64);
        pagecache_flush(&cache);
        ck_assert_uint_eq(in_use(), in_window * npages);
        pages_free(expected - (in_window - 1) * npages * page_bytes, in_window * npages);
        ck_assert_uint_eq(in_use(), 0);
        ck_assert(pagealloc_is_valid());
    }
}
END_TEST

START_TEST(what_does_not_fit_comes_from_the_allocator)
{
    set_up(64 * mebibyte);
    struct page_cache cache = {0, 0, 0};
    for (int i = 0; i < 4; i++)
        pagecache_alloc(&cache, HALF_SCAN, 15); /* four pages are left */
    struct page_run run = pagecache_alloc(&cache, HALF_SCAN, 5);
    ck_assert_uint_eq(run.base, region.base + 64 * page_bytes);
    run = pagecache_alloc(&cache, HALF_SCAN, 4);
    ck_assert_uint_eq(run.base, region.base + 60 * page_bytes);
    ck_assert_uint_eq(cache.owned, 0);
}
END_TEST

START_TEST(flushed_pages_keep_their_zeroes)
{
    set_up(64 * mebibyte);
    struct page_cache cache = {0, 0, 0};
    struct page_run run = pagecache_alloc(&cache, HALF_SCAN, 2);
    *(uint64_t *)run.base = 1;
    pagecache_flush(&cache);
    pages_free(run.base, 2);
    ck_assert(!pagecache_alloc(&cache, HALF_SCAN, 1).zeroed);
    ck_assert(!pagecache_alloc(&cache, HALF_SCAN, 2).zeroed); /* one dirty, one clean */
    ck_assert(pagecache_alloc(&cache, HALF_SCAN, 1).zeroed);
    pagecache_flush(&cache);
    pagecache_flush(&cache); /* empty: nothing happens */
    ck_assert(pagealloc_is_valid());
}
END_TEST

START_TEST(scavenged_pages_are_zero_below_zeroed_base)
{
    set_up(64 * mebibyte);
    struct page_cache cache = {0, 0, 0};
    struct page_run run = pages_alloc(HALF_SCAN, 64, 1);
    *(uint64_t *)run.base = 1;
    pages_free(run.base, 64);
    ck_assert_uint_eq(pages_scavenge(HALF_SCAN, 0, SIZE_MAX), 64);
    run = pagecache_alloc(&cache, HALF_SCAN, 4);
    ck_assert(run.zeroed);
    ck_assert_uint_eq(*(uint64_t *)run.base, 0);
}
END_TEST

START_TEST(every_failing_call_leaves_a_valid_state)
{
    unsigned long n = 0, left;
    do {
        struct page_cache cache = {0, 0, 0};
        set_up(64 * mebibyte);
        os_fail_nth(++n);
        struct page_run run = pagecache_alloc(&cache, HALF_SCAN, 3);
        left = os_fail_nth(0);
        ck_assert(run.base != 0); /* from the other half, if need be */
        ck_assert(run.borrowed == (left == 0));
        ck_assert(pagecache_is_valid(&cache) && pagealloc_is_valid());
        pagecache_flush(&cache);
        ck_assert(pagealloc_is_valid());
    } while (left == 0);
    ck_assert_uint_gt(n, 3);
}
END_TEST

START_TEST(a_full_region_gives_nothing)
{
    set_up(8 * mebibyte);
    struct page_cache cache = {0, 0, 0};
    size_t taken = 0;
    while (pagecache_alloc(&cache, HALF_SCAN, 7).base)
        taken += 7;
    while (pagecache_alloc(&cache, HALF_SCAN, 1).base)
        taken++;
    ck_assert_uint_eq(taken, 2 * chunk_pages);
    ck_assert(pagecache_is_valid(&cache) && pagealloc_is_valid());
}
END_TEST

/* ---- Threads ----
 *
 * owner[] says which thread holds a page; a page that is handed out must have none. What is said
 * to be zero must be zero, and zeroed_base must cover it. One thread scavenges, and one looks at
 * the invariant now and then.
 */
enum { users = 4, most_held = 256, steps = 20000, stress_bytes = 64 << 20 };

static atomic_word owner[stress_bytes / page_bytes];
static atomic_word users_left;

static void change_owner(struct page_run run, uintptr_t from, uintptr_t to)
{
    size_t page = region_offset(run.base) / page_bytes;
    for (size_t i = 0; i < run.npages; i++) {
        if (!word_cas(&owner[page + i], from, to))
            abort();
    }
}

static void accept(struct page_run run, uintptr_t me)
{
    change_owner(run, 0, me);
    if (!is_covered(run))
        abort();
    for (size_t i = 0; i < run.npages; i++) {
        volatile uint64_t *word = (uint64_t *)(run.base + i * page_bytes);
        if (run.zeroed && *word != 0)
            abort();
        *word = me;
    }
}

static void give_up(struct page_run run, uintptr_t me)
{
    for (size_t i = 0; i < run.npages; i++) {
        if (*(uint64_t *)(run.base + i * page_bytes) != me)
            abort();
    }
    change_owner(run, me, 0);
    pages_free(run.base, run.npages);
}

static void *user(void *number)
{
    uintptr_t me = 1 + (uintptr_t) * (int *)number;
    uint64_t seed = me * 7919;
    struct page_cache caches[half_count] = {{0, 0, 0}, {0, 0, 0}};
    struct page_run held[most_held];
    size_t count = 0;
    for (int i = 0; i < steps; i++) {
        enum page_half half = unit_random(&seed) % half_count;
        if (count < most_held && unit_random(&seed) % 9 < 5) {
            size_t most = unit_random(&seed) % 4 ? 4 : pagecache_max_run;
            held[count] = pagecache_alloc(&caches[half], half, 1 + unit_random(&seed) % most);
            if (held[count].base)
                accept(held[count++], me);
        } else if (count > 0) {
            size_t victim = unit_random(&seed) % count;
            give_up(held[victim], me);
            held[victim] = held[--count];
        }
        if (unit_random(&seed) % 200 == 0)
            pagecache_flush(&caches[half]);
    }
    while (count > 0)
        give_up(held[--count], me);
    for (int half = 0; half < half_count; half++)
        pagecache_flush(&caches[half]);
    word_sub(&users_left, 1);
    return NULL;
}

static void *scavenger(void *unused)
{
    for (size_t i = 0; word_load_acquire(&users_left) > 0; i++) {
        pages_scavenge(i % half_count, 100, 300);
        if (i % 64 == 0 && !pagealloc_is_valid())
            abort();
    }
    return unused;
}

static void *user_or_scavenger(void *number)
{
    return *(int *)number < users ? user(number) : scavenger(NULL);
}

START_TEST(threads_never_share_a_page)
{
    set_up(stress_bytes);
    word_store(&users_left, users);
    unit_threads(users + 1, user_or_scavenger);
    ck_assert(pagealloc_is_valid());
    ck_assert_uint_eq(pages_stats(HALF_SCAN).in_use, 0);
    ck_assert_uint_eq(pages_stats(HALF_NOSCAN).in_use, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_window_is_used_in_order);
    tcase_add_test(tests, runs_of_every_length);
    tcase_add_test(tests, what_does_not_fit_comes_from_the_allocator);
    tcase_add_test(tests, flushed_pages_keep_their_zeroes);
    tcase_add_test(tests, scavenged_pages_are_zero_below_zeroed_base);
    tcase_add_test(tests, every_failing_call_leaves_a_valid_state);
    tcase_add_test(tests, a_full_region_gives_nothing);
    tcase_add_test(tests, threads_never_share_a_page);
}

int main(void)
{
    return unit_run("pagecache", add_tests);
}
