/* finalizers.c: registering finalizers and links, and running finalizers.
 *
 * Records that find no memory: the program's out-of-memory function is called, and if it says by
 * its result that it has made room, the registration is tried once more.
 */
#include <limits.h>
#include "api/api.h"
#include "gc/javaxfc.h"
#include "heap/find.h"
#include "platform/check.h"
#include "services/finalize.h"

int GC_finalize_on_demand;
int GC_java_finalization = 1;
GC_finalizer_notifier_proc GC_finalizer_notifier;

enum { record_bytes = 64 }; /* what the out-of-memory function is told */

/* ---- Registering ---- */

enum registration { REGISTERED, NOT_A_BASE, NO_OBJECT, OUT_OF_MEMORY };

__attribute__((always_inline)) static inline enum registration
try_register(const struct finalizer_request *r)
{
    struct object o;
    struct thread *t = api_thread();
    if (t == NULL || !busy_enter(t))
        return OUT_OF_MEMORY;
    enum registration result = NO_OBJECT;
    if (find_object(r->base, &o)) {
        result = NOT_A_BASE;
        if (o.base == r->base)
            result = finalizer_register(&o, r) ? REGISTERED : OUT_OF_MEMORY;
    }
    busy_leave(t);
    return result;
}

static void store_no_old(const struct finalizer_request *r)
{
    if (r->old_fn != NULL)
        *r->old_fn = NULL;
    if (r->old_data != NULL)
        *r->old_data = NULL;
}

/* Once more where the program has made room, and apart, for the hot path's sake. */
__attribute__((noinline)) static void register_after_failure(enum registration result,
                                                             const struct finalizer_request *r)
{
    if (result == OUT_OF_MEMORY && GC_oom_fn(record_bytes) != NULL)
        result = try_register(r);
    if (result == NOT_A_BASE || result == NO_OBJECT)
        store_no_old(r);
    if (result == NOT_A_BASE)
        warn("GC_register_finalizer(%p): not an object's base; ignored\n", r->base);
}

static void register_finalizer(const struct finalizer_request *r)
{
    enum registration result = try_register(r);
    if (__builtin_expect(result != REGISTERED, 0))
        register_after_failure(result, r);
}

void GC_register_finalizer(void *object, GC_finalization_proc fn, void *data,
                           GC_finalization_proc *old_fn, void **old_data)
{
    struct finalizer_request r = {(uintptr_t)object, fn, data, FINALIZER_NORMAL, old_fn, old_data};
    register_finalizer(&r);
}

void GC_register_finalizer_ignore_self(void *object, GC_finalization_proc fn, void *data,
                                       GC_finalization_proc *old_fn, void **old_data)
{
    struct finalizer_request r = {(uintptr_t)object,     fn,     data,
                                  FINALIZER_IGNORE_SELF, old_fn, old_data};
    register_finalizer(&r);
}

void GC_register_finalizer_no_order(void *object, GC_finalization_proc fn, void *data,
                                    GC_finalization_proc *old_fn, void **old_data)
{
    struct finalizer_request r = {(uintptr_t)object,  fn,     data,
                                  FINALIZER_NO_ORDER, old_fn, old_data};
    register_finalizer(&r);
}

void GC_register_finalizer_unreachable(void *object, GC_finalization_proc fn, void *data,
                                       GC_finalization_proc *old_fn, void **old_data)
{
    struct finalizer_request r = {(uintptr_t)object,     fn,     data,
                                  FINALIZER_UNREACHABLE, old_fn, old_data};
    register_finalizer(&r);
}

/* ---- Links ---- */

__attribute__((always_inline)) static inline int try_link(enum link_kind kind, void **link,
                                                          uintptr_t object)
{
    struct object o;
    struct thread *t = api_thread();
    if (t == NULL || !busy_enter(t))
        return GC_NO_MEMORY;
    int result = GC_SUCCESS;
    if (find_object(object, &o))
        result = link_register(kind, link, o.base);
    busy_leave(t);
    return result;
}

__attribute__((noinline)) static int link_after_failure(enum link_kind kind, void **link,
                                                        uintptr_t object)
{
    return GC_oom_fn(record_bytes) != NULL ? try_link(kind, link, object) : GC_NO_MEMORY;
}

static int register_link(enum link_kind kind, void **link, uintptr_t object)
{
    if (link == NULL || (uintptr_t)link % sizeof(void *) != 0)
        fatal("a disappearing link at %p: not an aligned address", (void *)link);
    int result = try_link(kind, link, object);
    return result != GC_NO_MEMORY ? result : link_after_failure(kind, link, object);
}

