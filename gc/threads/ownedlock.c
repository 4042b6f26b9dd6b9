/* ownedlock.c: the halves that ask the kernel; see ownedlock.h. */
#include "threads/ownedlock.h"
#include "platform/os.h"
#include "threads/park.h"
#include "threads/signals.h"

static signal_mask block_the_programs_signals(void)
{
    return signals_block(signals_asynchronous() & ~signal_bit(stop_signal()));
}

/* Until the owner wakes somebody, or at once if it is no longer `owner`. */
static void sleep_while_owned(struct owned_lock *lock, uintptr_t owner)
{
    uintptr_t awaited = owner | owner_is_awaited;
    if (owner == awaited || word_cas(&lock->owner, owner, awaited))
        os_futex_wait(futex_of(&lock->owner), (uint32_t)awaited, 0);
}

/* Others may be asleep, and this thread may be the one that was woken: its release wakes the next.
 */
void owned_lock_wait_and_take(struct owned_lock *lock)
{
    signal_mask before = block_the_programs_signals();
    while (!word_cas(&lock->owner, 0, owner_mark() | owner_is_awaited)) {
        uintptr_t owner = word_load(&lock->owner);
        if (owner != 0)
            sleep_while_owned(lock, owner);
    }
    signals_set_mask(before);
}

void owned_lock_release_and_wake(struct owned_lock *lock)
{
    signal_mask before = block_the_programs_signals();
    word_store_release(&lock->owner, 0);
    os_futex_wake_one(futex_of(&lock->owner));
    signals_set_mask(before);
}
