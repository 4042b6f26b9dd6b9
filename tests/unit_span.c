/* unit_span.c: descriptors alone: what span_create publishes and span_destroy takes back.
 *
 *   - every page of a span leads to it, none after its end or its death;
 *   - its bits are zero and its own, its sweepgen "swept";
 *   - a large span grows and shrinks in place, with its pages' descriptors;
 *   - descriptors are type-stable and used again;
 *   - no memory: nothing is published, nothing lost, whichever call fails.
 */
#include "handcycle.h"
#include "heap/central.h"
#include "heap/heap.h"
#include "memory/gcbits.h"
#include "platform/os.h"

/* A span on fresh pages of the size class for `bytes`; class 0 has `bytes / page_bytes` pages. */
static struct span *make(size_t bytes, unsigned kind)
{
    unsigned size_class = bytes <= small_max ? size_class_of(bytes) : 0;
    size_t npages = size_class != 0 ? size_classes[size_class].pages : bytes / page_bytes;
    struct page_run run = pages_alloc(half_of_kind(kind), npages, 1);
    ck_assert_uint_ne(run.base, 0);
    struct span *s = span_create(run.base, npages, size_class, kind,
                                 size_class != 0 ? size_classes[size_class].bytes : bytes, false);
    ck_assert_ptr_nonnull(s);
    return s;
}

static void assert_pages_lead_to(uintptr_t base, size_t from, size_t to, const struct span *s)
{
    for (size_t page = from; page < to; page++)
        ck_assert_ptr_eq(region_span(region_offset(base) + (page << page_shift)), s);
}

START_TEST(every_class_is_published)
{
    hand_init();
    for (unsigned c = 1; c < size_class_count; c++) {
        struct span *s = make(size_classes[c].bytes, c & 1);
        ck_assert(span_is_valid(s));
        ck_assert_uint_eq(s->size_class, c);
        ck_assert_uint_eq(s->objects, size_classes[c].objects);
        ck_assert_uint_eq(s->pointer_free, (c & 1) == KIND_ATOMIC);
        ck_assert_uint_eq(pages_half_of(s->base), (c & 1) == KIND_ATOMIC ? HALF_NOSCAN : HALF_SCAN);
        ck_assert_uint_eq(span_limit(s) - s->base, (size_t)size_classes[c].pages * page_bytes);
        assert_pages_lead_to(s->base, 0, s->npages, s);
    }
    ck_assert_uint_eq(hand_spans(KIND_ATOMIC) + hand_spans(KIND_NORMAL), size_class_count - 1);
}
END_TEST

START_TEST(bits_are_zero_and_apart)
{
    hand_init();
    struct span *a = make(16, KIND_NORMAL), *b = make(16, KIND_NORMAL);
    atomic_word *bits[] = {span_alloc_bits(a), span_mark_bits(a), span_alloc_bits(b),
                           span_mark_bits(b)};
    for (size_t i = 0; i < 4; i++) {
        for (size_t w = 0; w < span_bit_words(a); w++) {
            ck_assert_uint_eq(word_load(&bits[i][w]), 0);
            word_store(&bits[i][w], UINT64_MAX);
        }
    }
}
END_TEST

START_TEST(objects_do_not_overlap_and_are_found)
{
    hand_init();
    for (unsigned c = 1; c < size_class_count; c++) {
        struct span *s = make(size_classes[c].bytes, KIND_NORMAL);
        for (size_t i = 0; i < s->objects; i++) {
            uintptr_t base = span_object(s, i);
            ck_assert_uint_eq(span_index(s, base - s->base), i);
            ck_assert_uint_eq(span_index(s, base + s->object_bytes - 1 - s->base), i);
            ck_assert_uint_le(base + s->object_bytes, span_limit(s));
        }
        for (uintptr_t tail = span_object(s, s->objects); tail < span_limit(s); tail += 8)
            ck_assert_uint_ge(span_index(s, tail - s->base), s->objects);
    }
}
END_TEST

START_TEST(validity_counts_the_alloc_bits)
{
    hand_init();
    struct span *s = make(16, KIND_NORMAL);
    word_store(&span_alloc_bits(s)[3], 5);
    ck_assert(!span_is_valid(s));
    word_store(&s->allocated, 2);
    ck_assert(span_is_valid(s));
    word_store(&span_mark_bits(s)[3], 4);
    ck_assert(span_is_valid(s));
    word_store(&span_mark_bits(s)[3], 2); /* marked, not allocated */
    ck_assert(!span_is_valid(s));
}
END_TEST

START_TEST(destroyed_spans_leave_nothing)
{
    hand_init();
    size_t in_use = pages_stats(HALF_SCAN).in_use;
    struct span *small = make(10240, KIND_NORMAL), *large = make(40 * page_bytes, KIND_NORMAL);
    uintptr_t small_base = small->base, large_base = large->base;
    size_t small_pages = small->npages;
    ck_assert_uint_gt(small_pages, 1);
    span_destroy(small);
    assert_pages_lead_to(small_base, 0, small_pages, NULL);
    assert_pages_lead_to(large_base, 0, 40, large);
    span_destroy(large);
    assert_pages_lead_to(large_base, 0, 40, NULL);
    ck_assert_uint_eq(pages_stats(HALF_SCAN).in_use, in_use);
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), 0);
    ck_assert(pagealloc_is_valid());
}
END_TEST

