/* unit_pace.c: when the next cycle is due. */
#include "unit.h"
#include "cycle/pace.h"
#include "heap/heap.h"

enum { live = 100 << 20 };

static const uint64_t second = 1000000000;

/* Cycles one second apart, each with a stop of that many thousandths of it; the last one's growth
 * in percent of what is live. */
static size_t growth_after(unsigned cycles, unsigned thousandths)
{
    static uint64_t now_ns;
    for (unsigned i = 0; i < cycles; i++) {
        now_ns += second;
        pace_note_time(now_ns - second / 1000 * thousandths, now_ns);
        pace_after_mark(live, live, 4096, 1);
    }
    return (word_load(&heap.goal) - live) / (live / 100);
}

/* One more, before which the heap has grown to that size. */
static size_t growth_after_reaching(size_t bytes)
{
    word_store(&heap.live, bytes);
    return growth_after(1, 1000);
}

START_TEST(who_hardly_collects_gets_less)
{
    ck_assert_uint_eq(growth_after(1, 1), 100); /* before it, nothing is known */
    ck_assert_uint_eq(growth_after(10, 1), 40);
    size_t middle = growth_after(10, 280);
    ck_assert_uint_ge(middle, 65);
    ck_assert_uint_le(middle, 70);
    ck_assert_uint_ge(growth_after(10, 400), 99);
    ck_assert_uint_eq(growth_after(10, 1000), 100);
}
END_TEST

START_TEST(what_is_asked_for_comes_in_few_cycles)
{
    growth_after(10, 1);
    ck_assert_uint_ge(growth_after(3, 500), 90);
    ck_assert_uint_le(growth_after(3, 10), 50);
    growth_after(10, 400);
    ck_assert_uint_ge(growth_after(1, 1), 49); /* one alone does not decide */
}
END_TEST

START_TEST(the_percentage_is_the_most)
{
    pace_set_percent(50);
    ck_assert_uint_eq(growth_after(10, 900), 50);
    ck_assert_uint_eq(growth_after(10, 1), 20);
}
END_TEST

/* Its heap gets as large as it was, but not larger; what it was before it collected little does not
 * count. */
START_TEST(who_collects_much_gets_what_was_reached)
{
    growth_after(10, 1000);
    ck_assert_uint_eq(growth_after_reaching(live / 100 * 220), 220 - 100);
    ck_assert_uint_ge(growth_after_reaching(live / 100 * 400), 200);
    growth_after(10, 1);
    growth_after(10, 1000);
    ck_assert_uint_eq(growth_after(1, 1000), 100);
}
END_TEST

/* Each attempt may take seconds: the heap doubles from one to the next. */
START_TEST(postponed_cycles_become_rare)
{
    word_store(&heap.live, 1 << 20);
    for (unsigned times = 0; times < 20; times++) {
        pace_postpone();
        ck_assert_uint_ge(word_load(&heap.goal), word_load(&heap.live) / 2 * 3);
        word_store(&heap.live, word_load(&heap.goal));
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, who_hardly_collects_gets_less);
    tcase_add_test(tests, what_is_asked_for_comes_in_few_cycles);
    tcase_add_test(tests, the_percentage_is_the_most);
    tcase_add_test(tests, who_collects_much_gets_what_was_reached);
    tcase_add_test(tests, postponed_cycles_become_rare);
}

int main(void)
{
    return unit_run("pace", add_tests);
}
