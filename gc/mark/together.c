/* together.c: see together.h. */
#include "mark/together.h"
#include "mark/words.h"

enum { word_bytes = sizeof(uintptr_t) };

static uint64_t low_bits(size_t count)
{
    return count < 64 ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
}

/* The same for some from number `first` of the span on, all of whose words a filter takes at once.
 * Bits are counted from `first` on. */
static uint64_t leading_on(const struct span *s, size_t first, size_t count, uint64_t objects)
{
    size_t words = s->object_bytes / word_bytes;
    uint64_t leading = 0;
    uint64_t hits = words_filter((const uintptr_t *)span_object(s, first), count * words,
                                 region.base, region.size);
    for (uint64_t left = hits != 0 ? objects : 0; left != 0; left &= left - 1) {
        size_t i = (size_t)__builtin_ctzll(left);
        if (((hits >> (i * words)) & low_bits(words)) != 0)
            leading |= bit_mask(i);
    }
    return leading;
}

uint64_t together_leading_on(const struct span *s, size_t word, uint64_t objects)
{
    size_t words = s->object_bytes / word_bytes;
    if (s->pointer_free)
        return 0;
    if (words > words_most || !descriptor_names_words(s->descriptor))
        return objects;
    size_t at_once = words_most / words, here = word * 64;
    size_t count = s->objects - here < 64 ? s->objects - here : 64;
    uint64_t leading = 0;
    for (size_t i = 0; i < count; i += at_once) {
        size_t some = count - i < at_once ? count - i : at_once;
        uint64_t asked = objects >> i & low_bits(some);
        if (asked != 0)
            leading |= leading_on(s, here + i, some, asked) << i;
    }
    return leading;
}

void together_mark(struct marker *m, struct span *s, size_t word, uint64_t objects)
{
    atomic_word *marks = &span_mark_bits(s)[word];
    size_t count = (size_t)__builtin_popcountll(objects);
    size_t bytes = count * s->object_bytes;
    word_store(marks, word_load(marks) | objects);
    m->objects += count;
    m->bytes += bytes;
    if (s->descriptor == 0)
        *(s->object_bytes <= small_max ? &m->small_noscan_bytes : &m->large_noscan_bytes) += bytes;
}
