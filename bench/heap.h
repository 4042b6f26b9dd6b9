/*
 * The memory interface of the benchmark programs.
 *
 * A benchmark is written once and built against several allocators. It allocates with heap_new
 * (cleared, may hold pointers) and heap_new_atomic (not cleared, holds none), and says with
 * heap_drop where a program without a collector would have to free. Which allocator answers is
 * chosen by one definition:
 *
 *   -DHEAP_GC      the gc.h that is first on the include path; heap_drop does nothing
 *   -DHEAP_MALLOC  calloc, malloc and free, of libc or of what is linked or preloaded instead
 *
 * Where dropping a structure would mean a walk over it, the walk belongs under `if (HEAP_MANUAL)`,
 * so that a collector is not charged for it. What exists only with a collector belongs under
 * `#if !HEAP_MANUAL`.
 */
#ifndef BENCH_HEAP_H
#define BENCH_HEAP_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(HEAP_GC) == defined(HEAP_MALLOC)
#error "define exactly one of HEAP_GC and HEAP_MALLOC"
#endif

#ifdef HEAP_GC

#define HEAP_MANUAL 0
#define GC_THREADS /* from here on pthread_create is the collector's */
#include <gc.h>

/* To be called before heap_init, if at all: how many threads mark, the collecting one included.
 * Each collector listens to one of the two. */
static inline void heap_set_markers(long markers)
{
    char helpers[24];

    snprintf(helpers, sizeof helpers, "%ld", markers - 1);
    setenv("SPANGC_HELPERS", helpers, 1);
    GC_set_markers_count((unsigned)markers);
}

/* To be called first in main. Children made by fork may allocate and collect. */
static inline void heap_init(void)
{
    GC_set_handle_fork(1);
    GC_INIT();
}

#define HEAP_NEW(size) GC_malloc(size)
#define HEAP_NEW_ATOMIC(size) GC_malloc_atomic(size)
#define HEAP_DROP(object) ((void)(object))

#else

#define HEAP_MANUAL 1
#include <pthread.h>

static inline void heap_set_markers(long markers)
{
    (void)markers;
}

static inline void heap_init(void)
{
}

#define HEAP_NEW(size) calloc(1, size)
#define HEAP_NEW_ATOMIC(size) malloc(size)
#define HEAP_DROP(object) free(object)

#endif

static inline void *heap_got(void *object)
{
    if (object == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return object;
}

/* Cleared memory in which the collector looks for pointers. */
static inline void *heap_new(size_t size)
{
    return heap_got(HEAP_NEW(size));
}

/* Memory with any content, in which the collector does not look. */
static inline void *heap_new_atomic(size_t size)
{
    return heap_got(HEAP_NEW_ATOMIC(size));
}

/* The program will not use the object again. */
static inline void heap_drop(void *object)
{
    HEAP_DROP(object);
}

#undef HEAP_NEW
#undef HEAP_NEW_ATOMIC
#undef HEAP_DROP

#endif
