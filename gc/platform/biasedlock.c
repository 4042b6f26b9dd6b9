/* biasedlock.c: see biasedlock.h. */
#include "platform/biasedlock.h"
#include "platform/os.h"

enum { nap_ns = 1000 * 1000 };

__thread char biased_lock_mark __attribute__((tls_model("initial-exec")));

/* A signal ends a nap early. */
static void wait_for_stores(void)
{
    uint64_t end = os_now_ns() + nap_ns;
    while (os_now_ns() < end)
        os_nap(nap_ns);
}

/* `lock->lock` is held, so there is one at a time. */
static void make_common(struct biased_lock *lock)
{
    word_store(&lock->common, 1);
    if (!os_fence_everywhere())
        wait_for_stores();
    while (word_load_acquire(&lock->inside) != 0)
        os_nap(nap_ns);
}

void biased_lock_acquire_slow(struct biased_lock *lock)
{
    lock_acquire(&lock->lock);
    if (word_load(&lock->common) != 0)
        return;
    if (word_load(&lock->owner) != 0)
        make_common(lock);
    else if (os_fence_everywhere())
        word_store(&lock->owner, (uintptr_t)&biased_lock_mark);
    else
        word_store(&lock->common, 1);
}

void biased_lock_reset_after_fork(struct biased_lock *lock)
{
    lock_reset_after_fork(&lock->lock);
    word_store(&lock->inside, 0);
}
