/* stacks.c: rows whose items are held by a thread's stack, however the thread came to be.
 *
 * No GC_THREADS here: pthread_create is the C library's own name, as in code that knows nothing of
 * collectors.
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <threads.h>
#include <time.h>
#include "roots.h"

/* ---- Threads by several makers ---- */

__attribute__((noinline)) static void *hold_on_stack(void *unused)
{
    void *array[items];
    items_make(array, items);
    collect();
    keep(array);
    return unused;
}

static void stack_main(void)
{
    hold_on_stack(NULL);
}

static void stack_known(void)
{
    in_thread(hold_on_stack, NULL);
}

static void stack_plain_library(void)
{
    int (*run)(void *(*)(void *), void *) =
        (int (*)(void *(*)(void *), void *))plain_function(plain_open(), "plain_run_in_thread");
    run(hold_on_stack, NULL);
}

static int hold_on_stack_c11(void *argument)
{
    hold_on_stack(argument);
    return 0;
}

static void stack_thrd_create(void)
{
    thrd_t thread;
    if (thrd_create(&thread, hold_on_stack_c11, NULL) != thrd_success)
        row_error("thrd_create");
    thrd_join(thread, NULL);
}

/* ---- A thread that never allocates ---- */

static struct {
    struct gate filled, emptied, over;
    void *words[items];
} queue;

static void *take_from_queue(void *unused)
{
    void *array[items];
    gate_wait(&queue.filled);
    memcpy(array, queue.words, sizeof array);
    memset(queue.words, 0, sizeof queue.words);
    keep(array);
    gate_open(&queue.emptied);
    gate_wait(&queue.over);
    keep(array);
    return unused;
}

static void *receive_and_spin(void *stop)
{
    void *array[items];
    gate_wait(&queue.filled);
    memcpy(array, queue.words, sizeof array);
    memset(queue.words, 0, sizeof queue.words);
    keep(array);
    gate_open(&queue.emptied);
    while (!__atomic_load_n((int *)stop, __ATOMIC_ACQUIRE))
        continue;
    keep(array);
    return NULL;
}

static void prepare_queue(void)
{
    gate_init(&queue.filled);
    gate_init(&queue.emptied);
    gate_init(&queue.over);
}

static void fill_queue(void)
{
    items_make(queue.words, items);
    gate_open(&queue.filled);
    gate_wait(&queue.emptied);
}

static pthread_t start_receiver(void *(*fn)(void *), void *argument)
{
    pthread_t thread;
    prepare_queue();
    if (pthread_create(&thread, NULL, fn, argument) != 0)
        row_error("pthread_create");
    fill_queue();
    return thread;
}

static void stack_never_allocated(void)
{
    pthread_t thread = start_receiver(take_from_queue, NULL);
    collect();
    gate_open(&queue.over);
    pthread_join(thread, NULL);
}

static void stack_never_allocated_running(void)
{
    static int stop;
    pthread_t thread = start_receiver(receive_and_spin, &stop);
    collect();
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
}

/* ---- Threads that the C library makes inside itself ---- */

static struct gate finished;

static void on_timer(union sigval unused)
{
    (void)unused;
    hold_on_stack(NULL);
    gate_open(&finished);
}

static void stack_timer_thread(void)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_timer};
    struct itimerspec soon = {.it_value = {.tv_nsec = 1000000}};
    gate_init(&finished);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        row_skip("no timers");
    timer_settime(timer, 0, &soon, NULL);
    gate_wait(&finished);
}

/* The same kind of thread, which only receives. */
static void on_receiving_timer(union sigval unused)
{
    (void)unused;
    take_from_queue(NULL);
    gate_open(&finished);
}

