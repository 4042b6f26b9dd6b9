/* interpose-glibc.c: calls of libc that the shared library takes over by their plain names.
 *
 * Only in libspangc.so: the static library interposes nothing by itself (wrap.c).
 */
#include <pthread.h>
#include "threads/thread.h"

/* libc's header promises the compiler things about the arguments that a definition must repeat. */
__attribute__((visibility("default"))) int pthread_create(pthread_t *restrict handle,
                                                          const pthread_attr_t *restrict attributes,
                                                          void *(*start)(void *),
                                                          void *restrict argument)
{
    return thread_create(handle, attributes, start, argument);
}
