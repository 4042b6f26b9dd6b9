/* joincalls-glibc.c: see joincalls.h, and realcalls-glibc.c for the ways to link.
 *
 * References are weak: a C library need not have all of these calls, and libspangc.a does not drag
 * them into a program that uses none.
 */
#define _GNU_SOURCE 1
#include "threads/joincalls.h"
#include <stdint.h>
#include "platform/atomics.h"
#include "platform/check.h"

/* Asked for once. Threads that ask at the same time get the same answer. */
struct call {
    const char *name;
    atomic_word found;
};

static uintptr_t find(struct call *call, uintptr_t wrapped, uintptr_t plain)
{
    uintptr_t real = word_load(&call->found);
    if (real != 0)
        return real;
    if (call_behind)
        real = (uintptr_t)call_behind(call->name);
    else
        real = wrapped != 0 ? wrapped : plain;
    if (real == 0)
        fatal("the C library has no %s", call->name);
    word_store(&call->found, real);
    return real;
}

/* real_NAME() is the C library's function NAME. A macro: each has a type of its own. */
#define REAL(name)                                                                                 \
    extern __typeof__(name) name __attribute__((weak));                                            \
    extern __typeof__(name) __real_##name __attribute__((weak));                                   \
    static __typeof__(name) *real_##name(void)                                                     \
    {                                                                                              \
        static struct call call = {#name, 0};                                                      \
        return (__typeof__(name) *)find(&call, (uintptr_t)__real_##name, (uintptr_t)name);         \
    }

REAL(pthread_join)
REAL(pthread_tryjoin_np)
REAL(pthread_timedjoin_np)
REAL(pthread_clockjoin_np)
REAL(pthread_detach)
REAL(pthread_exit)

int pthread_join_real(pthread_t handle, void **result)
{
    return real_pthread_join()(handle, result);
}

int pthread_tryjoin_real(pthread_t handle, void **result)
{
    return real_pthread_tryjoin_np()(handle, result);
}

int pthread_timedjoin_real(pthread_t handle, void **result, const struct timespec *until)
{
    return real_pthread_timedjoin_np()(handle, result, until);
}

int pthread_clockjoin_real(pthread_t handle, void **result, clockid_t clock,
                           const struct timespec *until)
{
    return real_pthread_clockjoin_np()(handle, result, clock, until);
}

int pthread_detach_real(pthread_t handle)
{
    return real_pthread_detach()(handle);
}

void pthread_exit_real(void *value)
{
    real_pthread_exit()(value);
    __builtin_unreachable();
}
