/* plain.c: a library that knows nothing of the collector. Rows dlopen it.
 *
 * Its thread-local array is larger than what the loader keeps free in static TLS, so that it is
 * dynamic.
 */
#include <pthread.h>
#include <stddef.h>

enum { places = 50, surplus = 16384 };

static __thread struct {
    char filler[surplus];
    void *words[places];
} local;

static void *global[places];
static void *global_with_value[places] = {(void *)1};

void **plain_thread_locals(void);
void **plain_globals(void);
void **plain_initialised_globals(void);
int plain_run_in_thread(void *(*fn)(void *), void *argument);

void **plain_thread_locals(void)
{
    local.filler[0] = 1;
    return local.words;
}

void **plain_globals(void)
{
    return global;
}

void **plain_initialised_globals(void)
{
    return global_with_value;
}

int plain_run_in_thread(void *(*fn)(void *), void *argument)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, fn, argument);
    return error != 0 ? error : pthread_join(thread, NULL);
}
