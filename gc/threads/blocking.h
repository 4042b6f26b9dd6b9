/* blocking.h: becoming blocked and unblocked, for the files of this folder. See blocking.c. */
#ifndef SPANGC_BLOCKING_H
#define SPANGC_BLOCKING_H

#include "threads/thread.h"

/* The calling thread, not busy, is stopped from here on without being asked, and its stack scanned
 * from stack_low, which is set. */
void blocking_enter(struct thread *t);

/* And no longer: waits for the start where the world stands still. May find that it has left. */
void blocking_leave(struct thread *t);

/* The calling thread, a handler of the program in it, wants to allocate: it leaves the region. */
void blocking_interrupted(struct thread *t);

static inline bool thread_is_blocked(const struct thread *t)
{
    uintptr_t state = word_load(&t->state);
    return state == THREAD_BLOCKED || state == THREAD_BLOCKED_STOPPED;
}

#endif
