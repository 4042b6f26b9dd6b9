/* described.h: following descriptors that are more than a short length or a bitmap.
 *
 *     long length   scanned in pieces           |
 *     per object    the descriptor is fetched   |  each step says what is to be scanned right away,
 *     procedure     called; or, our own two:    |  a length or a bitmap, and pushes the rest
 *       bitmap      piece by piece              |
 *       array       some elements at a time     |
 *
 * What a program has put into an object may be wrong: nothing beyond the object's slot is read on
 * its word. What it pushes itself is taken as it is.
 *
 * An array's rear are the last three words of its slot, written with `bytes` last: until then the
 * array has no elements.
 */
#ifndef SPANGC_DESCRIBED_H
#define SPANGC_DESCRIBED_H

#include "heap/descriptor.h"
#include "heap/find.h"
#include "mark/mark.h"

/* Elements of `stride` bytes, each described by `descriptor`; the last may be cut off. */
struct array_rear {
    uintptr_t stride;
    uintptr_t descriptor;
    uintptr_t bytes; /* of all elements */
};

static inline struct array_rear *array_rear(const struct object *o)
{
    return (struct array_rear *)(o->base + o->span->object_bytes) - 1;
}

/* Can the rear be right? */
static inline bool array_rear_is_valid(const struct object *o, const struct array_rear *rear)
{
    size_t bytes = o->span->object_bytes;
    return bytes > sizeof *rear && rear->bytes <= bytes - sizeof *rear && rear->stride != 0 &&
           rear->stride <= bytes && rear->stride % sizeof(uintptr_t) == 0;
}

/* The descriptor of the element at `offset`. */
static inline uintptr_t array_element_descriptor(const struct array_rear *rear, size_t offset)
{
    return descriptor_clip(rear->descriptor, rear->bytes - offset);
}

/* Bytes from `start` to the end of its slot; outside the heap: no end. */
size_t described_room(uintptr_t start);

/* The length of all that can be scanned from `start` on: for where a description does not help. */
uintptr_t described_all(uintptr_t start);

/* A descriptor that is not per object, for the object at `start`: what a per-object one leads to.
 */
uintptr_t described_resolve(uintptr_t start, uintptr_t descriptor);

/* One step: returns a length of at most a piece, of whole words, or a bitmap: to be scanned from
 * e.start. World stopped. */
uintptr_t described_step(struct marker *m, struct mark_entry e);

#endif
