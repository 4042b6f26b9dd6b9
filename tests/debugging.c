/* debugging.c: debug objects, leaks and back pointers, as a program that looks for its errors sees
 * them. What is said is compared in the words that tools look for. */
#define GC_DEBUG
#define GC_BUILD
#define GC_REQUIRE_WCSDUP
#include <gc.h>
#include <gc/gc_backptr.h>
#include <gc/gc_mark.h>
#include <signal.h>
#include <wchar.h>
#include "said.h"
#include "unit.h"

enum { crowd = 200, most_left = crowd / 10, threads = 4, thread_rounds = 3000 };

static char *kept;
static void *volatile sink;

static size_t header(void)
{
    return GC_get_debug_header_size();
}

static void collect(void)
{
    GC_clear_stack(NULL);
    GC_gcollect();
}

/* The compiler does not see that this is outside the object. */
__attribute__((noinline)) static void poke(volatile char *p, long at)
{
    p[at] ^= 0x55;
}

__attribute__((noinline)) static void put_zero(volatile char *p, long at)
{
    p[at] = 0;
}

/* The place as reports name it. */
static const char *place(int line, size_t bytes)
{
    static char text[200];
    snprintf(text, sizeof text, "(%s:%d, sz= %zu", __FILE__, line, bytes);
    return text;
}

/* ---- Objects ---- */

START_TEST(an_object_begins_behind_its_header)
{
    char *p = GC_MALLOC(100);
    ck_assert_ptr_eq(GC_base(p), p - header());
    ck_assert_ptr_eq(GC_USR_PTR_FROM_BASE(GC_base(p)), p);
    ck_assert_uint_eq(GC_debug_header_size, header());
    ck_assert_uint_eq((uintptr_t)p % 16, 0);
    ck_assert_uint_ge(GC_size(GC_base(p)), 100 + header());
    ck_assert_uint_eq(GC_size(p), GC_size(GC_base(p)));
    ck_assert_uint_eq(GC_size(p + 1), 0);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(p[i], 0);
}
END_TEST

START_TEST(slots_that_were_freed_are_cleared_again)
{
    for (int round = 0; round < 1000; round++) {
        long *p = GC_MALLOC(64);
        for (int i = 0; i < 8; i++)
            ck_assert_int_eq(p[i], 0);
        memset(p, 7, 64);
        GC_FREE(p);
    }
}
END_TEST

START_TEST(strings_are_copied)
{
    ck_assert_str_eq(GC_STRDUP("text"), "text");
    ck_assert_str_eq(GC_STRNDUP("text", 2), "te");
    ck_assert_int_eq(wcscmp(GC_WCSDUP(L"wide"), L"wide"), 0);
    ck_assert_ptr_null(GC_STRDUP(NULL));
}
END_TEST

START_TEST(realloc_keeps_contents_and_kind)
{
    char *p = GC_MALLOC_ATOMIC(10);
    strcpy(p, "contents");
    p = GC_REALLOC(p, 5000);
    ck_assert_str_eq(p, "contents");
    p = GC_REALLOC(p, 4);
    ck_assert_int_eq(memcmp(p, "cont", 4), 0);
    ck_assert_ptr_eq(GC_base(p), p - header());
    ck_assert_ptr_null(GC_REALLOC(p, 0));
    p = GC_REALLOC(NULL, 30);
    p = GC_REALLOC(p, 60);
    for (int i = 0; i < 60; i++)
        ck_assert_int_eq(p[i], 0);
    p = GC_REALLOCF(p, 70);
    ck_assert_ptr_nonnull(p);
    p = GC_debug_realloc_replacement(GC_debug_malloc_replacement(5), 10);
    ck_assert_ptr_eq(GC_base(p), p - header());
}
END_TEST

START_TEST(requests_that_cannot_be_met_are_told)
{
    volatile size_t huge = (size_t)-1;
    listen();
    ck_assert_ptr_null(GC_MALLOC(huge));
    ck_assert_ptr_null(GC_MALLOC(huge / 2));
    ck_assert_int_eq(occurrences(heard(), "GC_debug_malloc("), 2);
    ck_assert_ptr_nonnull(strstr(said, ") returning NULL ("));
}
END_TEST

