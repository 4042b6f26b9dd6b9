/*
 * A storm of short-lived threads: in every round some are started at once, each allocates a little,
 * leaves a list to its creator and ends. Measures what a thread costs the collector: registration,
 * caches, exit.
 */
#include "bench.h"

#include <string.h>

static long rounds = 1500;
static long threads = 8;
static long objects = 500;

static const struct bench_param params[] = {
    {"rounds", &rounds, "rounds", NULL},
    {"threads", &threads, "threads started in a round", NULL},
    {"objects", &objects, "objects each thread keeps; it drops nine times as many", NULL},
    {NULL, NULL, NULL, NULL},
};

enum { DROPPED_FOR_ONE_KEPT = 9 };

struct cell {
    struct cell *next;
    long number;
};

struct task {
    pthread_t thread;
    long seed;
    struct cell *list; /* the thread's result */
};

static void *task_main(void *argument)
{
    struct task *task = argument;

    for (long i = 0; i < objects; i++) {
        struct cell *cell = heap_new(sizeof *cell);
        cell->number = task->seed + i;
        cell->next = task->list;
        task->list = cell;
        for (int j = 0; j < DROPPED_FOR_ONE_KEPT; j++) {
            struct cell *dropped = heap_new(sizeof *dropped);
            dropped->number = -1;
            bench_use(dropped);
            heap_drop(dropped);
        }
    }
    return task;
}

static void task_check(struct task *task)
{
    long number = task->seed + objects;
    struct cell *next;

    for (struct cell *cell = task->list; cell != NULL; cell = next) {
        next = cell->next;
        number--;
        BENCH_CHECK(cell->number == number, "a thread's list holds %ld in place of %ld",
                    cell->number, number);
        heap_drop(cell);
    }
    BENCH_CHECK(number == task->seed, "a thread's list is cut short");
    heap_drop(task);
}

static struct task *task_start(long seed)
{
    struct task *task = heap_new(sizeof *task);

    task->seed = seed;
    int error = pthread_create(&task->thread, NULL, task_main, task);
    BENCH_CHECK(error == 0, "no thread: %s", strerror(error));
    return task;
}

int main(int argc, char **argv)
{
    bench_start(argc, argv, params);
    struct task **tasks = heap_new((size_t)threads * sizeof *tasks);

    for (long round = 0; round < rounds; round++) {
        for (long i = 0; i < threads; i++)
            tasks[i] = task_start(round * threads + i);
        for (long i = 0; i < threads; i++) {
            void *result;
            pthread_join(tasks[i]->thread, &result);
            BENCH_CHECK(result == tasks[i], "a thread returned the wrong pointer");
            task_check(tasks[i]);
        }
    }
    heap_drop(tasks);
    return 0;
}
