/* stress_kinds.c: objects of all kinds, made, linked and dropped by several threads under forced
 * collections, while kinds are added, disclaim procedures run and all objects are enumerated.
 *
 *   - a node whose links its kind describes (mark procedure with shifted pointers, bitmap, long
 *     bitmap, array of elements, descriptor in its type or in itself) keeps what it links to
 * intact;
 *   - each object with a disclaim procedure is asked about once, with its contents as they were,
 * and its memory is not handed out before.
 */
#define GC_THREADS
#include <gc.h>
#include <gc/gc_disclaim.h>
#include <gc/gc_gcj.h>
#include <gc/gc_inline.h>
#include <gc/gc_mark.h>
#include <gc/gc_typed.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "unit.h"

enum {
    threads = 4,
    rounds = 4000,
    kept = 64,
    node_words = 100,
    link_first = 2, /* words 2, 12, 22, ... of a node are links */
    link_step = 10,
    forms = 6
};

enum form { PROCEDURE, BITMAP, LONG_BITMAP, ARRAY, BY_TYPE, SHIFTED };

static unsigned procedure_kind, shifted_kind, disclaim_kind;
static GC_descr short_descriptor, long_descriptor;
static GC_word type[2];

struct node {
    GC_word header; /* of BY_TYPE, its type; else ~(its address) */
    GC_word form;
    GC_word words[node_words - 2];
};

static bool is_link(size_t word)
{
    return word >= link_first && (word - link_first) % link_step == 0;
}

static size_t words_of(enum form form)
{
    return form == BITMAP || form == BY_TYPE ? 50 : node_words;
}

static GC_word encode(enum form form, void *p)
{
    return form == SHIFTED ? (GC_word)p << 8 : (GC_word)p;
}

static void *decode(enum form form, GC_word link)
{
    return (void *)(form == SHIFTED ? link >> 8 : link);
}

/* Does every tenth word; a node that is not made yet has no form but 0. */
static struct GC_ms_entry *mark_links(GC_word *at, struct GC_ms_entry *top,
                                      struct GC_ms_entry *limit, GC_word env)
{
    for (size_t i = link_first; i < node_words; i += link_step) {
        void *p = decode((enum form)env, at[i]);
        top = GC_MARK_AND_PUSH(p, top, limit, (void **)&at[i]);
    }
    return top;
}

static void *allocate(enum form form)
{
    size_t bytes = words_of(form) * 8;
    switch (form) {
    case PROCEDURE:
        return GC_generic_malloc(bytes, (int)procedure_kind);
    case SHIFTED:
        return GC_generic_malloc(bytes, (int)shifted_kind);
    case BITMAP:
        return GC_malloc_explicitly_typed(bytes, short_descriptor);
    case LONG_BITMAP:
        return GC_malloc_explicitly_typed(bytes, long_descriptor);
    case ARRAY: /* elements of ten words, of which one is a link */
        return GC_calloc_explicitly_typed(bytes / 80, 80, (GC_word)1 << 61 | GC_DS_BITMAP);
    case BY_TYPE:
        return GC_gcj_malloc(bytes, type);
    }
    return NULL;
}

/* All but the links holds a pattern, or pointers to what is not to be kept. */
static struct node *new_node(enum form form, uint64_t *seed, struct node *const *others)
{
    struct node *n = allocate(form);
    ck_assert_ptr_nonnull(n);
    for (size_t i = 1; i < words_of(form); i++)
        ck_assert_uint_eq(((GC_word *)n)[i], 0);
    n->form = form;
    if (form != BY_TYPE)
        n->header = ~(GC_word)n;
    for (size_t i = 2; i < words_of(form); i++) {
        struct node *other = others[unit_random(seed) % kept];
        if (!is_link(i))
            ((GC_word *)n)[i] = ~(GC_word)n ^ i;
        else if (unit_random(seed) % 3 != 0)
            ((GC_word *)n)[i] = encode(form, other);
    }
    return n;
}

static void check_node(const struct node *n, unsigned depth)
{
    if (n == NULL)
        return;
    enum form form = (enum form)n->form;
    ck_assert_uint_lt(n->form, forms);
    ck_assert_uint_eq(n->header, form == BY_TYPE ? (GC_word)type : ~(GC_word)n);
    for (size_t i = 2; i < words_of(form); i++) {
        GC_word word = ((const GC_word *)n)[i];
        if (!is_link(i))
            ck_assert_uint_eq(word, ~(GC_word)n ^ i);
        else if (depth > 0 && i % 20 == 2)
            check_node(decode(form, word), depth - 1);
    }
}

