/* symbols-none.c: see symbols.h. */
#include "platform/symbols.h"

void symbols_prepare(void)
{
}

struct symbols *symbols_open(void)
{
    return NULL;
}

void symbols_close(struct symbols *s)
{
    (void)s;
}

void symbols_describe(struct symbols *s, void *address, char *text, size_t size)
{
    (void)s;
    symbols_describe_by_loader(address, text, size);
}
