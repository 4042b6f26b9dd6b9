/* ownedlock.h: a lock that is nothing but the mark of its owner.
 *
 *     0                       nobody's
 *     mark                    of the thread that has the mark
 *     mark | owner_is_awaited the same, and threads may be asleep until it is released
 *
 * INVARIANT. One atomic operation makes a thread the owner and says so, another takes both back.
 * So wherever a handler of the program interrupts its thread, it finds the lock its thread's, and
 * goes on without taking it; or not its thread's, and may take it or wait for it: it does not wait
 * for what it has interrupted. Nothing has to be blocked for that, and while nobody waits the
 * kernel is not asked for anything.
 *
 * A thread waits, and wakes others, with the program's signals blocked: the one that is woken takes
 * the lock or is asleep again, and then somebody will wake the next. A handler that jumped out in
 * between would leave the others asleep for good. The stop signal is not blocked: who waits can be
 * stopped.
 *
 * Any thread may use it, registered or not; the child of a fork owns what the forking thread owned.
 * A thread that ends, or jumps out of what it does with the lock, keeps it.
 */
#ifndef SPANGC_OWNEDLOCK_H
#define SPANGC_OWNEDLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "platform/atomics.h"
#include "platform/lock.h"
#include "threads/thread.h"

struct owned_lock {
    atomic_word owner;
    struct lock_place place;
};

enum { owner_is_awaited = 1 };

/* The slow halves of taking and releasing. */
void owned_lock_wait_and_take(struct owned_lock *lock);
void owned_lock_release_and_wake(struct owned_lock *lock);

/* What no two threads have in common. */
static inline uintptr_t owner_mark(void)
{
    return (uintptr_t)&thread_self;
}

static inline bool owned_lock_is_taken(const struct owned_lock *lock)
{
    return word_load(&lock->owner) != 0;
}

static inline bool owned_lock_is_mine(const struct owned_lock *lock)
{
    return (word_load(&lock->owner) & ~(uintptr_t)owner_is_awaited) == owner_mark();
}

/* Not by the owner: false. */
static inline bool owned_lock_try(struct owned_lock *lock)
{
    if (!word_cas(&lock->owner, 0, owner_mark()))
        return false;
    lock_place_note(&lock->place);
    return true;
}

/* Not by the owner, who would wait for ever. */
static inline void owned_lock_take(struct owned_lock *lock)
{
    lock_place_check(&lock->place);
    if (!word_cas(&lock->owner, 0, owner_mark()))
        owned_lock_wait_and_take(lock);
    lock_place_note(&lock->place);
}

/* By the owner. */
static inline void owned_lock_release(struct owned_lock *lock)
{
    lock_place_forget(&lock->place);
    if (!word_cas(&lock->owner, owner_mark(), 0))
        owned_lock_release_and_wake(lock);
}

#endif
