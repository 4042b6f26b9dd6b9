/* storm.c: threads that come and go by the thousand, while collections go on.
 *
 *   storm [THREADS [AT-ONCE]]     per round; make check: 1,500 and 150; make storm: 20,000 and
 * 2,000
 *
 * Each round creates the threads 16 at a time, and then a crowd that exists at once. Each thread
 * holds a list on its stack and finds it whole at its end, which comes by return, pthread_exit,
 * cancellation, or detached; some leave TSD values whose destructors allocate and set the value
 * again, some create a thread of their own. Another thread collects without pause, so stops meet
 * threads that are just starting and just ending.
 *
 * Proves: no list is lost, nothing hangs, and nothing leaks: from the second round on, resident
 * memory, address space, mappings and descriptors of the process stay where they are. What a thread
 * has of the collector's (its descriptor, cache, reserve) is some kilobytes of memory of its own:
 * if one in four leaked, the round's 22,000 threads would be seen.
 */
#define _GNU_SOURCE 1
#include "public.h"
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <sys/stat.h>
#include <threads.h>

enum {
    rounds = 4,
    most_at_once = 4096,
    small_crowd = 16,
    list_length = 30,
    stack_bytes = 128 * 1024,
    slack_mappings = 40,
    slack_kilobytes = 12 * 1024,
    slack_address_kilobytes = 6 * 1024
};

static pthread_attr_t attributes;
static pthread_key_t key;
static unsigned destructor_calls, detached_ended;
static bool over;

