/* cycle.c: see cycle.h. */
#include <pthread.h>
#include "cycle/cycle.h"
#include "cycle/pace.h"
#include "cycle/sweeper.h"
#include "cycle/trace.h"
#include "cycle/verify.h"
#include "heap/central.h"
#include "heap/find.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "mark/mark.h"
#include "mark/roots.h"
#include "memory/gcbits.h"
#include "platform/check.h"
#include "platform/lock.h"
#include "platform/os.h"
#include "services/finalize.h"
#include "threads/loader.h"
#include "threads/thread.h"

void (*cycle_after_hook)(void);
void (*cycle_start_callback)(void);
void (*cycle_event_callback)(int event);

static struct {
    struct lock lock;
    atomic_word owner;        /* thread descriptor or other mark of who holds the lock; 0: nobody */
    atomic_word disabled;     /* nesting depth of cycle_disable */
    struct marker marker;     /* lock */
    struct cycle_stats stats; /* lock; read as a snapshot */
    bool forked_by_owner;     /* lock; of the fork under way */
    bool loader_locked;       /* likewise */
    size_t root_bytes;        /* lock; scanned in this cycle */
} cycle = {.lock = LOCK_INITIALIZER(RANK_CYCLE)};

/* bdwgc's GC_EventType. */
enum cycle_event {
    EVENT_START,
    EVENT_MARK_START,
    EVENT_MARK_END,
    EVENT_RECLAIM_START,
    EVENT_RECLAIM_END,
    EVENT_END,
    EVENT_PRE_STOP_WORLD,
    EVENT_POST_STOP_WORLD,
    EVENT_PRE_START_WORLD,
    EVENT_POST_START_WORLD
};

static void announce(enum cycle_event event)
{
    if (cycle_event_callback != NULL)
        cycle_event_callback(event);
}

bool cycle_init(void)
{
    return marker_init(&cycle.marker);
}

void cycle_disable(void)
{
    word_add(&cycle.disabled, 1);
}

void cycle_enable(void)
{
    uintptr_t depth = word_load(&cycle.disabled);
    while (depth > 0 && !word_cas(&cycle.disabled, depth, depth - 1))
        depth = word_load(&cycle.disabled);
}

bool cycle_is_disabled(void)
{
    return word_load(&cycle.disabled) != 0;
}

/* ---- The cycle lock ---- */

/* Identifies the calling thread, registered or not. */
static uintptr_t caller_mark(void)
{
    return (uintptr_t)pthread_self();
}

static bool owned_by_caller(void)
{
    return word_load(&cycle.owner) == caller_mark();
}

static bool try_own(void)
{
    if (!lock_try_acquire(&cycle.lock))
        return false;
    word_store(&cycle.owner, caller_mark());
    return true;
}

static void own(void)
{
    lock_acquire(&cycle.lock);
    word_store(&cycle.owner, caller_mark());
}

static void disown(void)
{
    word_store(&cycle.owner, 0);
    lock_release(&cycle.lock);
}

void *cycle_excluded(void *(*fn)(void *), void *argument)
{
    if (owned_by_caller())
        return fn(argument);
    own();
    void *result = fn(argument);
    disown();
    return result;
}

/* ---- One cycle ---- */

struct attempt {
    enum cycle_cause cause;
    int (*stop_func)(void);
    bool lock_was_taken; /* by somebody else */
    uint64_t began_ns;
    struct stop_report stop;
    struct cycle_record record;
};

/* Runs inside dl_iterate_phdr's callback, with the loader's lock: so it only tries the cycle lock,
 * whose owner may be waiting for the loader. */
static bool begin(void *argument)
{
    struct attempt *a = argument;
    a->lock_was_taken = !try_own();
    if (a->lock_was_taken)
        return false;
    if (cycle_is_disabled() || (a->stop_func != NULL && a->stop_func()) || !sweep_finish()) {
        disown();
        return false;
    }
    announce(EVENT_PRE_STOP_WORLD);
    a->began_ns = os_now_ns();
    if (!world_stop(&a->stop)) {
        disown();
        return false;
    }
    announce(EVENT_POST_STOP_WORLD);
    return true;
}

static void flush_thread(struct thread *t, void *argument)
{
    (void)argument;
    debug_check(cache_is_valid(&t->cache));
    cache_flush(&t->cache);
}

static void mark_visited(uintptr_t low, uintptr_t high, void *argument)
{
    cycle.root_bytes += high - low;
    mark_range(argument, low, high);
}

static void mark_thread(struct thread *t, void *argument)
{
    mark_visited(t->stack_low, t->stack_high, argument);
}

static void mark_roots(struct marker *m)
{
    cycle.root_bytes = 0;
    threads_for_each(mark_thread, m);
    mark_drain(m);
    threads_in_flight(mark_visited, m);
    roots_for_each(mark_visited, m);
    mark_drain(m);
    mark_uncollectable(m);
    finalize_push_roots(mark_visited, m);
    mark_drain(m);
}

/* ---- What the finalization decision asks of the marker ---- */

static bool is_marked(uintptr_t object_base)
{
    struct object o;
    return find_object(object_base, &o) && object_is_marked(&o);
}

static void mark_from_contents(uintptr_t object_base)
{
    mark_contents(&cycle.marker, object_base);
    mark_drain(&cycle.marker);
}

