/* setters.c: what the pace depends on is set beside collections, and from wherever the program may
 * be when it sets it.
 */
#include "unit.h"
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cycle/cycle.h"
#include "cycle/pace.h"
#include "gc.h"
#include "heap/heap.h"
#include "platform/check.h"

enum { live = 100 << 20, roots_bytes = 4096 };

static const size_t gigabyte = (size_t)1 << 30;

static atomic_word over;

/* ---- Beside others ---- */

/* Of each kind one thread: GC_free_space_divisor itself is a plain variable of the program. */
static void set_a_maximum(size_t i)
{
    GC_set_max_heap_size(i % 2 ? gigabyte : live + live / 16);
}

static void set_a_divisor(size_t i)
{
    GC_set_free_space_divisor(1 + i % 7);
}

static void set_a_floor(size_t i)
{
    (void)i;
    GC_expand_hp(64 << 10);
}

static void (*const setters[])(size_t) = {set_a_maximum, set_a_divisor, set_a_floor};

enum { setters_count = sizeof setters / sizeof setters[0] };

/* GC_expand_hp registers its thread; the others' stay unknown. */
static void *set_always(void *number)
{
    int me = *(int *)number;
    for (size_t i = 0; !word_load_acquire(&over); i++)
        setters[me](i);
    if (GC_thread_is_registered())
        GC_unregister_my_thread();
    return NULL;
}

/* What a cycle tells the pace. The goal is then that cycle's until the lock is released. */
static void *stand_for_a_cycle(void *unused)
{
    static uint64_t now_ns;
    uint64_t began_ns = now_ns += 1000000000;
    pace_note_time(began_ns - 1000000 * (began_ns % 7), began_ns, true);
    pace_after_mark(live, live / 2, roots_bytes, 1);
    size_t goal = word_load(&heap.goal);
    check(goal > live);
    for (int i = 0; i < 10; i++) {
        sched_yield();
        check(word_load(&heap.goal) == goal);
    }
    pace_postpone();
    return unused;
}

static void *collect_by_hand(void *unused)
{
    for (int i = 0; i < 200; i++)
        cycle_excluded(stand_for_a_cycle, NULL);
    word_store_release(&over, 1);
    return unused;
}

static void *set_or_collect_by_hand(void *number)
{
    return *(int *)number < setters_count ? set_always(number) : collect_by_hand(NULL);
}

START_TEST(a_cycle_computes_its_goal_alone)
{
    GC_init();
    unit_threads(setters_count + 1, set_or_collect_by_hand);
}
END_TEST

static void *collect(void *unused)
{
    GC_register_my_thread(&(struct GC_stack_base){&unused});
    for (int i = 0; i < 300; i++) {
        for (int j = 0; j < 100; j++)
            check(GC_malloc(2000) != NULL);
        if (i % 8 == 0)
            GC_gcollect();
    }
    word_store_release(&over, 1);
    return unused;
}

static void *set_or_collect(void *number)
{
    return *(int *)number < setters_count ? set_always(number) : collect(NULL);
}

static size_t goal_with(GC_word divisor, size_t maximum)
{
    GC_set_max_heap_size(maximum);
    GC_set_free_space_divisor(divisor);
    return word_load(&heap.goal);
}

/* And what they say in the end counts. */
START_TEST(setters_run_beside_collections)
{
    GC_init();
    GC_allow_register_threads();
    unit_threads(setters_count + 1, set_or_collect);
    size_t goal = goal_with(3, 0);
    ck_assert_uint_gt(goal, 0);
    ck_assert_uint_eq(goal_with(3, goal - 1), goal - 1);
    ck_assert_uint_eq(goal_with(3, 0), goal);
    GC_expand_hp(goal);
    ck_assert_uint_ge(word_load(&heap.goal), goal);
}
END_TEST

/* ---- From everywhere ---- */

static size_t calls;

static void set_all(void)
{
    for (size_t i = 0; i < setters_count; i++)
        setters[i](calls);
    calls++;
}

static void finalizer(void *object, void *unused)
{
    (void)object;
    (void)unused;
    set_all();
}

static void on_event(GC_EventType event)
{
    (void)event;
    set_all();
}

static void *set_inside(void *unused)
{
    set_all();
    return unused;
}

static void __attribute__((noinline)) drop_with_finalizer(void)
{
    for (int i = 0; i < 100; i++)
        GC_register_finalizer(GC_malloc(16), finalizer, NULL, NULL, NULL);
}

static void set_in_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        set_all();
        GC_gcollect();
        _exit(0);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

/* Nobody waits for itself. */
START_TEST(setters_return_wherever_they_are_called)
{
    GC_set_max_heap_size(gigabyte);
    GC_set_free_space_divisor(4);
    GC_set_handle_fork(1);
    GC_init();
    ck_assert_uint_le(word_load(&heap.goal), gigabyte);
    GC_set_on_collection_event(on_event);
    drop_with_finalizer();
    GC_gcollect();
    GC_gcollect();
    size_t told = calls;
    ck_assert_uint_gt(told, 2 * 10);
    GC_disable();
    set_all();
    GC_enable();
    GC_call_with_alloc_lock(set_inside, NULL);
    GC_do_blocking(set_inside, NULL);
    set_in_child();
    ck_assert_uint_ge(calls, told + 3);
}
END_TEST

/* ThreadSanitizer delays the signals that stop threads: there, nothing is collected. */
static bool may_collect(void)
{
    extern void __tsan_init(void) __attribute__((weak));
    return __tsan_init == NULL;
}

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_cycle_computes_its_goal_alone);
    if (may_collect()) {
        tcase_add_test(tests, setters_run_beside_collections);
        tcase_add_test(tests, setters_return_wherever_they_are_called);
    }
}

int main(void)
{
    return unit_run("setters", add_tests);
}
