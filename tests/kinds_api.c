/* kinds_api.c: kinds, mark procedures, typed objects, gcj, disclaim and marks as programs use them.
 *
 * What is to be found unreachable is watched by disappearing links in memory that is not scanned;
 * of a crowd of objects a few may be kept by what lies about on the stack.
 */
#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#define GC_OOM_FUNC_RETURNS_ALIAS
#include <gc.h>
#include <gc/gc_disclaim.h>
#include <gc/gc_gcj.h>
#include <gc/gc_inline.h>
#include <gc/gc_mark.h>
#include <gc/gc_typed.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "unit.h"

enum { crowd = 1000, most_left = crowd / 20 };

__attribute__((noinline)) static void clear_stack(void)
{
    char junk[16384];
    memset(junk, 0, sizeof junk);
    __asm__ __volatile__("" : : "r"(junk) : "memory");
}

static void collect(void)
{
    clear_stack();
    GC_gcollect();
}

/* ---- Watched objects ---- */

static void **watched;
static unsigned watched_count;

static void watch(void *object)
{
    if (watched == NULL)
        watched = GC_malloc_atomic_uncollectable(100 * crowd * sizeof *watched);
    watched[watched_count] = object;
    GC_general_register_disappearing_link(&watched[watched_count++], object);
}

static unsigned survivors(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < watched_count; i++)
        count += watched[i] != NULL;
    return count;
}

/* A new object that only its watcher and what the caller makes of it know. */
static GC_word new_target(void)
{
    void *target = GC_malloc(32);
    watch(target);
    return (GC_word)target;
}

/* ---- Mark procedures ---- */

/* A VM's object: a count of fields, raw words, and fields that are shifted left by 8, so that only
 * the procedure can tell that they are pointers. */
struct packed {
    GC_word fields;
    GC_word raw;
    GC_word field[];
};

static struct GC_ms_entry *mark_packed(GC_word *at, struct GC_ms_entry *top,
                                       struct GC_ms_entry *limit, GC_word env)
{
    const struct packed *p = (const struct packed *)at;
    ck_assert_uint_eq(env, 77);
    for (GC_word i = 0; i < p->fields; i++) {
        void *field = (void *)(p->field[i] >> 8);
        top = GC_MARK_AND_PUSH(field, top, limit, (void **)&p->field[i]);
    }
    return top;
}

static unsigned packed_kind(void)
{
    return GC_new_kind(GC_new_free_list(), GC_MAKE_PROC(GC_new_proc(mark_packed), (GC_word)77), 0,
                       1);
}

static struct packed *new_packed(size_t fields, unsigned kind)
{
    struct packed *p = GC_generic_malloc(sizeof *p + fields * sizeof p->field[0], (int)kind);
    p->fields = fields;
    return p;
}

START_TEST(a_mark_procedure_sees_what_no_scan_sees)
{
    GC_INIT();
    unsigned kind = packed_kind();
    struct packed *p = new_packed(crowd, kind);
    for (unsigned i = 0; i < crowd; i++)
        p->field[i] = new_target() << 8;
    struct packed *large = new_packed(crowd * 10, kind), *small = new_packed(1, kind);
    large->field[crowd * 10 - 1] = (GC_word)small << 8;
    small->field[0] = new_target() << 8;
    small = NULL;
    collect();
    ck_assert_uint_eq(survivors(), crowd + 1);
    p->raw = p->field[3];
    p->fields = 0;
    for (unsigned i = 0; i < crowd; i++)
        p->field[i] >>= 8; /* as pointers, of which the procedure says nothing */
    collect();
    ck_assert_uint_le(survivors(), most_left);
    GC_reachable_here(p);
    GC_reachable_here(large);
}
END_TEST

/* The object's raw word is the number of its long link. */
static void **long_links;

static void count_alive(void *object, void *count)
{
    const struct packed *p = object;
    *(unsigned *)count += long_links[p->raw] != NULL;
}

