/* find.h: from an address to the object that contains it.
 *
 * The only file that looks into spans on the collector's hot path: the marker's test and GC_base
 * are the same few lines.
 *
 *     word -> range test -> page_span -> index -> "is that slot allocated?"
 *
 * Callers are busy or the world is stopped, or the bits could be recycled under their hands.
 */
#ifndef SPANGC_FIND_H
#define SPANGC_FIND_H

#include "heap/span.h"

struct object {
    struct span *span;
    size_t index;
    uintptr_t base;
};

/* The slot that contains `word`, allocated or not; false: not an address inside a span's slots. */
static inline bool find_slot(uintptr_t word, struct object *o)
{
    uintptr_t offset = region_offset(word);
    if (offset >= region.size || !region_is_committed(offset))
        return false;
    struct span *s = region_span(offset);
    if (s == NULL)
        return false;
    size_t index = span_index(s, word - s->base);
    if (index >= s->objects)
        return false;
    o->span = s;
    o->index = index;
    o->base = span_object(s, index);
    return true;
}

/* The allocated object that contains `word`. */
static inline bool find_object(uintptr_t word, struct object *o)
{
    return find_slot(word, o) && bit_is_set(span_alloc_bits(o->span), o->index);
}

/* After a mark, before the next: would this object survive (or has it)? */
static inline bool object_is_marked(const struct object *o)
{
    return bit_is_set(span_mark_bits(o->span), o->index);
}

/* World stopped. Does the address lie in a marked object? `last` is the span that the last question
 * was about, first NULL: who asks about many objects mostly asks about neighbours. */
static inline bool address_is_marked(uintptr_t address, struct span **last)
{
    struct object o;
    struct span *s = *last;
    if (s == NULL || address - s->base >= span_limit(s) - s->base) {
        if (!find_slot(address, &o))
            return false;
        *last = o.span;
        return object_is_marked(&o);
    }
    size_t index = span_index(s, address - s->base);
    return index < s->objects && bit_is_set(span_mark_bits(s), index);
}

#endif
