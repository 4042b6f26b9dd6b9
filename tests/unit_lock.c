/* unit_lock.c: mutual exclusion, and in builds with checks the order of ranks. */
#include "unit.h"
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "platform/lock.h"

static struct lock outer = LOCK_INITIALIZER(RANK_CENTRAL);
static struct lock same_rank[2] = {LOCK_INITIALIZER(RANK_PAGES), LOCK_INITIALIZER(RANK_PAGES)};
static struct lock inner = LOCK_INITIALIZER(RANK_LEAF);

/* ---- Any build ---- */

enum { adders = 4, additions = 50000 };

static long total; /* lock: inner */

static void *adder(void *unused)
{
    for (int i = 0; i < additions; i++) {
        lock_acquire(&inner);
        long before = total;
        if (i % 100 == 0)
            sched_yield(); /* for others to come, and to fall asleep */
        total = before + 1;
        lock_release(&inner);
    }
    return unused;
}

START_TEST(one_thread_at_a_time)
{
    unit_threads(adders, adder);
    ck_assert_int_eq(total, adders * additions);
}
END_TEST

static void *try_in_vain(void *unused)
{
    ck_assert(!lock_try_acquire(&inner));
    return unused;
}

START_TEST(trying_does_not_wait)
{
    ck_assert(lock_try_acquire(&inner));
    unit_threads(1, try_in_vain);
    lock_release(&inner);
    ck_assert(lock_try_acquire(&inner));
    lock_release(&inner);
}
END_TEST

START_TEST(order_of_ranks_is_accepted)
{
    lock_acquire(&outer);
    lock_acquire(&same_rank[0]);
    lock_acquire(&same_rank[1]);
    lock_acquire(&inner);
    lock_check_held(&outer);
    lock_check_held(&inner);
    lock_release(&same_rank[0]); /* in any order */
    lock_release(&inner);
    lock_release(&outer);
    lock_check_held(&same_rank[1]);
    lock_release(&same_rank[1]);
    lock_acquire(&outer); /* nothing is left over */
    lock_release(&outer);
}
END_TEST

START_TEST(a_child_finds_the_lock_free)
{
    lock_acquire(&outer);
    lock_acquire(&inner);
    pid_t child = fork();
    if (child == 0) {
        lock_reset_after_fork(&inner);
        lock_reset_after_fork(&outer);
        lock_acquire(&outer);
        lock_acquire(&inner);
        _exit(0);
    }
    int status = -1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    lock_release(&inner);
    lock_release(&outer);
}
END_TEST

/* ---- Builds with checks ---- */

START_TEST(a_violation_is_fatal)
{
    lock_acquire(&inner);
    lock_acquire(&outer);
}
END_TEST

START_TEST(one_rank_in_the_wrong_order_is_fatal)
{
    lock_acquire(&same_rank[1]);
    lock_acquire(&same_rank[0]);
}
END_TEST

START_TEST(taking_twice_is_fatal)
{
    lock_acquire(&inner);
    lock_acquire(&inner);
}
END_TEST

START_TEST(releasing_what_is_not_held_is_fatal)
{
    lock_release(&inner);
}
END_TEST

static bool yes(void)
{
    return true;
}

static struct lock of_helper = LOCK_INITIALIZER(RANK_HELPER);

START_TEST(who_can_be_stopped_takes_no_lock_of_the_heap)
{
    lock_caller_can_be_stopped = yes;
    lock_acquire(&of_helper); /* who holds it cannot be stopped */
    lock_acquire(&outer);
    lock_release(&outer);
    lock_release(&of_helper);
    lock_acquire(&outer);
}
END_TEST

START_TEST(missing_locks_are_noticed)
{
    lock_acquire(&outer);
    lock_check_held(&inner);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, one_thread_at_a_time);
    tcase_add_test(tests, trying_does_not_wait);
    tcase_add_test(tests, order_of_ranks_is_accepted);
    tcase_add_test(tests, a_child_finds_the_lock_free);
    if (!checks_enabled)
        return;
    tcase_add_test_raise_signal(tests, a_violation_is_fatal, SIGABRT);
    tcase_add_test_raise_signal(tests, one_rank_in_the_wrong_order_is_fatal, SIGABRT);
    tcase_add_test_raise_signal(tests, taking_twice_is_fatal, SIGABRT);
    tcase_add_test_raise_signal(tests, releasing_what_is_not_held_is_fatal, SIGABRT);
    tcase_add_test_raise_signal(tests, who_can_be_stopped_takes_no_lock_of_the_heap, SIGABRT);
    tcase_add_test_raise_signal(tests, missing_locks_are_noticed, SIGABRT);
}

int main(void)
{
    return unit_run("lock", add_tests);
}