/* The only pointer to each of the crowd leads behind its header. */
static void *volatile *chain_of(int count)
{
    void *volatile *first = NULL;
    for (int i = 0; i < count; i++) {
        void *volatile *cell = GC_MALLOC(16);
        cell[0] = (void *)first;
        first = cell;
    }
    return first;
}

START_TEST(pointers_behind_the_header_count_without_interior_pointers)
{
    GC_set_all_interior_pointers(0);
    kept = (char *)chain_of(crowd);
    collect();
    collect();
    for (int i = 0; i < crowd; i++)
        sink = GC_MALLOC(16);
    int count = 0;
    for (void **cell = (void **)kept; cell != NULL; cell = cell[0])
        count++;
    ck_assert_int_eq(count, crowd);
}
END_TEST

/* ---- Smashed ---- */

START_TEST(writing_behind_is_told_at_free)
{
    for (int behind = 0; behind < 8; behind++) {
        char *p = GC_MALLOC(13);
        int line = __LINE__ - 1;
        poke(p, 13 + behind);
        listen();
        GC_FREE(p);
        ck_assert_ptr_nonnull(strstr(heard(), "GC_debug_free: found smashed location at 0x"));
        ck_assert_ptr_nonnull(strstr(said, place(line, 13)));
    }
}
END_TEST

/* As text is when its length was taken for its size. */
START_TEST(a_zero_behind_text_is_told)
{
    char *p = GC_MALLOC_ATOMIC(13);
    put_zero(p, 13);
    listen();
    GC_FREE(p);
    ck_assert_ptr_nonnull(strstr(heard(), "GC_debug_free: found smashed location at 0x"));
}
END_TEST

START_TEST(the_rest_of_the_last_word_is_0)
{
    static const char none[8];
    for (size_t bytes = 1; bytes < 40; bytes++) {
        char *p = GC_MALLOC(bytes);
        memset(p, 1, bytes);
        sink = p;
        ck_assert_int_eq(memcmp((char *)sink + bytes, none, -bytes % 8), 0);
    }
}
END_TEST

START_TEST(writing_before_is_told_at_free)
{
    for (int before = 1; before <= 16; before++) {
        char *p = GC_MALLOC_ATOMIC(20);
        int line = __LINE__ - 1;
        poke(p, -before);
        listen();
        GC_FREE(p);
        ck_assert_ptr_nonnull(strstr(heard(), "GC_debug_free: found smashed location at 0x"));
        ck_assert_ptr_nonnull(strstr(said, place(line, 20)));
    }
}
END_TEST

START_TEST(a_destroyed_header_does_not_hide_the_place)
{
    char *p = GC_MALLOC(20);
    int line = __LINE__ - 1;
    char text[40];
    memset(p - header(), 0xff, header());
    snprintf(text, sizeof text, "debugging.c:%d,", line);
    listen();
    GC_FREE(p);
    ck_assert_ptr_nonnull(strstr(heard(), text));
}
END_TEST

START_TEST(a_collection_tells_of_smashed_objects_once)
{
    kept = GC_MALLOC(40);
    int line = __LINE__ - 1;
    char text[100];
    poke(kept, 41);
    snprintf(text, sizeof text, " %p in or near object at %p ", (void *)(kept + 41), (void *)kept);
    listen();
    collect();
    ck_assert_ptr_nonnull(strstr(heard(), "GC_check_heap_block: found 1 smashed heap objects:\n"));
    ck_assert_ptr_nonnull(strstr(said, text));
    ck_assert_ptr_nonnull(strstr(said, place(line, 40)));
    listen();
    collect();
    ck_assert_str_eq(heard(), "");
}
END_TEST

