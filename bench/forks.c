/*
 * fork: while other threads allocate, the program forks; the child reads what its parent built,
 * allocates until it has collected several times, and ends. Measures what a fork costs with a heap
 * of a given size.
 */
#include "bench.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static long forks = 100;
static long live = 8;
static long objects = 100000;
static long threads = 2;

static const struct bench_param params[] = {
    {"forks", &forks, "children, one after the other", NULL},
    {"live", &live, "megabytes the parent holds", NULL},
    {"objects", &objects, "objects a child allocates", NULL},
    {"threads", &threads, "threads in the parent; all but the forking one allocate", NULL},
    {NULL, NULL, NULL, NULL},
};

enum {
    HELD = 100,        /* objects held in the churn */
    CHILD_SECONDS = 60 /* after which a child that hangs is killed */
};

struct cell {
    struct cell *next;
    uint64_t number;
    uint64_t padding[2];
};

static struct cell *heritage; /* what the parent built and its children read */
static atomic_bool done;

static struct cell *cell_new(struct cell *next, uint64_t number)
{
    struct cell *cell = heap_new(sizeof *cell);

    cell->next = next;
    cell->number = number;
    return cell;
}

static uint64_t heritage_length(void)
{
    return ((uint64_t)live << 20) / sizeof(struct cell);
}

static void heritage_build(void)
{
    for (uint64_t i = 0; i < heritage_length(); i++)
        heritage = cell_new(heritage, i);
}

static void heritage_check(const char *who)
{
    uint64_t number = heritage_length();

    for (struct cell *cell = heritage; cell != NULL; cell = cell->next)
        BENCH_CHECK(cell->number == --number, "the %s finds a cell changed", who);
    BENCH_CHECK(number == 0, "the %s finds the list cut short", who);
}

static void churn(long cells)
{
    struct cell **held = heap_new(HELD * sizeof *held);

    for (long i = 0; i < cells; i++) {
        struct cell **slot = &held[i % HELD];
        BENCH_CHECK(*slot == NULL || (*slot)->number == (uint64_t)(i - HELD), "a cell has changed");
        heap_drop(*slot);
        *slot = cell_new(NULL, (uint64_t)i);
    }
    for (long i = 0; i < HELD; i++)
        heap_drop(held[i]);
    heap_drop(held);
}

static _Noreturn void child_main(void)
{
    alarm(CHILD_SECONDS);
    heritage_check("child");
    churn(objects);
    heritage_check("child");
    _exit(0);
}

static void fork_and_wait(void)
{
    int status;
    pid_t child = fork();

    BENCH_CHECK(child >= 0, "no fork: %s", strerror(errno));
    if (child == 0)
        child_main();
    while (waitpid(child, &status, 0) < 0)
        BENCH_CHECK(errno == EINTR, "no wait: %s", strerror(errno));
    BENCH_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child ended with status %#x",
                (unsigned)status);
}

static void work(long thread)
{
    if (thread > 0) {
        while (!atomic_load(&done))
            churn(1000);
        return;
    }
    for (long i = 0; i < forks; i++)
        fork_and_wait();
    atomic_store(&done, 1);
}

int main(int argc, char **argv)
{
    bench_start(argc, argv, params);
    heritage_build();
    bench_in_threads(threads, work);
    heritage_check("parent");
    return 0;
}
