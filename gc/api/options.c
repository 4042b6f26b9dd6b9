/* options.c: see options.h. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "api/api.h"
#include "platform/check.h"
#include "services/sites.h"

struct settings settings = {.background = true, .helpers = SIZE_MAX};

bool option_parse_switch(const char *text, bool *value)
{
    static const char *const words[] = {"0", "1", "no", "yes", "off", "on"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) == 0) {
            *value = i % 2 == 1;
            return true;
        }
    }
    return false;
}

/* The digits at *text; they are skipped. False: none, or too many. */
static bool parse_digits(const char **text, size_t *value)
{
    const char *at = *text;
    size_t n = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *at - '0', &n))
            return false;
    bool any = at != *text;
    *text = at;
    *value = n;
    return any;
}

/* The shift that a suffix stands for; -1: no such suffix. */
static int suffix_shift(char suffix)
{
    switch (suffix) {
    case '\0':
        return 0;
    case 'k':
    case 'K':
        return 10;
    case 'm':
    case 'M':
        return 20;
    case 'g':
    case 'G':
        return 30;
    default:
        return -1;
    }
}

bool option_parse_size(const char *text, size_t *value)
{
    size_t n;
    if (!parse_digits(&text, &n))
        return false;
    int shift = suffix_shift(*text);
    if (shift < 0 || (shift > 0 && text[1] != '\0') || n > SIZE_MAX >> shift)
        return false;
    *value = n << shift;
    return true;
}

static void unreadable(const char *name, const char *value, const char *expected)
{
    report("%s=%s is ignored: expected %s", name, value, expected);
}

static void read_switch(const char *name, bool *value)
{
    const char *text = getenv(name);
    if (text != NULL && !option_parse_switch(text, value))
        unreadable(name, text, "0 or 1");
}

/* bdwgc's own switches are on when they are set, whatever the value; only 0 is taken at its word.
 */
static void read_presence(const char *name, bool *value)
{
    const char *text = getenv(name);
    if (text != NULL)
        *value = strcmp(text, "0") != 0;
}

static void read_size(const char *name, size_t *value)
{
    const char *text = getenv(name);
    if (text != NULL && !option_parse_size(text, value))
        unreadable(name, text, "a number of bytes, such as 65536, 64k, 20m or 1g");
}

static void read_number_from(const char *name, size_t least, const char *expected, size_t *value)
{
    const char *text = getenv(name);
    if (text == NULL)
        return;
    const char *rest = text;
    size_t n;
    if (!parse_digits(&rest, &n) || *rest != '\0' || n < least)
        unreadable(name, text, expected);
    else
        *value = n;
}

static void read_count(const char *name, size_t *value)
{
    read_number_from(name, 1, "a whole number from 1 on", value);
}

static void read_number(const char *name, size_t *value)
{
    read_number_from(name, 0, "a whole number", value);
}

static void read_log_file(void)
{
    const char *path = getenv("GC_LOG_FILE");
    bool only_log = false;
    read_presence("GC_ONLY_LOG_TO_FILE", &only_log);
    if (path != NULL)
        log_open(path, only_log);
}

/* What a debug object remembers of its calls: a few where leaks are looked for. */
static void read_call_frames(void)
{
    enum { frames_for_leaks = 8 };
    if (settings.find_leak)
        settings.call_frames = frames_for_leaks;
    read_number("SPANGC_CALL_FRAMES", &settings.call_frames);
    if (settings.call_frames > site_frames_max)
        settings.call_frames = site_frames_max;
}

void options_limit_markers(unsigned n)
{
    settings.helpers = n == 0 ? SIZE_MAX : n - 1;
}

/* A number, or a switch for none and for all. */
static void read_helpers(void)
{
    const char *text = getenv("SPANGC_HELPERS");
    size_t markers = 0, most = settings.helpers;
    bool any = true;
    read_count("GC_MARKERS", &markers);
    if (markers != 0)
        most = markers - 1;
    if (text != NULL && !(*text >= '0' && *text <= '9') && option_parse_switch(text, &any))
        most = any ? SIZE_MAX : 0;
    else
        read_number("SPANGC_HELPERS", &most);
    settings.background = text == NULL || most != 0;
    settings.helpers = most;
}

/* Of these, the last two are about warnings that do not come here. */
static void name_meaningless(void)
{
    static const char *const names[] = {
        "GC_COLLECT_AT_MALLOC",
        "GC_DISABLE_INCREMENTAL",
        "GC_ENABLE_INCREMENTAL",
        "GC_IGNORE_GCJ_INFO",
        "GC_NPROCS",
        "GC_PRINT_BACK_HEIGHT",
        "GC_RETRY_SIGNALS",
        "GC_TRACE",
        "GC_UNMAP_THRESHOLD",
        "GC_USE_GETWRITEWATCH",
        "GC_LARGE_ALLOC_WARN_INTERVAL",
        "GC_NO_BLACKLIST_WARNING",
    };
    char line[400];
    size_t length = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]) != NULL && length < sizeof line)
            length += (size_t)snprintf(line + length, sizeof line - length, "%s%s",
                                       length == 0 ? "" : ", ", names[i]);
    if (length != 0)
        report("without a meaning here, and ignored: %s", line);
}

static void read_for_debugging(void)
{
    settings.find_leak = GC_find_leak != 0;
    read_presence("GC_FIND_LEAK", &settings.find_leak);
    read_presence("GC_FINDLEAK_DELAY_FREE", &settings.delay_free);
    read_presence("GC_ABORT_ON_LEAK", &settings.abort_on_leak);
    read_presence("GC_LOOP_ON_ABORT", &settings.loop_on_abort);
    read_presence("GC_DUMP_REGULARLY", &settings.dump_regularly);
    read_presence("GC_PRINT_ADDRESS_MAP", &settings.print_address_map);
    read_number("GC_BACKTRACES", &settings.backtraces);
    read_call_frames();
}

void options_read(void)
{
    read_log_file();
    name_meaningless();
    read_for_debugging();
    read_presence("GC_PRINT_STATS", &settings.trace);
    read_presence("GC_PRINT_VERBOSE_STATS", &settings.trace);
    read_presence("GC_FORCE_UNMAP_ON_GCOLLECT", &settings.force_unmap);
    read_presence("GC_USE_ENTIRE_HEAP", &settings.use_entire_heap);
    read_count("GC_PAUSE_TIME_TARGET", &settings.pause_time_target);
    read_count("GC_FULL_FREQUENCY", &settings.full_frequency);
    read_switch("SPANGC_TRACE", &settings.trace);
    read_switch("SPANGC_SUMMARY", &settings.summary);
    read_helpers();
    read_switch("SPANGC_FINALIZER_THREAD", &settings.finalizer_thread);
    read_size("SPANGC_STRESS", &settings.stress_bytes);
    read_size("GC_INITIAL_HEAP_SIZE", &settings.initial_heap);
    read_size("GC_MAXIMUM_HEAP_SIZE", &settings.maximum_heap);
    read_count("GC_FREE_SPACE_DIVISOR", &settings.free_space_divisor);
    read_presence("GC_ALL_INTERIOR_POINTERS", &settings.all_interior_pointers);
    read_presence("GC_DONT_GC", &settings.dont_collect);
}
