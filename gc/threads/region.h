/* region.h: a blocking region around one call of libc's, for the functions in front of it.
 *
 *     struct region r;
 *     region_enter(&r, registers_save(r.registers));
 *     ssize_t result = REAL(recv)(...);
 *     region_leave(&r);
 *
 * Inside, the thread is stopped without a signal (blocking.h), so the call is not disturbed: no
 * EINTR, no short count. What the thread holds is found on its stack from the caller's frame up,
 * where the registers lie as well.
 *
 * The call may be left otherwise: by cancellation, by a handler of the program that jumps out of it
 * or ends the thread. libc's list of cleanup buffers is told of all three, so region_leave is done
 * then too, before any of the program's own cleanup runs.
 *
 * A thread that is not registered goes straight through, and so does one in a region already. In a
 * handler that has interrupted the allocator (the thread is busy, and would not stop in the handler
 * anyway) the stop signal waits until the call is over. errno is kept.
 */
#ifndef SPANGC_REGION_H
#define SPANGC_REGION_H

#include "threads/registers.h"
#include "threads/signals.h"
#include "threads/thread.h"

enum region_kind { REGION_NONE, REGION_BLOCKED, REGION_SIGNAL_WAITS };

struct region {
    uintptr_t registers[callee_saved_registers];
    enum region_kind kind;
    struct thread *thread;
    uintptr_t stack_low_before;
    uintptr_t hold_before; /* hold_blocked, if a handler interrupted the making of another region */
    signal_mask mask_before;
    struct _pthread_cleanup_buffer cleanup;
};

void region_enter(struct region *r, uintptr_t stack_low);
void region_leave(struct region *r);

#endif
