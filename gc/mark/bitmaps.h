/* bitmaps.h: bitmaps longer than the 62 words that fit into a descriptor.
 *
 * Owns: a pool of pieces, each a bitmap of 62 words in a descriptor's own form. A long bitmap is a
 * run of pieces, all but the last marked as followed by the next; it is named by the number of its
 * first piece, and by the number of any other piece for the memory from there on. The pool grows by
 * chunks that are never moved nor given back: a bitmap is for a type, and types live for ever.
 *
 *     piece:  62 bits as in a descriptor | 0 | 1: the next piece belongs to the same bitmap
 *
 * Lock: bitmaps_lock (rank special) for adding. Reading needs none: who holds the number of a piece
 * got it after the piece was written.
 */
#ifndef SPANGC_BITMAPS_H
#define SPANGC_BITMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "heap/descriptor.h"

enum { bitmap_piece_bytes = descriptor_bitmap_words * sizeof(uintptr_t) };

/* Notes `length` bits (lowest of bits[0]: first word). The number of its first piece through
 * *number; false: no memory. Caller: busy. */
bool bitmap_add(const uintptr_t *bits, size_t length, uintptr_t *number);

/* The piece as a descriptor for the bitmap_piece_bytes that it is about; and is there another? */
uintptr_t bitmap_piece(uintptr_t number, bool *last);

/* Is this the number of a piece? */
bool bitmap_exists(uintptr_t number);

/* Bits [from, from + 62) of `bits` as a descriptor; those from `length` on count as clear. */
uintptr_t bitmap_to_descriptor(const uintptr_t *bits, size_t from, size_t length);

#endif
