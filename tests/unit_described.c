/* unit_described.c: what descriptors name is marked, and nothing else.
 *
 * Each test fills an object's words with pointers to objects of their own, marks from the object
 * alone and asks which of them were found.
 */
#include "handcycle.h"
#include <string.h>
#include <sys/resource.h>
#include "heap/central.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "mark/bitmaps.h"
#include "mark/described.h"
#include "mark/procedures.h"
#include "platform/check.h"

enum { most_words = 40000 };

static void *targets[most_words];

static void push_word(void *self, uintptr_t word)
{
    mark_heap_word(self, word);
}

static void change_mark(void *self, const struct object *o, bool marked)
{
    mark_change(self, o, marked);
}

static const struct mark_listener listener = {push_word, change_mark, &hand_marker};

static void start(void)
{
    hand_init();
    mark_listener = &listener;
}

/* Words [from, to) of the object point to new objects; the others to none. */
static void fill(uintptr_t *object, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        targets[i] = hand_alloc(16, KIND_ATOMIC);
        object[i] = (uintptr_t)targets[i];
    }
}

/* Collects with the object as the only root; which words [from, to) count is what `bits` say. */
static void check_found(const uintptr_t *object, size_t from, size_t to, const uintptr_t *bits)
{
    hand_collect(&object, 1);
    for (size_t i = from; i < to; i++)
        ck_assert_msg(hand_is_marked(targets[i]) == (bits[i / 64] >> i % 64 & 1), "word %zu", i);
    ck_assert(sweep_finish());
    hand_check();
}

static unsigned new_kind(uintptr_t descriptor, bool adds_size)
{
    unsigned kind = kind_add(descriptor, adds_size, true);
    ck_assert_uint_ge(kind, kind_builtin);
    ck_assert_uint_lt(kind, kind_limit);
    return kind;
}

/* An object of a new kind, all of its words filled, of which `bits` count. */
static void check_kind(uintptr_t descriptor, bool adds_size, size_t bytes, const uintptr_t *bits)
{
    uintptr_t *p = hand_alloc(bytes, new_kind(descriptor, adds_size));
    fill(p, 0, bytes / 8);
    check_found(p, 0, bytes / 8, bits);
}

static void first_bits(uintptr_t *bits, size_t count)
{
    memset(bits, 0, most_words / 8);
    for (size_t i = 0; i < count; i++)
        bits[i / 64] |= UINT64_C(1) << i % 64;
}

static uintptr_t bits[most_words / 64 + 1];

/* ---- Lengths and bitmaps ---- */

START_TEST(a_length_counts_whole_words)
{
    start();
    first_bits(bits, 3);
    check_kind(24, false, 64, bits);
    check_kind(28, false, 64, bits);
    first_bits(bits, 7);
    check_kind((uintptr_t)-8, true, 64, bits);
    first_bits(bits, 8);
    check_kind(0, true, 64, bits);
    first_bits(bits, 0);
    check_kind(4, false, 64, bits);
}
END_TEST

START_TEST(a_long_length_is_scanned_in_pieces)
{
    start();
    first_bits(bits, most_words - 5);
    check_kind((most_words - 5) * 8, false, most_words * 8, bits);
}
END_TEST

START_TEST(a_descriptor_ends_with_its_object)
{
    start();
    unsigned too_long = new_kind(1 << 20, false), too_wide = new_kind(UINTPTR_MAX - 2, false);
    unsigned kinds_[] = {too_long, too_wide};
    for (unsigned k = 0; k < 2; k++) {
        uintptr_t *p = hand_alloc(64, kinds_[k]), *neighbour = hand_alloc(64, kinds_[k]);
        ck_assert_ptr_eq((char *)neighbour, (char *)p + 64);
        fill(neighbour, 0, 1);
        first_bits(bits, 0);
        check_found(p, 0, 1, bits);
    }
}
END_TEST

START_TEST(a_bitmap_names_words)
{
    start();
    uint64_t seed = 99;
    for (unsigned round = 0; round < 15; round++) {
        bits[0] = unit_random(&seed) >> 2;
        check_kind(bitmap_to_descriptor(bits, 0, 62), false, 62 * 8 + 16, bits);
    }
    first_bits(bits, 0);
    check_kind(DESCRIPTOR_BITMAP, false, 64, bits);
}
END_TEST

