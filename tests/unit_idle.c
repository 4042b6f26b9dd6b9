/* unit_idle.c: when a sleeping program is collected. */
#include "unit.h"
#include "cycle/idle.h"

static const uint64_t second = 1000000000;
static const uint64_t millisecond = 1000000;

static struct idle_look at(uint64_t now_ns, uint64_t program_ns)
{
    return (struct idle_look){now_ns, program_ns};
}

START_TEST(who_computes_is_not_idle)
{
    struct idle_watch w = {.last = at(100 * second, 30 * second)};
    ck_assert(!idle_since_last_look(&w, at(101 * second, 31 * second)));
    ck_assert(!idle_since_last_look(&w, at(102 * second, 31 * second + 60 * millisecond)));
    ck_assert(idle_since_last_look(&w, at(103 * second, 31 * second + 80 * millisecond)));
    ck_assert(idle_since_last_look(&w, at(104 * second, 31 * second + 80 * millisecond)));
}
END_TEST

START_TEST(the_first_collection_comes_at_once)
{
    struct idle_watch w = {.last = at(100 * second, 30 * second)};
    ck_assert(idle_wants_collection(&w, at(101 * second, 30 * second)));
}
END_TEST

START_TEST(who_has_not_run_has_dropped_nothing)
{
    struct idle_watch w = {.last = at(0, 0)};
    idle_has_collected(&w, at(10 * second, second), 10 * second, true);
    ck_assert(!idle_wants_collection(&w, at(1000 * second, second)));
    ck_assert(!idle_wants_collection(&w, at(1000 * second, second + 1000)));
    ck_assert(idle_wants_collection(&w, at(1000 * second, second + millisecond)));
}
END_TEST

START_TEST(a_rest_lasts_a_second_or_four_lengths)
{
    struct idle_watch w = {.last = at(0, 0)};
    idle_has_collected(&w, at(10 * second, second), 10 * second - millisecond, true);
    ck_assert(!idle_wants_collection(&w, at(11 * second - 1, 2 * second)));
    ck_assert(idle_wants_collection(&w, at(11 * second, 2 * second)));
    idle_has_collected(&w, at(12 * second, 2 * second), 11 * second, true);
    ck_assert(!idle_wants_collection(&w, at(16 * second - 1, 3 * second)));
    ck_assert(idle_wants_collection(&w, at(16 * second, 3 * second)));
}
END_TEST

START_TEST(rests_double_where_nothing_is_found)
{
    struct idle_watch w = {.last = at(0, 0)};
    uint64_t now = 10 * second;
    for (int i = 0; i < 20; i++)
        idle_has_collected(&w, at(now, (uint64_t)i * second), now - millisecond, false);
    ck_assert(!idle_wants_collection(&w, at(now + 119 * second, 100 * second)));
    ck_assert(idle_wants_collection(&w, at(now + 120 * second, 100 * second)));

    idle_is_over(&w);
    ck_assert(!idle_wants_collection(&w, at(now + second - 1, 100 * second)));
    ck_assert(idle_wants_collection(&w, at(now + second, 100 * second)));

    for (int i = 0; i < 3; i++)
        idle_has_collected(&w, at(now, 100 * second), now, false);
    ck_assert(!idle_wants_collection(&w, at(now + 7 * second, 200 * second)));
    idle_has_collected(&w, at(now, 100 * second), now, true);
    ck_assert(idle_wants_collection(&w, at(now + second, 200 * second)));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, who_computes_is_not_idle);
    tcase_add_test(tests, the_first_collection_comes_at_once);
    tcase_add_test(tests, who_has_not_run_has_dropped_nothing);
    tcase_add_test(tests, a_rest_lasts_a_second_or_four_lengths);
    tcase_add_test(tests, rests_double_where_nothing_is_found);
}

int main(void)
{
    return unit_run("idle", add_tests);
}
