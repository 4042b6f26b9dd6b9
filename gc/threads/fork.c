/* fork.c: nobody is inside the allocator at a fork, and nobody stands still.
 *
 *     prepare   other layers; registry lock; hold_fork for every other thread; a barrier on every
 *               CPU; wait until none of them is busy
 *     fork      other threads run, but whoever wants to allocate waits in busy_enter_slow
 *     parent    holds off, wake; registry unlock; other layers
 *     child     only the caller is left: the caches of the others, consistent if nobody was busy,
 *               are flushed and their descriptors recycled; registry unlock; other layers
 *
 * Why nobody is stopped: libc's fork takes malloc's and stdio's locks after our prepare, and a
 * stopped thread may hold one of them. Nor are signals sent, which would end the blocking calls of
 * other threads (EINTR) at every fork. What a stop would give is that every thread sees its hold or
 * is seen busy: the threads store `busy` and then look at `hold`, we store `hold` and then look at
 * `busy`, and the fence that the threads' side does without is issued on their CPUs by
 * membarrier(2) (os_fence_everywhere). Where the kernel refuses that, a stop of the world serves as
 * the barrier.
 *
 * A thread in the allocator waits for locks of the heap and for the kernel, never for the program:
 * it comes out, and is waited for. Not so one that a handler of the program has interrupted there:
 * the handler may wait for this very fork, or has jumped out. Such a thread is waited for two
 * seconds (so is everybody where the caller is such a handler itself: its own thread may hold the
 * lock that they wait for), any other for thirty, for the case that we do not stand between
 * handlers and the kernel. Then the fork goes on, and the heap of the child may be torn. There
 *
 *     no cache of another thread is flushed, no descriptor recycled: what was in them leaks
 *     no collection happens (hooks->child is told), so the sweep generation stays: spans that those
 *     caches hold are never swept, nor waited for
 *     the locks of the heap are free; what one of them protects may be in mid-change if the
 *     interrupted thread held it (in a refill, a sweep, or an explicit free; not on the fast path):
 *     the child may fail there, or wait for ever in GC_free of an object whose span it swept
 *
 * Handlers of the program that were registered before ours run while threads wait in
 * busy_enter_slow. Such a handler must not wait for a lock that a thread holds while it allocates;
 * threads_init comes early for this reason.
 */
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>
#include "platform/check.h"
#include "platform/os.h"
#include "threads/costacks.h"
#include "threads/park.h"
#include "threads/record.h"
#include "threads/registry.h"
#include "threads/stop.h"
#include "threads/tardy.h"

#define BUSY_LIMIT_NS UINT64_C(30000000000)
#define INTERRUPTED_LIMIT_NS UINT64_C(2000000000)
#define BUSY_POLL_NS UINT64_C(20000)

static const struct fork_hooks *hooks;

/* In the allocator, over this fork. Registry lock. That a thread is seen busy later means nothing:
 * it has come to busy_enter, and finds its hold. */
static bool somebody_stayed;

/* ---- Holding ---- */

static void stop_as_fence(void)
{
    struct stop_report report;
    struct tardy tardy = {0};
    if (stop_locked(&report, &tardy))
        start_locked();
}

static bool has_interrupted_the_allocator(void)
{
    return thread_self && word_load(&thread_self->busy) != 0;
}

static bool is_waited_for(const struct thread *t, uint64_t began)
{
    bool stuck =
        __atomic_load_n(&t->handlers, __ATOMIC_RELAXED) != 0 || has_interrupted_the_allocator();
    uint64_t limit = stuck ? INTERRUPTED_LIMIT_NS : BUSY_LIMIT_NS;
    return word_load_acquire(&t->busy) != 0 && os_now_ns() - began < limit;
}

/* False: t is still in the allocator. */
static bool wait_while_busy(const struct thread *t, uint64_t began)
{
    while (is_waited_for(t, began))
        os_nap(BUSY_POLL_NS);
    return word_load_acquire(&t->busy) == 0;
}

static void hold_others(void)
{
    for (struct thread *t = registry.first; t; t = t->next)
        if (t != thread_self)
            word_set_bits(&t->hold, hold_fork);
    if (!os_fence_everywhere())
        stop_as_fence();
    uint64_t began = os_now_ns();
    somebody_stayed = false;
    for (struct thread *t = registry.first; t; t = t->next)
        if (t != thread_self && !wait_while_busy(t, began))
            somebody_stayed = true;
}

static void release_others(void)
{
    for (struct thread *t = registry.first; t; t = t->next)
        word_fetch_clear(&t->hold, hold_fork);
    wake_waiting_threads();
}

/* ---- The child ---- */

/* t runs no more. Its descriptor and its cache are left alone. */
static void abandon(struct thread *t)
{
    struct thread *recycled = registry.recycled;
    registry_remove(t);
    registry.recycled = recycled;
}

/* The locks of the heap, which the flushes take, are free if nobody stayed. */
static void drop_others(void)
{
    struct thread *next;
    for (struct thread *t = registry.first; t; t = next) {
        next = t->next;
        if (t == thread_self)
            continue;
        if (somebody_stayed)
            abandon(t);
        else
            registry_bury(t);
    }
}

static void become_the_only_thread(void)
{
    lock_reset_after_fork(&registry.lock);
    lock_acquire(&registry.lock);
    registry.others.count = 0;
    costacks_reset_locks_in_child();
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
    if (somebody_stayed)
        report("fork: a signal handler had interrupted a thread in the allocator and did not "
               "return: this child does not collect");
    if (hooks->child)
        hooks->child(somebody_stayed);
}

void fork_hooks_set(const struct fork_hooks *set)
{
    hooks = set;
}

void fork_handlers_install(const struct fork_hooks *installed)
{
    fork_hooks_set(installed);
    pthread_atfork(fork_prepare, fork_parent, fork_child);
}
