/* roots.h: the ranges of memory outside the heap that may hold the only pointer to an object.
 *
 * Owns: the list of client ranges (GC_add_roots), exclusions, and the segments of loaded objects
 * as of this cycle's stop, in memory of its own.
 *
 * Lock: roots (rank roots) for the client's ranges and exclusions, taken by busy threads only; the
 * segments are written by the stopping thread from inside the dl_iterate_phdr callback and read in
 * the same pause.
 */
#ifndef SPANGC_ROOTS_H
#define SPANGC_ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "threads/loader.h"

typedef void (*root_visitor)(uintptr_t low, uintptr_t high, void *argument);

/* Client ranges [low, high), words aligned inwards. False: no memory. */
bool roots_add(uintptr_t low, uintptr_t high);
void roots_remove(uintptr_t low, uintptr_t high);
void roots_clear(void);
void roots_exclude(uintptr_t low, uintptr_t high);
void roots_clear_exclusions(void);

/* Is it in a segment, as noted by the last stop? Caller busy. */
bool roots_in_segment(uintptr_t word);

/* GC_set_no_dls: no static data of any loaded object, the executable's neither. */
void roots_set_no_dls(bool no_dls);

/* Asked about each segment of static data before it is noted, with the name of its object, world
 * stopped: false leaves it out. NULL: all are noted. */
extern bool (*roots_segment_filter)(const char *name, uintptr_t low, uintptr_t high);

/* Calls `first` from inside dl_iterate_phdr's first callback (loader's lock held: there it stops
 * the world), then notes the writable segments of every loaded object, and its
 * thread-local variables (threads/tls.h); on return nobody holds the
 * loader's lock. `first` saying false ends it: nothing was noted, the world runs. NO_MEMORY: the
 * world is stopped, but there was no memory to note all segments. LOADER_TRY may end it before it
 * begins. */
enum segments_result { SEGMENTS_NOT_STARTED, SEGMENTS_NO_MEMORY, SEGMENTS_NOTED };
enum segments_result roots_collect_segments(bool (*first)(void *), void *argument,
                                            enum loader_entry entry);

/* Visits every range to be scanned: stacks, arguments under way to new threads, data with the
 * exclusions cut out, what the program tells. The same ranges each time. World stopped. */
void roots_for_each(root_visitor visit, void *argument);

/* Called in roots_for_each, to tell further ranges by roots_push: those are visited. At other times
 * roots_push ignores what it is told. NULL: none. */
extern void (*roots_program_function)(void);
void roots_push(uintptr_t low, uintptr_t high);

void roots_reset_locks_in_child(void);

#endif
