/* roots.c: where pointers are looked for, as the program says. */
#include "api/api.h"
#include "gc/gc_mark.h"
#include "mark/roots.h"
#include "platform/check.h"

void GC_add_roots(void *low, void *high)
{
    struct thread *t = api_thread();
    if (t == NULL || !busy_enter(t))
        return;
    bool added = roots_add((uintptr_t)low, (uintptr_t)high);
    busy_leave(t);
    if (!added)
        fatal("no memory to note %p to %p as a root: what it leads to would be lost", low, high);
}

/* Runs one of the functions on a range, busy. Without a heap there is nothing to be done. */
static void change_roots(void (*change)(uintptr_t, uintptr_t), void *low, void *high)
{
    struct thread *t = api_thread();
    if (t != NULL && busy_enter(t)) {
        change((uintptr_t)low, (uintptr_t)high);
        busy_leave(t);
    }
}

void GC_remove_roots(void *low, void *high)
{
    change_roots(roots_remove, low, high);
}

void GC_exclude_static_roots(void *low, void *high)
{
    change_roots(roots_exclude, low, high);
}

static void clear(uintptr_t low, uintptr_t high)
{
    (void)low;
    (void)high;
    roots_clear();
}

void GC_clear_roots(void)
{
    change_roots(clear, NULL, NULL);
}

static void clear_exclusions(uintptr_t low, uintptr_t high)
{
    (void)low;
    (void)high;
    roots_clear_exclusions();
}

void GC_clear_exclusion_table(void)
{
    change_roots(clear_exclusions, NULL, NULL);
}

/* ---- Ranges that the program tells in each collection ---- */

static void push_nothing(void)
{
}

GC_push_other_roots_proc GC_push_other_roots = push_nothing;

/* The variable may lie in the program and be written there. */
static void push_as_the_variable_says(void)
{
    if (GC_push_other_roots != NULL)
        GC_push_other_roots();
}

void api_listen_for_roots(void)
{
    roots_program_function = push_as_the_variable_says;
}

void GC_set_push_other_roots(GC_push_other_roots_proc function)
{
    GC_push_other_roots = function;
}

GC_push_other_roots_proc GC_get_push_other_roots(void)
{
    return GC_push_other_roots;
}

void GC_push_all(void *low, void *high)
{
    roots_push((uintptr_t)low, (uintptr_t)high);
}

void GC_push_all_eager(void *low, void *high)
{
    roots_push((uintptr_t)low, (uintptr_t)high);
}

void GC_push_conditional(void *low, void *high, int all)
{
    (void)all;
    roots_push((uintptr_t)low, (uintptr_t)high);
}

void GC_push_finalizer_structures(void)
{
}

/* ---- Which static data ---- */

static GC_has_static_roots_func has_static_roots;

static bool ask_program(const char *name, uintptr_t low, uintptr_t high)
{
    return has_static_roots(name, (void *)low, high - low) != 0;
}

void GC_register_has_static_roots_callback(GC_has_static_roots_func func)
{
    roots_segment_filter = NULL;
    has_static_roots = func;
    if (func != NULL)
        roots_segment_filter = ask_program;
}

bool api_hears_of_roots(void)
{
    return has_static_roots != NULL || GC_push_other_roots != push_nothing;
}
