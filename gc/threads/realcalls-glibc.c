/* realcalls-glibc.c: libc's functions behind ours of the same name; only in libspangc.so
 * (interposed.h). Threads that look at the same time find the same. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <errno.h>
#include "threads/interposed.h"
#include "threads/realcalls.h"

/* libc's before ours: we belong to a library of the program's, not to the program. Nobody calls
 * ours then but by RTLD_NEXT. Ours is no answer. */
static void *find_before(const char *name)
{
    Dl_info own;
    Dl_info info;
    void *function = dlsym(RTLD_DEFAULT, name);
    bool is_known =
        function && dladdr(function, &info) && dladdr((void *)(uintptr_t)find_before, &own);
    return is_known && info.dli_fbase != own.dli_fbase ? function : NULL;
}

void real_find_try(struct real_call *call)
{
    int saved_errno = errno;
    void *function = dlsym(RTLD_NEXT, call->name);
    word_store(&call->function, (uintptr_t)(function ? function : find_before(call->name)));
    errno = saved_errno;
}

uintptr_t real_find(struct real_call *call)
{
    real_find_try(call);
    uintptr_t function = word_load(&call->function);
    if (function == 0)
        fatal("the C library has no %s", call->name);
    return function;
}

/* ---- A sanitizer in front ---- */

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
