/* unit_mark.c: what is reachable is marked, and nothing else.
 *
 *   - a pointer to any byte of an object finds it; words that point to no object find nothing;
 *   - with heap_interior off, only bases and displacements count inside the heap, all in roots;
 *   - pointer-free objects are marked and not scanned; uncollectable ones are roots;
 *   - long lists, large arrays and a mark stack that cannot grow all come to an end;
 *   - all this alone and with helpers, which find the same and call none of the program's
 * functions;
 *   - random graphs: the same objects as the plainest of algorithms finds.
 */
#include "handcycle.h"
#include <string.h>
#include <sys/resource.h>
#include "heap/central.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "mark/helpers.h"
#include "mark/packets.h"
#include "mark/procedures.h"
#include "platform/check.h"
#include "platform/os.h"

/* Each test runs alone, with helpers, and alone as if much had been marked already. */
enum { ALONE, WITH_HELPERS, FAR, modes };

static void start(int mode)
{
    hand_init();
    if (mode == WITH_HELPERS)
        ck_assert_uint_eq(helpers_make(3), 3);
    if (mode == FAR)
        hand_marker.near_bytes = 0;
}

static void begin(void)
{
    hand_begin(&hand_cache, 1);
}

static void mark(uintptr_t word)
{
    mark_word(&hand_marker, word);
    hand_drain();
}

/* Ends a cycle whose marks have been looked at. */
static void end(void)
{
    hand_end();
    ck_assert(sweep_finish());
    hand_check();
}

/* ---- Which words count ---- */

START_TEST(any_byte_of_an_object_finds_it)
{
    start(_i);
    for (size_t bytes = 1; bytes < 100000; bytes = bytes * 5 / 3 + 1) {
        char *neighbour = hand_alloc(bytes, KIND_NORMAL), *p = hand_alloc(bytes, KIND_NORMAL);
        size_t whole = hand_span(p)->object_bytes;
        size_t offsets[] = {0, 1, whole / 2, whole - 8, whole - 1};
        for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
            void *roots[] = {p, neighbour};
            begin();
            mark((uintptr_t)p + offsets[i]);
            ck_assert(hand_is_marked(p));
            ck_assert(!hand_is_marked(neighbour));
            ck_assert_uint_eq(hand_marker.objects, 1);
            ck_assert_uint_eq(hand_marker.bytes, whole);
            mark_range(&hand_marker, (uintptr_t)roots, (uintptr_t)(roots + 2));
            end();
        }
    }
}
END_TEST

static void assert_marks_nothing(uintptr_t word)
{
    mark(word);
    ck_assert_uint_eq(hand_marker.objects, 0);
}

START_TEST(words_outside_objects_find_nothing)
{
    start(_i);
    enum { bytes = 28672, objects = 4 }; /* a class with a tail */
    char *p = NULL;
    for (size_t i = 0; i < objects; i++) {
        char *q = hand_alloc(bytes, KIND_NORMAL);
        p = p == NULL ? q : p;
    }
    struct span *s = hand_span(p);
    ck_assert_uint_eq(s->object_bytes, bytes);
    char *freed = hand_alloc(100, KIND_NORMAL), *large = hand_alloc(100000, KIND_NORMAL);
    hand_alloc(100, KIND_NORMAL);
    char *freed_large = hand_alloc(100000, KIND_NORMAL);
    hand_free(freed);
    hand_free(freed_large);
    hand_free(hand_alloc(100, KIND_ATOMIC)); /* so that each half has pages */
    begin();
    for (uintptr_t tail = span_object(s, s->objects); tail < span_limit(s); tail += 8)
        assert_marks_nothing(tail);
    for (size_t off = 0; off < 100; off++)
        assert_marks_nothing((uintptr_t)freed + off);
    for (size_t off = 0; off < 100000; off += 100)
        assert_marks_nothing((uintptr_t)freed_large + off);
    assert_marks_nothing((uintptr_t)large + 13 * page_bytes);
    assert_marks_nothing(0);
    assert_marks_nothing(region.base - 1);
    assert_marks_nothing(region.base - page_bytes);
    assert_marks_nothing(region.base + region.size);
    assert_marks_nothing(region.base + region.half_offset - 1);
    assert_marks_nothing(region.base + region.half_offset);
    assert_marks_nothing(region.base + region.size - 1);
    assert_marks_nothing(UINTPTR_MAX);
    for (unsigned half = 0; half < half_count; half++) {
        assert_marks_nothing(region.base + word_load(&region.committed[half]));
        assert_marks_nothing(region.base + word_load(&region.committed[half]) + chunk_bytes);
    }
    for (unsigned bit = 0; bit < 64; bit++)
        assert_marks_nothing(UINT64_C(1) << bit);
    end();
}
END_TEST

