/* roots_tls.c: what is held only by a thread-local variable, by a key's value, or by a thread that
 * has finished and is not yet joined.
 *
 * Each place holds 50 objects and nothing else does. Four collections later all must be there; with
 * the place cleared, most must go, which shows that it was the place that held them. Each in the
 * main thread and in another one, collected by the same thread and by another.
 *
 * Objects are watched through disappearing links: a link is hidden, so that it holds nothing.
 */
#define _GNU_SOURCE 1
#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#include <gc.h>
#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include "unit.h"

enum { object_count = 50, most_left = 10, collections = 4, object_bytes = 40, combinations = 4 };

/* A millisecond. */
static void nap(void)
{
    struct timespec time = {0, 1000000};
    nanosleep(&time, NULL);
}

/* ---- Objects ---- */

static GC_hidden_pointer links[object_count];

/* Overwrites what earlier calls have left on the stack. */
__attribute__((noinline)) static void clear_stack(void)
{
    char junk[16384];
    memset(junk, 0, sizeof junk);
    __asm__ __volatile__("" : : "r"(junk) : "memory");
}

/* A new object, watched as the i-th. */
__attribute__((noinline)) static void *watched(int i)
{
    void *object = GC_malloc(object_bytes);
    links[i] = GC_HIDE_POINTER(object);
    GC_general_register_disappearing_link((void **)&links[i], object);
    return object;
}

static int survivors(void)
{
    int count = 0;
    for (int i = 0; i < object_count; i++)
        count += links[i] != 0;
    return count;
}

/* ---- Collecting, by the calling thread or by another ---- */

static void *collect_here(void *argument)
{
    for (int i = 0; i < collections; i++) {
        clear_stack();
        GC_gcollect();
    }
    return argument;
}

static void run_thread(void *(*body)(void *), void *argument)
{
    pthread_t handle;
    ck_assert_int_eq(pthread_create(&handle, NULL, body, argument), 0);
    ck_assert_int_eq(pthread_join(handle, NULL), 0);
}

static void collect(bool by_other)
{
    clear_stack();
    if (by_other)
        run_thread(collect_here, NULL);
    else
        collect_here(NULL);
}

/* ---- One place, four ways ---- */

/* hold(i, NULL) clears the i-th slot. */
struct place {
    void (*prepare)(void); /* may be NULL; in the main thread, when the holder is running already */
    void (*hold)(int i, void *object);
};

struct holder {
    const struct place *place;
    bool by_other;
    pthread_barrier_t barrier; /* of a thread that is not the main one */
};

__attribute__((noinline)) static void hold_all(const struct place *place)
{
    for (int i = 0; i < object_count; i++)
        place->hold(i, watched(i));
}

__attribute__((noinline)) static void clear_all(const struct place *place)
{
    for (int i = 0; i < object_count; i++)
        place->hold(i, NULL);
}

static void hold_and_collect(const struct holder *h)
{
    hold_all(h->place);
    collect(h->by_other);
    ck_assert_int_eq(survivors(), object_count);
    clear_all(h->place);
    collect(h->by_other);
    ck_assert_int_le(survivors(), most_left);
}

static void *hold_when_prepared(void *argument)
{
    struct holder *h = argument;
    pthread_barrier_wait(&h->barrier);
    pthread_barrier_wait(&h->barrier);
    hold_and_collect(h);
    return NULL;
}

static void prepare(const struct place *place)
{
    if (place->prepare)
        place->prepare();
}

static void check_place(const struct place *place, int combination)
{
    bool in_main = combination & 1;
    struct holder h = {.place = place, .by_other = combination & 2};
    pthread_t handle;
    GC_INIT();
    if (in_main) {
        prepare(place);
        hold_and_collect(&h);
        return;
    }
    pthread_barrier_init(&h.barrier, NULL, 2);
    ck_assert_int_eq(pthread_create(&handle, NULL, hold_when_prepared, &h), 0);
    pthread_barrier_wait(&h.barrier);
    prepare(place);
    pthread_barrier_wait(&h.barrier);
    pthread_join(handle, NULL);
}

/* ---- Thread-local variables ---- */

static __thread void *volatile in_program[object_count];

static void hold_in_program(int i, void *object)
{
    in_program[i] = object;
}

/* Of a library that was loaded with the program. */
void tlslib_hold(int slot, void *object);

typedef void hold_fn(int slot, void *object);

static hold_fn *loaded_hold;

/* Of a library's copy under another name, so that it is loaded once more. */
static void copy_file(const char *from, const char *to)
{
    char command[512];
    snprintf(command, sizeof command, "cp '%s' '%s'", from, to);
    ck_assert_int_eq(system(command), 0);
}

