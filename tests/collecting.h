/* collecting.h: a thread that collects without end, while a test does something else. */
#ifndef SPANGC_TESTS_COLLECTING_H
#define SPANGC_TESTS_COLLECTING_H

#include <assert.h>
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "gc.h"
#include "platform/atomics.h"

static atomic_word collecting; /* 1: go on */
static atomic_word leisurely;  /* 1: with a pause after each cycle */
static pthread_t collector;

/* Garbage of the size of what the tests keep, so that what is lost is soon overwritten. */
static inline void *collect_without_end(void *unused)
{
    while (word_load_acquire(&collecting) == 1) {
        for (int i = 0; i < 200; i++)
            *(GC_word *)GC_malloc(sizeof(GC_word)) = 1;
        GC_gcollect();
        if (word_load(&leisurely) == 1)
            syscall(SYS_nanosleep, &(struct timespec){0, 1000000}, NULL);
    }
    return unused;
}

/* The program's signals are for the other threads. */
static inline void begin(void)
{
    sigset_t all;
    sigset_t before;
    GC_INIT();
    word_store(&collecting, 1);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    ck_assert_int_eq(pthread_create(&collector, NULL, collect_without_end, NULL), 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static inline void end(void)
{
    word_store_release(&collecting, 0);
    pthread_join(collector, NULL);
}

/* Waits, in user code, until `count` more cycles have begun and ended; false: they do not. */
static inline bool collections_pass(GC_word count)
{
    GC_word last = GC_get_gc_no() + count + 1;
    time_t deadline = time(NULL) + 60;
    while (GC_get_gc_no() < last)
        if (time(NULL) > deadline)
            return false;
    return true;
}

#endif
