/* interrupted.c: see interrupted.h. */
#include "threads/interrupted.h"
#include <errno.h>
#include "heap/reserve.h"
#include "threads/signals.h"

uintptr_t interrupted_allocate(struct thread *t, size_t bytes, unsigned kind)
{
    signal_mask before = signals_set_mask(signals_asynchronous());
    uintptr_t object = t->reserve ? reserve_take(t->reserve, bytes, kind) : 0;
    if (object == 0)
        object = reserve_take_shared(bytes, kind);
    if (!t->reserve || reserve_is_low(t->reserve))
        word_set_bits(&t->hold, hold_reserve);
    signals_set_mask(before);
    return object;
}

/* The stop signal's handler may run: the thread is busy, or in a wait that knows of it. */
static signal_mask the_programs_signals(void)
{
    return signals_asynchronous() & ~signal_bit(stop_signal());
}

static signal_mask block_the_programs_signals(void)
{
    return signals_block(the_programs_signals());
}

static void fill_own(struct thread *t)
{
    if (!t->reserve)
        t->reserve = reserve_new();
    if (t->reserve)
        reserve_fill(t->reserve);
}

void interrupted_refill(struct thread *t)
{
    if (!(word_load(&t->hold) & hold_reserve))
        return;
    signal_mask before = block_the_programs_signals();
    word_fetch_clear(&t->hold, hold_reserve);
    if (busy_enter(t)) {
        fill_own(t);
        reserve_fill_shared();
        busy_leave(t);
    }
    signals_set_mask(before);
}

/* ---- Signals that come faster than the thread gets on ---- */

/* Signals are blocked before the look at `hold`, until the return: no handler comes after it that
 * takes itself for the last one. If one came before, it has noted this handler's mask for the
 * thread's own, which is put right. busy_leave is still to come, and looks at stop_pending. */
signal_mask interrupted_mask(struct thread *t, signal_mask mask)
{
    signal_mask wanted = mask | the_programs_signals();
    if (mask == wanted || t->handlers != 0 || word_load(&t->busy) == 0)
        return mask;
    block_the_programs_signals();
    if (!(word_load(&t->hold) & hold_reserve))
        return mask;
    t->delayed_mask = mask;
    t->delays_signals = true;
    word_store(&t->stop_pending, 1);
    return wanted;
}

void interrupted_left(struct thread *t)
{
    int saved_errno = errno;
    if (!t->delays_signals)
        return;
    t->delays_signals = false;
    interrupted_refill(t);
    signals_set_mask(t->delayed_mask);
    errno = saved_errno;
}

void interrupted_prepare(struct thread *t)
{
    signal_mask before = block_the_programs_signals();
    if (busy_enter(t)) {
        reserve_fill_shared();
        busy_leave(t);
    }
    signals_set_mask(before);
}