/* Claimed by a cache and never handed out, given back by the flush: no object. */
START_TEST(slots_not_handed_out_find_nothing)
{
    start(_i);
    char *p = hand_alloc(32, KIND_NORMAL);
    uintptr_t *holder = hand_alloc(256 * sizeof *holder, KIND_NORMAL);
    begin();
    for (size_t i = 1; i < 256; i++) {
        holder[i] = (uintptr_t)p + i * 32;
        assert_marks_nothing(holder[i]);
    }
    mark((uintptr_t)holder);
    ck_assert_uint_eq(hand_marker.objects, 1);
    end();
}
END_TEST

START_TEST(pages_not_published_find_nothing)
{
    start(_i);
    hand_alloc(32, KIND_NORMAL);
    enum alloc_status status;
    struct page_run run = large_prepare(100000, KIND_NORMAL, 16, true, &status);
    begin();
    for (size_t off = 0; off < 100000; off += 64)
        assert_marks_nothing(run.base + off);
    end();
    ck_assert_ptr_nonnull(large_publish(run, 100000, KIND_NORMAL));
    begin();
    mark(run.base);
    ck_assert_uint_eq(hand_marker.objects, 1);
    end();
}
END_TEST

START_TEST(ranges_are_read_by_aligned_words)
{
    start(_i);
    char *a = hand_alloc(64, KIND_NORMAL), *b = hand_alloc(64, KIND_NORMAL);
    char *c = hand_alloc(64, KIND_NORMAL), *d = hand_alloc(64, KIND_NORMAL);
    char *roots[4] = {a, b, c, d};
    begin();
    mark_range(&hand_marker, (uintptr_t)roots + 1, (uintptr_t)(roots + 3) + 7);
    mark_range(&hand_marker, (uintptr_t)roots, (uintptr_t)roots);
    mark_range(&hand_marker, (uintptr_t)roots, (uintptr_t)roots + 7);
    ck_assert(!hand_is_marked(a) && hand_is_marked(b) && hand_is_marked(c) && !hand_is_marked(d));
    end();
}
END_TEST

/* ---- Displacements ---- */

START_TEST(inside_the_heap_only_displacements_count)
{
    start(_i);
    mark_set_heap_interior(false);
    mark_register_displacement(24);
    mark_register_displacement(displacement_limit); /* ignored */
    enum { count = 64 };
    char **holder = hand_alloc(count * sizeof(char *), KIND_NORMAL), *targets[count];
    for (size_t i = 0; i < count; i++) {
        targets[i] = hand_alloc(2 * displacement_limit, KIND_NORMAL);
        holder[i] = targets[i] + i;
    }
    holder[count - 1] = targets[count - 1] + displacement_limit;
    begin();
    mark((uintptr_t)holder + 9); /* in a root, any byte will do */
    ck_assert(hand_is_marked(holder));
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(hand_is_marked(targets[i]), i == 0 || i == 24);
        ck_assert_int_eq(mark_displacement_is_valid(i), i == 0 || i == 24);
    }
    ck_assert(!mark_displacement_is_valid(displacement_limit));
    end();
}
END_TEST