static void stack_timer_thread_received(void)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD,
                             .sigev_notify_function = on_receiving_timer};
    struct itimerspec soon = {.it_value = {.tv_nsec = 1000000}};
    gate_init(&finished);
    prepare_queue();
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        row_skip("no timers");
    timer_settime(timer, 0, &soon, NULL);
    fill_queue();
    collect();
    gate_open(&queue.over);
    gate_wait(&finished);
}

/* ---- std::thread: as a C++ compiler would start one, so that none is needed ---- */

struct state {
    void (*const *functions)(struct state *); /* complete and deleting destructor, _M_run */
};

static void state_nothing(struct state *state)
{
    (void)state;
}

static void state_run(struct state *state)
{
    (void)state;
    hold_on_stack(NULL);
}

static void stack_std_thread(void)
{
    static void (*const functions[])(struct state *) = {state_nothing, state_nothing, state_run};
    static struct state state = {functions};
    struct state *owner = &state; /* a unique_ptr, passed by address */
    pthread_t thread = 0;
    void *library = dlopen("libstdc++.so.6", RTLD_NOW);
    if (library == NULL)
        row_skip("no libstdc++");
    void (*start)(pthread_t *, struct state **, void (*)(void)) =
        (void (*)(pthread_t *, struct state **, void (*)(void)))function_of(
            library, "_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_delete"
                     "IS1_EEPFvvE");
    if (start == NULL)
        row_skip("another libstdc++");
    start(&thread, &owner, NULL);
    pthread_join(thread, NULL);
}

/* ---- A stack that the program gave to the thread ---- */

static void stack_given(void)
{
    enum { bytes = 1 << 20 };
    pthread_t thread;
    pthread_attr_t attributes;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, memory, bytes);
    if (pthread_create(&thread, &attributes, hold_on_stack, NULL) != 0)
        row_error("pthread_create");
    pthread_join(thread, NULL);
}

/* ---- Alternate signal stacks ---- */

enum { alternate_bytes = 256 * 1024 };

static char static_stack[alternate_bytes];
static void (*in_handler)(void);

static void on_signal(int signal_number)
{
    (void)signal_number;
    in_handler();
}

static void use_alternate_stack(void *memory)
{
    stack_t alternate = {.ss_sp = memory, .ss_size = alternate_bytes};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    if (sigaltstack(&alternate, NULL) != 0 || sigaction(SIGUSR2, &action, NULL) != 0)
        row_error("sigaltstack");
}

