/* region-glibc.c: region.h on glibc.
 *
 * glibc keeps two lists of cleanup handlers a thread. That of pthread_cleanup_push (in C, without
 * exceptions) is forgotten by longjmp, which would leave an entry on a dead frame. The older one,
 * of _pthread_cleanup_push, is run by cancellation and pthread_exit and also by longjmp, as far as
 * the frames are left. It costs nothing, needs no unwinder, and is what libc itself uses.
 */
#include <pthread.h>
#include "threads/region.h"
#include "threads/blocking.h"

/* Exported, no longer declared. */
void _pthread_cleanup_push(struct _pthread_cleanup_buffer *buffer, void (*routine)(void *),
                           void *argument);
void _pthread_cleanup_pop(struct _pthread_cleanup_buffer *buffer, int execute);

static void leave_blocked(struct region *r)
{
    blocking_leave(r->thread);
    r->thread->stack_low = r->stack_low_before;
    if (r->hold_before != 0)
        word_set_bits(&r->thread->hold, hold_blocked);
}

/* The call is left by a jump or by the thread's end. The thread may have left the registry. */
static void abandon(void *argument)
{
    struct region *r = argument;
    if (r->kind == REGION_SIGNAL_WAITS)
        signals_set_mask(r->mask_before);
    else if (thread_self == r->thread)
        leave_blocked(r);
}

void region_enter(struct region *r, uintptr_t stack_low)
{
    struct thread *t = thread_self;
    r->kind = REGION_NONE;
    if (!t || thread_is_blocked(t))
        return;
    r->thread = t;
    r->stack_low_before = t->stack_low;
    r->hold_before = word_load(&t->hold) & hold_blocked;
    r->kind = word_load(&t->busy) != 0 ? REGION_SIGNAL_WAITS : REGION_BLOCKED;
    if (r->kind == REGION_SIGNAL_WAITS)
        r->mask_before = signals_block(signal_bit(stop_signal()));
    _pthread_cleanup_push(&r->cleanup, abandon, r);
    if (r->kind == REGION_BLOCKED) {
        t->stack_low = stack_low;
        blocking_enter(t);
    }
}

void region_leave(struct region *r)
{
    if (r->kind == REGION_NONE)
        return;
    if (r->kind == REGION_BLOCKED)
        leave_blocked(r);
    _pthread_cleanup_pop(&r->cleanup, 0);
    if (r->kind == REGION_SIGNAL_WAITS)
        signals_set_mask(r->mask_before);
}