static void *load_copy(const char *path, hold_fn **hold)
{
    static int copies;
    char copy[256];
    snprintf(copy, sizeof copy, "/tmp/roots_tls.%d.%d.so", (int)getpid(), copies++);
    copy_file(path, copy);
    void *library = dlopen(copy, RTLD_NOW | RTLD_LOCAL);
    unlink(copy);
    ck_assert_msg(library != NULL, "%s", dlerror());
    *hold = (hold_fn *)(uintptr_t)dlsym(library, "tlslib_hold");
    return library;
}

static void load_dynamic(void)
{
    load_copy(TLSLIB_DYNAMIC, &loaded_hold);
}

static void load_fixed(void)
{
    load_copy(TLSLIB_FIXED, &loaded_hold);
}

static void hold_in_loaded(int i, void *object)
{
    loaded_hold(i, object);
}

/* So many libraries that the threads' tables have to grow; each holds one object. */
static hold_fn *many_holds[object_count];

static void load_many(void)
{
    for (int i = 0; i < object_count; i++)
        load_copy(TLSLIB_DYNAMIC, &many_holds[i]);
}

static void hold_in_many(int i, void *object)
{
    many_holds[i](i, object);
}

static const struct place place_program = {NULL, hold_in_program};
static const struct place place_startup = {NULL, tlslib_hold};
static const struct place place_dynamic = {load_dynamic, hold_in_loaded};
static const struct place place_fixed = {load_fixed, hold_in_loaded};
static const struct place place_many = {load_many, hold_in_many};

START_TEST(variables_of_the_program)
{
    check_place(&place_program, _i);
}
END_TEST

START_TEST(variables_of_a_library_loaded_at_startup)
{
    check_place(&place_startup, _i);
}
END_TEST

START_TEST(variables_of_a_library_loaded_later)
{
    check_place(&place_dynamic, _i);
}
END_TEST

START_TEST(variables_at_a_fixed_distance_of_a_library_loaded_later)
{
    check_place(&place_fixed, _i);
}
END_TEST

START_TEST(variables_of_many_libraries)
{
    check_place(&place_many, _i);
}
END_TEST

/* The second library gets the first one's number; threads that have not looked at it still have the
 * first one's block in their tables. */
START_TEST(a_number_used_again)
{
    hold_fn *hold;
    GC_INIT();
    void *first = load_copy(TLSLIB_DYNAMIC, &hold);
    for (int i = 0; i < object_count; i++)
        hold(i, watched(i));
    collect(false);
    ck_assert_int_eq(survivors(), object_count);
    dlclose(first);
    load_copy(TLSLIB_DYNAMIC, &hold);
    collect(false);
    ck_assert_int_le(survivors(), most_left);
    for (int i = 0; i < object_count; i++)
        hold(i, watched(i));
    collect(true);
    ck_assert_int_eq(survivors(), object_count);
}
END_TEST

/* Loaded and unloaded all the while, looked at by threads that come and go. */
static int stop_loading;

static void *load_and_unload(void *argument)
{
    while (!__atomic_load_n(&stop_loading, __ATOMIC_RELAXED)) {
        hold_fn *hold;
        void *library = load_copy(TLSLIB_DYNAMIC, &hold);
        hold(0, GC_malloc(object_bytes));
        dlclose(library);
    }
    return argument;
}

START_TEST(loading_during_collections)
{
    enum { rounds = 100 };
    pthread_t handle;
    GC_INIT();
    load_dynamic();
    for (int i = 0; i < object_count; i++)
        loaded_hold(i, watched(i));
    ck_assert_int_eq(pthread_create(&handle, NULL, load_and_unload, NULL), 0);
    for (int i = 0; i < rounds; i++)
        collect(false);
    __atomic_store_n(&stop_loading, 1, __ATOMIC_RELAXED);
    pthread_join(handle, NULL);
    ck_assert_int_eq(survivors(), object_count);
}
END_TEST

/* ---- A thread in the middle of moving its table ---- */

/* The second word that the thread pointer leads to is the pointer to the DTV. */
static void *swap_dtv(void *with)
{
    void *before;
    __asm__ volatile("movq %%fs:8, %0\n\t"
                     "movq %1, %%fs:8"
                     : "=&r"(before)
                     : "r"(with)
                     : "memory");
    return before;
}

struct mover {
    pthread_barrier_t barrier;
    void *moved_to;
};

static int collecting;