static void *mapped_stack(void)
{
    void *memory =
        mmap(NULL, alternate_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

static void hold_in_handler(void)
{
    hold_on_stack(NULL);
}

static void alternate_static(void)
{
    in_handler = hold_in_handler;
    use_alternate_stack(static_stack);
    raise(SIGUSR2);
}

static void *hold_on_mapped_alternate(void *unused)
{
    in_handler = hold_in_handler;
    use_alternate_stack(mapped_stack());
    raise(SIGUSR2);
    return unused;
}

static void alternate_mapped(void)
{
    hold_on_mapped_alternate(NULL);
}

static void alternate_mapped_other(void)
{
    in_thread(hold_on_mapped_alternate, NULL);
}

static void *hold_below_handler(void *unused)
{
    void *array[items];
    in_handler = collect;
    use_alternate_stack(mapped_stack());
    items_make(array, items);
    raise(SIGUSR2);
    keep(array);
    return unused;
}

static void interrupted_main(void)
{
    hold_below_handler(NULL);
}

static void interrupted_other(void)
{
    in_thread(hold_below_handler, NULL);
}

/* ---- AddressSanitizer's fake stack ---- */

static const void *volatile seen_array;

/* clang puts no function with inline assembly on a fake stack. */
__attribute__((noinline)) static bool is_on_fake_stack(const void *variable)
{
    uintptr_t distance = (uintptr_t)variable - (uintptr_t)__builtin_frame_address(0);
    return distance + (1 << 20) > 2 << 20;
}

__attribute__((noinline)) static bool has_fake_stack(void)
{
    void *array[items];
    seen_array = (const void *)((uintptr_t)array ^ UINTPTR_MAX);
    return is_on_fake_stack(array);
}

__attribute__((noinline)) static void *hold_on_fake_stack(void *unused)
{
    void *array[items];
    if (!is_on_fake_stack(array))
        row_error("the sanitizer does not know this thread");
    items_make(array, items);
    collect();
    seen_array = (const void *)((uintptr_t)array ^ UINTPTR_MAX);
    return unused;
}

static void need_fake_stack(const char *row)
{
    row_in_asan_program(row);
    if (!has_fake_stack())
        row_skip("AddressSanitizer makes no fake stack");
}

static void fake_stack(void)
{
    need_fake_stack("asan-fake-stack");
    hold_on_fake_stack(NULL);
}

static void fake_stack_other(void)
{
    need_fake_stack("asan-fake-stack-other");
    in_thread(hold_on_fake_stack, NULL);
}

/* A frame that nothing names but a variable in another frame, and that by its end. It is taken from
 * the sanitizer's runtime as compiled functions do, which have the addresses of their frames on the
 * real stack. */
enum { taken_frame_bytes = 1024, frame_header_bytes = 32, frame_magic = 0x41B58AB3 };

__attribute__((noinline)) static void take_frame(void **place)
{
    void *(*take)(size_t) = (void *(*)(size_t))row_function("__asan_stack_malloc_4");
    char *frame = take(taken_frame_bytes);
    if (frame == NULL)
        row_error("no frame");
    *(uintptr_t *)frame = frame_magic;
    *place = frame + taken_frame_bytes;
    items_make((void **)(frame + frame_header_bytes), items);
}

__attribute__((noinline)) static void hold_by_fake_frame(void)
{
    void *frames[items];
    take_frame(frames);
    stack_wipe();
    collect();
    seen_array = (const void *)((uintptr_t)frames ^ UINTPTR_MAX);
}

static void fake_stack_nested(void)
{
    need_fake_stack("asan-fake-stack-nested");
    hold_by_fake_frame();
}

const struct row stack_rows[] = {
    {"stack-main", "stack of the main thread", stack_main, 0},
    {"stack-known", "stack of a thread that the collector was told of", stack_known, 0},
    {"stack-given", "stack on memory of the program's, plain `pthread_create`", stack_given, 0},
    {"stack-plain", "stack of a thread made by a library that knows nothing of collectors",
     stack_plain_library, 0},
    {"stack-thrd", "stack of a thread made by C11 `thrd_create`", stack_thrd_create, 0},
    {"stack-std-thread", "stack of a C++ `std::thread`", stack_std_thread, 0},
    {"stack-timer", "stack of a thread made inside libc (`SIGEV_THREAD`)", stack_timer_thread, 0},
    {"stack-received", "stack of a thread that never allocated, pointers through a queue, sleeping",
     stack_never_allocated, 0},
    {"stack-received-running", "the same, running", stack_never_allocated_running, 0},
    {"stack-timer-received", "stack of a libc's own thread that never allocated",
     stack_timer_thread_received, 0},
    {"altstack-static", "handler's frame on an alternate stack in static memory", alternate_static,
     0},
    {"altstack-mapped", "the same, mmap'ed", alternate_mapped, 0},
    {"altstack-mapped-other", "the same, other thread", alternate_mapped_other, 0},
    {"interrupted-main", "normal stack, while a handler runs on the alternate one",
     interrupted_main, 0},
    {"interrupted-other", "the same, other thread", interrupted_other, 0},
    {"asan-fake-stack", "AddressSanitizer's fake stack", fake_stack, 0},
    {"asan-fake-stack-other", "the same, other thread", fake_stack_other, 0},
    {"asan-fake-stack-nested",
     "fake stack, of which only the end of a frame is known, on the fake stack", fake_stack_nested,
     0},
    {NULL, NULL, NULL, 0}};