START_TEST(descriptors_are_used_again)
{
    enum { spans = 2000 }; /* several slabs */
    static struct span *made[spans];
    hand_init();
    for (size_t i = 0; i < spans; i++)
        made[i] = make(16, KIND_NORMAL);
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), spans);
    for (size_t i = 0; i < spans; i += 2)
        span_destroy(made[i]);
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), spans / 2);
    for (size_t i = 0; i < spans; i += 2) {
        struct span *s = make(64, KIND_ATOMIC);
        bool recycled = false;
        for (size_t j = 0; j < spans && !recycled; j += 2)
            recycled = s == made[j];
        ck_assert(recycled);
    }
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), spans / 2);
    ck_assert_uint_eq(hand_spans(KIND_ATOMIC), spans / 2);
    hand_check();
}
END_TEST

START_TEST(large_spans_change_size_in_place)
{
    hand_init();
    struct span *s = make(100 * page_bytes, KIND_NORMAL);
    uintptr_t base = s->base;
    bool zeroed;
    span_resize_large(s, 60);
    assert_pages_lead_to(s->base, 0, 60, s);
    assert_pages_lead_to(s->base, 60, 100, NULL);
    pages_free(s->base + 60 * page_bytes, 40);
    ck_assert_uint_eq(s->object_bytes, 60 * page_bytes);
    ck_assert(span_is_valid(s));
    ck_assert(pages_extend(s->base, 60, 90, &zeroed));
    span_resize_large(s, 90);
    assert_pages_lead_to(s->base, 0, 90, s);
    assert_pages_lead_to(s->base, 90, 100, NULL);
    ck_assert_uint_eq(span_limit(s) - s->base, 90 * page_bytes);
    ck_assert(span_is_valid(s));
    span_destroy(s);
    assert_pages_lead_to(base, 0, 100, NULL);
}
END_TEST

/* False: no memory, and nothing was published. */
static bool make_or_fail(void)
{
    struct page_run run = pages_alloc(HALF_SCAN, 1, 1);
    ck_assert_uint_ne(run.base, 0);
    if (span_create(run.base, 1, 1, KIND_NORMAL, 16, false) != NULL)
        return true;
    assert_pages_lead_to(run.base, 0, 1, NULL);
    pages_free(run.base, 1);
    return false;
}

/* Until descriptors or bits are used up, and the system has none. */
static void make_until_it_fails(void)
{
    size_t made = 0;
    os_fail_nth(1);
    while (make_or_fail())
        ck_assert_uint_lt(made++, 1000);
    ck_assert_uint_eq(os_fail_nth(0), 0);
}

/* Each round fails at another call: a new slab of descriptors, or an arena for either bitmap. */
START_TEST(no_memory_publishes_nothing)
{
    hand_init();
    struct page_run all = pages_alloc(HALF_SCAN, 8000, 1); /* grown now, and not by the loop */
    pages_free(all.base, all.npages);
    for (int round = 0; round < 12; round++) {
        size_t spans = hand_spans(KIND_NORMAL);
        make_until_it_fails();
        ck_assert_uint_ge(hand_spans(KIND_NORMAL), spans);
        ck_assert(span_is_valid(make(16, KIND_NORMAL)));
        hand_check();
    }
}
END_TEST

/* Descriptors lie side by side: one that was lost would leave a gap. */
START_TEST(no_memory_for_bits_keeps_the_descriptor)
{
    hand_init();
    struct page_run run = pages_alloc(HALF_SCAN, 1, 1);
    struct span *s = make(16, KIND_NORMAL);
    next_mark_bit_arena_epoch(); /* the next bits need an arena */
    os_fail_nth(1);
    ck_assert_ptr_null(span_create(run.base, 1, 1, KIND_NORMAL, 16, false));
    ck_assert_uint_eq(os_fail_nth(0), 0);
    ck_assert_ptr_eq(make(16, KIND_NORMAL), s + 1);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, every_class_is_published);
    tcase_add_test(tests, bits_are_zero_and_apart);
    tcase_add_test(tests, objects_do_not_overlap_and_are_found);
    tcase_add_test(tests, validity_counts_the_alloc_bits);
    tcase_add_test(tests, destroyed_spans_leave_nothing);
    tcase_add_test(tests, descriptors_are_used_again);
    tcase_add_test(tests, large_spans_change_size_in_place);
    tcase_add_test(tests, no_memory_publishes_nothing);
    tcase_add_test(tests, no_memory_for_bits_keeps_the_descriptor);
}

int main(void)
{
    return unit_run("span", add_tests);
}
