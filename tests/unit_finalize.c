/* unit_finalize.c: which finalizers run, in which order, on a graph of our own with a marker of our
 * own; no heap and no collector. */
#include <limits.h>
#include "unit.h"
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>
#include "platform/os.h"
#include "services/finalize.h"
#include "threads/thread.h"

enum { edges = 3, most_run = 64 };

/* An object: its base is its address. */
struct node {
    struct node *to[edges];
    bool marked;
    int seen; /* times that a finalizer got it */
};

static struct node a, b, c, d;
static struct node *const all[] = {&a, &b, &c, &d};
static struct thread self;

/* ---- The marker ---- */

static bool is_marked(uintptr_t base)
{
    return ((struct node *)base)->marked;
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
    if (n->marked)
        return;
    n->marked = true;
    mark_edges(n, NULL);
}

static const struct finalize_marker marker = {
    .is_marked = is_marked,
    .mark_from_contents = mark_from_contents,
    .mark_object = mark_object,
    .mark_from_contents_but_self = mark_but_self,
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
        all[i]->marked = false;
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
    ck_assert(finalizer_register((uintptr_t)n, note, NULL, order, NULL, NULL));
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
}

/* ---- normal ---- */

START_TEST(reachable_objects_are_left_alone)
{
    a.to[0] = &b;
    set(&a, FINALIZER_NORMAL);
    set(&b, FINALIZER_NO_ORDER);
    collect(&a);
    ck_assert(!finalize_is_pending());
    ck_assert_uint_eq(finalize_record_count(), 2);
}
END_TEST

START_TEST(normal_runs_from_the_top)
{
    a.to[0] = &b;
    b.to[0] = &c;
    set(&c, FINALIZER_NORMAL);
    set(&a, FINALIZER_NORMAL);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[0], &a);
    ck_assert(b.marked && c.marked);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[1], &c);
    ck_assert_int_eq(collect_and_run(), 0);
}
END_TEST

START_TEST(normal_cycles_never_run_and_are_told_once)
{
    a.to[0] = &b;
    b.to[0] = &a;
    c.to[1] = &c;
    set(&a, FINALIZER_NORMAL);
    set(&c, FINALIZER_NORMAL);
    ck_assert_int_eq(collect_and_run(), 0);
    ck_assert(a.marked && b.marked && c.marked);
    ck_assert_int_eq(cycles_new(), 2);
    ck_assert_int_eq(collect_and_run(), 0);
    ck_assert_int_eq(cycles_new(), 0);
    ck_assert_uint_eq(finalize_record_count(), 2);
}
END_TEST

/* ---- ignore_self ---- */

START_TEST(ignore_self_ignores_itself_only)
{
    a.to[0] = &a;
    b.to[0] = &c;
    c.to[0] = &b;
    set(&a, FINALIZER_IGNORE_SELF);
    set(&b, FINALIZER_IGNORE_SELF);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[0], &a);
    ck_assert_int_eq(cycles_new(), 1);
    ck_assert(b.marked && c.marked);
}
END_TEST

START_TEST(ignore_self_keeps_the_order)
{
    a.to[0] = &a;
    a.to[1] = &b;
    set(&b, FINALIZER_IGNORE_SELF);
    set(&a, FINALIZER_IGNORE_SELF);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[0], &a);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[1], &b);
}
END_TEST

/* ---- no_order ---- */

START_TEST(no_order_runs_all_at_once_and_keeps_what_they_see)
{
    a.to[0] = &b;
    b.to[0] = &a;
    b.to[1] = &c;
    set(&a, FINALIZER_NO_ORDER);
    set(&b, FINALIZER_NO_ORDER);
    ck_assert_int_eq(collect_and_run(), 2);
    ck_assert(a.marked && b.marked && c.marked);
    ck_assert_int_eq(cycles_new(), 0);
}
END_TEST

/* A normal object gives way to those that lead to it by a normal edge, not to a no_order one. */
START_TEST(no_order_does_not_hold_back_normal)
{
    a.to[0] = &b;
    set(&a, FINALIZER_NO_ORDER);
    set(&b, FINALIZER_NORMAL);
    ck_assert_int_eq(collect_and_run(), 2);
}
END_TEST

/* ---- unreachable ---- */

