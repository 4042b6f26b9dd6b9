/* census.h: every object that there is at one moment.
 *
 *     finish the sweep --> stop --> caches flushed: alloc bits are exact --> copy them --> start
 *         --> the caller's function for each object, with the world running
 */
#ifndef SPANGC_CENSUS_H
#define SPANGC_CENSUS_H

#include <stdbool.h>
#include <stddef.h>

/* The caller holds the cycle lock and is not busy. False: no memory, or a thread could not be
 * stopped; nothing was visited. */
bool census_take(void (*visit)(void *object, size_t bytes, void *argument), void *argument);

#endif
