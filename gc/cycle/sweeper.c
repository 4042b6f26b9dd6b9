/* sweeper.c: see sweeper.h. */
#include <stdlib.h>
#include "cycle/sweeper.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "memory/pagealloc.h"
#include "platform/atomics.h"
#include "platform/lock.h"
#include "platform/os.h"
#include "threads/helper.h"
#include "threads/thread.h"

enum {
    least_heap = 4 << 20,
    least_cycles = 3,
    scavenge_pages = 512 /* a step: the gate is not held for longer */
};

static const uint64_t idle_ns = 1000000000;

static struct {
    struct lock gate;
    bool allowed;
    bool parked;          /* gate */
    bool exit_registered; /* whoever sets `running` */
    atomic_word running;  /* set by CAS before the helper is started; cleared after a fork */
    atomic_word cycles;   /* so far, or since the fork */
    atomic_word wakes;    /* counts calls of sweeper_wake; its low half is a futex */
} sweeper = {.gate = LOCK_INITIALIZER(RANK_HELPER), .allowed = true};

void sweeper_allow(bool allowed)
{
    sweeper.allowed = allowed;
}

/* Runs step with the gate held; false: nothing more to do, or parked. */
static bool gated(bool (*step)(void))
{
    lock_acquire(&sweeper.gate);
    bool more = !sweeper.parked && step();
    lock_release(&sweeper.gate);
    return more;
}

static bool sweep_step(void)
{
    return sweep_one(SWEPT_IN_BACKGROUND);
}

/* Free pages that the program may want before its next cycle stay. */
static size_t pages_to_keep(void)
{
    size_t goal = word_load(&heap.goal);
    size_t in_use = heap_bytes_in_use();
    size_t wanted = goal + goal / 8;
    return wanted > in_use ? (wanted - in_use) >> page_shift : 0;
}

static bool scavenge_step(void)
{
    size_t keep = pages_to_keep() / half_count;
    size_t released = 0;
    for (unsigned half = 0; half < half_count; half++)
        released += pages_scavenge(half, keep, scavenge_pages);
    return released != 0;
}

static const uint32_t *wakes_futex(void)
{
    return (const uint32_t *)&sweeper.wakes;
}

static uint32_t wakes_seen(void)
{
    return (uint32_t)word_load_acquire(&sweeper.wakes);
}

/* Not registered: no stop waits for it (heap/sweep.h says why that is safe). */
static void *sweeper_main(void *argument)
{
    uint32_t seen = 0;
    (void)argument;
    threads_enter_helper();
    for (;;) {
        while (gated(sweep_step))
            continue;
        os_futex_wait(wakes_futex(), seen, idle_ns);
        if (wakes_seen() == seen) {
            while (wakes_seen() == seen && gated(scavenge_step))
                continue;
            os_futex_wait(wakes_futex(), seen, 0);
        }
        seen = wakes_seen();
    }
    return NULL;
}

/* Exit handlers registered before the helper started run after this one. */
static void park(void)
{
    lock_acquire(&sweeper.gate);
    sweeper.parked = true;
    lock_release(&sweeper.gate);
}

static void register_park(void)
{
    if (!sweeper.exit_registered)
        sweeper.exit_registered = atexit(park) == 0;
}

static bool is_time_to_start(size_t heap_bytes)
{
    return sweeper.allowed && word_load(&sweeper.running) == 0 &&
           word_add(&sweeper.cycles, 1) + 1 >= least_cycles && heap_bytes >= least_heap;
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
    os_futex_wake(wakes_futex());
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
    word_store(&sweeper.cycles, 0);
}