START_TEST(a_long_bitmap_is_followed_to_its_end)
{
    start();
    uint64_t seed = 7;
    for (size_t words = 63; words < most_words - 10; words = words * 5 / 2) {
        uintptr_t number;
        memset(bits, 0, sizeof bits);
        for (size_t i = 0; i <= words / 64; i++)
            bits[i] = unit_random(&seed);
        bits[words / 64] &= (UINT64_C(1) << words % 64) - 1;
        ck_assert(bitmap_add(bits, words, &number));
        check_kind(descriptor_of_procedure(procedure_bitmap, number), false, words * 8 + 80, bits);
    }
}
END_TEST

START_TEST(bitmaps_keep_apart)
{
    ck_assert_int_eq(_i, 0);
    enum { words = 130, of_each = 200 };
    uintptr_t map[3] = {0};
    uintptr_t numbers[of_each];
    for (unsigned i = 0; i < of_each; i++) {
        map[0] = map[1] = map[2] = i;
        ck_assert(bitmap_add(map, words, &numbers[i]));
    }
    for (unsigned i = 0; i < of_each; i++) {
        bool last;
        map[0] = map[1] = map[2] = i;
        for (unsigned piece = 0; piece < 3; piece++) {
            ck_assert_uint_eq(bitmap_piece(numbers[i] + piece, &last),
                              bitmap_to_descriptor(map, piece * 62, words));
            ck_assert_int_eq(last, piece == 2);
        }
    }
    ck_assert(!bitmap_exists(numbers[of_each - 1] + 3));
}
END_TEST

/* ---- Descriptors in objects and types ---- */

START_TEST(the_last_word_describes)
{
    start();
    unsigned kind = new_kind((uintptr_t)-8 | DESCRIPTOR_PER_OBJECT, true);
    uintptr_t *p = hand_alloc(128, kind);
    fill(p, 0, 15);
    p[15] = 40;
    first_bits(bits, 5);
    check_found(p, 0, 15, bits);
    p = hand_alloc(128, kind);
    fill(p, 0, 15);
    bits[0] = 0x1234;
    p[15] = bitmap_to_descriptor(bits, 0, 62);
    check_found(p, 0, 15, bits);
    p = hand_alloc(128, kind); /* not made yet */
    fill(p, 0, 15);
    p[15] = 0;
    first_bits(bits, 0);
    check_found(p, 0, 15, bits);
}
END_TEST

START_TEST(a_type_describes)
{
    start();
    uintptr_t type[2] = {0, 32};
    unsigned kind = new_kind(((uintptr_t)-8 - descriptor_type_bias) | DESCRIPTOR_PER_OBJECT, false);
    uintptr_t *p = hand_alloc(64, kind);
    fill(p, 1, 8);
    p[0] = (uintptr_t)type;
    first_bits(bits, 4);
    check_found(p, 1, 8, bits);
    p = hand_alloc(64, kind);
    fill(p, 1, 8);
    p[0] = 0;
    first_bits(bits, 0);
    check_found(p, 1, 8, bits);
}
END_TEST

START_TEST(wrong_descriptors_do_no_harm)
{
    start();
    unsigned kind = new_kind((uintptr_t)-8 | DESCRIPTOR_PER_OBJECT, true);
    uintptr_t own = (uintptr_t)120 | DESCRIPTOR_PER_OBJECT;
    uintptr_t wrong[] = {own,                            /* leads to itself */
                         descriptor_of_procedure(40, 0), /* no such procedure */
                         descriptor_of_procedure(procedure_bitmap, 1 << 20)};
    for (unsigned i = 0; i < 3; i++) {
        uintptr_t *p = hand_alloc(128, kind);
        fill(p, 0, 15);
        p[15] = wrong[i];
        first_bits(bits, 15); /* all of the object is scanned */
        check_found(p, 0, 15, bits);
    }
    uintptr_t beyond = (uintptr_t)1 << 40 | DESCRIPTOR_PER_OBJECT;
    uintptr_t *p = hand_alloc(128, kind);
    fill(p, 0, 15);
    p[15] = beyond;
    first_bits(bits, 0);
    check_found(p, 0, 15, bits);
    p[15] = descriptor_of_procedure(procedure_array, 0); /* no array's rear */
    hand_collect_and_sweep(&p, 1);
}
END_TEST

