/* stress_stop.c: the stop protocol, with all that may come between.
 *
 * Eight workers make steps: inside busy sections, around blocking regions, in signal handlers that
 * interrupt either; short-lived threads come and go; one thread forks. Each worker has a witness
 *
 *     first == second     whenever the worker is not busy
 *     steps               does not change while the world stands still
 *
 * which the main thread checks in every stop, and each forked child in its copy of the memory.
 * Not under ThreadSanitizer, which delivers a signal only when its thread calls libc.
 *
 * Check's own lock might be held by a stopped thread: in stops and in threads, check() is used.
 */
#include "unit.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "heap/heap.h"
#include "platform/check.h"
#include "threads/thread.h"

enum { workers = 8, stops = 2000 };

struct witness {
    atomic_word first, second, steps;
    atomic_word thread; /* pthread_t; 0: gone */
};

static struct witness witnesses[workers];
static __thread struct witness *mine;
static atomic_word enough;
static atomic_word forks_done, threads_done, interrupts_done;

static void nap(long nanoseconds)
{
    nanosleep(&(struct timespec){0, nanoseconds}, NULL);
}

static void idle(unsigned rounds)
{
    for (volatile unsigned i = 0; i < rounds; i++)
        continue;
}

/* ---- Workers ---- */

/* False: this thread is in the allocator already (a handler interrupted it). */
static bool step(struct witness *w, unsigned rounds)
{
    struct thread *t = thread_self;
    if (!busy_enter(t))
        return false;
    word_add(&w->steps, 1);
    word_store(&w->first, word_load(&w->first) + 1);
    idle(rounds);
    word_store(&w->second, word_load(&w->second) + 1);
    busy_leave(t);
    return true;
}

static void on_interrupt(int signal_number)
{
    int saved_errno = errno;
    (void)signal_number;
    if (mine && thread_self && step(mine, 20))
        word_add(&interrupts_done, 1);
    errno = saved_errno;
}

static void *step_once(void *argument)
{
    step(argument, 10);
    return argument;
}

static void *sleep_a_little(void *argument)
{
    nap(20000);
    return argument;
}

static void *sleep_and_step(void *argument)
{
    idle(200);
    check(active_call(step_once, argument) == argument);
    return sleep_a_little(argument);
}

static void take_steps(struct witness *w, uint64_t *random)
{
    switch (unit_random(random) % 16) {
    case 0:
        check(blocking_call(sleep_a_little, w) == w);
        break;
    case 1:
        check(blocking_call(sleep_and_step, w) == w);
        break;
    case 2:
        sched_yield();
        break;
    default:
        for (int i = 0; i < 8; i++)
            step(w, unit_random(random) % 400);
    }
    word_add(&w->steps, 1);
}

static void *work(void *argument)
{
    mine = argument;
    uint64_t random = 88172645463325252u + (uintptr_t)argument;
    word_store(&mine->thread, pthread_self());
    while (!word_load(&enough))
        take_steps(mine, &random);
    word_store(&mine->thread, 0);
    mine = NULL;
    return NULL;
}

/* ---- Those who disturb them ---- */

static void *live_shortly(void *argument)
{
    struct witness own = {0};
    for (int i = 0; i < 20; i++)
        step(&own, 50);
    check(own.first == own.second);
    return argument;
}

static void *spawn(void *argument)
{
    while (!word_load(&enough)) {
        pthread_t handles[4];
        for (int i = 0; i < 4; i++)
            check(thread_create(&handles[i], NULL, live_shortly, NULL) == 0);
        for (int i = 0; i < 4; i++)
            pthread_join(handles[i], NULL);
        word_add(&threads_done, 4);
    }
    return argument;
}

static bool witnesses_are_consistent(void)
{
    for (int i = 0; i < workers; i++)
        if (word_load(&witnesses[i].first) != word_load(&witnesses[i].second))
            return false;
    return true;
}

/* In the child: one thread, consistent witnesses, and the protocols still work. */
static int judge_as_child(void)
{
    struct stop_report report;
    if (threads_count() != 1 || !threads_are_valid())
        return 2;
    if (!witnesses_are_consistent())
        return 3;
    if (!world_stop(&report) || report.signalled != 0)
        return 4;
    world_start();
    return busy_enter(thread_self) ? 0 : 5;
}

