/* unit_options.c: reading the environment, readable or not. */
#include "unit.h"
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include "api/options.h"

START_TEST(sizes)
{
    static const struct {
        const char *text;
        size_t value;
    } good[] = {{"0", 0},           {"64", 64},       {"64k", 65536},
                {"20M", 20u << 20}, {"1g", 1u << 30}, {"1G", 1u << 30},
                {"007", 7},         {"3K", 3072},     {"18446744073709551615", SIZE_MAX}};
    static const char *const bad[] = {"",
                                      "k",
                                      "-1",
                                      "1.5",
                                      "64kb",
                                      "1 ",
                                      " 1",
                                      "0x10",
                                      "abc",
                                      "12e3",
                                      "1t",
                                      "999999999999g",
                                      "18446744073709551616"};
    size_t value = 77;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(option_parse_size(good[i].text, &value), "%s", good[i].text);
        ck_assert_uint_eq(value, good[i].value);
    }
    value = 77;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!option_parse_size(bad[i], &value), "%s", bad[i]);
    ck_assert_uint_eq(value, 77);
}
END_TEST

START_TEST(switches)
{
    bool value = false;
    ck_assert(option_parse_switch("1", &value) && value);
    ck_assert(option_parse_switch("no", &value) && !value);
    ck_assert(option_parse_switch("on", &value) && value);
    ck_assert(option_parse_switch("0", &value) && !value);
    ck_assert(!option_parse_switch("", &value));
    ck_assert(!option_parse_switch("2", &value));
}
END_TEST

/* Reads the options and stores what that prints on standard error. */
static void read_and_capture(char *text, size_t size)
{
    int ends[2];
    int saved = dup(STDERR_FILENO);
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    options_read();
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t length = read(ends[0], text, size - 1);
    text[length > 0 ? length : 0] = '\0';
    close(ends[0]);
}

START_TEST(readable_values_are_taken)
{
    char text[512];
    setenv("SPANGC_STRESS", "64k", 1);
    setenv("SPANGC_TRACE", "1", 1);
    setenv("SPANGC_HELPERS", "0", 1);
    setenv("GC_MAXIMUM_HEAP_SIZE", "1g", 1);
    setenv("GC_FREE_SPACE_DIVISOR", "5", 1);
    setenv("GC_DONT_GC", "", 1);
    read_and_capture(text, sizeof text);
    ck_assert_str_eq(text, "");
    ck_assert(settings.trace && settings.helpers == 0 && settings.dont_collect &&
              !settings.summary);
    ck_assert_uint_eq(settings.stress_bytes, 65536);
    ck_assert_uint_eq(settings.maximum_heap, 1u << 30);
    ck_assert_uint_eq(settings.free_space_divisor, 5);
}
END_TEST

START_TEST(bdwgcs_variables_are_taken)
{
    char text[512];
    setenv("GC_MARKERS", "4", 1);
    setenv("GC_FIND_LEAK", "1", 1);
    setenv("GC_ABORT_ON_LEAK", "", 1);
    setenv("GC_BACKTRACES", "3", 1);
    setenv("GC_PAUSE_TIME_TARGET", "20", 1);
    setenv("GC_FULL_FREQUENCY", "5", 1);
    setenv("GC_FORCE_UNMAP_ON_GCOLLECT", "1", 1);
    setenv("SPANGC_CALL_FRAMES", "1000", 1);
    read_and_capture(text, sizeof text);
    ck_assert_uint_eq(settings.helpers, 3);
    ck_assert_str_eq(text, "");
    ck_assert(settings.find_leak && settings.abort_on_leak && settings.force_unmap);
    ck_assert(!settings.delay_free && !settings.loop_on_abort);
    ck_assert_uint_eq(settings.backtraces, 3);
    ck_assert_uint_eq(settings.pause_time_target, 20);
    ck_assert_uint_eq(settings.full_frequency, 5);
    ck_assert_uint_eq(settings.call_frames, 32);
}
END_TEST

static void helpers_are(const char *text, size_t most, bool background)
{
    char out[512];
    settings.helpers = SIZE_MAX;
    setenv("SPANGC_HELPERS", text, 1);
    read_and_capture(out, sizeof out);
    ck_assert_uint_eq(settings.helpers, most);
    ck_assert_int_eq(settings.background, background);
}

START_TEST(helpers_are_a_number_or_a_switch)
{
    helpers_are("off", 0, false);
    helpers_are("0", 0, false);
    helpers_are("yes", SIZE_MAX, true);
    helpers_are("3", 3, true);
    helpers_are("some", SIZE_MAX, true);
    unsetenv("SPANGC_HELPERS");
    setenv("GC_MARKERS", "1", 1);
    char out[512];
    read_and_capture(out, sizeof out);
    ck_assert(settings.helpers == 0 && settings.background);
}
END_TEST

START_TEST(those_without_a_meaning_are_named_in_one_line)
{
    char text[512];
    setenv("GC_NPROCS", "2", 1);
    setenv("GC_TRACE", "0x10", 1);
    read_and_capture(text, sizeof text);
    ck_assert_str_eq(text, "spangc: without a meaning here, and ignored: GC_NPROCS, GC_TRACE\n");
}
END_TEST

START_TEST(our_switch_outweighs_bdwgcs)
{
    char text[512];
    setenv("GC_PRINT_STATS", "1", 1);
    setenv("SPANGC_TRACE", "0", 1);
    read_and_capture(text, sizeof text);
    ck_assert(!settings.trace);
}
END_TEST

static const struct {
    const char *name, *value, *line;
} unreadable[] = {
    {"SPANGC_STRESS", "lots",
     "spangc: SPANGC_STRESS=lots is ignored: expected a number of bytes, such as 65536, 64k, 20m "
     "or "
     "1g\n"},
    {"SPANGC_TRACE", "maybe", "spangc: SPANGC_TRACE=maybe is ignored: expected 0 or 1\n"},
    {"GC_FREE_SPACE_DIVISOR", "0",
     "spangc: GC_FREE_SPACE_DIVISOR=0 is ignored: expected a whole number from 1 on\n"},
};

START_TEST(an_unreadable_value_gives_one_line)
{
    char text[512];
    setenv(unreadable[_i].name, unreadable[_i].value, 1);
    read_and_capture(text, sizeof text);
    ck_assert_str_eq(text, unreadable[_i].line);
    ck_assert_uint_eq(settings.stress_bytes, 0);
    ck_assert_uint_eq(settings.free_space_divisor, 0);
    ck_assert(!settings.trace);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, sizes);
    tcase_add_test(tests, switches);
    tcase_add_test(tests, readable_values_are_taken);
    tcase_add_test(tests, bdwgcs_variables_are_taken);
    tcase_add_test(tests, helpers_are_a_number_or_a_switch);
    tcase_add_test(tests, those_without_a_meaning_are_named_in_one_line);
    tcase_add_test(tests, our_switch_outweighs_bdwgcs);
    tcase_add_loop_test(tests, an_unreadable_value_gives_one_line, 0,
                        sizeof unreadable / sizeof *unreadable);
}

int main(void)
{
    return unit_run("options", add_tests);
}
