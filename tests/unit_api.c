/* unit_api.c: the public interface as a program sees it, by gc.h alone. The malloc family's own
 * behaviour under load is tested elsewhere; here it is contracts and corner cases. */
#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#define GC_BUILD /* the variables are tested, too */
#define GC_REQUIRE_WCSDUP
#define GC_OOM_FUNC_RETURNS_ALIAS
#include <gc.h>
#include <gc/gc_mark.h>
#include <gc/javaxfc.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>
#include "unit.h"

enum { crowd = 1000, most_left = crowd / 20 };

static int failures;

/* Overwrites what earlier calls have left on the stack. */
__attribute__((noinline)) static void clear_stack(void)
{
    char junk[8192];
    memset(junk, 0, sizeof junk);
    __asm__ __volatile__("" : : "r"(junk) : "memory");
}

static void collect(void)
{
    clear_stack();
    GC_gcollect();
}

/* ---- Objects ---- */

START_TEST(sizes_and_bases)
{
    char *p = GC_MALLOC(100);
    ck_assert_uint_ge(GC_size(p), 101);
    ck_assert_ptr_eq(GC_base(p), p);
    ck_assert_ptr_eq(GC_base(p + 57), p);
    ck_assert_ptr_eq(GC_base(p + 100), p); /* one past the end */
    ck_assert_uint_eq(GC_size(p + 1), 0);
    ck_assert_uint_eq(GC_size(GC_malloc(16)), 32);
    ck_assert_ptr_null(GC_base(&p));
    ck_assert_ptr_null(GC_base(NULL));
    ck_assert(GC_is_heap_ptr(p) && !GC_is_heap_ptr(&p) && !GC_is_heap_ptr(NULL));
    ck_assert_uint_eq(GC_get_size_map_at(16), 32);
    ck_assert_uint_eq(GC_get_size_map_at(0), 16);
    ck_assert_uint_eq(GC_get_size_map_at(-1), (size_t)-1);
    ck_assert_uint_eq(GC_get_size_map_at(1 << 30), (size_t)-1);
}
END_TEST

START_TEST(without_interior_pointers_sizes_are_exact)
{
    GC_set_all_interior_pointers(0);
    GC_INIT();
    ck_assert_uint_eq(GC_size(GC_malloc(16)), 16);
    ck_assert_uint_eq(GC_get_size_map_at(16), 16);
    ck_assert_int_eq(GC_all_interior_pointers, 0);
}
END_TEST

START_TEST(questions_before_initialisation)
{
    int local;
    ck_assert_int_eq(GC_is_init_called(), 0);
    ck_assert_ptr_null(GC_base(&local));
    ck_assert(!GC_is_heap_ptr(&local));
    ck_assert_uint_eq(GC_get_heap_size(), 0);
    ck_assert_int_eq(GC_should_invoke_finalizers(), 0);
    ck_assert_int_eq(GC_invoke_finalizers(), 0);
    ck_assert_int_eq(GC_is_init_called(), 0);
    ck_assert_ptr_nonnull(GC_malloc(1));
    ck_assert_int_eq(GC_is_init_called(), 1);
}
END_TEST

START_TEST(strings)
{
    ck_assert_str_eq(GC_STRDUP("a word"), "a word");
    ck_assert_str_eq(GC_STRNDUP("a word", 3), "a w");
    ck_assert_str_eq(GC_STRNDUP("a", 3), "a");
    ck_assert_str_eq(GC_STRNDUP("a", 0), "");
    ck_assert_ptr_null(GC_strdup(NULL));
    ck_assert_int_eq(wcscmp(GC_WCSDUP(L"wide"), L"wide"), 0);
}
END_TEST

START_TEST(impossible_sizes)
{
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 4096, SIZE_MAX / 2 + 1,
                                   (size_t)1 << 56};
    void *volatile p = GC_malloc(10);
    void *aligned = &failures;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        volatile size_t size = sizes[i];
        ck_assert_ptr_null(GC_malloc(size));
        ck_assert_ptr_null(GC_malloc_atomic(size));
        ck_assert_ptr_null(GC_malloc_uncollectable(size));
        ck_assert_ptr_null(GC_malloc_ignore_off_page(size));
        ck_assert_ptr_null(GC_realloc(p, size));
        ck_assert_ptr_null(GC_memalign(64, size));
        ck_assert_int_eq(GC_posix_memalign(&aligned, 4096, size), ENOMEM);
    }
    ck_assert_ptr_eq(aligned, &failures);
    ck_assert_ptr_eq(GC_base(p), p);
}
END_TEST

