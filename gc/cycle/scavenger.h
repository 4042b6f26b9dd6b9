/* scavenger.h: which free pages go back to the kernel, and when.
 *
 * A page that is free and dirty (memory/pagealloc.h) is memory that nobody uses. What the program
 * will want again before its next cycle is kept, since a page that comes from the kernel costs
 * more than one of ours (some 1.7 us for 4 KiB):
 *
 *     running:  pages in use and kept are together at most an eighth more than `retained`, to which
 *               the goal rises at once and from which it falls by half the difference a look; so
 *               who grows and shrinks in turn within a second or two finds its pages again
 *     idle:     at most a sixteenth more than what is live, and a MiB
 *
 * Pages of which a part is in use stay: objects are never moved. So a heap of which each page holds
 * one survivor gives nothing back; what is free in it is used again by the next objects.
 *
 * Owns: `retained`. Called by the helper alone, its gate held or not (scavenger_begin needs none).
 */
#ifndef SPANGC_SCAVENGER_H
#define SPANGC_SCAVENGER_H

#include <stdbool.h>
#include <stddef.h>

/* A look at the heap, about every half second: how much is kept until the next. */
void scavenger_look(bool idle);

/* Gives back some of what is not kept; false: nothing more is to be. With the gate held, or nobody
 * may fork meanwhile: it takes the page allocator's locks. */
bool scavenge_step(void);

/* Bytes that are free, and not given back. */
size_t scavenger_dirty_bytes(void);

#endif
