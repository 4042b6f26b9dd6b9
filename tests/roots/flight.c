/* flight.c: rows whose items are on their way: arguments not yet read, results not yet fetched. */
#define _GNU_SOURCE 1
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <threads.h>
#include <unistd.h>
#define GC_THREADS
#include <gc.h>
#include "roots.h"

/* ---- Start argument ---- */

static struct gate may_end;

static void *hold_argument(void *argument)
{
    void *volatile held = argument;
    gate_wait(&may_end);
    keep(held);
    return NULL;
}

/* On one processor, so that few of the new threads have run when the collection begins. */
static void start_argument(void)
{
    pthread_t threads[items];
    struct {
        void *words[items];
    } *heads = malloc(sizeof *heads);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((unsigned)sched_getcpu(), &one);
    gate_init(&may_end);
    items_make(heads->words, items);
    sched_setaffinity(0, sizeof one, &one);
    for (unsigned i = 0; i < items; i++)
        threads[i] = thread_start(hold_argument, heads->words[i]);
    collect();
    for (unsigned i = 0; i < items; i++)
        gate_open(&may_end);
    for (unsigned i = 0; i < items; i++)
        pthread_join(threads[i], NULL);
}

/* AddressSanitizer passes the argument on in memory of its own. */
static void start_argument_with_asan(void)
{
    row_in_asan_program("asan-flight-start");
    start_argument();
}

/* ---- Exit value ---- */

enum { enders = 10 };

static unsigned threads_alive(void)
{
    struct stat status;
    return stat("/proc/self/task", &status) == 0 ? (unsigned)status.st_nlink - 2 : 0;
}

static void *return_argument(void *argument)
{
    return argument;
}

static void *exit_with_argument(void *argument)
{
    pthread_exit(argument);
}

/* The threads end, all of them, before the collection; they are joined after it. */
static void exit_value_of(void *(*fn)(void *))
{
    pthread_t threads[enders];
    unsigned before = threads_alive();
    void **heads = malloc(enders * sizeof *heads);
    items_make(heads, enders);
    for (unsigned i = 0; i < enders; i++)
        threads[i] = thread_start(fn, heads[i]);
    for (unsigned i = 0; i < 5000 && threads_alive() != before; i++)
        usleep(1000);
    collect();
    for (unsigned i = 0; i < enders; i++)
        pthread_join(threads[i], NULL);
}

static void exit_value(void)
{
    exit_value_of(return_argument);
}

static void pthread_exit_value(void)
{
    exit_value_of(exit_with_argument);
}

/* ---- Finalizers ---- */

static void no_finalizer(void *object, void *data)
{
    (void)object;
    (void)data;
}

/* Of an object that is still reachable. */
static void put_as_data(unsigned place, void *head, void *object)
{
    (void)place;
    GC_register_finalizer(object, no_finalizer, head, NULL, NULL);
}

static void finalizer_data(void)
{
    void *object = GC_malloc(16);
    items_put(1, put_as_data, object);
    collect();
    keep(object);
}

static void collect_in_finalizer(void *object, void *data)
{
    (void)object;
    collect();
    keep(data);
}

static void put_in_dead_object(unsigned place, void *head, void *unused)
{
    (void)place;
    (void)unused;
    GC_register_finalizer(GC_malloc(16), collect_in_finalizer, head, NULL, NULL);
}

/* While the finalizer runs, in its arguments. */
static void finalizer_argument(void)
{
    GC_set_finalize_on_demand(1);
    items_put(1, put_in_dead_object, NULL);
    GC_gcollect();
    if (GC_invoke_finalizers() == 0)
        row_error("the finalizer was not called");
}

/* ---- Calls of libc that pass a pointer on ---- */

__attribute__((noinline)) static void forget(void *argument)
{
    keep(argument);
}

__attribute__((noinline)) static void cleanup(void)
{
    void **head = malloc(sizeof *head);
    items_make(head, 1);
    pthread_cleanup_push(forget, *head);
    free(head);
    collect();
    pthread_cleanup_pop(0);
}

static bool compared;

static int compare(const void *left, const void *right, void *argument)
{
    if (!compared) {
        compared = true;
        collect();
    }
    keep(argument);
    return (*(int *)left > *(int *)right) - (*(int *)left < *(int *)right);
}

__attribute__((noinline)) static void qsort_argument(void)
{
    int numbers[] = {3, 1, 2};
    void **head = malloc(sizeof *head);
    items_make(head, 1);
    qsort_r(numbers, 3, sizeof *numbers, compare, *(void *volatile *)head);
    free(head);
}

static int compare_pointers(const void *left, const void *right)
{
    void *const *l = left, *const *r = right;
    static unsigned calls;
    if (++calls == 60)
        collect();
    return (*l > *r) - (*l < *r);
}

/* The elements themselves, on the stack and in libc's scratch array. */
static void qsort_elements(void)
{
    void *array[items];
    items_make(array, items);
    qsort(array, items, sizeof *array, compare_pointers);
    keep(array);
}

static struct gate once_over;
static void *once_head;

static void collect_once(void)
{
    void *head = once_head;
    once_head = NULL;
    collect();
    keep(head);
}

static void in_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    gate_init(&once_over);
    items_make(&once_head, 1);
    pthread_once(&once, collect_once);
}

/* A destructor of thread-specific data has its value as an argument only. */
static pthread_key_t key;

static void on_thread_end(void *head)
{
    collect();
    keep(head);
}

static void put_in_key(unsigned place, void *head, void *unused)
{
    (void)place;
    (void)unused;
    pthread_setspecific(key, head);
}

static void *end_with_value(void *unused)
{
    items_put(1, put_in_key, NULL);
    return unused;
}

static void destructor_argument(void)
{
    pthread_key_create(&key, on_thread_end);
    in_thread(end_with_value, NULL);
}

const struct row flight_rows[] = {
    {"flight-start", "start argument of a thread not yet running", start_argument, 0},
    {"asan-flight-start", "the same, under AddressSanitizer", start_argument_with_asan, 0},
    {"flight-exit", "value returned by a thread, not yet joined", exit_value, 0},
    {"flight-pthread-exit", "the same, through `pthread_exit`", pthread_exit_value, 0},
    {"flight-finalizer-data", "data of a finalizer to come", finalizer_data, 0},
    {"flight-finalizer", "data of a finalizer that runs", finalizer_argument, 0},
    {"flight-cleanup", "argument of `pthread_cleanup_push`", cleanup, 0},
    {"flight-qsort-argument", "argument of `qsort_r`'s comparison", qsort_argument, 0},
    {"flight-qsort", "elements that `qsort` is sorting", qsort_elements, 0},
    {"flight-once", "variable of a function that `pthread_once` runs", in_once, 0},
    {"flight-destructor", "argument of a thread-specific value's destructor", destructor_argument,
     0},
    {NULL, NULL, NULL, 0}};
