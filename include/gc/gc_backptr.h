/* gc_backptr.h: why is this object still alive?
 *
 * Each collection notes for every debug object (GC_debug_malloc and its relatives, GC_MALLOC where
 * GC_DEBUG is defined) by which word it was reached first, so that following these leads from any
 * debug object to a root, as long as there are debug objects on the way. Plain objects have no room
 * for the note.
 *
 * All of this tells of the last collection: collect before asking.
 */
#ifndef GC_BACKPTR_H
#define GC_BACKPTR_H

#ifndef GC_H
#include "gc.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    GC_UNREFERENCED,   /* not known: too young, not collectable, or reached from freed memory */
    GC_NO_SPACE,       /* not a debug object */
    GC_REFD_FROM_ROOT, /* from the word at *base_p: static data, a stack, saved registers */
    GC_REFD_FROM_REG,  /* never given here: registers are in memory when roots are searched */
    GC_REFD_FROM_HEAP, /* from the word *offset_p bytes into the object at *base_p */
    GC_FINALIZER_REFD  /* only a finalizer keeps it */
} GC_ref_kind;

/* From where the object at or around `dest` is reached. *base_p is the pointer that the program
 * has, also to a debug object. */
GC_API GC_ref_kind GC_CALL GC_get_back_ptr_info(void * /* dest */, void ** /* base_p */,
                                                size_t * /* offset_p */) GC_ATTR_NONNULL(1);

/* An address in the heap, any one; and one inside an object that has survived the last collection
 * (NULL: there is none). Each byte is as likely as any other. */
GC_API void *GC_CALL GC_generate_random_heap_address(void);
GC_API void *GC_CALL GC_generate_random_valid_address(void);

/* Writes on standard error what leads to an object. The others do so for a random object: what
 * shows up often takes much of the heap. The first of them collects before, the second does not. */
GC_API void GC_CALL GC_print_backtrace(void *) GC_ATTR_NONNULL(1);
GC_API void GC_CALL GC_generate_random_backtrace(void);
GC_API void GC_CALL GC_generate_random_backtrace_no_gc(void);

#ifdef __cplusplus
}
#endif

#endif
