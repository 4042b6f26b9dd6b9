/* kinds.c: kinds of objects that the program defines, and objects of any kind. */
#include <string.h>
#include "api/debug.h"
#include "gc/gc_inline.h"
#include "gc/gc_mark.h"
#include "heap/alloc.h"
#include "heap/central.h"
#include "mark/procedures.h"
#include "platform/check.h"

enum { free_list_bytes = 129 * sizeof(void *) }; /* bdwgc's: a head for each size to half a page */

/* ---- New kinds and procedures ---- */

/* Nobody puts anything into it (gc_mark.h). */
void **GC_new_free_list(void)
{
    void **table = GC_malloc_atomic_uncollectable(free_list_bytes);
    return table == NULL ? NULL : memset(table, 0, free_list_bytes);
}

void **GC_new_free_list_inner(void)
{
    return GC_new_free_list();
}

/* Its lists are made at once, so that a handler's objects find them (heap/reserve.h). */
static unsigned add_kind(struct thread *t, GC_word descriptor, bool adds_size, bool clears)
{
    if (!busy_enter(t))
        fatal("GC_new_kind: called by a handler that interrupted the allocator");
    unsigned kind = kind_add(descriptor, adds_size, clears);
    if (kind != 0)
        central_ensure_kind(kind);
    busy_leave(t);
    return kind;
}

unsigned api_kind_once(atomic_word *kind, GC_word descriptor, bool adds_size)
{
    struct thread *t = api_thread();
    if (word_load_acquire(kind) == 0 && t != NULL && busy_enter(t)) {
        unsigned made = kind_add_once(kind, descriptor, adds_size, true);
        if (made != 0)
            central_ensure_kind(made);
        busy_leave(t);
    }
    return (unsigned)word_load_acquire(kind);
}

unsigned GC_new_kind(void **free_list, GC_word descriptor, int adds_size, int clears)
{
    struct thread *t = api_thread();
    (void)free_list;
    if (t == NULL)
        return KIND_NORMAL; /* every allocation fails */
    unsigned kind = add_kind(t, descriptor, adds_size != 0, clears != 0);
    if (kind == 0)
        fatal("GC_new_kind: there are %u kinds already; no more can be made", kind_limit);
    return kind;
}

unsigned GC_new_kind_inner(void **free_list, GC_word descriptor, int adds_size, int clears)
{
    return GC_new_kind(free_list, descriptor, adds_size, clears);
}

unsigned GC_new_proc(GC_mark_proc procedure)
{
    struct thread *t = api_thread();
    unsigned number = 0;
    if (t == NULL)
        return 0;
    if (busy_enter(t)) {
        number = procedure_add((mark_procedure)procedure);
        busy_leave(t);
    }
    if (number == 0)
        fatal("GC_new_proc: there are %u mark procedures already; no more can be made",
              procedure_array - procedure_reserved);
    return number;
}

unsigned GC_new_proc_inner(GC_mark_proc procedure)
{
    return GC_new_proc(procedure);
}

/* ---- Objects ---- */

static unsigned checked_kind(int kind)
{
    if ((unsigned)kind < kind_count())
        return (unsigned)kind;
    warn("no kind of objects has the number %ld; GC_malloc's is taken\n", (GC_word)kind);
    return KIND_NORMAL;
}

void *GC_generic_malloc(size_t bytes, int kind)
{
    return api_allocate(api_request(bytes), checked_kind(kind));
}

void *GC_generic_malloc_ignore_off_page(size_t bytes, int kind)
{
    return GC_generic_malloc(bytes, kind);
}

void *GC_malloc_kind(size_t bytes, int kind)
{
    return GC_generic_malloc(bytes, kind);
}

void *GC_malloc_kind_global(size_t bytes, int kind)
{
    return GC_generic_malloc(bytes, kind);
}

static unsigned uncollectable_kind(unsigned kind)
{
    struct thread *t = api_thread();
    if (t == NULL || !busy_enter(t))
        return 0;
    unsigned twin = kind_make_uncollectable(kind);
    if (twin != 0)
        central_ensure_kind(twin);
    busy_leave(t);
    return twin;
}

/* Without a kind to be had there is one that is scanned as a whole. */
void *GC_generic_malloc_uncollectable(size_t bytes, int kind)
{
    unsigned twin = uncollectable_kind(checked_kind(kind));
    return api_allocate(api_request(bytes), twin != 0 ? twin : (unsigned)KIND_UNCOLLECTABLE);
}

void *GC_generic_or_special_malloc(size_t bytes, int kind)
{
    return GC_generic_malloc(bytes, kind);
}

void GC_generic_malloc_many(size_t bytes, int kind, void **result)
{
    *result = api_allocate_many(bytes, checked_kind(kind));
}

int GC_get_kind_and_size(const void *p, size_t *bytes)
{
    struct object o;
    int kind = KIND_NORMAL;
    size_t size = 0;
    struct thread *t = api_thread();
    bool is_user = debug_is_user(p);
    if (t != NULL) {
        struct api_visit visit = api_enter(t);
        if (find_object((uintptr_t)p, &o) && (o.base == (uintptr_t)p || is_user)) {
            kind = o.span->kind;
            size = object_bytes(&o);
        }
        api_leave(visit);
    }
    if (bytes != NULL)
        *bytes = size;
    return kind;
}
