/* options.h: what the environment asks for.
 *
 * Read once, at initialisation. A value that cannot be understood gives one line on standard error
 * that names the variable, the value and what is expected, and counts as not set.
 *
 *     SPANGC_TRACE, GC_PRINT_STATS   a line a collection
 *     SPANGC_SUMMARY                 totals at exit
 *     SPANGC_STRESS=bytes            a collection after every so many bytes of allocation
 *     SPANGC_HELPERS=0               no helper threads
 *     GC_INITIAL_HEAP_SIZE=bytes, GC_MAXIMUM_HEAP_SIZE=bytes, GC_FREE_SPACE_DIVISOR=n,
 *     GC_ALL_INTERIOR_POINTERS, GC_DONT_GC
 */
#ifndef SPANGC_OPTIONS_H
#define SPANGC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Written by options_read, constant afterwards. */
struct settings {
    bool trace;
    bool summary;
    bool helpers;
    bool dont_collect;
    bool all_interior_pointers; /* turns them on; never off */
    size_t stress_bytes;        /* 0: off */
    size_t initial_heap;        /* 0: not set */
    size_t maximum_heap;        /* 0: not set */
    size_t free_space_divisor;  /* 0: not set */
};

extern struct settings settings;

void options_read(void);

/* "64", "64k", "20M", "1g" as bytes. False: something else, or too many. */
bool option_parse_size(const char *text, size_t *value);

/* "1", "yes", "on" and "0", "no", "off". False: something else. */
bool option_parse_switch(const char *text, bool *value);

#endif