START_TEST(alignment)
{
    void *p = NULL;
    for (size_t align = 8; align <= 1 << 20; align *= 2) {
        ck_assert_uint_eq((uintptr_t)GC_memalign(align, 40) % align, 0);
        ck_assert_int_eq(GC_posix_memalign(&p, align, 100), 0);
        ck_assert_uint_eq((uintptr_t)p % align, 0);
    }
    ck_assert_int_eq(GC_posix_memalign(&p, 24, 100), EINVAL);
    ck_assert_int_eq(GC_posix_memalign(&p, 4, 100), EINVAL);
}
END_TEST

START_TEST(realloc_is_reallocs)
{
    char *p = GC_REALLOC(NULL, 10);
    memcpy(p, "123456789", 10);
    p = GC_REALLOC(p, 100000);
    ck_assert_str_eq(p, "123456789");
    bool clear = true;
    for (size_t i = 10; i < 100000; i++)
        clear &= p[i] == 0;
    ck_assert(clear);
    p = GC_REALLOC(p, 5);
    ck_assert_int_eq(memcmp(p, "12345", 5), 0);
    ck_assert_ptr_null(GC_REALLOC(p, 0));
}
END_TEST

/* Leaves used pages for the next large objects. */
static void make_dirty_pages(size_t bytes)
{
    char *garbage = GC_malloc(bytes);
    memset(garbage, 0xff, bytes);
    GC_free(garbage);
}

static void check_growth(size_t before, size_t after)
{
    make_dirty_pages(before + 3 * after);
    unsigned char *p = GC_malloc(before);
    void *volatile neighbour = GC_malloc(100000);
    memset(p, 0x5a, before);
    p = GC_realloc(p, after);
    size_t kept = 0, clear = 0;
    while (kept < before && p[kept] == 0x5a)
        kept++;
    while (before + clear < after && p[before + clear] == 0)
        clear++;
    ck_assert_uint_eq(kept, before);
    ck_assert_uint_eq(clear, after - before);
    GC_free(p);
    GC_free(neighbour);
}

START_TEST(grown_objects_are_clear_behind_their_contents)
{
    static const size_t sizes[] = {24, 1000, 30000, 40000, 100001, 3000000, 20000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_growth(sizes[i], sizes[i] + 40000);
        check_growth(sizes[i], 2 * sizes[i] + 33000);
    }
}
END_TEST

START_TEST(many_at_once)
{
    size_t count = 0;
    for (void *p = GC_malloc_many(40), *next; p != NULL; p = next, count++) {
        next = GC_NEXT(p);
        GC_NEXT(p) = NULL;
        for (int i = 0; i < 5; i++)
            ck_assert_ptr_null(((void **)p)[i]);
        ck_assert_ptr_eq(GC_base(p), p);
    }
    ck_assert_uint_ge(count, 1);
}
END_TEST

