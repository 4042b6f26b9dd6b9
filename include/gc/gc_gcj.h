/* gc_gcj.h: objects whose first word points to their type, in which their mark descriptor is the
 * second word (gc_mark.h tells the forms). As compilers of Java and their like lay objects out.
 *
 * An object whose first word is NULL is not scanned. A type that lies in the heap is kept alive
 * only by what else points to it, or if the descriptor covers the first word.
 */
#ifndef GC_GCJ_H
#define GC_GCJ_H

#ifndef GC_H
#include "gc.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Before the first such object: makes the kinds, and gives the mark procedure (a GC_mark_proc) its
 * number, at most GC_MAX_MARK_PROCS - 3 and usually GC_GCJ_RESERVED_MARK_PROC_INDEX. It is called
 * for objects from GC_debug_gcj_malloc, with env 1 and their base, and for what descriptors name
 * it. Later calls change nothing. Thread-safe. */
GC_API void GC_CALL GC_init_gcj_malloc(int /* number */, void * /* mark procedure */);

/* A cleared object with its first word set to `type`. On failure the out-of-memory function's
 * result. Before GC_init_gcj_malloc it is made an ordinary one, as by GC_malloc. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL GC_gcj_malloc(size_t, void * /* type */);
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_gcj_malloc_ignore_off_page(size_t, void * /* type */);

/* The same, always scanned by the mark procedure. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_debug_gcj_malloc(size_t, void * /* type */, GC_EXTRA_PARAMS);

/* The numbers of both kinds; 0 before GC_init_gcj_malloc. */
GC_API int GC_gcj_kind;
GC_API int GC_gcj_debug_kind;

#ifdef GC_DEBUG
#define GC_GCJ_MALLOC(bytes, type) GC_debug_gcj_malloc(bytes, type, GC_EXTRAS)
#define GC_GCJ_MALLOC_IGNORE_OFF_PAGE(bytes, type) GC_debug_gcj_malloc(bytes, type, GC_EXTRAS)
#else
#define GC_GCJ_MALLOC(bytes, type) GC_gcj_malloc(bytes, type)
#define GC_GCJ_MALLOC_IGNORE_OFF_PAGE(bytes, type) GC_gcj_malloc_ignore_off_page(bytes, type)
#endif

#ifdef __cplusplus
}
#endif

#endif