/* ---- Procedures ---- */

static unsigned calls;
static uintptr_t seen_env;

static struct GC_ms_entry *every_other(uintptr_t *at, struct GC_ms_entry *top,
                                       struct GC_ms_entry *limit, uintptr_t env)
{
    (void)limit;
    calls++;
    seen_env = env;
    for (unsigned i = 0; i < 8; i += 2)
        mark_listener->push(mark_listener->self, at[i]);
    return top;
}

START_TEST(a_procedure_is_told_its_env)
{
    start();
    unsigned number = procedure_add(every_other);
    ck_assert_uint_ge(number, procedure_reserved);
    bits[0] = 0x55;
    check_kind(descriptor_of_procedure(number, 0xabcdef0123), false, 64, bits);
    ck_assert_uint_eq(calls, 1);
    ck_assert_uint_eq(seen_env, 0xabcdef0123);
}
END_TEST

/* Looks at eight words and pushes itself for the rest, and a bitmap for two words of it. */
static struct GC_ms_entry *by_pieces(uintptr_t *at, struct GC_ms_entry *top,
                                     struct GC_ms_entry *limit, uintptr_t env)
{
    struct mark_entry *entry = (struct mark_entry *)top;
    ck_assert((uintptr_t)limit > (uintptr_t)top);
    for (unsigned i = 0; i < 8; i += 2)
        mark_listener->push(mark_listener->self, at[i]);
    *++entry = (struct mark_entry){(uintptr_t)at, UINT64_C(5) << 60 | DESCRIPTOR_BITMAP};
    if (descriptor_env(env) > 8)
        *++entry =
            (struct mark_entry){(uintptr_t)(at + 8), env - ((uintptr_t)8 << descriptor_env_shift)};
    return (struct GC_ms_entry *)entry;
}

static struct GC_ms_entry *pieces(uintptr_t *at, struct GC_ms_entry *top, struct GC_ms_entry *limit,
                                  uintptr_t env)
{
    return by_pieces(at, top, limit, descriptor_of_procedure(9, env));
}

START_TEST(a_procedure_goes_on_later)
{
    start();
    enum { words = 8000 };
    procedure_add(every_other);
    ck_assert_uint_eq(procedure_add(pieces), 9);
    for (unsigned i = 0; i < words; i++) {
        unsigned in_piece = i % 8;
        bool counts = in_piece % 2 == 0 || in_piece == 1 || in_piece == 3;
        if (i % 64 == 0)
            bits[i / 64] = 0;
        bits[i / 64] |= (uintptr_t)counts << i % 64;
    }
    check_kind(descriptor_of_procedure(9, words), false, words * 8, bits);
}
END_TEST

static struct GC_ms_entry *lost(uintptr_t *at, struct GC_ms_entry *top, struct GC_ms_entry *limit,
                                uintptr_t env)
{
    (void)at;
    (void)top;
    (void)env;
    return (struct GC_ms_entry *)((struct mark_entry *)limit + 1);
}

START_TEST(a_procedure_that_gets_lost)
{
    start();
    first_bits(bits, 8);
    check_kind(descriptor_of_procedure(procedure_add(lost), 0), false, 64, bits);
}
END_TEST

START_TEST(there_are_so_many_numbers)
{
    start();
    ck_assert(procedure_set(0, lost));
    ck_assert(!procedure_set(procedure_array, lost));
    for (unsigned i = procedure_reserved; i < procedure_array; i++)
        ck_assert_uint_eq(procedure_add(every_other), i);
    ck_assert_uint_eq(procedure_add(every_other), 0);
    for (unsigned i = kind_builtin; i < kind_limit; i++)
        ck_assert_uint_eq(kind_add(0, true, true), i);
    ck_assert_uint_eq(kind_add(0, true, true), 0);
    ck_assert_uint_eq(kind_make_uncollectable(kind_builtin), 0);
    ck_assert_uint_eq(kind_make_uncollectable(KIND_NORMAL), KIND_UNCOLLECTABLE);
    ck_assert_uint_eq(kind_make_uncollectable(KIND_ATOMIC), KIND_ATOMIC_UNCOLLECTABLE);
    ck_assert_uint_eq(kind_make_uncollectable(KIND_UNCOLLECTABLE), KIND_UNCOLLECTABLE);
}
END_TEST