/* No call between the two swaps may use a thread-local variable of a loaded library. */
static void *move_dtv(void *argument)
{
    struct mover *m = argument;
    for (int i = 0; i < object_count; i++)
        loaded_hold(i, watched(i));
    clear_stack();
    void *dtv = swap_dtv(m->moved_to);
    pthread_barrier_wait(&m->barrier);
    while (!__atomic_load_n(&collecting, __ATOMIC_ACQUIRE))
        ;
    nap();
    swap_dtv(dtv);
    pthread_barrier_wait(&m->barrier);
    return NULL;
}

/* `moved_to` is what the thread's DTV pointer points to for a while. */
static void check_moving(void *moved_to)
{
    struct mover m = {.moved_to = moved_to};
    pthread_t handle;
    pthread_barrier_init(&m.barrier, NULL, 2);
    ck_assert_int_eq(pthread_create(&handle, NULL, move_dtv, &m), 0);
    pthread_barrier_wait(&m.barrier);
    __atomic_store_n(&collecting, 1, __ATOMIC_RELEASE);
    collect_here(NULL);
    int left = survivors();
    pthread_barrier_wait(&m.barrier);
    pthread_join(handle, NULL);
    ck_assert_int_eq(left, object_count);
}

START_TEST(a_table_that_is_not_mapped_is_waited_for)
{
    GC_INIT();
    load_dynamic();
    char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check_moving(page + 16);
}
END_TEST

static void check_written_over(uintptr_t with)
{
    enum { words = 1024 };
    static uintptr_t garbage[words];
    GC_INIT();
    load_dynamic();
    for (int i = 0; i < words; i++)
        garbage[i] = with;
    check_moving(garbage + 2);
}

START_TEST(a_table_that_was_written_over_is_waited_for)
{
    check_written_over(16);
}
END_TEST

START_TEST(a_table_that_was_cleared_is_waited_for)
{
    check_written_over(0);
}
END_TEST

/* ---- Where the kernel refuses to copy memory ---- */

static void refuse_process_vm_readv(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

START_TEST(variables_in_a_sandbox)
{
    refuse_process_vm_readv();
    check_place(&place_dynamic, _i);
}
END_TEST

START_TEST(a_table_that_is_not_mapped_in_a_sandbox)
{
    refuse_process_vm_readv();
    GC_INIT();
    load_dynamic();
    char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check_moving(page + 16);
}
END_TEST

/* ---- Values of keys ---- */

/* A key in the descriptor's own block, then enough for the second block and the third. */
static pthread_key_t keys[object_count];

static void make_keys(void)
{
    for (int i = 0; i < object_count; i++)
        ck_assert_int_eq(pthread_key_create(&keys[i], NULL), 0);
}

static void hold_in_key(int i, void *object)
{
    pthread_setspecific(keys[i], object);
}

/* The i-th of ten objects of five chains, each held by one of the first keys. */
enum { few_keys = 5 };

static void hold_in_few_keys(int i, void *object)
{
    pthread_key_t key = keys[i % few_keys];
    if (object)
        *(void **)object = pthread_getspecific(key);
    pthread_setspecific(key, object);
}

static tss_t tss_keys[object_count];

static void make_tss_keys(void)
{
    for (int i = 0; i < object_count; i++)
        ck_assert_int_eq(tss_create(&tss_keys[i], NULL), thrd_success);
}

static void hold_in_tss(int i, void *object)
{
    tss_set(tss_keys[i], object);
}

static const struct place place_few_keys = {make_keys, hold_in_few_keys};
static const struct place place_keys = {make_keys, hold_in_key};
static const struct place place_tss = {make_tss_keys, hold_in_tss};

START_TEST(values_of_few_keys)
{
    check_place(&place_few_keys, _i);
}
END_TEST

START_TEST(values_of_many_keys)
{
    check_place(&place_keys, _i);
}
END_TEST

START_TEST(values_of_tss_set)
{
    check_place(&place_tss, _i);
}
END_TEST

/* ---- argv and the environment ---- */

extern char **environ;

/* Chained to the environment's first entry, which lies above the main thread's stack. */
static void hold_in_environment(int i, void *object)
{
    if (object && i > 0)
        *(void **)object = environ[0];
    environ[0] = object;
}

static const struct place place_environment = {NULL, hold_in_environment};

START_TEST(the_environment)
{
    char *first = environ[0];
    check_place(&place_environment, _i);
    environ[0] = first;
}
END_TEST

/* ---- Cleanup handlers ---- */

static void *volatile cleaned_up;

static void clean_up(void *argument)
{
    cleaned_up = argument;
}

/* The pointer is handed over in two parts, so that only the handler's record holds it. */
__attribute__((noinline)) static void collect_with_cleanup(GC_hidden_pointer hidden, bool by_other)
{
    pthread_cleanup_push(clean_up, GC_REVEAL_POINTER(hidden));
    collect(by_other);
    pthread_cleanup_pop(1);
}

__attribute__((noinline)) static GC_hidden_pointer hidden_chain(void)
{
    void *chain = NULL;
    for (int i = 0; i < object_count; i++) {
        void **object = watched(i);
        *object = chain;
        chain = object;
    }
    return GC_HIDE_POINTER(chain);
}

static void *hold_in_cleanup(void *by_other)
{
    extern void __asan_init(void) __attribute__((weak));
    collect_with_cleanup(hidden_chain(), by_other != NULL);
    ck_assert_int_eq(survivors(), object_count);
    ck_assert_ptr_eq(GC_base(cleaned_up), cleaned_up);
    cleaned_up = NULL;
    collect(by_other != NULL);
    if (!__asan_init) /* one stray copy of the pointer would hold the chain */
        ck_assert_int_le(survivors(), most_left);
    return NULL;
}

START_TEST(arguments_of_cleanup_handlers)
{
    void *by_other = _i & 2 ? links : NULL;
    GC_INIT();
    if (_i & 1)
        hold_in_cleanup(by_other);
    else
        run_thread(hold_in_cleanup, by_other);
}
END_TEST

/* ---- Exit values ---- */

static void *return_object(void *number)
{
    return watched((int)(intptr_t)number);
}

static void *exit_with_object(void *number)
{
    pthread_exit(watched((int)(intptr_t)number));
}

static void *gc_exit_with_object(void *number)
{
    GC_pthread_exit(watched((int)(intptr_t)number));
}

/* A finished thread is not in /proc/self/task any more. */
static int running_threads(void)
{
    int count = 0;
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "Threads: %d", &count) == 1)
            break;
    fclose(status);
    return count;
}

