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
