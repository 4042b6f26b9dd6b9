/* unit_sizeclass.c: the size classes and the arithmetic on them, exhaustively.
 *
 *   - the classes are the ones that sizeclass.h describes, and bound the waste as it says;
 *   - size_class_of(n) is the least class that fits, for every n;
 *   - the reciprocal gives offset / size, for every class and every offset in its spans.
 */
#include "unit.h"
#include "heap/span.h"

START_TEST(classes_ascend_in_the_steps_described)
{
    sizeclass_init();
    ck_assert_uint_eq(size_classes[0].bytes, 0);
    size_t previous = 0, doubling = 128;
    for (unsigned c = 1; c < size_class_count; c++) {
        size_t bytes = size_classes[c].bytes;
        if (previous >= 2 * doubling)
            doubling *= 2;
        ck_assert_uint_eq(bytes, previous + (previous < 128 ? 16 : doubling / 8));
        ck_assert_uint_eq(bytes % granule_bytes, 0);
        previous = bytes;
    }
    ck_assert_uint_eq(previous, small_max);
}
END_TEST

START_TEST(least_class_that_fits)
{
    sizeclass_init();
    unsigned least = 1;
    for (size_t n = 0; n <= small_max; n++) {
        if (n > size_classes[least].bytes)
            least++;
        ck_assert_uint_eq(size_class_of(n), least);
        if (n > 0 && n <= tiny_max)
            ck_assert_uint_eq(size_class_of_tiny(n), least);
    }
    ck_assert_uint_eq(least, size_class_count - 1);
}
END_TEST

/* Beyond the rounding to 16 bytes that small sizes take, at most a ninth of an object is lost. */
START_TEST(waste_inside_an_object)
{
    sizeclass_init();
    for (size_t n = 1; n <= small_max; n++) {
        size_t bytes = size_classes[size_class_of(n)].bytes;
        size_t waste = bytes - n;
        if (n <= 128)
            ck_assert_uint_lt(waste, 16);
        else
            ck_assert_uint_le(9 * waste, bytes);
    }
}
END_TEST

START_TEST(spans_hold_what_they_can)
{
    sizeclass_init();
    for (unsigned c = 1; c < size_class_count; c++) {
        size_t bytes = size_classes[c].bytes, objects = size_classes[c].objects;
        size_t span = (size_t)size_classes[c].pages * page_bytes;
        ck_assert_uint_ge(size_classes[c].pages, 1);
        ck_assert_uint_le(size_classes[c].pages, span_max_pages);
        ck_assert_uint_eq(objects, span / bytes);
        ck_assert_uint_ge(objects, 4);
        ck_assert_uint_le(objects, span_max_objects);
        ck_assert_uint_le(8 * (span - objects * bytes), span);
    }
}
END_TEST

START_TEST(reciprocal_divides_exactly)
{
    sizeclass_init();
    for (unsigned c = 1; c < size_class_count; c++) {
        uint32_t bytes = size_classes[c].bytes;
        struct span s = {.reciprocal = size_classes[c].reciprocal};
        for (uintptr_t offset = 0; offset < span_max_pages * page_bytes; offset++)
            if (span_index(&s, offset) != offset / bytes)
                ck_abort_msg("class of %u bytes, offset %zu", bytes, (size_t)offset);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, classes_ascend_in_the_steps_described);
    tcase_add_test(tests, least_class_that_fits);
    tcase_add_test(tests, waste_inside_an_object);
    tcase_add_test(tests, spans_hold_what_they_can);
    tcase_add_test(tests, reciprocal_divides_exactly);
}

int main(void)
{
    return unit_run("sizeclass", add_tests);
}