START_TEST(inside_the_heap_any_byte_counts_by_default)
{
    start(_i);
    char **holder = hand_alloc(80, KIND_NORMAL), *target = hand_alloc(80, KIND_NORMAL);
    holder[9] = target + 79;
    begin();
    mark((uintptr_t)holder);
    ck_assert(hand_is_marked(target));
    ck_assert(mark_displacement_is_valid(SIZE_MAX));
    end();
}
END_TEST

/* ---- Lists ---- */

/* Each object leads to the next by another one of its words, the last but one with 8 bytes too
 * many. */
START_TEST(lists_are_followed_to_their_ends)
{
    enum { count = 1000, words = 6 };
    char **list[count];
    start(_i);
    mark_register_displacement(24);
    for (size_t i = 0; i < count; i++)
        list[i] = hand_alloc(words * sizeof(char *), KIND_NORMAL);
    for (size_t i = 0; i < count - 1; i++)
        list[i][i % words] = (char *)list[i + 1] + (i % 2 == 0 ? 24 : 0);
    list[count - 2][(count - 2) % words] = (char *)list[count - 1] + 8;
    for (size_t interior = 2; interior-- > 0;) {
        mark_set_heap_interior(interior != 0);
        begin();
        mark((uintptr_t)list[0]);
        for (size_t i = 0; i < count - 1; i++)
            ck_assert(hand_is_marked(list[i]));
        ck_assert_int_eq(hand_is_marked(list[count - 1]), interior);
        ck_assert_uint_eq(hand_marker.objects, count - 1 + interior);
        ck_assert_uint_eq(hand_marker.bytes,
                          (count - 1 + interior) * hand_span(list[0])->object_bytes);
        end();
    }
}
END_TEST

/* ---- Kinds ---- */

START_TEST(pointer_free_objects_are_not_scanned)
{
    start(_i);
    for (size_t bytes = 64; bytes <= 64000; bytes *= 1000) {
        char **atomic = hand_alloc(bytes, KIND_ATOMIC), *hidden = hand_alloc(64, KIND_NORMAL);
        atomic[0] = hidden;
        begin();
        mark((uintptr_t)atomic);
        ck_assert(hand_is_marked(atomic) && !hand_is_marked(hidden));
        mark_contents(&hand_marker, (uintptr_t)atomic);
        mark_contents_but_self(&hand_marker, (uintptr_t)atomic);
        hand_drain();
        ck_assert(!hand_is_marked(hidden));
        end();
    }
}
END_TEST

static size_t work_for(void *object)
{
    begin();
    mark((uintptr_t)object);
    size_t work = marker_work(&hand_marker);
    end();
    return work;
}

START_TEST(objects_without_pointers_are_less_work)
{
    start(_i);
    for (size_t bytes = 64; bytes <= 64000; bytes *= 1000) {
        char *atomic = hand_alloc(bytes, KIND_ATOMIC);
        size_t whole = hand_span(atomic)->object_bytes;
        size_t heavy = bytes <= small_max ? 0 : whole / 2; /* half of what is scanned beside it */
        ck_assert_uint_eq(work_for(atomic), whole / mark_light_part);
        ck_assert_uint_eq(work_for(hand_alloc(bytes, KIND_NORMAL)), whole);
        char **both = hand_alloc(bytes, KIND_NORMAL);
        both[0] = hand_alloc(bytes, KIND_ATOMIC);
        ck_assert_uint_eq(work_for(both), whole + heavy + (whole - heavy) / mark_light_part);
    }
}
END_TEST

