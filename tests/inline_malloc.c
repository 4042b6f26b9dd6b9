/* inline_malloc.c: gc_inline_malloc.h, against the library it is linked with.
 *
 *   - objects have the size asked for, and a byte, and are clear; bases are objects' bases;
 *   - lists made of them survive collections by another thread, in threads, and forks;
 *   - a handler that interrupts an allocation gets another object than the one under way.
 */
#include "public.h"
#include <gc/gc_inline_malloc.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

enum { makers = 3, lists = 400, list_length = 300, forks = 12 };

/* ---- What the objects are ---- */

static void check_size(size_t bytes, unsigned kind)
{
    for (unsigned i = 0; i < 700; i++) { /* more than a span of the smallest */
        unsigned char *object = GC_inline_take_v1(bytes, kind);
        expect(GC_base(object) == object);
        expect(GC_size(object) > bytes && GC_size(object) <= bytes + GC_INLINE_STEP_V1);
        for (size_t at = 0; kind == 1 && at < GC_size(object); at++)
            expect(object[at] == 0);
        memset(object, 0x5a, GC_size(object));
    }
}

static void check_sizes(void)
{
    for (unsigned round = 0; round < 3; round++) {
        for (size_t bytes = GC_INLINE_BELOW_V1; bytes-- > 0;) { /* the next slot has some */
            check_size(bytes, 0);
            check_size(bytes, 1);
        }
        GC_gcollect();
    }
    expect(GC_size(GC_inline_malloc(1000)) > 1000);
    expect(GC_size(GC_inline_malloc_atomic(5000)) > 5000);
}

/* ---- In threads, while others collect and fork ---- */

static bool stop_collecting;

static struct node *inline_list(uintptr_t seed)
{
    struct node *list = NULL;
    for (unsigned i = 0; i < list_length; i++) {
        struct node *node = GC_inline_malloc(sizeof *node);
        *(char *)GC_inline_malloc_atomic(20) = 1;
        expect(node->next == NULL && node->value == 0);
        node->value = node_value(seed, i);
        node->next = list;
        list = node;
    }
    return list;
}

static void make_and_check(uintptr_t seed)
{
    expect(list_is_whole(inline_list(seed), seed, list_length));
}

static void *make_lists(void *argument)
{
    for (uintptr_t i = 0; i < lists; i++)
        make_and_check(i + (uintptr_t)argument);
    return NULL;
}

static void *collect_often(void *argument)
{
    while (!__atomic_load_n(&stop_collecting, __ATOMIC_ACQUIRE)) {
        GC_gcollect();
        nap(300);
    }
    return argument;
}

static void fork_a_child(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        make_and_check(7);
        GC_gcollect();
        make_and_check(8);
        _exit(0);
    }
    expect(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void check_threads(void)
{
    pthread_t maker[makers], collector = start_thread(collect_often, NULL);
    for (uintptr_t i = 0; i < makers; i++)
        maker[i] = start_thread(make_lists, (void *)(i * 1000));
    for (unsigned i = 0; i < forks; i++)
        fork_a_child();
    for (unsigned i = 0; i < makers; i++)
        pthread_join(maker[i], NULL);
    __atomic_store_n(&stop_collecting, true, __ATOMIC_RELEASE);
    pthread_join(collector, NULL);
}

/* ---- In a handler ---- */

enum { signals_wanted = 4000, held = 256 };

static uintptr_t *handlers_own[held]; /* a root; each object contains its number, and ours */
static volatile unsigned handled;
static pthread_t interrupted;

static void on_signal(int signal)
{
    unsigned number = handled;
    uintptr_t *object = GC_inline_malloc(2 * sizeof *object);
    (void)signal;
    expect(object[0] == 0 && object[1] == 0);
    object[0] = number;
    object[1] = (uintptr_t)-1;
    handlers_own[number % held] = object;
    handled = number + 1;
}

static void *interrupt(void *argument)
{
    for (unsigned sent = 0; sent < signals_wanted; sent++) {
        expect(pthread_kill(interrupted, SIGUSR1) == 0);
        while (handled <= sent)
            sched_yield();
    }
    return argument;
}

static void check_handlers_own(void)
{
    unsigned end = handled;
    for (unsigned i = end > held / 2 ? end - held / 2 : 0; i < end; i++)
        expect(handlers_own[i % held][0] == i && handlers_own[i % held][1] == (uintptr_t)-1);
}

static void check_handler(void)
{
    static uintptr_t *own[held];
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    interrupted = pthread_self();
    expect(sigaction(SIGUSR1, &action, NULL) == 0);
    pthread_t sender = start_thread(interrupt, NULL);
    for (uintptr_t i = 0; handled < signals_wanted; i++) {
        uintptr_t *before = own[i % held];
        expect(before == NULL || (before[0] == i - held && before[1] == i));
        uintptr_t *object = GC_inline_malloc(2 * sizeof *object);
        expect(object[0] == 0 && object[1] == 0);
        object[0] = i;
        object[1] = i + held;
        own[i % held] = object;
    }
    pthread_join(sender, NULL);
    check_handlers_own();
}

int main(void)
{
    GC_INIT();
    check_sizes();
    check_threads();
    check_handler();
    return 0;
}
