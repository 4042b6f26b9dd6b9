/* fork.c: nobody is inside the allocator at a fork, and nobody stands still.
 *
 *     prepare   other layers; registry lock; hold_fork for every other thread; a barrier on every
 *               CPU; wait until none of them is busy
 *     fork      other threads run, but whoever wants to allocate waits in busy_enter_slow
 *     parent    holds off, wake; registry unlock; other layers
 *     child     only the caller is left: the caches of the others, consistent since nobody was
 *               busy, are flushed and their descriptors recycled; registry unlock; other layers
 *
 * Why nobody is stopped: libc's fork takes malloc's and stdio's locks after our prepare, and a
 * stopped thread may hold one of them. Nor are signals sent, which would end the blocking calls of
 * other threads (EINTR) at every fork. What a stop would give is that every thread sees its hold or
 * is seen busy: the threads store `busy` and then look at `hold`, we store `hold` and then look at
 * `busy`, and the fence that the threads' side does without is issued on their CPUs by
 * membarrier(2). Where the kernel refuses that, a stop of the world serves as the barrier.
 *
 * A thread that does not come out of the allocator in two seconds is left as it is: the fork goes
 * on. In the child its cache may be torn; it is not flushed but left to its descriptor, which is
 * not recycled.
 *
 * Handlers of the program that were registered before ours run while threads wait in
 * busy_enter_slow. Such a handler must not wait for a lock that a thread holds while it allocates;
 * threads_init comes early for this reason.
 */
#include <linux/membarrier.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "platform/os.h"
#include "threads/costacks.h"
#include "threads/park.h"
#include "threads/record.h"
#include "threads/registry.h"
#include "threads/stop.h"
#include "threads/tardy.h"

#define BUSY_LIMIT_NS UINT64_C(2000000000)
#define BUSY_POLL_NS UINT64_C(20000)

static const struct fork_hooks *hooks;

/* ---- Holding ---- */

static bool membarrier(int command)
{
    return syscall(SYS_membarrier, command, 0, 0) == 0;
}

/* Registering is cheap only while the process has one thread; the child inherits it. */
static bool fence_everywhere(void)
{
    return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) ||
           (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) &&
            membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
}

static void stop_as_fence(void)
{
    struct stop_report report;
    struct tardy tardy = {0};
    if (stop_locked(&report, &tardy))
        start_locked();
}

static void wait_while_busy(const struct thread *t, uint64_t deadline)
{
    static const uint32_t never_woken;
    while (word_load_acquire(&t->busy) != 0 && os_now_ns() < deadline)
        os_futex_wait(&never_woken, 0, BUSY_POLL_NS);
}

static void hold_others(void)
{
    for (struct thread *t = registry.first; t; t = t->next)
        if (t != thread_self)
            word_set_bits(&t->hold, hold_fork);
    if (!fence_everywhere())
        stop_as_fence();
    uint64_t deadline = os_now_ns() + BUSY_LIMIT_NS;
    for (struct thread *t = registry.first; t; t = t->next)
        if (t != thread_self)
            wait_while_busy(t, deadline);
}

static void release_others(void)
{
    for (struct thread *t = registry.first; t; t = t->next)
        word_fetch_clear(&t->hold, hold_fork);
    wake_waiting_threads();
}

/* ---- The child ---- */

/* t runs no more. Torn caches stay with their descriptors. */
static void drop(struct thread *t)
{
    if (word_load_acquire(&t->busy) == 0) {
        registry_bury(t);
        return;
    }
    struct thread *recycled = registry.recycled;
    registry_remove(t);
    registry.recycled = recycled;
}

static void drop_others(void)
{
    struct thread *next;
    for (struct thread *t = registry.first; t; t = next) {
        next = t->next;
        if (t != thread_self)
            drop(t);
    }
}

/* The locks of the heap, which the flushes take, are free: nobody was busy. */
static void become_the_only_thread(void)
{
    lock_reset_after_fork(&registry.lock);
    lock_acquire(&registry.lock);
    registry.others.count = 0;
    costacks_reset_lock_after_fork();
    records_keep_only(pthread_self());
    drop_others();
    if (thread_self)
        thread_self->tid = this_tid();
}

/* ---- Handlers ---- */

void fork_prepare(void)
{
    if (hooks->prepare)
        hooks->prepare();
    registry_lock();
    hold_others();
}

void fork_parent(void)
{
    release_others();
    registry_unlock();
    if (hooks->parent)
        hooks->parent();
}

void fork_child(void)
{
    become_the_only_thread();
    registry_unlock();
    if (hooks->child)
        hooks->child();
}

void fork_hooks_set(const struct fork_hooks *set)
{
    hooks = set;
}

void fork_handlers_install(const struct fork_hooks *installed)
{
    fork_hooks_set(installed);
    membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    pthread_atfork(fork_prepare, fork_parent, fork_child);
}
