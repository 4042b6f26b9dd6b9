/* dlmodule.c: a library whose constructor allocates, collects, and waits for another thread that
 * does; tests/dlopen.c loads and unloads it. The collector's functions come from the program. */
#define GC_THREADS
#include <gc.h>
#include <pthread.h>
#include <stddef.h>

void *dlmodule_object(void);
void dlmodule_clear(void);

static void *object; /* the only pointer */

/* Defined in the program: allocates until its heap has been collected for. */
void *dlopen_allocate_much(void *unused);

__attribute__((constructor)) static void begin(void)
{
    pthread_t thread;
    object = GC_malloc(64);
    GC_gcollect();
    if (pthread_create(&thread, NULL, dlopen_allocate_much, NULL) == 0)
        pthread_join(thread, NULL);
}

__attribute__((destructor)) static void end(void)
{
    object = GC_malloc(64);
    GC_gcollect();
}

void *dlmodule_object(void)
{
    return object;
}

void dlmodule_clear(void)
{
    object = NULL;
}
