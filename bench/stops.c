/*
 * How long a collection of a nearly empty heap takes while other threads sleep, spin, or are in
 * blocking regions: the time to stop and to start them, seen from outside.
 *
 *   stops [COLLECTIONS [STATE]]      a line for each number of threads and each state
 *
 * Prints NAME THREADS MEDIAN-MICROSECONDS WORST-MICROSECONDS. "waiting" threads wait for a
 * semaphore, "blocked" ones do so inside GC_do_blocking, "spinning" ones never leave the processor.
 */
#define _GNU_SOURCE 1
#define GC_THREADS
#include <gc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { most_threads = 2000, most_collections = 1000, stack_bytes = 128 * 1024 };

/* More spinning threads than processors wait for their turn to be stopped: that is the kernel's
 * time, and with hundreds it is seconds. */
enum { most_spinning = 512, few_collections = 3 };

static sem_t arrived, leave;
static bool stop_spinning;

static void *wait_to_leave(void *unused)
{
    while (sem_wait(&leave) != 0)
        continue;
    return unused;
}

static void *waiting(void *unused)
{
    sem_post(&arrived);
    return wait_to_leave(unused);
}

static void *blocked(void *unused)
{
    GC_malloc(16);
    sem_post(&arrived);
    return GC_do_blocking(wait_to_leave, unused);
}

static void *spinning(void *unused)
{
    sem_post(&arrived);
    while (!__atomic_load_n(&stop_spinning, __ATOMIC_RELAXED))
        continue;
    return unused;
}

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static int compare(const void *left, const void *right)
{
    double l = *(const double *)left, r = *(const double *)right;
    return (l > r) - (l < r);
}

static void measure(const char *name, int threads, int collections)
{
    static double times[most_collections];
    GC_gcollect();
    for (int i = 0; i < collections; i++) {
        double begun = microseconds();
        GC_gcollect();
        times[i] = microseconds() - begun;
    }
    qsort(times, (size_t)collections, sizeof *times, compare);
    printf("%s %d %.0f %.0f\n", name, threads, times[collections / 2], times[collections - 1]);
    fflush(stdout);
}

static void with_threads(const char *name, void *(*fn)(void *), int threads, int collections)
{
    static pthread_t ids[most_threads];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    __atomic_store_n(&stop_spinning, false, __ATOMIC_RELAXED);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&ids[i], &attributes, fn, NULL) != 0)
            exit(1);
    for (int i = 0; i < threads; i++)
        while (sem_wait(&arrived) != 0)
            continue;
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    measure(name, threads, collections);
    __atomic_store_n(&stop_spinning, true, __ATOMIC_RELAXED);
    for (int i = 0; i < threads; i++)
        sem_post(&leave);
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
}

static bool wanted(int argc, char **argv, const char *state)
{
    return argc < 3 || strcmp(argv[2], state) == 0;
}

int main(int argc, char **argv)
{
    static const int counts[] = {1, 16, 128, 512, 2000};
    int collections = argc > 1 ? atoi(argv[1]) : 50;
    if (collections < 1 || collections > most_collections)
        return 2;
    GC_INIT();
    GC_malloc(16);
    sem_init(&arrived, 0, 0);
    sem_init(&leave, 0, 0);
    measure("none", 0, collections);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (wanted(argc, argv, "waiting"))
            with_threads("waiting", waiting, counts[i], collections);
        if (wanted(argc, argv, "blocked"))
            with_threads("blocked", blocked, counts[i], collections);
        if (wanted(argc, argv, "spinning") && counts[i] <= most_spinning)
            with_threads("spinning", spinning, counts[i],
                         counts[i] < 16 ? collections : few_collections);
    }
    return 0;
}
