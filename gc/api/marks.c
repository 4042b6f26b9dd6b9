/* marks.c: what programs ask and say about marks, in the pause and between collections. */
#include "api/api.h"
#include "cycle/census.h"
#include "gc/gc_mark.h"
#include "heap/find.h"
#include "heap/sweep.h"
#include "mark/procedures.h"
#include "mark/roots.h"
#include "platform/check.h"

void *GC_least_plausible_heap_addr = (void *)UINTPTR_MAX;
void *GC_greatest_plausible_heap_addr;

/* The heap grows inside one reservation. */
void api_publish_heap_bounds(void)
{
    GC_least_plausible_heap_addr = (void *)region.base;
    GC_greatest_plausible_heap_addr = (void *)(region.base + region.size);
}

/* ---- In a mark procedure ---- */

struct GC_ms_entry *GC_mark_and_push(void *object, struct GC_ms_entry *top,
                                     struct GC_ms_entry *limit, void **source)
{
    (void)limit;
    (void)source;
    if (mark_listener != NULL)
        mark_listener->push(mark_listener->self, (uintptr_t)object);
    return top;
}

/* ---- Mark bits ----
 *
 * In the pause every span is one to be swept, and the mark bits say. Later, an object whose span is
 * swept is there if it is allocated; if not, its mark bit says whether it will be. */

int GC_is_marked(const void *p)
{
    struct object o;
    struct thread *t = api_thread();
    if (t == NULL)
        return 0;
    struct api_visit visit = api_enter(t);
    bool marked = find_object((uintptr_t)p, &o) && sweep_spares(&o, visit.entered);
    api_leave(visit);
    return marked;
}

static void change(const struct object *o, bool marked)
{
    if (mark_listener != NULL)
        mark_listener->change_mark(mark_listener->self, o, marked);
    else if (!sweep_has_swept(o->span) && object_is_marked(o) != marked)
        sweep_with_mark(o, marked);
}

static void change_mark(const void *p, bool marked)
{
    struct object o;
    struct thread *t = api_thread();
    if (t == NULL)
        return;
    struct api_visit visit = api_enter(t);
    if ((visit.entered || mark_listener != NULL) && find_object((uintptr_t)p, &o))
        change(&o, marked);
    api_leave(visit);
}

void GC_set_mark_bit(const void *p)
{
    change_mark(p, true);
}

void GC_clear_mark_bit(const void *p)
{
    change_mark(p, false);
}

/* ---- All objects, and roots ---- */

struct enumeration {
    GC_reachable_object_proc visit;
    void *data;
};

static void *enumerate(void *argument)
{
    const struct enumeration *e = argument;
    if (!census_take(e->visit, e->data))
        report("GC_enumerate_reachable_objects_inner: no memory for the list; none is visited");
    return NULL;
}

void GC_enumerate_reachable_objects_inner(GC_reachable_object_proc visit, void *data)
{
    struct enumeration e = {visit, data};
    if (api_thread() != NULL)
        cycle_excluded(enumerate, &e);
}

int GC_is_tmp_root(void *p)
{
    struct thread *t = api_thread();
    if (t == NULL)
        return 0;
    struct api_visit visit = api_enter(t);
    bool in_segment = roots_in_segment((uintptr_t)p);
    api_leave(visit);
    return in_segment;
}