static unsigned count(unsigned *counter)
{
    return __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* ---- The threads ---- */

enum ending { RETURN, EXIT, CANCELLED, DETACHED, DESTRUCTOR, PARENT, endings };

struct job {
    uintptr_t seed;
    pthread_barrier_t *all_there; /* or NULL */
};

static void on_end(void *list)
{
    expect(list_is_whole(list, 99, 5));
    expect(list_is_whole(list_new(98, 10), 98, 10));
    if (count(&destructor_calls) % 2 == 1)
        pthread_setspecific(key, list);
}

static void wait_for_the_others(const struct job *job)
{
    if (job->all_there != NULL)
        pthread_barrier_wait(job->all_there);
}

_Noreturn static void wait_to_be_cancelled(void)
{
    for (;;)
        nap(1000);
}

static void *child(void *argument)
{
    struct node *volatile list = list_new((uintptr_t)argument, 10);
    expect(list_is_whole(list, (uintptr_t)argument, 10));
    return list;
}

static void have_child(uintptr_t seed)
{
    pthread_t thread;
    expect(pthread_create(&thread, &attributes, child, (void *)seed) == 0);
    expect(pthread_join(thread, NULL) == 0);
}

static void *run(void *argument)
{
    struct job *job = argument; /* the collector's, and nobody else has it */
    uintptr_t seed = job->seed;
    struct node *volatile list = list_new(seed, list_length);
    wait_for_the_others(job);
    if (seed % 97 == 0)
        GC_gcollect();
    expect(list_is_whole(list, seed, list_length));
    expect(job->seed == seed);
    switch ((enum ending)(seed % endings)) {
    case CANCELLED:
        wait_to_be_cancelled();
    case EXIT:
        pthread_exit(list);
    case DETACHED:
        count(&detached_ended);
        break;
    case DESTRUCTOR:
        pthread_setspecific(key, list_new(99, 5));
        break;
    case PARENT:
        have_child(seed);
        break;
    default:
        break;
    }
    return NULL;
}

/* ---- Creating and joining ---- */

static unsigned detached_begun;

static pthread_t create(uintptr_t seed, pthread_barrier_t *all_there)
{
    pthread_t thread;
    struct job *job = GC_malloc(sizeof *job);
    *job = (struct job){seed, all_there};
    int error = pthread_create(&thread, &attributes, run, job);
    for (int tries = 0; error == EAGAIN && tries < 1000; tries++) {
        nap(1000);
        error = pthread_create(&thread, &attributes, run, job);
    }
    expect(error == 0);
    return thread;
}

static void end(pthread_t thread, uintptr_t seed)
{
    void *result;
    if (seed % endings == CANCELLED)
        pthread_cancel(thread);
    if (seed % endings == DETACHED) {
        detached_begun++;
        pthread_detach(thread);
        return;
    }
    expect(pthread_join(thread, &result) == 0);
    expect((result == PTHREAD_CANCELED) == (seed % endings == CANCELLED));
}

static unsigned threads_alive(void)
{
    struct stat status;
    expect(stat("/proc/self/task", &status) == 0);
    return (unsigned)status.st_nlink - 2;
}

static void wait_for_detached(unsigned others)
{
    while (__atomic_load_n(&detached_ended, __ATOMIC_RELAXED) != detached_begun ||
           threads_alive() > others)
        nap(1000);
}

static void stream(unsigned threads, uintptr_t seed)
{
    pthread_t running[small_crowd];
    for (unsigned i = 0; i < threads + small_crowd; i++) {
        if (i >= small_crowd)
            end(running[i % small_crowd], seed + i - small_crowd);
        if (i < threads)
            running[i % small_crowd] = create(seed + i, NULL);
    }
}

static void crowd(unsigned at_once, uintptr_t seed)
{
    static pthread_t running[most_at_once];
    pthread_barrier_t all_there;
    pthread_barrier_init(&all_there, NULL, at_once);
    for (unsigned i = 0; i < at_once; i++)
        running[i] = create(seed + i, &all_there);
    for (unsigned i = 0; i < at_once; i++)
        end(running[i], seed + i);
    wait_for_detached(3);
    pthread_barrier_destroy(&all_there);
}

/* ---- What the process has ---- */

struct usage {
    unsigned long kilobytes, address_kilobytes, mappings, descriptors;
};

static unsigned long lines_of(const char *path)
{
    unsigned long lines = 0;
    FILE *file = fopen(path, "re");
    expect(file != NULL);
    for (int c = getc(file); c != EOF; c = getc(file))
        lines += c == '\n';
    fclose(file);
    return lines;
}

static unsigned long entries_of(const char *path)
{
    unsigned long entries = 0;
    DIR *directory = opendir(path);
    expect(directory != NULL);
    while (readdir(directory) != NULL)
        entries++;
    closedir(directory);
    return entries;
}

static struct usage usage_now(void)
{
    struct usage usage = {0};
    unsigned long pages = 0, address_pages = 0;
    unsigned long page_kilobytes = (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
    FILE *file = fopen("/proc/self/statm", "re");
    expect(file != NULL && fscanf(file, "%lu %lu", &address_pages, &pages) == 2);
    fclose(file);
    usage.kilobytes = pages * page_kilobytes;
    usage.address_kilobytes = address_pages * page_kilobytes;
    usage.mappings = lines_of("/proc/self/maps");
    usage.descriptors = entries_of("/proc/self/fd");
    return usage;
}

static void *collect_without_pause(void *unused)
{
    while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
        GC_gcollect();
        nap(500);
    }
    return unused;
}

static void compare(const struct usage *now, const struct usage *second)
{
    expect(now->kilobytes <= second->kilobytes + slack_kilobytes);
    expect(now->address_kilobytes <= second->address_kilobytes + slack_address_kilobytes);
    expect(now->mappings <= second->mappings + slack_mappings);
    expect(now->descriptors <= second->descriptors);
}

int main(int argc, char **argv)
{
    unsigned threads = argc > 1 ? (unsigned)atoi(argv[1]) : 1500;
    unsigned at_once = argc > 2 ? (unsigned)atoi(argv[2]) : 150;
    struct usage second = {0};
    expect(at_once <= most_at_once);
    mallopt(M_ARENA_MAX, 1); /* an arena more is 64 MB of addresses */
    GC_INIT();
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_key_create(&key, on_end);
    pthread_t collector = start_thread(collect_without_pause, NULL);
    for (uintptr_t round = 0; round < rounds; round++) {
        double began = seconds();
        stream(threads, round * 1000000);
        crowd(at_once, round * 1000000 + 500000);
        struct usage now = usage_now();
        printf("round %u: %u threads, %u at once: %.1f s; %lu of %lu KB, %lu mappings, %lu "
               "descriptors\n",
               (unsigned)round + 1, threads, at_once, seconds() - began, now.kilobytes,
               now.address_kilobytes, now.mappings, now.descriptors);
        fflush(stdout);
        if (round == 1)
            second = now;
        else if (round > 1)
            compare(&now, &second);
    }
    __atomic_store_n(&over, true, __ATOMIC_RELAXED);
    pthread_join(collector, NULL);
    expect(destructor_calls > 0);
    return 0;
}
