/* threads.c: threads, stacks and fork, as gc.h has them. */
#include <pthread.h>
#include <signal.h>
#include "api/api.h"
#define GC_PTHREADS
#define GC_NO_THREAD_REDIRECTS
#include "gc/gc_pthread_redirects.h"
#include "gc/javaxfc.h"
#include "mark/helpers.h"
#include "platform/check.h"
#include "threads/costacks.h"
#include "threads/realcalls.h"
#include "threads/stackbounds.h"
#include "threads/stacks.h"

char *GC_stackbottom;
int GC_parallel;

/* ---- Stacks ---- */

int GC_get_stack_base(struct GC_stack_base *base)
{
    GC_init();
    uintptr_t high = thread_self != NULL ? thread_self->home.high : stack_high_here();
    if (high == 0)
        return GC_UNIMPLEMENTED;
    base->mem_base = (void *)high;
    return GC_SUCCESS;
}

__attribute__((noinline)) void *GC_call_with_stack_base(GC_stack_base_func fn, void *data)
{
    struct GC_stack_base base = {__builtin_frame_address(0)};
    void *result = fn(&base, data);
    GC_reachable_here(&base); /* the frame has to last as long as the call */
    return result;
}

void *GC_get_my_stackbottom(struct GC_stack_base *base)
{
    struct thread *t = api_thread();
    if (t == NULL) {
        GC_abort_on_oom();
        return NULL;
    }
    base->mem_base = t->is_main ? GC_stackbottom : (void *)t->stack.high;
    return t;
}

void GC_set_stackbottom(void *handle, const struct GC_stack_base *base)
{
    struct thread *t = handle != NULL ? handle : thread_self;
    if (t == NULL || t->is_main)
        GC_stackbottom = base->mem_base;
    if (t != NULL)
        t->stack = (struct stack_bounds){(uintptr_t)base->mem_base, (uintptr_t)base->mem_base};
}

void GC_register_altstack(void *stack, GC_word stack_bytes, void *altstack, GC_word altstack_bytes)
{
    (void)stack, (void)stack_bytes, (void)altstack, (void)altstack_bytes;
}

void GC_set_sp_corrector(GC_sp_corrector_proc corrector)
{
    stacks_sp_corrector = corrector;
}

GC_sp_corrector_proc GC_get_sp_corrector(void)
{
    return stacks_sp_corrector;
}

/* ---- Stacks of coroutines ---- */

static int result_of(enum costack_result result)
{
    switch (result) {
    case COSTACK_OK:
        return GC_SUCCESS;
    case COSTACK_KNOWN:
        return GC_DUPLICATE;
    case COSTACK_UNKNOWN:
        return GC_NOT_FOUND;
    case COSTACK_NO_MEMORY:
        break;
    }
    return GC_NO_MEMORY;
}

int GC_register_stack(void *low, void *high)
{
    struct thread *t = api_thread();
    if (t == NULL || !busy_enter(t))
        return GC_NO_MEMORY;
    enum costack_result result = costack_add((uintptr_t)low, (uintptr_t)high);
    busy_leave(t);
    return result_of(result);
}

int GC_unregister_stack(void *low)
{
    struct thread *t = api_thread();
    if (t == NULL || !busy_enter(t))
        return GC_NOT_FOUND;
    enum costack_result result = costack_remove((uintptr_t)low);
    busy_leave(t);
    return result_of(result);
}

int GC_set_stack_pointer(void *low, void *sp)
{
    struct thread *t = api_thread();
    if (t == NULL || !busy_enter(t))
        return GC_NOT_FOUND;
    enum costack_result result = costack_set_sp((uintptr_t)low, (uintptr_t)sp);
    busy_leave(t);
    return result_of(result);
}

/* ---- Stopping threads ---- */

void GC_stop_world_external(void)
{
    if (api_thread() != NULL && !cycle_stop_world())
        fatal("GC_stop_world_external inside GC_call_with_alloc_lock, or called twice");
}

void GC_start_world_external(void)
{
    cycle_start_world();
}

void GC_suspend_thread(GC_SUSPEND_THREAD_ID thread)
{
    if (api_thread() != NULL)
        cycle_suspend_thread((pthread_t)thread);
}

void GC_resume_thread(GC_SUSPEND_THREAD_ID thread)
{
    if (gc_initialised())
        thread_resume((pthread_t)thread);
}

int GC_is_thread_suspended(GC_SUSPEND_THREAD_ID thread)
{
    return gc_initialised() && thread_is_suspended((pthread_t)thread);
}

/* ---- Registration ---- */

void GC_allow_register_threads(void)
{
    GC_init();
}

int GC_register_my_thread(const struct GC_stack_base *base)
{
    GC_init();
    if (thread_self != NULL)
        return GC_DUPLICATE;
    if (!gc_initialised())
        return GC_NO_MEMORY;
    struct thread *t = thread_register_with_stack((uintptr_t)base->mem_base);
    if (t == NULL)
        return GC_NO_MEMORY;
    t->registered_by_client = true;
    return GC_SUCCESS;
}

int GC_unregister_my_thread(void)
{
    if (thread_self != NULL && thread_self->registered_by_client) {
        thread_self->registered_by_client = false;
        thread_unregister();
    }
    return GC_SUCCESS;
}

int GC_thread_is_registered(void)
{
    return thread_self != NULL;
}

void *GC_do_blocking(GC_fn_type fn, void *data)
{
    return api_thread() != NULL ? blocking_call(fn, data) : fn(data);
}

void *GC_call_with_gc_active(GC_fn_type fn, void *data)
{
    return api_thread() != NULL ? active_call(fn, data) : fn(data);
}

/* ---- Signals and helpers ---- */

static int restart_signal = SIGXCPU; /* bdwgc's; here nothing is sent */

void GC_set_suspend_signal(int signal_number)
{
    if (!GC_is_init_called())
        stop_signal_set(signal_number);
}

int GC_get_suspend_signal(void)
{
    return stop_signal();
}

void GC_set_thr_restart_signal(int signal_number)
{
    restart_signal = signal_number;
}

int GC_get_thr_restart_signal(void)
{
    return restart_signal;
}

int GC_get_parallel(void)
{
    return (int)helpers_count();
}

void GC_set_markers_count(unsigned markers)
{
    options_limit_markers(markers);
}

void GC_start_mark_threads(void)
{
}

/* ---- The calls of pthreads that gc_pthread_redirects.h sends here ---- */

static bool in_front(void)
{
    return calls_pass_sanitizer && calls_pass_sanitizer();
}

int GC_pthread_create(pthread_t *handle, const pthread_attr_t *attributes, void *(*start)(void *),
                      void *argument)
{
    GC_init();
    if (in_front())
        return pthread_create(handle, attributes, start, argument);
    return thread_create(handle, attributes, start, argument);
}

int GC_pthread_join(pthread_t handle, void **result)
{
    return in_front() ? pthread_join(handle, result) : thread_join(handle, result);
}

int GC_pthread_detach(pthread_t handle)
{
    return in_front() ? pthread_detach(handle) : thread_detach(handle);
}

int GC_pthread_cancel(pthread_t handle)
{
    return pthread_cancel(handle);
}

void GC_pthread_exit(void *result)
{
    if (in_front())
        pthread_exit(result);
    thread_exit(result);
}

int GC_pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    sigset_t without;
    if (set != NULL && how != SIG_UNBLOCK) {
        without = *set;
        sigdelset(&without, stop_signal());
        set = &without;
    }
    return pthread_sigmask(how, set, old);
}
