/* roots_stacks.c: objects that are held only from a stack, or by a thread, that nobody announced.
 *
 * Each row runs in a process of its own, three times: the world is stopped by the thread that holds
 * the objects, by another one, and, as a control, with the pointers wiped: then next to nothing may
 * survive, or the row proves nothing. Pointers are told apart from their copies by hiding them
 * everywhere but in the place that is meant, and by wiping the stack below.
 *
 * Threads that the collector has never heard of are made by libc's own pthread_create.
 *
 *     roots_stacks [ROW]     all rows, or one
 */
#define _GNU_SOURCE 1
#define GC_NO_THREAD_REDIRECTS
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#define GC_BUILD
#define GC_PTHREADS
#define GC_SUSPEND_THREAD_ID pthread_t
#include "gc.h"
#include "gc/gc_mark.h"
#include "gc/javaxfc.h"
#include "platform/atomics.h"

enum {
    objects = 50,
    object_bytes = 64,
    rounds = 4,
    wiped_bytes = 16 * 1024,
    stack_bytes = 256 * 1024,
    row_seconds = 30
};

enum variant { BY_ITSELF, BY_ANOTHER, CONTROL, variant_count };

static const char *const variant_names[] = {"same", "other", "control"};

static enum variant variant;
static int survivors = -1;

/* Hidden pointers; cleared when the objects die. */
static void *links[objects];

/* As the collector's, of which only the public names can be reached from here. */
#define check(condition) ((condition) ? (void)0 : fail(#condition, __LINE__))

_Noreturn static void fail(const char *what, int line)
{
    fprintf(stderr, "roots_stacks.c:%d: check failed: %s\n", line, what);
    abort();
}

/* Behind the collector's back. */
static int create_unknown(pthread_t *handle, void *(*body)(void *))
{
    static int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (create == NULL)
        create = (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))(
            uintptr_t)dlsym(dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD), "pthread_create");
    check(create != NULL);
    return create(handle, NULL, body, NULL);
}

/* ---- Holding, wiping, counting ---- */

__attribute__((noinline, no_sanitize("address"))) static void wipe_stack(void)
{
    volatile char space[wiped_bytes];
    for (size_t i = 0; i < sizeof space; i++)
        space[i] = 0;
}

__attribute__((noinline)) static void make_object(int i)
{
    void *object = GC_malloc(object_bytes);
    check(object != NULL);
    links[i] = (void *)GC_HIDE_POINTER(object);
    check(GC_general_register_disappearing_link(&links[i], object) == GC_SUCCESS);
}

static void make_objects(void)
{
    for (int i = 0; i < objects; i++)
        make_object(i);
    wipe_stack();
}

/* Into the place that is meant. Safe in a thread of any kind: calls nothing. */
__attribute__((noinline)) static void take_objects(void *volatile *held)
{
    for (int i = 0; i < objects; i++)
        held[i] = variant == CONTROL ? NULL : GC_REVEAL_POINTER(links[i]);
}

static int count_survivors(void)
{
    int alive = 0;
    for (int i = 0; i < objects; i++)
        alive += links[i] != NULL;
    return alive;
}

__attribute__((noinline)) static void collect_here(void)
{
    wipe_stack();
    for (int i = 0; i < rounds; i++)
        check(GC_try_to_collect(GC_get_stop_func()) == 1);
    survivors = count_survivors();
}

/* ---- The other thread ---- */

static atomic_word wanted;
static atomic_word done;

static void nap(void)
{
    nanosleep(&(struct timespec){0, 200000}, NULL);
}

static void wait_until(const atomic_word *word, uintptr_t value)
{
    while (word_load_acquire(word) != value)
        nap();
}

static void *collect_for_others(void *unused)
{
    wait_until(&wanted, 1);
    collect_here();
    word_store_release(&done, 1);
    return unused;
}

static void start_collector(void)
{
    pthread_t handle;
    if (variant == BY_ANOTHER)
        check(GC_pthread_create(&handle, NULL, collect_for_others, NULL) == 0);
}