START_TEST(what_a_mark_procedure_sees_lives_for_the_finalizer)
{
    GC_INIT();
    unsigned alive = 0, kind = packed_kind();
    long_links = GC_malloc_atomic_uncollectable(crowd * sizeof *long_links);
    for (unsigned i = 0; i < crowd; i++) {
        struct packed *p = new_packed(1, kind);
        long_links[i] = GC_malloc(32);
        p->raw = i;
        p->field[0] = (GC_word)long_links[i] << 8;
        GC_register_long_link(&long_links[i], long_links[i]);
        GC_register_finalizer(p, count_alive, &alive, NULL, NULL);
    }
    collect();
    GC_invoke_finalizers();
    ck_assert_uint_ge(alive, crowd - most_left);
}
END_TEST

START_TEST(the_bounds_hold_the_heap)
{
    GC_INIT();
    for (size_t bytes = 16; bytes < 20 << 20; bytes *= 3) {
        char *p = GC_malloc(bytes), *q = GC_malloc_atomic(bytes);
        ck_assert_ptr_ne(p, q);
        ck_assert_uint_ge((GC_word)p, (GC_word)GC_least_plausible_heap_addr);
        ck_assert_uint_ge((GC_word)q, (GC_word)GC_least_plausible_heap_addr);
        ck_assert_uint_le((GC_word)p + bytes, (GC_word)GC_greatest_plausible_heap_addr);
        ck_assert_uint_le((GC_word)q + bytes, (GC_word)GC_greatest_plausible_heap_addr);
    }
    ck_assert_ptr_eq(GC_mark_and_push(&watched, NULL, NULL, NULL), NULL); /* outside: nothing */
}
END_TEST

/* ---- Kinds ---- */

static char warning[200];

static void take_warning(char *format, GC_word argument)
{
    snprintf(warning, sizeof warning, format, argument);
}

START_TEST(objects_of_any_kind)
{
    GC_INIT();
    int kind = (int)GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 1, 1);
    ck_assert_int_ge(kind, 4);
    for (size_t bytes = 0; bytes < 300000; bytes = bytes * 3 / 2 + 7) {
        for (int k = 0; k <= kind; k++) {
            size_t size;
            char *p = GC_generic_malloc(bytes, k);
            ck_assert_int_eq(GC_get_kind_and_size(p, &size), k);
            ck_assert_uint_ge(size, bytes + 1);
            ck_assert_uint_eq(size, GC_size(p));
            for (size_t i = 0; k != 0 && k != 3 && i < bytes; i++)
                ck_assert_int_eq(p[i], 0);
            memset(p, 0xff, bytes);
            GC_free(p);
        }
    }
    ck_assert_int_eq(GC_get_kind_and_size(&kind, NULL), 1);
    GC_set_warn_proc(take_warning);
    ck_assert_int_eq(GC_get_kind_and_size(GC_generic_malloc(16, kind + 1), NULL), 1);
    ck_assert_ptr_nonnull(strstr(warning, "no kind of objects has the number 5"));
    ck_assert_int_eq(GC_get_kind_and_size(GC_malloc_kind(16, 0), NULL), 0);
    ck_assert_int_eq(GC_get_kind_and_size(GC_malloc_kind_global(16, 1), NULL), 1);
    ck_assert_int_eq(GC_get_kind_and_size(GC_generic_malloc_uncollectable(16, 0), NULL), 3);
    ck_assert_int_eq(GC_get_kind_and_size(GC_generic_malloc_uncollectable(16, 1), NULL), 2);
}
END_TEST

START_TEST(new_kinds_are_born_cleared)
{
    GC_INIT();
    int kind = (int)GC_new_kind(GC_new_free_list(), 8, 0, 1);
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 5000; i++) {
            GC_word *p = GC_generic_malloc(56, kind);
            for (unsigned w = 0; w < 7; w++)
                ck_assert_uint_eq(p[w], 0);
            memset(p, 0x5a, 56);
            p[0] = 0;
        }
        GC_gcollect();
    }
}
END_TEST