START_TEST(uncollectable_objects_are_roots)
{
    start(_i);
    size_t sizes[] = {16, 3000, 100000};
    for (size_t i = 0; i < 3; i++) {
        char **root = hand_alloc(sizes[i], KIND_UNCOLLECTABLE);
        char **atomic_root = hand_alloc(sizes[i], KIND_ATOMIC_UNCOLLECTABLE);
        char *held = hand_alloc(64, KIND_NORMAL), *not_held = hand_alloc(64, KIND_NORMAL);
        root[sizes[i] / 8 - 1] = held;
        atomic_root[0] = not_held;
        hand_collect_and_sweep(NULL, 0);
        ck_assert(hand_is_object(root) && hand_is_object(atomic_root));
        ck_assert(hand_is_object(held) && !hand_is_object(not_held));
        ck_assert_int_eq(hand_free(root), FREE_DONE);
        ck_assert_int_eq(hand_free(atomic_root), FREE_DONE);
        hand_collect_and_sweep(NULL, 0);
        ck_assert(!hand_is_object(root) && !hand_is_object(atomic_root) && !hand_is_object(held));
    }
}
END_TEST

START_TEST(contents_without_the_object)
{
    start(_i);
    char **p = hand_alloc(64, KIND_NORMAL), *q = hand_alloc(64, KIND_NORMAL);
    p[3] = q;
    p[4] = (char *)p + 8;
    begin();
    mark_contents_but_self(&hand_marker, (uintptr_t)p);
    hand_drain();
    ck_assert(!hand_is_marked(p) && hand_is_marked(q));
    mark_contents(&hand_marker, (uintptr_t)p); /* its own word leads back to it */
    hand_drain();
    ck_assert(hand_is_marked(p));
    mark_contents(&hand_marker, region.base + region.size);
    mark_contents_but_self(&hand_marker, 8);
    end();
}
END_TEST

/* ---- Shapes that hurt ---- */

enum { list_length = 1000000 };

struct node {
    struct node *next;
    size_t number;
};

static struct node *make_list(size_t length)
{
    struct node *list = NULL;
    for (size_t i = 0; i < length; i++) {
        struct node *node = hand_alloc(sizeof *node, KIND_NORMAL);
        *node = (struct node){list, i};
        list = node;
    }
    return list;
}

static size_t length_of(const struct node *list)
{
    size_t length = 0;
    for (; list != NULL; list = list->next, length++)
        if (!hand_is_object(list))
            return 0;
    return length;
}

START_TEST(a_long_list)
{
    start(_i);
    struct node *list = make_list(list_length);
    hand_collect(&list, 1);
    ck_assert_uint_eq(hand_marker.objects, list_length);
    ck_assert_uint_eq(hand_marker.bytes, list_length * sizeof(struct node));
    ck_assert_uint_eq(length_of(list), list_length);
    ck_assert(sweep_finish());
    ck_assert_uint_eq(length_of(list), list_length);
    hand_collect_and_sweep(NULL, 0);
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), 0);
}
END_TEST

/* An array of many pieces, its targets and itself. */
static char **make_array(size_t length)
{
    char **array = hand_alloc(length * sizeof *array, KIND_NORMAL);
    for (size_t i = 0; i < length; i++) {
        char **leaf = hand_alloc(32, KIND_NORMAL);
        *leaf = hand_alloc(32, KIND_NORMAL);
        array[i] = (char *)leaf + i % 32;
    }
    array[length / 2] = (char *)array;
    return array;
}

static void assert_array_lives(char **array, size_t length)
{
    ck_assert_uint_eq(hand_marker.objects, 2 * length - 1); /* one place leads to the array */
    for (size_t i = 0; i < length; i++) {
        char **leaf = (char **)((uintptr_t)array[i] & ~(uintptr_t)31);
        ck_assert(hand_is_object(i == length / 2 ? array : leaf));
        ck_assert(i == length / 2 || hand_is_object(*leaf));
    }
}

START_TEST(a_large_array_is_scanned_in_pieces)
{
    enum { length = 200000 }; /* 1.6 MB */
    start(_i);
    char **array = make_array(length);
    hand_collect_and_sweep(&array, 1);
    assert_array_lives(array, length);
}
END_TEST