static void mark_object(uintptr_t object_base)
{
    mark_word(&cycle.marker, object_base);
    mark_drain(&cycle.marker);
}

static void mark_from_contents_but_self(uintptr_t object_base)
{
    mark_contents_but_self(&cycle.marker, object_base);
    mark_drain(&cycle.marker);
}

static const struct finalize_marker finalize_marker = {
    .is_marked = is_marked,
    .mark_from_contents = mark_from_contents,
    .mark_object = mark_object,
    .mark_from_contents_but_self = mark_from_contents_but_self,
};

/* Caches empty, last sweep done: every span becomes one to be swept, its bits move on an epoch. */
static void new_generation(struct attempt *a)
{
    threads_for_each(flush_thread, NULL);
    debug_check(centrals_are_valid() && pagealloc_is_valid() && gcbits_is_valid());
    sweep_counts(a->record.swept);
    sweep_new_generation();
    next_mark_bit_arena_epoch();
}

static void pause_body(void *argument)
{
    struct attempt *a = argument;
    struct marker *m = &cycle.marker;
    uint64_t start = os_now_ns();
    new_generation(a);
    announce(EVENT_MARK_START);
    marker_reset(m, heap_bytes_in_use());
    mark_roots(m);
    verify_marks();
    finalize_after_mark(&finalize_marker);
    announce(EVENT_MARK_END);
    pace_after_mark(m->bytes, cycle.root_bytes, a->stop.threads);
    heap_stress_restart();
    sweep_open();
    a->record.mark_ns = os_now_ns() - start;
}

static void finish_record(struct attempt *a)
{
    struct cycle_record *r = &a->record;
    struct cycle_stats *s = &cycle.stats;
    r->number = ++s->cycles;
    r->cause = a->cause;
    r->to_stop_ns = a->stop.duration_ns;
    r->stop_ns = os_now_ns() - a->began_ns;
    r->live = r->bytes = cycle.marker.bytes;
    r->objects = cycle.marker.objects;
    r->goal = word_load(&heap.goal);
    r->heap = heap_bytes_in_use();
    r->threads = a->stop.threads;
    s->stop_ns_last = r->stop_ns;
    s->stop_ns_total += r->stop_ns;
    if (r->stop_ns > s->stop_ns_longest)
        s->stop_ns_longest = r->stop_ns;
    s->mark_ns_last = r->mark_ns;
    s->live_bytes = r->live;
}

/* The world is stopped and its segments are known: mark, and let it go on. */
static void complete(struct attempt *a)
{
    announce(EVENT_START);
    thread_with_registers_spilled(pause_body, a);
    announce(EVENT_RECLAIM_START);
    announce(EVENT_PRE_START_WORLD);
    world_start();
    announce(EVENT_POST_START_WORLD);
    finish_record(a);
    trace_cycle(&a->record);
    disown();
    sweeper_wake();
    announce(EVENT_RECLAIM_END);
    announce(EVENT_END);
}

static bool cause_may_wait(enum cycle_cause cause)
{
    return cause == CAUSE_EXPLICIT || cause == CAUSE_MEMORY;
}

/* One try. With lock_was_taken set, the caller may wait for the lock's owner and try again. */
static bool try_cycle(struct attempt *a)
{
    enum loader_entry entry = cause_may_wait(a->cause) ? LOADER_WAIT : LOADER_TRY;
    switch (roots_collect_segments(begin, a, entry)) {
    case SEGMENTS_NOTED:
        complete(a);
        return true;
    case SEGMENTS_NO_MEMORY:
        world_start();
        disown();
        report("no memory to note the program's data segments; not collecting");
        return false;
    case SEGMENTS_NOT_STARTED:
        break;
    }
    return false;
}

bool cycle_collect(enum cycle_cause cause, int (*stop_func)(void))
{
    if (cycle_is_disabled() || owned_by_caller())
        return false;
    struct attempt a = {.cause = cause, .stop_func = stop_func};
    if (cycle_start_callback != NULL)
        cycle_start_callback();
    while (!try_cycle(&a)) {
        if (!a.lock_was_taken || !cause_may_wait(cause))
            return false;
        own();
        disown();
    }
    if (cycle_after_hook != NULL)
        cycle_after_hook();
    return true;
}

void cycle_stats_get(struct cycle_stats *stats)
{
    bool nested = owned_by_caller();
    if (!nested)
        own();
    *stats = cycle.stats;
    if (!nested)
        disown();
}

/* A fork from inside cycle_excluded finds the lock its own. */
void cycle_lock_for_fork(void)
{
    bool nested = owned_by_caller();
    bool loader_locked = loader_lock_for_fork(nested);
    if (!nested)
        own();
    cycle.forked_by_owner = nested;
    cycle.loader_locked = loader_locked;
    sweeper_lock_for_fork();
}

void cycle_unlock_after_fork(bool in_child)
{
    sweeper_unlock_after_fork(in_child);
    if (cycle.loader_locked || in_child)
        loader_unlock_after_fork(in_child);
    if (cycle.forked_by_owner)
        return;
    word_store(&cycle.owner, 0);
    if (in_child)
        lock_reset_after_fork(&cycle.lock);
    else
        lock_release(&cycle.lock);
}
