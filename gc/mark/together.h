/* together.h: marking 64 objects at a time, for the decision on finalizers.
 *
 * `objects` has a bit for each object of a span whose bits are in the same word of its bitmaps,
 * number `word`. Used with the world stopped by the collecting thread, which is the only one that
 * marks.
 */
#ifndef SPANGC_TOGETHER_H
#define SPANGC_TOGETHER_H

#include <stdint.h>
#include "heap/span.h"
#include "mark/mark.h"

/* Those of the objects that may lead to others: the rest have no address of the heap in them, and
 * no procedure that knows of more than their words. Most objects that die with a finalizer are of
 * the rest, and need no step of the marker each. */
uint64_t together_leading_on(const struct span *s, size_t word, uint64_t objects);

/* Marks the objects, none of which is, without a look at their contents. */
void together_mark(struct marker *m, struct span *s, size_t word, uint64_t objects);

#endif