START_TEST(dead_objects_are_looked_at_before_they_go)
{
    for (int i = 0; i < crowd; i++) {
        char *p = GC_MALLOC(40);
        poke(p, 40);
    }
    listen();
    collect();
    ck_assert_ptr_nonnull(strstr(heard(), "smashed heap objects:\n"));
    ck_assert_int_eq(occurrences(said, " in or near object at "), 20);
}
END_TEST

START_TEST(bad_frees_are_told)
{
    char *p = GC_MALLOC(10);
    GC_FREE(p);
    listen();
    GC_FREE(p);
    ck_assert_ptr_nonnull(strstr(heard(), "found previously deallocated (?) object at"));
    listen();
    GC_FREE(GC_malloc(10));
    ck_assert_ptr_nonnull(strstr(heard(), "w/o debugging info\n"));
    p = GC_MALLOC(10);
    listen();
    GC_FREE(p + 1);
    ck_assert_ptr_nonnull(strstr(heard(), "w/o debugging info\n"));
    listen();
    GC_FREE(p);
    GC_FREE(NULL);
    ck_assert_str_eq(heard(), "");
}
END_TEST

/* As delete does that was compiled without GC_DEBUG. */
START_TEST(a_plain_free_takes_the_programs_pointer)
{
    listen();
    char *p = GC_MALLOC(10);
    GC_free(p);
    ck_assert_str_eq(heard(), "");
    p = GC_MALLOC(10);
    poke(p, -1);
    listen();
    GC_free(p);
    ck_assert_ptr_nonnull(strstr(heard(), "found smashed location at 0x"));
}
END_TEST

static void *plain[crowd];

START_TEST(plain_functions_make_plain_objects_of_debug_objects)
{
    listen();
    char *base = GC_base(GC_MALLOC(100));
    base = GC_realloc(base, 90);
    memset(base, 1, 90);
    for (int i = 0; i < crowd; i++)
        GC_free(GC_base(GC_MALLOC_ATOMIC(100)));
    for (int i = 0; i < crowd; i++)
        plain[i] = memset(GC_malloc_atomic(100 + header()), 1, 100 + header());
    collect();
    ck_assert_str_eq(heard(), "");
}
END_TEST

/* Plain objects where debug objects were. */
START_TEST(stale_headers_deceive_nobody)
{
    for (int i = 0; i < crowd; i++)
        sink = GC_MALLOC_ATOMIC(40);
    sink = NULL;
    collect();
    listen();
    for (int i = 0; i < 10 * crowd; i++) {
        char *p = GC_malloc_atomic(90);
        memset(p + header() + 40, 1, 8);
        sink = p;
    }
    collect();
    ck_assert_str_eq(heard(), "");
}
END_TEST

/* ---- Leaks ---- */

static void drop_some(int count)
{
    for (int i = 0; i < count; i++)
        sink = GC_MALLOC(24);
    for (int i = 0; i < count; i++)
        sink = GC_malloc_atomic(1000);
    for (int i = 0; i < count; i++)
        GC_FREE(GC_MALLOC(24));
    sink = NULL;
}

static int leaks_told(void)
{
    return occurrences(said, ", NORMAL)\n") + occurrences(said, ", PTRFREE)\n") +
           occurrences(said, " (atomic)\n");
}

START_TEST(what_is_lost_is_told_and_freed)
{
    GC_set_find_leak(1);
    drop_some(crowd);
    listen();
    collect();
    ck_assert_int_eq(strncmp(heard(), "Found ", 6), 0);
    ck_assert_ptr_nonnull(strstr(said, " leaked objects:\n"));
    ck_assert_int_le(leaks_told(), 2 * crowd);
    ck_assert_int_ge(leaks_told(), 2 * (crowd - most_left));
    ck_assert_int_eq(atoi(said + 6), leaks_told());
    ck_assert_ptr_nonnull(strstr(said, "object at 0x"));
    ck_assert_ptr_null(strstr(said, "warning"));
    listen();
    collect();
    collect();
    heard();
    ck_assert_int_le(leaks_told(), 2 * most_left);
}
END_TEST

static void collect_again(void *object, void *data)
{
    (void)object;
    (void)data;
    GC_gcollect();
}

