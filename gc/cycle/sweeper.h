/* sweeper.h: the background helper: sweeps after a cycle and gives pages back.
 *
 * Owns: one helper thread, started by the first cycle that leaves a heap worth it (4 MiB and the
 * third cycle), never with SPANGC_HELPERS=0. In a foreign process it has
 * all signals blocked, a name, a small stack that is no root, and is parked before exit handlers
 * that the program registered earlier run. When the sweep is done and no cycle came for a second,
 * it returns free pages beyond what the goal may ask for to the kernel, then sleeps.
 *
 * Lock: the helper's gate (rank helper) is held while it works on anything; who holds it (a fork,
 * the exit) knows that the helper stands between two spans.
 */
#ifndef SPANGC_SWEEPER_H
#define SPANGC_SWEEPER_H

#include <stdbool.h>
#include <stddef.h>

/* SPANGC_HELPERS=0 forbids; set before the first cycle. */
void sweeper_allow(bool allowed);

/* After a cycle, by its thread, no lock held and not busy: starts the helper when it is time. The
 * next cycle may be under way already, so the size of the heap is the one that this cycle found:
 * asking for it takes locks with which nobody may be stopped. */
void sweeper_wake(size_t heap_bytes);

/* Keeps the helper from working over a fork. In the child there is none; the next cycle starts a
 * new one. */
void sweeper_lock_for_fork(void);
void sweeper_unlock_after_fork(bool in_child);

#endif
