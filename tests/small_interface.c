/* small_interface.c: the small functions of the interface: callbacks, toggle references, the lock
 * of collections, who runs finalizers, output, and functions that are bdwgc's since 8.2. */
#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#define GC_BUILD
#define _GNU_SOURCE 1
#include <gc.h>
#include <gc/gc_inline.h>
#include <gc/gc_mark.h>
#include <gc/javaxfc.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdbool.h>
#include <sys/wait.h>
#include "said.h"
#include "unit.h"

enum { crowd = 200, most_left = crowd / 10 };

static void *volatile sink;

static void collect(void)
{
    GC_clear_stack(NULL);
    GC_gcollect();
}

/* ---- Toggle references ---- */

static GC_ToggleRefStatus decision;
static int asked;
static void *shown;

static GC_ToggleRefStatus decide(void *object)
{
    asked++;
    shown = object;
    return decision;
}

/* Adds a crowd, each watched by a link. */
static void *links[crowd];

__attribute__((noinline)) static void add_crowd(int strong)
{
    for (int i = 0; i < crowd; i++) {
        void *p = GC_malloc(16);
        links[i] = (void *)GC_HIDE_POINTER(p);
        GC_general_register_disappearing_link(&links[i], p);
        ck_assert_int_eq(GC_toggleref_add(p, strong), GC_SUCCESS);
    }
}

static int alive(void)
{
    int count = 0;
    for (int i = 0; i < crowd; i++)
        count += links[i] != NULL;
    return count;
}

START_TEST(strong_toggle_references_keep)
{
    GC_set_toggleref_func(decide);
    ck_assert(GC_get_toggleref_func() == decide);
    decision = GC_TOGGLE_REF_STRONG;
    add_crowd(0); /* weak, until the program is asked */
    collect();
    ck_assert_int_eq(asked, crowd);
    ck_assert_int_eq(alive(), crowd);
    collect();
    ck_assert_int_eq(alive(), crowd);
    decision = GC_TOGGLE_REF_WEAK;
    collect();
    ck_assert_int_le(alive(), most_left);
    asked = 0;
    collect(); /* the dead are not asked about */
    ck_assert_int_le(asked, most_left);
}
END_TEST

START_TEST(dropped_toggle_references_are_forgotten)
{
    GC_set_toggleref_func(decide);
    decision = GC_TOGGLE_REF_DROP;
    add_crowd(1);
    collect();
    ck_assert_int_eq(asked, crowd);
    ck_assert_int_le(alive(), most_left);
    collect();
    ck_assert_int_eq(asked, crowd);
}
END_TEST

START_TEST(toggle_references_to_debug_objects_show_the_programs_pointer)
{
    GC_set_toggleref_func(decide);
    decision = GC_TOGGLE_REF_STRONG;
    void *p = GC_debug_malloc(16, __FILE__, __LINE__);
    ck_assert_int_eq(GC_debug_toggleref_add(p, 1), GC_SUCCESS);
    collect();
    ck_assert_ptr_eq(shown, p);
}
END_TEST

START_TEST(without_a_function_nothing_is_noted)
{
    add_crowd(1);
    GC_set_toggleref_func(decide);
    collect();
    ck_assert_int_eq(asked, 0);
    listen();
    ck_assert_int_eq(GC_toggleref_add(&asked, 1), GC_SUCCESS);
    ck_assert_ptr_nonnull(strstr(heard(), "not an object's base; ignored"));
}
END_TEST

/* ---- Finalizers ---- */

static int awaited, finalized, finalized_first, destroyed;
static pthread_t finalized_by;

static void await(void *object)
{
    awaited += GC_base(object) == object;
}

static void await_and_collect(void *object)
{
    await(object);
    if (awaited > 3)
        return;
    collect();
    for (int i = 0; i < crowd; i++)
        sink = GC_malloc(16);
}