__attribute__((noinline)) static void lose_with_finalizers(int count)
{
    for (int i = 0; i < count; i++)
        GC_REGISTER_FINALIZER(GC_MALLOC(16), collect_again, NULL, NULL, NULL);
}

/* A finalizer runs, and collects, between the collection and the report. */
START_TEST(leaks_wait_until_they_are_told)
{
    GC_set_find_leak(1);
    lose_with_finalizers(5);
    drop_some(crowd);
    listen();
    collect();
    ck_assert_ptr_null(strstr(heard(), "warning"));
    ck_assert_int_le(leaks_told(), 2 * crowd + 5);
    ck_assert_int_ge(leaks_told(), 2 * (crowd - most_left));
}
END_TEST

START_TEST(what_is_reachable_freed_or_uncollectable_is_no_leak)
{
    GC_set_find_leak(1);
    kept = (char *)chain_of(crowd);
    for (int i = 0; i < crowd; i++)
        sink = GC_MALLOC_UNCOLLECTABLE(24);
    for (int i = 0; i < crowd; i++)
        GC_FREE(GC_MALLOC(24));
    sink = NULL;
    listen();
    collect();
    ck_assert_str_eq(heard(), "");
}
END_TEST

/* Each of them is told, although one leads to the next, be that at a lower or a higher address. */
__attribute__((noinline)) static void lose_chains(int count, bool forwards)
{
    void *volatile *last = NULL;
    for (int i = 0; i < count; i++) {
        void *volatile *cell = GC_MALLOC(16);
        if (forwards && last != NULL)
            last[0] = (void *)cell;
        if (!forwards)
            cell[0] = (void *)last;
        last = cell;
    }
}

START_TEST(lost_structures_are_told_whole)
{
    GC_set_find_leak(1);
    for (int i = 0; i < 10; i++)
        lose_chains(crowd / 10, i % 2);
    listen();
    collect();
    heard();
    ck_assert_int_ge(leaks_told(), crowd - 2 * most_left);
}
END_TEST

START_TEST(more_leaks_than_can_be_listed_are_counted)
{
    enum { many = 6000 };
    GC_set_find_leak(1);
    for (int i = 0; i < many; i++)
        sink = GC_malloc_atomic(16);
    sink = NULL;
    listen();
    collect();
    ck_assert_int_ge(atoi(heard() + 6), many - 200);
    ck_assert_int_le(leaks_told(), 4096);
    ck_assert_ptr_nonnull(strstr(said, " more, which are not listed\n"));
}
END_TEST

__attribute__((noinline)) static void *allocating_function(void)
{
    return GC_MALLOC(32);
}

START_TEST(calls_are_named)
{
    setenv("GC_FIND_LEAK", "1", 1);
    for (int i = 0; i < 20; i++)
        sink = allocating_function();
    sink = NULL;
    listen();
    collect();
    heard();
    ck_assert_int_ge(leaks_told(), 1);
    if (strstr(said, "Call chain at allocation:") == NULL)
        return; /* configured without */
    if (strstr(said, "debugging.c:") != NULL && strstr(said, "(allocating_function)") != NULL)
        return;
    ck_assert_ptr_nonnull(strstr(said, "debugging")); /* the object's name, without libdw */
}
END_TEST

START_TEST(writes_after_free_are_told_where_frees_are_delayed)
{
    setenv("GC_FIND_LEAK", "1", 1);
    setenv("GC_FINDLEAK_DELAY_FREE", "1", 1);
    for (int i = 0; i < crowd; i++) {
        char *p = GC_MALLOC(24);
        GC_FREE(p);
        p[3] = 5;
    }
    char *p = GC_MALLOC(24);
    listen();
    GC_FREE(p);
    GC_FREE(p);
    ck_assert_ptr_nonnull(strstr(heard(), "previously deallocated"));
    listen();
    collect();
    ck_assert_ptr_nonnull(strstr(heard(), " smashed heap objects:\n"));
    ck_assert_ptr_null(strstr(said, "leaked"));
}
END_TEST

