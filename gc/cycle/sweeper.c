/* sweeper.c: see sweeper.h. */
#include <stdlib.h>
#include <string.h>
#include "cycle/cycle.h"
#include "cycle/idle.h"
#include "cycle/scavenger.h"
#include "cycle/sweeper.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "platform/atomics.h"
#include "platform/lock.h"
#include "platform/os.h"
#include "threads/helper.h"
#include "threads/thread.h"

enum {
    least_heap = 4 << 20,
    least_cycles = 3,
    heap_for_first_cycle = 16 << 20,
    least_idle_heap = 8 << 20,
    most_idle_live = 1 << 30,
    steps_a_batch = 32
};

static const uint64_t look_ns = 500000000;
static const uint64_t idle_look_ns = 1000000000;
static const uint64_t shortest_rest_ns = 2000000; /* after it has been preempted */
static const uint64_t longest_rest_ns = 64000000;
static const uint64_t park_limit_ns = 3000000000;

static struct {
    struct lock gate;
    bool allowed;
    bool parked;            /* gate */
    bool exit_registered;   /* whoever sets `running` */
    atomic_word collecting; /* set with the gate held, unless parked; its low half is a futex */
    atomic_word running;    /* set by CAS before the helper is started; cleared after a fork */
    atomic_word cycles;     /* so far, or since the fork */
    atomic_word wakes;      /* counts calls of sweeper_wake; its low half is a futex */
} sweeper = {.gate = LOCK_INITIALIZER(RANK_HELPER), .allowed = true};

/* The helper's own. */
static struct {
    struct idle_watch watch;
    uint64_t next_look_ns; /* 0: there is nothing to look after until the next cycle */
    uint64_t rest_ns;
    unsigned preemptions; /* as far as it has given way to them */
    uint32_t seen;        /* of the wakes */
    bool one_processor;
    bool idle;     /* at the last look */
    size_t in_use; /* bytes of heap, as gauge has found it */
} helper;

void sweeper_allow(bool allowed)
{
    sweeper.allowed = allowed;
}

static uint32_t wakes_seen(void)
{
    return (uint32_t)word_load_acquire(&sweeper.wakes);
}

/* ---- Working without being in the way ---- */

/* Runs step with the gate held; false: nothing more to do, or parked. */
static bool gated(bool (*step)(void))
{
    lock_acquire(&sweeper.gate);
    bool more = !sweeper.parked && step();
    lock_release(&sweeper.gate);
    return more;
}

/* Somebody else wants our processor: the longer, the more often. */
static void give_way(void)
{
    unsigned now = os_thread_preemptions();
    if (now == helper.preemptions) {
        helper.rest_ns = shortest_rest_ns;
        return;
    }
    helper.preemptions = now;
    os_nap(helper.rest_ns);
    if (helper.rest_ns < longest_rest_ns)
        helper.rest_ns *= 2;
}

static void work(bool (*step)(void))
{
    for (unsigned steps = 1; gated(step); steps++)
        if (steps % steps_a_batch == 0)
            give_way();
}

static bool sweep_step(void)
{
    return sweep_one(SWEPT_IN_BACKGROUND);
}

/* ---- Looking after the program ---- */

static struct idle_look look_now(void)
{
    return (struct idle_look){os_now_ns(), os_process_cpu_ns() - os_thread_cpu_ns()};
}

static bool may_begin_collection(void)
{
    word_store(&sweeper.collecting, 1);
    return true;
}

static void end_collection(void)
{
    word_store_release(&sweeper.collecting, 0);
    os_futex_wake(futex_of(&sweeper.collecting));
}

static bool collect(void)
{
    if (!gated(may_begin_collection))
        return false;
    bool collected = cycle_collect_idle();
    end_collection();
    helper.seen += collected; /* it has woken itself */
    return collected;
}

/* Is there still a heap to look after? */
static bool gauge(void)
{
    helper.in_use = heap_bytes_in_use();
    scavenger_look(helper.idle);
    return helper.in_use + scavenger_dirty_bytes() >= least_heap;
}

static bool collection_is_due(struct idle_look look)
{
    return helper.in_use >= least_idle_heap && heap_live() <= most_idle_live &&
           idle_wants_collection(&helper.watch, look);
}

