/* build.c: cords out of other cords. */
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include "cord/node.h"
#include "cord/read.h"

size_t CORD_len(CORD x)
{
    if (x == CORD_EMPTY)
        return 0;
    return is_string(x) ? strlen(x) : as_node(x)->len;
}

/* ---- Concatenation -----------------------------------------------------------------------------
 */

CORD cord_join(CORD x, size_t xlen, CORD y, size_t ylen)
{
    bool too_deep = depth_of(x) >= max_depth || depth_of(y) >= max_depth;
    if (too_deep) {
        x = CORD_balance(x);
        y = CORD_balance(y);
    }
    return cord_node(x, xlen, y, ylen);
}

static CORD short_string(const char *x, size_t xlen, const char *y, size_t ylen)
{
    char *text = cord_allocate_text(xlen + ylen);
    memcpy(text, x, xlen);
    memcpy(text + xlen, y, ylen);
    return text;
}

/* y is a C string. A text that grows by a few chars at a time grows by new strings in the place of
 * its last one, as long as that is short. */
static CORD join_string(CORD x, const char *y, size_t ylen)
{
    if (is_string(x)) {
        size_t xlen = strlen(x);
        if (xlen <= short_max && ylen <= short_max - xlen)
            return short_string(x, xlen, y, ylen);
        return cord_node(x, xlen, y, ylen);
    }
    if (is_concat(x)) {
        const struct concat *c = as_concat(x);
        size_t last = right_len(c);
        if (is_string(c->right) && last <= short_max && ylen <= short_max - last)
            return cord_node(c->left, c->left_len, short_string(c->right, last, y, ylen),
                             last + ylen);
    }
    return cord_join(x, as_node(x)->len, y, ylen);
}

CORD CORD_cat_char_star(CORD x, const char *y, size_t leny)
{
    if (leny == 0)
        return x;
    CORD tail = cord_of_bytes(y, leny);
    if (x == CORD_EMPTY)
        return tail;
    return is_string(tail) ? join_string(x, y, leny) : cord_join(x, CORD_len(x), tail, leny);
}

CORD CORD_cat(CORD x, CORD y)
{
    if (x == CORD_EMPTY)
        return y;
    if (y == CORD_EMPTY)
        return x;
    return is_string(y) ? join_string(x, y, strlen(y))
                        : cord_join(x, CORD_len(x), y, as_node(y)->len);
}

CORD CORD_cat_char(CORD x, char c)
{
    char *text = cord_allocate_text(1);
    text[0] = c;
    return CORD_cat(x, cord_of_bytes(text, 1));
}

CORD CORD_catn(int n, ...)
{
    CORD all = CORD_EMPTY;
    va_list args;
    va_start(args, n);
    for (int i = 0; i < n; i++)
        all = CORD_cat(all, va_arg(args, CORD));
    va_end(args);
    return all;
}

/* ---- Leaves ------------------------------------------------------------------------------------
 */

CORD CORD_from_char_star(const char *s)
{
    size_t len = strlen(s);
    return len == 0 ? CORD_EMPTY : memcpy(cord_allocate_text(len), s, len);
}

CORD CORD_from_fn(CORD_fn fn, void *client_data, size_t len)
{
    if (len == 0)
        return CORD_EMPTY;
    CORD x = cord_leaf(kind_function, client_data, 0, fn, len);
    return len <= short_max ? cord_part(x, len, 0, len) : x;
}

static char same_char(size_t i, void *client_data)
{
    (void)i;
    return (char)(uintptr_t)client_data;
}

CORD CORD_chars(char c, size_t i)
{
    return CORD_from_fn(same_char, (void *)(uintptr_t)(unsigned char)c, i);
}

/* ---- Parts -------------------------------------------------------------------------------------
 */

/* A part of a tree is no deeper than the tree, so it fits cord_node without boxes. */
CORD cord_part(CORD x, size_t len, size_t i, size_t n)
{
    if (n == len && is_string(x))
        return x;
    if (n <= short_max) {
        char *text = cord_allocate_text(n);
        cord_copy(x, i, n, text);
        return cord_of_bytes(text, n);
    }
    if (n == len)
        return x;
    if (is_string(x))
        return cord_leaf(kind_bytes, x, i, NULL, n);
    if (!is_concat(x)) {
        const struct leaf *leaf = as_leaf(x);
        return cord_leaf(leaf->node.kind, leaf->source, leaf->start + i, leaf->fn, n);
    }
    const struct concat *c = as_concat(x);
    if (i >= c->left_len)
        return cord_part(c->right, right_len(c), i - c->left_len, n);
    size_t from_left = c->left_len - i;
    if (n <= from_left)
        return cord_part(c->left, c->left_len, i, n);
    return cord_node(cord_part(c->left, c->left_len, i, from_left), from_left,
                     cord_part(c->right, right_len(c), 0, n - from_left), n - from_left);
}

CORD CORD_substr(CORD x, size_t i, size_t n)
{
    size_t len = CORD_len(x);
    if (i >= len || n == 0)
        return CORD_EMPTY;
    size_t rest = len - i;
    return cord_part(x, len, i, n < rest ? n : rest);
}
