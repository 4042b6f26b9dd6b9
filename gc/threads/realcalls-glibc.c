/* realcalls-glibc.c: the C library's own functions below those that we interpose.
 *
 * Three ways to link, one answer each:
 *
 *     libspangc.so                   the definition behind ours (interpose-glibc.c)
 *     libspangc.a with --wrap=NAME   __real_NAME, which the linker makes of NAME
 *     libspangc.a, unit tests        NAME itself: nothing is interposed, or by others (sanitizers)
 *
 * Asked for once; usable before our constructor has run, since a program's constructors come in no
 * particular order. Threads that ask at the same time get the same answer.
 */
#include "threads/realcalls.h"
#include "platform/atomics.h"
#include "threads/thread.h"

extern pthread_create_fn __real_pthread_create __attribute__((weak));
extern sigaction_fn __real_sigaction __attribute__((weak));

static pthread_create_fn *find_pthread_create(void)
{
    if (pthread_create_behind)
        return pthread_create_behind();
    return __real_pthread_create ? __real_pthread_create : pthread_create;
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

/* Seldom called: not remembered. */
int sigaction_real(int signal_number, const struct sigaction *action, struct sigaction *before)
{
    sigaction_fn *real = sigaction_behind ? sigaction_behind() : NULL;
    if (!real)
        real = __real_sigaction ? __real_sigaction : sigaction;
    return real(signal_number, action, before);
}
