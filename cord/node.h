/* node.h: what a cord is made of.
 *
 * Cords are ropes: H.-J. Boehm, R. Atkinson, M. Plass, "Ropes: an alternative to strings",
 * Software: Practice and Experience 25(12), 1995. A cord is NULL, a C string that is not empty, or
 * one of the nodes below, which begin with a NUL.
 *
 * Invariants. No node is modified once it has been returned: threads read them without locks. A
 * node's len is more than 0. A concatenation's depth is one more than that of its deeper side and
 * at most max_depth, because a CORD_pos has room for so many; all else has depth 0. A part of a
 * tree that is a C string does not know its length: the concatenation above it does, and a C string
 * is never part of one unless its length there is the length of all of it.
 *
 * Nodes point to the first byte of what they keep alive, with an offset beside, because a program
 * may have asked the collector to ignore other pointers in objects (GC_all_interior_pointers).
 */
#ifndef SPANGC_CORD_NODE_H
#define SPANGC_CORD_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include "gc/cord.h"

enum {
    max_depth = CORD_POS_MAX_DEPTH,

    /* So many chars and fewer are copied rather than shared: with its NUL and the collector's spare
     * byte, such a string takes 32 bytes, a node 48. */
    short_max = 30
};

enum kind {
    kind_concat,
    kind_bytes,    /* chars in memory: part of a C string, or with NULs among them */
    kind_function, /* of CORD_from_fn */
    kind_file,     /* of CORD_from_file_lazy */
    kind_box       /* chars of another cord, which count here as no depth */
};

struct node {
    char nul;
    unsigned char kind;
    unsigned char depth;
    size_t len;
};

struct concat {
    struct node node;
    CORD left;
    CORD right;
    size_t left_len;
};

/* The chars from `start` on of the source: bytes, a function's client data, a struct lazy_file, or
 * a cord. So a part of a leaf is a leaf of the same source. */
struct leaf {
    struct node node;
    const void *source;
    size_t start;
    CORD_fn fn; /* of kind_function */
};

static inline const struct node *as_node(CORD x)
{
    return (const struct node *)(const void *)x;
}

static inline bool is_string(CORD x)
{
    return CORD_IS_STRING(x);
}

static inline bool is_concat(CORD x)
{
    return !is_string(x) && as_node(x)->kind == kind_concat;
}

/* x is a concatenation. */
static inline const struct concat *as_concat(CORD x)
{
    return (const struct concat *)(const void *)x;
}

/* x is neither NULL, nor a C string, nor a concatenation. */
static inline const struct leaf *as_leaf(CORD x)
{
    return (const struct leaf *)(const void *)x;
}

static inline size_t right_len(const struct concat *c)
{
    return c->node.len - c->left_len;
}

static inline int depth_of(CORD x)
{
    return is_string(x) ? 0 : as_node(x)->depth;
}

/* Memory, or the end of the program. Text is for chars and other data without pointers. */
void *cord_allocate(size_t size);
char *cord_allocate_text(size_t len);

/* Calls CORD_oom_fn and aborts. */
_Noreturn void cord_out_of_memory(void);

/* Tells of a mistake of the program's in one line, through the collector's warning function. */
void cord_warn(const char *message);

/* The concatenation of two cords that are not empty, with these lengths. It is a node that is at
 * most max_depth deep: a side that is too deep goes into a box. */
CORD cord_node(CORD left, size_t left_len, CORD right, size_t right_len);

/* A leaf; len is more than 0. */
CORD cord_leaf(enum kind kind, const void *source, size_t start, CORD_fn fn, size_t len);

/* A cord of chars that nobody modifies, among them perhaps NULs; len is more than 0. Of these,
 * bytes[len] can be read. */
CORD cord_of_bytes(const char *bytes, size_t len);

/* CORD_cat for cords that are not empty and whose lengths are known; balances if need be. */
CORD cord_join(CORD x, size_t xlen, CORD y, size_t ylen);

/* CORD_substr for a cord that is not empty and has this length, of which it is given a part: n is
 * more than 0. */
CORD cord_part(CORD x, size_t len, size_t i, size_t n);

#endif
