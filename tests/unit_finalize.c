/* unit_finalize.c: which finalizers run, in which order, on a graph of our own with a marker of our
 * own: it sets the mark bits of objects that nothing ever sweeps. */
#include <limits.h>
#include "handcycle.h"
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>
#include "heap/heap.h"
#include "heap/special.h"
#include "platform/os.h"
#include "services/finalize.h"
#include "threads/thread.h"

enum { edges = 3, most_run = 64 };

/* An object: its base is its address. */
struct node {
    struct node *to[edges];
    int seen; /* times that a finalizer got it */
};

static struct node *a, *b, *c, *d;
static struct node *all[4];
static struct thread self;

/* ---- The marker ---- */

static struct object object_at(const void *p)
{
    struct object o;
    ck_assert(hand_find(p, &o));
    return o;
}

static bool is_marked(uintptr_t base)
{
    return hand_is_marked((void *)base);
}

static bool enroll(const void *p, finalizer_proc fn, void *data, enum finalizer_order order,
                   finalizer_proc *old_fn, void **old_data)
{
    struct object o = object_at(p);
    struct finalizer_request request = {o.base, fn, data, order, old_fn, old_data};
    return finalizer_register(&o, &request);
}

static void forget(const void *p)
{
    struct object o = object_at(p);
    finalize_forget(&o);
}

static bool marked(const struct node *n)
{
    return hand_is_marked(n);
}

static void set_mark(const struct node *n, bool mark)
{
    struct object o = object_at(n);
    atomic_word *word = &span_mark_bits(o.span)[o.index / 64];
    if (mark)
        word_fetch_or(word, bit_mask(o.index));
    else
        word_fetch_clear(word, bit_mask(o.index));
}

static void mark_object(uintptr_t base);

static void mark_edges(const struct node *n, const struct node *ignored)
{
    for (int i = 0; i < edges; i++)
        if (n->to[i] != NULL && n->to[i] != ignored)
            mark_object((uintptr_t)n->to[i]);
}

static void mark_from_contents(uintptr_t base)
{
    mark_edges((const struct node *)base, NULL);
}

static void mark_but_self(uintptr_t base)
{
    mark_edges((const struct node *)base, (const struct node *)base);
}

static void mark_object(uintptr_t base)
{
    struct node *n = (struct node *)base;
    if (marked(n))
        return;
    set_mark(n, true);
    mark_edges(n, NULL);
}

/* Like the collector's, by a look at all words. */
static uint64_t leading_on(const struct span *s, size_t word, uint64_t objects)
{
    uint64_t leading = 0;
    for (; objects != 0; objects &= objects - 1) {
        size_t i = (size_t)__builtin_ctzll(objects);
        const struct node *n = (const struct node *)span_object(s, word * 64 + i);
        for (int e = 0; e < edges; e++)
            if (n->to[e] != NULL)
                leading |= bit_mask(i);
    }
    return leading;
}

static void mark_together(struct span *s, size_t word, uint64_t objects)
{
    atomic_word *marks = &span_mark_bits(s)[word];
    ck_assert_uint_eq(objects & word_load(marks), 0);
    ck_assert_uint_eq(objects & ~word_load(&span_alloc_bits(s)[word]), 0);
    word_fetch_or(marks, objects);
}

static const struct finalize_marker marker = {
    .is_marked = is_marked,
    .leading_on = leading_on,
    .mark_from_contents = mark_from_contents,
    .mark_from_contents_but_self = mark_but_self,
    .mark_together = mark_together,
};

static void mark_root_range(uintptr_t low, uintptr_t high, void *argument)
{
    (void)argument;
    for (; low < high; low += sizeof(uintptr_t))
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            if (*(const uintptr_t *)low == (uintptr_t)all[i])
                mark_object(*(const uintptr_t *)low);
}

/* A collection with `root` (or NULL) as its only root. */
static void collect(struct node *root)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        set_mark(all[i], false);
    if (root != NULL)
        mark_object((uintptr_t)root);
    finalize_push_roots(mark_root_range, NULL);
    finalize_after_mark(&marker);
    ck_assert(finalize_is_valid());
}

/* ---- Finalizers that keep a record ---- */

static const struct node *ran[most_run];
static int run_count;

static void note(void *object, void *data)
{
    struct node *n = object;
    (void)data;
    n->seen++;
    if (run_count < most_run)
        ran[run_count++] = n;
}

static void set(struct node *n, enum finalizer_order order)
{
    ck_assert(enroll(n, note, NULL, order, NULL, NULL));
}

