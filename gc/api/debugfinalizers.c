/* debugfinalizers.c: finalizers of debug objects.
 *
 * What is registered with an object's base is a function of ours, and a closure, an object of the
 * heap that keeps the program's function and data; the program's function is called with the
 * pointer that the program knows. Closures are freed when they have served, so that they are no
 * leaks.
 */
#include "api/debug.h"

struct closure {
    GC_finalization_proc fn;
    void *data;
};

typedef void register_function(void *, GC_finalization_proc, void *, GC_finalization_proc *,
                               void **);

struct registration {
    const char *name;
    register_function *plain;
};

static void call_closure(void *base, void *data)
{
    struct closure called = *(struct closure *)data;
    GC_free(data);
    called.fn((void *)debug_user((uintptr_t)base), called.data);
}

/* What the program registered, or was told to have. */
static void store_old(void *p, GC_finalization_proc was, void *was_data,
                      GC_finalization_proc *old_fn, void **old_data)
{
    struct closure old = {was, was_data};
    if (was == call_closure) {
        old = *(struct closure *)was_data;
        GC_free(was_data);
    } else if (was != NULL) {
        GC_err_printf("Debuggable object at %p had a non-debug finalizer\n", p);
        old = (struct closure){NULL, NULL};
    }
    if (old_fn != NULL)
        *old_fn = old.fn;
    if (old_data != NULL)
        *old_data = old.data;
}

static void register_with_base(const struct registration *r, void *base, void *p,
                               GC_finalization_proc fn, void *data, GC_finalization_proc *old_fn,
                               void **old_data)
{
    GC_finalization_proc was = call_closure; /* stays so where there is no memory */
    void *was_data = NULL;
    struct closure *c = NULL;
    if (fn != NULL) {
        c = GC_malloc(sizeof *c);
        if (c == NULL)
            return;
        *c = (struct closure){fn, data};
    }
    r->plain(base, fn != NULL ? call_closure : NULL, c, &was, &was_data);
    if (was == call_closure && was_data == NULL)
        GC_free(c);
    else
        store_old(p, was, was_data, old_fn, old_data);
}

/* Objects that did not become debug objects have plain finalizers. */
static void register_debug(const struct registration *r, void *p, GC_finalization_proc fn,
                           void *data, GC_finalization_proc *old_fn, void **old_data)
{
    struct object o;
    struct debug_info info;
    enum debug_pointer pointer = debug_classify(p, &o, &info);
    if (pointer == POINTS_INTO || (pointer == POINTS_TO_PLAIN && o.base != (uintptr_t)p))
        GC_err_printf("%s called with non-base-pointer %p\n", r->name, p);
    if (pointer == POINTS_TO_USER || pointer == POINTS_INTO)
        register_with_base(r, (void *)o.base, p, fn, data, old_fn, old_data);
    else
        r->plain(p, fn, data, old_fn, old_data);
}

void GC_debug_register_finalizer(void *object, GC_finalization_proc fn, void *data,
                                 GC_finalization_proc *old_fn, void **old_data)
{
    const struct registration r = {__func__, GC_register_finalizer};
    register_debug(&r, object, fn, data, old_fn, old_data);
}

void GC_debug_register_finalizer_ignore_self(void *object, GC_finalization_proc fn, void *data,
                                             GC_finalization_proc *old_fn, void **old_data)
{
    const struct registration r = {__func__, GC_register_finalizer_ignore_self};
    register_debug(&r, object, fn, data, old_fn, old_data);
}

void GC_debug_register_finalizer_no_order(void *object, GC_finalization_proc fn, void *data,
                                          GC_finalization_proc *old_fn, void **old_data)
{
    const struct registration r = {__func__, GC_register_finalizer_no_order};
    register_debug(&r, object, fn, data, old_fn, old_data);
}

void GC_debug_register_finalizer_unreachable(void *object, GC_finalization_proc fn, void *data,
                                             GC_finalization_proc *old_fn, void **old_data)
{
    const struct registration r = {__func__, GC_register_finalizer_unreachable};
    register_debug(&r, object, fn, data, old_fn, old_data);
}
