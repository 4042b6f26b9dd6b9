/* unit_region.c: the reservation and alloc_needs_zero, alone and across arena borders by threads.
 */
#include "unit.h"
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "memory/region.h"
#include "platform/os.h"

enum { test_arenas = 4 };

static const size_t mebibyte = (size_t)1 << 20;

static uintptr_t page_at(size_t page)
{
    return region.base + page * page_bytes;
}

static size_t zeroed_pages(size_t arena)
{
    return word_load(&region.zeroed_base[arena]) / page_bytes;
}

/* A region of a few arenas, all of it committed. */
static void set_up(void)
{
    ck_assert(region_init_for_test(test_arenas * (size_t)arena_bytes));
    ck_assert(region_is_valid());
    for (size_t offset = 0; offset < region.size; offset += chunk_bytes)
        ck_assert(region_commit_chunk(offset));
}

/* ---- The reservation ---- */

START_TEST(the_region_is_large_and_looks_like_nothing_else)
{
    ck_assert(region_init());
    ck_assert(region_is_valid());
    ck_assert_uint_eq(region.base % arena_bytes, 0);
    ck_assert(region_contains(region.base) && region_contains(region.base + region.size - 1));
    ck_assert(!region_contains(region.base - 1) && !region_contains(region.base + region.size));
    if (!os_address_hints_forbidden()) {
        ck_assert_uint_ge(region.size, (size_t)1 << 40);
        ck_assert_uint_ge(region.base >> 40, 0x10);
        ck_assert_uint_lt(region.base >> 40, 0x1b);
        ck_assert_uint_ge(region.base >> 32 & 0xff, 0x80);
        ck_assert_uint_ge(region.base & 0xffffffff, 0x80000000);
    }
}
END_TEST

START_TEST(chunks_are_committed_with_their_descriptors)
{
    ck_assert(region_init());
    size_t offset = region.half_offset;
    ck_assert(region_commit_chunk(offset));
    ck_assert(region_commit_chunk(offset)); /* twice is the same */
    char *chunk = (char *)region.base + offset;
    ck_assert(chunk[0] == 0 && chunk[chunk_bytes - 1] == 0);
    chunk[0] = chunk[chunk_bytes - 1] = 1;
    ck_assert_ptr_null(region_span(offset));
    ck_assert_ptr_null(region_span(offset + chunk_bytes - 1));
}
END_TEST

START_TEST(small_regions_work)
{
    for (size_t bytes = 2 * chunk_bytes; bytes <= 2 * (size_t)arena_bytes;
         bytes += 2 * chunk_bytes) {
        ck_assert(region_init_for_test(bytes));
        ck_assert(region_is_valid());
        ck_assert(region_commit_chunk(0) && region_commit_chunk(region.half_offset));
        ck_assert(!alloc_needs_zero(region.base + region.half_offset, 1));
        ck_assert_uint_eq(region.size, bytes);
    }
}
END_TEST

/* The address space that is left to the program must be at least what the region took. */
static void init_under_limit(size_t kibibytes)
{
    struct rlimit limit = {kibibytes * 1024, kibibytes * 1024};
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    size_t before = os_address_space_left();
    ck_assert(region_init());
    ck_assert(region_is_valid());
    ck_assert_uint_le(region.size, before / 2);
    ck_assert_uint_ge(region.size, before / 4);
    ck_assert(region_commit_chunk(0));
    void *of_the_program = malloc(200 * mebibyte);
    ck_assert_ptr_nonnull(of_the_program);
    free(of_the_program);
}

START_TEST(an_address_space_limit_is_shared)
{
    static const size_t limits[] = {600000, 1100000, 2000000};
    init_under_limit(limits[_i]);
}
END_TEST

START_TEST(a_small_limit_is_met_by_a_small_region)
{
    size_t room = (size_t)(_i + 1) * 20 * mebibyte;
    size_t used = ((size_t)1 << 46) - 1;
    struct rlimit limit = {used, used};
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    used -= os_address_space_left();
    limit.rlim_cur = limit.rlim_max = used + room;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    ck_assert(region_init());
    ck_assert(region_is_valid());
    ck_assert_uint_le(region.size, room / 2 > 8 * mebibyte ? room / 2 : 8 * mebibyte);
}
END_TEST

START_TEST(future_mappings_locked)
{
    if (mlockall(MCL_FUTURE) != 0)
        return;
    ck_assert(region_init());
    ck_assert(region_commit_chunk(0));
    ck_assert_uint_lt(os_resident_now(), 256 * mebibyte);
}
END_TEST

/* Reserving: heap, two arrays. Where one fails, half the size is tried. */
START_TEST(init_survives_one_failing_call)
{
    unsigned long n = 0;
    do {
        os_fail_nth(++n);
        ck_assert(region_init());
        ck_assert(region_is_valid());
    } while (os_fail_nth(0) == 0);
    ck_assert_uint_gt(n, 3);
}
END_TEST

