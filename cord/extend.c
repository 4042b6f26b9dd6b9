/* extend.c: cords that chars are added to. */
#include "gc/ec.h"
#include <string.h>
#include "cord/node.h"

void CORD_ec_flush_buf(CORD_ec x)
{
    size_t n = (size_t)(x->ec_bufptr - x->ec_buf);
    x->ec_bufptr = x->ec_buf;
    if (n > 0)
        x->ec_cord = CORD_cat_char_star(x->ec_cord, memcpy(cord_allocate_text(n), x->ec_buf, n), n);
}

void CORD_ec_append_cord(CORD_ec x, CORD s)
{
    CORD_ec_flush_buf(x);
    x->ec_cord = CORD_cat(x->ec_cord, s);
}
