/* stop.c: the stopper's side: all threads asked first, then all waited for.
 *
 *     world_stop    registry lock; each RUNNING thread -> STOPPING and a signal, each BLOCKED one
 *                   -> BLOCKED_STOPPED; wait until nobody is awaited
 *     world_start   each thread back to RUNNING or BLOCKED; one wake for all; registry unlock
 *
 * The cost is one signal for each running thread and one acknowledgement, of which only the last
 * wakes the stopper. Starting costs one system call, however many threads there are.
 *
 * Giving up. Two seconds are enough for any thread that gets a processor. Those that do not,
 * because hundreds of others compete for it, are waited for: the stop fails if one of the late
 * threads has had a processor since, or is not waiting for one (tardy.h). Then each that is still
 * STOPPING is set to RUNNING by CAS: if that succeeds it will never acknowledge this stop,
 * otherwise it has stopped at the last moment and its acknowledgement is a few instructions away.
 * The world is started before the report: standard error may be a pipe that one of the stopped
 * threads reads.
 *
 * Vanished. A thread that exited without its destructors being run (adrift; a raw exit system
 * call) cannot be signalled (ESRCH); or it was, and has gone without a look at the signal. It is
 * buried once the world is stopped.
 *
 * Strangers. When all have stopped that were asked, the kernel's count of threads tells whether
 * there are more (strangers.h). They are put on the list, asked and waited for, until there are no
 * new ones: nobody is left who could create any. The price for other programs is one stat a stop.
 *
 * Suspended threads stand already; they stay so at the start.
 */
#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "platform/os.h"
#include "threads/park.h"
#include "threads/registry.h"
#include "threads/stop.h"
#include "threads/strangers.h"
#include "threads/tardy.h"

#define STOP_LIMIT_NS UINT64_C(2000000000)
#define LATE_LOOK_NS UINT64_C(250000000) /* from look to look at late threads */
#define GONE_LOOK_NS UINT64_C(20000000)  /* from look to look for threads that have gone */

enum { spin_rounds = 200 }; /* looks at `awaited` before sleeping: some microseconds */

/* ---- Asking ---- */

/* False: there is no such thread any more. A stranger is told by strangers_poll. A full queue of
 * signals empties by itself; should it not, the deadline is noticed by who waits. */
static bool send_signal(struct thread *t, uint64_t deadline)
{
    t->is_signalled = false;
    if (t->is_stranger)
        return true;
    while (syscall(SYS_tgkill, getpid(), t->tid, stop_signal()) != 0) {
        if (errno != EAGAIN)
            return false;
        if (os_now_ns() > deadline)
            break;
        sched_yield();
    }
    return true;
}

/* Nobody will acknowledge for t: it is done on its behalf. */
void stop_vanished(struct thread *t)
{
    if (word_cas(&t->state, THREAD_STOPPING, THREAD_VANISHED))
        word_sub(&world.awaited, 1);
}

/* RUNNING -> STOPPING, counted before anybody can see it. */
static bool ask_running(struct thread *t)
{
    word_add(&world.awaited, 1);
    if (word_cas(&t->state, THREAD_RUNNING, THREAD_STOPPING))
        return true;
    word_sub(&world.awaited, 1);
    return false;
}

static bool stands_already(const struct thread *t)
{
    uintptr_t state = word_load(&t->state);
    return t->is_suspended && (state == THREAD_STOPPED || state == THREAD_BLOCKED_STOPPED);
}

void stop_ask(struct thread *t, uint64_t deadline, struct stop_report *report)
{
    if (stands_already(t))
        return;
    while (!word_cas(&t->state, THREAD_BLOCKED, THREAD_BLOCKED_STOPPED)) {
        if (!ask_running(t))
            continue;
        report->signalled++;
        if (!send_signal(t, deadline))
            stop_vanished(t);
        return;
    }
}

static void ask_all(uint64_t deadline, struct stop_report *report)
{
    for (struct thread *t = registry.first; t; t = t->next)
        if (t != thread_self)
            stop_ask(t, deadline, report);
}

/* ---- Waiting ---- */

static bool all_acknowledged(void)
{
    return word_load_acquire(&world.awaited) == 0;
}

/* Nobody awaited is beyond hope, and somebody, if there is anybody, only lacks a processor. With
 * `first`, time on a processor counts from now on. */
static bool late_may_come(bool first)
{
    bool any = false;
    bool starved = false;
    for (struct thread *t = registry.first; t; t = t->next) {
        if (word_load(&t->state) != THREAD_STOPPING)
            continue;
        enum late late = tardy_look(t, first);
        if (late == LATE_FOR_EVER)
            return false;
        any = true;
        starved |= late == LATE_FOR_LACK_OF_CPU;
    }
    return starved || !any;
}

