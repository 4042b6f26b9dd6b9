/* excluded.c: GC_call_with_alloc_lock from everywhere at once: threads, their signal handlers
 * wherever they interrupt, and forks, while others collect. Nobody waits for itself, and no two
 * threads are inside. And how others allocate meanwhile.
 *
 * Linked to the shared library, so that libc's calls are taken over as in a program.
 */
#define _GNU_SOURCE 1
#include "unit.h"
#include <assert.h>
#include <link.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "gc.h"
#include "platform/atomics.h"

enum { threads_count = 3, signals_count = 12000, forks_count = 12, calls_a_look = 200 };

static atomic_word over;
static atomic_word inside;  /* the thread that is inside; 0: none */
static atomic_word handled; /* signals */

/* A handler that interrupts the allocator goes on without the lock where it is not free: no
 * collection can stop the thread then. */
static __thread volatile bool allocates;
static __thread char self;

/* ---- Inside ---- */

static void *be_inside(void *argument)
{
    uintptr_t before = word_load(&inside);
    assert(before == 0 || before == (uintptr_t)&self);
    word_store(&inside, (uintptr_t)&self);
    if (argument != NULL)
        GC_call_with_alloc_lock(be_inside, NULL);
    assert(word_load(&inside) == (uintptr_t)&self);
    word_store(&inside, before);
    return argument;
}

/* The heap grows; a collection does not happen. */
static void *allocate_inside(void *cycles)
{
    GC_word before = GC_get_gc_no();
    allocates = true;
    assert(GC_malloc(200) != NULL);
    GC_gcollect();
    allocates = false;
    assert(GC_get_gc_no() == before);
    return be_inside(cycles);
}

static void call_often(void)
{
    for (int i = 0; i < calls_a_look; i++)
        assert(GC_call_with_alloc_lock(be_inside, i % 8 == 0 ? &self : NULL) ==
               (i % 8 ? NULL : &self));
    assert(GC_call_with_alloc_lock(allocate_inside, &self) == &self);
}

/* ---- The disturbance ---- */

static void *same(void *argument)
{
    return argument;
}

static void do_all_in_handler(int signal_number)
{
    (void)signal_number;
    static __thread unsigned number;
    GC_word *object = GC_malloc(64);
    assert(object != NULL);
    object[0] = (GC_word)object;
    if (++number % 16 == 0)
        GC_gcollect();
    if (allocates)
        assert(GC_call_with_alloc_lock(same, object) == object);
    else
        GC_call_with_alloc_lock(be_inside, NULL);
    assert(object[0] == (GC_word)object);
    word_add(&handled, 1);
}

static void handle(int signal_number)
{
    struct sigaction action = {.sa_handler = do_all_in_handler, .sa_flags = SA_RESTART};
    sigaddset(&action.sa_mask, SIGUSR1);
    sigaddset(&action.sa_mask, SIGALRM);
    sigaction(signal_number, &action, NULL);
}

static void *work(void *unused)
{
    while (word_load(&over) == 0) {
        call_often();
        allocates = true;
        assert(GC_malloc(32) != NULL);
        allocates = false;
    }
    return unused;
}

static void block_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void *collect(void *unused)
{
    block_signals();
    while (word_load(&over) == 0) {
        GC_gcollect();
        usleep(1000);
    }
    return unused;
}

static void in_child(void)
{
    GC_word before = GC_get_gc_no();
    call_often();
    GC_gcollect();
    _exit(GC_get_gc_no() == before + 1 ? 0 : 1);
}

static void *fork_inside(void *child)
{
    *(pid_t *)child = fork();
    return child;
}

static void fork_once(bool from_inside)
{
    pid_t child = -1;
    int status = -1;
    allocates = true; /* fork takes locks of the allocator's */
    if (from_inside)
        GC_call_with_alloc_lock(fork_inside, &child);
    else
        child = fork();
    allocates = false;
    if (child == 0)
        in_child();
    ck_assert_int_ge(child, 0);
    while (waitpid(child, &status, 0) != child)
        continue;
    ck_assert_int_eq(status, 0);
}

static void storm(pthread_t *threads)
{
    for (int i = 0; i < signals_count; i++) {
        pthread_kill(threads[i % threads_count], SIGUSR1);
        if (i % 8 == 0)
            usleep(1);
        if (i % (signals_count / forks_count) == 0)
            fork_once(i % (2 * signals_count / forks_count) == 0);
    }
}

