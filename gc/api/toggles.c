/* toggles.c: toggle references: asking the program before each collection. */
#include "api/debug.h"
#include "services/finalize.h"

static GC_toggleref_func toggle_func;

void GC_set_toggleref_func(GC_toggleref_func func)
{
    toggle_func = func;
}

GC_toggleref_func GC_get_toggleref_func(void)
{
    return toggle_func;
}

/* ---- Adding ---- */

static bool try_add(struct thread *t, const struct toggle *toggle)
{
    if (!busy_enter(t))
        return false;
    bool added = finalize_add_toggle(toggle);
    busy_leave(t);
    return added;
}

/* As in bdwgc, nothing is noted while there is nobody to decide. */
static int add(uintptr_t base, void *shown, int strong)
{
    struct toggle toggle = {base, (uintptr_t)shown, strong != 0};
    struct thread *t = api_thread();
    if (toggle_func == NULL)
        return GC_SUCCESS;
    return t != NULL && try_add(t, &toggle) ? GC_SUCCESS : GC_NO_MEMORY;
}

int GC_toggleref_add(void *object, int strong)
{
    if (GC_base(object) == object)
        return add((uintptr_t)object, object, strong);
    warn("GC_toggleref_add(%p): not an object's base; ignored\n", (GC_word)object);
    return GC_SUCCESS;
}

int GC_debug_toggleref_add(void *object, int strong)
{
    struct object o;
    struct debug_info info;
    if (debug_classify(object, &o, &info) == POINTS_TO_USER)
        return add(o.base, object, strong);
    return GC_toggleref_add(object, strong);
}

/* ---- Deciding ---- */

static bool toggle_at(struct thread *t, size_t index, struct toggle *toggle)
{
    if (!busy_enter(t))
        return false;
    bool found = finalize_get_toggle(index, toggle);
    busy_leave(t);
    return found;
}

static void decide(struct thread *t, size_t index, uintptr_t base, enum toggle_status status)
{
    if (!busy_enter(t))
        return;
    finalize_decide_toggle(index, base, status);
    busy_leave(t);
}

static enum toggle_status status_of(GC_ToggleRefStatus status)
{
    switch (status) {
    case GC_TOGGLE_REF_DROP:
        return TOGGLE_DROP;
    case GC_TOGGLE_REF_STRONG:
        return TOGGLE_STRONG;
    case GC_TOGGLE_REF_WEAK:
        return TOGGLE_WEAK;
    }
    api_abort("Bad toggle-ref status returned by callback");
}

bool toggles_are_asked_about(void)
{
    return toggle_func != NULL;
}

/* The copy in this frame keeps the object while the program looks at it. */
void toggles_before_stop(void)
{
    GC_toggleref_func func = toggle_func;
    struct thread *t = thread_self;
    struct toggle toggle;
    if (func == NULL)
        return;
    for (size_t i = finalize_toggle_count(); i-- > 0;)
        if (toggle_at(t, i, &toggle))
            decide(t, i, toggle.base, status_of(func((void *)toggle.shown)));
}