/* What found no place on the stack is found again by looking at what is marked. */
START_TEST(a_stack_that_cannot_grow_once)
{
    enum { length = 200000 };
    start(_i);
    char **array = make_array(length);
    begin();
    os_fail_nth(1);
    mark((uintptr_t)array);
    ck_assert_uint_eq(os_fail_nth(0), 0); /* it had to grow */
    end();
    assert_array_lives(array, length);
}
END_TEST

/* A tree of a hundred branches a node, whose leaves are of unlike sizes and kinds. */
static void *make_tree(int depth)
{
    enum { branches = 100 };
    void **node = hand_alloc(branches * sizeof *node, KIND_NORMAL);
    for (size_t i = 0; depth > 0 && i < branches; i++)
        node[i] = depth == 1 ? hand_alloc(16 + i, i & 1) : make_tree(depth - 1);
    return node;
}

START_TEST(a_stack_that_never_grows)
{
    enum { length = 60000 };
    start(_i == WITH_HELPERS && unit_under_tools() ? ALONE : _i); /* whose threads need memory */
    char **array = make_array(length);
    void *roots[] = {make_tree(2), array};
    size_t capacity = hand_marker.capacity;
    struct rlimit before, nothing;
    getrlimit(RLIMIT_AS, &before);
    nothing = (struct rlimit){page_bytes, before.rlim_max};
    begin();
    setrlimit(RLIMIT_AS, &nothing);
    mark_range(&hand_marker, (uintptr_t)roots, (uintptr_t)(roots + 2));
    hand_drain();
    setrlimit(RLIMIT_AS, &before);
    ck_assert_uint_eq(hand_marker.capacity, capacity);
    ck_assert_uint_eq(hand_marker.objects, 1 + 100 + 100 * 100 + 2 * length - 1);
    end();
}
END_TEST

/* An array of more leaves than the stack holds. The leaves that find no place are the last ones. */
static char **make_full_array(char *beyond)
{
    enum { length = 4000 }; /* one piece */
    char **array = hand_alloc(length * sizeof *array, KIND_NORMAL);
    for (size_t i = 0; i < length; i++)
        array[i] = hand_alloc(32, KIND_NORMAL);
    *(char **)array[length - 1] = beyond;
    return array;
}

/* Each array is reached through a leaf of the one before it, which found no place, and was made
 * before it: a pass over all spans, in their order, gets one array further. */
START_TEST(a_stack_that_overflows_again)
{
    start(_i == WITH_HELPERS && unit_under_tools() ? ALONE : _i); /* whose threads need memory */
    char *hidden = hand_alloc(64, KIND_NORMAL), **atomic = hand_alloc(64, KIND_ATOMIC);
    char *far = hand_alloc(64, KIND_NORMAL), **array = (char **)far;
    atomic[0] = hidden;
    for (size_t i = 0; i < 5; i++)
        array = make_full_array((char *)array);
    void *roots[] = {atomic, array};
    struct rlimit before, nothing;
    getrlimit(RLIMIT_AS, &before);
    nothing = (struct rlimit){page_bytes, before.rlim_max};
    begin();
    setrlimit(RLIMIT_AS, &nothing);
    mark_range(&hand_marker, (uintptr_t)roots, (uintptr_t)(roots + 2));
    hand_drain();
    setrlimit(RLIMIT_AS, &before);
    ck_assert(hand_is_marked(far));
    ck_assert(hand_is_marked(atomic) && !hand_is_marked(hidden));
    end();
}
END_TEST

/* ---- Random graphs ---- */

enum { graph_nodes = 3000, graph_roots = 5, most_edges = 12 };

