/* unwind-glibc.c: see unwind.h. glibc loads the unwinder of GCC's run-time library at the first
 * call. */
#include <execinfo.h>
#include <string.h>
#include "platform/unwind.h"

enum { inner_most = 16, calls_most = 64 }; /* frames of the collector's own functions */

void unwind_prepare(void)
{
    void *call;
    backtrace(&call, 1);
}

size_t unwind_calls(void **calls, size_t most, const void *from)
{
    void *all[inner_most + calls_most];
    size_t wanted = most < calls_most ? most : calls_most;
    int found = backtrace(all, (int)(inner_most + wanted));
    size_t count = found > 0 ? (size_t)found : 0;
    size_t first = 0;
    while (first < count && all[first] != from)
        first++;
    size_t given = count - first < wanted ? count - first : wanted;
    memcpy(calls, all + first, given * sizeof *calls);
    return given;
}
