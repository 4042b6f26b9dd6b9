/* support.c: what rows are made of: threads, gates, the plain module, and three ways to end. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#define GC_THREADS /* the collector hears of threads made here */
#include <gc.h>
#include "roots.h"

_Static_assert(sizeof(sem_t) <= sizeof(struct gate), "a gate holds a semaphore");

char *argument_space, *environment_space;

_Noreturn static void end(const char *result, const char *why, int status)
{
    printf("%s %s\n", result, why);
    fflush(stdout);
    _exit(status);
}

_Noreturn void row_skip(const char *why)
{
    end("skip", why, 0);
}

_Noreturn void row_missing(const char *function)
{
    end("missing", function, 0);
}

_Noreturn void row_error(const char *what)
{
    end("error", what, 0);
}

void row_in_asan_program(const char *name)
{
    extern void __asan_init(void) __attribute__((weak));
    const char *mode = collect_in_same_thread ? "same" : "other";
    if (__asan_init != NULL)
        return;
#ifdef ROOTS_ASAN
    execl(ROOTS_ASAN, "roots-asan", "--run", name, mode, argument_space, NULL);
    row_error(ROOTS_ASAN ": make it first");
#else
    row_skip("the compiler has no AddressSanitizer");
#endif
}

any_function *function_of(void *module, const char *name)
{
    return (any_function *)(uintptr_t)dlsym(module, name);
}

any_function *row_function(const char *name)
{
    any_function *function = function_of(RTLD_DEFAULT, name);
    if (function == NULL)
        row_missing(name);
    return function;
}

/* ---- Threads ---- */

pthread_t thread_start(void *(*fn)(void *), void *argument)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, fn, argument) != 0)
        row_error("pthread_create failed");
    return thread;
}

void in_thread(void *(*fn)(void *), void *argument)
{
    pthread_join(thread_start(fn, argument), NULL);
}

void gate_init(struct gate *gate)
{
    sem_init((sem_t *)gate->bytes, 0, 0);
}

void gate_open(struct gate *gate)
{
    sem_post((sem_t *)gate->bytes);
}

void gate_wait(struct gate *gate)
{
    while (sem_wait((sem_t *)gate->bytes) != 0)
        continue;
}

/* ---- The plain module ---- */

void *plain_open(void)
{
    const char *directory = getenv("ROOTS_MODULES");
    char path[4096];
    snprintf(path, sizeof path, "%s/plain.so", directory != NULL ? directory : ROOTS_MODULES);
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL)
        row_error(dlerror());
    return module;
}

any_function *plain_function(void *module, const char *name)
{
    any_function *function = function_of(module, name);
    if (function == NULL)
        row_error(name);
    return function;
}
