/* dlopen.c: GC_dlopen, alone: in libspangc.a it is a member of its own, so that a fully static
 * program that does not call it is not warned of dlopen. Collections bear dlopen at any time, so
 * there is nothing to guard. */
#include <dlfcn.h>
#define GC_PTHREADS
#define GC_NO_THREAD_REDIRECTS
#include "gc/gc.h"
#include "gc/gc_pthread_redirects.h"

void *GC_dlopen(const char *path, int mode)
{
    return dlopen(path, mode);
}