/* Collects without roots and runs; how many ran. */
static int collect_and_run(void)
{
    collect(NULL);
    return finalize_run_queued(INT_MAX);
}

static int cycles_told;

static void count_cycle(uintptr_t base)
{
    (void)base;
    cycles_told++;
}

static int cycles_new(void)
{
    cycles_told = 0;
    finalize_take_cycles(count_cycle);
    return cycles_told;
}

static void setup(void)
{
    thread_self = &self;
    hand_init();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        all[i] = hand_alloc(sizeof *all[i], KIND_NORMAL);
    a = all[0];
    b = all[1];
    c = all[2];
    d = all[3];
}

/* ---- normal ---- */

START_TEST(reachable_objects_are_left_alone)
{
    a->to[0] = b;
    set(a, FINALIZER_NORMAL);
    set(b, FINALIZER_NO_ORDER);
    collect(a);
    ck_assert(!finalize_is_pending());
    ck_assert_uint_eq(finalize_record_count(), 2);
}
END_TEST

START_TEST(normal_runs_from_the_top)
{
    a->to[0] = b;
    b->to[0] = c;
    set(c, FINALIZER_NORMAL);
    set(a, FINALIZER_NORMAL);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[0], a);
    ck_assert(marked(b) && marked(c));
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[1], c);
    ck_assert_int_eq(collect_and_run(), 0);
}
END_TEST

START_TEST(normal_cycles_never_run_and_are_told_once)
{
    a->to[0] = b;
    b->to[0] = a;
    c->to[1] = c;
    set(a, FINALIZER_NORMAL);
    set(c, FINALIZER_NORMAL);
    ck_assert_int_eq(collect_and_run(), 0);
    ck_assert(marked(a) && marked(b) && marked(c));
    ck_assert_int_eq(cycles_new(), 2);
    ck_assert_int_eq(collect_and_run(), 0);
    ck_assert_int_eq(cycles_new(), 0);
    ck_assert_uint_eq(finalize_record_count(), 2);
}
END_TEST

/* ---- ignore_self ---- */

START_TEST(ignore_self_ignores_itself_only)
{
    a->to[0] = a;
    b->to[0] = c;
    c->to[0] = b;
    set(a, FINALIZER_IGNORE_SELF);
    set(b, FINALIZER_IGNORE_SELF);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[0], a);
    ck_assert_int_eq(cycles_new(), 1);
    ck_assert(marked(b) && marked(c));
}
END_TEST

START_TEST(ignore_self_keeps_the_order)
{
    a->to[0] = a;
    a->to[1] = b;
    set(b, FINALIZER_IGNORE_SELF);
    set(a, FINALIZER_IGNORE_SELF);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[0], a);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[1], b);
}
END_TEST

/* ---- no_order ---- */

START_TEST(no_order_runs_all_at_once_and_keeps_what_they_see)
{
    a->to[0] = b;
    b->to[0] = a;
    b->to[1] = c;
    set(a, FINALIZER_NO_ORDER);
    set(b, FINALIZER_NO_ORDER);
    ck_assert_int_eq(collect_and_run(), 2);
    ck_assert(marked(a) && marked(b) && marked(c));
    ck_assert_int_eq(cycles_new(), 0);
}
END_TEST

/* A normal object gives way to those that lead to it by a normal edge, not to a no_order one. */
START_TEST(no_order_does_not_hold_back_normal)
{
    a->to[0] = b;
    set(a, FINALIZER_NO_ORDER);
    set(b, FINALIZER_NORMAL);
    ck_assert_int_eq(collect_and_run(), 2);
}
END_TEST

/* ---- unreachable ---- */

START_TEST(unreachable_waits_for_no_order)
{
    a->to[0] = b;
    b->to[0] = c;
    set(a, FINALIZER_NO_ORDER);
    set(c, FINALIZER_UNREACHABLE);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[0], a);
    ck_assert_uint_eq(finalize_record_count(), 1);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[1], c);
}
END_TEST

START_TEST(unreachable_is_ordered_like_normal)
{
    a->to[0] = b;
    c->to[0] = c;
    set(b, FINALIZER_UNREACHABLE);
    set(a, FINALIZER_UNREACHABLE);
    set(c, FINALIZER_UNREACHABLE);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[0], a);
    ck_assert(marked(a));
    ck_assert_int_eq(cycles_new(), 1);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[1], b);
}
END_TEST

/* ---- Roots ---- */

