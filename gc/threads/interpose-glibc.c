/* interpose-glibc.c: calls of libc that the shared library takes over by their plain names.
 *
 * Only in libspangc.so: the static library interposes nothing by itself (wrap.c). What both
 * do alike is in the files interposed-*-glibc.c; here is how the functions behind are found.
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include "platform/check.h"
#include "threads/interposed.h"
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

/* The object that the program's plain name leads to, NULL: it leads nowhere. */
static void *object_of(const char *name)
{
    Dl_info info;
    void *symbol = dlsym(RTLD_DEFAULT, name);
    return symbol && dladdr(symbol, &info) ? info.dli_fbase : NULL;
}

/* A dlopen'ed library is not in the program's scope: nobody would hand calls on to it. */
static bool is_in_scope(void)
{
    Dl_info own;
    return dladdr((void *)(uintptr_t)calls_pass_sanitizer, &own) &&
           object_of("GC_pthread_create") == own.dli_fbase;
}

static bool sanitizer_is_in_front;

/* As early as possible and once: dlsym takes the loader's lock. */
__attribute__((constructor)) static void look_in_front(void)
{
    void *front = object_of("pthread_create");
    sanitizer_is_in_front =
        front && (front == object_of("__asan_init") || front == object_of("__tsan_init")) &&
        is_in_scope();
}

bool calls_pass_sanitizer(void)
{
    return sanitizer_is_in_front;
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

/* ---- Signals, waiting, transfers ---- */

sigaction_fn *sigaction_behind(void)
{
    return (sigaction_fn *)(uintptr_t)dlsym(RTLD_NEXT, "sigaction");
}

uintptr_t real_find(struct real_call *call)
{
    int saved_errno = errno;
    uintptr_t function = (uintptr_t)dlsym(RTLD_NEXT, call->name);
    if (function == 0)
        fatal("the C library has no %s", call->name);
    word_store(&call->function, function);
    errno = saved_errno;
    return function;
}

/* The linker's names for the ends of the section. */
extern struct real_call __start_spangc_real_calls[] __attribute__((visibility("hidden")));
extern struct real_call __stop_spangc_real_calls[] __attribute__((visibility("hidden")));

/* What this libc lacks is missed only by who calls it. */
__attribute__((constructor)) static void real_calls_find(void)
{
    for (struct real_call *c = __start_spangc_real_calls; c < __stop_spangc_real_calls; c++)
        word_store(&c->function, (uintptr_t)dlsym(RTLD_NEXT, c->name));
}