static void start_finished(pthread_t *handles, void *(*body)(void *))
{
    int before = running_threads();
    for (intptr_t i = 0; i < object_count; i++)
        ck_assert_int_eq(pthread_create(&handles[i], NULL, body, (void *)i), 0);
    while (running_threads() > before)
        nap();
}

static int join_plainly(pthread_t handle, void **result)
{
    return pthread_join(handle, result);
}

static int join_timed(pthread_t handle, void **result)
{
    struct timespec until = {INT32_MAX, 0};
    return pthread_timedjoin_np(handle, result, &until);
}

static int join_by_clock(pthread_t handle, void **result)
{
    struct timespec until = {INT32_MAX, 0};
    return pthread_clockjoin_np(handle, result, CLOCK_MONOTONIC, &until);
}

static int join_gc(pthread_t handle, void **result)
{
    return GC_pthread_join(handle, result);
}

static int detach_at_last(pthread_t handle, void **result)
{
    *result = GC_REVEAL_POINTER(GC_HIDE_POINTER(NULL));
    return pthread_detach(handle);
}

static const struct {
    void *(*body)(void *);
    int (*end)(pthread_t handle, void **result);
} exits[] = {
    {return_object, join_plainly},      {return_object, pthread_tryjoin_np},
    {return_object, join_timed},        {return_object, join_by_clock},
    {return_object, join_gc},           {exit_with_object, join_plainly},
    {gc_exit_with_object, join_gc},     {return_object, detach_at_last},
    {exit_with_object, detach_at_last},
};

enum { exit_count = sizeof exits / sizeof *exits };

__attribute__((noinline)) static void end_all(const pthread_t *handles, int way)
{
    for (int i = 0; i < object_count; i++) {
        void *result;
        ck_assert_int_eq(exits[way].end(handles[i], &result), 0);
        if (exits[way].end != detach_at_last)
            ck_assert_ptr_eq(result, GC_REVEAL_POINTER(links[i]));
    }
}

START_TEST(exit_values_until_the_end)
{
    int way = _i / 2;
    bool by_other = _i % 2;
    pthread_t handles[object_count];
    GC_INIT();
    start_finished(handles, exits[way].body);
    collect(by_other);
    ck_assert_int_eq(survivors(), object_count);
    end_all(handles, way);
    collect(by_other);
    ck_assert_int_le(survivors(), most_left);
}
END_TEST

START_TEST(exit_values_of_detached_threads_are_not_kept)
{
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    GC_INIT();
    int before = running_threads();
    for (intptr_t i = 0; i < object_count; i++) {
        pthread_t handle;
        bool later = i % 2;
        ck_assert_int_eq(
            pthread_create(&handle, later ? NULL : &detached, return_object, (void *)i), 0);
        if (later)
            ck_assert_int_eq(pthread_detach(handle), 0);
    }
    while (running_threads() > before)
        nap();
    collect(false);
    ck_assert_int_le(survivors(), most_left);
}
END_TEST