/* ---- Arrays ---- */

static void check_array(size_t n, size_t stride_words, uintptr_t descriptor, const uintptr_t *mask)
{
    static unsigned kind;
    if (kind == 0)
        kind = new_kind(descriptor_of_procedure(procedure_array, 0), false);
    size_t words = n * stride_words;
    struct object o;
    uintptr_t *p = hand_alloc(words * 8 + sizeof(struct array_rear), kind);
    ck_assert(hand_find(p, &o));
    fill(p, 0, words);
    *array_rear(&o) = (struct array_rear){stride_words * 8, descriptor, words * 8};
    first_bits(bits, 0);
    for (size_t i = 0; i < words; i++)
        if ((mask[i % stride_words / 64] >> i % stride_words % 64 & 1) != 0)
            bits[i / 64] |= UINT64_C(1) << i % 64;
    check_found(p, 0, words, bits);
}

START_TEST(an_array_is_described_by_its_element)
{
    start();
    uintptr_t map = 0x2c5, number;
    uintptr_t descriptor = bitmap_to_descriptor(&map, 0, 10);
    size_t counts[] = {0, 1, 2, 31, 32, 33, 1000, 3000};
    for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++)
        check_array(counts[i], 10, descriptor, &map);
    uintptr_t two = 3, wide[2] = {0x40, 2};
    check_array(100, 3, 16, &two);
    ck_assert(bitmap_add(wide, 66, &number));
    check_array(100, 66, descriptor_of_procedure(procedure_bitmap, number), wide);
}
END_TEST

/* The last element may be cut off: what lies behind is the rear, and another object's. */
START_TEST(an_array_ends_with_its_bytes)
{
    start();
    struct object o;
    uintptr_t *p = hand_alloc(128, new_kind(descriptor_of_procedure(procedure_array, 0), false));
    ck_assert(hand_find(p, &o));
    fill(p, 0, 13);
    *array_rear(&o) = (struct array_rear){10 * 8, UINTPTR_MAX - 2 /* bitmap, all set */, 11 * 8};
    first_bits(bits, 11);
    check_found(p, 0, 13, bits);
}
END_TEST

/* ---- Kinds ---- */

START_TEST(an_uncollectable_twin_is_a_root)
{
    start();
    unsigned kind = new_kind(8, false), twin = kind_make_uncollectable(kind);
    ck_assert_uint_ne(twin, kind);
    ck_assert_uint_eq(kind_make_uncollectable(kind), twin);
    ck_assert_uint_eq(kind_make_uncollectable(twin), twin);
    uintptr_t *p = hand_alloc(64, twin);
    fill(p, 0, 8);
    hand_collect(NULL, 0);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_int_eq(hand_is_marked(targets[i]), i == 0);
    ck_assert(hand_is_marked(p));
}
END_TEST

START_TEST(contents_of_the_unreachable)
{
    start();
    unsigned kind = new_kind(16, false);
    word_store(&kinds[kind].marks_contents, 1);
    uintptr_t *p = hand_alloc(64, kind), *q = hand_alloc(64, kind), *large;
    large = hand_alloc(100000, kind);
    fill(p, 0, 8);
    p[1] = (uintptr_t)q;
    q[0] = (uintptr_t)hand_alloc(16, KIND_ATOMIC);
    void *of_large = (void *)(large[0] = (uintptr_t)hand_alloc(16, KIND_ATOMIC));
    hand_begin(&hand_cache, 1);
    mark_contents_of_unreachable(&hand_marker);
    ck_assert(hand_is_marked(targets[0]) && hand_is_marked(q));
    ck_assert(hand_is_marked((void *)q[0]) && hand_is_marked(of_large));
    ck_assert(!hand_is_marked(p) && !hand_is_marked(large) && !hand_is_marked(targets[2]));
    hand_end();
    ck_assert(sweep_finish());
}
END_TEST

