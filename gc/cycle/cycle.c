/* cycle.c: see cycle.h. */
#include <pthread.h>
#include "cycle/cycle.h"
#include "cycle/inspect.h"
#include "cycle/pace.h"
#include "cycle/sweeper.h"
#include "cycle/trace.h"
#include "cycle/verify.h"
#include "heap/central.h"
#include "heap/find.h"
#include "heap/heap.h"
#include "heap/reserve.h"
#include "heap/sweep.h"
#include "mark/helpers.h"
#include "mark/mark.h"
#include "mark/procedures.h"
#include "mark/roots.h"
#include "mark/together.h"
#include "mark/words.h"
#include "memory/gcbits.h"
#include "platform/check.h"
#include "platform/os.h"
#include "services/disclaim.h"
#include "services/finalize.h"
#include "threads/loader.h"
#include "threads/ownedlock.h"
#include "threads/signals.h"
#include "threads/stacks.h"
#include "threads/thread.h"
#include "threads/tls.h"

/* How often a stop is tried again for a thread that is not settled, and the time it is given. */
enum { settle_tries = 100, settle_ns = 100000 };

/* How long a thread gives way. With 8 threads on 2 processors `live` was often a fifth beyond the
 * goal when the world had stopped; with this nap it is 1 % on average. */
enum { give_way_ns = 100000 };

void (*cycle_after_hook)(void);
void (*cycle_counted_hook)(void);
void (*cycle_before_stop_hook)(void);
bool (*cycle_idle_hook)(void);
void (*cycle_start_callback)(void);
void (*cycle_event_callback)(int event);
void (*cycle_thread_event_callback)(int event, pthread_t thread);

static struct {
    struct owned_lock lock;
    atomic_word disabled;     /* nesting depth of cycle_disable */
    struct marker *marker;    /* lock; not in our data, a root in programs linked statically */
    struct cycle_stats stats; /* lock; read as a snapshot */
    bool forked_by_owner;     /* lock; of the fork under way */
    bool loader_locked;       /* likewise */
    size_t root_bytes;        /* lock; scanned in this cycle */
} cycle = {.lock = {.place = {.rank = RANK_CYCLE}}};

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
    EVENT_POST_START_WORLD,
    EVENT_THREAD_SUSPENDED,
    EVENT_THREAD_UNSUSPENDED
};

static void announce(enum cycle_event event)
{
    if (cycle_event_callback != NULL)
        cycle_event_callback(event);
}

static void announce_thread(struct thread *t, void *event)
{
    if (t != thread_self)
        cycle_thread_event_callback((int)(intptr_t)event, t->handle);
}

/* World stopped. */
static void announce_threads(enum cycle_event event)
{
    if (cycle_thread_event_callback != NULL)
        threads_for_each(announce_thread, (void *)(intptr_t)event);
}

