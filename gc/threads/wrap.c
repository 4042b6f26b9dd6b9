/* wrap.c: the same calls as in interpose-glibc.c for programs that link libspangc.a with the
 * linker's --wrap (pkg-config --static spangc gives the options). Nobody else refers to them.
 */
#include "threads/thread.h"

int __wrap_pthread_create(pthread_t *handle, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);

__attribute__((visibility("default"))) int __wrap_pthread_create(pthread_t *handle,
                                                                 const pthread_attr_t *attributes,
                                                                 void *(*start)(void *),
                                                                 void *argument)
{
    return thread_create(handle, attributes, start, argument);
}

/* ---- Exit values ---- */

int __wrap_pthread_join(pthread_t handle, void **result);
int __wrap_pthread_tryjoin_np(pthread_t handle, void **result);
int __wrap_pthread_timedjoin_np(pthread_t handle, void **result, const struct timespec *until);
int __wrap_pthread_clockjoin_np(pthread_t handle, void **result, clockid_t clock,
                                const struct timespec *until);
int __wrap_pthread_detach(pthread_t handle);
_Noreturn void __wrap_pthread_exit(void *value);

__attribute__((visibility("default"))) int __wrap_pthread_join(pthread_t handle, void **result)
{
    return thread_join(handle, result);
}

__attribute__((visibility("default"))) int __wrap_pthread_tryjoin_np(pthread_t handle,
                                                                     void **result)
{
    return thread_tryjoin(handle, result);
}

__attribute__((visibility("default"))) int
__wrap_pthread_timedjoin_np(pthread_t handle, void **result, const struct timespec *until)
{
    return thread_timedjoin(handle, result, until);
}

__attribute__((visibility("default"))) int __wrap_pthread_clockjoin_np(pthread_t handle,
                                                                       void **result,
                                                                       clockid_t clock,
                                                                       const struct timespec *until)
{
    return thread_clockjoin(handle, result, clock, until);
}

__attribute__((visibility("default"))) int __wrap_pthread_detach(pthread_t handle)
{
    return thread_detach(handle);
}

__attribute__((visibility("default"))) void __wrap_pthread_exit(void *value)
{
    thread_exit(value);
}
