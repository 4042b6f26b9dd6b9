/* blocking.c: regions in which a thread does not touch the heap and need not be stopped.
 *
 *     blocking_call: | registers, frames ... | stack_low | fn's frames: not scanned
 *     active_call, in fn: RUNNING, everything is scanned; then BLOCKED with the old stack_low
 *
 * The result of fn lies above stack_low before the region is left.
 *
 * A handler of the program that interrupts fn and allocates makes the thread RUNNING until the end
 * of the region: when it has returned, its pointers may be anywhere, and the blocking call has
 * most likely been interrupted, too.
 *
 * hold_blocked is set before BLOCKED and cleared after it, so that no handler finds the thread
 * BLOCKED and the bit missing.
 */
#include "threads/blocking.h"
#include "threads/fakestack.h"
#include "threads/park.h"

void blocking_enter(struct thread *t)
{
    word_set_bits(&t->hold, hold_blocked);
    while (!word_cas(&t->state, THREAD_RUNNING, THREAD_BLOCKED))
        thread_stop_here(t);
}

void blocking_leave(struct thread *t)
{
    while (!word_cas(&t->state, THREAD_BLOCKED, THREAD_RUNNING)) {
        if (!thread_is_blocked(t))
            break;
        wait_for_start(t, THREAD_BLOCKED_STOPPED);
    }
    word_fetch_clear(&t->hold, hold_blocked);
}

void blocking_interrupted(struct thread *t)
{
    if (thread_is_blocked(t))
        blocking_leave(t);
}

struct blocking {
    struct thread *thread;
    void *(*fn)(void *);
    void *argument;
    void *result;
};

/* Registers are on the stack and stack_low is set. */
static void call_blocked(void *argument)
{
    struct blocking *b = argument;
    blocking_enter(b->thread);
    b->result = b->fn(b->argument);
    blocking_leave(b->thread);
}

void *blocking_call(void *(*fn)(void *), void *argument)
{
    struct blocking b = {thread_self, fn, argument, NULL};
    if (!b.thread || thread_is_blocked(b.thread))
        return fn(argument);
    thread_with_registers_spilled(call_blocked, &b);
    return b.result;
}

void *active_call(void *(*fn)(void *), void *argument)
{
    struct thread *t = thread_self;
    if (!t || !thread_is_blocked(t))
        return fn(argument);
    uintptr_t stack_low = t->stack_low;
    blocking_leave(t);
    void *result = fn(argument);
    thread_publish_stack(t, stack_low);
    blocking_enter(t);
    return result;
}