START_TEST(uncollectable_objects_of_a_kind)
{
    GC_INIT();
    int kind = (int)GC_new_kind(GC_new_free_list(), 8, 0, 1);
    for (unsigned i = 0; i < crowd; i++) {
        GC_word *p = GC_generic_malloc_uncollectable(32, kind);
        p[0] = new_target();
    }
    collect();
    ck_assert_uint_eq(survivors(), crowd);
    watched_count = 0;
    for (unsigned i = 0; i < crowd; i++) {
        GC_word *p = GC_generic_malloc_uncollectable(32, kind);
        p[1] = new_target();
    }
    collect();
    ck_assert_uint_le(survivors(), most_left);
}
END_TEST

/* ---- Lists in the program ---- */

static void *lists[GC_TINY_FREELISTS];

START_TEST(a_list_is_kept_by_its_first)
{
    GC_INIT();
    for (unsigned round = 0; round < 300; round++) {
        void *list;
        size_t length = 0;
        GC_generic_malloc_many(48, GC_I_NORMAL, &list);
        ck_assert_ptr_nonnull(list);
        if (round % 10 == 0)
            collect();
        for (void **p = list; p != NULL; p = *p) {
            ck_assert_uint_eq(GC_size(p), 48);
            ck_assert(p[1] == NULL && p[5] == NULL);
            p[1] = p;
            length++;
        }
        ck_assert_uint_le(length, 64);
    }
    void *list;
    GC_generic_malloc_many(100000, GC_I_NORMAL, &list);
    ck_assert_ptr_null(*(void **)list);
    GC_generic_malloc_many(64, GC_I_PTRFREE, &list);
    ck_assert_int_eq(GC_get_kind_and_size(list, NULL), 0);
}
END_TEST

START_TEST(inline_allocation)
{
    GC_INIT();
    GC_word **kept = NULL;
    for (GC_word i = 0; i < 50000; i++) {
        GC_word **pair;
        GC_CONS(pair, i, kept, lists);
        kept = pair;
    }
    GC_word expected = 50000;
    for (GC_word **p = kept; p != NULL; p = (GC_word **)p[1])
        ck_assert_uint_eq((GC_word)p[0], --expected);
    ck_assert_uint_eq(expected, 0);
    char *p;
    GC_MALLOC_WORDS(p, 100, lists); /* too large for the lists */
    ck_assert_uint_ge(GC_size(p), 800);
    GC_MALLOC_ATOMIC_WORDS(p, 4, lists);
    ck_assert_uint_eq(GC_size(p), 32);
    void *counted[GC_TINY_FREELISTS];
    for (unsigned i = 0; i < GC_TINY_FREELISTS; i++)
        counted[i] = (void *)1;
    unsigned direct = 0;
    for (unsigned i = 0; i < 100; i++) {
        GC_FAST_MALLOC_GRANS(p, 2, counted, 20, GC_I_NORMAL, (direct++, GC_malloc(20)), (void)0);
        ck_assert_uint_ge(GC_size(p), 32);
    }
    ck_assert_uint_ge(direct, 5);
    ck_assert_uint_le(direct, 8);
}
END_TEST

/* ---- Typed objects ---- */

/* An object of `words` words of which those with i % 5 == 1 count. */
static void fill_typed(GC_word *p, size_t words, bool pointers)
{
    for (size_t i = 0; i < words; i++)
        if ((i % 5 == 1) == pointers)
            p[i] = new_target();
}

static GC_descr every_fifth(size_t words)
{
    GC_word *bitmap = GC_malloc_atomic((words / 64 + 1) * 8);
    memset(bitmap, 0, (words / 64 + 1) * 8);
    for (size_t i = 1; i < words; i += 5)
        GC_set_bit(bitmap, i);
    return GC_make_descriptor(bitmap, words);
}

static const size_t typed_words[] = {5, 20, 60, 200, 1000, 6000};
enum { typed_sizes = 6 };

START_TEST(typed_objects_hold_their_pointers)
{
    GC_INIT();
    size_t words = typed_words[_i];
    GC_word *p = GC_malloc_explicitly_typed(words * 8, every_fifth(words));
    ck_assert_uint_ge(GC_size(p), words * 8 + 8);
    for (size_t i = 0; i < words; i++)
        ck_assert_uint_eq(p[i], 0);
    fill_typed(p, words, true);
    unsigned count = watched_count;
    collect();
    ck_assert_uint_eq(survivors(), count);
    p = GC_realloc(p, words * 8 + 1000);
    collect();
    ck_assert_uint_eq(survivors(), count);
    GC_reachable_here(p);
}
END_TEST

