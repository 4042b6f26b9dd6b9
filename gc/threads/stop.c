/* stop.c: the stopper's side: all threads asked first, then all waited for.
 *
 *     world_stop    registry lock; each RUNNING thread -> STOPPING and a signal, each BLOCKED one
 *                   -> BLOCKED_STOPPED; wait until nobody is awaited
 *     world_start   each thread back to RUNNING or BLOCKED; one wake for all; registry unlock
 *
 * The cost is one signal for each running thread and one acknowledgement, of which only the last
 * wakes the stopper. Starting costs one system call, however many threads there are.
 *
 * Giving up. A thread that is still STOPPING after two seconds is set to RUNNING by CAS: if that
 * succeeds it will never acknowledge this stop, otherwise it has stopped at the last moment and
 * its acknowledgement is a few instructions away. The world is started before the report: standard
 * error may be a pipe that one of the stopped threads reads.
 *
 * Vanished. A thread that exited without its destructors being run (adrift; a raw exit system
 * call) cannot be signalled (ESRCH). It is buried once the world is stopped.
 *
 * Threads that never registered (of libc itself, raw clone, older than a dlopen of us) are not
 * stopped yet. Their place is ask_all: st_nlink of /proc/self/task is 2 more than the number of
 * threads, so a stat tells whether there are others than registry.count + registry.helpers (and
 * the caller).
 */
#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "platform/os.h"
#include "threads/park.h"
#include "threads/registry.h"
#include "threads/stop.h"
#include "threads/tardy.h"

#define STOP_LIMIT_NS UINT64_C(2000000000)

enum { spin_rounds = 200 }; /* looks at `awaited` before sleeping: some microseconds */

/* ---- Asking ---- */

/* False: there is no such thread any more. A full queue of signals empties by itself; should it
 * not, the deadline is noticed by who waits. */
static bool send_signal(const struct thread *t, uint64_t deadline)
{
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
static void vanished(struct thread *t)
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

static void ask(struct thread *t, uint64_t deadline, struct stop_report *report)
{
    while (!word_cas(&t->state, THREAD_BLOCKED, THREAD_BLOCKED_STOPPED)) {
        if (!ask_running(t))
            continue;
        report->signalled++;
        if (!send_signal(t, deadline))
            vanished(t);
        return;
    }
}

static void ask_all(uint64_t deadline, struct stop_report *report)
{
    for (struct thread *t = registry.first; t; t = t->next)
        if (t != thread_self)
            ask(t, deadline, report);
}

/* ---- Waiting ---- */

static bool all_acknowledged(void)
{
    return word_load_acquire(&world.awaited) == 0;
}

static bool wait_for_acknowledgements(uint64_t deadline)
{
    for (int i = 0; i < spin_rounds; i++)
        if (all_acknowledged())
            return true;
    while (!all_acknowledged()) {
        uintptr_t awaited = word_load_acquire(&world.awaited);
        uint64_t now = os_now_ns();
        if (now >= deadline)
            return false;
        if (awaited != 0)
            os_futex_wait(futex_of(&world.awaited), (uint32_t)awaited, deadline - now);
    }
    return true;
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
    word_sub(&world.awaited, 1);
    bool stopped = wait_for_acknowledgements(deadline);
    if (!stopped)
        give_up(tardy);
    bury_vanished();
    report->threads = registry.count;
    report->duration_ns = os_now_ns() - begun;
    if (!stopped)
        start_locked();
    return stopped;
}

void start_locked(void)
{
    for (struct thread *t = registry.first; t; t = t->next) {
        uintptr_t state = word_load(&t->state);
        if (state == THREAD_STOPPED)
            word_store_release(&t->state, THREAD_RUNNING);
        else if (state == THREAD_BLOCKED_STOPPED)
            word_store_release(&t->state, THREAD_BLOCKED);
    }
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