START_TEST(queued_objects_are_roots)
{
    a->to[0] = b;
    set(a, FINALIZER_NORMAL);
    collect(NULL);
    collect(NULL);
    ck_assert(marked(a) && marked(b));
    ck_assert_int_eq(finalize_run_queued(INT_MAX), 1);
    collect(NULL);
    ck_assert(!marked(a) && !marked(b));
}
END_TEST

START_TEST(client_data_is_a_root)
{
    ck_assert(enroll(a, note, b, FINALIZER_NORMAL, NULL, NULL));
    collect(a);
    ck_assert(marked(b));
    collect(NULL);
    collect(NULL);
    ck_assert(marked(b));
    ck_assert_int_eq(finalize_run_queued(INT_MAX), 1);
    collect(NULL);
    ck_assert(!marked(b));
}
END_TEST

/* ---- Records ---- */

static void other(void *object, void *data)
{
    (void)object;
    (void)data;
}

START_TEST(old_values_are_returned)
{
    finalizer_proc old_fn = other;
    void *old_data = a;
    ck_assert(enroll(a, note, b, FINALIZER_NORMAL, &old_fn, &old_data));
    ck_assert(old_fn == NULL && old_data == NULL);
    ck_assert(enroll(a, other, c, FINALIZER_NORMAL, &old_fn, &old_data));
    ck_assert(old_fn == note && old_data == b);
    ck_assert(enroll(a, NULL, d, FINALIZER_NORMAL, &old_fn, &old_data));
    ck_assert(old_fn == other && old_data == c);
    ck_assert_uint_eq(finalize_record_count(), 0);
    ck_assert(enroll(a, NULL, NULL, FINALIZER_NORMAL, &old_fn, &old_data));
    ck_assert(old_fn == NULL && old_data == NULL);
}
END_TEST

START_TEST(a_freed_object_has_no_record)
{
    set(a, FINALIZER_NORMAL);
    forget(b);
    ck_assert_uint_eq(finalize_record_count(), 1);
    forget(a);
    ck_assert(finalize_is_valid());
    ck_assert_int_eq(collect_and_run(), 0);
}
END_TEST

START_TEST(without_memory_nothing_is_registered)
{
    finalizer_proc old_fn = other;
    for (unsigned long n = 1; n <= 2; n++) { /* the set, then the records */
        os_fail_nth(n);
        ck_assert(!enroll(a, note, NULL, FINALIZER_NORMAL, &old_fn, NULL));
        ck_assert(old_fn == other);
        ck_assert_uint_eq(finalize_record_count(), 0);
    }
    os_fail_nth(0);
    set(a, FINALIZER_NORMAL);
    ck_assert_int_eq(collect_and_run(), 1);
}
END_TEST

/* ---- Links ---- */

static void *short_link, *long_link;

START_TEST(short_links_go_before_finalizers_long_ones_after)
{
    short_link = long_link = a;
    set(a, FINALIZER_NORMAL);
    ck_assert_int_eq(link_register(LINK_SHORT, &short_link, (uintptr_t)a), 0);
    ck_assert_int_eq(link_register(LINK_LONG, &long_link, (uintptr_t)a), 0);
    collect(NULL);
    ck_assert_ptr_null(short_link);
    ck_assert_ptr_eq(long_link, a);
    ck_assert_int_eq(finalize_run_queued(INT_MAX), 1);
    collect(NULL);
    ck_assert_ptr_null(long_link);
}
END_TEST

START_TEST(links_to_live_objects_stay)
{
    short_link = a;
    ck_assert_int_eq(link_register(LINK_SHORT, &short_link, (uintptr_t)a), 0);
    ck_assert_int_eq(link_register(LINK_SHORT, &short_link, (uintptr_t)a), 1);
    collect(a);
    ck_assert_ptr_eq(short_link, a);
    ck_assert_int_eq(link_move(LINK_SHORT, &short_link, &long_link), 0);
    ck_assert_int_eq(link_unregister(LINK_SHORT, &short_link), 0);
    ck_assert_int_eq(link_unregister(LINK_SHORT, &long_link), 1);
    collect(NULL);
    ck_assert_ptr_eq(short_link, a);
}
END_TEST

/* ---- Running ---- */

static int pending_when_nested;

static void run_nested(void *object, void *data);

static void set_nested(struct node *n)
{
    ck_assert(enroll(n, run_nested, NULL, FINALIZER_NORMAL, NULL, NULL));
}

