/* options.h: what the environment asks for.
 *
 * Read once, at initialisation. A value that cannot be understood gives one line on standard error
 * that names the variable, the value and what is expected, and counts as not set.
 *
 *     SPANGC_TRACE, GC_PRINT_STATS   a line a collection
 *     SPANGC_SUMMARY                 totals at exit
 *     SPANGC_STRESS=bytes            a collection after every so many bytes of allocation
 *     SPANGC_HELPERS=n               at most n threads help to mark; 0: no helpers for anything
 *     SPANGC_FINALIZER_THREAD        finalizers run in a thread of their own
 *     SPANGC_CALL_FRAMES=n           how many calls a debug object remembers, up to 32
 *
 * The variables of bdwgc, with its meaning:
 *
 *     GC_INITIAL_HEAP_SIZE=bytes, GC_MAXIMUM_HEAP_SIZE=bytes, GC_FREE_SPACE_DIVISOR=n,
 *     GC_ALL_INTERIOR_POINTERS, GC_DONT_GC, GC_FORCE_UNMAP_ON_GCOLLECT, GC_USE_ENTIRE_HEAP,
 *     GC_PAUSE_TIME_TARGET=ms, GC_FULL_FREQUENCY=n, GC_MARKERS=n
 *     GC_PRINT_STATS, GC_PRINT_VERBOSE_STATS, GC_LOG_FILE=path, GC_ONLY_LOG_TO_FILE
 *     GC_FIND_LEAK, GC_FINDLEAK_DELAY_FREE, GC_ABORT_ON_LEAK, GC_LOOP_ON_ABORT
 *     GC_DUMP_REGULARLY, GC_PRINT_ADDRESS_MAP, GC_BACKTRACES=n   after each collection
 *
 * One line names those of bdwgc's that are set and have no meaning here.
 */
#ifndef SPANGC_OPTIONS_H
#define SPANGC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Written by options_read, constant afterwards. */
struct settings {
    bool trace;
    bool summary;
    bool background; /* a helper thread sweeps and gives memory back */
    bool dont_collect;
    bool all_interior_pointers; /* turns them on; never off */
    bool find_leak;             /* turns it on; never off */
    bool delay_free;            /* what is freed while leaks are looked for stays for a cycle */
    bool abort_on_leak;
    bool loop_on_abort;
    bool finalizer_thread;
    bool dump_regularly;
    bool print_address_map;
    bool force_unmap;
    bool use_entire_heap;
    size_t helpers;            /* that mark, at most; SIZE_MAX: as many as are useful */
    size_t backtraces;         /* random ones after each cycle */
    size_t call_frames;        /* of debug allocations, to be noted */
    size_t pause_time_target;  /* milliseconds; 0: not set */
    size_t full_frequency;     /* 0: not set */
    size_t stress_bytes;       /* 0: off */
    size_t initial_heap;       /* 0: not set */
    size_t maximum_heap;       /* 0: not set */
    size_t free_space_divisor; /* 0: not set */
};

extern struct settings settings;

void options_read(void);

/* What the program asked for: n threads that mark, one of them the collecting one; 0: as many as
 * are useful. The environment has the last word. Before options_read. */
void options_limit_markers(unsigned n);

/* "64", "64k", "20M", "1g" as bytes. False: something else, or too many. */
bool option_parse_size(const char *text, size_t *value);

/* "1", "yes", "on" and "0", "no", "off". False: something else. */
bool option_parse_switch(const char *text, bool *value);

#endif
