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
 *
 * The next signal may come sooner than the thread gets on: queued ones follow one another without
 * an instruction in between, and a thread that waits for a lock of the heap's gets nowhere for as
 * long as the lock's holder has no processor. So the last handler to return into an allocator whose
 * reserve has become low leaves the program's signals blocked; the thread fills the reserve when it
 * leaves the allocator, and only then lets the waiting signals through. Hence
 *
 *     no handler of the program that interrupts the allocator finds the thread's reserve low
 *
 * as long as there is memory to fill it. Handlers that interrupt one another, and those that were
 * installed behind our back, share what there is.
 */
#ifndef SPANGC_INTERRUPTED_H
#define SPANGC_INTERRUPTED_H

#include "threads/signals.h"
#include "threads/thread.h"

/* An object for a handler in t, the calling thread, which is busy; 0: the reserve is used up. */
uintptr_t interrupted_allocate(struct thread *t, size_t bytes, unsigned kind);

/* Fills t's reserve if hold_reserve asks for it. Not busy. */
void interrupted_refill(struct thread *t);

/* A handler of the program is about to return into t, the calling thread, with `mask`. The result
 * is the mask to return with instead. */
signal_mask interrupted_mask(struct thread *t, signal_mask mask);

/* t has left the allocator: if signals wait for that, fills its reserve and lets them through. */
void interrupted_left(struct thread *t);

/* Fills the shared reserve for the first time. Not busy. */
void interrupted_prepare(struct thread *t);

#endif