START_TEST(typed_objects_hold_nothing_else)
{
    GC_INIT();
    size_t words = typed_words[_i];
    GC_descr descriptor = every_fifth(words);
    GC_word **all = GC_malloc(crowd / 4 * sizeof *all);
    for (unsigned i = 0; i < crowd / 4 && watched_count < 30000; i++)
        fill_typed(all[i] = GC_malloc_explicitly_typed(words * 8, descriptor), words, false);
    collect();
    ck_assert_uint_le(survivors(), watched_count / 20);
    GC_reachable_here(all);
}
END_TEST

START_TEST(typed_arrays)
{
    GC_INIT();
    enum { n = 100 };
    size_t words = typed_words[_i];
    GC_word *p = GC_calloc_explicitly_typed(n, words * 8, every_fifth(words));
    for (size_t i = 0; i < n * words; i++)
        ck_assert_uint_eq(p[i], 0);
    size_t step = words > 200 ? 17 : 1;
    for (size_t i = 0; i < n; i += step)
        fill_typed(p + i * words, words, true);
    unsigned count = watched_count;
    collect();
    ck_assert_uint_eq(survivors(), count);
    memset(p, 0, n * words * 8);
    watched_count = 0;
    for (size_t i = 0; i < n; i += step)
        fill_typed(p + i * words, words, false);
    count = watched_count;
    collect();
    ck_assert_uint_le(survivors(), count / 20 + 10);
    GC_reachable_here(p);
}
END_TEST

START_TEST(simple_descriptors)
{
    GC_INIT();
    GC_word bitmap[2] = {0, 0};
    ck_assert_uint_eq(GC_make_descriptor(bitmap, 128), 0);
    ck_assert_uint_eq(GC_make_descriptor(bitmap, 0), 0);
    bitmap[0] = 7;
    ck_assert_uint_eq(GC_make_descriptor(bitmap, 128), 24);
    bitmap[0] = 5;
    ck_assert_uint_eq(GC_make_descriptor(bitmap, 64), (GC_word)5 << 61 | GC_DS_BITMAP);
    bitmap[1] = 1;
    ck_assert_uint_eq(GC_make_descriptor(bitmap, 65) & GC_DS_TAGS, GC_DS_PROC);
    bitmap[0] = bitmap[1] = ~(GC_word)0;
    ck_assert_uint_eq(GC_make_descriptor(bitmap, 128), 1024);
    ck_assert_ptr_nonnull(GC_calloc_explicitly_typed(0, 16, 8));
    ck_assert_ptr_nonnull(GC_calloc_explicitly_typed(3, 12, 8));
    volatile size_t many = (size_t)1 << 40; /* no constant, or the compiler objects */
    ck_assert_ptr_null(GC_calloc_explicitly_typed(many, many, 8));
}
END_TEST

/* ---- gcj ---- */

static struct GC_ms_entry *mark_first_field(GC_word *at, struct GC_ms_entry *top,
                                            struct GC_ms_entry *limit, GC_word env)
{
    if (env == 1)
        at = (GC_word *)GC_USR_PTR_FROM_BASE(at);
    return GC_MARK_AND_PUSH((void *)at[1], top, limit, (void **)&at[1]);
}