struct graph {
    uintptr_t *nodes[graph_nodes];
    size_t words[graph_nodes];
    size_t edges[graph_nodes][most_edges]; /* word i of a node leads there; graph_nodes: nowhere */
    bool reached[graph_nodes];
    uintptr_t roots[graph_roots];
    size_t root_nodes[graph_roots];
};

static struct graph graph;

static unsigned kind_of(size_t node)
{
    return node % 5 == 0 ? KIND_ATOMIC : KIND_NORMAL;
}

/* Somewhere in the node, not always at its base. */
static uintptr_t pointer_to(size_t node, uint64_t *seed)
{
    return (uintptr_t)graph.nodes[node] + unit_random(seed) % (graph.words[node] * 8);
}

static size_t random_bytes(uint64_t *seed)
{
    uint64_t r = unit_random(seed) % 100;
    return 8 * (1 + unit_random(seed) % (r < 90 ? 30 : r < 99 ? 1000 : 40000));
}

static void make_nodes(uint64_t *seed)
{
    for (size_t n = 0; n < graph_nodes; n++) {
        size_t bytes = random_bytes(seed);
        graph.nodes[n] = hand_alloc(bytes, kind_of(n));
        graph.words[n] = bytes / 8;
        memset(graph.nodes[n], 0, bytes);
        graph.reached[n] = false;
    }
}

/* Words are taken from the node's end as well, and some of the others are noise. */
static void make_edges(uint64_t *seed)
{
    for (size_t n = 0; n < graph_nodes; n++)
        for (size_t e = 0; e < most_edges; e++) {
            bool leads = e < graph.words[n] && unit_random(seed) % 100 < 20;
            size_t to = unit_random(seed) % graph_nodes;
            graph.edges[n][e] = leads ? to : graph_nodes;
            size_t word = e % 2 ? graph.words[n] - 1 - e / 2 : e / 2;
            if (e < graph.words[n])
                graph.nodes[n][word] = leads ? pointer_to(to, seed) : unit_random(seed) >> 20;
        }
    for (size_t r = 0; r < graph_roots; r++) {
        graph.root_nodes[r] = unit_random(seed) % graph_nodes;
        graph.roots[r] = pointer_to(graph.root_nodes[r], seed);
    }
}

static size_t reach_naively(void)
{
    static size_t stack[graph_nodes];
    size_t depth = 0, reached = 0;
    for (size_t r = 0; r < graph_roots; r++)
        if (!graph.reached[graph.root_nodes[r]]) {
            graph.reached[graph.root_nodes[r]] = true;
            stack[depth++] = graph.root_nodes[r];
        }
    while (depth > 0) {
        size_t n = stack[--depth];
        reached++;
        for (size_t e = 0; kind_of(n) == KIND_NORMAL && e < most_edges; e++) {
            size_t to = graph.edges[n][e];
            if (to != graph_nodes && !graph.reached[to]) {
                graph.reached[to] = true;
                stack[depth++] = to;
            }
        }
    }
    return reached;
}

START_TEST(random_graphs)
{
    hand_init();
    ck_assert_uint_eq(helpers_make((unsigned)_i), (unsigned)_i);
    uint64_t seed = 4711;
    size_t reached_in_all = 0;
    for (size_t round = hand_rounds(_i == 0 ? 30 : 6); round > 0; round--) {
        make_nodes(&seed);
        make_edges(&seed);
        size_t reached = reach_naively();
        reached_in_all += reached;
        hand_marker.near_bytes = round % 2 * mark_near_bytes;
        hand_collect(graph.roots, graph_roots);
        ck_assert_uint_eq(hand_marker.objects, reached);
        for (size_t n = 0; n < graph_nodes; n++)
            ck_assert_int_eq(hand_is_marked(graph.nodes[n]), graph.reached[n]);
        ck_assert(sweep_finish());
        for (size_t n = 0; n < graph_nodes; n++)
            ck_assert_int_eq(hand_is_object(graph.nodes[n]), graph.reached[n]);
    }
    ck_assert_uint_gt(reached_in_all, graph_nodes); /* some graphs are worth it */
}
END_TEST

