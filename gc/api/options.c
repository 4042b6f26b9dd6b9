/* options.c: see options.h. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "api/options.h"
#include "platform/check.h"

struct settings settings = {.helpers = true};

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

static void read_count(const char *name, size_t *value)
{
    const char *text = getenv(name);
    if (text == NULL)
        return;
    const char *rest = text;
    size_t n;
    if (!parse_digits(&rest, &n) || *rest != '\0' || n == 0)
        unreadable(name, text, "a whole number from 1 on");
    else
        *value = n;
}

void options_read(void)
{
    read_presence("GC_PRINT_STATS", &settings.trace);
    read_switch("SPANGC_TRACE", &settings.trace);
    read_switch("SPANGC_SUMMARY", &settings.summary);
    read_switch("SPANGC_HELPERS", &settings.helpers);
    read_size("SPANGC_STRESS", &settings.stress_bytes);
    read_size("GC_INITIAL_HEAP_SIZE", &settings.initial_heap);
    read_size("GC_MAXIMUM_HEAP_SIZE", &settings.maximum_heap);
    read_count("GC_FREE_SPACE_DIVISOR", &settings.free_space_divisor);
    read_presence("GC_ALL_INTERIOR_POINTERS", &settings.all_interior_pointers);
    read_presence("GC_DONT_GC", &settings.dont_collect);
}
