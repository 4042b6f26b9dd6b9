/* kind.h: what a span's objects are to the collector.
 *
 * A span holds objects of one size class and one kind. Owns: the table of kinds. Four are malloc's;
 * further ones (typed, gcj, disclaim, a client's own) are added at run time, take the numbers from
 * kind_builtin on and are never removed.
 *
 * Where an object's pointers are is said by its kind's descriptor (heap/descriptor.h), to which
 * the object's size is added where `adds_size` says so.
 *
 * Lock: kind_lock (rank leaf) for adding. A kind is complete before kind_count() counts it, and of
 * what it says only `disclaim` and `marks_contents` are changed later (services/disclaim.h).
 */
#ifndef SPANGC_KIND_H
#define SPANGC_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "heap/descriptor.h"
#include "platform/atomics.h"

enum {
    KIND_ATOMIC = 0, /* pointer-free; bdwgc's PTRFREE, same number */
    KIND_NORMAL = 1,
    KIND_UNCOLLECTABLE = 2,        /* a root: alive until freed explicitly */
    KIND_ATOMIC_UNCOLLECTABLE = 3, /* pointer-free, alive until freed explicitly */
    kind_builtin = 4,
    kind_limit = 24 /* bdwgc's MAXOBJKINDS */
};

/* Told of an object that is about to be reclaimed; not 0: it is to stay until the next cycle. */
typedef int (*disclaim_function)(void *object);

struct kind {
    uintptr_t descriptor;
    bool adds_size;
    bool clears; /* objects are handed out cleared */
    bool pointer_free;
    bool uncollectable;
    atomic_word disclaim;       /* disclaim_function; NULL: none */
    atomic_word marks_contents; /* what unreachable objects lead to is kept for their disclaiming */
    atomic_word uncollectable_twin; /* the kind that is the same but uncollectable; 0: none yet */
};

extern struct kind kinds[kind_limit];

/* A kind more. A kind whose descriptor is found in the object, or read by a function of the
 * program, clears in any case: what lies in recycled memory is no descriptor. 0: the table is full.
 * Caller: busy. */
unsigned kind_add(uintptr_t descriptor, bool adds_size, bool clears);

/* Makes a kind by kind_add unless *kind tells one already (0: none), and notes it there. The
 * number; 0: the table is full. Any number of threads may come at once. Busy. */
unsigned kind_add_once(atomic_word *kind, uintptr_t descriptor, bool adds_size, bool clears);

/* The kind like `kind`, of which objects live until they are freed. 0: the table is full. Busy. */
unsigned kind_make_uncollectable(unsigned kind);

unsigned kind_count(void);

/* The descriptor of an object of that many bytes. */
static inline uintptr_t kind_descriptor(unsigned kind, size_t object_bytes)
{
    const struct kind *k = &kinds[kind];
    return descriptor_clip(k->adds_size ? k->descriptor + object_bytes : k->descriptor,
                           object_bytes);
}

static inline bool kind_is_pointer_free(unsigned kind)
{
    return kinds[kind].pointer_free;
}

static inline bool kind_is_uncollectable(unsigned kind)
{
    return kinds[kind].uncollectable;
}

static inline bool kind_clears(unsigned kind)
{
    return kinds[kind].clears;
}

static inline disclaim_function kind_disclaim(unsigned kind)
{
    return (disclaim_function)word_load_acquire(&kinds[kind].disclaim);
}

#endif