static void *fork_often(void *argument)
{
    while (!word_load(&enough)) {
        int status;
        pid_t child = fork();
        if (child == 0)
            _exit(judge_as_child());
        check(child > 0 && waitpid(child, &status, 0) == child);
        check(status == 0);
        word_add(&forks_done, 1);
        nap(500000);
    }
    return argument;
}

static void interrupt_one(uint64_t which)
{
    pthread_t handle = word_load(&witnesses[which % workers].thread);
    if (handle)
        pthread_kill(handle, SIGUSR1);
}

static void *interrupt(void *argument)
{
    uint64_t random = 1234567;
    while (!word_load(&enough)) {
        interrupt_one(unit_random(&random));
        nap(30000);
    }
    return argument;
}

/* ---- The stopper ---- */

/* Looks at everybody twice, and sends a signal in between, whose handler must wait. Returns what is
 * wrong, or NULL. */
static const char *inspect(unsigned rounds)
{
    uintptr_t seen[workers];
    for (int i = 0; i < workers; i++)
        seen[i] = word_load(&witnesses[i].steps);
    if (!witnesses_are_consistent())
        return "a thread was stopped in the allocator";
    interrupt_one(rounds);
    idle(rounds);
    sched_yield();
    for (int i = 0; i < workers; i++)
        if (word_load(&witnesses[i].steps) != seen[i])
            return "a thread moved while the world stood still";
    return threads_are_valid() ? NULL : "the registry is not valid";
}

static void stop_and_inspect(uint64_t *random)
{
    struct stop_report report;
    const char *wrong = "a thread did not stop";
    if (world_stop(&report)) {
        wrong = inspect(unit_random(random) % 2000);
        world_start();
    }
    ck_assert_msg(wrong == NULL, "%s", wrong);
}

/* A fork takes the cycle lock through the hooks, as a stop does. */
static pthread_mutex_t cycle_lock = PTHREAD_MUTEX_INITIALIZER;

static void lock_cycle(void)
{
    pthread_mutex_lock(&cycle_lock);
}

static void unlock_cycle(void)
{
    pthread_mutex_unlock(&cycle_lock);
}

static void unlock_cycle_in_child(bool torn)
{
    check(!torn);
    unlock_cycle();
}

static void begin(void)
{
    static const struct fork_hooks hooks = {lock_cycle, unlock_cycle, unlock_cycle_in_child};
    ck_assert(heap_init());
    ck_assert(threads_init());
    fork_handlers_install(&hooks);
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
}

START_TEST(stopped_threads_are_consistent_and_do_not_move)
{
    void *(*const disturbers[])(void *) = {spawn, fork_often, interrupt};
    enum { disturber_count = sizeof disturbers / sizeof *disturbers };
    pthread_t handles[workers + disturber_count];
    uint64_t random = 42;
    begin();
    for (int i = 0; i < workers; i++)
        ck_assert_int_eq(thread_create(&handles[i], NULL, work, &witnesses[i]), 0);
    for (int i = 0; i < disturber_count; i++)
        ck_assert_int_eq(thread_create(&handles[workers + i], NULL, disturbers[i], NULL), 0);
    for (int i = 0; i < stops; i++) {
        lock_cycle();
        stop_and_inspect(&random);
        unlock_cycle();
        nap((long)(unit_random(&random) % 200000));
    }
    word_store(&enough, 1);
    for (int i = 0; i < workers + disturber_count; i++)
        pthread_join(handles[i], NULL);
    ck_assert_uint_eq(threads_count(), 1);
    ck_assert_uint_gt(word_load(&forks_done), 10);
    ck_assert_uint_gt(word_load(&threads_done), 10);
    ck_assert_uint_gt(word_load(&interrupts_done), 10);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, stopped_threads_are_consistent_and_do_not_move);
}

int main(void)
{
    extern void __tsan_init(void) __attribute__((weak));
    enum { skipped = 77 };
    if (__tsan_init)
        return skipped;
    return unit_run("stress_stop", add_tests);
}
