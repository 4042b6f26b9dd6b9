/* lock.h: locks with a rank, for short sections.
 *
 * Taking a free lock is one atomic exchange, releasing it a plain store: nothing orders that store
 * before the look for sleepers that follows it. So a release may miss who is just falling asleep,
 * and nobody sleeps longer than a millisecond without looking again. (A store
 * becomes visible sooner than a sleeper gets into the kernel, which looks at the lock again: so
 * this is for safety only. With fifty microseconds, threads that wait for the registry lock while
 * the world stands still woke up for nothing, which were a fifth of the context switches of
 * bench/threads.)
 *
 * A thread takes locks in the order of their ranks only (outermost first), and several locks of
 * one rank (before a fork) in the order of their addresses. A try that would not wait may break
 * the order. Debug builds keep the locks that a thread holds and abort on a violation.
 *
 *     loader < cycle < helper < registry < roots < central < special < pages < gcbits < leaf
 *
 * The loader's lock is libc's own; it is in the table because a cycle is started from inside a
 * dl_iterate_phdr callback, that is, with it held.
 *
 * Ranks from `central` on are taken only by busy threads (threads/thread.h) or with the world
 * stopped, so a stopped thread never holds one of them. Debug builds abort on a violation of that,
 * too.
 */
#ifndef SPANGC_LOCK_H
#define SPANGC_LOCK_H

#include <stdbool.h>
#include "platform/atomics.h"
#include "platform/check.h"

enum lock_rank {
    RANK_LOADER,
    RANK_CYCLE,
    RANK_HELPER,
    RANK_REGISTRY,
    RANK_ROOTS,
    RANK_CENTRAL,
    RANK_SPECIAL,
    RANK_PAGES,
    RANK_GCBITS,
    RANK_LEAF
};

/* Where a lock stands in the order. */
struct lock_place {
    enum lock_rank rank;      /* written once */
    struct lock_place *outer; /* with checks: of the lock that the holder took before this one */
};

struct lock {
    atomic_word held;     /* 1: by somebody */
    atomic_word sleepers; /* who wait for it, or are about to */
    struct lock_place place;
};

#define LOCK_INITIALIZER(rank)                                                                     \
    {                                                                                              \
        0, 0,                                                                                      \
        {                                                                                          \
            (rank), NULL                                                                           \
        }                                                                                          \
    }

/* With checks: may the calling thread be stopped where it is? Set by the threads' layer once there
 * is an answer. Who holds a lock of rank helper or registry is not asked: nobody stops it. */
extern bool (*lock_caller_can_be_stopped)(void);

void lock_init(struct lock *lock, enum lock_rank rank);
void lock_acquire(struct lock *lock);
bool lock_try_acquire(struct lock *lock);
void lock_release(struct lock *lock);

/* Debug builds: aborts unless the calling thread holds this lock. */
void lock_check_held(const struct lock *lock);

/* In the child of a fork: the lock is free again, whoever held it in the parent. */
void lock_reset_after_fork(struct lock *lock);

/* ---- For locks that are no mutexes (threads/ownedlock.h, biasedlock.h) ----
 *
 * With checks: the first is called before one is waited for, the second when it has been taken, the
 * third before it is released. A handler that comes in between leaves the list as it finds it. */
void lock_place_check_always(const struct lock_place *place);
void lock_place_note_always(struct lock_place *place);
void lock_place_forget_always(struct lock_place *place);

static inline void lock_place_check(const struct lock_place *place)
{
    if (checks_enabled)
        lock_place_check_always(place);
}

static inline void lock_place_note(struct lock_place *place)
{
    if (checks_enabled)
        lock_place_note_always(place);
}

static inline void lock_place_forget(struct lock_place *place)
{
    if (checks_enabled)
        lock_place_forget_always(place);
}

#endif
