/* unit_table.c: the hash table against a plain array, and links that move and die. */
#include "handcycle.h"
#include <stdbool.h>
#include <string.h>
#include "platform/os.h"
#include "services/links.h"
#include "services/table.h"

enum { keys = 5000, steps = 200000 };

static uintptr_t key_number(size_t i)
{
    return (i + 1) * 16;
}

/* ---- The table ---- */

static uintptr_t model[keys]; /* values; 0: absent */

static void check_against_model(const struct table *t)
{
    size_t present = 0;
    ck_assert(table_is_valid(t));
    for (size_t i = 0; i < keys; i++) {
        const struct table_entry *e = table_find(t, key_number(i));
        ck_assert_uint_eq(e != NULL ? e->value : 0, model[i]);
        present += model[i] != 0;
    }
    ck_assert_uint_eq(t->count, present);
}

static void random_step(struct table *t, uint64_t *random)
{
    size_t i = unit_random(random) % keys;
    if (model[i] == 0) {
        model[i] = unit_random(random) | 1;
        ck_assert(table_put(t, key_number(i), model[i]));
    } else {
        model[i] = 0;
        ck_assert(table_remove(t, key_number(i)));
        ck_assert(!table_remove(t, key_number(i)));
    }
}

START_TEST(it_holds_what_the_model_holds)
{
    struct table t = {0};
    uint64_t random = 88172645463325252u;
    ck_assert_ptr_null(table_find(&t, 16));
    for (size_t i = 0; i < steps; i++) {
        random_step(&t, &random);
        if (i % (steps / 20) == 0)
            check_against_model(&t);
    }
    table_free(&t);
    ck_assert_uint_eq(t.capacity, 0);
}
END_TEST

/* A walk that removes every other entry meets all that were there, each once. */
START_TEST(a_walk_with_removals_meets_all)
{
    static bool met[keys];
    struct table t = {0};
    for (size_t i = 0; i < keys; i++)
        ck_assert(table_put(&t, key_number(i), i));
    for (size_t n = t.count; n-- > 0;) {
        const struct table_entry *e = &t.entries[n];
        ck_assert(!met[e->value]);
        met[e->value] = true;
        if (e->value % 2 == 0)
            table_remove_at(&t, n);
    }
    ck_assert(table_is_valid(&t));
    ck_assert_uint_eq(t.count, keys / 2);
    for (size_t i = 0; i < keys; i++)
        ck_assert(met[i]);
}
END_TEST

/* Few of them, then most. */
START_TEST(empty_entries_go_all_at_once)
{
    static const size_t parts[] = {100, 2, 100, 1};
    struct table t = {0};
    for (size_t i = 0; i < keys; i++)
        ck_assert(table_put(&t, key_number(i), model[i] = i + 1));
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++) {
        size_t empty = 0;
        for (size_t n = 0; n < t.count; n++) {
            if (n % parts[part] != 0)
                continue;
            model[t.entries[n].value - 1] = 0;
            t.entries[n].value = 0;
            empty++;
        }
        table_remove_empty(&t, empty);
        check_against_model(&t);
    }
    ck_assert_uint_eq(t.count, 0);
}
END_TEST

START_TEST(without_memory_nothing_changes)
{
    struct table t = {0};
    size_t before;
    for (unsigned long n = 1; n <= 2; n++) { /* heads, entries */
        os_fail_nth(n);
        ck_assert(!table_put(&t, 16, 1));
        ck_assert_uint_eq(t.count, 0);
    }
    for (size_t i = 0; i < 256; i++) /* until it is to grow */
        ck_assert(table_put(&t, key_number(i), i));
    before = t.capacity;
    for (unsigned long n = 1; n <= 2; n++) {
        os_fail_nth(n);
        ck_assert(!table_put(&t, key_number(keys), 1));
        ck_assert_uint_eq(t.capacity, before);
        ck_assert(table_is_valid(&t));
    }
    ck_assert(table_put(&t, key_number(keys), 1));
    ck_assert_uint_eq(t.capacity, before * 2);
}
END_TEST

START_TEST(room_goes_back_in_time)
{
    struct table t = {0};
    for (size_t i = 0; i < keys; i++)
        ck_assert(table_put(&t, key_number(i), i));
    size_t full = t.capacity;
    while (t.count > 10)
        table_remove_at(&t, t.count / 2);
    table_shrink(&t); /* all of it has been used since the last time, which never was */
    ck_assert_uint_eq(t.capacity, full);
    os_fail_nth(1);
    table_shrink(&t);
    ck_assert_uint_eq(t.capacity, full);
    for (int i = 0; i < 10; i++) {
        table_shrink(&t);
        ck_assert(table_is_valid(&t));
    }
    ck_assert_uint_eq(t.capacity, 256);
    ck_assert_uint_eq(t.count, 10);
}
END_TEST

