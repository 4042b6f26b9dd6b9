/* helpers.h: the threads that mark together with the collecting thread.
 *
 * Owns: up to 15 helper threads and their markers. They are made after a cycle that found a heap
 * worth them: one for each 8 MiB that is alive, as many as CPUs are granted besides the collecting
 * thread's; none in the first collections, no more than SPANGC_HELPERS and the program allow, none
 * while one CPU is granted. They stay, and sleep between drains; in the child of a fork there are
 * none, until a cycle makes new ones.
 *
 * A helper works only while the world is stopped, and outside of that touches nothing but the state
 * of mark/packets.h. So there is nothing to be parked before exit handlers run, and nothing to be
 * held over a fork: who forks holds the cycle lock.
 *
 * A marker is counted before its thread is made. So who has seen all packets finished sees the
 * markers of all who have worked on them.
 *
 * Lock: none. helpers_drain is called in the pause; `making` lets one thread at a time make some.
 */
#ifndef SPANGC_HELPERS_H
#define SPANGC_HELPERS_H

#include <stdbool.h>
#include <stddef.h>
#include "mark/mark.h"

/* What fits into the caches one marker does nearly as well, in half the processor time: a second
 * one must fetch each line from the first one's, and setting mark bits takes both of them atomic
 * operations. bench/graph size=32, milliseconds of a mark without and with one helper:
 *
 *     mb=          8           16          32          128
 *     random       5.8  5.6    14  11      25  22      172 118
 *     sequential   2.6  2.7    9.4 6.3     19  10      78  53
 *
 * One for each 8 MiB instead of each 16: bench/trees with 2 threads, which has 6 to 14 MB alive and
 * two processors idle in each pause, .64 s instead of .84 with 5 % more processor time,
 * bench/gcbench .29 instead of .35 with 7 % more; one for each 4 MiB is no better.
 */
enum { helpers_most = 15, helpers_heap_each = 8 << 20, helpers_least_cycles = 3 };

/* At most so many; set before the first cycle. */
void helpers_limit(size_t most);

/* How many there are. */
unsigned helpers_count(void);

/* mark_drain, together with as many helpers as there are and as the last live heap, in bytes, is
 * worth. */
void helpers_drain(struct marker *m, size_t live_bytes);

/* After a cycle that found that much alive, by its thread, no lock held and not busy: makes the
 * helpers that the next one will want. */
void helpers_after_cycle(size_t live_bytes);

/* Makes helpers until there are `count`; returns how many there are. */
unsigned helpers_make(unsigned count);

void helpers_reset_in_child(void);

#endif