/* Registers `a` again, and collects. */
static void run_nested(void *object, void *data)
{
    note(object, data);
    pending_when_nested += finalize_is_pending();
    ck_assert_int_eq(finalize_run_queued(INT_MAX), 0);
    if (a->seen < 3)
        set_nested(a);
    collect(NULL);
}

START_TEST(finalizers_do_not_nest)
{
    set_nested(a);
    set_nested(b);
    collect(NULL);
    ck_assert_int_eq(finalize_run_queued(INT_MAX), 4);
    ck_assert_int_eq(a->seen, 3);
    ck_assert_int_ge(pending_when_nested, 1);
}
END_TEST

static jmp_buf way_out;

static void jump_out(void *object, void *data)
{
    note(object, data);
    longjmp(way_out, 1);
}

/* So deep below, and over so much that was written, as a program is that goes on. */
__attribute__((noinline)) static int run_from_below(int frames)
{
    volatile char written[256];
    memset((char *)written, frames, sizeof written);
    int ran = frames > 0 ? run_from_below(frames - 1) : finalize_run_queued(INT_MAX);
    written[0] = (char)ran;
    return written[0];
}

START_TEST(who_jumps_out_of_a_finalizer_runs_others)
{
    ck_assert(enroll(a, jump_out, NULL, FINALIZER_NORMAL, NULL, NULL));
    set_nested(b);
    set_nested(c);
    a->to[0] = b;
    b->to[0] = c;
    collect(NULL);
    if (setjmp(way_out) == 0)
        finalize_run_queued(INT_MAX);
    ck_assert_int_eq(a->seen, 1);
    collect(NULL);
    ck_assert(finalize_is_pending());
    ck_assert_int_ge(finalize_run_queued(INT_MAX), 1);
    ck_assert(enroll(d, jump_out, NULL, FINALIZER_NORMAL, NULL, NULL));
    collect(NULL);
    if (setjmp(way_out) == 0)
        finalize_run_queued(INT_MAX);
    set_nested(c);
    collect(NULL);
    ck_assert(finalize_is_pending());
    ck_assert_int_ge(run_from_below(20), 1);
}
END_TEST

START_TEST(all_can_be_queued_at_once)
{
    a->to[0] = b;
    b->to[0] = a;
    set(a, FINALIZER_NORMAL);
    set(b, FINALIZER_NORMAL);
    collect(a);
    finalize_enqueue_all();
    ck_assert(finalize_is_valid());
    ck_assert_uint_eq(finalize_record_count(), 0);
    ck_assert_int_eq(finalize_run_queued(INT_MAX), 2);
}
END_TEST

/* ---- Many ---- */

enum { many = 20000 };

static struct node *crowd[many];

/* Pointers lead upwards only, so all of them can be finalized in the end. */
static void build_crowd(uint64_t *random)
{
    for (size_t i = 0; i < many; i++)
        crowd[i] = hand_alloc(sizeof *crowd[i], KIND_NORMAL);
    for (size_t i = 0; i < many; i++) {
        for (int e = 0; e < edges; e++)
            if (unit_random(random) % 4 == 0 && i + 1 < many)
                crowd[i]->to[e] = crowd[i + 1 + unit_random(random) % (many - i - 1)];
        ck_assert(enroll(crowd[i], note, NULL, (enum finalizer_order)(unit_random(random) % 4),
                         NULL, NULL));
    }
}

/* No normal object runs in a round after which one that leads to it is yet to run. */
static bool order_is_kept(void)
{
    bool kept = true;
    for (size_t i = 0; i < many; i++)
        for (int e = 0; e < edges && crowd[i]->seen == 0; e++)
            kept &= crowd[i]->to[e] == NULL || crowd[i]->to[e]->seen == 0;
    return kept;
}

START_TEST(a_crowd_is_finalized_from_the_top)
{
    uint64_t random = 2463534242u;
    int total = 0, round;
    build_crowd(&random);
    do {
        for (size_t i = 0; i < many; i++)
            set_mark(crowd[i], false);
        finalize_after_mark(&marker);
        ck_assert(finalize_is_valid());
        round = finalize_run_queued(INT_MAX);
        total += round;
        ck_assert(order_is_kept());
    } while (round > 0);
    ck_assert_int_eq(total, many);
    ck_assert_uint_eq(finalize_record_count(), 0);
}
END_TEST

/* ---- A model ---- */

enum { model_nodes = 700, model_rounds = 400, not_registered = -1 };

static struct node *net[model_nodes];
static int orders[model_nodes]; /* not_registered, or enum finalizer_order */
static bool kept[model_nodes];  /* the model's marks */
static int due[model_nodes];    /* times that a finalizer was to run so far */

