/* gc.h: the collector's interface.
 *
 * A program allocates with GC_malloc and never frees; what it can no longer reach is reclaimed.
 *
 *     #include <gc.h>
 *
 *     GC_INIT();                            (recommended; the first allocation does it otherwise)
 *     struct node *n = GC_NEW(struct node);
 *     char *text = GC_MALLOC_ATOMIC(size);  (for data that holds no pointers)
 *
 * What counts as a pointer. Any aligned word in a register, on a thread's stack, in the writable
 * data of the program or of a library it has loaded, in an object of GC_malloc or in a range that
 * GC_add_roots names, if its value is the address of an object, of a byte inside one, or of the
 * byte behind its end. Memory of malloc is not searched, and neither are pointers that are encoded.
 *
 * Unless a function says otherwise: sizes are in bytes; any thread may call it, whether or not the
 * collector has met that thread before; it must not be called from a signal handler; and functions
 * that the program registers are called without any lock held, by the thread that collects.
 *
 * The names and their meaning are those of the Boehm-Demers-Weiser collector, version 8.2.
 */
#ifndef GC_H
#define GC_H

#include "gc_version.h"
#include "gc_config_macros.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Integers as wide as a pointer. */
typedef unsigned long GC_word;
typedef long GC_signed_word;

/* For old programs. */
typedef void *GC_PTR;

/* Results of functions that return a code. */
#define GC_SUCCESS 0
#define GC_DUPLICATE 1     /* was registered already */
#define GC_NO_MEMORY 2     /* nothing was done */
#define GC_NO_THREADS 2    /* never returned */
#define GC_UNIMPLEMENTED 3 /* not possible here */
#define GC_NOT_FOUND 4     /* was not registered */

/* ---- Beginning and end -------------------------------------------------------------------------
 */

/* Initialises the collector. Further calls do nothing, and the first allocation does it, too. Where
 * no memory is to be had for a heap, a line on standard error says so and allocations return NULL.
 *
 * The macro also applies what the program defines before it includes this header, see the end. */
#define GC_INIT()                                                                                  \
    {                                                                                              \
        GC_INIT_SETTINGS_BEFORE;                                                                   \
        GC_init();                                                                                 \
        GC_INIT_SETTINGS_AFTER;                                                                    \
    }
GC_API void GC_CALL GC_init(void);

/* Not 0 once initialisation has begun. */
GC_API int GC_CALL GC_is_init_called(void);

/* Nothing needs to be done at the end of a program; this does nothing. */
GC_API void GC_CALL GC_deinit(void);

/* (GC_VERSION_MAJOR << 16) | (GC_VERSION_MINOR << 8) | GC_VERSION_MICRO of the library in use. */
GC_API unsigned GC_CALL GC_get_version(void);

/* ---- Allocation --------------------------------------------------------------------------------
 *
 * All of these return memory aligned to 16 bytes, or, where no memory is to be had even after a
 * collection, what the out-of-memory function returns (GC_set_oom_fn; NULL unless set). A request
 * for 0 bytes gets an object of its own.
 */

/* An object that may hold pointers; all its bytes are 0. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL GC_malloc(size_t);

/* An object that the collector does not look into: for text, numbers, pixels. Not cleared. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL GC_malloc_atomic(size_t);

/* The same two, but the object lives until GC_free: as if something always pointed to it. What the
 * first of them points to lives as well. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL GC_malloc_uncollectable(size_t);
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL GC_malloc_atomic_uncollectable(size_t);

/* For large objects (above some 100 KB): the program promises to keep a pointer into the first 256
 * bytes, so the collector may ignore words that point further in. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL GC_malloc_ignore_off_page(size_t);
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL GC_malloc_atomic_ignore_off_page(size_t);

/* Copies in pointer-free objects, with their end marks; of the second, at most so many characters.
 * GC_strdup(NULL) is NULL. Failure sets errno to ENOMEM. */
GC_API GC_ATTR_MALLOC char *GC_CALL GC_strdup(const char *);
GC_API GC_ATTR_MALLOC char *GC_CALL GC_strndup(const char *, size_t) GC_ATTR_NONNULL(1);
#ifdef GC_REQUIRE_WCSDUP
GC_API GC_ATTR_MALLOC wchar_t *GC_CALL GC_wcsdup(const wchar_t *) GC_ATTR_NONNULL(1);
#ifdef GC_DEBUG
#define GC_WCSDUP(s) GC_debug_wcsdup(s, GC_EXTRAS)
#else
#define GC_WCSDUP(s) GC_wcsdup(s)
#endif
#endif

/* Memory at a multiple of `align`, which is a power of two. The second is POSIX's: it stores the
 * address in *result and returns 0, or returns EINVAL or ENOMEM. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(2) void *GC_CALL GC_memalign(size_t /* align */, size_t);
GC_API int GC_CALL GC_posix_memalign(void ** /* result */, size_t /* align */, size_t)
    GC_ATTR_NONNULL(1);

/* Memory at a multiple of a page's size; of the second, the size is rounded up to whole pages. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL GC_valloc(size_t);
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL GC_pvalloc(size_t);

/* Several cleared objects of one size at once, linked through their first words; NULL if there is
 * not memory for one. Cut each off before use: p = GC_NEXT(list), GC_NEXT(list) = NULL. */
GC_API GC_ATTR_MALLOC void *GC_CALL GC_malloc_many(size_t);
#define GC_NEXT(p) (*(void **)(p))

/* Changes an object's size, as realloc does: the contents are kept up to the smaller size, what is
 * new is cleared unless the object is pointer-free, and the object stays what it was (pointer-free,
 * uncollectable). A result at another place means that the old object has been freed. NULL as the
 * old object: GC_malloc. 0 as the new size: GC_free, and NULL. On failure the old one is kept. */
GC_API GC_ATTR_ALLOC_SIZE(2) void *GC_CALL GC_realloc(void * /* old */, size_t /* new size */);

/* The same, but on failure the old one is freed. */
GC_API GC_ATTR_ALLOC_SIZE(2) void *GC_CALL GC_reallocf(void * /* old */, size_t /* new size */);

/* Ends an object's life at once. Seldom needed, and dangerous where a pointer is left. NULL is
 * ignored. So is anything else that is no object's first byte, or has been freed; a warning tells.
 * The object's finalizer is dropped. */
GC_API void GC_CALL GC_free(void *);

/* The same, after so many bytes, as far as the object has them, have been overwritten with 0, which
 * the compiler does not leave out. */
GC_API void GC_CALL GC_freezero(void *, size_t);

/* By these names a program gets checked allocation where it defines GC_DEBUG. */
#ifdef GC_DEBUG_REPLACEMENT
#define GC_MALLOC(size) GC_debug_malloc_replacement(size)
#define GC_REALLOC(old, size) GC_debug_realloc_replacement(old, size)
#elif defined(GC_DEBUG)
#define GC_MALLOC(size) GC_debug_malloc(size, GC_EXTRAS)
#define GC_REALLOC(old, size) GC_debug_realloc(old, size, GC_EXTRAS)
#else
#define GC_MALLOC(size) GC_malloc(size)
#define GC_REALLOC(old, size) GC_realloc(old, size)
#endif
#ifdef GC_DEBUG
#define GC_REALLOCF(old, size) GC_debug_reallocf(old, size, GC_EXTRAS)
#define GC_MALLOC_ATOMIC(size) GC_debug_malloc_atomic(size, GC_EXTRAS)
#define GC_STRDUP(s) GC_debug_strdup(s, GC_EXTRAS)
#define GC_STRNDUP(s, size) GC_debug_strndup(s, size, GC_EXTRAS)
#define GC_MALLOC_UNCOLLECTABLE(size) GC_debug_malloc_uncollectable(size, GC_EXTRAS)
#define GC_MALLOC_ATOMIC_UNCOLLECTABLE(size) GC_debug_malloc_atomic_uncollectable(size, GC_EXTRAS)
#define GC_MALLOC_IGNORE_OFF_PAGE(size) GC_debug_malloc_ignore_off_page(size, GC_EXTRAS)
#define GC_MALLOC_ATOMIC_IGNORE_OFF_PAGE(size)                                                     \
    GC_debug_malloc_atomic_ignore_off_page(size, GC_EXTRAS)