START_TEST(types_describe_their_objects)
{
    GC_INIT();
    static GC_word all_words[2] = {0, 8 * 8}, second[2] = {0, (GC_word)1 << 61 | GC_DS_BITMAP};
    static GC_word by_procedure[2] = {0, GC_MAKE_PROC(0, 0)};
    GC_init_gcj_malloc(GC_GCJ_RESERVED_MARK_PROC_INDEX, (void *)(GC_word)mark_first_field);
    ck_assert_int_ne(GC_gcj_kind, GC_gcj_debug_kind);
    GC_word **all = GC_malloc(4 * sizeof *all);
    all[0] = GC_gcj_malloc(64, all_words);
    all[1] = GC_gcj_malloc(64, second);
    all[2] = GC_gcj_malloc_ignore_off_page(64, by_procedure);
    all[3] = GC_debug_gcj_malloc(64, second, GC_EXTRAS);
    ck_assert_int_eq(GC_get_kind_and_size(all[0], NULL), GC_gcj_kind);
    static const unsigned counting[] = {0xfe, 4, 2, 2};
    unsigned expected = 0;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned w = 1; w < 8; w++)
            if ((counting[i] >> w & 1) != 0) {
                all[i][w] = new_target();
                expected++;
            }
    collect();
    ck_assert_uint_eq(survivors(), expected);
    watched_count = 0;
    GC_word **others = GC_malloc(crowd * sizeof *others);
    for (unsigned i = 0; i < crowd; i++) {
        others[i] = GC_gcj_malloc(64, i % 2 == 0 ? second : by_procedure);
        for (unsigned w = 3; w < 8; w++)
            others[i][w] = new_target();
    }
    collect();
    ck_assert_uint_le(survivors(), watched_count / 20);
    GC_reachable_here(all);
    GC_reachable_here(others);
}
END_TEST

/* ---- Disclaim ---- */

static unsigned asked, asked_twice, reprieves;

struct guarded {
    GC_word state; /* 1: in use, 2: asked about */
    GC_word number;
    struct guarded *other;
};

static int ask(void *object)
{
    struct guarded *g = object;
    if (g->state == 2)
        asked_twice++;
    else
        asked++;
    ck_assert(g->state == 2 || g->state == 1);
    ck_assert_uint_eq(g->number, ~(GC_word)g);
    g->state = 2;
    if (reprieves > 0) {
        reprieves--;
        return 1;
    }
    return 0;
}

static int guarded_kind(int mark_from_all)
{
    int kind = (int)GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 1, 1);
    GC_register_disclaim_proc(kind, ask, mark_from_all);
    return kind;
}

static struct guarded *new_guarded(size_t bytes, int kind)
{
    struct guarded *g = GC_generic_malloc(bytes, kind);
    g->state = 1;
    g->number = ~(GC_word)g;
    return g;
}

__attribute__((noinline)) static void make_dead(unsigned count, size_t bytes, int kind)
{
    for (unsigned i = 0; i < count; i++)
        new_guarded(bytes, kind);
}

START_TEST(each_dead_object_is_asked_about)
{
    GC_INIT();
    int kind = guarded_kind(0);
    struct guarded *live = new_guarded(48, kind);
    make_dead(crowd, 24, kind);
    make_dead(crowd, 48, kind);
    make_dead(50, 100000, kind);
    collect();
    ck_assert_uint_ge(asked, 2 * (crowd - most_left) + 45);
    for (unsigned i = 0; i < 5; i++) {
        make_dead(crowd, 24, kind); /* in the same places */
        collect();
    }
    ck_assert_uint_ge(asked, 7 * (crowd - most_left) + 45);
    ck_assert_uint_le(asked, 7 * crowd + 50);
    ck_assert_uint_eq(asked_twice, 0);
    ck_assert_uint_eq(live->state, 1);
}
END_TEST

START_TEST(freed_objects_are_not_asked_about)
{
    GC_INIT();
    int kind = guarded_kind(0);
    for (unsigned i = 0; i < crowd; i++) {
        GC_free(new_guarded(48, kind));
        if (i % 100 == 0)
            GC_gcollect();
    }
    collect();
    ck_assert_uint_eq(asked, 0);
}
END_TEST

START_TEST(an_object_may_stay_for_a_cycle)
{
    GC_INIT();
    int kind = guarded_kind(0);
    GC_disable();
    make_dead(crowd, 48, kind);
    reprieves = crowd * 2;
    GC_enable();
    collect();
    collect();
    ck_assert_uint_ge(asked, crowd - most_left);
    ck_assert_uint_ge(asked_twice, crowd - 2 * most_left);
    reprieves = 0;
    unsigned before = asked_twice;
    collect();
    ck_assert_uint_ge(asked_twice, before + crowd - 2 * most_left);
    before = asked_twice;
    collect();
    ck_assert_uint_le(asked_twice, before + 2 * most_left);
}
END_TEST

