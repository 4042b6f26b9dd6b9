/* debugobj.h: objects that know where they were allocated, and notice being written over.
 *
 *     | low guard | site | bytes | back pointer | spare | high guard |  user's bytes  |  tail  |
 *     ^ base                                                         ^ user
 *
 * The guards depend on the object's address. The tail goes on to the end of the slot, and takes at
 * least one byte; every byte of it holds debug_tail_byte, but for the rest of the last word of an
 * object that may hold pointers: these are 0.
 *
 * Owns: the table of all debug objects, base -> site and two flags. It alone says which objects are
 * debug objects, so that no contents of memory, stale or written over, can pretend to be one, and a
 * report names the place of allocation even when the header is destroyed.
 *
 *     every key is the base of an allocated object whose header has been written
 *
 * It holds since whoever frees such an object takes it out before (debug_forget), and each cycle
 * takes out those that have not been marked (debug_drop_dead) before they can be swept.
 *
 * The back pointer tells from where the last cycle reached the object (cycle/inspect.h). It is
 * stored inverted, so that it is no pointer to the marker.
 *
 * Lock: debug (rank special). Functions for the program's threads: caller busy. Those for the pause
 * say so, and take no lock.
 */
#ifndef SPANGC_DEBUGOBJ_H
#define SPANGC_DEBUGOBJ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "heap/find.h"
#include "services/sites.h"

struct debug_header {
    uintptr_t low_guard;
    const struct site *site;
    size_t bytes; /* that the program asked for */
    uintptr_t back_pointer;
    uintptr_t spare; /* user data begins at a multiple of 16; guards it like the guards */
    uintptr_t high_guard;
};

enum {
    debug_header_bytes = sizeof(struct debug_header),
    debug_tail_min = 8,
    debug_extra_bytes = debug_header_bytes + debug_tail_min,
    debug_tail_byte = 0xed,
    debug_freed_byte = 0xde /* what the user's bytes of a freed object are filled with */
};

static inline uintptr_t debug_user(uintptr_t base)
{
    return base + debug_header_bytes;
}

/* Where a back pointer leads: to a word in a root, in an object, or in the finalizers' records. */
enum debug_source { DEBUG_FROM_NOWHERE, DEBUG_FROM_ROOT, DEBUG_FROM_HEAP, DEBUG_FROM_FINALIZER };

struct debug_info {
    const struct site *site;
    size_t bytes;      /* as the header says; what the slot has room for, if that is smashed */
    uintptr_t smashed; /* the first byte that was written over; 0: none */
    bool freed;        /* by the program, and kept to see whether it is still written to */
    bool header_intact;
};

/* Makes the allocated object, of at least bytes + debug_extra_bytes, a debug object. False: no
 * memory; then it has no header either. */
bool debug_dress(const struct object *o, size_t bytes, const struct place *place);

/* Is it one? Looks at its guards. */
bool debug_look(const struct object *o, struct debug_info *info);

/* Does the memory of this object, which is none, look as if it had been one? For messages only. */
bool debug_was_one(const struct object *o);

/* It is one no longer. False: it was none. */
bool debug_forget(uintptr_t base);

/* The program has freed it, but its memory is kept until a cycle finds it unreachable. */
bool debug_set_freed(uintptr_t base);

/* 0 as long as there is no debug object. Any caller. */
size_t debug_count(void);

enum debug_source debug_back_pointer(const struct object *o, uintptr_t *source);

/* ---- World stopped ---- */

/* Is the object at that base one that the program has freed? */
bool debug_is_freed(uintptr_t base);

/* Calls visit for each object, after a look at its guards. It may call the following functions. */
void debug_for_each(void (*visit)(const struct object *o, const struct debug_info *info));
bool debug_is_object(uintptr_t base);
/* Notes that the smashed object has been told about. False: it was already. */
bool debug_set_told(uintptr_t base);
void debug_set_back_pointer(uintptr_t base, enum debug_source kind, uintptr_t source);

void debug_drop_dead(bool (*is_marked)(uintptr_t object_base));

bool debug_objects_are_valid(void);
void debug_reset_locks_in_child(void);

#endif