static void finalize(void *object, void *data)
{
    (void)data;
    destroyed += *(int *)object != crowd;
    finalized_first += finalized >= awaited;
    finalized_by = pthread_self();
    __atomic_add_fetch(&finalized, 1, __ATOMIC_RELEASE);
}

__attribute__((noinline)) static void lose_crowd(void)
{
    for (int i = 0; i < crowd; i++) {
        int *p = GC_malloc(16);
        *p = crowd;
        GC_register_finalizer(p, finalize, NULL, NULL, NULL);
    }
}

START_TEST(the_program_hears_of_objects_before_their_finalizers)
{
    GC_set_await_finalize_proc(await);
    ck_assert(GC_get_await_finalize_proc() == await);
    lose_crowd();
    collect();
    ck_assert_int_ge(awaited, crowd - most_left);
    ck_assert_int_eq(finalized, awaited);
    ck_assert_int_eq(finalized_first, 0);
}
END_TEST

START_TEST(awaited_objects_outlive_collections)
{
    GC_set_await_finalize_proc(await);
    GC_set_finalize_on_demand(1);
    lose_crowd();
    for (int i = 0; i < 3; i++)
        collect();
    GC_set_await_finalize_proc(NULL);
    int due = awaited;
    ck_assert_int_ge(due, crowd - most_left);
    ck_assert_int_eq(GC_invoke_finalizers(), due);
}
END_TEST

START_TEST(objects_that_wait_to_be_told_outlive_collections)
{
    GC_set_await_finalize_proc(await_and_collect);
    lose_crowd();
    collect();
    ck_assert_int_ge(finalized, crowd - most_left);
    ck_assert_int_eq(destroyed, 0);
}
END_TEST

START_TEST(finalizers_can_be_run_a_few_at_a_time)
{
    GC_set_finalize_on_demand(1);
    GC_set_interrupt_finalizers(3);
    ck_assert_uint_eq(GC_get_interrupt_finalizers(), 3);
    lose_crowd();
    collect();
    ck_assert_int_eq(GC_invoke_finalizers(), 3);
    ck_assert_int_eq(GC_invoke_finalizers(), 3);
    GC_finalize_all();
    ck_assert_uint_eq(GC_get_interrupt_finalizers(), 0);
    ck_assert_int_eq(finalized, crowd);
}
END_TEST

static void wait_for_finalizers(int count)
{
    for (int i = 0; i < 10000 && __atomic_load_n(&finalized, __ATOMIC_ACQUIRE) < count; i++)
        usleep(1000);
    ck_assert_int_ge(__atomic_load_n(&finalized, __ATOMIC_ACQUIRE), count);
}

START_TEST(a_thread_of_its_own_runs_finalizers)
{
    GC_set_finalizer_thread(1);
    ck_assert_int_eq(GC_get_finalizer_thread(), 1);
    lose_crowd();
    collect();
    wait_for_finalizers(crowd - most_left);
    ck_assert(!pthread_equal(finalized_by, pthread_self()));
    lose_crowd();
    collect();
    wait_for_finalizers(2 * (crowd - most_left));
    GC_set_finalizer_thread(0);
    finalized = 0;
    lose_crowd();
    collect();
    ck_assert_int_ge(__atomic_load_n(&finalized, __ATOMIC_ACQUIRE), crowd - most_left);
}
END_TEST

