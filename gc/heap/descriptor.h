/* descriptor.h: the forms of a word that says where in a piece of memory the pointers are.
 *
 * The forms are bdwgc's (gc_mark.h), because programs make such words themselves and put them into
 * their objects. The two low bits are the tag:
 *
 *     length       the first `descriptor` bytes are scanned, each aligned word
 *     bitmap       the 62 upper bits: the highest stands for the first word; set: may be a pointer
 *     procedure    a function tells: number in the next 6 bits, above them what it is told as `env`
 *     per object   the descriptor that counts lies in the object, at the offset that the other
 *                  bits are; if that is negative, in what the object's first word points to
 *
 * Pure functions; mark/described.h is who follows them.
 */
#ifndef SPANGC_DESCRIPTOR_H
#define SPANGC_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum descriptor_tag {
    DESCRIPTOR_LENGTH = 0,
    DESCRIPTOR_BITMAP = 1,
    DESCRIPTOR_PROCEDURE = 2,
    DESCRIPTOR_PER_OBJECT = 3
};

enum {
    descriptor_tag_mask = 3,
    descriptor_bitmap_words = 62,
    descriptor_type_bias = 16, /* bdwgc's GC_INDIR_PER_OBJ_BIAS */
    procedure_limit = 64,      /* bdwgc's GC_MAX_MARK_PROCS */
    descriptor_env_shift = 8
};

static inline enum descriptor_tag descriptor_tag(uintptr_t descriptor)
{
    return (enum descriptor_tag)(descriptor & descriptor_tag_mask);
}

/* Nothing but words of the object themselves: no procedure of the program is asked, which may take
 * a word for something else, or know of memory elsewhere. */
static inline bool descriptor_names_words(uintptr_t descriptor)
{
    enum descriptor_tag tag = descriptor_tag(descriptor);
    return tag == DESCRIPTOR_LENGTH || tag == DESCRIPTOR_BITMAP;
}

static inline uintptr_t descriptor_of_procedure(unsigned procedure, uintptr_t env)
{
    return env << descriptor_env_shift | (uintptr_t)procedure << 2 | DESCRIPTOR_PROCEDURE;
}

static inline unsigned descriptor_procedure(uintptr_t descriptor)
{
    return descriptor >> 2 & (procedure_limit - 1);
}

static inline uintptr_t descriptor_env(uintptr_t descriptor)
{
    return descriptor >> descriptor_env_shift;
}

/* The bitmap without what lies beyond the first `words` words. */
static inline uintptr_t descriptor_clip_bitmap(uintptr_t descriptor, size_t words)
{
    if (words >= descriptor_bitmap_words)
        return descriptor;
    return (descriptor & ~(UINTPTR_MAX >> words)) | DESCRIPTOR_BITMAP;
}

/* The same descriptor, of no more than `bytes` bytes. */
static inline uintptr_t descriptor_clip(uintptr_t descriptor, size_t bytes)
{
    switch (descriptor_tag(descriptor)) {
    case DESCRIPTOR_LENGTH:
        return descriptor < bytes ? descriptor : bytes & ~(uintptr_t)descriptor_tag_mask;
    case DESCRIPTOR_BITMAP:
        return descriptor_clip_bitmap(descriptor, bytes / sizeof(uintptr_t));
    case DESCRIPTOR_PROCEDURE:
    case DESCRIPTOR_PER_OBJECT:
        break;
    }
    return descriptor;
}

#endif
