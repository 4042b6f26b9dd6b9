/* unwind-none.c: see unwind.h. */
#include "platform/unwind.h"

void unwind_prepare(void)
{
}

size_t unwind_calls(void **calls, size_t most, const void *from)
{
    (void)calls;
    (void)most;
    (void)from;
    return 0;
}