/* Spins, so that the stop finds the thread in the program's own code. */
__attribute__((noinline)) static void collect(void)
{
    if (variant != BY_ANOTHER) {
        collect_here();
        return;
    }
    wipe_stack();
    word_store_release(&wanted, 1);
    while (word_load_acquire(&done) == 0)
        compiler_barrier();
}

/* The same with a thread that stops of its own accord, on its way out of the allocator. */
__attribute__((noinline)) static void collect_while_allocating(void)
{
    if (variant != BY_ANOTHER) {
        collect_here();
        return;
    }
    word_store_release(&wanted, 1);
    while (word_load_acquire(&done) == 0)
        GC_malloc_atomic(32);
}

static void (*how_to_collect)(void) = collect;

__attribute__((noinline)) static void hold_and_collect(void)
{
    void *volatile held[objects];
    make_objects();
    take_objects(held);
    how_to_collect();
    GC_reachable_here(held[0]);
}

/* ---- Alternate signal stacks ---- */

static void *map_stack(size_t bytes)
{
    void *low = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(low != MAP_FAILED);
    return low;
}

static void handle_on(void *low, void (*handler)(int))
{
    stack_t stack = {.ss_sp = low, .ss_size = stack_bytes};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    check(sigaltstack(&stack, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
}

static void hold_in_handler(int signal_number)
{
    (void)signal_number;
    hold_and_collect();
}

static void collect_in_handler(int signal_number)
{
    (void)signal_number;
    collect();
}

static void static_altstack(void)
{
    static char stack[stack_bytes] __attribute__((aligned(16)));
    handle_on(stack, hold_in_handler);
    raise(SIGUSR1);
}

static void mapped_altstack(void)
{
    handle_on(map_stack(stack_bytes), hold_in_handler);
    raise(SIGUSR1);
}

static void heap_altstack(void)
{
    handle_on(malloc(stack_bytes), hold_in_handler);
    raise(SIGUSR1);
}

static void altstack_while_allocating(void)
{
    how_to_collect = collect_while_allocating;
    mapped_altstack();
}

__attribute__((noinline)) static void stack_below_handler(void)
{
    void *volatile held[objects];
    handle_on(map_stack(stack_bytes), collect_in_handler);
    make_objects();
    take_objects(held);
    raise(SIGUSR1);
    GC_reachable_here(held[0]);
}

static void *stack_below_handler_body(void *unused)
{
    stack_below_handler();
    return unused;
}

static void run_known_thread(void *(*body)(void *))
{
    pthread_t handle;
    check(GC_pthread_create(&handle, NULL, body, NULL) == 0);
    pthread_join(handle, NULL);
}

static void threads_stack_below_handler(void)
{
    run_known_thread(stack_below_handler_body);
}

/* ---- Coroutines ---- */

static ucontext_t main_context;
static ucontext_t coroutine_context;

static void run_coroutine(void *low, void (*body)(void))
{
    getcontext(&coroutine_context);
    coroutine_context.uc_stack.ss_sp = low;
    coroutine_context.uc_stack.ss_size = stack_bytes;
    coroutine_context.uc_link = &main_context;
    makecontext(&coroutine_context, body, 0);
    swapcontext(&main_context, &coroutine_context);
}

static void running_coroutine(void)
{
    run_coroutine(map_stack(stack_bytes), hold_and_collect);
}

static void running_coroutine_allocating(void)
{
    how_to_collect = collect_while_allocating;
    running_coroutine();
}

static void coroutine_on_malloc(void)
{
    run_coroutine(malloc(stack_bytes), hold_and_collect);
}

static void coroutine_on_heap_object(void)
{
    run_coroutine(GC_malloc(stack_bytes), hold_and_collect);
}

static void coroutine_on_pointer_free_object(void)
{
    run_coroutine(GC_malloc_atomic(stack_bytes), hold_and_collect);
}

static void collect_in_coroutine(void)
{
    collect();
}

__attribute__((noinline)) static void main_below_coroutine(void)
{
    void *volatile held[objects];
    make_objects();
    take_objects(held);
    run_coroutine(map_stack(stack_bytes), collect_in_coroutine);
    GC_reachable_here(held[0]);
}

static void *main_below_coroutine_body(void *unused)
{
    main_below_coroutine();
    return unused;
}

static void thread_below_coroutine(void)
{
    run_known_thread(main_below_coroutine_body);
}

static void *suspended_sp;

static void hold_and_leave(void)
{
    void *volatile held[objects];
    make_objects();
    take_objects(held);
    suspended_sp = (char *)__builtin_frame_address(0) - sizeof held - 512;
    swapcontext(&coroutine_context, &main_context);
    GC_reachable_here(held[0]);
}

static void *suspended_low;

static void suspend_coroutine(void)
{
    suspended_low = map_stack(stack_bytes);
    run_coroutine(suspended_low, hold_and_leave);
}

static void *suspended_high(void)
{
    return (char *)suspended_low + stack_bytes;
}

static void registered_coroutine(void)
{
    suspend_coroutine();
    check(GC_register_stack(suspended_low, suspended_high()) == GC_SUCCESS);
    check(GC_register_stack(suspended_low, suspended_high()) == GC_DUPLICATE);
    collect();
    check(GC_unregister_stack(suspended_low) == GC_SUCCESS);
    check(GC_unregister_stack(suspended_low) == GC_NOT_FOUND);
}

static void registered_coroutine_with_sp(void)
{
    suspend_coroutine();
    check(GC_register_stack(suspended_low, suspended_high()) == GC_SUCCESS);
    check(GC_set_stack_pointer(suspended_low, suspended_sp) == GC_SUCCESS);
    collect();
}

static void unregistered_coroutine(void)
{
    suspend_coroutine();
    check(GC_register_stack(suspended_low, suspended_high()) == GC_SUCCESS);
    check(GC_unregister_stack(suspended_low) == GC_SUCCESS);
    collect();
}

/* The stack pointer that was left says that nothing above is in use. */
static void coroutine_with_sp_above(void)
{
    suspend_coroutine();
    check(GC_register_stack(suspended_low, suspended_high()) == GC_SUCCESS);
    check(GC_set_stack_pointer(suspended_low, (char *)suspended_high() - 64) == GC_SUCCESS);
    collect();
}

/* Where the kernel puts nothing unasked, nor AddressSanitizer its shadow. */
static const uintptr_t far_away = 0x200000000000;

/* The memory is unmapped and the registration remains: nothing is to be touched there. */
static void registered_stack_is_gone(void)
{
    void *low = mmap((void *)far_away, stack_bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    check(low == (void *)far_away);
    check(GC_register_stack(low, (char *)low + stack_bytes) == GC_SUCCESS);
    munmap(low, stack_bytes);
    hold_and_collect();
}

static void coroutine_as_roots(void)
{
    suspend_coroutine();
    GC_add_roots(suspended_low, suspended_high());
    collect();
}

static atomic_word pushes;

static void push_suspended(void)
{
    word_add(&pushes, 1);
    GC_push_all_eager(suspended_sp, suspended_high());
}

static void pushed_coroutine(void)
{
    GC_push_other_roots_proc before = GC_get_push_other_roots();
    suspend_coroutine();
    before();
    GC_set_push_other_roots(push_suspended);
    collect();
    check(word_load(&pushes) >= rounds);
}

static void pushed_by_variable(void)
{
    suspend_coroutine();
    GC_push_other_roots = push_suspended;
    collect();
}

/* As Crystal does: the bottom changes with the fiber, what is suspended is pushed. */
static void *set_bottom(void *bottom)
{
    struct GC_stack_base base = {bottom};
    GC_set_stackbottom(NULL, &base);
    return NULL;
}

static void collect_with_bottom_here(void)
{
    GC_call_with_alloc_lock(set_bottom,
                            coroutine_context.uc_stack.ss_sp == NULL
                                ? NULL
                                : (char *)coroutine_context.uc_stack.ss_sp + stack_bytes);
    hold_and_collect();
}

static void bottom_of_coroutine(void)
{
    struct GC_stack_base base;
    void *handle = GC_get_my_stackbottom(&base);
    run_coroutine(map_stack(stack_bytes), collect_with_bottom_here);
    GC_set_stackbottom(handle, &base);
}

static void collect_with_variable_here(void)
{
    GC_stackbottom = (char *)coroutine_context.uc_stack.ss_sp + stack_bytes;
    hold_and_collect();
}

static void bottom_by_variable(void)
{
    char *before = GC_stackbottom;
    run_coroutine(map_stack(stack_bytes), collect_with_variable_here);
    GC_stackbottom = before;
}

static void bottom_set_before_the_switch(void)
{
    char *before = GC_stackbottom;
    void *low = map_stack(stack_bytes);
    GC_stackbottom = (char *)low + stack_bytes;
    hold_and_collect();
    GC_stackbottom = before;
}

/* A corrector that pushes a fiber's stack, as some do. */
static atomic_word corrections;

static void push_in_corrector(void **sp, void *handle)
{
    check(*sp != NULL && handle == (void *)pthread_self());
    word_add(&corrections, 1);
    GC_push_all(suspended_sp, suspended_high());
}

static void corrected_coroutine(void)
{
    suspend_coroutine();
    GC_set_sp_corrector(push_in_corrector);
    if (variant == BY_ANOTHER)
        variant = BY_ITSELF; /* the handle is compared with the calling thread's */
    run_coroutine(map_stack(stack_bytes), collect_in_coroutine);
    check(word_load(&corrections) >= rounds);
}

/* ---- Threads that nobody announced ---- */

static atomic_word is_held;

/* What such a thread does: takes its pointers out of a queue, and waits without a system call. */
__attribute__((noinline)) static void hold_quietly(void)
{
    void *volatile held[objects];
    take_objects(held);
    word_store_release(&is_held, 1);
    while (word_load_acquire(&done) == 0)
        compiler_barrier();
    GC_reachable_here(held[0]);
}

static void collect_while_held(void)
{
    wait_until(&is_held, 1);
    collect_here();
    word_store_release(&done, 1);
}

static void *unknown_body(void *unused)
{
    hold_quietly();
    return unused;
}

static void unknown_pthread(void)
{
    pthread_t handle;
    make_objects();
    check(create_unknown(&handle, unknown_body) == 0);
    collect_while_held();
    pthread_join(handle, NULL);
}

static int unknown_c11_body(void *unused)
{
    (void)unused;
    hold_quietly();
    return 0;
}

static void unknown_c11_thread(void)
{
    thrd_t handle;
    make_objects();
    check(thrd_create(&handle, unknown_c11_body, NULL) == thrd_success);
    collect_while_held();
    thrd_join(handle, NULL);
}

/* Shares the thread pointer, and so thread_self, with the thread that makes it. */
static int clone_body(void *unused)
{
    (void)unused;
    hold_quietly();
    syscall(SYS_exit, 0);
    return 0;
}

static void raw_clone(void)
{
    char *low = map_stack(stack_bytes);
    make_objects();
    check(clone(clone_body, low + stack_bytes,
                CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
                NULL) > 0);
    collect_while_held();
    nap();
}

static void hold_then_register_body(void)
{
    hold_quietly();
    GC_malloc(1);
    check(GC_thread_is_registered());
    GC_gcollect();
}

static void *hold_then_register(void *unused)
{
    hold_then_register_body();
    return unused;
}

static void unknown_thread_registers(void)
{
    pthread_t handle;
    make_objects();
    check(create_unknown(&handle, hold_then_register) == 0);
    collect_while_held();
    pthread_join(handle, NULL);
}

static void hold_in_quiet_handler(int signal_number)
{
    (void)signal_number;
    word_store_release(&is_held, 1);
    while (word_load_acquire(&done) == 0)
        compiler_barrier();
}

static void *unknown_with_handler_body(void *unused)
{
    void *volatile held[objects];
    handle_on(map_stack(stack_bytes), hold_in_quiet_handler);
    take_objects(held);
    raise(SIGUSR1);
    GC_reachable_here(held[0]);
    return unused;
}

static void unknown_thread_on_altstack(void)
{
    pthread_t handle;
    make_objects();
    check(create_unknown(&handle, unknown_with_handler_body) == 0);
    collect_while_held();
    pthread_join(handle, NULL);
}

static void block_all(int how)
{
    uint64_t all = ~UINT64_C(0);
    check(syscall(SYS_rt_sigprocmask, how, &all, NULL, sizeof all) == 0);
}

static int pipe_ends[2];

static void *blocked_and_asleep_body(void *unused)
{
    void *volatile held[objects];
    char byte;
    block_all(SIG_BLOCK);
    take_objects(held);
    word_store_release(&is_held, 1);
    check(read(pipe_ends[0], &byte, 1) == 1);
    GC_reachable_here(held[0]);
    return unused;
}

static void blocked_and_asleep(void)
{
    pthread_t handle;
    make_objects();
    check(pipe(pipe_ends) == 0);
    check(create_unknown(&handle, blocked_and_asleep_body) == 0);
    collect_while_held();
    check(write(pipe_ends[1], "", 1) == 1);
    pthread_join(handle, NULL);
}

static atomic_word stage;

static void *blocked_and_running_body(void *unused)
{
    void *volatile held[objects];
    block_all(SIG_BLOCK);
    take_objects(held);
    word_store_release(&is_held, 1);
    while (word_load_acquire(&stage) == 0)
        compiler_barrier();
    block_all(SIG_UNBLOCK);
    while (word_load_acquire(&done) == 0)
        compiler_barrier();
    GC_reachable_here(held[0]);
    return unused;
}

/* Not collected without it; and collected as soon as it can be stopped. */
static void blocked_and_running(void)
{
    pthread_t handle;
    make_objects();
    check(create_unknown(&handle, blocked_and_running_body) == 0);
    wait_until(&is_held, 1);
    check(GC_try_to_collect(GC_get_stop_func()) == 0);
    word_store_release(&stage, 1);
    collect_while_held();
    pthread_join(handle, NULL);
}

/* Threads that come and go while the world is stopped again and again. */
static void *short_lived(void *unused)
{
    return unused;
}

static void *keep_creating(void *unused)
{
    while (word_load_acquire(&done) == 0) {
        pthread_t handle;
        check(create_unknown(&handle, short_lived) == 0);
        if (word_add(&stage, 1) % 2 == 0)
            pthread_join(handle, NULL);
        else
            pthread_detach(handle);
    }
    return unused;
}

static void unknown_threads_storm(void)
{
    pthread_t makers[2];
    for (int i = 0; i < 2; i++)
        check(create_unknown(&makers[i], keep_creating) == 0);
    for (int i = 0; i < 100; i++) {
        check(GC_try_to_collect(GC_get_stop_func()) == 1);
    }
    hold_and_collect();
    word_store_release(&done, 1);
    for (int i = 0; i < 2; i++)
        pthread_join(makers[i], NULL);
}

/* ---- What must not happen ---- */

static size_t pages_present(const char *low, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t present = 0;
    int fd = open("/proc/self/pagemap", O_RDONLY);
    check(fd >= 0);
    for (size_t at = 0; at < bytes; at += page) {
        uint64_t entry = 0;
        check(pread(fd, &entry, sizeof entry, (off_t)(((uintptr_t)low + at) / page * 8)) == 8);
        present += entry >> 63;
    }
    close(fd);
    return present;
}

/* A coroutine on a stack of 64 MiB with a hole in it, another registered one, and an array on the
 * main stack that nobody has written; but calls before this one may have written what was below
 * their frames, and where in a page that was is another place each time. */
static void untouched_pages(void)
{
    enum { large = 64 << 20, array = 4 << 20 };
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    check(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0); /* one touched page would be 512 */
    char *low = map_stack(large);
    char *stack = low + large - stack_bytes;
    volatile char untouched[array];
    untouched[0] = 1;
    size_t present = pages_present((char *)untouched + page, array - 2 * page);
    check(mprotect(low + large / 2, page, PROT_NONE) == 0);
    check(GC_register_stack(low, stack) == GC_SUCCESS);
    run_coroutine(stack, hold_and_collect);
    check(pages_present(low, large) * page < stack_bytes);
    check(pages_present((char *)untouched + page, array - 2 * page) <= present);
    check(untouched[0] == 1);
}

/* A page that has been written and is protected then exists, and cannot be read. */
static void unreadable_pages(void)
{
    char *low = map_stack(2 * stack_bytes);
    memset(low, 1, 2 * stack_bytes);
    check(mprotect(low + stack_bytes / 2, stack_bytes / 4, PROT_NONE) == 0);
    check(GC_register_stack(low, low + 2 * stack_bytes) == GC_SUCCESS);
    hold_and_collect();
}

/* ---- Suspending, and stopping the world ---- */

static atomic_word steps;

static void *keep_stepping(void *unused)
{
    void *volatile held[objects];
    take_objects(held);
    word_store_release(&is_held, 1);
    while (word_load_acquire(&done) == 0)
        word_add(&steps, 1);
    GC_reachable_here(held[0]);
    return unused;
}

static bool moves(void)
{
    uintptr_t seen = word_load(&steps);
    for (int i = 0; i < 50; i++) {
        nap();
        if (word_load(&steps) != seen)
            return true;
    }
    return false;
}

static void suspended_thread(void)
{
    pthread_t handle;
    make_objects();
    check(GC_pthread_create(&handle, NULL, keep_stepping, NULL) == 0);
    wait_until(&is_held, 1);
    GC_suspend_thread(handle);
    GC_suspend_thread(handle);
    check(GC_is_thread_suspended(handle) && !moves());
    collect_here();
    check(GC_is_thread_suspended(handle) && !moves());
    GC_resume_thread(handle);
    check(!GC_is_thread_suspended(handle) && moves());
    GC_resume_thread(handle);
    word_store_release(&done, 1);
    pthread_join(handle, NULL);
}

static void *suspend_itself(void *unused)
{
    void *volatile held[objects];
    take_objects(held);
    word_store_release(&is_held, 1);
    GC_suspend_thread(pthread_self());
    word_store_release(&done, 1);
    GC_reachable_here(held[0]);
    return unused;
}

static void self_suspended_thread(void)
{
    pthread_t handle;
    make_objects();
    check(GC_pthread_create(&handle, NULL, suspend_itself, NULL) == 0);
    wait_until(&is_held, 1);
    while (!GC_is_thread_suspended(handle))
        nap();
    collect_here();
    nap();
    check(word_load_acquire(&done) == 0);
    GC_resume_thread(handle);
    pthread_join(handle, NULL);
    check(word_load_acquire(&done) == 1);
}

static void world_stopped_by_program(void)
{
    pthread_t handle;
    make_objects();
    check(GC_pthread_create(&handle, NULL, keep_stepping, NULL) == 0);
    wait_until(&is_held, 1);
    GC_stop_world_external();
    bool moved = moves();
    bool collected = GC_try_to_collect(GC_get_stop_func());
    GC_start_world_external();
    check(!moved && !collected && moves());
    collect_here();
    word_store_release(&done, 1);
    pthread_join(handle, NULL);
}

/* ---- The table ---- */

enum expectation { ALL_SURVIVE, NONE_SURVIVES };

static const struct row {
    const char *name;
    void (*body)(void);
    enum expectation expected;
} rows[] = {
    {"handler on a static alternate stack", static_altstack, ALL_SURVIVE},
    {"handler on a mapped alternate stack", mapped_altstack, ALL_SURVIVE},
    {"handler on an alternate stack of malloc", heap_altstack, ALL_SURVIVE},
    {"handler that allocates on an alternate stack", altstack_while_allocating, ALL_SURVIVE},
    {"main stack below a handler", stack_below_handler, ALL_SURVIVE},
    {"thread's stack below a handler", threads_stack_below_handler, ALL_SURVIVE},
    {"running coroutine", running_coroutine, ALL_SURVIVE},
    {"running coroutine that allocates", running_coroutine_allocating, ALL_SURVIVE},
    {"coroutine on memory of malloc", coroutine_on_malloc, ALL_SURVIVE},
    {"coroutine on a heap object", coroutine_on_heap_object, ALL_SURVIVE},
    {"coroutine on a pointer-free object", coroutine_on_pointer_free_object, ALL_SURVIVE},
    {"main stack below a coroutine", main_below_coroutine, ALL_SURVIVE},
    {"thread's stack below a coroutine", thread_below_coroutine, ALL_SURVIVE},
    {"suspended coroutine, GC_register_stack", registered_coroutine, ALL_SURVIVE},
    {"suspended coroutine, GC_set_stack_pointer", registered_coroutine_with_sp, ALL_SURVIVE},
    {"suspended coroutine, unregistered", unregistered_coroutine, NONE_SURVIVES},
    {"suspended coroutine, above its end", coroutine_with_sp_above, NONE_SURVIVES},
    {"registered stack is unmapped", registered_stack_is_gone, ALL_SURVIVE},
    {"suspended coroutine, GC_add_roots", coroutine_as_roots, ALL_SURVIVE},
    {"suspended coroutine, GC_set_push_other_roots", pushed_coroutine, ALL_SURVIVE},
    {"suspended coroutine, GC_push_other_roots", pushed_by_variable, ALL_SURVIVE},
    {"suspended coroutine, GC_set_sp_corrector", corrected_coroutine, ALL_SURVIVE},
    {"running coroutine, GC_set_stackbottom", bottom_of_coroutine, ALL_SURVIVE},
    {"running coroutine, GC_stackbottom", bottom_by_variable, ALL_SURVIVE},
    {"main stack, GC_stackbottom set early", bottom_set_before_the_switch, ALL_SURVIVE},
    {"unknown pthread", unknown_pthread, ALL_SURVIVE},
    {"unknown thread of thrd_create", unknown_c11_thread, ALL_SURVIVE},
    {"raw clone", raw_clone, ALL_SURVIVE},
    {"unknown thread registers later", unknown_thread_registers, ALL_SURVIVE},
    {"unknown thread on an alternate stack", unknown_thread_on_altstack, ALL_SURVIVE},
    {"unknown thread, signals blocked, asleep", blocked_and_asleep, ALL_SURVIVE},
    {"unknown thread, signals blocked, running", blocked_and_running, ALL_SURVIVE},
    {"storm of unknown threads", unknown_threads_storm, ALL_SURVIVE},
    {"untouched pages stay so", untouched_pages, ALL_SURVIVE},
    {"unreadable pages", unreadable_pages, ALL_SURVIVE},
    {"suspended thread", suspended_thread, ALL_SURVIVE},
    {"thread that suspends itself", self_suspended_thread, ALL_SURVIVE},
    {"GC_stop_world_external", world_stopped_by_program, ALL_SURVIVE},
};

enum { row_count = sizeof rows / sizeof *rows };

/* In a process of its own. Words left in dead frames and registers may keep a few objects. */
static int run_row(const struct row *row)
{
    enum { chance = 6 };
    alarm(row_seconds);
    GC_INIT();
    bool none = variant == CONTROL || row->expected == NONE_SURVIVES;
    start_collector();
    row->body();
    bool passed = none ? survivors >= 0 && survivors <= chance : survivors == objects;
    if (!passed)
        printf("%s (%s): %d/%d\n", row->name, variant_names[variant], survivors, objects);
    fflush(stdout);
    _exit(passed ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool passes(const struct row *row)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        run_row(row);
    check(child > 0 && waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status))
        printf("%s (%s): signal %d\n", row->name, variant_names[variant], WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    int failures = 0;
    for (int i = 0; i < row_count; i++) {
        if (argc > 1 && strcmp(argv[1], rows[i].name) != 0)
            continue;
        for (variant = 0; variant < variant_count; variant++)
            failures += !passes(&rows[i]);
    }
    printf("%d rows, %d failures\n", row_count, failures);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