#define GC_FREE(p) GC_debug_free(p)
#define GC_FREEZERO(p, size) GC_debug_freezero(p, size)
#else
#define GC_REALLOCF(old, size) GC_reallocf(old, size)
#define GC_MALLOC_ATOMIC(size) GC_malloc_atomic(size)
#define GC_STRDUP(s) GC_strdup(s)
#define GC_STRNDUP(s, size) GC_strndup(s, size)
#define GC_MALLOC_UNCOLLECTABLE(size) GC_malloc_uncollectable(size)
#define GC_MALLOC_ATOMIC_UNCOLLECTABLE(size) GC_malloc_atomic_uncollectable(size)
#define GC_MALLOC_IGNORE_OFF_PAGE(size) GC_malloc_ignore_off_page(size)
#define GC_MALLOC_ATOMIC_IGNORE_OFF_PAGE(size) GC_malloc_atomic_ignore_off_page(size)
#define GC_FREE(p) GC_free(p)
#define GC_FREEZERO(p, size) GC_freezero(p, size)
#endif

/* An object for a value of that type. */
#define GC_NEW(type) ((type *)GC_MALLOC(sizeof(type)))
#define GC_NEW_ATOMIC(type) ((type *)GC_MALLOC_ATOMIC(sizeof(type)))
#define GC_NEW_UNCOLLECTABLE(type) ((type *)GC_MALLOC_UNCOLLECTABLE(sizeof(type)))

/* Checked allocation, for the sake of finding errors. A debug object has a header in front of what
 * the program uses, with the place of the allocation, and guards around it; both take memory, and
 * each costs some microseconds. In return:
 *
 *   - each collection, and GC_debug_free, tell on standard error of objects that were written over,
 *     before or behind, with the place of their allocation;
 *   - leaks are told with that place (GC_set_find_leak), and with the calls that led there;
 *   - gc_backptr.h tells why an object is still alive.
 *
 * What GC_debug_malloc returns is not the object's first byte (GC_base): objects of this family are
 * to be freed, resized and finalized by this family. */
#define GC_EXTRAS __FILE__, __LINE__
#define GC_EXTRA_PARAMS const char *file, int line
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL GC_debug_malloc(size_t, GC_EXTRA_PARAMS);
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_debug_malloc_atomic(size_t, GC_EXTRA_PARAMS);
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_debug_malloc_uncollectable(size_t, GC_EXTRA_PARAMS);
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_debug_malloc_atomic_uncollectable(size_t, GC_EXTRA_PARAMS);
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_debug_malloc_ignore_off_page(size_t, GC_EXTRA_PARAMS);
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL
    GC_debug_malloc_atomic_ignore_off_page(size_t, GC_EXTRA_PARAMS);
GC_API GC_ATTR_MALLOC char *GC_CALL GC_debug_strdup(const char *, GC_EXTRA_PARAMS);
GC_API GC_ATTR_MALLOC char *GC_CALL GC_debug_strndup(const char *, size_t, GC_EXTRA_PARAMS)
    GC_ATTR_NONNULL(1);
#ifdef GC_REQUIRE_WCSDUP
GC_API GC_ATTR_MALLOC wchar_t *GC_CALL GC_debug_wcsdup(const wchar_t *, GC_EXTRA_PARAMS)
    GC_ATTR_NONNULL(1);
#endif
GC_API GC_ATTR_ALLOC_SIZE(2) void *GC_CALL GC_debug_realloc(void *, size_t, GC_EXTRA_PARAMS);
GC_API GC_ATTR_ALLOC_SIZE(2) void *GC_CALL GC_debug_reallocf(void *, size_t, GC_EXTRA_PARAMS);

/* The place of the allocation is told of objects that were freed already, and of pointers that are
 * none to the beginning of a debug object; then nothing, or GC_free, is done. */
GC_API void GC_CALL GC_debug_free(void *);
GC_API void GC_CALL GC_debug_freezero(void *, size_t);

/* For use in the place of malloc and realloc: these have no place. */
GC_API GC_ATTR_MALLOC GC_ATTR_ALLOC_SIZE(1) void *GC_CALL GC_debug_malloc_replacement(size_t);
GC_API GC_ATTR_ALLOC_SIZE(2) void *GC_CALL GC_debug_realloc_replacement(void *, size_t);

/* Objects that seldom change were once a kind of their own; today these are GC_malloc, and the
 * announcements of changes, which spangc does not need, do nothing. */
GC_API GC_ATTR_DEPRECATED void *GC_CALL GC_malloc_stubborn(size_t);
GC_API GC_ATTR_DEPRECATED void *GC_CALL GC_debug_malloc_stubborn(size_t, GC_EXTRA_PARAMS);
GC_API GC_ATTR_DEPRECATED void GC_CALL GC_change_stubborn(const void *);
GC_API GC_ATTR_DEPRECATED void GC_CALL GC_debug_change_stubborn(const void *);
GC_API void GC_CALL GC_end_stubborn_change(const void *) GC_ATTR_NONNULL(1);
GC_API void GC_CALL GC_debug_end_stubborn_change(const void *) GC_ATTR_NONNULL(1);
#define GC_MALLOC_STUBBORN(size) GC_MALLOC(size)
#define GC_NEW_STUBBORN(type) GC_NEW(type)
#define GC_CHANGE_STUBBORN(p) GC_change_stubborn(p)
#ifdef GC_DEBUG
#define GC_END_STUBBORN_CHANGE(p) GC_debug_end_stubborn_change(p)
#else
#define GC_END_STUBBORN_CHANGE(p) GC_end_stubborn_change(p)
#endif

/* ---- Objects and addresses ---------------------------------------------------------------------
 */

/* The first byte of the object that holds this address; NULL: there is none. */
GC_API void *GC_CALL GC_base(void *);
GC_API const void *GC_CALL GC_base_C(const void *);

/* Not 0 if the address lies in the heap: quicker than GC_base, and true of free memory there. */
GC_API int GC_CALL GC_is_heap_ptr(const void *);

/* The bytes that an object takes, given its first byte, or the pointer that the program has to a
 * debug object; at least what was asked for. 0: no object begins there. */
GC_API size_t GC_CALL GC_size(const void *) GC_ATTR_NONNULL(1);

/* Keeps an object alive up to this point of the program, for the sake of its finalizer. */
#define GC_reachable_here(p) __asm__ __volatile__(" " : : "X"(p) : "memory")
GC_API void GC_CALL GC_noop1(GC_word);
GC_API void GC_CALL GC_noop1_ptr(volatile void *);

/* Stores the pointer q at p. With GC_DEBUG, checks both before. The function also announces the
 * change (GC_end_stubborn_change). */
#ifdef GC_DEBUG
#define GC_PTR_STORE(p, q)                                                                         \
    (*(void **)GC_is_visible((void *)(p)) = GC_is_valid_displacement((void *)(q)))