static int edge_numbers[model_nodes][edges]; /* as net[i]->to, by number; -1: none */

static void keep(int i)
{
    if (i < 0 || kept[i])
        return;
    kept[i] = true;
    for (int e = 0; e < edges; e++)
        keep(edge_numbers[i][e]);
}

static void keep_contents(int i)
{
    for (int e = 0; e < edges; e++)
        if (orders[i] != FINALIZER_IGNORE_SELF || edge_numbers[i][e] != i)
            keep(edge_numbers[i][e]);
}

/* All at once, by sets: what finalize.h says in words. */
static void model_decide(void)
{
    bool candidate[model_nodes];
    for (int i = 0; i < model_nodes; i++)
        candidate[i] = orders[i] != not_registered && !kept[i];
    for (int i = 0; i < model_nodes; i++)
        if (candidate[i] && orders[i] != FINALIZER_NO_ORDER)
            keep_contents(i);
    for (int i = 0; i < model_nodes; i++)
        candidate[i] = candidate[i] && !kept[i];
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < model_nodes; i++)
            if (candidate[i] && (orders[i] == FINALIZER_UNREACHABLE) == (pass == 1) &&
                (pass == 0 || !kept[i])) {
                keep(i);
                orders[i] = not_registered;
                due[i]++;
            }
}

/* Small ones of several sizes, so that spans have one word of bits or many, and large ones. */
static void build_net(void)
{
    static const size_t sizes[] = {sizeof(struct node), 32, 32, 240, 3000, 40000};
    for (size_t i = 0; i < model_nodes; i++) {
        size_t size = sizes[i % 97 == 0 ? 5 : i % 5];
        net[i] = hand_alloc(size < sizeof(struct node) ? sizeof(struct node) : size, KIND_NORMAL);
        orders[i] = not_registered;
        for (int e = 0; e < edges; e++)
            edge_numbers[i][e] = -1;
    }
}

static void change_edges(uint64_t *random)
{
    size_t i = unit_random(random) % model_nodes;
    for (int e = 0; e < edges; e++) {
        int to = unit_random(random) % 3 == 0 ? (int)(unit_random(random) % model_nodes) : -1;
        if (unit_random(random) % 20 == 0)
            to = (int)i;
        edge_numbers[i][e] = to;
        net[i]->to[e] = to >= 0 ? net[to] : NULL;
    }
}

static void change_record(uint64_t *random)
{
    size_t i = unit_random(random) % model_nodes;
    int order = (int)(unit_random(random) % 6);
    if (order < 4) {
        ck_assert(enroll(net[i], note, NULL, (enum finalizer_order)order, NULL, NULL));
        orders[i] = order;
        return;
    }
    finalizer_proc old = NULL;
    if (order == 4) {
        ck_assert(enroll(net[i], NULL, NULL, FINALIZER_NORMAL, &old, NULL));
        ck_assert((old != NULL) == (orders[i] != not_registered));
    } else {
        forget(net[i]);
    }
    orders[i] = not_registered;
}

static void model_collect(uint64_t *random)
{
    for (size_t i = 0; i < model_nodes; i++) {
        set_mark(net[i], false);
        kept[i] = false;
    }
    for (size_t n = unit_random(random) % 40; n > 0; n--) {
        size_t root = unit_random(random) % model_nodes;
        mark_object((uintptr_t)net[root]);
        keep((int)root);
    }
    finalize_after_mark(&marker);
    model_decide();
}

static void check_against_model(void)
{
    size_t registered = 0;
    ck_assert(finalize_is_valid());
    for (size_t i = 0; i < model_nodes; i++) {
        ck_assert(marked(net[i]) == kept[i]);
        ck_assert_int_eq(net[i]->seen, due[i]);
        registered += orders[i] != not_registered;
    }
    ck_assert_uint_eq(finalize_record_count(), registered);
}

START_TEST(what_the_model_says_is_done)
{
    uint64_t random = 88172645463325252u;
    build_net();
    for (int round = 0; round < model_rounds; round++) {
        for (int i = 0; i < 50; i++)
            change_edges(&random);
        for (int i = 0; i < 200; i++)
            change_record(&random);
        model_collect(&random);
        finalize_run_queued(INT_MAX);
        check_against_model();
    }
}
END_TEST

/* ---- Memory ---- */

