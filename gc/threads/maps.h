/* maps.h: the kernel's view of the address space: mappings, and which of their pages exist.
 *
 * Read with plain system calls into a buffer on the stack: no malloc, no stdio, also with the
 * world stopped. Without PROCMAP_QUERY (Linux 6.11) the time grows with the number of mappings.
 * errno is kept.
 */
#ifndef SPANGC_MAPS_H
#define SPANGC_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping {
    uintptr_t low, high;
};

typedef void (*range_visitor)(uintptr_t low, uintptr_t high, void *argument);

/* The mapping that contains `address`; false: there is none, or the kernel does not tell. */
bool maps_find(uintptr_t address, struct mapping *mapping);

/* Does maps_find take one short system call? */
bool maps_find_is_cheap(void);

/* Visits what [low, high) holds: the parts that can be read and whose pages exist, in memory or
 * swapped out. Nothing else is touched, so that pages nobody has written stay unpopulated. Where
 * the kernel does not tell which pages exist, all that can be read is visited; where it does not
 * even tell what is mapped, copies are. */
void maps_visit_present(uintptr_t low, uintptr_t high, range_visitor visit, void *argument);

/* The same for a range of which only the beginning is known: from `low` to the end of its mapping,
 * at most `most` bytes. False: there was more. */
bool maps_visit_rest(uintptr_t low, size_t most, range_visitor visit, void *argument);

#endif