#define GC_PTR_STORE_AND_DIRTY(p, q) GC_debug_ptr_store_and_dirty(p, q)
#else
#define GC_PTR_STORE(p, q) (*(void **)(p) = (void *)(q))
#define GC_PTR_STORE_AND_DIRTY(p, q) GC_ptr_store_and_dirty(p, q)
#endif
GC_API void GC_CALL GC_ptr_store_and_dirty(void * /* p */, const void * /* q */);
GC_API void GC_CALL GC_debug_ptr_store_and_dirty(void * /* p */, const void * /* q */);

/* Checks of pointer arithmetic, meant for macros and generated code. Each returns its (first)
 * argument, or the pointer before or after the addition of so many bytes; a failed check calls the
 * function in the variable below it. These print the addresses and abort, unless replaced. */
GC_API void *GC_CALL GC_same_obj(void * /* p */, void * /* q, in the same object */);
GC_API void *GC_CALL GC_pre_incr(void **, ptrdiff_t) GC_ATTR_NONNULL(1);
GC_API void *GC_CALL GC_post_incr(void **, ptrdiff_t) GC_ATTR_NONNULL(1);
GC_API void(GC_CALLBACK *GC_same_obj_print_proc)(void * /* p */, void * /* q */);

/* Would the collector find a pointer that is stored at this address? True also of what it cannot
 * tell: static data, and stacks. */
GC_API void *GC_CALL GC_is_visible(void *);
GC_API void(GC_CALLBACK *GC_is_visible_print_proc)(void *);

/* Does this pointer, if it leads into the heap, keep an object alive there? */
GC_API void *GC_CALL GC_is_valid_displacement(void *);
GC_API void(GC_CALLBACK *GC_is_valid_displacement_print_proc)(void *);

#ifdef GC_DEBUG
#define GC_PTR_ADD3(x, n, type) ((type)GC_same_obj((x) + (n), (x)))
#define GC_PRE_INCR3(x, n, type) ((type)GC_pre_incr((void **)&(x), (n) * sizeof(*x)))
#define GC_POST_INCR3(x, n, type) ((type)GC_post_incr((void **)&(x), (n) * sizeof(*x)))
#define GC_PTR_ADD(x, n) GC_PTR_ADD3(x, n, __typeof__(x))
#define GC_PRE_INCR(x, n) GC_PRE_INCR3(x, n, __typeof__(x))
#define GC_POST_INCR(x) GC_POST_INCR3(x, 1, __typeof__(x))
#define GC_POST_DECR(x) GC_POST_INCR3(x, -1, __typeof__(x))
#else
#define GC_PTR_ADD(x, n) ((x) + (n))
#define GC_PRE_INCR(x, n) ((x) += (n))
#define GC_POST_INCR(x) ((x)++)
#define GC_POST_DECR(x) ((x)--)
#endif

/* While GC_all_interior_pointers is 0: a pointer so many bytes into an object counts as one to the
 * object. spangc honours all interior pointers in any case and only notes the number, below 4096,
 * for GC_is_valid_displacement. */
GC_API void GC_CALL GC_register_displacement(size_t);
GC_API void GC_CALL GC_debug_register_displacement(size_t);
#ifdef GC_DEBUG
#define GC_REGISTER_DISPLACEMENT(n) GC_debug_register_displacement(n)
#else
#define GC_REGISTER_DISPLACEMENT(n) GC_register_displacement(n)
#endif

/* ---- Collecting --------------------------------------------------------------------------------
 */

/* Collects now. The second also gives as much free memory as possible back to the system. */
GC_API void GC_CALL GC_gcollect(void);
GC_API void GC_CALL GC_gcollect_and_unmap(void);

/* Collects, and gives up once the function returns something other than 0; it is called between
 * pieces of work and must not use the heap. 1: collected; 0: gave up, or collections are off. */
typedef int(GC_CALLBACK *GC_stop_func)(void);
GC_API int GC_CALL GC_try_to_collect(GC_stop_func) GC_ATTR_NONNULL(1);

/* The function that GC_gcollect and collections caused by allocation ask; never NULL. */
GC_API void GC_CALL GC_set_stop_func(GC_stop_func) GC_ATTR_NONNULL(1);
GC_API GC_stop_func GC_CALL GC_get_stop_func(void);

/* Does a piece of a collection that is due; not 0 while there is more to do. As spangc does what is
 * due in allocations, there never is. */
GC_API int GC_CALL GC_collect_a_little(void);

/* No collection between the two, not even by GC_gcollect: the heap grows instead. They nest. */
GC_API void GC_CALL GC_disable(void);
GC_API void GC_CALL GC_enable(void);
GC_API int GC_CALL GC_is_disabled(void);
GC_API
#ifndef GC_DONT_GC
GC_ATTR_DEPRECATED
#endif
int GC_dont_gc; /* how often GC_disable was called more than GC_enable */

/* Not 0: allocation does not start collections; GC_gcollect does. */
GC_API void GC_CALL GC_set_disable_automatic_collection(int);
GC_API int GC_CALL GC_get_disable_automatic_collection(void);

/* How many collections there have been. */
GC_API GC_word GC_CALL GC_get_gc_no(void);
GC_API GC_ATTR_DEPRECATED GC_word GC_gc_no;

/* Collections that go on while the program runs. Accepted; this version stops the program. */
GC_API void GC_CALL GC_enable_incremental(void);
GC_API int GC_CALL GC_is_incremental_mode(void);
GC_API void GC_CALL GC_start_incremental_collection(void);
GC_API int GC_CALL GC_incremental_protection_needs(void);
#define GC_PROTECTS_NONE 0
#define GC_PROTECTS_POINTER_HEAP 1
#define GC_PROTECTS_PTRFREE_HEAP 2
#define GC_PROTECTS_STATIC_DATA 4
#define GC_PROTECTS_STACK 8

/* Called as a collection goes on, by the thread that collects; NULL: not called. Between
 * POST_STOP_WORLD and PRE_START_WORLD the other threads stand still, perhaps with locks of libc
 * held: then not even printf is safe, nor is allocation: an object made between POST_STOP_WORLD and
 * MARK_END may be taken for dead by this collection, whoever holds it. At the other events the
 * function may allocate. */
typedef enum {
    GC_EVENT_START,
    GC_EVENT_MARK_START,
    GC_EVENT_MARK_END,
    GC_EVENT_RECLAIM_START,
    GC_EVENT_RECLAIM_END,
    GC_EVENT_END,
    GC_EVENT_PRE_STOP_WORLD,
    GC_EVENT_POST_STOP_WORLD,
    GC_EVENT_PRE_START_WORLD,
    GC_EVENT_POST_START_WORLD,
    GC_EVENT_THREAD_SUSPENDED,
    GC_EVENT_THREAD_UNSUSPENDED
} GC_EventType;
typedef void(GC_CALLBACK *GC_on_collection_event_proc)(GC_EventType);
GC_API void GC_CALL GC_set_on_collection_event(GC_on_collection_event_proc);
GC_API GC_on_collection_event_proc GC_CALL GC_get_on_collection_event(void);

/* Called as a collection stops each thread, or has found it standing (SUSPENDED), and before it
 * lets it run again (UNSUSPENDED); the second argument is its pthread_t. All other threads stand
 * still: the same care. NULL: not called. */
typedef void(GC_CALLBACK *GC_on_thread_event_proc)(GC_EventType, void * /* thread */);
GC_API void GC_CALL GC_set_on_thread_event(GC_on_thread_event_proc);
GC_API GC_on_thread_event_proc GC_CALL GC_get_on_thread_event(void);

