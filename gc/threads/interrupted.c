/* interrupted.c: see interrupted.h. */
#include "threads/interrupted.h"
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
static signal_mask block_the_programs_signals(void)
{
    return signals_block(signals_asynchronous() & ~signal_bit(stop_signal()));
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

void interrupted_prepare(struct thread *t)
{
    signal_mask before = block_the_programs_signals();
    if (busy_enter(t)) {
        reserve_fill_shared();
        busy_leave(t);
    }
    signals_set_mask(before);
}
