/* interposed-loader-glibc.c: dl_iterate_phdr; loader.h says why. */
#define _GNU_SOURCE 1
#include <link.h>
#include "threads/interposed.h"
#include "threads/loader.h"
#include "threads/realcalls.h"

INTERPOSED(dl_iterate_phdr);
int our_dl_iterate_phdr(loader_callback *callback, void *argument)
{
    return loader_iterate_for_program(callback, argument);
}

int dl_iterate_phdr_real(loader_callback *callback, void *argument)
{
    return OWN(dl_iterate_phdr)(callback, argument);
}
