/* kind.h: what a span's objects are to the collector.
 *
 * A span holds objects of one size class and one kind. Kinds beyond the four of malloc (typed,
 * gcj, disclaim, a client's own) are added at run time and take the numbers from kind_builtin on.
 */
#ifndef SPANGC_KIND_H
#define SPANGC_KIND_H

#include <stdbool.h>
#include <stdint.h>

enum {
    KIND_ATOMIC = 0, /* pointer-free; bdwgc's PTRFREE, same number */
    KIND_NORMAL = 1,
    KIND_UNCOLLECTABLE = 2,        /* a root: alive until freed explicitly */
    KIND_ATOMIC_UNCOLLECTABLE = 3, /* pointer-free, alive until freed explicitly */
    kind_builtin = 4,
    kind_limit = 24 /* bdwgc's MAXOBJKINDS */
};

static inline bool kind_is_pointer_free(unsigned kind)
{
    return kind == KIND_ATOMIC || kind == KIND_ATOMIC_UNCOLLECTABLE;
}

static inline bool kind_is_uncollectable(unsigned kind)
{
    return kind == KIND_UNCOLLECTABLE || kind == KIND_ATOMIC_UNCOLLECTABLE;
}

#endif
