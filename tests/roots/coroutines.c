/* coroutines.c: rows whose items are held by stacks that threads switch to and from (ucontext).
 *
 * "running": the collection comes while the coroutine runs, and nobody told the collector of its
 * stack. "suspended": the coroutine has switched back to the main stack, and its own was made known
 * in one of several ways.
 */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#define GC_THREADS
#include <gc.h>
#include "roots.h"

enum { stack_bytes = 512 * 1024 };

static __thread ucontext_t main_context, coroutine_context;
static char *stack; /* of the coroutine */

static void make_coroutine(void (*fn)(void), char *memory)
{
    stack = memory;
    getcontext(&coroutine_context);
    coroutine_context.uc_stack.ss_sp = memory;
    coroutine_context.uc_stack.ss_size = stack_bytes;
    coroutine_context.uc_link = &main_context;
    makecontext(&coroutine_context, fn, 0);
}

static void resume(void)
{
    swapcontext(&main_context, &coroutine_context);
}

static void suspend(void)
{
    swapcontext(&coroutine_context, &main_context);
}

static char *mapped(void)
{
    char *memory =
        mmap(NULL, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        row_error("mmap");
    return memory;
}

static char *allocated(void)
{
    char *memory = malloc(stack_bytes);
    if (memory == NULL)
        row_error("malloc");
    return memory;
}

/* ---- Running ---- */

static void hold_and_collect(void)
{
    void *array[items];
    items_make(array, items);
    collect();
    keep(array);
}

static void *run_holder(void *memory)
{
    make_coroutine(hold_and_collect, memory);
    resume();
    return NULL;
}

static void running_mapped(void)
{
    run_holder(mapped());
}

static void running_allocated(void)
{
    run_holder(allocated());
}

static void running_other(void)
{
    in_thread(run_holder, mapped());
}

static void *hold_under_coroutine(void *memory)
{
    void *array[items];
    make_coroutine(collect, memory);
    items_make(array, items);
    resume();
    keep(array);
    return NULL;
}

static void suspended_main_stack(void)
{
    hold_under_coroutine(mapped());
}

static void suspended_main_stack_other(void)
{
    in_thread(hold_under_coroutine, mapped());
}

/* ---- Suspended, and registered ---- */

static void hold_and_suspend(void)
{
    void *array[items];
    items_make(array, items);
    suspend();
    keep(array);
}

static void collect_while_suspended(void)
{
    resume();
    collect();
    resume();
}

static void suspended_registered(void)
{
    make_coroutine(hold_and_suspend, mapped());
    int (*add)(void *, void *) = (int (*)(void *, void *))row_function("GC_register_stack");
    add(stack, stack + stack_bytes);
    collect_while_suspended();
}

static void suspended_added_as_root(void)
{
    make_coroutine(hold_and_suspend, mapped());
    GC_add_roots(stack, stack + stack_bytes);
    collect_while_suspended();
}

/* Crystal's way: the running stack is told of at each switch, all suspended ones are pushed. */
static void (*push_all)(void *, void *);
static void (*push_others_before)(void);
static char *pushed_low, *pushed_high;

static void push_suspended(void)
{
    if (pushed_low != NULL)
        push_all(pushed_low, pushed_high);
    if (push_others_before != NULL)
        push_others_before();
}

static void push_suspended_stacks(void)
{
    void (*set)(void (*)(void)) = (void (*)(void (*)(void)))row_function("GC_set_push_other_roots");
    void (*(*get)(void))(void) = (void (*(*)(void))(void))row_function("GC_get_push_other_roots");
    push_all = (void (*)(void *, void *))row_function("GC_push_all_eager");
    push_others_before = get();
    set(push_suspended);
}

static void *set_stackbottom(void *base)
{
    GC_set_stackbottom(NULL, base);
    return NULL;
}

static void suspended_pushed(void)
{
    push_suspended_stacks();
    make_coroutine(hold_and_suspend, mapped());
    pushed_low = stack;
    pushed_high = stack + stack_bytes;
    collect_while_suspended();
}

/* The coroutine holds and runs with its own stack bottom, the main stack holds nothing. */
static void running_with_stackbottom(void)
{
    struct GC_stack_base before, coroutine;
    make_coroutine(hold_and_collect, mapped());
    coroutine.mem_base = stack + stack_bytes;
    GC_get_my_stackbottom(&before);
    GC_call_with_alloc_lock(set_stackbottom, &coroutine);
    resume();
    GC_call_with_alloc_lock(set_stackbottom, &before);
}

/* Not the address of a variable, which may lie elsewhere under AddressSanitizer. */
static inline char *stack_pointer_here(void)
{
    char *sp;
    __asm__("movq %%rsp, %0" : "=r"(sp));
    return sp;
}

/* The main stack holds, and is pushed while the coroutine runs with its own stack bottom. */
static void main_stack_pushed(void)
{
    void *array[items];
    struct GC_stack_base before, coroutine;
    push_suspended_stacks();
    make_coroutine(collect, mapped());
    coroutine.mem_base = stack + stack_bytes;
    items_make(array, items);
    GC_get_my_stackbottom(&before);
    pushed_low = stack_pointer_here();
    pushed_high = before.mem_base;
    GC_call_with_alloc_lock(set_stackbottom, &coroutine);
    resume();
    GC_call_with_alloc_lock(set_stackbottom, &before);
    keep(array);
}

/* Nix's way: stack pointers outside the thread's stack are set to the low end of it, and coroutine
 * stacks are roots. */
static char *own_stack_low;

static void correct_sp(void **sp, void *thread)
{
    (void)thread;
    if ((char *)*sp >= stack && (char *)*sp < stack + stack_bytes)
        *sp = own_stack_low;
}

static void running_with_corrector(void)
{
    void *array[items];
    void (*set)(void (*)(void **, void *)) =
        (void (*)(void (*)(void **, void *)))row_function("GC_set_sp_corrector");
    set(correct_sp);
    make_coroutine(collect, mapped());
    GC_add_roots(stack, stack + stack_bytes);
    own_stack_low = stack_pointer_here();
    items_make(array, items);
    resume();
    keep(array);
}

const struct row coroutine_rows[] = {
    {"coroutine-running", "stack of a running coroutine, mmap'ed, no hint", running_mapped, 0},
    {"coroutine-malloc", "the same, malloc'ed", running_allocated, 0},
    {"coroutine-other", "the same, other thread", running_other, 0},
    {"coroutine-under", "main stack, suspended, while the coroutine runs", suspended_main_stack, 0},
    {"coroutine-under-other", "the same, other thread", suspended_main_stack_other, 0},
    {"suspended-registered", "suspended coroutine, `GC_register_stack`", suspended_registered, 0},
    {"suspended-add-roots", "suspended coroutine, `GC_add_roots`", suspended_added_as_root, 0},
    {"suspended-pushed", "suspended coroutine, `GC_set_push_other_roots`", suspended_pushed, 0},
    {"stackbottom-running", "running coroutine, `GC_set_stackbottom`", running_with_stackbottom, 0},
    {"stackbottom-pushed", "main stack meanwhile, `GC_set_push_other_roots`", main_stack_pushed, 0},
    {"corrector", "main stack meanwhile, `GC_set_sp_corrector`", running_with_corrector, 0},
    {NULL, NULL, NULL, 0}};
