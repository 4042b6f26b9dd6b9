/* stackbounds-glibc.c: stackbounds.h for glibc on Linux.
 *
 * pthread_getattr_np would tell, but calls malloc, and for the main thread reads /proc/self/maps
 * with stdio. What it does is simple enough:
 *
 *     created thread   | guard | frames ... | static TLS | struct pthread |
 *                                                         ^ pthread_self() ^ high end
 *     main thread      | frames ... | argv, environment, strings |
 *                            ^ __libc_stack_end                   ^ high end of the mapping
 *
 * The size of struct pthread is what glibc tells debuggers. The main thread's own struct pthread
 * lies in a mapping of its own or in the heap, in any case below its stack.
 */
#include "threads/stackbounds.h"
#include <dlfcn.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "threads/maps.h"

/* glibc's: where the kernel left the stack pointer at the process's start. */
extern void *__libc_stack_end;

/* Bytes of struct pthread. The default is that of glibc 2.36, for programs linked statically. */
static size_t descriptor_bytes = 0x900;

void stackbounds_init(void)
{
    const uint32_t *told = dlsym(RTLD_DEFAULT, "_thread_db_sizeof_pthread");
    if (told)
        descriptor_bytes = *told;
}

size_t thread_descriptor_bytes(void)
{
    return descriptor_bytes;
}

/* The first condition, which costs nothing, tells a child that was forked by a created thread from
 * a real main. */
bool stack_is_of_main(void)
{
    return (uintptr_t)pthread_self() < (uintptr_t)__builtin_frame_address(0) &&
           syscall(SYS_gettid) == getpid();
}

/* An object that wants an executable stack has the loader split the main thread's mapping: its end
 * is that of the last part. */
static uintptr_t main_stack_high(void)
{
    struct mapping part = {.high = (uintptr_t)__libc_stack_end};
    uintptr_t high;
    do
        high = part.high;
    while (maps_find(high, &part));
    return high;
}

uintptr_t stack_high_of(pthread_t handle, bool is_main)
{
    if (!is_main)
        return handle ? (uintptr_t)handle + descriptor_bytes : 0;
    return main_stack_high();
}

uintptr_t stack_high_here(void)
{
    return stack_high_of(pthread_self(), stack_is_of_main());
}
