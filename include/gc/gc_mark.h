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

/* ---- Describing where an object's pointers are ----
 *
 * By default every word of an object may be a pointer (or none, GC_malloc_atomic). A program that
 * knows better says so by a descriptor, a word whose two low bits tell its form:
 *
 *   GC_DS_LENGTH      the descriptor is a number of bytes: that many from the object's start are
 *                     scanned
 *   GC_DS_BITMAP      the other 62 bits stand for words, the highest bit for the object's first
 *                     word; only words whose bit is set are taken for pointers
 *   GC_DS_PROC        a mark procedure of the program tells; made by GC_MAKE_PROC
 *   GC_DS_PER_OBJECT  the descriptor that counts is in the object, at the offset in bytes that the
 *                     other bits are. If that offset, o, is negative, it is in the object's type,
 *                     to which the first word points: at type - o - GC_INDIR_PER_OBJ_BIAS. A type
 *                     that is NULL means that there is nothing to scan.
 *
 * Nothing beyond the object's end is read, whatever a descriptor says. Descriptors are read, and
 * procedures called, while the world is stopped. */

#define GC_DS_TAG_BITS 2
#define GC_DS_TAGS ((1 << GC_DS_TAG_BITS) - 1)
#define GC_DS_LENGTH 0
#define GC_DS_BITMAP 1
#define GC_DS_PROC 2
#define GC_DS_PER_OBJECT 3
#define GC_INDIR_PER_OBJ_BIAS 0x10

/* ---- Mark procedures ----
 *
 * A mark procedure is called for an object (or what one was told to go on with: any address), and
 * names each pointer in it by GC_MARK_AND_PUSH, passing on the mark stack pointer that this
 * returns; in the end it returns that. It may also push entries of its own, at most 255 in a call
 * and none at `limit` or beyond: first *++mark_stack_ptr = {address, descriptor}, then it returns
 * the new pointer. The usual one is the rest of an object, to be looked at later by the same
 * procedure: a call should look at about GC_PROC_BYTES, and mark something before it pushes.
 *
 * The world is stopped: it must not allocate, here or by malloc, nor wait for a lock. It is called
 * for any object of its kind that something seems to point to, also one that the program has
 * just got and not filled in yet: that one is cleared, but for the first word where it came out of
 * GC_generic_malloc_many. `env` is what GC_MAKE_PROC was told. */
#define GC_PROC_BYTES 100

#if defined(GC_BUILD) || defined(NOT_GCBUILD)
struct GC_ms_entry;
#else
struct GC_ms_entry {
    void *mse_start;
    GC_word mse_descr;
};
#endif

typedef struct GC_ms_entry *(*GC_mark_proc)(GC_word * /* address */,
                                            struct GC_ms_entry * /* mark_stack_ptr */,
                                            struct GC_ms_entry * /* mark_stack_limit */,
                                            GC_word /* env */);

/* Procedures are numbered. The first GC_RESERVED_MARK_PROCS numbers are for programs that must know
 * theirs beforehand (GC_init_gcj_malloc gives them out); the last two are the collector's. */
#define GC_LOG_MAX_MARK_PROCS 6
#define GC_MAX_MARK_PROCS (1 << GC_LOG_MAX_MARK_PROCS)
#define GC_RESERVED_MARK_PROCS 8
#define GC_GCJ_RESERVED_MARK_PROC_INDEX 0

#define GC_MAKE_PROC(proc_index, env)                                                              \
    (((((env) << GC_LOG_MAX_MARK_PROCS) | (proc_index)) << GC_DS_TAG_BITS) | GC_DS_PROC)

/* Gives a procedure a number. Ends the program when there are no more numbers. Thread-safe; the
 * second form may be called inside GC_call_with_alloc_lock, and so may the first. */
GC_API unsigned GC_CALL GC_new_proc(GC_mark_proc);
GC_API unsigned GC_CALL GC_new_proc_inner(GC_mark_proc);

/* All objects lie between these two addresses, now and later. Before the heap exists, nothing does.
 * For the macro below. */
GC_API void *GC_least_plausible_heap_addr;
GC_API void *GC_greatest_plausible_heap_addr;

/* For mark procedures: `object` is a word that may be a pointer. If it is one, by the rules for
 * pointers inside the heap (GC_set_all_interior_pointers), its object is kept, and scanned later.
 * Returns the mark stack pointer to go on with. `source` is not looked at. Elsewhere it does
 * nothing. */
GC_API struct GC_ms_entry *GC_CALL GC_mark_and_push(void * /* object */,
                                                    struct GC_ms_entry * /* mark_stack_ptr */,
                                                    struct GC_ms_entry * /* mark_stack_limit */,
                                                    void ** /* source */);

