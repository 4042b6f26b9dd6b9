/* unit_os.c: what the operating system's layer promises, and the lines that check.h writes. */
#include "unit.h"
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "platform/atomics.h"
#include "platform/check.h"
#include "platform/os.h"

static const size_t mebibyte = (size_t)1 << 20;

/* ---- Memory ---- */

START_TEST(memory_is_zero_committed_and_again_after_release)
{
    size_t unit = os_page_size();
    char *p = os_reserve(16 * unit, 0);
    ck_assert_ptr_nonnull(p);
    ck_assert(os_commit(p + unit, 4 * unit));
    ck_assert_int_eq(p[unit], 0);
    memset(p + unit, 1, 4 * unit);
    ck_assert(os_release(p + 2 * unit, unit));
    ck_assert_int_eq(p[unit], 1);
    ck_assert_int_eq(p[2 * unit], 0);
    os_unmap(p, 16 * unit);
}
END_TEST

START_TEST(locked_memory_is_not_released)
{
    size_t unit = os_page_size();
    char *p = os_map(unit);
    p[0] = 1;
    if (mlock(p, unit) != 0)
        return;
    ck_assert(!os_release(p, unit));
    ck_assert_int_eq(p[0], 1);
}
END_TEST

START_TEST(mappings_grow_and_shrink)
{
    size_t unit = os_page_size();
    char *p = os_map(unit);
    ck_assert_ptr_nonnull(p);
    p[unit - 1] = 42;
    p = os_remap(p, unit, 100 * unit);
    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq(p[unit - 1], 42);
    ck_assert_int_eq(p[100 * unit - 1], 0);
    p = os_remap(p, 100 * unit, unit);
    ck_assert_int_eq(p[unit - 1], 42);
    os_unmap(p, unit);
}
END_TEST

START_TEST(the_nth_call_fails)
{
    size_t unit = os_page_size();
    os_fail_nth(3);
    char *p = os_reserve(unit, 0);
    ck_assert_ptr_nonnull(p);
    ck_assert(os_commit(p, unit));
    ck_assert_uint_eq(os_fail_nth(1), 1);
    ck_assert(!os_commit(p, unit));
    ck_assert(os_commit(p, unit));
    os_fail_nth(1);
    ck_assert(!os_release(p, unit));
    os_fail_nth(1);
    ck_assert_ptr_null(os_map(unit));
    os_fail_nth(1);
    ck_assert_ptr_null(os_reserve(unit, 0));
    os_fail_nth(1);
    ck_assert_ptr_null(os_remap(p, unit, 2 * unit));
    ck_assert_uint_eq(os_fail_nth(0), 0);
}
END_TEST

START_TEST(impossible_sizes_fail)
{
    ck_assert_ptr_null(os_reserve((size_t)1 << 60, 0));
    ck_assert_ptr_null(os_map((size_t)1 << 60));
}
END_TEST

/* ---- Figures ---- */

START_TEST(address_space_left_follows_the_limit)
{
    struct rlimit limit = {0, RLIM_INFINITY};
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    ck_assert_uint_eq(os_address_space_left(), SIZE_MAX);
    limit.rlim_cur = (size_t)1 << 45;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    size_t before = os_address_space_left();
    ck_assert_uint_lt(before, (size_t)1 << 45);
    ck_assert_ptr_nonnull(os_reserve(64 * mebibyte, 0));
    size_t taken = before - os_address_space_left();
    ck_assert_uint_ge(taken, 64 * mebibyte);
    limit.rlim_cur = mebibyte;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    ck_assert_uint_eq(os_address_space_left(), 0);
}
END_TEST

START_TEST(figures_are_plausible)
{
    size_t size = 32 * mebibyte;
    ck_assert_uint_gt(os_physical_memory(), 64 * mebibyte);
    ck_assert_uint_ge(os_cpu_count(), 1);
    ck_assert_uint_le(os_cpu_count(), 8192);
    char *p = os_map(size);
    memset(p, 1, size);
    ck_assert_uint_ge(os_resident_now(), size);
    os_unmap(p, size);
    ck_assert_uint_ge(os_resident_peak(), size);
    uint64_t earlier = os_now_ns();
    ck_assert_uint_le(earlier, os_now_ns());
    ck_assert_uint_ne(os_random(), os_random());
}
END_TEST

