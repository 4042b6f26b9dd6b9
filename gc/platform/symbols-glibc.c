/* symbols-glibc.c: what the loader knows of an address. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include "platform/symbols.h"

void symbols_describe_by_loader(void *address, char *text, size_t size)
{
    Dl_info info;
    if (dladdr((char *)address - 1, &info) == 0 || info.dli_fname == NULL)
        snprintf(text, size, "%p", address);
    else if (info.dli_sname != NULL)
        snprintf(text, size, "%s(%s+0x%zx)", info.dli_fname, info.dli_sname,
                 (size_t)((uintptr_t)address - (uintptr_t)info.dli_saddr));
    else
        snprintf(text, size, "%s(+0x%zx)", info.dli_fname,
                 (size_t)((uintptr_t)address - (uintptr_t)info.dli_fbase));
}