/* ---- Where pointers are looked for -------------------------------------------------------------
 */

/* Adds the range of memory from `low` up to, not including, `high`. Ranges may overlap. */
GC_API void GC_CALL GC_add_roots(void * /* low */, void * /* high */);

/* Takes away what was added, as far as it lies in the range. */
GC_API void GC_CALL GC_remove_roots(void * /* low */, void * /* high */);

/* Forgets all ranges that were added. Static data is another matter: see GC_set_no_dls. */
GC_API void GC_CALL GC_clear_roots(void);

/* Static data that holds no pointers into the heap; and forgetting that. */
GC_API void GC_CALL GC_exclude_static_roots(void * /* low */, void * /* high */);
GC_API void GC_CALL GC_clear_exclusion_table(void);

/* Not 0: no static data of the program or its libraries is searched. Set before GC_INIT. */
GC_API void GC_CALL GC_set_no_dls(int);
GC_API int GC_CALL GC_get_no_dls(void);
GC_API GC_ATTR_DEPRECATED int GC_no_dls;

/* Asked about each range of static data before it is searched, with the file name of the program
 * (empty) or library it belongs to: 0 leaves it out. All other threads stand still, so that it must
 * not take a lock. NULL: all are searched. */
typedef int(GC_CALLBACK *GC_has_static_roots_func)(const char * /* name */, void * /* start */,
                                                   size_t /* bytes */);
GC_API void GC_CALL GC_register_has_static_roots_callback(GC_has_static_roots_func);

/* 1 (the default): a pointer to any byte of an object, and to the one behind it, keeps it; so each
 * object is a byte larger than asked for. 0: the program needs no pointer one past the end to keep
 * an object, and objects are as large as asked for. Set before GC_INIT. */
GC_API void GC_CALL GC_set_all_interior_pointers(int);
GC_API int GC_CALL GC_get_all_interior_pointers(void);
GC_API GC_ATTR_DEPRECATED int GC_all_interior_pointers;

/* ---- Finalizers and links ----------------------------------------------------------------------
 */

/* Registers fn to be called as fn(object, data) after the object has become unreachable; it may
 * make it reachable again. An object has one finalizer: registering replaces it, NULL removes it,
 * and being called removes it. The old one is stored where old_fn and old_data point, unless these
 * are NULL. `data` and what it leads to is kept alive until then (so if it leads to the object,
 * the object never dies).
 *
 * Of several unreachable objects, those that no other one of them leads to are finalized first;
 * objects that lead to themselves are therefore never finalized, and a warning names them.
 *
 * `object` is an object's first byte; for memory outside the heap nothing happens and the old
 * values are NULL. Without memory for the record nothing changes.
 *
 * Finalizers run in the thread that has collected or allocates (see GC_finalize_on_demand), one at
 * a time in each, never inside another one. */
typedef void(GC_CALLBACK *GC_finalization_proc)(void * /* object */, void * /* data */);
GC_API void GC_CALL GC_register_finalizer(void * /* object */, GC_finalization_proc,
                                          void * /* data */, GC_finalization_proc * /* old_fn */,
                                          void ** /* old_data */) GC_ATTR_NONNULL(1);

/* The same, but pointers from the object to itself do not count as leading to itself. */
GC_API void GC_CALL GC_register_finalizer_ignore_self(void *, GC_finalization_proc, void *,
                                                      GC_finalization_proc *, void **)
    GC_ATTR_NONNULL(1);

/* Called as soon as the object itself is unreachable, whatever leads to it or from it. */
GC_API void GC_CALL GC_register_finalizer_no_order(void *, GC_finalization_proc, void *,
                                                   GC_finalization_proc *, void **)
    GC_ATTR_NONNULL(1);

/* As GC_register_finalizer, but objects of the sort above, too, are finalized before those that
 * they lead to. */
GC_API void GC_CALL GC_register_finalizer_unreachable(void *, GC_finalization_proc, void *,
                                                      GC_finalization_proc *, void **)
    GC_ATTR_NONNULL(1);

GC_API void GC_CALL GC_debug_register_finalizer(void *, GC_finalization_proc, void *,
                                                GC_finalization_proc *, void **) GC_ATTR_NONNULL(1);
GC_API void GC_CALL GC_debug_register_finalizer_ignore_self(void *, GC_finalization_proc, void *,
                                                            GC_finalization_proc *, void **)
    GC_ATTR_NONNULL(1);
GC_API void GC_CALL GC_debug_register_finalizer_no_order(void *, GC_finalization_proc, void *,
                                                         GC_finalization_proc *, void **)
    GC_ATTR_NONNULL(1);
GC_API void GC_CALL GC_debug_register_finalizer_unreachable(void *, GC_finalization_proc, void *,
                                                            GC_finalization_proc *, void **)
    GC_ATTR_NONNULL(1);

#ifdef GC_DEBUG
#define GC_REGISTER_FINALIZER(p, f, d, of, od) GC_debug_register_finalizer(p, f, d, of, od)
#define GC_REGISTER_FINALIZER_IGNORE_SELF(p, f, d, of, od)                                         \
    GC_debug_register_finalizer_ignore_self(p, f, d, of, od)
#define GC_REGISTER_FINALIZER_NO_ORDER(p, f, d, of, od)                                            \
    GC_debug_register_finalizer_no_order(p, f, d, of, od)
#define GC_REGISTER_FINALIZER_UNREACHABLE(p, f, d, of, od)                                         \
    GC_debug_register_finalizer_unreachable(p, f, d, of, od)
#else
#define GC_REGISTER_FINALIZER(p, f, d, of, od) GC_register_finalizer(p, f, d, of, od)
#define GC_REGISTER_FINALIZER_IGNORE_SELF(p, f, d, of, od)                                         \
    GC_register_finalizer_ignore_self(p, f, d, of, od)
#define GC_REGISTER_FINALIZER_NO_ORDER(p, f, d, of, od)                                            \
    GC_register_finalizer_no_order(p, f, d, of, od)
#define GC_REGISTER_FINALIZER_UNREACHABLE(p, f, d, of, od)                                         \
    GC_register_finalizer_unreachable(p, f, d, of, od)
#endif

/* Runs the finalizers that are due; returns how many. From inside a finalizer it runs none. */
GC_API int GC_CALL GC_invoke_finalizers(void);
GC_API int GC_CALL GC_should_invoke_finalizers(void); /* not 0: some are due */

/* Not 0: finalizers run only in GC_invoke_finalizers. The notifier is then called after each
 * collection that found some to be due, to wake the program's own finalizer thread. */
GC_API void GC_CALL GC_set_finalize_on_demand(int);
GC_API int GC_CALL GC_get_finalize_on_demand(void);
GC_API GC_ATTR_DEPRECATED int GC_finalize_on_demand;
typedef void(GC_CALLBACK *GC_finalizer_notifier_proc)(void);
GC_API void GC_CALL GC_set_finalizer_notifier(GC_finalizer_notifier_proc);
GC_API GC_finalizer_notifier_proc GC_CALL GC_get_finalizer_notifier(void);
GC_API GC_ATTR_DEPRECATED GC_finalizer_notifier_proc GC_finalizer_notifier;

/* Told of each object whose finalizer has become due, by the thread that collects, before that
 * finalizer runs. NULL: not called. */
