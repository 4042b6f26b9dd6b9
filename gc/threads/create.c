/* create.c: threads that are registered from their first instruction on, and waited for.
 *
 * The new thread begins in begin(), which registers it and then calls the program's function. What
 * is under way between the two threads, the function's argument and later the exit value, is in a
 * record (record.h), which is a root.
 *
 * A thread that cannot be registered (no memory) runs unregistered, and its argument stays in its
 * record: that at least is found. When it allocates it tries to register again.
 *
 * The exit value is put into the record before the thread leaves the registry: when its function
 * returns, or by pthread_exit (interposed-threads-glibc.c, where joining is as well). Cancelled
 * threads have none.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stddef.h>
#include "threads/realcalls.h"
#include "threads/record.h"
#include "threads/registry.h"

void threads_in_flight(void (*visit)(uintptr_t low, uintptr_t high, void *argument), void *argument)
{
    records_for_each_value(visit, argument);
}

/* ---- Creating ---- */

static void finish(void *record)
{
    record_finished(record);
}

/* The cleanup handler is called in any case: on return, by pthread_exit, on cancellation. */
static void *begin(void *argument)
{
    struct record *r = argument;
    void *(*start)(void *) = r->start;
    void *start_argument = r->value;
    void *value;
    if (thread_register_created(r))
        r->value = NULL;
    pthread_cleanup_push(finish, r);
    value = start(start_argument);
    r->value = value;
    pthread_cleanup_pop(1);
    return value;
}

static bool creates_detached(const pthread_attr_t *attributes)
{
    int state = PTHREAD_CREATE_JOINABLE;
    if (attributes)
        pthread_attr_getdetachstate(attributes, &state);
    return state == PTHREAD_CREATE_DETACHED;
}

int thread_create(pthread_t *handle, const pthread_attr_t *attributes, void *(*start)(void *),
                  void *argument)
{
    if (!threads_ready())
        return pthread_create_real(handle, attributes, start, argument);
    struct record *r = record_new(start, argument, creates_detached(attributes));
    if (!r)
        return EAGAIN;
    if (calls_pass_sanitizer && calls_pass_sanitizer())
        r->packet = (uintptr_t)argument & ~(uintptr_t)(sizeof(uintptr_t) - 1);
    int error = pthread_create_real(handle, attributes, begin, r);
    if (error == 0)
        record_created(r, *handle);
    else
        record_discard(r);
    return error;
}