/* All lists are kept; in the second half of the objects every other slot was used before. */
START_TEST(many_objects_are_all_different)
{
    enum { lists = 200, words = 6 };
    void ***heads = GC_malloc(lists * sizeof *heads);
    size_t count = 0, wrong = 0;
    for (size_t l = 0; l < lists; l++) {
        if (l == lists / 2)
            for (size_t i = 0; i < lists / 2; i++)
                for (void **p = heads[i]; p != NULL && *p != NULL; p = *p) {
                    void *unlinked = *p;
                    *p = GC_NEXT(unlinked);
                    GC_free(unlinked);
                }
        heads[l] = GC_malloc_many(words * sizeof(void *) - 1);
        for (void **p = heads[l]; p != NULL; p = *p, count++)
            for (size_t i = 1; i < words - 1; i++) {
                wrong += p[i] != NULL;
                p[i] = p;
            }
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_ge(count, 2 * lists);
}
END_TEST

/* ---- Checks of arithmetic ---- */

static void on_failure(void *p)
{
    (void)p;
    failures++;
}

static void on_failure_of_two(void *p, void *q)
{
    (void)p;
    (void)q;
    failures++;
}

START_TEST(pointer_checks)
{
    char *p = GC_MALLOC(100), *q = GC_MALLOC(100), *r = p;
    GC_same_obj_print_proc = on_failure_of_two;
    GC_is_visible_print_proc = on_failure;
    GC_is_valid_displacement_print_proc = on_failure;
    ck_assert_ptr_eq(GC_same_obj(p + 50, p), p + 50);
    ck_assert_ptr_eq(GC_pre_incr((void **)&r, 8), p + 8);
    ck_assert_ptr_eq(GC_post_incr((void **)&r, -4), p + 8);
    ck_assert_ptr_eq(r, p + 4);
    ck_assert_ptr_eq(GC_is_visible(p + 8), p + 8);
    ck_assert_ptr_eq(GC_is_valid_displacement(p + 3), p + 3);
    ck_assert_int_eq(failures, 0);
    GC_same_obj(p, q);
    GC_is_visible(p + 1);
    GC_is_visible(GC_MALLOC_ATOMIC(16));
    ck_assert_int_eq(failures, 3);
}
END_TEST

/* ---- Collecting ---- */

static int stop_at_once(void)
{
    return 1;
}

static int never_stop(void)
{
    return 0;
}

START_TEST(collections_can_be_forbidden)
{
    GC_INIT();
    GC_word before = GC_get_gc_no();
    GC_disable();
    GC_disable();
    GC_enable();
    ck_assert(GC_is_disabled());
    GC_gcollect();
    ck_assert_int_eq(GC_try_to_collect(never_stop), 0);
    ck_assert_uint_eq(GC_get_gc_no(), before);
    GC_enable();
    ck_assert(!GC_is_disabled());
    GC_dont_gc = 1;
    GC_gcollect();
    ck_assert_uint_eq(GC_get_gc_no(), before);
    GC_dont_gc = 0;
    ck_assert_int_eq(GC_try_to_collect(stop_at_once), 0);
    ck_assert_int_eq(GC_try_to_collect(never_stop), 1);
    ck_assert_uint_eq(GC_gc_no, before + 1);
}
END_TEST

static int starts, ends;

static void on_start(void)
{
    starts++;
}

static void on_event(GC_EventType event)
{
    starts += event == GC_EVENT_START;
    ends += event == GC_EVENT_END;
}

START_TEST(collections_are_announced)
{
    GC_set_start_callback(on_start);
    GC_INIT();
    GC_gcollect();
    ck_assert_int_ge(starts, 1);
    GC_set_start_callback(NULL);
    starts = 0;
    GC_set_on_collection_event(on_event);
    GC_gcollect();
    ck_assert_int_eq(starts, 1);
    ck_assert_int_eq(ends, 1);
    GC_set_on_collection_event(NULL);
    GC_gcollect();
    ck_assert_int_eq(starts, 1);
}
END_TEST

/* ---- Finalizers and links with the real marker ---- */

static int finalized;

static void count_finalized(void *object, void *data)
{
    ck_assert_ptr_eq(GC_base(object), object);
    ck_assert_ptr_eq(data, &finalized);
    finalized++;
}

__attribute__((noinline)) static void make_finalizable(int count)
{
    for (int i = 0; i < count; i++)
        GC_REGISTER_FINALIZER(GC_MALLOC(64), count_finalized, &finalized, NULL, NULL);
    clear_stack();
}

START_TEST(garbage_is_finalized)
{
    make_finalizable(crowd);
    collect();
    ck_assert_int_ge(finalized, crowd - most_left);
    ck_assert_int_le(finalized, crowd);
}
END_TEST

static int notified;

static void on_notify(void)
{
    notified++;
}

START_TEST(finalizers_on_demand)
{
    GC_set_finalize_on_demand(1);
    GC_set_finalizer_notifier(on_notify);
    make_finalizable(crowd);
    collect();
    ck_assert_int_eq(finalized, 0);
    ck_assert_int_eq(notified, 1);
    ck_assert(GC_should_invoke_finalizers());
    ck_assert_int_ge(GC_invoke_finalizers(), crowd - most_left);
    ck_assert(!GC_should_invoke_finalizers());
    ck_assert_int_eq(GC_invoke_finalizers(), 0);
}
END_TEST

START_TEST(everything_can_be_finalized)
{
    void *kept = GC_MALLOC(16);
    GC_REGISTER_FINALIZER(kept, count_finalized, &finalized, NULL, NULL);
    make_finalizable(10);
    GC_finalize_all();
    ck_assert_int_eq(finalized, 11);
    GC_reachable_here(kept);
}
END_TEST

START_TEST(freed_objects_are_not_finalized)
{
    void *p = GC_MALLOC(16);
    GC_REGISTER_FINALIZER(p, count_finalized, &finalized, NULL, NULL);
    GC_FREE(p);
    GC_finalize_all();
    ck_assert_int_eq(finalized, 0);
}
END_TEST

static int warnings;
static char last_warning[256];

static void on_warning(char *format, GC_word argument)
{
    warnings++;
    snprintf(last_warning, sizeof last_warning, format, argument);
}

START_TEST(only_objects_are_finalized)
{
    GC_finalization_proc old_fn = count_finalized;
    void *old_data = &old_fn;
    char *p = GC_MALLOC(16);
    GC_set_warn_proc(on_warning);
    GC_register_finalizer(&old_fn, count_finalized, NULL, &old_fn, &old_data);
    ck_assert(old_fn == NULL && old_data == NULL);
    ck_assert_int_eq(warnings, 0);
    GC_register_finalizer(p + 1, count_finalized, NULL, NULL, NULL);
    ck_assert_int_eq(warnings, 1);
    GC_finalize_all();
    ck_assert_int_eq(finalized, 0);
}
END_TEST

/* Objects in a ring, hidden from this function's own stack. */
__attribute__((noinline)) static void make_ring(void)
{
    void **p = GC_MALLOC(16), **q = GC_MALLOC(16);
    *p = q;
    *q = p;
    GC_REGISTER_FINALIZER(p, count_finalized, &finalized, NULL, NULL);
    clear_stack();
}

START_TEST(finalization_cycles_are_told)
{
    GC_set_warn_proc(on_warning);
    for (int i = 0; i < 10; i++)
        make_ring();
    collect();
    collect();
    ck_assert_int_ge(warnings, 8);
    ck_assert_int_le(warnings, 10);
    ck_assert_int_eq(strncmp(last_warning, "finalization cycle: ", 20), 0);
    ck_assert_int_eq(finalized, 0);
}
END_TEST

static GC_hidden_pointer *hidden; /* pointer-free */

__attribute__((noinline)) static void make_links(bool is_long)
{
    hidden = GC_MALLOC_ATOMIC_UNCOLLECTABLE(crowd * sizeof *hidden);
    for (int i = 0; i < crowd; i++) {
        void *p = GC_MALLOC(32), **link = (void **)&hidden[i];
        hidden[i] = GC_HIDE_POINTER(p);
        ck_assert_int_eq(is_long ? GC_REGISTER_LONG_LINK(link, p)
                                 : GC_GENERAL_REGISTER_DISAPPEARING_LINK(link, p),
                         GC_SUCCESS);
    }
    clear_stack();
}

static int links_left(void)
{
    int left = 0;
    for (int i = 0; i < crowd; i++)
        left += hidden[i] != 0;
    return left;
}

START_TEST(links_disappear)
{
    make_links(_i == 1);
    void *volatile kept = GC_REVEAL_POINTER(hidden[0]);
    collect();
    ck_assert_int_le(links_left(), most_left);
    ck_assert(hidden[0] == GC_HIDE_POINTER(kept));
    ck_assert_int_eq(_i == 1 ? GC_unregister_long_link((void **)&hidden[0])
                             : GC_unregister_disappearing_link((void **)&hidden[0]),
                     1);
    ck_assert_int_eq(GC_unregister_disappearing_link((void **)&hidden[0]), 0);
}
END_TEST

START_TEST(links_say_what_they_did)
{
    static void *one, *two;
    void **object = GC_MALLOC(16);
    ck_assert_int_eq(GC_general_register_disappearing_link(&one, object), GC_SUCCESS);
    ck_assert_int_eq(GC_general_register_disappearing_link(&one, object), GC_DUPLICATE);
    ck_assert_int_eq(GC_move_disappearing_link(&two, &one), GC_NOT_FOUND);
    ck_assert_int_eq(GC_move_disappearing_link(&one, &one), GC_SUCCESS);
    ck_assert_int_eq(GC_general_register_disappearing_link(&two, object), GC_SUCCESS);
    ck_assert_int_eq(GC_move_disappearing_link(&one, &two), GC_DUPLICATE);
    ck_assert_int_eq(GC_unregister_disappearing_link(&two), 1);
    ck_assert_int_eq(GC_move_disappearing_link(&one, &two), GC_SUCCESS);
    ck_assert_int_eq(GC_register_disappearing_link(object), GC_SUCCESS);
    GC_reachable_here(object);
}
END_TEST

/* ---- Bad frees ---- */

static void expect_warning(const char *text)
{
    ck_assert_int_eq(warnings, 1);
    ck_assert_msg(strstr(last_warning, text) != NULL, "%s", last_warning);
    warnings = 0;
}

START_TEST(bad_frees_warn_and_do_nothing)
{
    char *p = GC_MALLOC(100), *keeps_the_span = GC_MALLOC(100), *volatile q = p;
    char start[64];
    int local;
    GC_set_warn_proc(on_warning);
    GC_free(NULL);
    ck_assert_int_eq(warnings, 0);
    GC_free(q + 16);
    snprintf(start, sizeof start, "its object starts at %#lx; ignored", (unsigned long)p);
    expect_warning(start);
    GC_free((void *)&local);
    expect_warning("not an address of the collected heap; ignored");
    ck_assert_ptr_eq(GC_base(p), p);
    GC_free(p);
    ck_assert_int_eq(warnings, 0);
    GC_free(q);
    expect_warning("freed or collected already; ignored");
    GC_reachable_here(keeps_the_span);
}
END_TEST

/* ---- Memory ---- */

static size_t bytes_refused;

static void *on_no_memory(size_t bytes)
{
    bytes_refused = bytes;
    return &bytes_refused;
}

START_TEST(a_limit_makes_allocations_fail)
{
    GC_INIT();
    GC_set_max_heap_size(16 << 20);
    ck_assert_ptr_null(GC_malloc(64 << 20));
    ck_assert_int_eq(GC_expand_hp(64 << 20), 0);
    GC_set_oom_fn(on_no_memory);
    void *volatile p = GC_malloc(64 << 20);
    ck_assert_ptr_eq(p, &bytes_refused);
    ck_assert_uint_eq(bytes_refused, 64 << 20);
    ck_assert(GC_get_oom_fn() == on_no_memory && GC_oom_fn == on_no_memory);
    GC_set_max_heap_size(0);
    ck_assert(GC_is_heap_ptr(GC_malloc(64 << 20)));
}
END_TEST

START_TEST(an_expanded_heap_is_not_collected)
{
    GC_INIT();
    ck_assert_int_eq(GC_expand_hp(64 << 20), 1);
    ck_assert_uint_lt(GC_get_heap_size(), 16 << 20); /* nothing is touched */
    for (size_t i = 0; i < (32 << 20) / 128; i++)
        GC_reachable_here(GC_malloc(100));
    ck_assert_uint_eq(GC_get_gc_no(), 0);
    ck_assert_int_eq(GC_expand_hp(SIZE_MAX), 0);
}
END_TEST

START_TEST(figures_fit_together)
{
    GC_word heap, free_bytes, unmapped, since, total;
    struct GC_prof_stats_s stats;
    size_t before = GC_get_total_bytes();
    void *volatile p = GC_malloc(1 << 20);
    GC_free(p);
    collect();
    GC_get_heap_usage_safe(&heap, &free_bytes, &unmapped, &since, &total);
    GC_get_heap_usage_safe(NULL, NULL, NULL, NULL, NULL);
    ck_assert_uint_ge(total, before + (1 << 20));
    ck_assert_uint_ge(heap, free_bytes);
    ck_assert_uint_le(since, 1 << 20);
    ck_assert_uint_eq(GC_get_prof_stats(&stats, sizeof stats), sizeof stats);
    ck_assert_uint_eq(stats.heapsize_full, GC_get_heap_size() + GC_get_unmapped_bytes());
    ck_assert_uint_eq(stats.gc_no, GC_get_gc_no());
    ck_assert_uint_le(GC_get_memory_use(), GC_get_heap_size());
}
END_TEST

/* Though an object goes back to where the next one is taken from, and no account is asked for it.
 */
START_TEST(a_thread_sees_its_own_frees_at_once)
{
    GC_INIT();
    GC_disable(); /* the figures begin anew with each collection */
    for (int i = 0; i < 1000; i++) {
        void *object = GC_malloc(100);
        size_t freed = GC_get_expl_freed_bytes_since_gc(), total = GC_get_total_bytes();
        GC_free(object);
        ck_assert_uint_ge(GC_get_expl_freed_bytes_since_gc(), freed + 100);
        ck_assert_uint_ge(GC_get_total_bytes(), total);
    }
    ck_assert_uint_ge(GC_get_total_bytes(), 1000 * 100);
    GC_enable();
}
END_TEST

START_TEST(figures_for_older_and_newer_programs)
{
    struct {
        struct GC_prof_stats_s known;
        GC_word unknown;
    } stats;
    memset(&stats, 0, sizeof stats);
    GC_INIT();
    ck_assert_uint_eq(GC_get_prof_stats(&stats.known, sizeof stats), sizeof stats.known);
    ck_assert_uint_eq(stats.unknown, (GC_word)-1);
    memset(&stats, 0, sizeof stats);
    ck_assert_uint_eq(GC_get_prof_stats(&stats.known, 16), 16);
    ck_assert_uint_eq(stats.known.unmapped_bytes, 0);
}
END_TEST

/* ---- Roots ---- */

START_TEST(added_ranges_are_roots)
{
    GC_hidden_pointer link;
    void **outside = malloc(8 * sizeof *outside);
    outside[3] = GC_malloc(64);
    link = GC_HIDE_POINTER(outside[3]);
    GC_general_register_disappearing_link((void **)&link, outside[3]);
    GC_add_roots(outside, outside + 8);
    collect();
    ck_assert(link == GC_HIDE_POINTER(outside[3]));
    GC_remove_roots(outside, outside + 8);
    collect();
    collect();
    ck_assert_uint_eq(link, 0);
    free(outside);
}
END_TEST

/* ---- Threads and fork ---- */

static void *allocate_much(void *number)
{
    (void)number;
    ck_assert(GC_thread_is_registered());
    void **list = NULL;
    for (int i = 0; i < 200000; i++) {
        void **cell = GC_MALLOC(32);
        cell[0] = i % 1000 == 0 ? NULL : list;
        cell[1] = cell;
        list = cell;
    }
    bool intact = true;
    for (void **cell = list; cell != NULL; cell = *cell)
        intact &= cell[1] == cell;
    ck_assert(intact);
    return NULL;
}

START_TEST(threads_allocate)
{
    GC_INIT();
    unit_threads(4, allocate_much); /* whose pthread_create is the collector's by interposition */
}
END_TEST

static void *say_base(struct GC_stack_base *base, void *data)
{
    int local;
    ck_assert((void *)&local < base->mem_base);
    return data;
}

static void *collect_actively(void *data)
{
    ck_assert_ptr_nonnull(GC_malloc(10));
    GC_gcollect();
    return data;
}

static void *block(void *data)
{
    return GC_call_with_gc_active(collect_actively, data);
}

static void *reveal(void *link)
{
    return GC_REVEAL_POINTER(*(GC_hidden_pointer *)link);
}

START_TEST(calls_in_special_states)
{
    struct GC_stack_base base;
    void *p = GC_malloc(10);
    GC_hidden_pointer link = GC_HIDE_POINTER(p);
    ck_assert_ptr_eq(GC_call_with_stack_base(say_base, p), p);
    ck_assert_ptr_eq(GC_do_blocking(block, p), p);
    ck_assert_ptr_eq(GC_call_with_alloc_lock(reveal, &link), p);
    ck_assert_ptr_eq(GC_call_with_alloc_lock(collect_actively, p), p);
    ck_assert_int_eq(GC_get_stack_base(&base), GC_SUCCESS);
    ck_assert((void *)&base < base.mem_base);
    ck_assert_int_eq(GC_register_my_thread(&base), GC_DUPLICATE);
    ck_assert_int_eq(GC_unregister_my_thread(), GC_SUCCESS);
    ck_assert(GC_thread_is_registered());
    ck_assert_ptr_nonnull(GC_get_my_stackbottom(&base));
}
END_TEST

static void in_child(void *kept)
{
    collect();
    for (int i = 0; i < 100000; i++)
        GC_reachable_here(GC_MALLOC(100));
    _exit(GC_base(kept) == kept ? 0 : 1);
}

START_TEST(children_collect)
{
    int status;
    if (_i == 1)
        GC_set_handle_fork(-1);
    void *kept = GC_malloc(100);
    GC_atfork_prepare();
    pid_t pid = fork();
    if (pid == 0)
        GC_atfork_child();
    else
        GC_atfork_parent();
    if (pid == 0)
        in_child(kept);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    collect();
    GC_reachable_here(kept);
}
END_TEST

/* ---- Settings ---- */

/* Not allowed, but it happens: what cannot be done there is refused, and nothing waits. */
static volatile int interruptions;

static void allocate_and_collect(int signal_number)
{
    void *volatile p = GC_malloc(100);
    GC_free(p);
    if (++interruptions % 8 == 0)
        GC_gcollect();
    (void)signal_number;
}

START_TEST(a_handler_may_interrupt_the_collector_anywhere)
{
    struct sigaction action = {.sa_handler = allocate_and_collect, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 200}, {0, 200}};
    GC_INIT();
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
    for (size_t i = 0; interruptions < 1000; i++) {
        void **p = GC_malloc(16 + i * 7919 % 900);
        ck_assert(p != NULL && p[0] == NULL);
        p[0] = p;
    }
    ck_assert_int_eq(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL), 0);
}
END_TEST