static bool look_after_idle(struct idle_look look)
{
    work(sweep_step);
    bool watch_on = gated(gauge);
    if (!watch_on || !collection_is_due(look))
        return watch_on;
    size_t before = helper.in_use;
    bool collected = collect();
    work(sweep_step);
    watch_on = gated(gauge);
    bool fruitful = collected && helper.in_use < before - before / 16;
    idle_has_collected(&helper.watch, look_now(), look.now_ns, fruitful);
    return watch_on;
}

static void look(void)
{
    struct idle_look look = look_now();
    helper.idle = idle_since_last_look(&helper.watch, look);
    bool watch_on = helper.idle ? look_after_idle(look) : gated(gauge);
    work(scavenge_step);
    helper.next_look_ns = !watch_on ? 0 : os_now_ns() + (helper.idle ? idle_look_ns : look_ns);
}

/* ---- The thread ---- */

static void look_if_due(void)
{
    if (helper.next_look_ns != 0 && os_now_ns() >= helper.next_look_ns)
        look();
}

/* Until the next cycle has ended or it is time to look. */
static void wait_for_work(void)
{
    uint64_t now = os_now_ns();
    if (helper.next_look_ns == 0)
        os_futex_wait(futex_of(&sweeper.wakes), helper.seen, 0);
    else if (now < helper.next_look_ns)
        os_futex_wait(futex_of(&sweeper.wakes), helper.seen, helper.next_look_ns - now);
}

/* The program has had a cycle. */
static void note_wake(void)
{
    uint32_t wakes = wakes_seen();
    if (wakes == helper.seen)
        return;
    helper.seen = wakes;
    idle_is_over(&helper.watch);
    if (helper.next_look_ns == 0) {
        helper.watch.last = look_now();
        helper.next_look_ns = helper.watch.last.now_ns + look_ns;
    }
}

/* Not registered: no stop waits for it (heap/sweep.h says why that is safe). */
static void *sweeper_main(void *unused)
{
    (void)unused;
    threads_enter_helper();
    memset(&helper, 0, sizeof helper);
    helper.rest_ns = shortest_rest_ns;
    helper.one_processor = os_cpu_count() == 1;
    for (;;) {
        note_wake();
        if (!helper.one_processor)
            work(sweep_step);
        look_if_due();
        wait_for_work();
    }
    return NULL;
}

/* Exit handlers registered before the helper started run after this one. It does not wait for ever
 * for a collection: who exits may hold the loader's lock, which that one needs. */
static void park(void)
{
    lock_acquire(&sweeper.gate);
    sweeper.parked = true;
    lock_release(&sweeper.gate);
    uint64_t deadline = os_now_ns() + park_limit_ns;
    while (word_load_acquire(&sweeper.collecting) != 0 && os_now_ns() < deadline)
        os_futex_wait(futex_of(&sweeper.collecting), 1, park_limit_ns / 10);
}

static void register_park(void)
{
    if (!sweeper.exit_registered)
        sweeper.exit_registered = atexit(park) == 0;
}

static bool is_time_to_start(size_t heap_bytes)
{
    if (!sweeper.allowed || word_load(&sweeper.running) != 0)
        return false;
    bool first_ones = word_add(&sweeper.cycles, 1) + 1 < least_cycles;
    return heap_bytes >= (first_ones ? heap_for_first_cycle : least_heap);
}

static void start_helper(void)
{
    register_park();
    if (!helper_start("spangc-sweeper", sweeper_main, NULL))
        word_store(&sweeper.running, 0);
}

void sweeper_wake(size_t heap_bytes)
{
    if (is_time_to_start(heap_bytes) && word_cas(&sweeper.running, 0, 1))
        start_helper();
    if (word_load(&sweeper.running) == 0)
        return;
    word_add(&sweeper.wakes, 1);
    os_futex_wake(futex_of(&sweeper.wakes));
}

void sweeper_lock_for_fork(void)
{
    lock_acquire(&sweeper.gate);
}

void sweeper_unlock_after_fork(bool in_child)
{
    if (!in_child) {
        lock_release(&sweeper.gate);
        return;
    }
    lock_reset_after_fork(&sweeper.gate);
    word_store(&sweeper.running, 0);
    word_store(&sweeper.collecting, 0);
    word_store(&sweeper.cycles, 0);
}