typedef void(GC_CALLBACK *GC_await_finalize_proc)(void * /* object */);
GC_API void GC_CALL GC_set_await_finalize_proc(GC_await_finalize_proc);
GC_API GC_await_finalize_proc GC_CALL GC_get_await_finalize_proc(void);

/* At most so many finalizers are run at a time, by a call of GC_invoke_finalizers or after a
 * collection; the rest at the next occasion. 0, as at the start: no limit. GC_finalize_all resets
 * it to that. */
GC_API void GC_CALL GC_set_interrupt_finalizers(unsigned);
GC_API unsigned GC_CALL GC_get_interrupt_finalizers(void);

/* Not 0: a thread of the collector's own runs the finalizers, and neither collections nor
 * allocations do (unless finalizers run on demand, see above). It can also be asked for by
 * SPANGC_FINALIZER_THREAD=1 in the environment. A function of spangc's. */
GC_API void GC_CALL GC_set_finalizer_thread(int);
GC_API int GC_CALL GC_get_finalizer_thread(void);

/* Whatever an object with a finalizer leads to is kept until it has run, in every order. bdwgc does
 * so for unordered finalizers only while this is not 0; spangc always. Kept, and not used. */
GC_API void GC_CALL GC_set_java_finalization(int);
GC_API int GC_CALL GC_get_java_finalization(void);
GC_API GC_ATTR_DEPRECATED int GC_java_finalization;

/* Sets the word at `link` to 0 once the object is unreachable, before any finalizer runs and before
 * it is decided which ones may. `link` is outside the heap or in an object, should hide the
 * address (in a pointer-free object, or as GC_HIDE_POINTER) and is forgotten when that object dies.
 * A link belongs to one object, the one registered last. GC_SUCCESS, GC_DUPLICATE (was registered:
 * it now belongs to this object) or GC_NO_MEMORY. */
GC_API int GC_CALL GC_general_register_disappearing_link(void ** /* link */,
                                                         const void * /* object */)
    GC_ATTR_NONNULL(1) GC_ATTR_NONNULL(2);

/* The same with the object that holds the link. */
GC_API int GC_CALL GC_register_disappearing_link(void ** /* link */) GC_ATTR_NONNULL(1);

/* 1: forgotten; 0: was not registered. */
GC_API int GC_CALL GC_unregister_disappearing_link(void ** /* link */);

/* The registration goes over to another word; neither word is written. GC_SUCCESS, GC_DUPLICATE
 * (the new one has a registration of its own) or GC_NOT_FOUND. */
GC_API int GC_CALL GC_move_disappearing_link(void ** /* link */, void ** /* new_link */)
    GC_ATTR_NONNULL(2);

/* Long links: the same, but cleared only when no finalizer, either, can reach the object again. */
GC_API int GC_CALL GC_register_long_link(void ** /* link */, const void * /* object */)
    GC_ATTR_NONNULL(1) GC_ATTR_NONNULL(2);
GC_API int GC_CALL GC_unregister_long_link(void ** /* link */);
GC_API int GC_CALL GC_move_long_link(void ** /* link */, void ** /* new_link */) GC_ATTR_NONNULL(2);

#ifdef GC_DEBUG
#define GC_GENERAL_REGISTER_DISAPPEARING_LINK(link, object)                                        \
    GC_general_register_disappearing_link(link, GC_base((void *)(object)))
#define GC_REGISTER_LONG_LINK(link, object) GC_register_long_link(link, GC_base((void *)(object)))
#else
#define GC_GENERAL_REGISTER_DISAPPEARING_LINK(link, object)                                        \
    GC_general_register_disappearing_link(link, object)
#define GC_REGISTER_LONG_LINK(link, object) GC_register_long_link(link, object)
#endif

/* Toggle references: the program decides before each collection, in a function that is called with
 * each object that has been added, in the thread that collects, while all threads run but with
 * collections excluded as in GC_call_with_alloc_lock, up to the stop: whether the object is kept
 * from now on (STRONG), lives as long as something leads to it (WEAK), or is
 * forgotten (DROP). An object that has died is forgotten, too. Adding returns GC_SUCCESS or
 * GC_NO_MEMORY; while there is no function, it does nothing. The object is given by its first byte;
 * to the last of these, by the pointer that the program has to a debug object. */
typedef enum { GC_TOGGLE_REF_DROP, GC_TOGGLE_REF_STRONG, GC_TOGGLE_REF_WEAK } GC_ToggleRefStatus;
typedef GC_ToggleRefStatus(GC_CALLBACK *GC_toggleref_func)(void * /* object */);
GC_API void GC_CALL GC_set_toggleref_func(GC_toggleref_func);
GC_API GC_toggleref_func GC_CALL GC_get_toggleref_func(void);
GC_API int GC_CALL GC_toggleref_add(void * /* object */, int /* strong */) GC_ATTR_NONNULL(1);
GC_API int GC_CALL GC_debug_toggleref_add(void * /* object */, int /* strong */) GC_ATTR_NONNULL(1);
#ifdef GC_DEBUG
#define GC_TOGGLEREF_ADD(p, strong) GC_debug_toggleref_add(p, strong)
#else
#define GC_TOGGLEREF_ADD(p, strong) GC_toggleref_add(p, strong)
#endif

/* A pointer that the collector does not recognise, and back. Reveal inside GC_call_with_alloc_lock,
 * or the object may die between the look at the link and the use of the pointer. */
typedef GC_word GC_hidden_pointer;
#define GC_HIDE_POINTER(p) (~(GC_hidden_pointer)(p))
#define GC_REVEAL_POINTER(p) ((void *)GC_HIDE_POINTER(p))
#if defined(I_HIDE_POINTERS) || defined(GC_I_HIDE_POINTERS)
#define HIDE_POINTER(p) GC_HIDE_POINTER(p)
#define REVEAL_POINTER(p) GC_REVEAL_POINTER(p)
#endif

/* Calls fn(data) and returns its result; while it runs no collection starts and no link is cleared.
 * It may allocate. Calls may be nested, and made by signal handlers. */
typedef void *(GC_CALLBACK *GC_fn_type)(void * /* data */);
GC_API void *GC_CALL GC_call_with_alloc_lock(GC_fn_type, void * /* data */) GC_ATTR_NONNULL(1);

/* What that means, where allocation takes no lock. The lock is the one that every collection holds
 * from its beginning until all threads run again. So while a thread has it, no thread is stopped,
 * no object is found dead, and no link cleared; a second thread that wants it waits. It does not
 * keep other threads from allocating, freeing, or registering anything, nor a finalizer that is due
 * from running. Its owner may call anything: a collection that it asks for, or that its allocations
 * would cause, does not take place, and the heap grows instead.
 *
 * Should fn jump out of the call, GC_alloc_unlock gives the lock back; a thread that ends with the
 * lock keeps it for good.
 *
 * The first two take the lock and give it back, in the same thread; unlike the function above they
 * do not nest. The third is the same as that function: bdwgc's lock has readers. */
GC_API void GC_CALL GC_alloc_lock(void);
GC_API void GC_CALL GC_alloc_unlock(void);
GC_API void *GC_CALL GC_call_with_reader_lock(GC_fn_type, void * /* data */, int /* release */)
    GC_ATTR_NONNULL(1);

/* ---- Threads -----------------------------------------------------------------------------------
 *
 * Threads that pthread_create makes are known to the collector, and any other is from its first
 * call of an allocating function on. The rest is found by each collection, and stopped by a signal
 * like all others. So nothing of what follows has to be called, except for coroutines.
 */

/* Where a stack begins: its highest address. */
struct GC_stack_base {
    void *mem_base;
};