__attribute__((noinline)) static void make_chain(unsigned count, int kind)
{
    struct guarded *last = NULL;
    for (unsigned i = 0; i < count; i++) {
        struct guarded *g = new_guarded(48, kind);
        g->other = last;
        last = g;
    }
}

START_TEST(what_dead_objects_lead_to_may_be_kept)
{
    GC_INIT();
    int kind = guarded_kind(1);
    make_chain(10, kind);
    for (unsigned i = 1; i <= 5; i++) {
        unsigned before = asked;
        collect();
        ck_assert_uint_le(asked, before + 1); /* the first of the chain, if the stack lets it */
    }
    for (unsigned i = 0; i < 10; i++)
        collect();
    ck_assert_uint_ge(asked, 9);
}
END_TEST

/* A procedure may allocate, and may use what excludes collections. */
static void *nothing(void *unused)
{
    return unused;
}

static int busy_ask(void *object)
{
    GC_word *p = GC_malloc(100);
    p[0] = (GC_word)GC_malloc_atomic(20000);
    GC_call_with_alloc_lock(nothing, NULL);
    GC_gcollect(); /* does nothing */
    GC_free((void *)p[0]);
    return ask(object);
}

START_TEST(a_procedure_may_allocate)
{
    GC_INIT();
    int kind = (int)GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 1, 1);
    GC_register_disclaim_proc(kind, busy_ask, 0);
    for (unsigned i = 0; i < 10; i++) {
        make_dead(crowd, 48, kind);
        collect();
    }
    ck_assert_uint_ge(asked, 10 * (crowd - most_left));
    GC_set_warn_proc(take_warning);
    GC_register_disclaim_proc(2, ask, 0);
    ck_assert_ptr_nonnull(strstr(warning, "objects of kind 2 are not reclaimed"));
}
END_TEST

static int own_kind;

static int ask_and_replace(void *object)
{
    new_guarded(48, own_kind);
    return ask(object);
}

/* Which needs memory of its kind, where others are still to be asked about. */
START_TEST(a_procedure_may_allocate_of_its_kind)
{
    GC_INIT();
    own_kind = (int)GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 1, 1);
    GC_register_disclaim_proc(own_kind, ask_and_replace, 0);
    GC_disable();
    make_dead(crowd, 48, own_kind);
    GC_enable();
    collect();
    ck_assert_uint_ge(asked, crowd - most_left);
    ck_assert_uint_le(asked, crowd);
}
END_TEST

/* A fork waits for threads that are in the allocator, for a while: then the child cannot collect.
 * It must not have to wait for this one, which is to free an object of the kind. */
static sem_t has_begun;

static bool in_child;

static int ask_and_fork(void *object)
{
    static bool forked;
    int status = 0;
    (void)object;
    if (forked)
        return 0;
    forked = true;
    sem_post(&has_begun);
    usleep(100000); /* until the other has got as far as it can */
    pid_t child = fork();
    in_child = child == 0;
    ck_assert(in_child || waitpid(child, &status, 0) == child);
    ck_assert_int_eq(status, 0);
    return 0;
}

static void *free_meanwhile(void *object)
{
    while (sem_wait(&has_begun) != 0)
        continue;
    GC_free(object);
    return NULL;
}

START_TEST(a_procedure_may_fork_while_another_thread_frees)
{
    pthread_t thread;
    GC_INIT();
    sem_init(&has_begun, 0, 0);
    int kind = (int)GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 1, 1);
    GC_register_disclaim_proc(kind, ask_and_fork, 0);
    make_dead(crowd, 48, kind);
    ck_assert_int_eq(GC_pthread_create(&thread, NULL, free_meanwhile, GC_generic_malloc(48, kind)),
                     0);
    collect();
    if (in_child) {
        GC_word before = GC_get_gc_no();
        collect();
        _exit(GC_get_gc_no() == before);
    }
    GC_pthread_join(thread, NULL);
}
END_TEST

static unsigned closed;

static void close_it(void *object, void *data)
{
    GC_word *words = object;
    ck_assert_uint_eq(words[0], ~(GC_word)words);
    ck_assert_str_eq((char *)words[1], "still here");
    ck_assert_str_eq(data, "data");
    words[0] = 0;
    closed++;
}