START_TEST(a_span_takes_its_records_along)
{
    void *large = hand_alloc(100000, KIND_NORMAL);
    ck_assert(enroll(large, note, NULL, FINALIZER_NORMAL, NULL, NULL));
    ck_assert_int_eq(hand_free(large), FREE_DONE); /* and not forget, as if both came together */
    ck_assert_uint_eq(finalize_record_count(), 0);
    ck_assert(finalize_is_valid());
}
END_TEST

START_TEST(a_record_of_no_object_is_dropped)
{
    set(a, FINALIZER_NORMAL);
    set(b, FINALIZER_NORMAL);
    ck_assert_int_eq(hand_free(a), FREE_DONE); /* as above; the span stays */
    cache_flush(&hand_cache);
    finalize_after_mark(&marker);
    ck_assert_uint_eq(finalize_record_count(), 0);
    ck_assert_int_eq(finalize_run_queued(INT_MAX), 1);
    ck_assert_ptr_eq(ran[0], b);
}
END_TEST

START_TEST(memory_of_records_goes_back)
{
    uint64_t random = 2463534242u;
    build_crowd(&random);
    size_t full = special_mapped_bytes();
    ck_assert_uint_ge(full, many * sizeof(struct special));
    ck_assert_uint_le(full, many * sizeof(struct special) * 5 / 4);
    for (size_t i = 0; i < many; i += 2)
        forget(crowd[i]);
    for (size_t i = 0; i < many; i += 2)
        set(crowd[i], FINALIZER_NORMAL);
    ck_assert(finalize_is_valid());
    ck_assert_uint_eq(special_mapped_bytes(), full);
    for (size_t i = 0; i < many; i++)
        forget(crowd[i]);
    collect(NULL); /* the first cycle after it saw them in use since the last one */
    ck_assert_uint_eq(special_mapped_bytes(), full);
    collect(NULL);
    ck_assert_uint_eq(special_mapped_bytes(), 0);
    set(a, FINALIZER_NORMAL);
    ck_assert_int_eq(collect_and_run(), 1);
}
END_TEST

START_TEST(records_and_links_bring_the_next_cycle_nearer)
{
    enum { goal = 100 << 20 };
    uint64_t random = 2463534242u;
    word_store(&heap.goal, goal);
    build_crowd(&random);
    ck_assert_uint_le(word_load(&heap.goal), goal - many * sizeof(struct special));
    for (size_t i = 0; i < many; i++)
        forget(crowd[i]);
    ck_assert_uint_le(goal - word_load(&heap.goal), 32 * 1024);
    for (size_t i = 0; i < many; i++)
        ck_assert_int_eq(link_register(LINK_LONG, (void **)&crowd[i], (uintptr_t)crowd[i]), 0);
    ck_assert_uint_le(word_load(&heap.goal), goal - many * 2 * sizeof(void *));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, reachable_objects_are_left_alone);
    tcase_add_test(tests, normal_runs_from_the_top);
    tcase_add_test(tests, normal_cycles_never_run_and_are_told_once);
    tcase_add_test(tests, ignore_self_ignores_itself_only);
    tcase_add_test(tests, ignore_self_keeps_the_order);
    tcase_add_test(tests, no_order_runs_all_at_once_and_keeps_what_they_see);
    tcase_add_test(tests, no_order_does_not_hold_back_normal);
    tcase_add_test(tests, unreachable_waits_for_no_order);
    tcase_add_test(tests, unreachable_is_ordered_like_normal);
    tcase_add_test(tests, queued_objects_are_roots);
    tcase_add_test(tests, client_data_is_a_root);
    tcase_add_test(tests, old_values_are_returned);
    tcase_add_test(tests, a_freed_object_has_no_record);
    tcase_add_test(tests, without_memory_nothing_is_registered);
    tcase_add_test(tests, short_links_go_before_finalizers_long_ones_after);
    tcase_add_test(tests, links_to_live_objects_stay);
    tcase_add_test(tests, finalizers_do_not_nest);
    tcase_add_test(tests, who_jumps_out_of_a_finalizer_runs_others);
    tcase_add_test(tests, all_can_be_queued_at_once);
    tcase_add_test(tests, a_crowd_is_finalized_from_the_top);
    tcase_add_test(tests, what_the_model_says_is_done);
    tcase_add_test(tests, a_span_takes_its_records_along);
    tcase_add_test(tests, a_record_of_no_object_is_dropped);
    tcase_add_test(tests, memory_of_records_goes_back);
    tcase_add_test(tests, records_and_links_bring_the_next_cycle_nearer);
}

int main(void)
{
    return unit_run("finalize", add_tests);
}
