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
 * returns, or by pthread_exit. Cancelled threads have none. The joiner has the value on its own
 * stack before it gives the record up.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stddef.h>
#include "threads/joincalls.h"
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
    record_begun(r);
    if (thread_register())
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

/* ---- Exit values ---- */

/* The main thread has no begin(): it has as good as finished here. */
static void note_exit_of_main(void *value)
{
    struct record *r = record_adopt();
    if (!r)
        return;
    r->value = value;
    record_finished(r);
}

/* A detached thread's record is not found: nobody will ask. */
void thread_exit(void *value)
{
    struct record *r = record_of(pthread_self());
    if (r)
        r->value = value;
    else if (thread_self && thread_self->is_main)
        note_exit_of_main(value);
    pthread_exit_real(value);
}

/* Returns the error that the C library's call has returned. */
static int joined(struct record *r, int error, void *value, void **result)
{
    if (error != 0)
        return error;
    if (result)
        *result = value;
    record_joined(r);
    return 0;
}

int thread_join(pthread_t handle, void **result)
{
    struct record *r = record_of(handle);
    void *value = NULL;
    int error = pthread_join_real(handle, &value);
    return joined(r, error, value, result);
}

int thread_tryjoin(pthread_t handle, void **result)
{
    struct record *r = record_of(handle);
    void *value = NULL;
    int error = pthread_tryjoin_real(handle, &value);
    return joined(r, error, value, result);
}

int thread_timedjoin(pthread_t handle, void **result, const struct timespec *until)
{
    struct record *r = record_of(handle);
    void *value = NULL;
    int error = pthread_timedjoin_real(handle, &value, until);
    return joined(r, error, value, result);
}

int thread_clockjoin(pthread_t handle, void **result, clockid_t clock, const struct timespec *until)
{
    struct record *r = record_of(handle);
    void *value = NULL;
    int error = pthread_clockjoin_real(handle, &value, clock, until);
    return joined(r, error, value, result);
}

int thread_detach(pthread_t handle)
{
    struct record *r = record_of(handle);
    int error = pthread_detach_real(handle);
    if (error == 0)
        record_detached(r);
    return error;
}