START_TEST(versions_and_defaults)
{
    ck_assert_uint_eq(GC_get_version(),
                      GC_VERSION_MAJOR << 16 | GC_VERSION_MINOR << 8 | GC_VERSION_MICRO);
    ck_assert_int_eq(GC_get_all_interior_pointers(), 1);
    ck_assert_uint_eq(GC_get_free_space_divisor(), 3);
    ck_assert_int_eq(GC_get_finalize_on_demand(), 0);
    ck_assert_int_eq(GC_get_java_finalization(), 1);
    ck_assert_int_eq(GC_get_full_freq(), 19);
    ck_assert_uint_eq(GC_get_time_limit(), GC_TIME_UNLIMITED);
    ck_assert_uint_eq(GC_get_allocd_bytes_per_finalizer(), 10000);
    ck_assert_int_eq(GC_get_pages_executable(), 0);
    ck_assert_int_eq(GC_is_incremental_mode(), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, sizes_and_bases);
    tcase_add_test(tests, without_interior_pointers_sizes_are_exact);
    tcase_add_test(tests, questions_before_initialisation);
    tcase_add_test(tests, strings);
    tcase_add_test(tests, impossible_sizes);
    tcase_add_test(tests, alignment);
    tcase_add_test(tests, realloc_is_reallocs);
    tcase_add_test(tests, grown_objects_are_clear_behind_their_contents);
    tcase_add_test(tests, many_at_once);
    tcase_add_test(tests, many_objects_are_all_different);
    tcase_add_test(tests, pointer_checks);
    tcase_add_test(tests, collections_can_be_forbidden);
    tcase_add_test(tests, collections_are_announced);
    tcase_add_test(tests, garbage_is_finalized);
    tcase_add_test(tests, finalizers_on_demand);
    tcase_add_test(tests, everything_can_be_finalized);
    tcase_add_test(tests, freed_objects_are_not_finalized);
    tcase_add_test(tests, only_objects_are_finalized);
    tcase_add_test(tests, finalization_cycles_are_told);
    tcase_add_loop_test(tests, links_disappear, 0, 2);
    tcase_add_test(tests, links_say_what_they_did);
    tcase_add_test(tests, bad_frees_warn_and_do_nothing);
    tcase_add_test(tests, a_limit_makes_allocations_fail);
    tcase_add_test(tests, an_expanded_heap_is_not_collected);
    tcase_add_test(tests, figures_fit_together);
    tcase_add_test(tests, a_thread_sees_its_own_frees_at_once);
    tcase_add_test(tests, figures_for_older_and_newer_programs);
    tcase_add_test(tests, added_ranges_are_roots);
    tcase_add_test(tests, threads_allocate);
    tcase_add_test(tests, calls_in_special_states);
    tcase_add_test(tests, a_handler_may_interrupt_the_collector_anywhere);
    tcase_add_loop_test(tests, children_collect, 0, 2);
    tcase_add_test(tests, versions_and_defaults);
}

int main(void)
{
    return unit_run("api", add_tests);
}
