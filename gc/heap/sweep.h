/* sweep.h: turning mark bits into alloc bits, a span at a time.
 *
 * Sweeping a span makes its mark bits its alloc bits (a pointer assignment) and takes fresh zeroed
 * mark bits; it reads and writes bitmaps, never an object. It happens in allocators, at refill, and
 * in the background sweeper, all at the same time, and never in the pause.
 *
 * Owns: the count of active sweepers and the cursor over all centrals.
 *
 *     done  <=>  no span is on an unswept list and no sweeper is active
 *
 * A cycle starts only when the last sweep is done (sweep_finish), so that no span ever misses one.
 * A sweeper announces itself (sweep_enter) before it takes a span off a list and leaves after it
 * has put the span back. It is busy; or it is the background helper, which no stop reaches: for
 * that one the cursor is the gate. It stands at the end from the last sweep's finish until marking
 * is over, and who finds it there touches no span.
 *
 *     finish --> cursor at end --> (pause) sweepgen += 2, mark --> sweep_open: cursor = 0
 *
 * A span whose sweep finds no memory for mark bits goes back to its list, still to be swept.
 *
 * Kinds with a disclaim procedure are the exception: their dead objects are looked at by a function
 * of the program before the alloc bits are replaced. Everybody above passes their spans by; they
 * are swept by sweep_next_disclaimed and sweep_disclaimed alone, for services/disclaim.h, which
 * also sees to it that none is left when a cycle begins.
 */
#ifndef SPANGC_SWEEP_H
#define SPANGC_SWEEP_H

#include "heap/span.h"

struct object;

enum sweep_place { SWEPT_BY_ALLOCATOR, SWEPT_IN_BACKGROUND, SWEPT_BEFORE_CYCLE, sweep_places };

void sweep_enter(void);
void sweep_leave(void);
bool sweep_is_done(void);

/* Wins the right to sweep s (CAS sg-2 -> sg-1). */
bool sweep_win(struct span *s);

/* Sweeps a won span that is on no list; the caller places it. False: no memory for bits; the span
 * is on its unswept list again. */
bool sweep_won(struct span *s, enum sweep_place place);

/* Gives a swept span its place: on the list that its free slots ask for, or, an empty one, back to
 * the page allocator. */
void sweep_settle(struct span *s);

/* Sweeps one span from anywhere and places it (an empty one goes back to the page allocator).
 * False: nothing is left to be swept, or there is no memory for bits. */
bool sweep_one(enum sweep_place place);

/* Sweeps large objects until npages have become free or all large ones are swept: what a large
 * allocation does before it takes pages never used. Caller busy. */
void sweep_large(size_t npages);

/* Sweeps all that is left and waits for other sweepers. False: out of memory for mark bits. */
bool sweep_finish(void);

/* Has s been swept in this generation? */
bool sweep_has_swept(const struct span *s);

/* Is the allocated object there, swept or not; also while its span is being swept, which is waited
 * for. may_wait: false in a handler that interrupted the allocator. */
bool sweep_spares(const struct object *o, bool may_wait);

/* For GC_free and relatives: sweeps s here, or waits for the thread that does. The caller is busy
 * and holds a live object of s. */
enum sweep_outcome {
    SWEEP_DONE,  /* s is swept in this generation */
    SWEEP_LATER, /* another thread asks disclaim procedures; not to be waited for while busy */
    SWEEP_FAILED /* no memory, or s is to be disclaimed by the caller itself */
};
enum sweep_outcome sweep_ensure(struct span *s);

/* World stopped, sweep finished, caches flushed: every span becomes one to be swept, but nobody
 * starts before sweep_open, which is called when all marking is done. */
void sweep_new_generation(void);
void sweep_open(void);

/* Of kinds with a disclaim procedure: a span, won; NULL: none is left. Then the caller, and nobody
 * else, may set mark bits in it, and sweeps it by sweep_disclaimed. Caller busy in both, and one
 * thread only between sweep_disclaim_begin and _end. */
void sweep_disclaim_begin(void);
void sweep_disclaim_end(void);
struct span *sweep_next_disclaimed(void);
bool sweep_disclaimed(struct span *s);

/* Sets or clears the mark of an object that the next sweep would go by, and sweeps its span at
 * once; true: the mark was in time. Caller busy, world running. */
bool sweep_with_mark(const struct object *o, bool marked);

/* Spans swept since the last generation started, by place. */
void sweep_counts(size_t counts[sweep_places]);

#endif
