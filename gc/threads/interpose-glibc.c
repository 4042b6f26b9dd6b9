/* interpose-glibc.c: calls of libc that the shared library takes over by their plain names.
 *
 * Only in libspangc.so: the static library interposes nothing by itself (wrap.c).
 */
#include <dlfcn.h>
#include <pthread.h>
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