START_TEST(the_finalizer_thread_is_there_after_a_fork)
{
    GC_set_finalizer_thread(1);
    lose_crowd();
    collect();
    wait_for_finalizers(1);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        finalized = 0;
        lose_crowd();
        collect();
        for (int i = 0; i < 10000 && __atomic_load_n(&finalized, __ATOMIC_ACQUIRE) == 0; i++)
            usleep(1000);
        _exit(finalized == 0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- Callbacks ---- */

static GC_word heap_told;
static int resizes;

static void note_heap(GC_word bytes)
{
    heap_told = bytes;
    resizes++;
}

START_TEST(the_program_is_told_of_the_heaps_size)
{
    GC_set_on_heap_resize(note_heap);
    ck_assert(GC_get_on_heap_resize() == note_heap && GC_on_heap_resize == note_heap);
    void *p = GC_malloc(30 << 20);
    ck_assert_int_ge(resizes, 1);
    ck_assert_uint_ge(heap_told, 30 << 20);
    GC_reachable_here(p);
    GC_free(p);
    GC_gcollect_and_unmap();
    GC_gcollect();
    ck_assert_uint_lt(heap_told, 30 << 20);
}
END_TEST

static int suspended, unsuspended;
static void *suspended_thread;

static void note_thread(GC_EventType event, void *thread)
{
    suspended += event == GC_EVENT_THREAD_SUSPENDED;
    unsuspended += event == GC_EVENT_THREAD_UNSUSPENDED;
    suspended_thread = thread;
}

static int released;

static void *wait_for_release(void *unused)
{
    sink = GC_malloc(16);
    __atomic_store_n(&released, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&released, __ATOMIC_ACQUIRE) != 2)
        usleep(100);
    return unused;
}

START_TEST(the_program_is_told_of_stopped_threads)
{
    pthread_t thread;
    GC_INIT();
    ck_assert_int_eq(GC_pthread_create(&thread, NULL, wait_for_release, NULL), 0);
    while (__atomic_load_n(&released, __ATOMIC_ACQUIRE) != 1)
        usleep(100);
    GC_set_on_thread_event(note_thread);
    ck_assert(GC_get_on_thread_event() == note_thread);
    GC_gcollect();
    GC_set_on_thread_event(NULL);
    ck_assert_int_eq(suspended, 1);
    ck_assert_int_eq(unsuspended, 1);
    ck_assert_ptr_eq(suspended_thread, (void *)thread);
    __atomic_store_n(&released, 2, __ATOMIC_RELEASE);
    GC_pthread_join(thread, NULL);
}
END_TEST

static void *in_static_data[crowd];
static bool skip_program;
static int segments;

static int wants_segment(const char *name, void *start, size_t bytes)
{
    uintptr_t here = (uintptr_t)in_static_data;
    segments++;
    ck_assert_ptr_nonnull(name);
    return !(skip_program && here - (uintptr_t)start < bytes);
}

__attribute__((noinline)) static void fill_static_data(void)
{
    for (int i = 0; i < crowd; i++) {
        in_static_data[i] = GC_malloc(16);
        links[i] = (void *)GC_HIDE_POINTER(in_static_data[i]);
        GC_general_register_disappearing_link(&links[i], in_static_data[i]);
    }
}

START_TEST(the_program_chooses_static_data)
{
    GC_register_has_static_roots_callback(wants_segment);
    fill_static_data();
    collect();
    ck_assert_int_gt(segments, 0);
    ck_assert_int_eq(alive(), crowd);
    skip_program = true;
    collect();
    ck_assert_int_le(alive(), most_left);
}
END_TEST

/* ---- The lock of collections ---- */

static void *collect_meanwhile(void *unused)
{
    GC_gcollect();
    return unused;
}

START_TEST(no_collection_while_the_lock_is_held)
{
    pthread_t thread;
    GC_INIT();
    GC_alloc_lock();
    GC_word before = GC_get_gc_no();
    ck_assert_int_eq(GC_pthread_create(&thread, NULL, collect_meanwhile, NULL), 0);
    for (int i = 0; i < 100000; i++)
        sink = GC_malloc(1000);
    GC_gcollect();
    ck_assert_uint_eq(GC_get_gc_no(), before);
    GC_alloc_unlock();
    GC_pthread_join(thread, NULL);
    ck_assert_uint_gt(GC_get_gc_no(), before);
    listen();
    GC_alloc_unlock();
    ck_assert_ptr_nonnull(strstr(heard(), "does not have the lock; ignored"));
}
END_TEST

static void *number_of_collections(void *collecting)
{
    if (collecting != NULL)
        GC_gcollect();
    return (void *)GC_get_gc_no();
}

static sem_t has_begun;
static volatile bool deciding, seen_deciding;

static GC_ToggleRefStatus decide_slowly(void *object)
{
    (void)object;
    deciding = true;
    sem_post(&has_begun);
    usleep(50000);
    deciding = false;
    return GC_TOGGLE_REF_STRONG;
}

static void *look_whether_deciding(void *unused)
{
    seen_deciding = deciding;
    return unused;
}

static void *lock_meanwhile(void *unused)
{
    while (sem_wait(&has_begun) != 0)
        continue;
    GC_call_with_alloc_lock(look_whether_deciding, NULL);
    return unused;
}

START_TEST(toggle_references_are_decided_with_the_lock_held)
{
    pthread_t thread;
    GC_INIT();
    sem_init(&has_begun, 0, 0);
    GC_set_toggleref_func(decide_slowly);
    void *p = GC_malloc(16);
    ck_assert_int_eq(GC_toggleref_add(p, 1), GC_SUCCESS);
    ck_assert_int_eq(GC_pthread_create(&thread, NULL, lock_meanwhile, NULL), 0);
    GC_gcollect();
    GC_pthread_join(thread, NULL);
    ck_assert(!seen_deciding);
}
END_TEST

START_TEST(readers_have_the_same_lock)
{
    GC_INIT();
    void *before = (void *)GC_get_gc_no();
    ck_assert_ptr_eq(GC_call_with_reader_lock(number_of_collections, &before, 1), before);
    ck_assert_ptr_eq(GC_call_with_alloc_lock(number_of_collections, &before), before);
}
END_TEST

/* ---- Output ---- */

START_TEST(output_goes_where_it_is_sent)
{
    FILE *log = tmpfile();
    char text[100] = "";
    listen();
    GC_err_printf("%s %d\n", "error", 7);
    GC_log_printf("log %p\n", (void *)16);
    ck_assert_str_eq(heard(), "error 7\nlog 0x10\n");
    GC_set_log_fd(fileno(log));
    listen();
    GC_log_printf("%5d\n", 42);
    ck_assert_str_eq(heard(), "");
    ck_assert_int_eq(pread(fileno(log), text, sizeof text, 0), 6);
    ck_assert_str_eq(text, "   42\n");
    GC_set_log_fd(STDERR_FILENO);
    fclose(log);
}
END_TEST

static void read_whole(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY);
    ssize_t length = fd >= 0 ? read(fd, text, size - 1) : -1;
    text[length > 0 ? length : 0] = '\0';
    close(fd);
    unlink(path);
}