START_TEST(anybody_may_exclude_collections_anywhere)
{
    pthread_t threads[threads_count];
    pthread_t collector;
    struct itimerval millisecond = {{0, 1000}, {0, 1000}};
    struct itimerval off = {{0, 0}, {0, 0}};
    GC_INIT();
    handle(SIGUSR1);
    handle(SIGALRM);
    for (int i = 0; i < threads_count; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, NULL), 0);
    ck_assert_int_eq(pthread_create(&collector, NULL, collect, NULL), 0);
    setitimer(ITIMER_REAL, &millisecond, NULL);
    storm(threads);
    setitimer(ITIMER_REAL, &off, NULL);
    word_store(&over, 1);
    for (int i = 0; i < threads_count; i++)
        pthread_join(threads[i], NULL);
    pthread_join(collector, NULL);
    ck_assert_uint_ge(word_load(&handled), threads_count);
}
END_TEST

/* ---- Handlers that collect while their thread forks ---- */

enum { interrupted_forks = 150 };

static void collect_in_handler(int signal_number)
{
    GC_gcollect();
    (void)signal_number;
}

/* A fork waits for this thread to be done, and then the signal comes. */
static void *interrupt_and_collect(void *forking)
{
    block_signals();
    while (word_load(&over) == 0) {
        pthread_kill(*(pthread_t *)forking, SIGUSR1);
        GC_gcollect();
    }
    return NULL;
}

START_TEST(a_handler_may_collect_anywhere_in_a_fork)
{
    pthread_t forking = pthread_self();
    pthread_t interrupters[2];
    struct sigaction action = {.sa_handler = collect_in_handler, .sa_flags = SA_RESTART};
    GC_INIT();
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&interrupters[i], NULL, interrupt_and_collect, &forking),
                         0);
    for (int i = 0; i < interrupted_forks; i++)
        fork_once(false);
    word_store(&over, 1);
    for (int i = 0; i < 2; i++)
        pthread_join(interrupters[i], NULL);
}
END_TEST

/* The same, each time: the fork has to wait for a program's look at the loaded objects. */
static sem_t looking;

static int look_long(struct dl_phdr_info *info, size_t size, void *forking)
{
    (void)info, (void)size;
    sem_post(&looking);
    usleep(100000); /* until the fork waits for this */
    pthread_kill(*(pthread_t *)forking, SIGUSR1);
    usleep(100000);
    return 1;
}

static void *look_at_objects(void *forking)
{
    dl_iterate_phdr(look_long, forking);
    return NULL;
}

START_TEST(a_handler_may_collect_while_a_fork_waits)
{
    pthread_t forking = pthread_self();
    pthread_t thread;
    struct sigaction action = {.sa_handler = collect_in_handler, .sa_flags = SA_RESTART};
    GC_INIT();
    sigaction(SIGUSR1, &action, NULL);
    sem_init(&looking, 0, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, look_at_objects, &forking), 0);
    while (sem_wait(&looking) != 0)
        continue;
    fork_once(false);
    pthread_join(thread, NULL);
}
END_TEST

/* ---- Who allocates while nobody can collect ---- */

enum { object_bytes = 64, many_objects = 16 << 14, fewest_naps = 500 };

static sem_t entered, may_leave;

/* How often the calling thread has gone to sleep meanwhile. */
static long naps_allocating(void)
{
    struct rusage before, after;
    getrusage(RUSAGE_THREAD, &before);
    for (int i = 0; i < many_objects; i++)
        ck_assert_ptr_nonnull(GC_malloc(object_bytes));
    getrusage(RUSAGE_THREAD, &after);
    return after.ru_nvcsw - before.ru_nvcsw;
}

static void *allocate_and_stay(void *naps)
{
    *(long *)naps = naps_allocating();
    sem_post(&entered);
    while (sem_wait(&may_leave) != 0)
        continue;
    return naps;
}

static void *stay_inside(void *naps)
{
    return GC_call_with_alloc_lock(allocate_and_stay, naps);
}

/* Who has the lock would only wait for itself. Others get what they ask for, but slowly. */
START_TEST(allocation_gives_way_far_beyond_the_goal)
{
    pthread_t thread;
    long naps_inside = -1, naps = -1;
    GC_INIT();
    sem_init(&entered, 0, 0);
    sem_init(&may_leave, 0, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, stay_inside, &naps_inside), 0);
    while (sem_wait(&entered) != 0)
        continue;
    naps = naps_allocating();
    sem_post(&may_leave);
    pthread_join(thread, NULL);
    ck_assert_int_lt(naps_inside, fewest_naps);
    ck_assert_int_ge(naps, fewest_naps);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, anybody_may_exclude_collections_anywhere);
    tcase_add_test(tests, a_handler_may_collect_anywhere_in_a_fork);
    tcase_add_test(tests, a_handler_may_collect_while_a_fork_waits);
    tcase_add_test(tests, allocation_gives_way_far_beyond_the_goal);
}

int main(void)
{
    return unit_run("excluded", add_tests);
}
