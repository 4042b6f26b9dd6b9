/* cycle.h: one collection after another.
 *
 *     idle --collect--> finish last sweep --> stop --> mark --> finalization --> start --> sweeping
 *
 * Owns: the cycle lock (rank cycle), held from the decision to collect until the world runs again,
 * and the cycle counter. A cycle is started from inside a dl_iterate_phdr callback, so the loader's
 * lock comes first: nobody else then holds it while stopped, and the list of segments is exact.
 * Allocation never waits for a cycle that another thread runs, nor for a thread that is in a
 * callback of dl_iterate_phdr (threads/loader.h): it grows the heap (CAUSE_GOAL, CAUSE_STRESS). But
 * it gives way: far beyond the goal each refill is preceded by a nap, or threads that outnumber the
 * processors would fill as much again before the one that collects has come to the stop. Who keeps
 * collections off for long (GC_call_with_alloc_lock) so slows the others down.
 */
#ifndef SPANGC_CYCLE_H
#define SPANGC_CYCLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cycle_cause {
    CAUSE_GOAL,     /* the heap reached its goal */
    CAUSE_EXPLICIT, /* GC_gcollect and relatives */
    CAUSE_STRESS,   /* SPANGC_STRESS */
    CAUSE_MEMORY,   /* the system refused memory */
    CAUSE_IDLE      /* the helper's: the program has gone to sleep */
};

/* Figures of the last cycle and totals, for GC_get_prof_stats, traces and the summary. */
struct cycle_stats {
    uint64_t cycles;
    uint64_t stop_ns_total;
    uint64_t stop_ns_longest;
    uint64_t stop_ns_last;
    uint64_t mark_ns_last;
    uint64_t mark_ns_total;
    size_t live_bytes; /* marked by the last cycle */
    size_t freed_bytes_total;
};

/* Sets up what a cycle needs. Called once by the api's initialisation. */
bool cycle_init(void);

/* Runs a whole collection and returns true, or false: collections are disabled, `stop_func` asked
 * to give up, a thread could not be stopped, or (CAUSE_GOAL, CAUSE_STRESS) another thread is at it.
 * Caller is registered and not busy, or a handler that interrupted the allocator: then it does
 * nothing and returns false. Sweeping goes on afterwards. */
bool cycle_collect(enum cycle_cause cause, int (*stop_func)(void));

/* After cycle_collect(CAUSE_GOAL) was in vain: naps if another thread has the cycle lock and the
 * heap is far beyond its goal. */
void cycle_give_way(void);

/* A collection by a helper thread, which is not registered and runs no function of the program:
 * where one would take part, and where somebody else collects, there is none and it returns false.
 */
bool cycle_collect_idle(void);

/* GC_disable / GC_enable: nested. */
void cycle_disable(void);
void cycle_enable(void);
bool cycle_is_disabled(void);

/* Runs fn with the cycle lock held: no collection starts, nothing is cleared meanwhile
 * (GC_call_with_alloc_lock). fn may allocate. In a handler that interrupted the allocator, for
 * which no collection can stop the thread, fn runs without the lock if it is not free. */
void *cycle_excluded(void *(*fn)(void *), void *argument);

/* The same as two calls, which do not nest. False: the caller has not excluded cycles. */
void cycle_exclude(void);
bool cycle_include(void);

/* Stops the world and keeps it so, with no lock of the loader's or the cycle's held by anybody
 * else, until cycle_start_world; tries again as long as a thread cannot be stopped. False: the
 * caller holds the cycle lock already. And the same care for one thread, which may be the caller.
 */
bool cycle_stop_world(void);
void cycle_start_world(void);
void cycle_suspend_thread(pthread_t handle);

void cycle_stats_get(struct cycle_stats *stats);

/* What the goal depends on has changed: a new one. Any thread, from anywhere; waits for a cycle
 * under way. In a handler that interrupted the allocator it does not wait: if the lock is not free,
 * the next cycle to be completed sees to it. */
void cycle_recompute_goal(void);

/* Holds the cycle lock over a fork, and keeps everybody out of the loader. */
void cycle_lock_for_fork(void);
void cycle_unlock_after_fork(bool in_child);

/* Called after a cycle when the world runs again, by the collecting thread, with no lock held and
 * not busy (the api: run or announce finalizers); thread_self is NULL if a helper has collected.
 * Set once at initialisation. */
extern void (*cycle_after_hook)(void);

/* Called at the end of a cycle with its lock still held, as soon as the world runs again: what the
 * program is told of cycles does not change in GC_call_with_alloc_lock. Set once at initialisation.
 */
extern void (*cycle_counted_hook)(void);

/* Called before the stop, while all threads run, with the cycle lock held: so no two at once, and
 * GC_call_with_alloc_lock's functions see it done or not begun (the api: toggle references). Set
 * once at initialisation. */
extern void (*cycle_before_stop_hook)(void);

/* May a helper collect? (The api: the program allows it, and none of the functions that the program
 * has given to the api would be called.) The cycle lock is held. Set once at initialisation. */
extern bool (*cycle_idle_hook)(void);

/* Client callbacks (gc.h): at the start of a cycle, and the collection events of bdwgc; the cycle
 * lock is held in them. They must not allocate from EVENT_POST_STOP_WORLD to EVENT_MARK_END: caches
 * are flushed and mark bits new, so that an object of a new claim is unmarked, whoever has been
 * scanned already and holds it. */
extern void (*cycle_start_callback)(void);
extern void (*cycle_event_callback)(int event);

/* Called with the world stopped for each thread that stands still, after the stop and before the
 * start. NULL: not called. */
extern void (*cycle_thread_event_callback)(int event, pthread_t thread);

#endif