START_TEST(a_log_file_takes_all_or_the_log_alone)
{
    static const char path[] = "small_interface.log";
    char text[4096];
    unlink(path);
    setenv("GC_LOG_FILE", path, 1);
    setenv("GC_PRINT_STATS", "1", 1);
    if (_i == 1)
        setenv("GC_ONLY_LOG_TO_FILE", "1", 1);
    listen();
    GC_INIT();
    GC_gcollect();
    GC_err_printf("an error\n");
    heard();
    read_whole(path, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "gc 1 "));
    ck_assert_int_eq(strstr(text, "an error") != NULL, _i == 0);
    ck_assert_str_eq(said, _i == 0 ? "" : "an error\n");
}
END_TEST

START_TEST(the_environment_asks_for_reports)
{
    setenv("GC_DUMP_REGULARLY", "1", 1);
    setenv("GC_PRINT_ADDRESS_MAP", "1", 1);
    listen();
    GC_gcollect();
    ck_assert_ptr_nonnull(strstr(heard(), "[stack]"));
    ck_assert_ptr_nonnull(strstr(said, "dump"));
}
END_TEST

START_TEST(spans_and_free_slots_are_listed)
{
    sink = GC_malloc(40);
    listen();
    GC_dump_regions();
    GC_print_free_list(1, 3);
    ck_assert_ptr_nonnull(strstr(heard(), "objects of 48 bytes"));
}
END_TEST

