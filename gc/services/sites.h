/* sites.h: the places in the program where debug objects were allocated.
 *
 * Owns: one record for each place seen so far, that is, for each combination of file, line and call
 * chain. A record is never changed and never freed, and holds a copy of the file's name: the
 * library that gave the name may be unloaded before its objects.
 *
 *     two records differ in file, line or call chain
 *
 * Records lie in memory of our own (os_map), outside the heap.
 *
 * Lock: the caller's (services/debugobj.c). A record that has been returned may be read freely.
 */
#ifndef SPANGC_SITES_H
#define SPANGC_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { site_frames_max = 32 };

/* What a caller knows of a place; file NULL: unknown. */
struct place {
    const char *file;
    int line;
    unsigned frame_count;
    void *const *frames; /* return addresses, innermost first */
};

struct site {
    struct site *next; /* with the same hash */
    const char *file;
    int line;
    unsigned frame_count;
    void *frames[];
};

/* The record of a place, made where there is none yet. NULL: no memory. */
const struct site *site_of(const struct place *place);

bool sites_are_valid(void);

#endif