/* The calling thread's. GC_SUCCESS or GC_UNIMPLEMENTED. */
GC_API int GC_CALL GC_get_stack_base(struct GC_stack_base *) GC_ATTR_NONNULL(1);

/* Calls fn with a stack base that covers fn and all that it calls; returns its result. */
typedef void *(GC_CALLBACK *GC_stack_base_func)(struct GC_stack_base *, void * /* data */);
GC_API void *GC_CALL GC_call_with_stack_base(GC_stack_base_func, void * /* data */)
    GC_ATTR_NONNULL(1);

/* Allows GC_register_my_thread; nothing needs to be done for that. */
GC_API void GC_CALL GC_allow_register_threads(void);

/* Makes the calling thread known, with its stack from that base downwards. GC_SUCCESS,
 * GC_DUPLICATE (it was known: nothing is changed, and it is not to be unregistered) or
 * GC_NO_MEMORY. */
GC_API int GC_CALL GC_register_my_thread(const struct GC_stack_base *) GC_ATTR_NONNULL(1);

/* The end of that: the thread's stack is searched no longer. For a thread that became known in
 * another way this does nothing. Returns GC_SUCCESS. */
GC_API int GC_CALL GC_unregister_my_thread(void);
GC_API int GC_CALL GC_thread_is_registered(void);

/* Calls fn(data) and returns its result; while it runs the thread counts as stopped, so that
 * collections need not interrupt it. It must not touch the heap: for system calls that wait. Inside
 * it, the second calls a function that may. */
GC_API void *GC_CALL GC_do_blocking(GC_fn_type, void * /* data */) GC_ATTR_NONNULL(1);
GC_API void *GC_CALL GC_call_with_gc_active(GC_fn_type, void * /* data */) GC_ATTR_NONNULL(1);

/* Stacks of coroutines. A thread may run on any stack: one on which a thread stands when a
 * collection stops it is searched without any announcement, and then also the stack on which the
 * thread began. What has to be announced are the stacks that nobody runs on at that moment but that
 * will be run on again.
 *
 * The first makes the memory from `low` up to `high` known as a stack, from its allocation on, and
 * the second, before the memory is given back, ends that. GC_SUCCESS; GC_DUPLICATE (there is one at
 * `low`), GC_NO_MEMORY; GC_NOT_FOUND. While nobody runs on it, all of it is searched, except pages
 * that nobody has written yet; so values left behind in dead frames count, too.
 *
 * The third is for those who want that more exactly: whoever leaves a stack says where its stack
 * pointer is going to be (or anything below it), and NULL before running on it again. Callee-saved
 * registers must be above it. Each takes less than a tenth of a microsecond, more or less. */
GC_API int GC_CALL GC_register_stack(void * /* low */, void * /* high */);
GC_API int GC_CALL GC_unregister_stack(void * /* low */);
GC_API int GC_CALL GC_set_stack_pointer(void * /* low */, void * /* sp */);

/* For coroutines, as bdwgc has it: the base of the stack on which the thread runs. The first
 * returns a handle for the second; NULL stands for the calling thread, and before GC_INIT for the
 * main one. To be called inside GC_call_with_alloc_lock. The stack on which the thread began is
 * searched all the same. */
GC_API void *GC_CALL GC_get_my_stackbottom(struct GC_stack_base *) GC_ATTR_NONNULL(1);
GC_API void GC_CALL GC_set_stackbottom(void * /* handle */, const struct GC_stack_base *)
    GC_ATTR_NONNULL(2);
GC_API GC_ATTR_DEPRECATED char *GC_stackbottom; /* of the main thread; may be set at any time */

/* A function that is asked, while all other threads stand still, about each thread whose stack
 * pointer is on no stack that is known to be its own (bdwgc asks about every thread); handle is its
 * pthread_t. It may replace the stack pointer by a place on such a stack, which is then searched
 * from there, not as a whole. It may call GC_push_all (gc_mark.h). NULL: none. */
typedef void(GC_CALLBACK *GC_sp_corrector_proc)(void ** /* sp */, void * /* handle */);
GC_API void GC_CALL GC_set_sp_corrector(GC_sp_corrector_proc);
GC_API GC_sp_corrector_proc GC_CALL GC_get_sp_corrector(void);

/* Alternate signal stacks need not be announced; this does nothing. */
GC_API void GC_CALL GC_register_altstack(void * /* stack */, GC_word /* bytes */,
                                         void * /* altstack */, GC_word /* bytes */);

/* Stops all other threads, and lets them run again. In between the caller must not use anything
 * that takes a lock; it may allocate, but there are no collections. */
GC_API void GC_CALL GC_stop_world_external(void);
GC_API void GC_CALL GC_start_world_external(void);

/* The signal that stops threads; set before GC_INIT. Restarting needs none, and the second pair
 * only tells what was set. */
GC_API void GC_CALL GC_set_suspend_signal(int);
GC_API int GC_CALL GC_get_suspend_signal(void);
GC_API void GC_CALL GC_set_thr_restart_signal(int);
GC_API int GC_CALL GC_get_thr_restart_signal(void);

/* How many threads mark beside the one that collects, at present: the collector makes them when a
 * collection has found a heap that is worth it. The setter, before GC_INIT, limits how many threads
 * mark, the collecting one among them; 0: as many as are useful; SPANGC_HELPERS and GC_MARKERS go
 * before it. Starting them early is accepted and does nothing. */
GC_API int GC_CALL GC_get_parallel(void);
GC_API GC_ATTR_DEPRECATED int GC_parallel;
GC_API void GC_CALL GC_set_markers_count(unsigned);
GC_API void GC_CALL GC_start_mark_threads(void);

/* fork() works, in the child too, and needs none of this. With GC_set_handle_fork(-1) before
 * GC_INIT the collector leaves fork alone, and the program calls the other three itself. */
GC_API void GC_CALL GC_set_handle_fork(int);
GC_API void GC_CALL GC_atfork_prepare(void);
GC_API void GC_CALL GC_atfork_parent(void);
GC_API void GC_CALL GC_atfork_child(void);

/* ---- When there is no memory, and what else goes wrong -----------------------------------------
 */

/* Called for a request that cannot be met; its result is the result of the allocation. Never NULL;
 * the one in force at the start returns NULL. */
typedef void *(GC_CALLBACK *GC_oom_func)(size_t /* bytes */);
GC_API void GC_CALL GC_set_oom_fn(GC_oom_func) GC_ATTR_NONNULL(1);
GC_API GC_oom_func GC_CALL GC_get_oom_fn(void);
GC_API GC_ATTR_DEPRECATED GC_oom_func GC_oom_fn;

/* Says that memory is out, calls the abort function with NULL, and exits with status 1. */
GC_API void GC_CALL GC_abort_on_oom(void);

/* Called with each warning: a printf format for one argument of the type GC_word or of a pointer's,
 * with a line end, and that argument. The one in force at the start writes to standard error. The
 * other writes nothing. */
typedef void(GC_CALLBACK *GC_warn_proc)(char * /* format */, GC_word);
GC_API void GC_CALL GC_set_warn_proc(GC_warn_proc) GC_ATTR_NONNULL(1);
GC_API GC_warn_proc GC_CALL GC_get_warn_proc(void);
GC_API void GC_CALLBACK GC_ignore_warn_proc(char *, GC_word);

/* Text for people, formatted as printf does, at most 1023 bytes a call, written at once: to
 * standard output, to standard error, and to the log, where the lines go that GC_PRINT_STATS in the
 * environment asks for (standard error, unless set here or by GC_LOG_FILE). */
