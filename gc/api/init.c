/* init.c: initialisation, once, whoever comes first.
 *
 *     NOT_YET --gc_init_slow--> RUNNING --> DONE or FAILED
 *
 * The first call of the interface that needs the heap initialises it: GC_init, or an allocation in
 * any thread. The mutex is recursive, so that a call that comes out of the initialisation itself
 * (a preloaded malloc, an environment that warns) finds it RUNNING and goes on without a heap;
 * other threads wait.
 */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <stdlib.h>
#include "api/debug.h"
#include "cycle/inspect.h"
#include "cycle/pace.h"
#include "cycle/sweeper.h"
#include "cycle/trace.h"
#include "heap/heap.h"
#include "mark/helpers.h"
#include "mark/roots.h"
#include "platform/check.h"
#include "services/finalize.h"
#include "threads/interrupted.h"
#include "threads/stacks.h"

enum init_state { NOT_YET, RUNNING, DONE, FAILED };

static struct {
    pthread_mutex_t mutex;
    atomic_word state; /* enum init_state; written with the mutex held */
} init = {.mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP};

static int handle_fork = 1; /* GC_set_handle_fork; -1: the program calls GC_atfork_* itself */

/* ---- Fork ----
 *
 * The cycle lock is held over it. The locks from rank roots on are free then: only busy threads
 * take them, and the registry sees to it that nobody is busy; where it could not (threads/fork.c)
 * the child does without collections. */

static void in_child(bool heap_is_torn)
{
    finalize_reset_locks_in_child();
    debug_reset_locks_in_child();
    inspect_reset_locks_in_child();
    heap_reset_locks_in_child();
    roots_reset_locks_in_child();
    finalizer_thread_after_fork();
    cycle_unlock_after_fork(true);
    if (heap_is_torn)
        cycle_disable();
}

static void in_parent(void)
{
    cycle_unlock_after_fork(false);
}

static const struct fork_hooks fork_hooks = {
    .prepare = cycle_lock_for_fork,
    .parent = in_parent,
    .child = in_child,
};

static void watch_forks(void)
{
    if (handle_fork < 0)
        fork_hooks_set(&fork_hooks);
    else
        fork_handlers_install(&fork_hooks);
}

void GC_set_handle_fork(int mode)
{
    if (!GC_is_init_called())
        handle_fork = mode;
}

static bool forks_are_the_programs(void)
{
    return handle_fork < 0 && gc_initialised();
}

void GC_atfork_prepare(void)
{
    if (forks_are_the_programs())
        fork_prepare();
}

void GC_atfork_parent(void)
{
    if (forks_are_the_programs())
        fork_parent();
}

void GC_atfork_child(void)
{
    if (forks_are_the_programs())
        fork_child();
}

/* ---- Initialisation ---- */

/* What runs the program's functions waits for a cycle of its own, where a helper has collected. */
static void after_cycle(void)
{
    if (thread_self == NULL)
        return;
    finalizers_after_cycle();
    debug_after_cycle();
    tell_heap_size(thread_self);
}

static void at_exit(void)
{
    struct thread *t = api_thread();
    if (t == NULL)
        return;
    struct api_visit visit = api_enter(t);
    trace_summary();
    api_leave(visit);
}

/* The main thread's stack base, from the program to us or the other way round. */
static void agree_on_stackbottom(void)
{
    struct thread *t = thread_self;
    if (!t->is_main)
        return;
    if (GC_stackbottom != NULL)
        t->stack = (struct stack_bounds){(uintptr_t)GC_stackbottom, (uintptr_t)GC_stackbottom};
    else
        GC_stackbottom = (char *)t->stack.high;
    stacks_main_bottom = &GC_stackbottom;
}

static bool initialise(void)
{
    options_read();
    settings_hand_down();
    sweeper_allow(settings.background);
    helpers_limit(settings.helpers);
    trace_configure(settings.trace, settings.summary);
    if (!heap_init() || !cycle_init() || !threads_init()) {
        report("no memory for a heap: every allocation fails");
        return false;
    }
    api_publish_heap_bounds();
    interrupted_prepare(thread_self);
    agree_on_stackbottom();
    pace_set_floor(settings.initial_heap);
    cycle_recompute_goal();
    watch_forks();
    cycle_before_stop_hook = toggles_before_stop;
    cycle_counted_hook = stats_after_cycle;
    cycle_after_hook = after_cycle;
    cycle_idle_hook = api_may_collect_idle;
    api_listen_for_roots();
    debug_prepare();
    if (settings.summary && atexit(at_exit) != 0)
        report("no memory for an exit handler: there will be no summary");
    return true;
}

void gc_init_slow(void)
{
    pthread_mutex_lock(&init.mutex);
    if (word_load(&init.state) == NOT_YET) {
        word_store(&init.state, RUNNING);
        word_store_release(&init.state, initialise() ? DONE : FAILED);
    }
    pthread_mutex_unlock(&init.mutex);
}

bool gc_initialised(void)
{
    return word_load_acquire(&init.state) == DONE;
}

struct thread *api_thread_slow(void)
{
    if (!gc_initialised())
        gc_init_slow();
    if (!gc_initialised())
        return NULL;
    return thread_self != NULL ? thread_self : thread_register();
}

void GC_init(void)
{
    if (!gc_initialised())
        gc_init_slow();
}

int GC_is_init_called(void)
{
    return word_load(&init.state) != NOT_YET;
}

void GC_deinit(void)
{
}

unsigned GC_get_version(void)
{
    return GC_VERSION_MAJOR << 16 | GC_VERSION_MINOR << 8 | GC_VERSION_MICRO;
}
