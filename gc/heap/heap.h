/* heap.h: the heap's generation number, its accounts and its goal.
 *
 * Accounts. All sizes in bytes, kept by atomic words, exact with the world stopped and caches
 * flushed:
 *
 *     live      what the last mark found, plus all claimed since, less explicit frees
 *     goal      a refill that finds live >= goal asks its caller to collect
 *
 * Claims count whole words of slots when they are claimed; a flush takes back what was not used.
 * A thread charges its claims a span at a time, and others may have freed such objects before:
 * `live` is below zero for a while then, which heap_live takes for zero.
 */
#ifndef SPANGC_HEAP_H
#define SPANGC_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "platform/atomics.h"

struct heap {
    atomic_word sweepgen;        /* grows by 2, with the world stopped */
    atomic_word live;            /* see above */
    atomic_word goal;            /* set by the pacer; SIZE_MAX: never ask */
    atomic_word allocated_total; /* bytes ever claimed, less what flushes returned */
    atomic_word freed_total;     /* bytes freed explicitly */
    atomic_word stress_left;     /* SPANGC_STRESS: bytes until the next forced cycle */
    size_t stress_bytes;         /* 0: off; set before the first allocation */
    atomic_word maximum;         /* GC_set_max_heap_size: limit on committed bytes; 0: none */
};

extern struct heap heap;

/* Sets up region, bits, page allocators, classes, central lists. False: no address space. */
bool heap_init(void);

/* Bytes of spans in use. */
size_t heap_bytes_in_use(void);

/* Charges claims (as a wrapped negative number, what flushes returned), and takes explicit frees
 * off again. */
void heap_charge(size_t bytes);
void heap_uncharge(size_t bytes);

/* Objects that were freed into a cache and will be, or were, allocated again without a new claim.
 */
void heap_charge_reused(size_t bytes);

/* The account `live`, never below zero. */
size_t heap_live(void);

/* Memory outside the heap that comes with objects, as finalizers do, brings the next cycle nearer
 * (and, freed, puts it off again): the goal of this cycle is lowered by so many bytes, or raised.
 */
void heap_lower_goal(ptrdiff_t bytes);

/* Is the goal reached, or has the stress counter run out? */
bool heap_wants_cycle(void);

/* Is it left behind, by more than a sixteenth? */
bool heap_is_far_past_goal(void);

bool heap_stress_is_due(void);
void heap_stress_restart(void);

/* Would npages more go beyond heap.maximum? */
bool heap_may_grow(size_t npages);

void heap_reset_locks_in_child(void);

#endif
