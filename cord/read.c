/* read.c: walks over trees and asks their leaves for chars. */
#include "cord/read.h"
#include <stdint.h>
#include <string.h>
#include "cord/file.h"

static void copy_from_leaf(const struct leaf *leaf, size_t i, size_t n, char *out)
{
    size_t at = leaf->start + i;
    switch ((enum kind)leaf->node.kind) {
    case kind_bytes:
        memcpy(out, (const char *)leaf->source + at, n);
        break;
    case kind_function:
        for (size_t k = 0; k < n; k++)
            out[k] = leaf->fn(at + k, (void *)leaf->source);
        break;
    case kind_file:
        lazy_file_read(leaf->source, at, n, out);
        break;
    case kind_box:
    case kind_concat: /* never of a leaf */
        cord_copy(leaf->source, at, n, out);
        break;
    }
}

void cord_copy(CORD x, size_t i, size_t n, char *out)
{
    while (is_concat(x)) {
        const struct concat *c = as_concat(x);
        if (i >= c->left_len) {
            i -= c->left_len;
            x = c->right;
            continue;
        }
        size_t from_left = c->left_len - i;
        if (n > from_left) {
            cord_copy(c->right, 0, n - from_left, out + from_left);
            n = from_left;
        }
        x = c->left;
    }
    if (is_string(x))
        memcpy(out, x + i, n);
    else
        copy_from_leaf(as_leaf(x), i, n, out);
}

/* From i up to end, in pieces of at most `piece` chars. */
static int each_piece(const struct leaf *leaf, size_t i, size_t end, size_t piece, cord_run run,
                      void *data)
{
    char buffer[256];
    if (piece > sizeof buffer)
        piece = sizeof buffer;
    int result = 0;
    while (i < end && result == 0) {
        size_t n = end - i < piece ? end - i : piece;
        copy_from_leaf(leaf, i, n, buffer);
        result = run(buffer, n, false, data);
        i += n;
    }
    return result;
}

static int each_run_until(CORD x, size_t len, size_t i, size_t end, cord_run run, void *data);

static int each_run_of_leaf(const struct leaf *leaf, size_t i, size_t end, cord_run run, void *data)
{
    switch ((enum kind)leaf->node.kind) {
    case kind_bytes:
        return run((const char *)leaf->source + leaf->start + i, end - i, false, data);
    case kind_function:
        return each_piece(leaf, i, end, 1, run, data);
    case kind_box:
        return each_run_until(leaf->source, CORD_len(leaf->source), leaf->start + i,
                              leaf->start + end, run, data);
    case kind_file:
    case kind_concat: /* never of a leaf */
        break;
    }
    return each_piece(leaf, i, end, SIZE_MAX, run, data);
}

/* i < end <= len. */
static int each_run_until(CORD x, size_t len, size_t i, size_t end, cord_run run, void *data)
{
    while (is_concat(x)) {
        const struct concat *c = as_concat(x);
        if (end <= c->left_len) {
            len = c->left_len;
            x = c->left;
            continue;
        }
        if (i < c->left_len) {
            int result = each_run_until(c->left, c->left_len, i, c->left_len, run, data);
            if (result != 0)
                return result;
            i = c->left_len;
        }
        i -= c->left_len;
        end -= c->left_len;
        len = right_len(c);
        x = c->right;
    }
    if (is_string(x))
        return run(x + i, end - i, end == len, data);
    return each_run_of_leaf(as_leaf(x), i, end, run, data);
}

int cord_each_run(CORD x, size_t len, size_t i, cord_run run, void *data)
{
    return i < len ? each_run_until(x, len, i, len, run, data) : 0;
}