/* ---- Disclaimed objects ---- */

static atomic_uint made, asked, wrong;

static int ask(void *object)
{
    GC_word *p = object;
    if (p[0] == 0)
        return 0; /* its thread was stopped before it could write */
    if (p[0] != ~(GC_word)p || p[1] != 1)
        atomic_fetch_add(&wrong, 1);
    p[1]++;
    atomic_fetch_add(&asked, 1);
    return 0;
}

/* Every other one is freed explicitly some time later, and must never be asked about. */
static void make_disclaimed(uint64_t *seed, GC_word **to_free)
{
    GC_word *p = GC_generic_malloc(16 + unit_random(seed) % 200, (int)disclaim_kind);
    ck_assert(p[0] == 0 && p[1] == 0);
    p[1] = 1;
    p[0] = ~(GC_word)p;
    if (unit_random(seed) % 2 == 0) {
        atomic_fetch_add(&made, 1);
        return;
    }
    GC_word **place = &to_free[unit_random(seed) % kept];
    if (*place != NULL) {
        (*place)[1] = 2;
        GC_free(*place);
    }
    *place = p;
}

/* ---- Threads ---- */

static void count_object(void *object, size_t bytes, void *data)
{
    (void)object;
    *(size_t *)data += bytes;
}

static void now_and_then(unsigned round)
{
    if (round % 1000 == 100)
        ck_assert_uint_ge(GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 1, 1), 4);
    if (round % 700 == 200) {
        size_t bytes = 0;
        GC_enumerate_reachable_objects_inner(count_object, &bytes);
        ck_assert_uint_gt(bytes, 1000);
    }
}

/* Links in lists of our own, of another kind each time. */
static void use_list(unsigned round)
{
    void *list;
    GC_generic_malloc_many(16 * (1 + round % 20), GC_I_NORMAL, &list);
    for (void **p = list; p != NULL; p = *p)
        ck_assert_ptr_null(p[1]);
}

static void *work(void *argument)
{
    int number = *(int *)argument;
    uint64_t seed = 1000 + (uint64_t)number;
    struct node **nodes = GC_malloc(kept * sizeof *nodes);
    GC_word **to_free = GC_malloc(kept * sizeof *to_free);
    for (unsigned round = 0; round < rounds; round++) {
        size_t i = unit_random(&seed) % kept;
        check_node(nodes[i], 2);
        nodes[i] = new_node((enum form)(unit_random(&seed) % forms), &seed, nodes);
        if (unit_random(&seed) % 8 == 0)
            nodes[unit_random(&seed) % kept] = NULL;
        make_disclaimed(&seed, to_free);
        if (round % 16 == 0)
            use_list(round);
        if (number == 0)
            now_and_then(round);
        if (round % 128 == 0) /* ends long chains */
            memset(nodes, 0, kept * sizeof *nodes);
    }
    return NULL;
}

static void prepare(void)
{
    GC_word bitmap[2] = {0};
    for (size_t i = link_first; i < node_words; i += link_step)
        GC_set_bit(bitmap, i);
    short_descriptor = GC_make_descriptor(bitmap, 50);
    long_descriptor = GC_make_descriptor(bitmap, node_words);
    type[1] = short_descriptor;
    unsigned procedure = GC_new_proc(mark_links);
    procedure_kind =
        GC_new_kind(GC_new_free_list(), GC_MAKE_PROC(procedure, (GC_word)PROCEDURE), 0, 1);
    shifted_kind = GC_new_kind(GC_new_free_list(), GC_MAKE_PROC(procedure, (GC_word)SHIFTED), 0, 1);
    disclaim_kind = GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 1, 1);
    GC_register_disclaim_proc((int)disclaim_kind, ask, 0);
    GC_init_gcj_malloc(GC_GCJ_RESERVED_MARK_PROC_INDEX, (void *)(GC_word)mark_links);
}

START_TEST(all_kinds_at_once)
{
    setenv("SPANGC_STRESS", "512k", 0);
    GC_INIT();
    prepare();
    unit_threads(threads, work);
    for (unsigned i = 0; i < 3; i++)
        GC_gcollect();
    ck_assert_uint_eq(atomic_load(&wrong), 0);
    ck_assert_uint_le(atomic_load(&asked), atomic_load(&made) + threads * kept);
    ck_assert_uint_ge(atomic_load(&asked), atomic_load(&made) - 1000);
    ck_assert_uint_ge(GC_get_gc_no(), 20);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, all_kinds_at_once);
}

int main(void)
{
    return unit_run("stress_kinds", add_tests);
}
