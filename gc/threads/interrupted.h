/* interrupted.h: allocation by a signal handler that has interrupted the allocator.
 *
 * The handler finds its thread busy (thread.h) and gets its memory from a reserve (heap/reserve.h):
 * the thread's own or, where it has none yet, the one that all threads share. A thread's own is
 * made when it enters the allocator after that first time, so that threads which no handler
 * interrupts have none; and filled up whenever it enters with a low one: hold_reserve sends it the
 * slow way.
 *
 * A handler that has interrupted such a handler is served the same way: signals are blocked while
 * an object is taken.
 */
#ifndef SPANGC_INTERRUPTED_H
#define SPANGC_INTERRUPTED_H

#include "threads/thread.h"

/* An object for a handler in t, the calling thread, which is busy; 0: the reserve is used up. */
uintptr_t interrupted_allocate(struct thread *t, size_t bytes, unsigned kind);

/* Fills t's reserve if hold_reserve asks for it. Not busy. */
void interrupted_refill(struct thread *t);

/* Fills the shared reserve for the first time. Not busy. */
void interrupted_prepare(struct thread *t);

#endif