/* ---- Functions since 8.2 ---- */

START_TEST(newer_functions)
{
    long page = sysconf(_SC_PAGESIZE);
    ck_assert_uint_eq((uintptr_t)GC_valloc(10) % (size_t)page, 0);
    void *p = GC_pvalloc(10);
    ck_assert_uint_eq((uintptr_t)p % (size_t)page, 0);
    ck_assert_uint_ge(GC_size(p), (size_t)page);
    volatile size_t huge = (size_t)-5;
    ck_assert_ptr_null(GC_pvalloc(huge));
    ck_assert_ptr_eq(GC_base_C((char *)p + 3), p);
    GC_noop1_ptr(p);
    p = GC_reallocf(p, 3 * (size_t)page);
    ck_assert_ptr_nonnull(p);
    GC_freezero(p, 100);
    GC_freezero(NULL, 100);
    p = GC_debug_malloc(40, __FILE__, __LINE__);
    GC_debug_freezero(p, 4000);
    GC_start_performance_measurement();
    GC_gcollect();
    ck_assert_uint_gt(GC_get_avg_stopped_mark_time_ns(), 0);
    ck_assert_uint_le(GC_get_stopped_mark_total_time(), GC_get_full_gc_total_time());
    GC_word before = GC_get_total_bytes();
    GC_incr_bytes_allocd(1000);
    ck_assert_uint_ge(GC_get_total_bytes(), before + 1000);
    GC_incr_bytes_freed(1000);
    ck_assert_uint_ge(GC_get_expl_freed_bytes_since_gc(), 1000);
}
END_TEST

START_TEST(reallocf_frees_what_it_cannot_resize)
{
    char *p = GC_malloc_uncollectable(100);
    volatile size_t huge = (size_t)1 << 60;
    listen();
    ck_assert_ptr_null(GC_reallocf(p, huge));
    GC_free(p);
    ck_assert_ptr_nonnull(strstr(heard(), "has been freed"));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, strong_toggle_references_keep);
    tcase_add_test(tests, dropped_toggle_references_are_forgotten);
    tcase_add_test(tests, toggle_references_to_debug_objects_show_the_programs_pointer);
    tcase_add_test(tests, without_a_function_nothing_is_noted);
    tcase_add_test(tests, the_program_hears_of_objects_before_their_finalizers);
    tcase_add_test(tests, awaited_objects_outlive_collections);
    tcase_add_test(tests, objects_that_wait_to_be_told_outlive_collections);
    tcase_add_test(tests, finalizers_can_be_run_a_few_at_a_time);
    tcase_add_test(tests, a_thread_of_its_own_runs_finalizers);
    tcase_add_test(tests, the_finalizer_thread_is_there_after_a_fork);
    tcase_add_test(tests, the_program_is_told_of_the_heaps_size);
    tcase_add_test(tests, the_program_is_told_of_stopped_threads);
    tcase_add_test(tests, the_program_chooses_static_data);
    tcase_add_test(tests, no_collection_while_the_lock_is_held);
    tcase_add_test(tests, toggle_references_are_decided_with_the_lock_held);
    tcase_add_test(tests, readers_have_the_same_lock);
    tcase_add_test(tests, output_goes_where_it_is_sent);
    tcase_add_loop_test(tests, a_log_file_takes_all_or_the_log_alone, 0, 2);
    tcase_add_test(tests, the_environment_asks_for_reports);
    tcase_add_test(tests, spans_and_free_slots_are_listed);
    tcase_add_test(tests, newer_functions);
    tcase_add_test(tests, reallocf_frees_what_it_cannot_resize);
}

int main(void)
{
    return unit_run("small interface", add_tests);
}