START_TEST(a_chunk_that_failed_can_be_tried_again)
{
    ck_assert(region_init());
    unsigned long n = 0;
    for (;;) {
        os_fail_nth(++n);
        bool committed = region_commit_chunk(0);
        if (os_fail_nth(0) > 0)
            break;
        ck_assert(!committed);
        ck_assert(region_commit_chunk(0));
    }
    ck_assert_uint_gt(n, 3);
}
END_TEST

/* ---- alloc_needs_zero, one caller ---- */

START_TEST(fresh_pages_need_no_zeroing)
{
    set_up();
    ck_assert(!alloc_needs_zero(page_at(0), 3));
    ck_assert_uint_eq(zeroed_pages(0), 3);
    ck_assert(alloc_needs_zero(page_at(0), 3));
    ck_assert(alloc_needs_zero(page_at(2), 1));
    ck_assert_uint_eq(zeroed_pages(0), 3);
}
END_TEST

START_TEST(a_partly_used_run_needs_zeroing)
{
    set_up();
    ck_assert(!alloc_needs_zero(page_at(0), 3));
    ck_assert(alloc_needs_zero(page_at(2), 4));
    ck_assert_uint_eq(zeroed_pages(0), 6);
    ck_assert(!alloc_needs_zero(page_at(6), 1));
}
END_TEST

/* A neighbour below has not published yet: what lies above is fresh all the same. */
START_TEST(a_gap_below_is_legal)
{
    set_up();
    ck_assert(!alloc_needs_zero(page_at(10), 5));
    ck_assert_uint_eq(zeroed_pages(0), 15);
    ck_assert(alloc_needs_zero(page_at(3), 7)); /* late, and so not precise */
    ck_assert_uint_eq(zeroed_pages(0), 15);
}
END_TEST

START_TEST(a_run_raises_every_arena_it_spans)
{
    set_up();
    ck_assert(!alloc_needs_zero(page_at(arena_pages - 2), 2 * arena_pages + 5));
    ck_assert_uint_eq(zeroed_pages(0), arena_pages);
    ck_assert_uint_eq(zeroed_pages(1), arena_pages);
    ck_assert_uint_eq(zeroed_pages(2), arena_pages);
    ck_assert_uint_eq(zeroed_pages(3), 3);
    ck_assert(!alloc_needs_zero(page_at(3 * arena_pages + 3), 1));
}
END_TEST

START_TEST(one_used_page_in_the_last_arena_is_seen)
{
    set_up();
    ck_assert(!alloc_needs_zero(page_at(2 * arena_pages), 1));
    ck_assert(alloc_needs_zero(page_at(arena_pages - 1), arena_pages + 2));
    ck_assert_uint_eq(zeroed_pages(2), 1);
}
END_TEST

START_TEST(a_run_outside_the_region_is_fatal)
{
    set_up();
    alloc_needs_zero(page_at(test_arenas * arena_pages - 1), 2);
}
END_TEST

/* ---- alloc_needs_zero, many callers ----
 *
 * Fresh runs come from a cursor, used ones from a table that each thread has for itself. A run that
 * is said to be zero must be zero; zeroed_base must never be below the end of a run after its
 * owner's call; and since the cursor wastes nothing, it covers all arenas in the end.
 */
enum { claimers = 4, most_runs = 4096, longest_run = 24 };

struct run {
    size_t page;
    size_t npages;
};

static atomic_word cursor;

static bool reads_as_zero(struct run run)
{
    for (size_t i = 0; i < run.npages; i++) {
        if (*(volatile uint64_t *)page_at(run.page + i) != 0)
            return false;
    }
    return true;
}

static void write_to(struct run run)
{
    for (size_t i = 0; i < run.npages; i++)
        *(volatile uint64_t *)page_at(run.page + i) = 0xd1d1;
}

static bool is_covered(struct run run)
{
    size_t last = run.page + run.npages - 1;
    return zeroed_pages(last / arena_pages) > last % arena_pages;
}

/* False: the region is used up. */
static bool claim_fresh(struct run *run, uint64_t *seed)
{
    size_t npages = 1 + unit_random(seed) % longest_run;
    size_t page = word_add(&cursor, npages);
    if (page + npages > test_arenas * arena_pages)
        return false;
    *run = (struct run){page, npages};
    return true;
}

static void use(struct run run)
{
    bool needs_zero = alloc_needs_zero(page_at(run.page), run.npages);
    if (!needs_zero && !reads_as_zero(run))
        abort();
    if (!is_covered(run))
        abort();
    write_to(run);
}

static void *claimer(void *number)
{
    uint64_t seed = 1234567 + (uint64_t) * (int *)number;
    static _Thread_local struct run runs[most_runs];
    size_t count = 0;
    struct run run;
    while (claim_fresh(&run, &seed)) {
        use(run);
        runs[count++ % most_runs] = run;
        if (unit_random(&seed) % 4 == 0)
            use(runs[unit_random(&seed) % (count < most_runs ? count : most_runs)]);
    }
    return NULL;
}

