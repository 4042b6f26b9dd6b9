/* bitmaps.c: see bitmaps.h. */
#include "mark/bitmaps.h"
#include "platform/atomics.h"
#include "platform/lock.h"
#include "platform/os.h"

/* Chunk c holds first_pieces << c pieces, so 40 chunks are never used up. */
enum { first_pieces = 512, chunk_limit = 40, word_bits = 64, followed = 1 };

static struct {
    struct lock lock;
    atomic_word chunks[chunk_limit]; /* uintptr_t * */
    atomic_word count;               /* of pieces; written under the lock */
} bitmaps = {.lock = LOCK_INITIALIZER(RANK_SPECIAL)};

/* Chunk c begins with piece first_pieces * (2^c - 1). */
static unsigned chunk_of(uintptr_t number)
{
    return 63U - (unsigned)__builtin_clzll(number / first_pieces + 1);
}

static uintptr_t chunk_start(unsigned chunk)
{
    return first_pieces * ((UINT64_C(1) << chunk) - 1);
}

/* The place of a piece; NULL: no memory for its chunk. */
static uintptr_t *piece_at_locked(uintptr_t number)
{
    unsigned c = chunk_of(number);
    if (c >= chunk_limit)
        return NULL;
    if (pointer_load(&bitmaps.chunks[c]) == NULL)
        pointer_store_release(&bitmaps.chunks[c],
                              os_map(((size_t)first_pieces << c) * sizeof(uintptr_t)));
    uintptr_t *chunk = pointer_load(&bitmaps.chunks[c]);
    return chunk == NULL ? NULL : &chunk[number - chunk_start(c)];
}

uintptr_t bitmap_to_descriptor(const uintptr_t *bits, size_t from, size_t length)
{
    uintptr_t descriptor = DESCRIPTOR_BITMAP;
    for (size_t i = 0; i < descriptor_bitmap_words && from + i < length; i++) {
        size_t at = from + i;
        if ((bits[at / word_bits] >> at % word_bits & 1) != 0)
            descriptor |= UINT64_C(1) << (word_bits - 1 - i);
    }
    return descriptor;
}

static bool add_locked(const uintptr_t *bits, size_t length, uintptr_t number)
{
    for (size_t from = 0; from < length; from += descriptor_bitmap_words) {
        uintptr_t *piece = piece_at_locked(number++);
        if (piece == NULL)
            return false;
        bool last = length - from <= descriptor_bitmap_words;
        *piece = (bitmap_to_descriptor(bits, from, length) & ~(uintptr_t)descriptor_tag_mask) |
                 (last ? 0 : followed);
    }
    word_store_release(&bitmaps.count, number);
    return true;
}

bool bitmap_add(const uintptr_t *bits, size_t length, uintptr_t *number)
{
    lock_acquire(&bitmaps.lock);
    *number = word_load(&bitmaps.count);
    bool added = add_locked(bits, length, *number);
    lock_release(&bitmaps.lock);
    return added;
}

bool bitmap_exists(uintptr_t number)
{
    return number < word_load_acquire(&bitmaps.count);
}

uintptr_t bitmap_piece(uintptr_t number, bool *last)
{
    unsigned c = chunk_of(number);
    const uintptr_t *chunk = pointer_load_acquire(&bitmaps.chunks[c]);
    uintptr_t piece = chunk[number - chunk_start(c)];
    *last = (piece & followed) == 0;
    return (piece & ~(uintptr_t)descriptor_tag_mask) | DESCRIPTOR_BITMAP;
}
