/* lock.c: see lock.h. With checks, the locks that a thread holds form a list through them. */
#include "platform/lock.h"
#include "platform/os.h"

enum { spins = 200 /* about as long as a section */, nap_ns = 1000 * 1000 };

/* Innermost lock of this thread; only kept in builds with checks. */
static __thread struct lock_place *innermost __attribute__((tls_model("initial-exec")));

/* May a thread whose innermost lock is `held` wait for `lock`? */
static bool in_order(const struct lock_place *held, const struct lock_place *lock)
{
    return !held || held->rank < lock->rank || (held->rank == lock->rank && held < lock);
}

bool (*lock_caller_can_be_stopped)(void);

/* Could a stop come while `lock` is held? The stopper would wait for it forever. */
static bool could_be_stopped_with(const struct lock_place *lock)
{
    if (lock->rank < RANK_CENTRAL || !lock_caller_can_be_stopped)
        return false;
    for (const struct lock_place *held = innermost; held; held = held->outer)
        if (held->rank == RANK_HELPER || held->rank == RANK_REGISTRY)
            return false;
    return lock_caller_can_be_stopped();
}

void lock_place_check_always(const struct lock_place *lock)
{
    if (!in_order(innermost, lock))
        fatal("lock of rank %u taken while one of rank %u is held", (unsigned)lock->rank,
              (unsigned)innermost->rank);
    if (could_be_stopped_with(lock))
        fatal("lock of rank %u taken by a thread that is not busy", (unsigned)lock->rank);
}

void lock_place_note_always(struct lock_place *lock)
{
    lock->outer = innermost;
    innermost = lock;
}

/* Takes `lock` out of the list of this thread; false if it is not there. */
static bool forget(struct lock_place *lock)
{
    for (struct lock_place **link = &innermost; *link; link = &(*link)->outer) {
        if (*link == lock) {
            *link = lock->outer;
            lock->outer = NULL;
            return true;
        }
    }
    return false;
}

void lock_place_forget_always(struct lock_place *lock)
{
    if (!forget(lock))
        fatal("lock of rank %u released by a thread that does not hold it", (unsigned)lock->rank);
}

void lock_init(struct lock *lock, enum lock_rank rank)
{
    word_store(&lock->held, 0);
    word_store(&lock->sleepers, 0);
    lock->place = (struct lock_place){rank, NULL};
}

static bool try_take(struct lock *lock)
{
    return word_load(&lock->held) == 0 && word_cas(&lock->held, 0, 1);
}

/* The futex is the low half of the word, which is where its 1 is. */
static void wait_and_take(struct lock *lock)
{
    for (int i = 0; i < spins; i++)
        if (try_take(lock))
            return;
    word_add(&lock->sleepers, 1);
    while (!try_take(lock))
        os_futex_wait(futex_of(&lock->held), 1, nap_ns);
    word_sub(&lock->sleepers, 1);
}

void lock_acquire(struct lock *lock)
{
    lock_place_check(&lock->place);
    if (!word_cas(&lock->held, 0, 1))
        wait_and_take(lock);
    lock_place_note(&lock->place);
}

bool lock_try_acquire(struct lock *lock)
{
    if (!try_take(lock))
        return false;
    lock_place_note(&lock->place);
    return true;
}

void lock_release(struct lock *lock)
{
    lock_place_forget(&lock->place);
    word_store_release(&lock->held, 0);
    if (word_load(&lock->sleepers) != 0)
        os_futex_wake_one(futex_of(&lock->held));
}

void lock_check_held(const struct lock *lock)
{
    if (!checks_enabled)
        return;
    const struct lock_place *held = innermost;
    while (held && held != &lock->place)
        held = held->outer;
    if (!held)
        fatal("lock of rank %u is not held here", (unsigned)lock->place.rank);
}

void lock_reset_after_fork(struct lock *lock)
{
    if (checks_enabled)
        forget(&lock->place);
    lock_init(lock, lock->place.rank);
}
