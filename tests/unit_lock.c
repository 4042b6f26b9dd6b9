/* unit_lock.c: mutual exclusion, and in builds with checks the order of ranks. */
#include "unit.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "platform/biasedlock.h"
#include "platform/os.h"

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

/* ---- Biased locks ---- */

enum { nap_ns = 20 * 1000 * 1000 };

static struct biased_lock biased = BIASED_LOCK_INITIALIZER(RANK_SPECIAL);
static atomic_word holding; /* the other thread has the lock */

/* This thread becomes the owner. */
static void own(void)
{
    os_fence_prepare();
    biased_lock_acquire(&biased);
    biased_lock_release(&biased);
    ck_assert(biased_lock_is_mine(&biased) || word_load(&biased.common) != 0);
}

static void *biased_adder(void *unused)
{
    for (int i = 0; i < additions; i++) {
        biased_lock_acquire(&biased);
        long before = total;
        if (i % 100 == 0)
            sched_yield();
        total = before + 1;
        biased_lock_release(&biased);
    }
    return unused;
}

START_TEST(the_owner_and_others_take_turns)
{
    pthread_t other;
    own();
    ck_assert_int_eq(pthread_create(&other, NULL, biased_adder, NULL), 0);
    biased_adder(NULL);
    ck_assert_int_eq(pthread_join(other, NULL), 0);
    unit_threads(adders, biased_adder);
    ck_assert_int_eq(total, (adders + 2) * additions);
}
END_TEST

static void *hold_for_a_while(void *unused)
{
    biased_lock_acquire(&biased);
    word_store_release(&holding, 1);
    os_nap(nap_ns);
    word_store(&holding, 0);
    biased_lock_release(&biased);
    return unused;
}

START_TEST(others_wait_for_the_owner)
{
    pthread_t other;
    own();
    biased_lock_acquire(&biased);
    ck_assert_int_eq(pthread_create(&other, NULL, hold_for_a_while, NULL), 0);
    while (word_load(&biased.common) == 0)
        sched_yield();
    os_nap(nap_ns);
    ck_assert_uint_eq(word_load_acquire(&holding), 0);
    biased_lock_release(&biased);
    ck_assert_int_eq(pthread_join(other, NULL), 0);
}
END_TEST

START_TEST(the_owner_waits_for_others)
{
    pthread_t other;
    own();
    ck_assert_int_eq(pthread_create(&other, NULL, hold_for_a_while, NULL), 0);
    while (word_load_acquire(&holding) == 0)
        sched_yield();
    biased_lock_acquire(&biased);
    ck_assert_uint_eq(word_load_acquire(&holding), 0);
    biased_lock_release(&biased);
    ck_assert_int_eq(pthread_join(other, NULL), 0);
}
END_TEST

START_TEST(a_child_finds_the_biased_lock_free)
{
    own();
    biased_lock_acquire(&biased);
    pid_t child = fork();
    if (child == 0) {
        pthread_t other;
        biased_lock_reset_after_fork(&biased);
        alarm(10);
        if (pthread_create(&other, NULL, hold_for_a_while, NULL) == 0)
            pthread_join(other, NULL);
        biased_lock_acquire(&biased);
        _exit(0);
    }
    int status = -1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    biased_lock_release(&biased);
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

START_TEST(the_owner_taking_twice_is_fatal)
{
    own();
    biased_lock_acquire(&biased);
    biased_lock_acquire(&biased);
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
    tcase_add_test(tests, the_owner_and_others_take_turns);
    tcase_add_test(tests, others_wait_for_the_owner);
    tcase_add_test(tests, the_owner_waits_for_others);
    tcase_add_test(tests, a_child_finds_the_biased_lock_free);
    if (!checks_enabled)
        return;
    tcase_add_test_raise_signal(tests, a_violation_is_fatal, SIGABRT);
    tcase_add_test_raise_signal(tests, one_rank_in_the_wrong_order_is_fatal, SIGABRT);
    tcase_add_test_raise_signal(tests, taking_twice_is_fatal, SIGABRT);
    tcase_add_test_raise_signal(tests, the_owner_taking_twice_is_fatal, SIGABRT);
    tcase_add_test_raise_signal(tests, releasing_what_is_not_held_is_fatal, SIGABRT);
    tcase_add_test_raise_signal(tests, who_can_be_stopped_takes_no_lock_of_the_heap, SIGABRT);
    tcase_add_test_raise_signal(tests, missing_locks_are_noticed, SIGABRT);
}

int main(void)
{
    return unit_run("lock", add_tests);
}
