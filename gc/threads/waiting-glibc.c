/* waiting-glibc.c: waiting.h on glibc.
 *
 * glibc keeps two lists of cleanup handlers a thread. That of pthread_cleanup_push (in C, without
 * exceptions) is forgotten by longjmp, which would leave an entry on a dead frame. The older one,
 * of _pthread_cleanup_push, is run by cancellation and pthread_exit and also by longjmp, as far as
 * the frames are left. It costs nothing, needs no unwinder, and is what libc itself uses.
 */
#include <pthread.h>
#include "threads/waiting.h"
#include "threads/blocking.h"
#include "threads/fakestack.h"

static void leave_blocked(struct waiting *w)
{
    blocking_leave(w->thread);
    thread_publish_stack(w->thread, w->stack_low_before);
    if (w->hold_before != 0)
        word_set_bits(&w->thread->hold, hold_blocked);
}

/* The call is left by a jump or by the thread's end. The thread may have left the registry. */
static void abandon(void *argument)
{
    struct waiting *w = argument;
    if (w->kind == WAITING_UNSIGNALLED)
        signals_set_mask(w->mask_before);
    else if (thread_self == w->thread)
        leave_blocked(w);
}

void waiting_enter(struct waiting *w, uintptr_t stack_low)
{
    struct thread *t = thread_self ? thread_self : thread_register_stranger();
    w->kind = WAITING_DISTURBED;
    if (!t || thread_is_blocked(t))
        return;
    w->thread = t;
    w->stack_low_before = t->stack_low;
    w->hold_before = word_load(&t->hold) & hold_blocked;
    w->kind = word_load(&t->busy) != 0 ? WAITING_UNSIGNALLED : WAITING_BLOCKED;
    if (w->kind == WAITING_UNSIGNALLED)
        w->mask_before = signals_block(signal_bit(stop_signal()));
    _pthread_cleanup_push(&w->cleanup, abandon, w);
    if (w->kind == WAITING_BLOCKED) {
        thread_publish_stack(t, stack_low);
        blocking_enter(t);
    }
}

void waiting_leave(struct waiting *w)
{
    if (w->kind == WAITING_DISTURBED)
        return;
    if (w->kind == WAITING_BLOCKED)
        leave_blocked(w);
    _pthread_cleanup_pop(&w->cleanup, 0);
    if (w->kind == WAITING_UNSIGNALLED)
        signals_set_mask(w->mask_before);
}
