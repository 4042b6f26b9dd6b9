/* biasedlock.h: a lock that costs the first thread that takes it no atomic exchange.
 *
 * Most programs register all their finalizers and links from one thread, and run them there. An
 * exchange waits until the thread's earlier stores have reached the cache: the three for each
 * object were a fifth of the time of bench/finalize, in which the instructions here are as many as
 * theirs.
 *
 *     nobody's --first taker--> its owner's --another thread takes it--> common, for good
 *
 * INVARIANT. The owner holds it: `inside` is 1, and was so before the owner saw `common` 0. Others
 * hold it: `lock` is held, `common` is 1, and `inside` was 0 at some time after every processor had
 * passed a fence that came after the store to `common`. (Before there is an owner, the first taker
 * holds `lock`.)
 *
 * So owner and first other thread meet as in busy and hold (threads/thread.h): the owner stores
 * `inside` and then looks at `common`, the other stores `common` and then looks at `inside`, and
 * issues the fence that the owner does without on all processors. If that has become impossible
 * since we were initialised (a program may have its system calls filtered) it waits for a
 * millisecond instead, which no store takes to become visible.
 *
 * Who becomes the owner tries the fence: where it is refused, the lock is common from the start.
 * As an owner that is gone leaves its mark, which is an address, a later thread may have the same
 * one. It is the owner then.
 */
#ifndef SPANGC_BIASEDLOCK_H
#define SPANGC_BIASEDLOCK_H

#include "platform/lock.h"

struct biased_lock {
    atomic_word owner;  /* its mark; 0: nobody's */
    atomic_word inside; /* written by the owner */
    atomic_word common; /* 1: the owner is one of many */
    struct lock lock;
};

#define BIASED_LOCK_INITIALIZER(rank)                                                              \
    {                                                                                              \
        0, 0, 0, LOCK_INITIALIZER(rank)                                                            \
    }

/* What no two threads have in common. */
extern __thread char biased_lock_mark __attribute__((tls_model("initial-exec")));

void biased_lock_acquire_slow(struct biased_lock *lock);

static inline bool biased_lock_is_mine(const struct biased_lock *lock)
{
    return word_load(&lock->owner) == (uintptr_t)&biased_lock_mark;
}

static inline void biased_lock_acquire(struct biased_lock *lock)
{
    if (biased_lock_is_mine(lock)) {
        lock_place_check(&lock->lock.place);
        word_store(&lock->inside, 1);
        compiler_barrier();
        if (__builtin_expect(word_load(&lock->common) == 0, 1)) {
            lock_place_note(&lock->lock.place);
            return;
        }
        word_store_release(&lock->inside, 0);
    }
    biased_lock_acquire_slow(lock);
}

static inline void biased_lock_release(struct biased_lock *lock)
{
    if (!biased_lock_is_mine(lock) || word_load(&lock->inside) == 0) {
        lock_release(&lock->lock);
        return;
    }
    lock_place_forget(&lock->lock.place);
    word_store_release(&lock->inside, 0);
}

/* In the child of a fork: the lock is free again, whoever held it in the parent. */
void biased_lock_reset_after_fork(struct biased_lock *lock);

#endif