START_TEST(unreachable_waits_for_no_order)
{
    a.to[0] = &b;
    b.to[0] = &c;
    set(&a, FINALIZER_NO_ORDER);
    set(&c, FINALIZER_UNREACHABLE);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[0], &a);
    ck_assert_uint_eq(finalize_record_count(), 1);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[1], &c);
}
END_TEST

START_TEST(unreachable_is_ordered_like_normal)
{
    a.to[0] = &b;
    c.to[0] = &c;
    set(&b, FINALIZER_UNREACHABLE);
    set(&a, FINALIZER_UNREACHABLE);
    set(&c, FINALIZER_UNREACHABLE);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[0], &a);
    ck_assert(a.marked);
    ck_assert_int_eq(cycles_new(), 1);
    ck_assert_int_eq(collect_and_run(), 1);
    ck_assert_ptr_eq(ran[1], &b);
}
END_TEST

/* ---- Roots ---- */

START_TEST(queued_objects_are_roots)
{
    a.to[0] = &b;
    set(&a, FINALIZER_NORMAL);
    collect(NULL);
    collect(NULL);
    ck_assert(a.marked && b.marked);
    ck_assert_int_eq(finalize_run_queued(INT_MAX), 1);
    collect(NULL);
    ck_assert(!a.marked && !b.marked);
}
END_TEST

START_TEST(client_data_is_a_root)
{
    ck_assert(finalizer_register((uintptr_t)&a, note, &b, FINALIZER_NORMAL, NULL, NULL));
    collect(&a);
    ck_assert(b.marked);
    collect(NULL);
    collect(NULL);
    ck_assert(b.marked);
    ck_assert_int_eq(finalize_run_queued(INT_MAX), 1);
    collect(NULL);
    ck_assert(!b.marked);
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
    void *old_data = &a;
    uintptr_t base = (uintptr_t)&a;
    ck_assert(finalizer_register(base, note, &b, FINALIZER_NORMAL, &old_fn, &old_data));
    ck_assert(old_fn == NULL && old_data == NULL);
    ck_assert(finalizer_register(base, other, &c, FINALIZER_NORMAL, &old_fn, &old_data));
    ck_assert(old_fn == note && old_data == &b);
    ck_assert(finalizer_register(base, NULL, &d, FINALIZER_NORMAL, &old_fn, &old_data));
    ck_assert(old_fn == other && old_data == &c);
    ck_assert_uint_eq(finalize_record_count(), 0);
    ck_assert(finalizer_register(base, NULL, NULL, FINALIZER_NORMAL, &old_fn, &old_data));
    ck_assert(old_fn == NULL && old_data == NULL);
}
END_TEST

START_TEST(a_freed_object_has_no_record)
{
    set(&a, FINALIZER_NORMAL);
    finalize_forget((uintptr_t)&b);
    ck_assert_uint_eq(finalize_record_count(), 1);
    finalize_forget((uintptr_t)&a);
    ck_assert_int_eq(collect_and_run(), 0);
}
END_TEST

START_TEST(without_memory_nothing_is_registered)
{
    finalizer_proc old_fn = other;
    for (unsigned long n = 1; n <= 2; n++) { /* the records, then the table */
        os_fail_nth(n);
        ck_assert(!finalizer_register((uintptr_t)&a, note, NULL, FINALIZER_NORMAL, &old_fn, NULL));
        ck_assert(old_fn == other);
        ck_assert_uint_eq(finalize_record_count(), 0);
    }
    os_fail_nth(0);
    set(&a, FINALIZER_NORMAL);
    ck_assert_int_eq(collect_and_run(), 1);
}
END_TEST

/* ---- Links ---- */

static void *short_link, *long_link;

START_TEST(short_links_go_before_finalizers_long_ones_after)
{
    short_link = long_link = &a;
    set(&a, FINALIZER_NORMAL);
    ck_assert_int_eq(link_register(LINK_SHORT, &short_link, (uintptr_t)&a), 0);
    ck_assert_int_eq(link_register(LINK_LONG, &long_link, (uintptr_t)&a), 0);
    collect(NULL);
    ck_assert_ptr_null(short_link);
    ck_assert_ptr_eq(long_link, &a);
    ck_assert_int_eq(finalize_run_queued(INT_MAX), 1);
    collect(NULL);
    ck_assert_ptr_null(long_link);
}
END_TEST