START_TEST(threads_claim_runs_across_arenas)
{
    set_up();
    unit_threads(claimers, claimer);
    for (size_t arena = 0; arena + 1 < test_arenas; arena++)
        ck_assert_uint_eq(zeroed_pages(arena), arena_pages);
    ck_assert_uint_gt(zeroed_pages(test_arenas - 1), arena_pages - (claimers + 1) * longest_run);
}
END_TEST

/* Without memory: nothing but the protocol, so that the threads meet as often as they can. */
static atomic_word lost_raises;

static void *raiser(void *number)
{
    uint64_t seed = 99 + (uint64_t) * (int *)number;
    struct run run;
    while (claim_fresh(&run, &seed)) {
        alloc_needs_zero(page_at(run.page), run.npages);
        if (!is_covered(run))
            word_add(&lost_raises, 1);
    }
    return NULL;
}

START_TEST(no_raise_is_lost)
{
    set_up();
    for (int round = 0; round < 40; round++) {
        word_store(&cursor, 0);
        for (size_t arena = 0; arena < test_arenas; arena++)
            word_store(&region.zeroed_base[arena], 0);
        unit_threads(claimers, raiser);
        ck_assert_uint_eq(word_load(&lost_raises), 0);
    }
}
END_TEST

/* Two threads go through the region in step, so that their calls meet at every page. */
static atomic_word arrived;

static void start_over(void)
{
    word_store(&arrived, 0);
    for (size_t arena = 0; arena < test_arenas; arena++)
        word_store(&region.zeroed_base[arena], 0);
}

/* A delay that differs from step to step evens out who hears last that both have arrived. */
static void meet(size_t step, uint64_t *seed)
{
    word_add(&arrived, 1);
    for (unsigned spins = 1; word_load_acquire(&arrived) < 2 * (step + 1); spins++) {
        if (spins % 4096 == 0)
            sched_yield();
    }
    for (volatile uint64_t delay = unit_random(seed) % 64; delay > 0; delay--)
        ;
}

/* Neighbours: whoever raises second must not lose, nor undo, the other's raise. */
static void *neighbour(void *number)
{
    int me = *(int *)number;
    uint64_t seed = 31 + (uint64_t)me;
    size_t step = 0;
    for (size_t page = (size_t)me; page < test_arenas * arena_pages; page += 2) {
        meet(step++, &seed);
        alloc_needs_zero(page_at(page), 1);
        meet(step++, &seed); /* a raise can be undone only until both are back */
        if (!is_covered((struct run){page, 1}))
            word_add(&lost_raises, 1);
    }
    return NULL;
}

START_TEST(neighbours_keep_their_raises)
{
    set_up();
    for (int round = 0; round < 4; round++) {
        start_over();
        unit_threads(2, neighbour);
        ck_assert_uint_eq(word_load(&lost_raises), 0);
    }
}
END_TEST

/* Two owners of the same page: one of them meets the other's raise inside its own run. */
static void *double_owner(void *number)
{
    int me = *(int *)number;
    uint64_t seed = 13 + (uint64_t)me;
    for (size_t page = 0; page < test_arenas * arena_pages; page++) {
        meet(page, &seed);
        alloc_needs_zero(page_at(page), 1);
    }
    return NULL;
}

START_TEST(two_owners_are_fatal)
{
    set_up();
    for (int round = 0; round < 100; round++) {
        start_over();
        unit_threads(2, double_owner);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, the_region_is_large_and_looks_like_nothing_else);
    tcase_add_test(tests, chunks_are_committed_with_their_descriptors);
    tcase_add_test(tests, small_regions_work);
    if (!unit_under_tools()) {
        tcase_add_loop_test(tests, an_address_space_limit_is_shared, 0, 3);
        tcase_add_loop_test(tests, a_small_limit_is_met_by_a_small_region, 0, 12);
        tcase_add_test(tests, future_mappings_locked);
    }
    tcase_add_test(tests, init_survives_one_failing_call);
    tcase_add_test(tests, a_chunk_that_failed_can_be_tried_again);
    tcase_add_test(tests, fresh_pages_need_no_zeroing);
    tcase_add_test(tests, a_partly_used_run_needs_zeroing);
    tcase_add_test(tests, a_gap_below_is_legal);
    tcase_add_test(tests, a_run_raises_every_arena_it_spans);
    tcase_add_test(tests, one_used_page_in_the_last_arena_is_seen);
    tcase_add_test_raise_signal(tests, a_run_outside_the_region_is_fatal, SIGABRT);
    tcase_add_test(tests, threads_claim_runs_across_arenas);
    tcase_add_test(tests, no_raise_is_lost);
    tcase_add_test(tests, neighbours_keep_their_raises);
    tcase_add_test_raise_signal(tests, two_owners_are_fatal, SIGABRT);
}

int main(void)
{
    return unit_run("region", add_tests);
}
