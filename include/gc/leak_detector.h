/* leak_detector.h: finds what a program of malloc and free has lost.
 *
 * Compile the program with -include gc/leak_detector.h, and either begin main with
 * GC_set_find_leak(1), or run it with GC_FIND_LEAK=1 in the environment. Each collection, and the
 * last one at exit, then tells on standard error of objects that nothing leads to and that have not
 * been freed, with the place where they were allocated.
 */
#ifndef GC_LEAK_DETECTOR_H
#define GC_LEAK_DETECTOR_H

#ifndef GC_DEBUG
#define GC_DEBUG
#endif
#include "gc.h"

/* Before their functions become macros. */
#ifndef GC_DONT_INCLUDE_STDLIB
#include <stdlib.h>
#include <string.h>
#ifdef GC_REQUIRE_WCSDUP
#include <wchar.h>
#endif
#endif

/* The product, or, where it does not fit, more than can be allocated. */
static inline size_t GC_leak_detector_product(size_t count, size_t bytes)
{
    return bytes != 0 && count > (size_t)-1 / bytes ? (size_t)-1 : count * bytes;
}

#undef malloc
#undef calloc
#undef realloc
#undef free
#undef strdup
#undef strndup
#undef memalign
#undef posix_memalign
#define malloc(size) GC_MALLOC(size)
#define calloc(count, size) GC_MALLOC(GC_leak_detector_product(count, size))
#define realloc(old, size) GC_REALLOC(old, size)
#define free(p) GC_FREE(p)
#define strdup(s) GC_STRDUP(s)
#define strndup(s, size) GC_STRNDUP(s, size)
#define memalign(align, size) GC_memalign(align, size)
#define posix_memalign(result, align, size) GC_posix_memalign(result, align, size)

#ifdef GC_REQUIRE_WCSDUP
#undef wcsdup
#define wcsdup(s) GC_WCSDUP(s)
#endif

/* A name without a prefix, as bdwgc has it. */
#ifndef CHECK_LEAKS
#define CHECK_LEAKS() GC_gcollect()
#endif

#endif
