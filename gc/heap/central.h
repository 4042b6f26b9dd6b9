/* central.h: where the spans of a kind and class wait when no thread has them.
 *
 * Owns: for each kind and class four lists: partial and full (of allocated slots), each once for
 * swept spans and once for spans still to be swept. Which is which follows from heap.sweepgen
 * alone: its growth by 2 turns the swept lists into unswept ones. Large objects' spans are kept the
 * same way under class 0, where only `full` is used.
 *
 *     cached by a thread  --central_put-->  partial or full, swept
 *     swept lists         --sweepgen += 2-->  unswept
 *     unswept             --sweep-->  partial or full, swept, or back to the page allocator
 *     partial, swept      --central_take-->  cached by a thread
 *
 * Who wins the CAS of a span's sweepgen from sg-2 to sg-1 is the one to unlink it.
 *
 * Lock: one per central (rank central) protects its lists and the links and `list` of spans on
 * them. Callers are busy, or the world is stopped.
 */
#ifndef SPANGC_CENTRAL_H
#define SPANGC_CENTRAL_H

#include "heap/span.h"
#include "platform/lock.h"

struct span_list {
    atomic_word first; /* struct span *; written under the lock, peeked at without */
};

struct central {
    struct lock lock;
    struct span_list partial[2];
    struct span_list full[2];
};

/* Makes sure that the centrals of a kind exist. False: no memory. */
bool central_ensure_kind(unsigned kind);

/* A span with a free slot, swept, the caller's own (sweepgen sg + 3): off the partial list, or
 * swept now (a bounded number of tries). NULL: none; the caller makes a fresh one. */
struct span *central_take(unsigned kind, unsigned size_class);

/* Back from a cache, swept, or new and large: onto the list that its free slots ask for. */
void central_put(struct span *s);

/* Explicit frees made a full span partial, or left it empty. The span may be cached by a thread or
 * recycled by now; both are noticed. `c` was looked up while the object still existed. */
void central_now_partial(struct central *c, struct span *s);
void central_now_empty(struct central *c, struct span *s);

struct central *central_of(const struct span *s);

/* Takes any span still to be swept off the lists of (kind, class), already won; NULL: none. */
struct span *central_pop_unswept(unsigned kind, unsigned size_class);

/* Removes a span that was won while still on an unswept list. */
void central_unlink(struct span *s);

/* A span that was won but could not be swept: to be swept, as before. */
void central_put_unswept(struct span *s);

/* World stopped, caches flushed: every span of a kind. */
void central_for_each(unsigned kind, void (*visit)(struct span *s, void *argument), void *argument);

bool central_kind_exists(unsigned kind);
bool centrals_are_valid(void);

void central_reset_locks_in_child(void);

#endif
