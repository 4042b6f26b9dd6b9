/* trace.h: what a collection did, as a line on standard error, and a summary at exit.
 *
 * Owns: totals and a histogram of stops (eight buckets per doubling of microseconds, so that a
 * percentile is exact to 1/8). Written by the collecting thread, which holds the cycle lock.
 */
#ifndef SPANGC_TRACE_H
#define SPANGC_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cycle/cycle.h"
#include "heap/sweep.h"
#include "threads/stacks.h"

/* What one cycle measured. */
struct cycle_record {
    uint64_t number;
    enum cycle_cause cause;
    uint64_t to_stop_ns; /* from the first signal until all threads stood */
    uint64_t stop_ns;    /* from the first signal until all threads ran again */
    uint64_t mark_ns;
    size_t live;
    size_t heap;
    size_t goal;
    unsigned threads;
    struct stack_figures stacks;
    size_t objects;
    size_t bytes;
    size_t swept[sweep_places]; /* since the cycle before */
};

/* SPANGC_TRACE: a line a cycle; SPANGC_SUMMARY: totals at exit. Set before the first cycle. */
void trace_configure(bool lines, bool summary);

/* After the world runs again. */
void trace_cycle(const struct cycle_record *record);

/* At exit; prints only where a summary was asked for. */
void trace_summary(void);

#endif