static bool has_gone(const struct thread *t)
{
    return !t->is_stranger && syscall(SYS_tgkill, getpid(), t->tid, 0) != 0 && errno == ESRCH;
}

static void look_for_vanished(void)
{
    for (struct thread *t = registry.first; t; t = t->next)
        if (word_load(&t->state) == THREAD_STOPPING && has_gone(t))
            stop_vanished(t);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool wait_for_acknowledgements(uint64_t deadline)
{
    bool late = false;
    uint64_t look = os_now_ns() + GONE_LOOK_NS;
    strangers_poll();
    for (int i = 0; i < spin_rounds; i++)
        if (all_acknowledged())
            return true;
    while (!all_acknowledged()) {
        uintptr_t awaited = word_load_acquire(&world.awaited);
        uint64_t now = os_now_ns();
        if (now >= deadline) {
            if (!late_may_come(!late))
                return false;
            late = true;
            deadline = now + LATE_LOOK_NS;
        }
        if (now >= look) {
            look_for_vanished();
            look = now + GONE_LOOK_NS;
        }
        if (awaited != 0)
            os_futex_wait(futex_of(&world.awaited), (uint32_t)awaited,
                          strangers_patience(least(look, deadline) - now));
        strangers_poll();
    }
    return true;
}

/* Until there are no more strangers. */
static bool wait_for_all(uint64_t deadline, struct stop_report *report)
{
    enum strangers_found found = STRANGERS_NEW;
    word_sub(&world.awaited, 1);
    while (wait_for_acknowledgements(deadline)) {
        word_store(&world.awaited, 1);
        found = strangers_ask(deadline, report);
        word_sub(&world.awaited, 1);
        if (found != STRANGERS_NEW)
            return found == STRANGERS_NONE;
    }
    return false;
}

/* Takes the question back from those that did not answer; notes the first of them. */
static void give_up(struct tardy *tardy)
{
    for (struct thread *t = registry.first; t; t = t->next) {
        if (!word_cas(&t->state, THREAD_STOPPING, THREAD_RUNNING))
            continue;
        tardy_note(tardy, t);
        word_sub(&world.awaited, 1);
    }
    while (!all_acknowledged())
        sched_yield();
}

static void bury_vanished(void)
{
    struct thread *next;
    for (struct thread *t = registry.first; t; t = next) {
        next = t->next;
        if (word_load(&t->state) == THREAD_VANISHED)
            registry_bury(t);
    }
}

/* ---- Stop and start ---- */

bool stop_locked(struct stop_report *report, struct tardy *tardy)
{
    uint64_t begun = os_now_ns();
    uint64_t deadline = begun + STOP_LIMIT_NS;
    report->signalled = 0;
    word_store(&world.awaited, 1);
    ask_all(deadline, report);
    bool stopped = wait_for_all(deadline, report);
    if (!stopped)
        give_up(tardy);
    bury_vanished();
    report->threads = registry.count;
    report->duration_ns = os_now_ns() - begun;
    if (!stopped)
        start_locked();
    return stopped;
}

bool stop_one(struct thread *t)
{
    struct stop_report report = {0};
    struct tardy tardy = {0};
    uint64_t deadline = os_now_ns() + STOP_LIMIT_NS;
    word_store(&world.awaited, 1);
    stop_ask(t, deadline, &report);
    word_sub(&world.awaited, 1);
    bool stopped = wait_for_acknowledgements(deadline);
    if (!stopped)
        give_up(&tardy);
    bool is_there = word_load(&t->state) != THREAD_VANISHED;
    bury_vanished();
    return stopped && is_there;
}

void start_one(struct thread *t)
{
    uintptr_t state = word_load(&t->state);
    if (state == THREAD_STOPPED)
        word_store_release(&t->state, THREAD_RUNNING);
    else if (state == THREAD_BLOCKED_STOPPED)
        word_store_release(&t->state, THREAD_BLOCKED);
}

void start_locked(void)
{
    for (struct thread *t = registry.first; t; t = t->next)
        if (!t->is_suspended)
            start_one(t);
    wake_waiting_threads();
}

bool world_stop(struct stop_report *report)
{
    struct tardy tardy = {0};
    registry_lock();
    if (stop_locked(report, &tardy))
        return true;
    registry_unlock();
    tardy_report(&tardy);
    return false;
}

void world_start(void)
{
    start_locked();
    registry_unlock();
}
