/* suspend.c: single threads that stand still until they are resumed.
 *
 * A suspended thread is STOPPED or BLOCKED_STOPPED with is_suspended set, which the stopper finds
 * standing already and leaves standing at the start. The flag is the registry lock's, as is every
 * change of state here. A thread that suspends itself goes from RUNNING to STOPPED without having
 * been asked, so nobody awaits it.
 */
#include "threads/park.h"
#include "threads/registry.h"
#include "threads/stop.h"

static struct thread *find(pthread_t handle)
{
    struct thread *t = registry.first;
    while (t && t->handle != handle)
        t = t->next;
    return t;
}

/* Registers are on the stack and stack_low is set. */
static void stand(void *argument)
{
    struct thread *t = argument;
    registry_lock();
    t->is_suspended = true;
    word_store(&t->state, THREAD_STOPPED);
    registry_unlock();
    wait_for_start(t, THREAD_STOPPED);
}

static bool suspend_self(void)
{
    signal_mask before = signals_set_mask(signals_asynchronous());
    thread_with_registers_spilled(stand, thread_self);
    signals_set_mask(before);
    return true;
}

bool thread_suspend(pthread_t handle)
{
    if (thread_self && thread_self->handle == handle)
        return suspend_self();
    registry_lock();
    struct thread *t = find(handle);
    bool suspended = t && (t->is_suspended || stop_one(t));
    if (suspended)
        t->is_suspended = true;
    registry_unlock();
    return suspended;
}

bool thread_resume(pthread_t handle)
{
    registry_lock();
    struct thread *t = find(handle);
    bool was_suspended = t && t->is_suspended;
    if (was_suspended) {
        t->is_suspended = false;
        start_one(t);
        wake_waiting_threads();
    }
    registry_unlock();
    return was_suspended;
}

bool thread_is_suspended(pthread_t handle)
{
    registry_lock();
    struct thread *t = find(handle);
    bool suspended = t && t->is_suspended;
    registry_unlock();
    return suspended;
}
