/* node.c: making nodes, and what happens when there is no memory for one. */
#include "cord/node.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "gc/gc.h"

void (*CORD_oom_fn)(void);

void CORD_set_oom_fn(CORD_oom_fn_t fn)
{
    CORD_oom_fn = fn;
}

CORD_oom_fn_t CORD_get_oom_fn(void)
{
    return CORD_oom_fn;
}

void cord_out_of_memory(void)
{
    if (CORD_oom_fn != NULL)
        CORD_oom_fn();
    fputs("spangc: cord: no memory; set CORD_oom_fn to end otherwise than by abort()\n", stderr);
    abort();
}

void cord_warn(const char *message)
{
    GC_get_warn_proc()((char *)(uintptr_t)message, 0);
}

void *cord_allocate(size_t size)
{
    void *object = GC_malloc(size);
    if (object == NULL)
        cord_out_of_memory();
    return object;
}

char *cord_allocate_text(size_t len)
{
    char *text = len < SIZE_MAX ? GC_malloc_atomic(len + 1) : NULL;
    if (text == NULL)
        cord_out_of_memory();
    text[len] = '\0';
    return text;
}

CORD cord_leaf(enum kind kind, const void *source, size_t start, CORD_fn fn, size_t len)
{
    struct leaf *leaf = cord_allocate(sizeof *leaf);
    leaf->node.kind = kind;
    leaf->node.len = len;
    leaf->source = source;
    leaf->start = start;
    leaf->fn = fn;
    return &leaf->node.nul;
}

CORD cord_of_bytes(const char *bytes, size_t len)
{
    return strnlen(bytes, len + 1) == len ? bytes : cord_leaf(kind_bytes, bytes, 0, NULL, len);
}

static CORD box_if_too_deep(CORD x, size_t len)
{
    return depth_of(x) < max_depth ? x : cord_leaf(kind_box, x, 0, NULL, len);
}

CORD cord_node(CORD left, size_t left_len, CORD right, size_t right_len)
{
    if (left_len > SIZE_MAX - right_len)
        cord_out_of_memory();
    left = box_if_too_deep(left, left_len);
    right = box_if_too_deep(right, right_len);
    int left_depth = depth_of(left), right_depth = depth_of(right);

    struct concat *c = cord_allocate(sizeof *c);
    c->node.kind = kind_concat;
    c->node.depth = (unsigned char)(1 + (left_depth > right_depth ? left_depth : right_depth));
    c->node.len = left_len + right_len;
    c->left = left;
    c->right = right;
    c->left_len = left_len;
    return &c->node.nul;
}