GC_API void GC_CALL GC_printf(const char *, ...) GC_ATTR_PRINTF(1, 2);
GC_API void GC_CALL GC_err_printf(const char *, ...) GC_ATTR_PRINTF(1, 2);
GC_API void GC_CALL GC_log_printf(const char *, ...) GC_ATTR_PRINTF(1, 2);
GC_API void GC_CALL GC_set_log_fd(int);

/* Called before the collector ends the program; the text is NULL where it exits, not aborts. */
typedef void(GC_CALLBACK *GC_abort_func)(const char * /* text */);
GC_API void GC_CALL GC_set_abort_func(GC_abort_func) GC_ATTR_NONNULL(1);
GC_API GC_abort_func GC_CALL GC_get_abort_func(void);

/* Not 0: the collector looks for leaks, in a program that frees what it allocates. Each collection
 * then tells on standard error of objects that nothing leads to and that have not been freed, and
 * frees them. There is a last collection at exit. Set before GC_INIT, so that debug objects
 * remember some of the calls that led to their allocation (SPANGC_CALL_FRAMES in the environment
 * says how many; 8). Also turned on by GC_FIND_LEAK in the environment. See leak_detector.h. */
GC_API void GC_CALL GC_set_find_leak(int);
GC_API int GC_CALL GC_get_find_leak(void);
GC_API GC_ATTR_DEPRECATED int GC_find_leak;

/* ---- Size of the heap, and figures -------------------------------------------------------------
 */

/* The heap may grow by so many bytes before the next collection. 1; 0: beyond the limit, or there
 * is no address space. No memory is touched. Any thread; waits for a collection that is under
 * way. */
GC_API int GC_CALL GC_expand_hp(size_t);

/* The heap takes at most so many bytes; then allocations fail. 0: no limit, as at the start.
 * Any thread; waits for a collection that is under way. */
GC_API void GC_CALL GC_set_max_heap_size(GC_word);

/* Called with the new size after the heap has grown or shrunk, by a thread that allocates or has
 * collected, while all threads run (in bdwgc they stand still); several changes may be told as one.
 * NULL: not called. */
typedef void(GC_CALLBACK *GC_on_heap_resize_proc)(GC_word /* new size */);
GC_API void GC_CALL GC_set_on_heap_resize(GC_on_heap_resize_proc);
GC_API GC_on_heap_resize_proc GC_CALL GC_get_on_heap_resize(void);
GC_API GC_ATTR_DEPRECATED GC_on_heap_resize_proc GC_on_heap_resize;

/* How far the heap grows between collections: by 300 / divisor percent of what was found alive, so
 * by as much again with the default 3, by half with 6. A program that collects in less than a
 * quarter of the time that passes gets less of it, down to two fifths; one that collects in more
 * gets up to four times as much, as far as its heap was that large while it did. Objects without
 * pointers count as a quarter, since marking them takes less; those above 32 KiB count whole up to
 * half of the objects with pointers. Small heaps grow by more: by 256 KiB, 8 times the size of the
 * roots, and 256 KiB for each further thread, together at most 2 MiB. A larger divisor means less
 * memory and more time; at least 1. Any thread; waits for a collection that is under way. */
GC_API void GC_CALL GC_set_free_space_divisor(GC_word);
GC_API GC_word GC_CALL GC_get_free_space_divisor(void);
GC_API GC_ATTR_DEPRECATED GC_word GC_free_space_divisor;

/* How often to collect and try again before memory counts as out. */
GC_API void GC_CALL GC_set_max_retries(GC_word);
GC_API GC_word GC_CALL GC_get_max_retries(void);
GC_API GC_ATTR_DEPRECATED GC_word GC_max_retries;

/* Figures, all but exact while other threads allocate. */
GC_API size_t GC_CALL GC_get_heap_size(void);      /* memory of the heap, in use or free */
GC_API size_t GC_CALL GC_get_free_bytes(void);     /* of it, in free pages */
GC_API size_t GC_CALL GC_get_unmapped_bytes(void); /* free, and given back to the system */
GC_API size_t GC_CALL GC_get_bytes_since_gc(void); /* allocated since the last collection */
GC_API size_t GC_CALL GC_get_expl_freed_bytes_since_gc(void); /* freed by GC_free since then */
GC_API size_t GC_CALL GC_get_total_bytes(void);               /* allocated since the start */
GC_API size_t GC_CALL GC_get_obtained_from_os_bytes(void);    /* heap_size + unmapped_bytes */
GC_API size_t GC_CALL GC_get_memory_use(void);                /* in pages that hold objects */

/* Several of these at once; a NULL is skipped. */
GC_API void GC_CALL GC_get_heap_usage_safe(GC_word * /* heap_size */, GC_word * /* free_bytes */,
                                           GC_word * /* unmapped_bytes */,
                                           GC_word * /* bytes_since_gc */,
                                           GC_word * /* total_bytes */);

/* All of them. The caller gives the structure's size, so that programs and libraries of different
 * age fit: fields that the library does not know are filled with all bits set. Returns how many
 * bytes it knew. */
struct GC_prof_stats_s {
    GC_word heapsize_full;   /* heap_size + unmapped_bytes */
    GC_word free_bytes_full; /* free_bytes + unmapped_bytes */
    GC_word unmapped_bytes;
    GC_word bytes_allocd_since_gc;
    GC_word allocd_bytes_before_gc; /* total_bytes as of the last collection */
    GC_word non_gc_bytes;
    GC_word gc_no;
    GC_word markers_m1;                /* GC_get_parallel */
    GC_word bytes_reclaimed_since_gc;  /* found dead by the last collection */
    GC_word reclaimed_bytes_before_gc; /* and by all earlier ones */
    GC_word expl_freed_bytes_since_gc;
    GC_word obtained_from_os_bytes;
};
GC_API size_t GC_CALL GC_get_prof_stats(struct GC_prof_stats_s *, size_t);
GC_API size_t GC_CALL GC_get_prof_stats_unsafe(struct GC_prof_stats_s *, size_t);

/* The bytes that an object takes for which so many were asked; (size_t)-1: too many for a small
 * object. */
GC_API size_t GC_CALL GC_get_size_map_at(int);

/* Milliseconds that collections have taken since the first of these calls. */
GC_API void GC_CALL GC_start_performance_measurement(void);
GC_API unsigned long GC_CALL GC_get_full_gc_total_time(void);

/* Of these, what marking took; and the mean of it, in nanoseconds a collection. */
GC_API unsigned long GC_CALL GC_get_stopped_mark_total_time(void);
GC_API unsigned long GC_CALL GC_get_avg_stopped_mark_time_ns(void);

/* Writes the figures, and what is registered, on standard error. The second prints a name, too. */
GC_API void GC_CALL GC_dump(void);
GC_API void GC_CALL GC_dump_named(const char *);
GC_API void GC_CALL GC_dump_finalization(void);

/* The same for each span: its address, and the kind, size and number of its objects. */
GC_API void GC_CALL GC_dump_regions(void);

/* ---- Settings that are accepted and not used ---------------------------------------------------
 *
 * They tune what spangc does in another way. Each getter returns what was set.
 */

/* Bytes held by something that the collector does not count. */
GC_API void GC_CALL GC_set_non_gc_bytes(GC_word);
GC_API GC_word GC_CALL GC_get_non_gc_bytes(void);
GC_API GC_ATTR_DEPRECATED GC_word GC_non_gc_bytes;

