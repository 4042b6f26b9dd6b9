/* interpose-glibc.c: calls of libc that the shared library takes over by their plain names.
 *
 * Only in libspangc.so: the static library interposes nothing by itself (wrap.c).
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <pthread.h>
#include "threads/joincalls.h"
#include "threads/realcalls.h"
#include "threads/thread.h"

__attribute__((visibility("default"))) int pthread_create(pthread_t *restrict handle,
                                                          const pthread_attr_t *restrict attributes,
                                                          void *(*start)(void *),
                                                          void *restrict argument)
{
    return thread_create(handle, attributes, start, argument);
}

pthread_create_fn *pthread_create_behind(void)
{
    return (pthread_create_fn *)(uintptr_t)dlsym(RTLD_NEXT, "pthread_create");
}

/* ---- Exit values ---- */

__attribute__((visibility("default"))) int pthread_join(pthread_t handle, void **result)
{
    return thread_join(handle, result);
}

__attribute__((visibility("default"))) int pthread_tryjoin_np(pthread_t handle, void **result)
{
    return thread_tryjoin(handle, result);
}

__attribute__((visibility("default"))) int pthread_timedjoin_np(pthread_t handle, void **result,
                                                                const struct timespec *until)
{
    return thread_timedjoin(handle, result, until);
}

__attribute__((visibility("default"))) int
pthread_clockjoin_np(pthread_t handle, void **result, clockid_t clock, const struct timespec *until)
{
    return thread_clockjoin(handle, result, clock, until);
}

__attribute__((visibility("default"))) int pthread_detach(pthread_t handle)
{
    return thread_detach(handle);
}

__attribute__((visibility("default"))) void pthread_exit(void *value)
{
    thread_exit(value);
}

void *call_behind(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}