/* The same, without a call for what is no address of the heap. */
#define GC_MARK_AND_PUSH(object, mark_stack_ptr, mark_stack_limit, source)                         \
    ((GC_word)(object) >= (GC_word)GC_least_plausible_heap_addr &&                                 \
             (GC_word)(object) <= (GC_word)GC_greatest_plausible_heap_addr                         \
         ? GC_mark_and_push(object, mark_stack_ptr, mark_stack_limit, source)                      \
         : (mark_stack_ptr))

/* ---- Kinds of objects ---- */

/* A new kind: its objects are scanned as the descriptor says, to which each object's size in bytes
 * is added if add_size is 1 (so 0 and 1: the whole object; -8 | GC_DS_PER_OBJECT and 1: the last
 * word is the descriptor); handed out cleared if clear is 1, or if the descriptor is per object or
 * a procedure. There are 20 numbers for new kinds; then the program ends. Thread-safe, the second
 * form too, also inside GC_call_with_alloc_lock.
 *
 * The first argument is a table from GC_new_free_list, for the interface's sake: objects are not
 * kept on lists, and all entries stay NULL. */
GC_API unsigned GC_CALL GC_new_kind(void ** /* free_list */, GC_word /* descriptor */,
                                    int /* add_size */, int /* clear */) GC_ATTR_NONNULL(1);
GC_API unsigned GC_CALL GC_new_kind_inner(void ** /* free_list */, GC_word /* descriptor */,
                                          int /* add_size */, int /* clear */) GC_ATTR_NONNULL(1);
GC_API void **GC_CALL GC_new_free_list(void);
GC_API void **GC_CALL GC_new_free_list_inner(void);

/* An object of a kind: one from GC_new_kind, or 0 (as GC_malloc_atomic), 1 (as GC_malloc), 2 and 3
 * (uncollectable: with pointers, without). On failure the out-of-memory function's result. A number
 * that is no kind's is reported, and counts as 1. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL GC_generic_malloc(size_t, int /* kind */);
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_generic_malloc_ignore_off_page(size_t, int /* kind */);

/* The same, scanned like objects of the kind, but alive until it is freed. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_generic_malloc_uncollectable(size_t, int /* kind */);

/* An object like another, of which GC_get_kind_and_size has told the kind. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_generic_or_special_malloc(size_t, int /* kind */);
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_debug_generic_or_special_malloc(size_t, int /* kind */, GC_EXTRA_PARAMS);
#ifdef GC_DEBUG
#define GC_GENERIC_OR_SPECIAL_MALLOC(bytes, kind)                                                  \
    GC_debug_generic_or_special_malloc(bytes, kind, GC_EXTRAS)
#else
#define GC_GENERIC_OR_SPECIAL_MALLOC(bytes, kind) GC_generic_or_special_malloc(bytes, kind)
#endif

/* The kind of the object at that base (or of the debug object to which the program has that
 * pointer), and by the pointer, unless NULL, its size (as GC_size). For
 * what is no object: 1 and 0. */
GC_API int GC_CALL GC_get_kind_and_size(const void *, size_t *) GC_ATTR_NONNULL(1);

/* ---- Marks ----
 *
 * In the pause (mark procedures, push_other_roots): has the object been found reachable so far; it
 * is, and will not be scanned because of that; it is not. At other times, inside
 * GC_call_with_alloc_lock: will the object (which a hidden pointer may lead to) still be there when
 * its memory would be used again; see to it that it is; see to it that it is not, where it was
 * found unreachable anyway. 1 or 0. */
GC_API int GC_CALL GC_is_marked(const void *) GC_ATTR_NONNULL(1);
GC_API void GC_CALL GC_set_mark_bit(const void *) GC_ATTR_NONNULL(1);
GC_API void GC_CALL GC_clear_mark_bit(const void *) GC_ATTR_NONNULL(1);

/* Calls the function with the base and the size of every object that there was at one moment: those
 * that the last collection found, and those made since. It runs with the collector excluded, as in
 * GC_call_with_alloc_lock, inside which this may be called (but needs not be). It may allocate.
 * What another thread frees explicitly meanwhile is still visited. */
typedef void(GC_CALLBACK *GC_reachable_object_proc)(void * /* object */, size_t /* bytes */,
                                                    void * /* data */);
GC_API void GC_CALL GC_enumerate_reachable_objects_inner(GC_reachable_object_proc,
                                                         void * /* data */) GC_ATTR_NONNULL(1);

/* Is it an address in the writable data of the program or of a library, as they were loaded when
 * the last collection looked, and not in a range from GC_add_roots alone? 1 or 0. */
GC_API int GC_CALL GC_is_tmp_root(void *);

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

#ifdef __cplusplus
}
#endif

#endif
