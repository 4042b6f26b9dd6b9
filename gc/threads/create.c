/* create.c: threads that are registered from their first instruction on.
 *
 * The new thread begins in begin(), which registers it and then calls the program's function. Until
 * then the function's argument is in a start record, which is a root:
 *
 *     free --record_new--> in flight --the new thread has copied it--> free
 *                                    --pthread_create failed---------> free
 *
 * Records live in slabs of their own that are never given back. The registry lock protects the
 * list and the free list; the fields of a record in flight do not change.
 *
 * A thread that cannot be registered (no memory) runs unregistered, and its record stays: the
 * argument at least is found. When it allocates it tries to register again.
 *
 * The value that a thread returns lies in the C library's thread descriptor until it is joined;
 * that is no root once the thread has left the registry. Its place would be a record in flight,
 * from the exit to the join.
 */
#include <errno.h>
#include <stddef.h>
#include "platform/os.h"
#include "threads/registry.h"

struct start_record {
    void *(*start)(void *);
    void *argument;
    struct start_record *next;
    struct start_record *previous;
};

enum { slab_bytes = 64 * 1024, slab_records = slab_bytes / sizeof(struct start_record) };

static struct start_record *in_flight;
static struct start_record *recycled;

/* ---- Records; registry lock ---- */

static void recycle(struct start_record *r)
{
    r->argument = NULL;
    r->next = recycled;
    recycled = r;
}

static bool add_slab(void)
{
    struct start_record *slab = os_map(slab_bytes);
    if (!slab)
        return false;
    for (size_t i = 0; i < slab_records; i++)
        recycle(&slab[i]);
    return true;
}

static void link_in(struct start_record *r)
{
    r->previous = NULL;
    r->next = in_flight;
    if (r->next)
        r->next->previous = r;
    in_flight = r;
}

static void link_out(struct start_record *r)
{
    if (r->next)
        r->next->previous = r->previous;
    if (r->previous)
        r->previous->next = r->next;
    else
        in_flight = r->next;
}

static struct start_record *record_new(void *(*start)(void *), void *argument)
{
    registry_lock();
    struct start_record *r = NULL;
    if (recycled || add_slab()) {
        r = recycled;
        recycled = r->next;
        r->start = start;
        r->argument = argument;
        link_in(r);
    }
    registry_unlock();
    return r;
}

static void record_free(struct start_record *r)
{
    registry_lock();
    link_out(r);
    recycle(r);
    registry_unlock();
}

void threads_in_flight(void (*visit)(uintptr_t low, uintptr_t high, void *argument), void *argument)
{
    for (struct start_record *r = in_flight; r; r = r->next)
        visit((uintptr_t)&r->argument, (uintptr_t)(&r->argument + 1), argument);
}

void threads_in_flight_forget(void)
{
    while (in_flight) {
        struct start_record *r = in_flight;
        link_out(r);
        recycle(r);
    }
}

/* ---- Creating ---- */

static void *begin(void *argument)
{
    struct start_record *r = argument;
    bool registered = thread_register() != NULL;
    void *(*start)(void *) = r->start;
    void *start_argument = r->argument;
    if (registered)
        record_free(r);
    return start(start_argument);
}

int thread_create(pthread_t *handle, const pthread_attr_t *attributes, void *(*start)(void *),
                  void *argument)
{
    if (!threads_ready())
        return pthread_create_real(handle, attributes, start, argument);
    struct start_record *r = record_new(start, argument);
    if (!r)
        return EAGAIN;
    int error = pthread_create_real(handle, attributes, begin, r);
    if (error != 0)
        record_free(r);
    return error;
}
