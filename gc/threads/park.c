/* park.c: the thread's side of a stop: the signal handler, and stopping of one's own accord.
 *
 * What is called from here keeps errno (os.h, signals.h).
 *
 * In the handler every signal is blocked but those of the thread's own errors, so nothing of the
 * program runs in a stopped thread; thread_stop_here blocks them itself. It does without the
 * signal on purpose: a thread that blocks the stop signal but allocates is stopped all the same
 * if the signal has reached it once.
 *
 * The moments that matter, for a thread that is asked (its state is STOPPING):
 *
 *     the signal comes while busy           the handler notes stop_pending; busy_leave sees it
 *     between `busy = 0` and the look       the handler stops; afterwards the look finds 0, or
 *     at stop_pending                       the 1 of an earlier signal: thread_stop_here then finds
 *                                           RUNNING and returns
 *     on the way into thread_stop_here      blocked there; when unblocked it finds RUNNING, or the
 *                                           next stop's STOPPING, which is as good a reason
 *     on the way into a blocking region     blocking_enter's CAS fails, it stops first
 *     while waiting out a fork              there is no stop then; the lock is held
 *     while waiting for the registry lock   the handler stops; the stopper holds the lock
 *     after thread_self is NULL             ignored: the thread is not on the list any more
 *     in a thread that was not asked        ignored, stack_low is not touched: someone may read it
 *     in a thread that is not registered    strangers.h: the signal says which descriptor is its;
 *                                           thread_self may be another thread's there
 */
#include "threads/park.h"
#include <signal.h>
#include "platform/os.h"
#include "threads/blocking.h"
#include "threads/fakestack.h"
#include "threads/interrupted.h"
#include "threads/signals.h"
#include "threads/strangers.h"

struct world world;

/* Real-time signals queue, so that ours cannot merge with another; the C library takes the first
 * ones, programs rarely the last but five. 0: the default. */
static int chosen_signal;

int stop_signal(void)
{
    return chosen_signal ? chosen_signal : SIGRTMAX - 5;
}

void stop_signal_set(int signal_number)
{
    chosen_signal = signal_number;
}

/* ---- Stopped ---- */

/* The count of starts is read before the state: a start after that look changes both. */
void wait_for_start(const struct thread *t, enum thread_state stopped)
{
    for (;;) {
        uintptr_t starts = word_load_acquire(&world.starts);
        if (word_load_acquire(&t->state) != stopped)
            return;
        os_futex_wait(futex_of(&world.starts), (uint32_t)starts, 0);
    }
}

static void acknowledge(void)
{
    if (word_sub(&world.awaited, 1) == 1)
        os_futex_wake(futex_of(&world.awaited));
}

/* Stops, if that is wanted. Registers are on the stack and stack_low is set. */
static void stop_if_asked(void *argument)
{
    struct thread *t = argument;
    if (!word_cas(&t->state, THREAD_STOPPING, THREAD_STOPPED))
        return;
    acknowledge();
    wait_for_start(t, THREAD_STOPPED);
}

void thread_stop_here(struct thread *t)
{
    signal_mask before = signals_set_mask(signals_asynchronous());
    word_store(&t->stop_pending, 0);
    thread_with_registers_spilled(stop_if_asked, t);
    signals_set_mask(before);
    interrupted_left(t);
}

/* Whatever was in the registers lies in the handler's frame, above this one. */
static void stop_stranger(struct thread *t)
{
    if (word_load(&t->state) != THREAD_STOPPING)
        return;
    thread_publish_stack(t, (uintptr_t)__builtin_frame_address(0));
    stranger_introduce(t);
    stop_if_asked(t);
}

static void on_stop_signal(int signal_number, siginfo_t *info, void *context)
{
    struct thread *stranger = stranger_told(info);
    struct thread *t = stranger ? NULL : thread_self;
    if (stranger)
        stop_stranger(stranger);
    if (!t || word_load(&t->state) != THREAD_STOPPING)
        return;
    if (word_load(&t->busy) != 0)
        word_store(&t->stop_pending, 1);
    else
        thread_with_registers_spilled(stop_if_asked, t);
    (void)signal_number, (void)context;
}

bool stop_handler_install(void)
{
    return signals_handle(stop_signal(), on_stop_signal, signals_asynchronous());
}

/* ---- Entering the allocator, the slow half ---- */

static void wait_for_fork(const struct thread *t)
{
    for (;;) {
        uintptr_t starts = word_load_acquire(&world.starts);
        if (!(word_load_acquire(&t->hold) & hold_fork))
            return;
        os_futex_wait(futex_of(&world.starts), (uint32_t)starts, 0);
    }
}

void wake_waiting_threads(void)
{
    word_add(&world.starts, 1);
    os_futex_wake(futex_of(&world.starts));
}

bool busy_enter_slow(struct thread *t, uintptr_t before)
{
    if (before != 0)
        return false;
    do {
        busy_leave(t);
        wait_for_fork(t);
        blocking_interrupted(t);
        interrupted_refill(t);
        word_store(&t->busy, 1);
        compiler_barrier();
    } while ((word_load(&t->hold) & hold_fork) || thread_is_blocked(t));
    return true;
}
