/* unit_ownedlock.c: mutual exclusion and no sleeper forgotten, with handlers that take the lock and
 * handlers that jump out of it. */
#include "unit.h"
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>
#include <sys/wait.h>
#include "threads/ownedlock.h"

static struct owned_lock lock = {.place = {.rank = RANK_CYCLE}};

/* lock; the same as long as nobody is inside twice */
static volatile long entered;
static volatile long left;

static void be_inside(void)
{
    ck_assert_int_eq(entered, left);
    entered++;
    left++;
}

START_TEST(the_owner_is_known)
{
    ck_assert(!owned_lock_is_taken(&lock) && !owned_lock_is_mine(&lock));
    owned_lock_take(&lock);
    ck_assert(owned_lock_is_taken(&lock) && owned_lock_is_mine(&lock));
    ck_assert(!owned_lock_try(&lock));
    owned_lock_release(&lock);
    ck_assert(!owned_lock_is_taken(&lock));
    ck_assert(owned_lock_try(&lock));
    ck_assert(owned_lock_is_mine(&lock));
    owned_lock_release(&lock);
}
END_TEST

static void *look_from_outside(void *unused)
{
    ck_assert(owned_lock_is_taken(&lock) && !owned_lock_is_mine(&lock));
    ck_assert(!owned_lock_try(&lock));
    return unused;
}

START_TEST(others_do_not_own_it)
{
    owned_lock_take(&lock);
    unit_threads(2, look_from_outside);
    owned_lock_release(&lock);
}
END_TEST

/* Somebody is asleep in the parent, nobody in the child. */
static void *take_once(void *unused)
{
    owned_lock_take(&lock);
    be_inside();
    owned_lock_release(&lock);
    return unused;
}

START_TEST(a_child_owns_what_its_parent_did)
{
    pthread_t waiter;
    int status = -1;
    owned_lock_take(&lock);
    ck_assert_int_eq(pthread_create(&waiter, NULL, take_once, NULL), 0);
    while (!(word_load(&lock.owner) & owner_is_awaited))
        usleep(100);
    pid_t child = fork();
    if (child == 0) {
        bool is_mine = owned_lock_is_mine(&lock);
        owned_lock_release(&lock);
        _exit(is_mine && owned_lock_try(&lock) ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    owned_lock_release(&lock);
    pthread_join(waiter, NULL);
}
END_TEST

/* ---- A storm of signals, whose handlers take the lock ---- */

enum { takers = 4, signals = 60000, rounds_a_look = 64 };

static atomic_word storm_is_over;

/* In the storm threads sleep now and then with the lock, so that others do, too. */
static void take_often(void)
{
    for (int i = 0; i < rounds_a_look; i++) {
        owned_lock_take(&lock);
        be_inside();
        if (i == 0)
            sched_yield();
        owned_lock_release(&lock);
    }
}

static void *take_until_over(void *unused)
{
    while (word_load(&storm_is_over) == 0)
        take_often();
    return unused;
}

static void take_in_handler(int signal_number)
{
    (void)signal_number;
    if (owned_lock_is_mine(&lock))
        return;
    owned_lock_take(&lock);
    be_inside();
    owned_lock_release(&lock);
}

static void storm(void)
{
    struct sigaction action = {.sa_handler = take_in_handler, .sa_flags = SA_RESTART};
    pthread_t threads[takers];
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < takers; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_until_over, NULL), 0);
    for (int i = 0; i < signals; i++) {
        pthread_kill(threads[i % takers], SIGUSR1);
        if (i % 16 == 0)
            usleep(1);
    }
    word_store(&storm_is_over, 1);
    for (int i = 0; i < takers; i++)
        pthread_join(threads[i], NULL);
    ck_assert(!owned_lock_is_taken(&lock));
}

START_TEST(handlers_take_it_wherever_they_interrupt)
{
    storm();
}
END_TEST

/* ---- Handlers that jump out of waiting ---- */

enum { jump_rounds = 300, asleep_us = 500 };

static __thread volatile bool may_jump;
static __thread sigjmp_buf before_the_lock;

static void jump_out(int signal_number)
{
    (void)signal_number;
    if (!may_jump || owned_lock_is_mine(&lock))
        return;
    may_jump = false;
    siglongjmp(before_the_lock, 1);
}

static void *take_or_be_thrown_out(void *unused)
{
    if (sigsetjmp(before_the_lock, 1) != 0)
        return unused;
    may_jump = true;
    owned_lock_take(&lock);
    may_jump = false;
    be_inside();
    owned_lock_release(&lock);
    return unused;
}

/* The first sleeper is woken and at once gets a signal; the second counts on it. */
START_TEST(who_is_woken_and_jumps_out_leaves_nobody_asleep)
{
    struct sigaction action = {.sa_handler = jump_out};
    pthread_t sleepers[2];
    sigaction(SIGUSR1, &action, NULL);
    for (int round = 0; round < jump_rounds; round++) {
        owned_lock_take(&lock);
        for (int i = 0; i < 2; i++) {
            ck_assert_int_eq(pthread_create(&sleepers[i], NULL, take_or_be_thrown_out, NULL), 0);
            usleep(asleep_us);
        }
        owned_lock_release(&lock);
        pthread_kill(sleepers[0], SIGUSR1);
        for (int i = 0; i < 2; i++)
            pthread_join(sleepers[i], NULL);
        ck_assert(!owned_lock_is_taken(&lock));
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_owner_is_known);
    tcase_add_test(tests, others_do_not_own_it);
    tcase_add_test(tests, a_child_owns_what_its_parent_did);
    tcase_add_test(tests, handlers_take_it_wherever_they_interrupt);
    tcase_add_test(tests, who_is_woken_and_jumps_out_leaves_nobody_asleep);
}

int main(void)
{
    return unit_run("ownedlock", add_tests);
}