/* ---- Helpers ---- */

START_TEST(what_a_helper_found_counts)
{
    struct marker *helper = os_map(sizeof *helper);
    hand_init();
    ck_assert(marker_init(helper));
    hand_marker.objects = 1;
    hand_marker.bytes = 16;
    helper->objects = 2;
    helper->bytes = 64;
    helper->small_noscan_bytes = 32;
    helper->large_noscan_bytes = 64;
    helper->overflowed = true;
    marker_add(&hand_marker, helper);
    ck_assert_uint_eq(hand_marker.objects, 3);
    ck_assert_uint_eq(hand_marker.bytes, 80);
    ck_assert_uint_eq(hand_marker.small_noscan_bytes, 32);
    ck_assert_uint_eq(hand_marker.large_noscan_bytes, 64);
    ck_assert(hand_marker.overflowed);
    ck_assert(helper->objects == 0 && helper->bytes == 0 && !helper->overflowed);
}
END_TEST

/* The end of each drain is a chance to see it too early. */
START_TEST(many_small_drains)
{
    hand_init();
    ck_assert_uint_eq(helpers_make((unsigned)_i), (unsigned)_i);
    void *tree = make_tree(1);
    hand_collect(&tree, 1);
    size_t objects = hand_marker.objects;
    for (size_t round = hand_rounds(200); round > 0; round--) {
        hand_collect_and_sweep(&tree, 1);
        ck_assert_uint_eq(hand_marker.objects, objects);
        ck_assert_uint_eq(packets_free_count(), packet_count);
    }
}
END_TEST

/* Markers come across objects in random order, whose mark bits lie in few words. */
START_TEST(neighbours_are_marked_at_the_same_time)
{
    enum { objects = 1 << 16, length = 1 << 19 };
    static void *neighbours[objects];
    uint64_t seed = 4711;
    hand_init();
    ck_assert_uint_eq(helpers_make((unsigned)_i), (unsigned)_i);
    void **array = hand_alloc(length * sizeof *array, KIND_NORMAL);
    for (size_t i = 0; i < objects; i++)
        neighbours[i] = hand_alloc(16, KIND_ATOMIC);
    for (size_t i = 0; i < length; i++)
        array[i] = neighbours[i < objects ? i : unit_random(&seed) % objects];
    for (size_t i = 0; i < length; i++) {
        size_t other = unit_random(&seed) % length;
        void *p = array[i];
        array[i] = array[other];
        array[other] = p;
    }
    for (size_t round = hand_rounds(unit_under_tools() ? 3 : 20); round > 0; round--) {
        hand_collect(&array, 1);
        ck_assert_uint_eq(hand_marker.objects, 1 + objects);
        for (size_t i = 0; i < objects; i++)
            ck_assert(hand_is_marked(neighbours[i]));
    }
}
END_TEST

static pthread_t collecting_thread;

/* Pushes the object's first word by the listener, and its second by the stack. */
static struct GC_ms_entry *call_of_procedure(uintptr_t *address, struct GC_ms_entry *top,
                                             struct GC_ms_entry *limit, uintptr_t env)
{
    struct mark_entry *entries = (struct mark_entry *)top;
    (void)limit;
    (void)env;
    check(pthread_equal(pthread_self(), collecting_thread));
    mark_heap_word(&hand_marker, address[0]);
    entries[1] = (struct mark_entry){(uintptr_t)&address[1], sizeof *address};
    return (struct GC_ms_entry *)&entries[1];
}

