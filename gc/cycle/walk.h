/* walk.h: everything reachable, once more, by the plainest of algorithms.
 *
 * For who needs to know more than the marker notes: cycle/verify.c compares, cycle/inspect.c wants
 * to know by which word each object is found. Deliberately shares nothing with mark.c but
 * heap/find.h; of descriptors, what is read is shared, the steps are not.
 *
 * Objects are found from the roots first, then from uncollectable objects, then from what
 * finalizers keep; each from the first word that leads to it. So the words by which objects were
 * found make a forest, whose trees start in roots, uncollectable objects or finalizers' records.
 *
 * Owns, from walk_open to walk_close: a bitmap of a bit a granule and a stack, outside the heap.
 *
 * World stopped, in the pause, after marking. Mark procedures and the program's root function are
 * called again.
 */
#ifndef SPANGC_WALK_H
#define SPANGC_WALK_H

#include <stdbool.h>
#include "heap/find.h"
#include "mark/procedures.h"

enum walk_origin { WALK_ROOT, WALK_HEAP, WALK_UNCOLLECTABLE, WALK_FINALIZER };

/* The object, and the word that leads to it: its address in a root or an object (the beginning of
 * what a mark procedure was called for, where that named it); no meaning for the other origins. */
typedef void (*walk_visitor)(const struct object *o, enum walk_origin origin, uintptr_t source,
                             void *argument);

struct walk {
    walk_visitor visit;
    void *argument;
    enum walk_origin start;  /* what is walked from at the moment */
    enum walk_origin origin; /* of words that functions of the program name; and their source */
    uintptr_t source;
    uint8_t *seen[half_count]; /* a bit a granule of the committed part of each half */
    size_t seen_bytes[half_count];
    struct mark_entry *stack;
    size_t depth;
    size_t capacity;
    bool truncated; /* the stack could not grow: what lies behind some objects is missing */
    /* Of mark_procedure_entries + 1. Not in here: the walker's own frames, which may be read as a
     * client's range, must stay small (mark/roots.c). */
    struct mark_entry *procedure_stack;
};

/* False: no memory. In any case walk_close ends it. */
bool walk_open(struct walk *w, walk_visitor visit, void *argument);
void walk_everything(struct walk *w);
bool walk_has_seen(const struct walk *w, uintptr_t base);
void walk_close(struct walk *w);

#endif
