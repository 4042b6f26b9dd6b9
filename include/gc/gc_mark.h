/* gc_mark.h: for programs that take part in collections. */
#ifndef GC_MARK_H
#define GC_MARK_H

#ifndef GC_H
#include "gc.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A function that is called before each collection, in the thread that collects, while all threads
 * still run; NULL: none. Cheap things only: the program waits for it. May be set before GC_INIT. */
typedef void(GC_CALLBACK *GC_start_callback_proc)(void);
GC_API void GC_CALL GC_set_start_callback(GC_start_callback_proc);
GC_API GC_start_callback_proc GC_CALL GC_get_start_callback(void);

/* A function that is called in each collection, while all other threads stand still, to tell where
 * else to look for pointers: by the three below, which do the same here and may be called only then
 * (or in a stack pointer corrector). It must not use the heap, nor malloc or anything else that
 * takes a lock. It may be called more than once in a collection. Never NULL; the one in force at
 * the start does nothing, so a new one need not call it, as bdwgc wants. */
typedef void(GC_CALLBACK *GC_push_other_roots_proc)(void);
GC_API void GC_CALL GC_set_push_other_roots(GC_push_other_roots_proc);
GC_API GC_push_other_roots_proc GC_CALL GC_get_push_other_roots(void);
GC_API GC_push_other_roots_proc GC_push_other_roots;

GC_API void GC_CALL GC_push_all(void * /* low */, void * /* high */);
GC_API void GC_CALL GC_push_all_eager(void * /* low */, void * /* high */);
GC_API void GC_CALL GC_push_conditional(void * /* low */, void * /* high */, int /* all */);

/* For old replacements of that function; what finalizers need is looked for in any case. */
GC_API void GC_CALL GC_push_finalizer_structures(void);

/* The bytes between the first byte of a debug object and the pointer that the program has. */
GC_API GC_ATTR_CONST size_t GC_CALL GC_get_debug_header_size(void);
GC_API GC_ATTR_DEPRECATED size_t GC_debug_header_size;
#define GC_USR_PTR_FROM_BASE(base) ((void *)((char *)(base) + GC_get_debug_header_size()))

/* A function that describes an object of that kind, where reports on leaks and back pointers name
 * it, in text of at most GC_TYPE_DESCR_LEN - 1 characters. It is called by a thread that runs
 * freely. NULL: none. */
#define GC_TYPE_DESCR_LEN 40
typedef void(GC_CALLBACK *GC_describe_type_fn)(void *, char * /* text */);
GC_API void GC_CALL GC_register_describe_type_fn(int /* kind */, GC_describe_type_fn);

/* Overwrites some of the calling thread's stack that is not in use, where old pointers may lie;
 * returns its argument. */
GC_API void *GC_CALL GC_clear_stack(void *);

/* Writes on standard error the free slots for objects of a kind, of so many times 16 bytes. */
GC_API void GC_CALL GC_print_free_list(int /* kind */, size_t /* granules */);

/* For allocators in the program that cut objects from pieces of the heap: bytes that count as
 * allocated, or as freed. */
GC_API void GC_CALL GC_incr_bytes_allocd(size_t);
GC_API void GC_CALL GC_incr_bytes_freed(size_t);

#ifdef __cplusplus
}
#endif

#endif