START_TEST(procedures_run_on_the_collecting_thread)
{
    enum { length = 10000 };
    hand_init();
    collecting_thread = pthread_self();
    ck_assert_uint_eq(helpers_make(3), 3);
    unsigned kind =
        kind_add(descriptor_of_procedure(procedure_add(call_of_procedure), 0), false, true);
    uintptr_t **array = hand_alloc(length * sizeof *array, KIND_NORMAL);
    for (size_t i = 0; i < length; i++) {
        array[i] = hand_alloc(24, kind);
        array[i][0] = (uintptr_t)hand_alloc(16 + i % 1000, KIND_NORMAL);
        array[i][1] = (uintptr_t)hand_alloc(16, KIND_ATOMIC);
        array[i][2] = (uintptr_t)hand_alloc(16, KIND_ATOMIC); /* not told */
    }
    for (size_t round = hand_rounds(10); round > 0; round--) {
        begin();
        mark((uintptr_t)array);
        ck_assert_uint_eq(hand_marker.objects, 1 + 3 * length);
        for (size_t i = 0; i < length; i++)
            ck_assert(hand_is_marked((void *)array[i][0]) && hand_is_marked((void *)array[i][1]));
        mark_range(&hand_marker, (uintptr_t)&array, (uintptr_t)(&array + 1));
        end();
    }
}
END_TEST

START_TEST(helpers_that_cannot_be_made)
{
    hand_init();
    void *tree = make_tree(2);
    struct rlimit before, nothing;
    getrlimit(RLIMIT_AS, &before);
    nothing = (struct rlimit){page_bytes, before.rlim_max};
    setrlimit(RLIMIT_AS, &nothing);
    unsigned made = helpers_make(3);
    setrlimit(RLIMIT_AS, &before);
    ck_assert_uint_eq(made, 0);
    hand_collect_and_sweep(&tree, 1);
    ck_assert_uint_eq(hand_marker.objects, 1 + 100 + 100 * 100);
    ck_assert_uint_eq(helpers_make(3), 3);
    hand_collect_and_sweep(&tree, 1);
    ck_assert_uint_eq(hand_marker.objects, 1 + 100 + 100 * 100);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, any_byte_of_an_object_finds_it, 0, modes);
    tcase_add_loop_test(tests, words_outside_objects_find_nothing, 0, modes);
    tcase_add_loop_test(tests, slots_not_handed_out_find_nothing, 0, modes);
    tcase_add_loop_test(tests, pages_not_published_find_nothing, 0, modes);
    tcase_add_loop_test(tests, ranges_are_read_by_aligned_words, 0, modes);
    tcase_add_loop_test(tests, inside_the_heap_only_displacements_count, 0, modes);
    tcase_add_loop_test(tests, inside_the_heap_any_byte_counts_by_default, 0, modes);
    tcase_add_loop_test(tests, lists_are_followed_to_their_ends, 0, modes);
    tcase_add_loop_test(tests, pointer_free_objects_are_not_scanned, 0, modes);
    tcase_add_loop_test(tests, objects_without_pointers_are_less_work, 0, modes);
    tcase_add_loop_test(tests, uncollectable_objects_are_roots, 0, modes);
    tcase_add_loop_test(tests, contents_without_the_object, 0, modes);
    tcase_add_loop_test(tests, a_long_list, 0, modes);
    tcase_add_loop_test(tests, a_large_array_is_scanned_in_pieces, 0, modes);
    tcase_add_loop_test(tests, a_stack_that_cannot_grow_once, 0, 1);
    tcase_add_loop_test(tests, a_stack_that_never_grows, 0, modes);
    tcase_add_loop_test(tests, a_stack_that_overflows_again, 0, modes);
    tcase_add_loop_test(tests, random_graphs, 0, 8);
    tcase_add_test(tests, what_a_helper_found_counts);
    tcase_add_loop_test(tests, many_small_drains, 1, 4);
    tcase_add_loop_test(tests, neighbours_are_marked_at_the_same_time, 1, 3);
    tcase_add_test(tests, procedures_run_on_the_collecting_thread);
    tcase_add_test(tests, helpers_that_cannot_be_made);
}

int main(void)
{
    return unit_run("mark", add_tests);
}
