/* clearstack.c: overwriting dead frames, in which old pointers may lie. */
#include <string.h>
#include "api/api.h"
#include "gc/gc_mark.h"

enum { cleared_bytes = 8 * 1024 };

/* The frame is the part of the stack that is cleared. It lies below all that the caller still
 * needs, and the smallest stack that a thread may have is twice as large. */
__attribute__((noinline, no_sanitize("address"))) static void clear_below(void)
{
    char frame[cleared_bytes];
    memset(frame, 0, sizeof frame);
    __asm__ volatile("" : : "r"(frame) : "memory");
}

void *GC_clear_stack(void *result)
{
    clear_below();
    return result;
}
