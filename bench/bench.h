/*
 * What the benchmark programs share: parameters, failure, a clock, random numbers and threads.
 *
 * Every program takes its parameters as NAME=VALUE, checks its own result, and exits with
 *
 *    0  the work was done and the result is right
 *    1  the result is wrong (a message on stderr says how)
 *    2  the command line was not understood
 *   77  the program makes no sense with this allocator (see heap.h)
 *
 * A program that times itself prints `metric_ms=NUMBER` and `metric_cpu_ms=NUMBER`; the runner then
 * takes these figures for the row instead of the times of the whole process. With a collector, a
 * program ends by printing `collections=NUMBER longest_stop_us=NUMBER`.
 *
 * Besides its own parameters every program knows markers=N: so many threads mark (0: as many as the
 * collector likes).
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdint.h>

#include "heap.h"

enum { BENCH_SKIPPED = 77 };

/*
 * A parameter: its name, where the value goes (preset to the default), and a line of help. With
 * `choices`, words separated by '|', the value is the index of the word given.
 */
struct bench_param {
    const char *name;
    long *value;
    const char *help;
    const char *choices;
};

/* Reads the command line, then starts the heap. The table ends with a parameter that has no name.
 * To be called first in main, by no more than one thread. */
void bench_start(int argc, char **argv, const struct bench_param *params);

/* Ends the program as wrong. */
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define BENCH_CHECK(condition, ...)                                                                \
    do {                                                                                           \
        if (!(condition))                                                                          \
            bench_fail(__VA_ARGS__);                                                               \
    } while (0)

double bench_now_ms(void);

/* Processor time of all threads of the process so far. */
double bench_cpu_ms(void);

/*
 * Calls body(0) ... body(threads - 1), each in a thread of its own, and returns when all have
 * returned. The caller's thread takes body(0): with one thread, none is created.
 */
void bench_in_threads(long threads, void (*body)(long thread));

/* Keeps the compiler from seeing that an object is not used, and so from removing its allocation.
 */
static inline void bench_use(void *object)
{
    __asm__ volatile("" : : "r"(object) : "memory");
}

/* A stream of pseudo-random numbers (splitmix64), the same in every run; one for each thread. */
struct rng {
    uint64_t state;
};

static inline struct rng rng_of(long stream)
{
    return (struct rng){(uint64_t)stream * UINT64_C(0xd1342543de82ef95) + 1};
}

static inline uint64_t rng_next(struct rng *rng)
{
    uint64_t x = rng->state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* A number in [0, bound), for 0 < bound <= 2^32. */
static inline uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    return (rng_next(rng) >> 32) * bound >> 32;
}

#endif
