/* dump.c: shows trees, for debugging. */
#include "cord/node.h"

static void show_chars(CORD x, size_t n)
{
    putchar('"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)x[i];
        printf(c >= ' ' && c < 0x7f ? "%c" : "\\%03o", c);
    }
    putchar('"');
}

static void show(CORD x, size_t len, int indent)
{
    enum { shown = 60 };
    printf("%*s%p: %zu chars, ", indent, "", (const void *)x, len);
    if (is_string(x)) {
        show_chars(x, len < shown ? len : shown);
        puts(len > shown ? " ..." : "");
        return;
    }
    const struct leaf *leaf = as_leaf(x);
    switch ((enum kind)as_node(x)->kind) {
    case kind_concat: {
        const struct concat *c = as_concat(x);
        printf("concatenation, depth %d\n", c->node.depth);
        show(c->left, c->left_len, indent + 2);
        show(c->right, right_len(c), indent + 2);
        return;
    }
    case kind_bytes:
        printf("from %zu on of the bytes at %p\n", leaf->start, leaf->source);
        return;
    case kind_function:
        printf("from %zu on of a function's with data %p\n", leaf->start, leaf->source);
        return;
    case kind_file:
        printf("from %zu on of the file %p\n", leaf->start, leaf->source);
        return;
    case kind_box:
        printf("from %zu on of\n", leaf->start);
        show(leaf->source, CORD_len(leaf->source), indent + 2);
        return;
    }
}

void CORD_dump(CORD x)
{
    if (x == CORD_EMPTY)
        puts("0 chars");
    else
        show(x, CORD_len(x), 0);
}