START_TEST(files_are_read_from_their_beginning)
{
    char text[8];
    ck_assert_uint_eq(os_read_file("/proc/self/statm", text, sizeof text), 7);
    ck_assert_uint_eq(strlen(text), 7);
    ck_assert_uint_eq(os_read_file("/nowhere/at all", text, sizeof text), 0);
    ck_assert_str_eq(text, "");
}
END_TEST

/* ---- Waiting ---- */

static atomic_word flag;

static void *raise_flag(void *unused)
{
    word_store_release(&flag, 1);
    os_futex_wake((uint32_t *)&flag);
    return unused;
}

static void *wait_for_flag(void *unused)
{
    while (word_load_acquire(&flag) == 0)
        os_futex_wait((uint32_t *)&flag, 0, 0);
    return unused;
}

static void *wait_or_raise(void *number)
{
    return *(int *)number < 3 ? wait_for_flag(NULL) : raise_flag(NULL);
}

START_TEST(sleepers_are_woken)
{
    unit_threads(4, wait_or_raise);
}
END_TEST

START_TEST(waiting_ends)
{
    uint32_t word = 5;
    uint64_t start = os_now_ns();
    os_futex_wait(&word, 6, 0); /* another value: at once */
    os_futex_wait(&word, 5, 2000000);
    ck_assert_uint_ge(os_now_ns() - start, 1000000);
}
END_TEST

/* ---- Lines ---- */

static size_t format(char *buffer, size_t size, const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    size_t length = format_line(buffer, size, text, arguments);
    va_end(arguments);
    return length;
}

START_TEST(formats)
{
    char line[100];
    format(line, sizeof line, "%s %d %u %x %z %p %%", "text", -2147483647 - 1, 4294967295u, 0xbeefu,
           SIZE_MAX, (void *)0x10);
    ck_assert_str_eq(line, "text -2147483648 4294967295 beef 18446744073709551615 0x10 %");
    format(line, sizeof line, "%s", NULL);
    ck_assert_str_eq(line, "(null)");
    format(line, sizeof line, "0 is %d, and %", 0);
    ck_assert_str_eq(line, "0 is 0, and %");
    ck_assert_uint_eq(format(line, 5, "too long"), 4);
    ck_assert_str_eq(line, "too ");
}
END_TEST

/* A thread is cancelled while it holds locks of the collector, but not there. */
static void *report_cancelled(void *done)
{
    char text[16];
    pthread_cancel(pthread_self());
    report("a line of a cancelled thread");
    *(bool *)done = os_read_file("/proc/self/stat", text, sizeof text) > 0;
    pthread_testcancel();
    return NULL;
}

START_TEST(reports_and_reads_are_not_cancelled)
{
    bool done = false;
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, report_cancelled, &done), 0);
    void *result;
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    ck_assert(result == PTHREAD_CANCELED && done);
}
END_TEST

START_TEST(fatal_aborts)
{
    fatal("this line is part of the test %d", 1);
}
END_TEST

START_TEST(a_broken_check_aborts)
{
    check(mebibyte == 1000000);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, memory_is_zero_committed_and_again_after_release);
    if (!unit_under_tools())
        tcase_add_test(tests, locked_memory_is_not_released);
    tcase_add_test(tests, mappings_grow_and_shrink);
    tcase_add_test(tests, the_nth_call_fails);
    if (!unit_under_tools()) {
        tcase_add_test(tests, impossible_sizes_fail);
        tcase_add_test(tests, address_space_left_follows_the_limit);
    }
    tcase_add_test(tests, figures_are_plausible);
    tcase_add_test(tests, files_are_read_from_their_beginning);
    tcase_add_test(tests, sleepers_are_woken);
    tcase_add_test(tests, waiting_ends);
    tcase_add_test(tests, formats);
    tcase_add_test(tests, reports_and_reads_are_not_cancelled);
    tcase_add_test_raise_signal(tests, fatal_aborts, SIGABRT);
    tcase_add_test_raise_signal(tests, a_broken_check_aborts, SIGABRT);
}

int main(void)
{
    return unit_run("os", add_tests);
}