__attribute__((noinline)) static void make_finalized(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct GC_finalizer_closure *c = GC_malloc(sizeof *c);
        c->proc = close_it;
        c->cd = GC_strdup("data");
        GC_word *p = GC_finalized_malloc(40, c);
        p[0] = ~(GC_word)p;
        p[1] = (GC_word)GC_strdup("still here");
    }
}

START_TEST(finalized_objects)
{
    GC_set_all_interior_pointers(_i);
    GC_INIT();
    GC_init_finalized_malloc();
    static GC_word *kept;
    make_finalized(1);
    for (unsigned i = 0; i < 10; i++) {
        make_finalized(crowd);
        collect();
    }
    ck_assert_uint_ge(closed, 10 * (crowd - most_left));
    static const struct GC_finalizer_closure closure = {close_it, "data"};
    kept = GC_finalized_malloc(40, &closure);
    kept[0] = ~(GC_word)kept;
    kept[1] = (GC_word)GC_strdup("still here");
    collect();
    ck_assert_uint_eq(kept[0], ~(GC_word)kept);
    ck_assert_ptr_eq(GC_base(kept), kept - 1);
}
END_TEST

/* ---- Marks ---- */

static GC_hidden_pointer hidden[crowd];
static unsigned marked_by_hand;

static void mark_hidden(void)
{
    for (unsigned i = 0; i < marked_by_hand; i++) {
        void *p = GC_REVEAL_POINTER(hidden[i]);
        GC_set_mark_bit(p);
        ck_assert_int_eq(GC_is_marked(p), 1);
    }
}

__attribute__((noinline)) static void hide_crowd(void)
{
    for (unsigned i = 0; i < crowd; i++)
        hidden[i] = GC_HIDE_POINTER((void *)new_target());
}

START_TEST(marks_in_the_pause)
{
    GC_INIT();
    GC_set_push_other_roots(mark_hidden);
    GC_disable();
    hide_crowd();
    marked_by_hand = crowd;
    GC_enable();
    collect();
    ck_assert_uint_eq(survivors(), crowd);
    marked_by_hand = 0;
    collect();
    ck_assert_uint_le(survivors(), most_left);
}
END_TEST

static bool rescued[crowd];

static void *rescue(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < crowd; i++) {
        void *p = GC_REVEAL_POINTER(hidden[i]);
        if (i % 2 == 0)
            GC_set_mark_bit(p);
        else
            GC_clear_mark_bit(p);
    }
    for (unsigned i = 0; i < crowd; i += 2)
        rescued[i] = GC_is_marked(GC_REVEAL_POINTER(hidden[i])) == 1;
    return NULL;
}

__attribute__((noinline)) static void hide_untouched(void)
{
    for (unsigned i = 0; i < crowd; i++) {
        GC_word *p = GC_malloc(2000);
        p[0] = ~(GC_word)p;
        hidden[i] = GC_HIDE_POINTER(p);
    }
}

/* Between the pause and the sweep of its span an object can be rescued by its mark. */
START_TEST(marks_after_the_pause)
{
    GC_INIT();
    hide_untouched();
    collect();
    GC_call_with_alloc_lock(rescue, NULL);
    GC_disable();
    for (unsigned i = 0; i < 2 * crowd; i++)
        memset(GC_malloc(2000), 0x77, 2000);
    unsigned intact = 0;
    for (unsigned i = 0; i < crowd; i += 2) {
        const GC_word *p = GC_REVEAL_POINTER(hidden[i]);
        ck_assert(!rescued[i] || p[0] == ~(GC_word)p);
        intact += rescued[i];
    }
    ck_assert_uint_ge(intact, 1); /* nobody but us sweeps a small heap */
    void *live = GC_malloc(10);
    ck_assert_int_eq(GC_is_marked(live), 1);
    ck_assert_int_eq(GC_is_marked(&live), 0);
}
END_TEST

struct census {
    unsigned small, large, of_that_size;
    size_t bytes;
};

