/* The parts of bench.h that need not be inline. */
#include "bench.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

static long markers;

static const struct bench_param common_params[] = {
    {"markers", &markers, "threads that mark; 0: as many as the collector likes", NULL},
    {NULL, NULL, NULL, NULL},
};

static void print_params(const struct bench_param *params)
{
    for (const struct bench_param *p = params; p->name != NULL; p++) {
        if (p->choices != NULL)
            fprintf(stderr, "  %-9s %s: %s\n", p->name, p->help, p->choices);
        else
            fprintf(stderr, "  %-9s %s (%ld)\n", p->name, p->help, *p->value);
    }
}

static _Noreturn void usage(const char *program, const struct bench_param *params)
{
    fprintf(stderr, "usage: %s [NAME=VALUE]...\n", program);
    print_params(params);
    print_params(common_params);
    exit(2);
}

/* The index of the word in "one|two|three", or -1. */
static long choice_index(const char *choices, const char *word)
{
    size_t length = strlen(word);
    long index = 0;

    for (const char *c = choices; c != NULL; c = strchr(c, '|'), index++) {
        c += *c == '|';
        if (strncmp(c, word, length) == 0 && (c[length] == '|' || c[length] == '\0'))
            return index;
    }
    return -1;
}

/* Stores the value of "NAME=VALUE" and returns 0 if it is for this parameter and makes sense. */
static int param_set(const struct bench_param *param, const char *argument)
{
    size_t length = strlen(param->name);
    if (strncmp(argument, param->name, length) != 0 || argument[length] != '=')
        return -1;

    const char *text = argument + length + 1;
    char *end = NULL;
    errno = 0;
    long value =
        param->choices != NULL ? choice_index(param->choices, text) : strtol(text, &end, 10);
    if (value < 0 || errno != 0 || (end != NULL && (end == text || *end != '\0')))
        return -1;
    *param->value = value;
    return 0;
}

/* Sets the parameter that the argument names; false: there is none, or the value makes no sense. */
static bool params_set(const struct bench_param *params, const char *argument)
{
    const struct bench_param *p = params;

    while (p->name != NULL && param_set(p, argument) != 0)
        p++;
    return p->name != NULL;
}

/* ---- What the collector did ----------------------------------------------------------------- */

#if HEAP_MANUAL

static void watch_collections(void)
{
}

#else

/* Both are written while the collector holds its lock. */
static double stop_began_ms;
static double longest_stop_ms;

/* A stop is from the first signal until all threads run again. */
static void GC_CALLBACK on_collection_event(GC_EventType event)
{
    if (event == GC_EVENT_PRE_STOP_WORLD)
        stop_began_ms = bench_now_ms();
    if (event == GC_EVENT_POST_START_WORLD && bench_now_ms() - stop_began_ms > longest_stop_ms)
        longest_stop_ms = bench_now_ms() - stop_began_ms;
}

static void report_collections(void)
{
    printf("collections=%lu longest_stop_us=%.0f\n", (unsigned long)GC_get_gc_no(),
           longest_stop_ms * 1000);
}

static void watch_collections(void)
{
    GC_set_on_collection_event(on_collection_event);
    atexit(report_collections);
}

#endif

void bench_start(int argc, char **argv, const struct bench_param *params)
{
    for (int i = 1; i < argc; i++)
        if (!params_set(params, argv[i]) && !params_set(common_params, argv[i]))
            usage(argv[0], params);
    if (markers > 0)
        heap_set_markers(markers);
    heap_init();
    watch_collections();
}

void bench_fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "wrong: ");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static double clock_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

double bench_now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

double bench_cpu_ms(void)
{
    return clock_ms(CLOCK_PROCESS_CPUTIME_ID);
}

struct worker {
    pthread_t thread;
    long index;
    void (*body)(long thread);
};

static void *worker_main(void *argument)
{
    struct worker *worker = argument;

    worker->body(worker->index);
    return NULL;
}

void bench_in_threads(long threads, void (*body)(long thread))
{
    struct worker *workers = heap_new((size_t)threads * sizeof *workers);

    for (long i = 1; i < threads; i++) {
        workers[i].index = i;
        workers[i].body = body;
        int error = pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]);
        BENCH_CHECK(error == 0, "no thread %ld: %s", i, strerror(error));
    }
    body(0);
    for (long i = 1; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
    heap_drop(workers);
}
