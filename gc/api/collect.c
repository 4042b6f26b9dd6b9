/* collect.c: collecting on request, and forbidding it. */
#include "api/api.h"
#include "gc/gc_mark.h"
#include "heap/sweep.h"
#include "memory/pagealloc.h"
#include "platform/check.h"

enum { scavenge_step_pages = 512 }; /* given back a step, so that a stop waits for one at most */

static int never_stop(void)
{
    return 0;
}

static GC_stop_func stop_func = never_stop;

int GC_dont_gc;
static int automatic_off;

bool api_collect(enum cycle_cause cause)
{
    if (GC_dont_gc != 0 || (cause == CAUSE_GOAL && automatic_off))
        return false;
    return cycle_collect(cause, cause == CAUSE_MEMORY ? never_stop : stop_func);
}

bool api_may_collect_idle(void)
{
    return GC_dont_gc == 0 && !automatic_off && stop_func == never_stop && !GC_find_leak &&
           !api_hears_of_roots() && !toggles_are_asked_about();
}

static bool collect_explicitly(GC_stop_func stop)
{
    if (api_thread() == NULL || GC_dont_gc != 0)
        return false;
    return cycle_collect(CAUSE_EXPLICIT, stop);
}

void GC_gcollect(void)
{
    if (GC_get_force_unmap_on_gcollect())
        GC_gcollect_and_unmap();
    else
        collect_explicitly(stop_func);
}

/* Empty spans become free pages as they are swept. */
static void sweep_all(struct thread *t)
{
    bool more = true;
    while (more && busy_enter(t)) {
        more = sweep_one(SWEPT_BY_ALLOCATOR);
        busy_leave(t);
    }
}

static void scavenge_all(struct thread *t, enum page_half half)
{
    bool more = true;
    while (more && busy_enter(t)) {
        more = pages_scavenge(half, 0, scavenge_step_pages) > 0;
        busy_leave(t);
    }
}

void GC_gcollect_and_unmap(void)
{
    if (!collect_explicitly(never_stop))
        return;
    struct thread *t = api_thread();
    sweep_all(t);
    scavenge_all(t, HALF_SCAN);
    scavenge_all(t, HALF_NOSCAN);
}

int GC_try_to_collect(GC_stop_func stop)
{
    return collect_explicitly(stop);
}

void GC_set_stop_func(GC_stop_func stop)
{
    stop_func = stop;
}

GC_stop_func GC_get_stop_func(void)
{
    return stop_func;
}

int GC_collect_a_little(void)
{
    struct thread *t = api_thread();
    if (t != NULL && busy_enter(t)) {
        sweep_one(SWEPT_BY_ALLOCATOR);
        busy_leave(t);
    }
    return 0;
}

/* ---- On and off ----
 *
 * Programs also set GC_dont_gc directly. The cycle's own count beside it holds for collections that
 * are about to begin; one that has begun is waited for. */

static void *nothing(void *unused)
{
    return unused;
}

void GC_disable(void)
{
    int_add(&GC_dont_gc, 1);
    cycle_disable();
    cycle_excluded(nothing, NULL);
}

void GC_enable(void)
{
    int_add(&GC_dont_gc, -1);
    cycle_enable();
}

int GC_is_disabled(void)
{
    return GC_dont_gc != 0;
}

void GC_set_disable_automatic_collection(int off)
{
    automatic_off = off != 0;
}

int GC_get_disable_automatic_collection(void)
{
    return automatic_off;
}

/* ---- Collections that go on while the program runs: not yet ---- */

void GC_enable_incremental(void)
{
    GC_init();
}

int GC_is_incremental_mode(void)
{
    return 0;
}

void GC_start_incremental_collection(void)
{
}

int GC_incremental_protection_needs(void)
{
    return GC_PROTECTS_NONE;
}

/* ---- Callbacks ---- */

static GC_on_collection_event_proc event_proc;

static void pass_on_event(int event)
{
    GC_on_collection_event_proc proc = event_proc;
    if (proc != NULL)
        proc((GC_EventType)event);
}

void GC_set_on_collection_event(GC_on_collection_event_proc proc)
{
    event_proc = proc;
    cycle_event_callback = proc != NULL ? pass_on_event : NULL;
}

GC_on_collection_event_proc GC_get_on_collection_event(void)
{
    return event_proc;
}

void GC_set_start_callback(GC_start_callback_proc proc)
{
    cycle_start_callback = proc;
}

GC_start_callback_proc GC_get_start_callback(void)
{
    return cycle_start_callback;
}

static GC_on_thread_event_proc thread_event_proc;

static void pass_on_thread_event(int event, pthread_t thread)
{
    GC_on_thread_event_proc proc = thread_event_proc;
    if (proc != NULL)
        proc((GC_EventType)event, (void *)thread);
}

void GC_set_on_thread_event(GC_on_thread_event_proc proc)
{
    thread_event_proc = proc;
    cycle_thread_event_callback = proc != NULL ? pass_on_thread_event : NULL;
}

GC_on_thread_event_proc GC_get_on_thread_event(void)
{
    return thread_event_proc;
}

/* ---- The lock of each collection ---- */

void *GC_call_with_alloc_lock(GC_fn_type fn, void *data)
{
    api_thread();
    return cycle_excluded(fn, data);
}

void *GC_call_with_reader_lock(GC_fn_type fn, void *data, int release)
{
    (void)release;
    return GC_call_with_alloc_lock(fn, data);
}

void GC_alloc_lock(void)
{
    api_thread();
    cycle_exclude();
}

void GC_alloc_unlock(void)
{
    if (!cycle_include())
        report("GC_alloc_unlock: the calling thread does not have the lock; ignored");
}