START_TEST(the_program_ends_on_a_leak_if_it_wants)
{
    setenv("GC_FIND_LEAK", "1", 1);
    setenv("GC_ABORT_ON_LEAK", "1", 1);
    drop_some(20);
    listen();
    collect();
}
END_TEST

static void describe(void *p, char *text)
{
    snprintf(text, GC_TYPE_DESCR_LEN, "a thing of %d", *(const char *)p);
}

START_TEST(the_program_describes_its_kinds)
{
    GC_set_find_leak(1);
    GC_register_describe_type_fn(1, describe);
    for (int i = 0; i < crowd; i++) {
        char *p = GC_MALLOC(24);
        p[0] = 7;
    }
    listen();
    collect();
    ck_assert_ptr_nonnull(strstr(heard(), ", a thing of 7)\n"));
}
END_TEST

/* ---- Back pointers ---- */

START_TEST(back_pointers_lead_to_the_root)
{
    void *base;
    size_t offset;
    char **first = GC_MALLOC(64);
    kept = (char *)first;
    first[3] = GC_MALLOC(50);
    char *hidden = (char *)~(uintptr_t)first[3];
    sink = &base;
    GC_gcollect();
    char *second = (char *)~(uintptr_t)hidden;
    GC_ref_kind kind = GC_get_back_ptr_info(second, &base, &offset);
    ck_assert(kind == GC_REFD_FROM_HEAP || kind == GC_REFD_FROM_ROOT);
    if (kind == GC_REFD_FROM_HEAP) {
        ck_assert_ptr_eq(base, first);
        ck_assert_uint_eq(offset, 3 * sizeof(char *));
    }
    ck_assert_int_eq(GC_get_back_ptr_info(first, &base, &offset), GC_REFD_FROM_ROOT);
    ck_assert_ptr_nonnull(base);
    ck_assert_uint_eq(offset, 0);
    ck_assert_int_eq(GC_get_back_ptr_info(GC_malloc(10), &base, &offset), GC_NO_SPACE);
    ck_assert_int_eq(GC_get_back_ptr_info(&base, &base, &offset), GC_NO_SPACE);
    ck_assert_int_eq(GC_get_back_ptr_info(GC_MALLOC(10), &base, &offset), GC_UNREFERENCED);
}
END_TEST

/* Every object of a chain is reached from the one before. */
START_TEST(back_pointers_go_along_chains)
{
    void *base;
    size_t offset;
    kept = (char *)chain_of(crowd);
    collect();
    void **cell = (void **)kept;
    for (int i = 0; i < crowd / 2; i++)
        cell = cell[0];
    int from_heap = 0;
    for (; cell[0] != NULL; cell = cell[0]) {
        GC_ref_kind kind = GC_get_back_ptr_info(cell[0], &base, &offset);
        if (kind == GC_REFD_FROM_HEAP) {
            ck_assert_ptr_eq(base, cell);
            ck_assert_uint_eq(offset, 0);
            from_heap++;
        }
    }
    ck_assert_int_ge(from_heap, crowd / 2 - most_left);
    listen();
    GC_print_backtrace(cell);
    ck_assert_ptr_nonnull(strstr(heard(), "Reachable via 0 levels of pointers from offset 0 in "));
    ck_assert_ptr_nonnull(strstr(said, " levels of pointers from root at 0x"));
}
END_TEST

static void finalize_nothing(void *object, void *data)
{
    (void)object;
    (void)data;
}

START_TEST(what_only_a_finalizer_keeps_says_so)
{
    void *base;
    size_t offset;
    uintptr_t hidden[crowd];
    int found = 0;
    GC_set_finalize_on_demand(1);
    for (int i = 0; i < crowd; i++) {
        void *p = GC_MALLOC(16);
        GC_REGISTER_FINALIZER(p, finalize_nothing, NULL, NULL, NULL);
        hidden[i] = ~(uintptr_t)p;
    }
    collect();
    for (int i = 0; i < crowd; i++)
        found += GC_get_back_ptr_info((void *)~hidden[i], &base, &offset) == GC_FINALIZER_REFD;
    ck_assert_int_ge(found, crowd - most_left);
}
END_TEST

