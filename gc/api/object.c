/* object.c: questions about objects and addresses, and checks of pointer arithmetic. */
#include <stdlib.h>
#include "api/api.h"
#include "heap/alloc.h"
#include "heap/find.h"
#include "mark/mark.h"
#include "platform/check.h"

/* The allocated object around p. Its fields stay true as long as something points to it. */
static bool object_around(const void *p, struct object *o)
{
    if (!gc_initialised() || !region_contains((uintptr_t)p))
        return false;
    struct thread *t = api_thread();
    if (t == NULL)
        return false;
    struct api_visit visit = api_enter(t);
    bool found = find_object((uintptr_t)p, o);
    api_leave(visit);
    return found;
}

void *GC_base(void *p)
{
    struct object o;
    return object_around(p, &o) ? (void *)o.base : NULL;
}

const void *GC_base_C(const void *p)
{
    return GC_base((void *)p);
}

int GC_is_heap_ptr(const void *p)
{
    return gc_initialised() && region_contains((uintptr_t)p);
}

size_t GC_size(const void *p)
{
    struct object o;
    if (!object_around(p, &o) || o.base != (uintptr_t)p)
        return 0;
    return object_bytes(&o);
}

void GC_noop1(GC_word word)
{
    GC_reachable_here(word);
}

void GC_noop1_ptr(volatile void *p)
{
    GC_reachable_here(p);
}

size_t GC_get_size_map_at(int request)
{
    if (request < 0 || (size_t)request > small_max - extra_byte || !gc_initialised())
        return (size_t)-1;
    size_t bytes = (size_t)request + extra_byte;
    return size_classes[size_class_of(bytes > 0 ? bytes : 1)].bytes;
}

/* ---- Checks ---- */

static void same_obj_failed(void *p, void *q)
{
    fatal("GC_same_obj: %p and %p are not in the same object", p, q);
}

static void is_visible_failed(void *p)
{
    fatal("GC_is_visible: a pointer at %p would not be found", p);
}

static void is_valid_displacement_failed(void *p)
{
    fatal("GC_is_valid_displacement: %p does not keep its object", p);
}

void (*GC_same_obj_print_proc)(void *, void *) = same_obj_failed;
void (*GC_is_visible_print_proc)(void *) = is_visible_failed;
void (*GC_is_valid_displacement_print_proc)(void *) = is_valid_displacement_failed;

void *GC_same_obj(void *p, void *q)
{
    struct object of_p, of_q;
    bool p_found = object_around(p, &of_p);
    bool q_found = object_around(q, &of_q);
    bool same = p_found && q_found ? of_p.base == of_q.base : p_found == q_found;
    if (!same)
        GC_same_obj_print_proc(p, q);
    return p;
}

void *GC_pre_incr(void **p, ptrdiff_t bytes)
{
    void *before = *p;
    void *after = GC_same_obj((char *)before + bytes, before);
    return *p = after;
}

void *GC_post_incr(void **p, ptrdiff_t bytes)
{
    void *before = *p;
    *p = GC_same_obj((char *)before + bytes, before);
    return before;
}

/* In the heap, the words of objects that are scanned are visible. Of what lies outside it cannot be
 * told cheaply whether it is a root: taken for one, as long as it is aligned. */
void *GC_is_visible(void *p)
{
    struct object o;
    bool visible = (uintptr_t)p % sizeof(void *) == 0;
    if (visible && GC_is_heap_ptr(p))
        visible = object_around(p, &o) && !o.span->pointer_free;
    if (!visible)
        GC_is_visible_print_proc(p);
    return p;
}

void *GC_is_valid_displacement(void *p)
{
    struct object o;
    if (GC_is_heap_ptr(p) &&
        (!object_around(p, &o) || !mark_displacement_is_valid((uintptr_t)p - o.base)))
        GC_is_valid_displacement_print_proc(p);
    return p;
}

void GC_register_displacement(size_t displacement)
{
    mark_register_displacement(displacement);
}

void GC_ptr_store_and_dirty(void *p, const void *q)
{
    *(const void **)p = q;
    GC_end_stubborn_change(p);
    GC_reachable_here(q);
}

void GC_change_stubborn(const void *p)
{
    (void)p;
}

void GC_end_stubborn_change(const void *p)
{
    (void)p;
}
