/* interposed-threads-glibc.c: threads are created through us (create.c says why), and their exit
 * values are in records (record.h) until somebody has joined them.
 *
 * The joiner has the value on its own stack before it gives the record up. Any thread without a
 * record is treated as by libc.
 */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <stddef.h>
#include "threads/interposed.h"
#include "threads/realcalls.h"
#include "threads/record.h"
#include "threads/thread.h"

/* ---- Creating ---- */

INTERPOSED(pthread_create);
int our_pthread_create(pthread_t *restrict handle, const pthread_attr_t *restrict attributes,
                       void *(*start)(void *), void *restrict argument)
{
    return thread_create(handle, attributes, start, argument);
}

int pthread_create_real(pthread_t *handle, const pthread_attr_t *attributes, void *(*start)(void *),
                        void *argument)
{
    return OWN(pthread_create)(handle, attributes, start, argument);
}

/* ---- Joining ---- */

/* Returns the error that libc's call has returned. */
static int joined(struct record *r, int error, void *value, void **result)
{
    if (error != 0)
        return error;
    if (result)
        *result = value;
    record_joined(r);
    return 0;
}

INTERPOSED(pthread_join);
int thread_join(pthread_t handle, void **result)
{
    struct record *r = record_of(handle);
    void *value = NULL;
    int error = OWN(pthread_join)(handle, &value);
    return joined(r, error, value, result);
}

int our_pthread_join(pthread_t handle, void **result)
{
    return thread_join(handle, result);
}

INTERPOSED(pthread_tryjoin_np);
int our_pthread_tryjoin_np(pthread_t handle, void **result)
{
    struct record *r = record_of(handle);
    void *value = NULL;
    int error = REAL(pthread_tryjoin_np)(handle, &value);
    return joined(r, error, value, result);
}

INTERPOSED(pthread_timedjoin_np);
int our_pthread_timedjoin_np(pthread_t handle, void **result, const struct timespec *until)
{
    struct record *r = record_of(handle);
    void *value = NULL;
    int error = REAL(pthread_timedjoin_np)(handle, &value, until);
    return joined(r, error, value, result);
}

INTERPOSED(pthread_clockjoin_np);
int our_pthread_clockjoin_np(pthread_t handle, void **result, clockid_t clock,
                             const struct timespec *until)
{
    struct record *r = record_of(handle);
    void *value = NULL;
    int error = REAL(pthread_clockjoin_np)(handle, &value, clock, until);
    return joined(r, error, value, result);
}

/* ---- Nobody will join ---- */

INTERPOSED(pthread_detach);
int thread_detach(pthread_t handle)
{
    struct record *r = record_of(handle);
    int error = OWN(pthread_detach)(handle);
    if (error == 0)
        record_detached(r);
    return error;
}

int our_pthread_detach(pthread_t handle)
{
    return thread_detach(handle);
}

/* ---- Exiting ---- */

/* The main thread did not begin in create.c: it has as good as finished here. */
static void note_exit_of_main(void *value)
{
    struct record *r = record_adopt();
    if (!r)
        return;
    r->value = value;
    record_finished(r);
}

/* A detached thread's record is not found: nobody will ask. */
INTERPOSED(pthread_exit);
void thread_exit(void *value)
{
    struct record *r = record_of(pthread_self());
    if (r)
        r->value = value;
    else if (thread_self && thread_self->is_main)
        note_exit_of_main(value);
    OWN(pthread_exit)(value);
    __builtin_unreachable();
}

void our_pthread_exit(void *value)
{
    thread_exit(value);
}