/* First reached by way of others, which are dropped then. */
static void *reached[crowd];
static void *dropped[crowd];

__attribute__((noinline)) static void reach_by_others(void)
{
    for (int i = 0; i < crowd; i++) {
        void **other = GC_MALLOC(16);
        *other = GC_MALLOC(16);
        reached[i] = other;
        dropped[i] = (void *)GC_HIDE_POINTER(GC_base(other));
        GC_general_register_disappearing_link(&dropped[i], GC_base(other));
    }
}

START_TEST(back_pointers_keep_nothing_alive)
{
    int alive = 0;
    reach_by_others();
    collect();
    for (int i = 0; i < crowd; i++)
        reached[i] = *(void **)reached[i];
    collect();
    for (int i = 0; i < crowd; i++)
        alive += dropped[i] != NULL;
    ck_assert_int_le(alive, most_left);
}
END_TEST

START_TEST(random_addresses_are_in_the_heap)
{
    kept = (char *)chain_of(crowd);
    collect();
    for (int i = 0; i < 100; i++) {
        ck_assert(GC_is_heap_ptr(GC_generate_random_heap_address()));
        ck_assert_ptr_nonnull(GC_base(GC_generate_random_valid_address()));
    }
    listen();
    GC_generate_random_backtrace();
    GC_generate_random_backtrace_no_gc();
    ck_assert_ptr_nonnull(heard());
    ck_assert_int_gt((int)strlen(said), 0);
    GC_disable();
    listen();
    GC_generate_random_backtrace();
    ck_assert_ptr_nonnull(strstr(heard(), "garbage collection is disabled!\n"));
}
END_TEST

/* ---- Finalizers ---- */

static int finalized;
static int finalized_wrongly;

static void count_finalized(void *object, void *data)
{
    finalized++;
    if (GC_base(object) != (char *)object - header() || data != &finalized || *(int *)object != 17)
        finalized_wrongly++;
}

static void with_finalizers(int count)
{
    for (int i = 0; i < count; i++) {
        int *p = GC_MALLOC(sizeof *p);
        *p = 17;
        switch (i % 4) {
        case 0:
            GC_REGISTER_FINALIZER(p, count_finalized, &finalized, NULL, NULL);
            break;
        case 1:
            GC_REGISTER_FINALIZER_IGNORE_SELF(p, count_finalized, &finalized, NULL, NULL);
            break;
        case 2:
            GC_REGISTER_FINALIZER_NO_ORDER(p, count_finalized, &finalized, NULL, NULL);
            break;
        default:
            GC_REGISTER_FINALIZER_UNREACHABLE(p, count_finalized, &finalized, NULL, NULL);
        }
    }
}

START_TEST(finalizers_get_the_programs_pointer)
{
    with_finalizers(crowd);
    for (int i = 0; i < 4; i++)
        collect();
    ck_assert_int_ge(finalized, crowd - most_left);
    ck_assert_int_eq(finalized_wrongly, 0);
}
END_TEST

START_TEST(old_finalizers_are_those_of_the_program)
{
    GC_finalization_proc old = NULL;
    void *data = NULL;
    int *p = GC_MALLOC(sizeof *p);
    GC_REGISTER_FINALIZER(p, count_finalized, &finalized, &old, &data);
    ck_assert(old == NULL && data == NULL);
    GC_REGISTER_FINALIZER(p, finalize_nothing, NULL, &old, &data);
    ck_assert(old == count_finalized && data == &finalized);
    GC_REGISTER_FINALIZER(p, NULL, NULL, &old, &data);
    ck_assert(old == finalize_nothing && data == NULL);
    GC_REGISTER_FINALIZER(p, NULL, NULL, &old, &data);
    ck_assert(old == NULL && data == NULL);
    GC_register_finalizer(GC_base(p), finalize_nothing, NULL, NULL, NULL);
    listen();
    GC_REGISTER_FINALIZER(p, count_finalized, &finalized, &old, &data);
    ck_assert_ptr_nonnull(strstr(heard(), " had a non-debug finalizer\n"));
    listen();
    GC_REGISTER_FINALIZER((char *)p + 1, count_finalized, &finalized, &old, &data);
    ck_assert_ptr_nonnull(strstr(heard(), "GC_debug_register_finalizer called with non-base-p"));
    GC_reachable_here(p);
}
END_TEST

