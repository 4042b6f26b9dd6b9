/* unit_lazyarray.c: an array that is made usable piece by piece. */
#include "unit.h"
#include <signal.h>
#include "memory/lazyarray.h"
#include "platform/os.h"

START_TEST(committed_parts_are_zero_and_writable)
{
    struct lazy_array array;
    ck_assert(lazy_array_reserve(&array, (size_t)1 << 40));
    size_t far = ((size_t)1 << 39) + 12345;
    ck_assert(lazy_array_commit(&array, far, far + 8));
    ck_assert_int_eq(array.start[far], 0);
    array.start[far] = 7;
    ck_assert(lazy_array_commit(&array, far - 8, far + 100000)); /* again, and more */
    ck_assert_int_eq(array.start[far], 7);
    ck_assert_int_eq(array.start[far + 99999], 0);
    ck_assert(lazy_array_commit(&array, 5, 5)); /* nothing */
    ck_assert(lazy_array_commit(&array, array.reserved - 1, array.reserved));
    lazy_array_free(&array);
    ck_assert_ptr_null(array.start);
    lazy_array_free(&array);
}
END_TEST

START_TEST(the_rest_cannot_be_touched)
{
    struct lazy_array array;
    ck_assert(lazy_array_reserve(&array, 1 << 20));
    ck_assert(lazy_array_commit(&array, 0, 1));
    ((volatile char *)array.start)[os_page_size()] = 1;
}
END_TEST

START_TEST(beyond_the_end_is_fatal)
{
    struct lazy_array array;
    ck_assert(lazy_array_reserve(&array, 1 << 20));
    lazy_array_commit(&array, 1 << 20, (1 << 20) + 1);
}
END_TEST

START_TEST(failures_are_reported)
{
    struct lazy_array array;
    os_fail_nth(1);
    ck_assert(!lazy_array_reserve(&array, 1 << 20));
    ck_assert(lazy_array_reserve(&array, 1 << 20));
    os_fail_nth(1);
    ck_assert(!lazy_array_commit(&array, 0, 100));
    ck_assert(lazy_array_commit(&array, 0, 100));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, committed_parts_are_zero_and_writable);
    if (!unit_under_tools())
        tcase_add_test_raise_signal(tests, the_rest_cannot_be_touched, SIGSEGV);
    tcase_add_test_raise_signal(tests, beyond_the_end_is_fatal, SIGABRT);
    tcase_add_test(tests, failures_are_reported);
}

int main(void)
{
    return unit_run("lazyarray", add_tests);
}
