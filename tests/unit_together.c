/* unit_together.c: which of 64 objects lead on, against a look at every word; marks set at once. */
#include "handcycle.h"
#include <string.h>
#include "mark/together.h"

enum { objects_made = 200, rounds = 20 };

static bool has_address(uintptr_t base, size_t bytes)
{
    for (uintptr_t at = base; at < base + bytes; at += sizeof(uintptr_t))
        if (region_contains(*(uintptr_t *)at))
            return true;
    return false;
}

/* About one word in 16 is an address, the last of the heap's objects included. */
static void fill(uintptr_t *object, size_t bytes, uintptr_t target, uint64_t *random)
{
    bool leads = unit_random(random) % 4 == 0;
    for (size_t i = 0; i < bytes / sizeof *object; i++) {
        object[i] = unit_random(random) % 1000;
        if (leads && unit_random(random) % 16 == 0)
            object[i] = target;
    }
}

static void check_word(const struct span *s, size_t word, uint64_t *random)
{
    uint64_t objects = 0, expected = 0;
    for (size_t i = 0; i < 64 && word * 64 + i < s->objects; i++) {
        uint64_t bit = bit_mask(i);
        if (unit_random(random) % 3 == 0)
            continue;
        objects |= bit;
        if (has_address(span_object(s, word * 64 + i), s->object_bytes))
            expected |= bit;
    }
    uint64_t leading = together_leading_on(s, word, objects);
    ck_assert_uint_eq(leading & ~objects, 0);
    ck_assert_uint_eq(expected & ~leading, 0);
    if (s->object_bytes <= 64 * sizeof(uintptr_t))
        ck_assert_uint_eq(leading, expected);
}

static void check_size(size_t bytes, uint64_t *random)
{
    uintptr_t *last = NULL;
    for (size_t i = 0; i < objects_made; i++) {
        uintptr_t *p = hand_alloc(bytes, KIND_NORMAL);
        fill(p, bytes, (uintptr_t)(last != NULL ? last : p), random);
        last = p;
    }
    const struct span *s = hand_span(last);
    for (size_t word = 0; word < span_bit_words(s); word++)
        for (int i = 0; i < rounds; i++)
            check_word(s, word, random);
}

START_TEST(those_with_addresses_lead_on)
{
    static const size_t sizes[] = {16, 24, 32, 48, 80, 128, 256, 504, 512, 520, 1024, 5000};
    uint64_t random = 88172645463325252u;
    hand_init();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_size(sizes[i] - 1, &random);
}
END_TEST

START_TEST(those_without_pointers_lead_nowhere)
{
    hand_init();
    uintptr_t *p = hand_alloc(64, KIND_ATOMIC);
    p[0] = (uintptr_t)p;
    ck_assert_uint_eq(together_leading_on(hand_span(p), 0, UINT64_MAX), 0);
}
END_TEST

/* As if one after the other. */
static void check_marks(unsigned kind, size_t bytes)
{
    enum { count = 10 };
    struct object o;
    struct marker one_by_one;
    uint64_t objects = 0;
    memcpy(&one_by_one, &hand_marker, sizeof one_by_one);
    void *p = hand_alloc(bytes, kind);
    struct span *s = hand_span(p);
    for (int i = 0; i < count; i++, p = hand_alloc(bytes, kind)) {
        ck_assert(hand_find(p, &o));
        if (o.span != s || o.index / 64 != 0)
            break;
        mark_change(&one_by_one, &o, true);
        word_fetch_clear(&span_mark_bits(s)[0], bit_mask(o.index));
        objects |= bit_mask(o.index);
    }
    ck_assert_uint_ne(objects, 0);
    together_mark(&hand_marker, s, 0, objects);
    ck_assert_uint_eq(word_load(&span_mark_bits(s)[0]), objects);
    ck_assert_uint_eq(hand_marker.objects, one_by_one.objects);
    ck_assert_uint_eq(hand_marker.bytes, one_by_one.bytes);
    ck_assert_uint_eq(marker_work(&hand_marker), marker_work(&one_by_one));
}

START_TEST(marks_are_set_and_counted)
{
    hand_init();
    marker_reset(&hand_marker);
    check_marks(KIND_NORMAL, 30);
    check_marks(KIND_ATOMIC, 60);
    check_marks(KIND_NORMAL, 100000);
    check_marks(KIND_ATOMIC, 100000);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, those_with_addresses_lead_on);
    tcase_add_test(tests, those_without_pointers_lead_nowhere);
    tcase_add_test(tests, marks_are_set_and_counted);
}

int main(void)
{
    return unit_run("together", add_tests);
}