GC_API void GC_CALL GC_set_dont_expand(int);
GC_API int GC_CALL GC_get_dont_expand(void);
GC_API GC_ATTR_DEPRECATED int GC_dont_expand;

GC_API void GC_CALL GC_set_dont_precollect(int);
GC_API int GC_CALL GC_get_dont_precollect(void);
GC_API GC_ATTR_DEPRECATED int GC_dont_precollect;

GC_API GC_ATTR_DEPRECATED int GC_use_entire_heap;

GC_API void GC_CALL GC_set_full_freq(int);
GC_API int GC_CALL GC_get_full_freq(void);
GC_API GC_ATTR_DEPRECATED int GC_full_freq;

/* Milliseconds; and with a fraction in nanoseconds, below a million. */
#define GC_TIME_UNLIMITED 999999
struct GC_timeval_s {
    unsigned long tv_ms;
    unsigned long tv_nsec;
};
GC_API void GC_CALL GC_set_time_limit(unsigned long);
GC_API unsigned long GC_CALL GC_get_time_limit(void);
GC_API GC_ATTR_DEPRECATED unsigned long GC_time_limit;
GC_API void GC_CALL GC_set_time_limit_tv(struct GC_timeval_s);
GC_API struct GC_timeval_s GC_CALL GC_get_time_limit_tv(void);

GC_API void GC_CALL GC_set_allocd_bytes_per_finalizer(GC_word);
GC_API GC_word GC_CALL GC_get_allocd_bytes_per_finalizer(void);
GC_API void GC_CALL GC_set_min_bytes_allocd(size_t);
GC_API size_t GC_CALL GC_get_min_bytes_allocd(void);
GC_API void GC_CALL GC_set_rate(int);
GC_API int GC_CALL GC_get_rate(void);
GC_API void GC_CALL GC_set_max_prior_attempts(int);
GC_API int GC_CALL GC_get_max_prior_attempts(void);
GC_API void GC_CALL GC_set_force_unmap_on_gcollect(int);
GC_API int GC_CALL GC_get_force_unmap_on_gcollect(void);
GC_API void GC_CALL GC_set_manual_vdb_allowed(int);
GC_API int GC_CALL GC_get_manual_vdb_allowed(void);

/* Memory of the heap is never executable: the getter returns 0. */
GC_API void GC_CALL GC_set_pages_executable(int);
GC_API int GC_CALL GC_get_pages_executable(void);

/* ---- What GC_INIT applies ----------------------------------------------------------------------
 *
 * A program may define any of these before it includes gc.h: GC_DONT_EXPAND, GC_DONT_GC,
 * GC_FORCE_UNMAP_ON_GCOLLECT and GC_IGNORE_WARN (with no value); GC_ALLOCD_BYTES_PER_FINALIZER,
 * GC_FREE_SPACE_DIVISOR, GC_FULL_FREQ, GC_INITIAL_HEAP_SIZE, GC_MARKERS, GC_MAXIMUM_HEAP_SIZE,
 * GC_MAX_RETRIES, GC_SIG_SUSPEND, GC_SIG_THR_RESTART and GC_TIME_LIMIT (with one).
 */
#ifdef GC_DONT_EXPAND
#define GC_INIT_DONT_EXPAND GC_set_dont_expand(1)
#else
#define GC_INIT_DONT_EXPAND (void)0
#endif
#ifdef GC_DONT_GC
#define GC_INIT_DONT_GC (void)(GC_dont_gc = 1)
#else
#define GC_INIT_DONT_GC (void)0
#endif
#ifdef GC_FORCE_UNMAP_ON_GCOLLECT
#define GC_INIT_FORCE_UNMAP GC_set_force_unmap_on_gcollect(1)
#else
#define GC_INIT_FORCE_UNMAP (void)0
#endif
#ifdef GC_ALLOCD_BYTES_PER_FINALIZER
#define GC_INIT_ALLOCD_BYTES GC_set_allocd_bytes_per_finalizer(GC_ALLOCD_BYTES_PER_FINALIZER)
#else
#define GC_INIT_ALLOCD_BYTES (void)0
#endif
#ifdef GC_FREE_SPACE_DIVISOR
#define GC_INIT_DIVISOR GC_set_free_space_divisor(GC_FREE_SPACE_DIVISOR)
#else
#define GC_INIT_DIVISOR (void)0
#endif
#ifdef GC_FULL_FREQ
#define GC_INIT_FULL_FREQ GC_set_full_freq(GC_FULL_FREQ)
#else
#define GC_INIT_FULL_FREQ (void)0
#endif
#ifdef GC_MARKERS
#define GC_INIT_MARKERS GC_set_markers_count(GC_MARKERS)
#else
#define GC_INIT_MARKERS (void)0
#endif
#ifdef GC_MAXIMUM_HEAP_SIZE
#define GC_INIT_MAXIMUM GC_set_max_heap_size(GC_MAXIMUM_HEAP_SIZE)
#else
#define GC_INIT_MAXIMUM (void)0
#endif
#ifdef GC_MAX_RETRIES
#define GC_INIT_RETRIES GC_set_max_retries(GC_MAX_RETRIES)
#else
#define GC_INIT_RETRIES (void)0
#endif
#ifdef GC_SIG_SUSPEND
#define GC_INIT_SUSPEND_SIGNAL GC_set_suspend_signal(GC_SIG_SUSPEND)
#else
#define GC_INIT_SUSPEND_SIGNAL (void)0
#endif
#ifdef GC_SIG_THR_RESTART
#define GC_INIT_RESTART_SIGNAL GC_set_thr_restart_signal(GC_SIG_THR_RESTART)
#else
#define GC_INIT_RESTART_SIGNAL (void)0
#endif
#ifdef GC_TIME_LIMIT
#define GC_INIT_TIME_LIMIT GC_set_time_limit(GC_TIME_LIMIT)
#else
#define GC_INIT_TIME_LIMIT (void)0
#endif
#ifdef GC_IGNORE_WARN
#define GC_INIT_IGNORE_WARN GC_set_warn_proc(GC_ignore_warn_proc)
#else
#define GC_INIT_IGNORE_WARN (void)0
#endif
#ifdef GC_INITIAL_HEAP_SIZE
#define GC_INIT_INITIAL                                                                            \
    (void)(GC_get_heap_size() < (GC_INITIAL_HEAP_SIZE)                                             \
               ? GC_expand_hp((GC_INITIAL_HEAP_SIZE)-GC_get_heap_size())                           \
               : 0)
#else
#define GC_INIT_INITIAL (void)0
#endif

#define GC_INIT_SETTINGS_BEFORE                                                                    \
    GC_INIT_DONT_EXPAND;                                                                           \
    GC_INIT_DONT_GC;                                                                               \
    GC_INIT_FORCE_UNMAP;                                                                           \
    GC_INIT_ALLOCD_BYTES;                                                                          \
    GC_INIT_DIVISOR;                                                                               \
    GC_INIT_FULL_FREQ;                                                                             \
    GC_INIT_MARKERS;                                                                               \
    GC_INIT_MAXIMUM;                                                                               \
    GC_INIT_RETRIES;                                                                               \
    GC_INIT_SUSPEND_SIGNAL;                                                                        \
    GC_INIT_RESTART_SIGNAL;                                                                        \
    GC_INIT_TIME_LIMIT
#define GC_INIT_SETTINGS_AFTER                                                                     \
    GC_INIT_IGNORE_WARN;                                                                           \
    GC_INIT_INITIAL

#ifdef __cplusplus
}
#endif

#ifdef GC_PTHREADS
#include "gc_pthread_redirects.h"
#endif

#endif
