/* interposed-loader-glibc.c: dl_iterate_phdr, which the shared library takes over by its plain
 * name; loader.h says why. Asked for when the library is loaded: later, dlsym might have to wait
 * for a library's constructor, and that for the thread that asks.
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <link.h>
#include "threads/loader.h"

static dl_iterate_phdr_fn *behind;

__attribute__((visibility("default"))) int dl_iterate_phdr(loader_callback *callback,
                                                           void *argument)
{
    return loader_iterate_for_program(callback, argument);
}

__attribute__((constructor)) dl_iterate_phdr_fn *dl_iterate_phdr_behind(void)
{
    if (!behind)
        behind = (dl_iterate_phdr_fn *)(uintptr_t)dlsym(RTLD_NEXT, "dl_iterate_phdr");
    return behind;
}