/* True when the main thread is a zombie: it has left, others go on. */
static bool main_is_over(void)
{
    char state = 0;
    FILE *stat = fopen("/proc/self/stat", "r");
    ck_assert(stat != NULL && fscanf(stat, "%*d (%*[^)]) %c", &state) == 1);
    fclose(stat);
    return state == 'Z';
}

static void *join_main(void *handle)
{
    void *result = NULL;
    while (!main_is_over())
        nap();
    collect(false);
    ck_assert_int_eq(survivors(), object_count);
    ck_assert_int_eq(pthread_join(*(pthread_t *)handle, &result), 0);
    ck_assert_ptr_eq(GC_base(result), result);
    exit(EXIT_SUCCESS);
}

START_TEST(the_main_thread_may_exit_with_a_value)
{
    static pthread_t handle;
    pthread_t joiner;
    GC_INIT();
    handle = pthread_self();
    ck_assert_int_eq(pthread_create(&joiner, NULL, join_main, &handle), 0);
    pthread_exit(GC_REVEAL_POINTER(hidden_chain()));
}
END_TEST

static void *wait_to_be_cancelled(void *argument)
{
    for (;;)
        pause();
    return argument;
}

START_TEST(joins_fail_as_usual)
{
    pthread_t handle;
    void *result;
    GC_INIT();
    ck_assert_int_eq(pthread_create(&handle, NULL, wait_to_be_cancelled, NULL), 0);
    ck_assert_int_eq(pthread_tryjoin_np(handle, &result), EBUSY);
    struct timespec past = {1, 0};
    ck_assert_int_eq(pthread_timedjoin_np(handle, &result, &past), ETIMEDOUT);
    ck_assert_int_eq(pthread_join(pthread_self(), &result), EDEADLK);
    pthread_cancel(handle);
    ck_assert_int_eq(pthread_join(handle, &result), 0);
    ck_assert_ptr_eq(result, PTHREAD_CANCELED);
}
END_TEST

/* Cancelled before it collects: it must not notice in the middle. */
static void *collect_when_cancelled(void *collected)
{
    pthread_cancel(pthread_self());
    GC_gcollect();
    *(bool *)collected = true;
    pthread_testcancel();
    return NULL;
}

START_TEST(a_collection_is_not_cancelled)
{
    pthread_t handle;
    bool collected = false;
    void *result;
    GC_INIT();
    ck_assert_int_eq(pthread_create(&handle, NULL, collect_when_cancelled, &collected), 0);
    ck_assert_int_eq(pthread_join(handle, &result), 0);
    ck_assert_ptr_eq(result, PTHREAD_CANCELED);
    ck_assert(collected);
    collect(true);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, variables_of_the_program, 0, combinations);
    tcase_add_loop_test(tests, variables_of_a_library_loaded_at_startup, 0, combinations);
    tcase_add_loop_test(tests, variables_of_a_library_loaded_later, 0, combinations);
    tcase_add_loop_test(tests, variables_at_a_fixed_distance_of_a_library_loaded_later, 0,
                        combinations);
    tcase_add_loop_test(tests, variables_of_many_libraries, 0, combinations);
    tcase_add_test(tests, a_number_used_again);
    tcase_add_test(tests, loading_during_collections);
    tcase_add_test(tests, a_table_that_is_not_mapped_is_waited_for);
    tcase_add_test(tests, a_table_that_was_written_over_is_waited_for);
    tcase_add_test(tests, a_table_that_was_cleared_is_waited_for);
    tcase_add_loop_test(tests, variables_in_a_sandbox, 0, combinations);
    tcase_add_test(tests, a_table_that_is_not_mapped_in_a_sandbox);
    tcase_add_loop_test(tests, values_of_few_keys, 0, combinations);
    tcase_add_loop_test(tests, values_of_many_keys, 0, combinations);
    tcase_add_loop_test(tests, values_of_tss_set, 0, combinations);
    tcase_add_loop_test(tests, the_environment, 0, combinations);
    tcase_add_loop_test(tests, arguments_of_cleanup_handlers, 0, combinations);
    tcase_add_loop_test(tests, exit_values_until_the_end, 0, 2 * exit_count);
    tcase_add_test(tests, exit_values_of_detached_threads_are_not_kept);
    tcase_add_test(tests, the_main_thread_may_exit_with_a_value);
    tcase_add_test(tests, joins_fail_as_usual);
    tcase_add_test(tests, a_collection_is_not_cancelled);
}

int main(void)
{
    return unit_run("roots_tls", add_tests);
}
