/* gc_typed.h: objects of which the program says which words are pointers.
 *
 * What else lies in such an object keeps nothing alive by accident, and is not looked at.
 *
 *     GC_word bitmap[GC_BITMAP_SIZE(struct t)] = {0};
 *     GC_set_bit(bitmap, GC_WORD_OFFSET(struct t, next));
 *     GC_descr t_descriptor = GC_make_descriptor(bitmap, GC_WORD_LEN(struct t));
 *     struct t *p = GC_malloc_explicitly_typed(sizeof *p, t_descriptor);
 */
#ifndef GC_TYPED_H
#define GC_TYPED_H

#ifndef GC_H
#include "gc.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Bit i % GC_WORDSZ of word i / GC_WORDSZ is set if word i of the object may be a pointer. */
typedef GC_word *GC_bitmap;

#define GC_WORDSZ (8 * sizeof(GC_word))
#define GC_get_bit(bitmap, i) (((bitmap)[(i) / GC_WORDSZ] >> ((i) % GC_WORDSZ)) & 1)
#define GC_set_bit(bitmap, i) ((bitmap)[(i) / GC_WORDSZ] |= (GC_word)1 << ((i) % GC_WORDSZ))
#define GC_WORD_OFFSET(type, field) (offsetof(type, field) / sizeof(GC_word))
#define GC_WORD_LEN(type) (sizeof(type) / sizeof(GC_word))
#define GC_BITMAP_SIZE(type) ((GC_WORD_LEN(type) + GC_WORDSZ - 1) / GC_WORDSZ)

/* What describes a type: a mark descriptor (gc_mark.h). */
typedef GC_word GC_descr;

/* The descriptor for the first `length` bits of the bitmap; words beyond them are no pointers. For
 * more than 62 words it uses memory that is never given back, so call it once a type. Without
 * memory for that, a descriptor for as many words that takes all of them for pointers. Thread-safe.
 */
GC_API GC_descr GC_CALL GC_make_descriptor(const GC_word * /* bitmap */, size_t /* length */);

/* An object described by `descriptor`, cleared; its last word is the descriptor's, beyond the bytes
 * that were asked for. On failure the out-of-memory function's result. GC_realloc keeps the
 * descriptor of such an object, but does not take an array from GC_calloc_explicitly_typed. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_malloc_explicitly_typed(size_t /* bytes */, GC_descr);
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_malloc_explicitly_typed_ignore_off_page(size_t /* bytes */, GC_descr);

/* An array of n elements, each described by `descriptor`, cleared. The size of an element must be a
 * multiple of a word's; otherwise, the array is scanned word by word. */
GC_API GC_ATTR_MALLOC GC_ATTR_CALLOC_SIZE(1, 2) void *GC_CALL
    GC_calloc_explicitly_typed(size_t /* n */, size_t /* bytes of an element */, GC_descr);

#ifdef GC_DEBUG
#define GC_MALLOC_EXPLICITLY_TYPED(bytes, descriptor) ((void)(descriptor), GC_MALLOC(bytes))
#define GC_CALLOC_EXPLICITLY_TYPED(n, bytes, descriptor)                                           \
    ((void)(descriptor), GC_MALLOC((n) * (bytes)))
#else
#define GC_MALLOC_EXPLICITLY_TYPED(bytes, descriptor) GC_malloc_explicitly_typed(bytes, descriptor)
#define GC_CALLOC_EXPLICITLY_TYPED(n, bytes, descriptor)                                           \
    GC_calloc_explicitly_typed(n, bytes, descriptor)
#endif

#ifdef __cplusplus
}
#endif

#endif
