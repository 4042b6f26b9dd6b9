/* maps.h: the kernel's view of the address space, one mapping at a time.
 *
 * Read with plain system calls into a buffer on the stack: no malloc, no stdio, also with the
 * world stopped. The time grows with the number of mappings.
 */
#ifndef SPANGC_MAPS_H
#define SPANGC_MAPS_H

#include <stdbool.h>
#include <stdint.h>

struct mapping {
    uintptr_t low, high;
};

/* The mapping that contains `address`; false: there is none, or /proc cannot be read. */
bool maps_find(uintptr_t address, struct mapping *mapping);

#endif