/* ---- Links, to objects of which the test says whether they are marked ---- */

static uintptr_t object_a, object_b;

static void make_objects(void)
{
    hand_init();
    object_a = (uintptr_t)hand_alloc(16, KIND_NORMAL);
    object_b = (uintptr_t)hand_alloc(16, KIND_NORMAL);
}

static void set_mark(uintptr_t base, bool mark)
{
    struct object o;
    ck_assert(hand_find((void *)base, &o));
    mark_change(&hand_marker, &o, mark);
}

static void *words[4] = {&words, &words, &words, &words};

START_TEST(a_link_belongs_to_the_object_registered_last)
{
    make_objects();
    ck_assert_int_eq(links_put(LINK_SHORT, &words[0], object_a), 0);
    ck_assert_int_eq(links_put(LINK_SHORT, &words[0], object_b), 1);
    set_mark(object_b, true);
    links_clear_dead(LINK_SHORT);
    ck_assert_ptr_nonnull(words[0]);
    set_mark(object_b, false);
    links_clear_dead(LINK_SHORT);
    ck_assert_ptr_null(words[0]);
    ck_assert_uint_eq(links_count(LINK_SHORT), 0);
    ck_assert(!links_remove(LINK_SHORT, &words[0]));
}
END_TEST

START_TEST(a_link_moves)
{
    make_objects();
    ck_assert_int_eq(links_move(LINK_LONG, &words[0], &words[1]), 1);
    ck_assert_int_eq(links_put(LINK_LONG, &words[0], object_a), 0);
    ck_assert_int_eq(links_move(LINK_LONG, &words[0], &words[0]), 0);
    ck_assert_int_eq(links_put(LINK_LONG, &words[1], object_a), 0);
    ck_assert_int_eq(links_move(LINK_LONG, &words[0], &words[1]), 2);
    ck_assert(links_remove(LINK_LONG, &words[1]));
    ck_assert_int_eq(links_move(LINK_LONG, &words[0], &words[1]), 0);
    links_clear_dead(LINK_LONG);
    ck_assert_ptr_nonnull(words[0]);
    ck_assert_ptr_null(words[1]);
}
END_TEST

START_TEST(kinds_of_links_are_apart)
{
    make_objects();
    ck_assert_int_eq(links_put(LINK_SHORT, &words[0], object_a), 0);
    ck_assert_int_eq(links_put(LINK_LONG, &words[1], object_a), 0);
    ck_assert(!links_remove(LINK_LONG, &words[0]));
    links_clear_dead(LINK_SHORT);
    ck_assert_ptr_null(words[0]);
    ck_assert_ptr_nonnull(words[1]);
    ck_assert(links_are_valid());
}
END_TEST

START_TEST(links_in_dead_objects_are_dropped)
{
    make_objects();
    ck_assert_int_eq(links_put(LINK_SHORT, (void **)object_a, object_b), 0);
    ck_assert_int_eq(links_put(LINK_SHORT, &words[0], object_b), 0);
    set_mark(object_a, true);
    set_mark(object_b, true);
    links_drop_dead(LINK_SHORT);
    ck_assert_uint_eq(links_count(LINK_SHORT), 2);
    set_mark(object_a, false);
    links_drop_dead(LINK_SHORT);
    ck_assert(!links_remove(LINK_SHORT, (void **)object_a));
    ck_assert(links_remove(LINK_SHORT, &words[0]));
}
END_TEST

START_TEST(links_report_lack_of_memory)
{
    os_fail_nth(1);
    ck_assert_int_eq(links_put(LINK_SHORT, &words[0], object_a), 2);
    ck_assert_uint_eq(links_count(LINK_SHORT), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, it_holds_what_the_model_holds);
    tcase_add_test(tests, a_walk_with_removals_meets_all);
    tcase_add_test(tests, empty_entries_go_all_at_once);
    tcase_add_test(tests, without_memory_nothing_changes);
    tcase_add_test(tests, room_goes_back_in_time);
    tcase_add_test(tests, a_link_belongs_to_the_object_registered_last);
    tcase_add_test(tests, a_link_moves);
    tcase_add_test(tests, kinds_of_links_are_apart);
    tcase_add_test(tests, links_in_dead_objects_are_dropped);
    tcase_add_test(tests, links_report_lack_of_memory);
}

int main(void)
{
    return unit_run("table", add_tests);
}
