/* sweeper.h: the background helper: sweeps after a cycle, gives pages back, and collects when the
 * program has gone to sleep.
 *
 * Owns: one helper thread, started by the first cycle that leaves a heap worth it (4 MiB and the
 * third cycle, or 16 MiB), never with SPANGC_HELPERS=0. In a foreign process it has all signals
 * blocked, a name, a small stack that is no root, and is parked before exit handlers that the
 * program registered earlier run.
 *
 *     a cycle has ended     it sweeps, unless there is one processor only
 *     every half second     it gives back what scavenger.h does not keep (heaps of 4 MiB and more)
 *     the program is idle   it sweeps what is left, and collects if idle.h says so
 *
 * The last is for heaps of 8 MiB and more in which no more than a GiB is live: a stop of a second.
 *
 * A collection by the helper runs no function of the program (cycle_collect_idle): where one would
 * have to, there is none. Finalizers that it finds to be due wait for the next cycle of the
 * program's, or for GC_invoke_finalizers.
 *
 * The helper gives way: when the kernel takes its processor away, it sleeps before it goes on, with
 * no lock held. A low priority would not do, since it would be kept waiting with the locks it has.
 *
 * Lock: the helper's gate (rank helper) is held while it works on anything but a collection; who
 * holds it (a fork, the exit) knows that the helper stands between two spans. A fork holds the
 * cycle lock as well, and the exit waits for the collection under way.
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
