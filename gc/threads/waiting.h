/* waiting.h: a blocking region around one call of libc's, for the functions in front of it.
 *
 *     struct waiting w;
 *     waiting_enter(&w, registers_save(w.registers));
 *     ssize_t result = REAL(recv)(...);
 *     waiting_leave(&w);
 *
 * Inside, the thread is stopped without a signal (blocking.h), so the call is not disturbed: no
 * EINTR, no short count. What the thread holds is found on its stack from the caller's frame up,
 * where the registers lie as well.
 *
 * The call may be left otherwise: by cancellation, by a handler of the program that jumps out of it
 * or ends the thread. libc's list of cleanup buffers is told of all three, so waiting_leave is done
 * then too, before any of the program's own cleanup runs.
 *
 * A thread of which nobody has told us is registered here, or its wait would be disturbed. One that
 * has left goes straight through, and so does one in a region already. In a handler that has
 * interrupted the allocator (the thread is busy, and would not stop in the handler anyway) the stop
 * signal waits until the call is over. errno is kept.
 */
#ifndef SPANGC_WAITING_H
#define SPANGC_WAITING_H

#include "threads/registers.h"
#include "threads/signals.h"
#include "threads/thread.h"

/* glibc's older list of cleanup handlers: exported, no longer declared. */
void _pthread_cleanup_push(struct _pthread_cleanup_buffer *buffer, void (*routine)(void *),
                           void *argument);
void _pthread_cleanup_pop(struct _pthread_cleanup_buffer *buffer, int execute);

enum waiting_kind { WAITING_DISTURBED, WAITING_BLOCKED, WAITING_UNSIGNALLED };

struct waiting {
    uintptr_t registers[callee_saved_registers];
    enum waiting_kind kind;
    struct thread *thread;
    uintptr_t stack_low_before;
    uintptr_t hold_before; /* hold_blocked, if a handler interrupted the making of another region */
    signal_mask mask_before;
    struct _pthread_cleanup_buffer cleanup;
};

void waiting_enter(struct waiting *w, uintptr_t stack_low);
void waiting_leave(struct waiting *w);

#endif
