/* lazyarray.c: a reservation and mprotect; see lazyarray.h. */
#include "memory/lazyarray.h"
#include "platform/check.h"
#include "platform/os.h"

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) & ~(unit - 1);
}

bool lazy_array_reserve(struct lazy_array *array, size_t bytes)
{
    size_t reserved = round_up(bytes, os_page_size());
    char *start = os_reserve(reserved, 0);
    if (!start)
        return false;
    *array = (struct lazy_array){start, reserved};
    return true;
}

bool lazy_array_commit(struct lazy_array *array, size_t from, size_t to)
{
    size_t unit = os_page_size();
    check(from <= to && to <= array->reserved);
    from &= ~(unit - 1);
    to = round_up(to, unit);
    return from == to || os_commit(array->start + from, to - from);
}

void lazy_array_free(struct lazy_array *array)
{
    if (array->start)
        os_unmap(array->start, array->reserved);
    *array = (struct lazy_array){NULL, 0};
}
