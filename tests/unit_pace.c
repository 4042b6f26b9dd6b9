/* unit_pace.c: when the next cycle is due. */
#include "unit.h"
#include "cycle/pace.h"
#include "heap/heap.h"

enum { live = 100 << 20 };

static const uint64_t second = 1000000000;

/* One second after the last, with a stop of that many thousandths of it. */
static void cycle(size_t alive, unsigned thousandths)
{
    static uint64_t now_ns;
    now_ns += second;
    pace_note_time(now_ns - second / 1000 * thousandths, now_ns, true);
    pace_after_mark(alive, alive, 4096, 1);
}

/* The last one's growth, in percent of what is live. */
static size_t growth_after(unsigned cycles, unsigned thousandths)
{
    for (unsigned i = 0; i < cycles; i++)
        cycle(live, thousandths);
    return (word_load(&heap.goal) - live) / (live / 100);
}

/* Collects nearly always, once in a heap of three times what is live. */
static void reach_three(void)
{
    growth_after(10, 1000);
    cycle(2 * live, 1000);
    word_store(&heap.live, 3 * live);
}

START_TEST(who_hardly_collects_gets_less)
{
    ck_assert_uint_eq(growth_after(1, 1), 100); /* before it, nothing is known */
    ck_assert_uint_eq(growth_after(10, 1), 40);
    size_t middle = growth_after(10, 170);
    ck_assert_uint_ge(middle, 65);
    ck_assert_uint_le(middle, 70);
    ck_assert_uint_ge(growth_after(10, 250), 99);
    ck_assert_uint_eq(growth_after(10, 1000), 100);
}
END_TEST

START_TEST(what_is_asked_for_comes_in_few_cycles)
{
    growth_after(10, 1);
    ck_assert_uint_ge(growth_after(3, 500), 90);
    ck_assert_uint_le(growth_after(3, 10), 50);
    growth_after(10, 250);
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
    reach_three();
    ck_assert_uint_eq(growth_after(1, 1000), 200);
    growth_after(10, 1);
    ck_assert_uint_eq(growth_after(10, 1000), 100);
}
END_TEST

/* Else it would creep upwards by what each cycle comes too late. */
START_TEST(what_was_run_beyond_the_goal_is_not_reached)
{
    reach_three();
    ck_assert_uint_eq(growth_after(1, 1000), 200);
    for (unsigned cycles = 0; cycles < 100; cycles++) {
        word_store(&heap.live, word_load(&heap.goal) / 100 * 101);
        ck_assert_uint_eq(growth_after(1, 1000), 200);
    }
}
END_TEST

/* A program that collects twice in a row wants a small heap, not a large one. */
START_TEST(cycles_that_were_not_due_say_nothing)
{
    growth_after(10, 1);
    for (unsigned cycles = 0; cycles < 10; cycles++) {
        pace_note_time(20 * second + cycles, 20 * second + cycles + 1, false);
        pace_after_mark(live, live, 4096, 1);
    }
    ck_assert_uint_eq(word_load(&heap.goal) - live, live / 100 * 40);
}
END_TEST

/* Each attempt may take seconds: the heap doubles from one to the next. */
START_TEST(postponed_cycles_become_rare)
{
    growth_after(10, 1);
    word_store(&heap.live, 1 << 20);
    for (unsigned times = 0; times < 20; times++) {
        pace_postpone();
        ck_assert_uint_ge(word_load(&heap.goal), word_load(&heap.live) / 10 * 19);
        word_store(&heap.live, word_load(&heap.goal));
    }
}
END_TEST

/* A chain of children that never get to a cycle does not grow from child to child. */
START_TEST(a_child_gets_a_growth_once)
{
    growth_after(10, 1);
    size_t growth = word_load(&heap.goal) - live;
    size_t inherited = live + growth / 2;
    for (unsigned generation = 0; generation < 3; generation++) {
        word_store(&heap.live, inherited + generation * growth / 4);
        pace_in_child();
        ck_assert_uint_eq(word_load(&heap.goal), inherited + growth);
    }
    pace_after_mark(live, live, 4096, 1);
    ck_assert_uint_eq(word_load(&heap.goal), live + growth);
    word_store(&heap.live, inherited);
    pace_in_child();
    ck_assert_uint_eq(word_load(&heap.goal), inherited + growth);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, who_hardly_collects_gets_less);
    tcase_add_test(tests, what_is_asked_for_comes_in_few_cycles);
    tcase_add_test(tests, the_percentage_is_the_most);
    tcase_add_test(tests, who_collects_much_gets_what_was_reached);
    tcase_add_test(tests, what_was_run_beyond_the_goal_is_not_reached);
    tcase_add_test(tests, cycles_that_were_not_due_say_nothing);
    tcase_add_test(tests, postponed_cycles_become_rare);
    tcase_add_test(tests, a_child_gets_a_growth_once);
}

int main(void)
{
    return unit_run("pace", add_tests);
}