bool cycle_init(void)
{
    if (!cycle.marker)
        cycle.marker = os_map(sizeof *cycle.marker);
    words_init();
    return cycle.marker && marker_init(cycle.marker);
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

static bool owned_by_caller(void)
{
    return owned_lock_is_mine(&cycle.lock);
}

static bool try_own(void)
{
    return owned_lock_try(&cycle.lock);
}

static void own(void)
{
    owned_lock_take(&cycle.lock);
}

static void disown(void)
{
    owned_lock_release(&cycle.lock);
}

/* The lock's owner may be waiting for this thread to leave the allocator, which a handler of the
 * program has interrupted and in which we are. */
static bool own_if_possible(void)
{
    struct thread *t = thread_self;
    if (t != NULL && word_load(&t->busy) != 0)
        return try_own();
    own();
    return true;
}

void *cycle_excluded(void *(*fn)(void *), void *argument)
{
    if (owned_by_caller() || !own_if_possible())
        return fn(argument);
    void *result = fn(argument);
    disown();
    return result;
}

void cycle_exclude(void)
{
    own();
}

bool cycle_include(void)
{
    if (!owned_by_caller())
        return false;
    disown();
    return true;
}

void cycle_recompute_goal(void)
{
    bool nested = owned_by_caller();
    if (!nested && !own_if_possible())
        return;
    pace_recompute();
    if (!nested)
        disown();
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

/* Busy, or a handler of the program that interrupts a sweep and allocates would wait for its locks.
 * A helper runs no handlers. */
static bool finish_last_sweep(void)
{
    struct thread *t = thread_self;
    if (t == NULL)
        return sweep_finish();
    if (!busy_enter(t))
        return false;
    bool finished = sweep_finish();
    busy_leave(t);
    return finished;
}

/* A helper's collection calls none of the program's functions. */
static bool program_takes_part(void)
{
    if (cycle_start_callback != NULL || cycle_event_callback != NULL ||
        cycle_thread_event_callback != NULL || procedures_are_used())
        return true;
    for (unsigned kind = 0; kind < kind_count(); kind++)
        if (kind_disclaim(kind) != NULL)
            return true;
    return !cycle_idle_hook();
}

static bool is_unwanted(const struct attempt *a)
{
    return cycle_is_disabled() || (a->stop_func != NULL && a->stop_func()) ||
           (a->cause == CAUSE_IDLE && program_takes_part());
}

static void start_again(void)
{
    announce(EVENT_PRE_START_WORLD);
    announce_threads(EVENT_THREAD_UNSUSPENDED);
    world_start();
    announce(EVENT_POST_START_WORLD);
    disown();
}

/* Runs inside dl_iterate_phdr's callback, with the loader's lock: so it only tries the cycle lock,
 * whose owner may be waiting for the loader. */
static bool begin(void *argument)
{
    struct attempt *a = argument;
    a->lock_was_taken = !try_own();
    if (a->lock_was_taken)
        return false;
    if (is_unwanted(a) || !disclaim_is_done() || !finish_last_sweep()) {
        disown();
        return false;
    }
    if (cycle_start_callback != NULL)
        cycle_start_callback();
    if (cycle_before_stop_hook != NULL)
        cycle_before_stop_hook();
    announce(EVENT_PRE_STOP_WORLD);
    a->began_ns = os_now_ns();
    if (!world_stop(&a->stop)) {
        if (a->cause != CAUSE_IDLE)
            pace_postpone();
        disown();
        return false;
    }
    announce_threads(EVENT_THREAD_SUSPENDED);
    announce(EVENT_POST_STOP_WORLD);
    if (!cycle_is_disabled())
        return true;
    start_again(); /* a handler has switched us off, in a thread that the stop had to wait for */
    return false;
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

static void mark_roots(struct marker *m)
{
    cycle.root_bytes = 0;
    roots_for_each(mark_visited, m);
    mark_uncollectable(m);
    finalize_push_roots(mark_visited, m);
    helpers_drain(m, cycle.stats.live_bytes);
    mark_contents_of_unreachable(m);
}

/* ---- What the program's functions say in the pause ---- */

static void push_word(void *self, uintptr_t word)
{
    mark_heap_word(self, word);
}

static void change_mark(void *self, const struct object *o, bool marked)
{
    mark_change(self, o, marked);
}

/* ---- What the finalization decision asks of the marker ---- */

static bool is_marked(uintptr_t object_base)
{
    struct object o;
    return find_object(object_base, &o) && object_is_marked(&o);
}

static void mark_from_contents(uintptr_t object_base)
{
    mark_contents(cycle.marker, object_base);
    mark_drain(cycle.marker);
}

static void mark_from_contents_but_self(uintptr_t object_base)
{
    mark_contents_but_self(cycle.marker, object_base);
    mark_drain(cycle.marker);
}

static void mark_together(struct span *s, size_t word, uint64_t objects)
{
    together_mark(cycle.marker, s, word, objects);
}

static const struct finalize_marker finalize_marker = {
    .is_marked = is_marked,
    .leading_on = together_leading_on,
    .mark_from_contents = mark_from_contents,
    .mark_from_contents_but_self = mark_from_contents_but_self,
    .mark_together = mark_together,
};

/* Caches empty, last sweep done: every span becomes one to be swept, its bits move on an epoch. */
static void new_generation(struct attempt *a)
{
    threads_for_each(flush_thread, NULL);
    reserves_flush();
    debug_check(centrals_are_valid() && pagealloc_is_valid() && gcbits_is_valid());
    sweep_counts(a->record.swept);
    sweep_new_generation();
    next_mark_bit_arena_epoch();
    reserves_new_epoch();
}

static void pause_body(void *argument)
{
    struct attempt *a = argument;
    struct marker *m = cycle.marker;
    const struct mark_listener listener = {push_word, change_mark, m};
    uint64_t start = os_now_ns();
    new_generation(a);
    mark_listener = &listener;
    announce(EVENT_MARK_START);
    verify_before_marks();
    marker_reset(m);
    mark_roots(m);
    verify_marks();
    size_t work = marker_work(m);
    finalize_after_mark(&finalize_marker);
    work += finalize_bytes();
    inspect_after_mark(m);
    mark_listener = NULL;
    disclaim_open();
    announce(EVENT_MARK_END);
    pace_note_time(a->began_ns, os_now_ns(), a->cause == CAUSE_GOAL);
    pace_after_mark(m->bytes, work, cycle.root_bytes, a->stop.threads);
    heap_stress_restart();
    sweep_open();
    a->record.heap = heap_bytes_in_use();
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
    r->live = r->bytes = cycle.marker->bytes;
    r->objects = cycle.marker->objects;
    r->goal = word_load(&heap.goal);
    r->threads = a->stop.threads;
    r->stacks = stacks_figures();
    s->stop_ns_last = r->stop_ns;
    s->stop_ns_total += r->stop_ns;
    if (r->stop_ns > s->stop_ns_longest)
        s->stop_ns_longest = r->stop_ns;
    s->mark_ns_last = r->mark_ns;
    s->mark_ns_total += r->mark_ns;
    s->live_bytes = r->live;
    if (cycle_counted_hook != NULL)
        cycle_counted_hook();
}

/* The world is stopped and its segments are known: mark, and let it go on. */
static void complete(struct attempt *a)
{
    announce(EVENT_START);
    thread_with_registers_spilled(pause_body, a);
    announce(EVENT_RECLAIM_START);
    announce(EVENT_PRE_START_WORLD);
    announce_threads(EVENT_THREAD_UNSUSPENDED);
    world_start();
    announce(EVENT_POST_START_WORLD);
    finish_record(a);
    trace_cycle(&a->record);
    disclaim_sweep();
    announce(EVENT_RECLAIM_END);
    announce(EVENT_END);
    disown();
    sweeper_wake(a->record.heap);
    helpers_after_cycle(a->record.live);
}

static bool cause_may_wait(enum cycle_cause cause)
{
    return cause == CAUSE_EXPLICIT || cause == CAUSE_MEMORY;
}

static enum loader_entry entry_for(enum cycle_cause cause)
{
    return cause_may_wait(cause) ? LOADER_WAIT : LOADER_TRY;
}

/* Stops the world at a moment in which all roots can be found: a thread that is just changing what
 * threads/tls.h reads is given time to go on. */
static enum segments_result stop_settled(struct attempt *a)
{
    for (unsigned tries = 0; tries < settle_tries; tries++) {
        enum segments_result result = roots_collect_segments(begin, a, entry_for(a->cause));
        if (result != SEGMENTS_NOTED || thread_locals_are_settled())
            return result;
        start_again();
        os_nap(settle_ns);
    }
    report("a thread's table of thread-local variables is not to be made out; not collecting");
    return SEGMENTS_NOT_STARTED;
}

/* One try. With lock_was_taken set, the caller may wait for the lock's owner and try again. */
static bool try_cycle(struct attempt *a)
{
    switch (stop_settled(a)) {
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

/* Out of memory, the last cycle may have left dead objects that the program was not asked about. */
static void disclaim_the_rest(enum cycle_cause cause)
{
    if (disclaim_is_done())
        return;
    if (cause_may_wait(cause))
        own();
    else if (!try_own())
        return;
    disclaim_sweep();
    disown();
}

/* Tries until it succeeds or the cause does not want to wait. */
static bool try_cycles(struct attempt *a)
{
    while (!try_cycle(a)) {
        if (!a->lock_was_taken || !cause_may_wait(a->cause))
            return false;
        own();
        disown();
    }
    return true;
}

static signal_mask block_handlers(void)
{
    return signals_block(signals_asynchronous() & ~signal_bit(stop_signal()));
}

/* No handler of the program may find its thread with the loader's lock, the cycle lock or those of
 * a sweep, or on the point of getting them: it may allocate, and would wait for itself. */
static bool collect_undisturbed(struct attempt *a)
{
    signal_mask before = block_handlers();
    disclaim_the_rest(a->cause);
    bool collected = try_cycles(a);
    signals_set_mask(before);
    return collected;
}

bool cycle_collect(enum cycle_cause cause, int (*stop_func)(void))
{
    if (cycle_is_disabled() || owned_by_caller() || word_load(&thread_self->busy) != 0)
        return false;
    if (!cause_may_wait(cause) && owned_lock_is_taken(&cycle.lock))
        return false; /* the loader's lock would be waited for as long as that cycle takes */
    struct attempt a = {.cause = cause, .stop_func = stop_func};
    if (!collect_undisturbed(&a))
        return false;
    if (cycle_after_hook != NULL)
        cycle_after_hook();
    return true;
}

void cycle_give_way(void)
{
    if (owned_lock_is_taken(&cycle.lock) && !owned_by_caller() && heap_is_far_past_goal())
        os_nap(give_way_ns);
}

bool cycle_collect_idle(void)
{
    struct attempt a = {.cause = CAUSE_IDLE};
    if (cycle_is_disabled() || owned_lock_is_taken(&cycle.lock) || !try_cycle(&a))
        return false;
    cycle_after_hook();
    return true;
}

/* ---- For programs that stop threads themselves ---- */

static bool stop_for_program(void *unused)
{
    struct stop_report report;
    (void)unused;
    if (!try_own())
        return false;
    if (world_stop(&report))
        return true;
    disown();
    return false;
}

bool cycle_stop_world(void)
{
    if (owned_by_caller())
        return false;
    while (roots_collect_segments(stop_for_program, NULL, LOADER_WAIT) == SEGMENTS_NOT_STARTED) {
        own();
        disown();
    }
    return true;
}

void cycle_start_world(void)
{
    world_start();
    disown();
}

struct suspension {
    pthread_t handle;
    bool lock_was_taken;
};

static bool suspend(void *argument)
{
    struct suspension *s = argument;
    s->lock_was_taken = !try_own();
    if (s->lock_was_taken)
        return false;
    thread_suspend(s->handle);
    disown();
    return false;
}

void cycle_suspend_thread(pthread_t handle)
{
    struct suspension s = {handle, true};
    if (pthread_equal(handle, pthread_self())) {
        thread_suspend(handle);
        return;
    }
    while (roots_collect_segments(suspend, &s, LOADER_WAIT) == SEGMENTS_NOT_STARTED &&
           s.lock_was_taken) {
        own();
        disown();
    }
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

/* A fork from inside cycle_excluded finds the lock its own. Once it has the lock, handlers may run
 * again: they do not collect. */
void cycle_lock_for_fork(void)
{
    signal_mask before = block_handlers();
    bool nested = owned_by_caller();
    bool loader_locked = loader_lock_for_fork(nested);
    if (!nested)
        own();
    cycle.forked_by_owner = nested;
    cycle.loader_locked = loader_locked;
    signals_set_mask(before);
    sweeper_lock_for_fork();
}

void cycle_unlock_after_fork(bool in_child)
{
    sweeper_unlock_after_fork(in_child);
    if (in_child) {
        helpers_reset_in_child();
        pace_in_child();
    }
    if (cycle.loader_locked || in_child)
        loader_unlock_after_fork(in_child);
    if (!cycle.forked_by_owner)
        disown();
}
