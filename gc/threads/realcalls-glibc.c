/* realcalls-glibc.c: libc's functions behind ours of the same name; only in libspangc.so
 * (interposed.h). Threads that look at the same time find the same. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <errno.h>
#include "threads/interposed.h"

void real_find_try(struct real_call *call)
{
    int saved_errno = errno;
    word_store(&call->function, (uintptr_t)dlsym(RTLD_NEXT, call->name));
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