static int unregister_link(enum link_kind kind, void **link)
{
    struct thread *t = api_thread();
    if (t == NULL || !busy_enter(t))
        return 0;
    int result = link_unregister(kind, link);
    busy_leave(t);
    return result;
}

static int move_link(enum link_kind kind, void **link, void **new_link)
{
    static const int codes[] = {GC_SUCCESS, GC_NOT_FOUND, GC_DUPLICATE};
    struct thread *t = api_thread();
    if (t == NULL || !busy_enter(t))
        return GC_NOT_FOUND;
    int result = link_move(kind, link, new_link);
    busy_leave(t);
    return codes[result];
}

int GC_general_register_disappearing_link(void **link, const void *object)
{
    return register_link(LINK_SHORT, link, (uintptr_t)object);
}

int GC_register_disappearing_link(void **link)
{
    void *holder = GC_base(link);
    if (holder == NULL)
        fatal("GC_register_disappearing_link(%p): not inside an object", (void *)link);
    return register_link(LINK_SHORT, link, (uintptr_t)holder);
}

int GC_unregister_disappearing_link(void **link)
{
    return unregister_link(LINK_SHORT, link);
}

int GC_move_disappearing_link(void **link, void **new_link)
{
    return move_link(LINK_SHORT, link, new_link);
}

int GC_register_long_link(void **link, const void *object)
{
    return register_link(LINK_LONG, link, (uintptr_t)object);
}

int GC_unregister_long_link(void **link)
{
    return unregister_link(LINK_LONG, link);
}

int GC_move_long_link(void **link, void **new_link)
{
    return move_link(LINK_LONG, link, new_link);
}

/* ---- Running ---- */

int GC_should_invoke_finalizers(void)
{
    return finalize_is_pending();
}

static unsigned interrupt_after; /* GC_set_interrupt_finalizers */

static int run_at_most(void)
{
    return interrupt_after > 0 && interrupt_after < INT_MAX ? (int)interrupt_after : INT_MAX;
}

int GC_invoke_finalizers(void)
{
    if (!finalize_is_pending() || api_thread() == NULL)
        return 0;
    return finalize_run_queued(run_at_most());
}

static GC_await_finalize_proc await_proc;

static void warn_of_cycle(uintptr_t base)
{
    warn("finalization cycle: the object at %p leads to itself and is never finalized\n", base);
}

void finalizers_after_cycle(void)
{
    GC_finalizer_notifier_proc notifier = GC_finalizer_notifier;
    finalize_take_cycles(warn_of_cycle);
    finalize_tell_arrivals(await_proc);
    if (!finalize_is_pending())
        return;
    if (!GC_finalize_on_demand && !finalizer_thread_wake())
        GC_invoke_finalizers();
    else if (GC_finalize_on_demand && notifier != NULL)
        notifier();
}

void GC_set_await_finalize_proc(GC_await_finalize_proc proc)
{
    await_proc = proc;
    finalize_announce(proc != NULL);
}

GC_await_finalize_proc GC_get_await_finalize_proc(void)
{
    return await_proc;
}

void GC_set_interrupt_finalizers(unsigned most)
{
    interrupt_after = most;
}

unsigned GC_get_interrupt_finalizers(void)
{
    return interrupt_after;
}

static bool enqueue_all(void)
{
    struct thread *t = api_thread();
    if (t == NULL || finalize_record_count() == 0 || !busy_enter(t))
        return false;
    finalize_enqueue_all();
    busy_leave(t);
    return true;
}

void GC_finalize_all(void)
{
    interrupt_after = 0;
    if (api_thread() != NULL)
        finalize_tell_arrivals(await_proc);
    while (enqueue_all() && GC_invoke_finalizers() > 0)
        continue;
    GC_invoke_finalizers();
}

void GC_set_finalize_on_demand(int on_demand)
{
    GC_finalize_on_demand = on_demand != 0;
}

int GC_get_finalize_on_demand(void)
{
    return GC_finalize_on_demand;
}

void GC_set_java_finalization(int java)
{
    GC_java_finalization = java != 0;
}

int GC_get_java_finalization(void)
{
    return GC_java_finalization;
}

void GC_set_finalizer_notifier(GC_finalizer_notifier_proc notifier)
{
    GC_finalizer_notifier = notifier;
}

GC_finalizer_notifier_proc GC_get_finalizer_notifier(void)
{
    return GC_finalizer_notifier;
}