START_TEST(marks_by_hand)
{
    start();
    void *p = hand_alloc(64, KIND_NORMAL);
    struct object o;
    hand_begin(&hand_cache, 1);
    ck_assert(hand_find(p, &o));
    mark_change(&hand_marker, &o, true);
    mark_change(&hand_marker, &o, true);
    ck_assert(hand_is_marked(p));
    ck_assert_uint_eq(hand_marker.objects, 1);
    mark_change(&hand_marker, &o, false);
    ck_assert(!hand_is_marked(p));
    ck_assert_uint_eq(hand_marker.objects, 0);
    ck_assert_uint_eq(hand_marker.bytes, 0);
    hand_end();
    ck_assert(sweep_finish());
}
END_TEST

/* ---- A mark stack that cannot grow ---- */

/* A tree of arrays whose elements are arrays: entries taken apart at every depth. */
static void *array_tree(unsigned kind, unsigned depth)
{
    enum { branches = 120 };
    struct object o;
    uintptr_t *p = hand_alloc(branches * 8 + sizeof(struct array_rear), kind);
    check(hand_find(p, &o));
    for (unsigned i = 0; i < branches; i++)
        p[i] = depth == 0 || i % 2 != 0 ? (uintptr_t)hand_alloc(16, KIND_ATOMIC)
                                        : (uintptr_t)array_tree(kind, depth - 1);
    *array_rear(&o) = (struct array_rear){8, 8, branches * 8};
    return p;
}

/* Elements that are deep trees are taken apart one below the other. */
START_TEST(a_stack_that_never_grows)
{
    enum { capacity = 60 };
    start();
    void *root = array_tree(new_kind(descriptor_of_procedure(procedure_array, 0), false), 2);
    hand_collect_and_sweep(&root, 1);
    size_t objects = hand_marker.objects;
    ck_assert_uint_gt(objects, 100000);
    struct rlimit before, nothing;
    getrlimit(RLIMIT_AS, &before);
    nothing = (struct rlimit){page_bytes, before.rlim_max};
    /* Its end is where the mapping ends, so that it cannot grow. */
    hand_begin(&hand_cache, 1);
    size_t whole = hand_marker.capacity;
    struct mark_entry *stack = hand_marker.stack;
    hand_marker.stack = stack + whole - capacity;
    hand_marker.capacity = capacity;
    setrlimit(RLIMIT_AS, &nothing);
    mark_range(&hand_marker, (uintptr_t)&root, (uintptr_t)(&root + 1));
    mark_drain(&hand_marker);
    setrlimit(RLIMIT_AS, &before);
    ck_assert_uint_eq(hand_marker.capacity, capacity);
    ck_assert_uint_eq(hand_marker.objects, objects);
    hand_marker.stack = stack;
    hand_marker.capacity = whole;
    hand_end();
    ck_assert(sweep_finish());
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_length_counts_whole_words);
    tcase_add_test(tests, a_long_length_is_scanned_in_pieces);
    tcase_add_test(tests, a_descriptor_ends_with_its_object);
    tcase_add_test(tests, a_bitmap_names_words);
    tcase_add_test(tests, a_long_bitmap_is_followed_to_its_end);
    tcase_add_loop_test(tests, bitmaps_keep_apart, 0, 1);
    tcase_add_test(tests, the_last_word_describes);
    tcase_add_test(tests, a_type_describes);
    tcase_add_test(tests, wrong_descriptors_do_no_harm);
    tcase_add_test(tests, a_procedure_is_told_its_env);
    tcase_add_test(tests, a_procedure_goes_on_later);
    tcase_add_test(tests, a_procedure_that_gets_lost);
    tcase_add_loop_test(tests, there_are_so_many_numbers, 0, 1);
    tcase_add_test(tests, an_array_is_described_by_its_element);
    tcase_add_test(tests, an_array_ends_with_its_bytes);
    tcase_add_test(tests, an_uncollectable_twin_is_a_root);
    tcase_add_test(tests, contents_of_the_unreachable);
    tcase_add_test(tests, marks_by_hand);
    tcase_add_test(tests, a_stack_that_never_grows);
}

int main(void)
{
    return unit_run("described", add_tests);
}