START_TEST(links_to_live_objects_stay)
{
    short_link = &a;
    ck_assert_int_eq(link_register(LINK_SHORT, &short_link, (uintptr_t)&a), 0);
    ck_assert_int_eq(link_register(LINK_SHORT, &short_link, (uintptr_t)&a), 1);
    collect(&a);
    ck_assert_ptr_eq(short_link, &a);
    ck_assert_int_eq(link_move(LINK_SHORT, &short_link, &long_link), 0);
    ck_assert_int_eq(link_unregister(LINK_SHORT, &short_link), 0);
    ck_assert_int_eq(link_unregister(LINK_SHORT, &long_link), 1);
    collect(NULL);
    ck_assert_ptr_eq(short_link, &a);
}
END_TEST

/* ---- Running ---- */

static int pending_when_nested;

static void run_nested(void *object, void *data);

static void set_nested(struct node *n)
{
    ck_assert(finalizer_register((uintptr_t)n, run_nested, NULL, FINALIZER_NORMAL, NULL, NULL));
}

/* Registers `a` again, and collects. */
static void run_nested(void *object, void *data)
{
    note(object, data);
    pending_when_nested += finalize_is_pending();
    ck_assert_int_eq(finalize_run_queued(INT_MAX), 0);
    if (a.seen < 3)
        set_nested(&a);
    collect(NULL);
}

START_TEST(finalizers_do_not_nest)
{
    set_nested(&a);
    set_nested(&b);
    collect(NULL);
    ck_assert_int_eq(finalize_run_queued(INT_MAX), 4);
    ck_assert_int_eq(a.seen, 3);
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
    ck_assert(finalizer_register((uintptr_t)&a, jump_out, NULL, FINALIZER_NORMAL, NULL, NULL));
    set_nested(&b);
    set_nested(&c);
    a.to[0] = &b;
    b.to[0] = &c;
    collect(NULL);
    if (setjmp(way_out) == 0)
        finalize_run_queued(INT_MAX);
    ck_assert_int_eq(a.seen, 1);
    collect(NULL);
    ck_assert(finalize_is_pending());
    ck_assert_int_ge(finalize_run_queued(INT_MAX), 1);
    ck_assert(finalizer_register((uintptr_t)&d, jump_out, NULL, FINALIZER_NORMAL, NULL, NULL));
    collect(NULL);
    if (setjmp(way_out) == 0)
        finalize_run_queued(INT_MAX);
    set_nested(&c);
    collect(NULL);
    ck_assert(finalize_is_pending());
    ck_assert_int_ge(run_from_below(20), 1);
}
END_TEST

START_TEST(all_can_be_queued_at_once)
{
    a.to[0] = &b;
    b.to[0] = &a;
    set(&a, FINALIZER_NORMAL);
    set(&b, FINALIZER_NORMAL);
    collect(&a);
    finalize_enqueue_all();
    ck_assert(finalize_is_valid());
    ck_assert_uint_eq(finalize_record_count(), 0);
    ck_assert_int_eq(finalize_run_queued(INT_MAX), 2);
}
END_TEST

/* ---- Many ---- */

enum { many = 20000 };

static struct node crowd[many];

/* Pointers lead upwards only, so all of them can be finalized in the end. */
static void build_crowd(uint64_t *random)
{
    for (size_t i = 0; i < many; i++) {
        for (int e = 0; e < edges; e++)
            if (unit_random(random) % 4 == 0 && i + 1 < many)
                crowd[i].to[e] = &crowd[i + 1 + unit_random(random) % (many - i - 1)];
        ck_assert(finalizer_register((uintptr_t)&crowd[i], note, NULL,
                                     (enum finalizer_order)(unit_random(random) % 4), NULL, NULL));
    }
}

/* No normal object runs in a round after which one that leads to it is yet to run. */
static bool order_is_kept(void)
{
    bool kept = true;
    for (size_t i = 0; i < many; i++)
        for (int e = 0; e < edges && crowd[i].seen == 0; e++)
            kept &= crowd[i].to[e] == NULL || crowd[i].to[e]->seen == 0;
    return kept;
}

START_TEST(a_crowd_is_finalized_from_the_top)
{
    uint64_t random = 2463534242u;
    int total = 0, round;
    build_crowd(&random);
    do {
        for (size_t i = 0; i < many; i++)
            crowd[i].marked = false;
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
}

int main(void)
{
    return unit_run("finalize", add_tests);
}
