/* public.h: small change for the tests that use the public interface only.
 *
 * They compile against bdwgc's gc.h too. GC_THREADS is defined, so that bdwgc hears of threads.
 */
#ifndef TESTS_PUBLIC_H
#define TESTS_PUBLIC_H

#define GC_THREADS
#include <gc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Ends the program where the condition does not hold. */
#define expect(condition) ((condition) ? (void)0 : expect_failed(__FILE__, __LINE__, #condition))

_Noreturn static inline void expect_failed(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: process %d: not so: %s\n", file, line, (int)getpid(), condition);
    abort();
}

static inline void nap(long microseconds)
{
    nanosleep(&(struct timespec){microseconds / 1000000, microseconds % 1000000 * 1000}, NULL);
}

static inline double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline pthread_t start_thread(void *(*fn)(void *), void *argument)
{
    pthread_t thread;
    expect(pthread_create(&thread, NULL, fn, argument) == 0);
    return thread;
}

/* ---- Lists that notice when something of them is lost ---- */

struct node {
    struct node *next;
    uintptr_t value; /* of a node at that place of that list */
    char rest[32];
};

static inline uintptr_t node_value(uintptr_t seed, unsigned place)
{
    return (seed * 31 + place) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

static inline struct node *list_new(uintptr_t seed, unsigned length)
{
    struct node *list = NULL;
    for (unsigned i = 0; i < length; i++) {
        struct node *node = GC_malloc(sizeof *node);
        expect(node != NULL && node->next == NULL && node->value == 0);
        node->value = node_value(seed, i);
        node->next = list;
        list = node;
    }
    return list;
}

static inline bool list_is_whole(const struct node *list, uintptr_t seed, unsigned length)
{
    for (; length > 0; length--, list = list->next)
        if (list == NULL || list->value != node_value(seed, length - 1))
            return false;
    return list == NULL;
}

#endif