/* ---- Threads ---- */

/* Objects pass from thread to thread, and collections come at any moment; nothing is ever wrong. */
static void *volatile passed[64];

static void *allocate_and_free(void *number)
{
    uint64_t random = (uint64_t) * (const int *)number + 1;
    for (int i = 0; i < thread_rounds; i++) {
        size_t bytes = unit_random(&random) % 300;
        char *p = unit_random(&random) % 2 ? GC_MALLOC(bytes) : GC_MALLOC_ATOMIC(bytes);
        memset(p, 1, bytes);
        p = __atomic_exchange_n(&passed[unit_random(&random) % 64], p, __ATOMIC_ACQ_REL);
        if (unit_random(&random) % 2)
            GC_FREE(p);
        if (i % 500 == 0)
            GC_gcollect();
    }
    return NULL;
}

START_TEST(threads_share_debug_objects)
{
    GC_INIT();
    listen();
    unit_threads(threads, allocate_and_free);
    collect();
    ck_assert_str_eq(heard(), "");
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, an_object_begins_behind_its_header);
    tcase_add_test(tests, slots_that_were_freed_are_cleared_again);
    tcase_add_test(tests, strings_are_copied);
    tcase_add_test(tests, realloc_keeps_contents_and_kind);
    tcase_add_test(tests, requests_that_cannot_be_met_are_told);
    tcase_add_test(tests, pointers_behind_the_header_count_without_interior_pointers);
    tcase_add_test(tests, writing_behind_is_told_at_free);
    tcase_add_test(tests, a_zero_behind_text_is_told);
    tcase_add_test(tests, the_rest_of_the_last_word_is_0);
    tcase_add_test(tests, writing_before_is_told_at_free);
    tcase_add_test(tests, a_destroyed_header_does_not_hide_the_place);
    tcase_add_test(tests, a_collection_tells_of_smashed_objects_once);
    tcase_add_test(tests, dead_objects_are_looked_at_before_they_go);
    tcase_add_test(tests, bad_frees_are_told);
    tcase_add_test(tests, a_plain_free_takes_the_programs_pointer);
    tcase_add_test(tests, plain_functions_make_plain_objects_of_debug_objects);
    tcase_add_test(tests, stale_headers_deceive_nobody);
    tcase_add_test(tests, what_is_lost_is_told_and_freed);
    tcase_add_test(tests, leaks_wait_until_they_are_told);
    tcase_add_test(tests, what_is_reachable_freed_or_uncollectable_is_no_leak);
    tcase_add_test(tests, lost_structures_are_told_whole);
    tcase_add_test(tests, more_leaks_than_can_be_listed_are_counted);
    tcase_add_test(tests, calls_are_named);
    tcase_add_test(tests, writes_after_free_are_told_where_frees_are_delayed);
    tcase_add_test_raise_signal(tests, the_program_ends_on_a_leak_if_it_wants, SIGABRT);
    tcase_add_test(tests, the_program_describes_its_kinds);
    tcase_add_test(tests, back_pointers_lead_to_the_root);
    tcase_add_test(tests, back_pointers_go_along_chains);
    tcase_add_test(tests, what_only_a_finalizer_keeps_says_so);
    tcase_add_test(tests, back_pointers_keep_nothing_alive);
    tcase_add_test(tests, random_addresses_are_in_the_heap);
    tcase_add_test(tests, finalizers_get_the_programs_pointer);
    tcase_add_test(tests, old_finalizers_are_those_of_the_program);
    tcase_add_test(tests, threads_share_debug_objects);
}

int main(void)
{
    return unit_run("debugging", add_tests);
}
