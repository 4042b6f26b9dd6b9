/* realcalls-glibc.c: the C library's own functions below those that we interpose.
 *
 * Three ways to link, one answer each:
 *
 *     libspangc.so                          dlsym: the definition behind ours
 *     libspangc.a with --wrap=NAME          __real_NAME, which the linker makes of NAME; there may
 *                                           be no loader to ask
 *     libspangc.a without it                NAME itself: nothing is interposed
 *
 * Asked for once; usable before our constructor has run, since a program's constructors come in no
 * particular order. Threads that ask at the same time get the same answer.
 */
#include <dlfcn.h>
#include <pthread.h>
#include "platform/atomics.h"
#include "threads/thread.h"

typedef int pthread_create_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

extern pthread_create_fn __real_pthread_create __attribute__((weak));

static pthread_create_fn *find_pthread_create(void)
{
    if (__real_pthread_create)
        return __real_pthread_create;
    void *next = dlsym(RTLD_NEXT, "pthread_create");
    return next ? (pthread_create_fn *)(uintptr_t)next : pthread_create;
}

int pthread_create_real(pthread_t *handle, const pthread_attr_t *attributes, void *(*start)(void *),
                        void *argument)
{
    static atomic_word found;
    pthread_create_fn *real = (pthread_create_fn *)word_load(&found);
    if (!real) {
        real = find_pthread_create();
        word_store(&found, (uintptr_t)real);
    }
    return real(handle, attributes, start, argument);
}