static void note(void *object, size_t bytes, void *data)
{
    struct census *c = data;
    const GC_word *p = object;
    ck_assert_ptr_eq(GC_base(object), object);
    ck_assert_uint_eq(GC_size(object), bytes);
    c->small += bytes == 112 && p[0] == 0x1234567;
    c->of_that_size += bytes == 112;
    c->large += bytes > 100000 && p[0] == 0x7654321;
    c->bytes += bytes;
    free(malloc(100));
    GC_malloc(16);
}

START_TEST(all_objects_are_enumerated)
{
    GC_INIT();
    GC_word **all = GC_malloc(crowd * sizeof *all);
    for (unsigned i = 0; i < crowd; i++) {
        size_t bytes = i % 100 == 0 ? 100000 : 100;
        all[i] = i % 3 == 0 ? GC_malloc_atomic(bytes) : GC_malloc(bytes);
        all[i][0] = i % 100 == 0 ? 0x7654321 : 0x1234567;
    }
    GC_free(all[1]);
    all[1] = NULL;
    for (unsigned round = 0; round < 2; round++) {
        struct census c = {0};
        GC_enumerate_reachable_objects_inner(note, &c);
        ck_assert_uint_eq(c.large, 10);
        ck_assert_uint_eq(c.small, crowd - 11);
        ck_assert_uint_eq(c.of_that_size, c.small);
        ck_assert_uint_ge(c.bytes, crowd * 112);
        GC_gcollect();
    }
    GC_reachable_here(all);
}
END_TEST

START_TEST(bytes_of_ones_own)
{
    GC_INIT();
    GC_gcollect();
    size_t before = GC_get_bytes_since_gc(), freed = GC_get_expl_freed_bytes_since_gc();
    GC_incr_bytes_allocd(100000);
    ck_assert_uint_ge(GC_get_bytes_since_gc(), before + 100000);
    GC_incr_bytes_freed(50000);
    ck_assert_uint_ge(GC_get_expl_freed_bytes_since_gc(), freed + 50000);
    GC_print_free_list(GC_I_NORMAL, 2);
}
END_TEST

static int a_variable = 1;

START_TEST(temporary_roots)
{
    GC_INIT();
    GC_gcollect();
    int local = 0;
    ck_assert_int_eq(GC_is_tmp_root(&a_variable), 1);
    ck_assert_int_eq(GC_is_tmp_root(&local), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_mark_procedure_sees_what_no_scan_sees);
    tcase_add_test(tests, what_a_mark_procedure_sees_lives_for_the_finalizer);
    tcase_add_test(tests, the_bounds_hold_the_heap);
    tcase_add_test(tests, objects_of_any_kind);
    tcase_add_test(tests, new_kinds_are_born_cleared);
    tcase_add_test(tests, uncollectable_objects_of_a_kind);
    tcase_add_test(tests, a_list_is_kept_by_its_first);
    tcase_add_test(tests, inline_allocation);
    tcase_add_loop_test(tests, typed_objects_hold_their_pointers, 0, typed_sizes);
    tcase_add_loop_test(tests, typed_objects_hold_nothing_else, 0, typed_sizes);
    tcase_add_loop_test(tests, typed_arrays, 0, typed_sizes);
    tcase_add_test(tests, simple_descriptors);
    tcase_add_test(tests, types_describe_their_objects);
    tcase_add_test(tests, each_dead_object_is_asked_about);
    tcase_add_test(tests, freed_objects_are_not_asked_about);
    tcase_add_test(tests, an_object_may_stay_for_a_cycle);
    tcase_add_test(tests, what_dead_objects_lead_to_may_be_kept);
    tcase_add_test(tests, a_procedure_may_allocate);
    tcase_add_test(tests, a_procedure_may_allocate_of_its_kind);
    tcase_add_test(tests, a_procedure_may_fork_while_another_thread_frees);
    tcase_add_loop_test(tests, finalized_objects, 0, 2);
    tcase_add_test(tests, marks_in_the_pause);
    tcase_add_test(tests, marks_after_the_pause);
    tcase_add_test(tests, all_objects_are_enumerated);
    tcase_add_test(tests, bytes_of_ones_own);
    tcase_add_test(tests, temporary_roots);
}

int main(void)
{
    return unit_run("kinds_api", add_tests);
}
