/* print.c: formatted cords.
 *
 * The format is cut into its conversions. Cords (%r) and counts (%n) are dealt with here; each
 * other conversion is handed to the C library with its one argument, the widths and precisions that
 * stood as '*' written out, so that its text is the C library's.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include "cord/node.h"
#include "gc/ec.h"

enum length_modifier {
    length_none,
    length_hh,
    length_h,
    length_l,
    length_ll, /* and q */
    length_L,
    length_j,
    length_z,
    length_t
};

/* What stands between % and the letter, the letter included. */
struct conversion {
    char flags[8];
    int width;     /* 0: none */
    int precision; /* -1: none */
    enum length_modifier length;
    char letter;
};

/* A format being worked through. */
struct printing {
    CORD_ec out;
    size_t count; /* of chars in out */
    va_list args;
};

/* ---- Reading a conversion ----------------------------------------------------------------------
 */

static bool has_flag(const struct conversion *c, char flag)
{
    return strchr(c->flags, flag) != NULL;
}

/* False if it makes no sense to have so many. */
static bool add_flag(struct conversion *c, char flag)
{
    size_t n = strlen(c->flags);
    if (n + 1 >= sizeof c->flags)
        return false;
    if (!has_flag(c, flag)) {
        c->flags[n] = flag;
        c->flags[n + 1] = '\0';
    }
    return true;
}

/* Moves *at behind a number, which is 0 if there are no digits; -1 if it is too large. */
static int parse_number(const char **at)
{
    int number = 0;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        if (number > (INT_MAX - 9) / 10)
            return -1;
        number = 10 * number + (**at - '0');
    }
    return number;
}

static bool parse_flags(const char **at, struct conversion *c)
{
    for (; **at != '\0' && strchr("-+ #0'I", **at) != NULL; ++*at) {
        if (!add_flag(c, **at))
            return false;
    }
    return true;
}

static bool parse_width(const char **at, struct conversion *c, struct printing *p)
{
    if (**at != '*') {
        c->width = parse_number(at);
        return c->width >= 0;
    }
    ++*at;
    c->width = va_arg(p->args, int);
    if (c->width >= 0)
        return true;
    if (c->width == INT_MIN)
        return false;
    c->width = -c->width;
    return add_flag(c, '-');
}

static bool parse_precision(const char **at, struct conversion *c, struct printing *p)
{
    c->precision = -1;
    if (**at != '.')
        return true;
    ++*at;
    if (**at != '*') {
        c->precision = parse_number(at);
        return c->precision >= 0;
    }
    ++*at;
    c->precision = va_arg(p->args, int);
    if (c->precision < 0)
        c->precision = -1;
    return true;
}

static const struct {
    char name[3];
    enum length_modifier length;
} length_modifiers[] = {
    {"hh", length_hh}, {"h", length_h}, {"ll", length_ll}, {"l", length_l},
    {"q", length_ll},  {"L", length_L}, {"j", length_j},   {"z", length_z},
    {"Z", length_z},   {"t", length_t}, {"", length_none}, /* always fits */
};

static const char *name_of_length(enum length_modifier length)
{
    size_t i = 0;
    while (length_modifiers[i].length != length)
        i++;
    return length_modifiers[i].name;
}

static void parse_length(const char **at, struct conversion *c)
{
    size_t i = 0;
    while (strncmp(*at, length_modifiers[i].name, strlen(length_modifiers[i].name)) != 0)
        i++;
    c->length = length_modifiers[i].length;
    *at += strlen(length_modifiers[i].name);
}

/* From behind the % on. */
static bool parse_conversion(const char **at, struct conversion *c, struct printing *p)
{
    memset(c, 0, sizeof *c);
    if (!parse_flags(at, c) || !parse_width(at, c, p) || !parse_precision(at, c, p))
        return false;
    parse_length(at, c);
    c->letter = **at;
    *at += c->letter != '\0';
    return true;
}

/* ---- Conversions -------------------------------------------------------------------------------
 */

static bool add_cord(struct printing *p, CORD x, size_t len)
{
    if (len > INT_MAX - p->count) {
        errno = EOVERFLOW;
        return false;
    }
    p->count += len;
    CORD_ec_append_cord(p->out, x);
    return true;
}

static bool add_chars(struct printing *p, const char *chars, size_t n)
{
    if (n > INT_MAX - p->count) {
        errno = EOVERFLOW;
        return false;
    }
    p->count += n;
    for (size_t i = 0; i < n; i++)
        CORD_ec_append(p->out, chars[i]);
    return true;
}

static bool convert_cord(struct printing *p, const struct conversion *c)
{
    CORD x = va_arg(p->args, CORD);
    if (c->precision >= 0)
        x = CORD_substr(x, 0, (size_t)c->precision);
    size_t len = CORD_len(x), width = (size_t)c->width;
    size_t padding = width > len ? width - len : 0;
    bool left = has_flag(c, '-');
    return (left || add_cord(p, CORD_chars(' ', padding), padding)) && add_cord(p, x, len) &&
           (!left || add_cord(p, CORD_chars(' ', padding), padding));
}

static bool store_count(struct printing *p, const struct conversion *c)
{
    void *where = va_arg(p->args, void *);
    switch (c->length) {
    case length_hh:
        *(signed char *)where = (signed char)p->count;
        break;
    case length_h:
        *(short *)where = (short)p->count;
        break;
    case length_none:
        *(int *)where = (int)p->count;
        break;
    case length_l:
    case length_ll:
    case length_L:
    case length_j:
    case length_z:
    case length_t: /* all of them as wide as a pointer on the hosts there are */
        *(intptr_t *)where = (intptr_t)p->count;
        break;
    }
    return true;
}

_Static_assert(sizeof(long) == sizeof(intptr_t) && sizeof(long long) == sizeof(intptr_t) &&
                   sizeof(intmax_t) == sizeof(intptr_t) && sizeof(size_t) == sizeof(intptr_t) &&
                   sizeof(ptrdiff_t) == sizeof(intptr_t),
               "store_count and take_argument take the wide integers for one type");

/* An argument for the C library. */
struct argument {
    enum { takes_none, takes_int, takes_wide, takes_double, takes_long_double, takes_pointer } type;
    union {
        int i; /* and what is promoted to it */
        long wide;
        double d;
        long double ld;
        const void *p;
    } value;
};

static bool take_integer(struct printing *p, const struct conversion *c, struct argument *arg)
{
    bool is_int = c->length == length_none || c->length == length_h || c->length == length_hh;
    arg->type = is_int ? takes_int : takes_wide;
    if (is_int)
        arg->value.i = va_arg(p->args, int);
    else
        arg->value.wide = va_arg(p->args, long);
    return true;
}

static bool take_float(struct printing *p, const struct conversion *c, struct argument *arg)
{
    bool is_long = c->length == length_L || c->length == length_ll;
    arg->type = is_long ? takes_long_double : takes_double;
    if (is_long)
        arg->value.ld = va_arg(p->args, long double);
    else
        arg->value.d = va_arg(p->args, double);
    return true;
}

/* False: no such conversion. */
static bool take_argument(struct printing *p, const struct conversion *c, struct argument *arg)
{
    switch (c->letter) {
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
        return take_integer(p, c, arg);
    case 'c':
    case 'C': /* wint_t is as wide as int */
        arg->type = takes_int;
        arg->value.i = va_arg(p->args, int);
        return true;
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        return take_float(p, c, arg);
    case 's':
    case 'S':
    case 'p':
        arg->type = takes_pointer;
        arg->value.p = va_arg(p->args, const void *);
        return true;
    case 'm':
    case '%':
        arg->type = takes_none;
        return true;
    default:
        return false;
    }
}

/* The format is made by write_format below, which the compiler cannot see through. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static int print_argument(char *buffer, size_t size, const char *format, const struct argument *arg,
                          int error)
{
    errno = error; /* for %m */
    switch (arg->type) {
    case takes_int:
        return snprintf(buffer, size, format, arg->value.i);
    case takes_wide:
        return snprintf(buffer, size, format, arg->value.wide);
    case takes_double:
        return snprintf(buffer, size, format, arg->value.d);
    case takes_long_double:
        return snprintf(buffer, size, format, arg->value.ld);
    case takes_pointer:
        return snprintf(buffer, size, format, arg->value.p);
    case takes_none:
        break;
    }
    return snprintf(buffer, size, format, 0);
}
#pragma GCC diagnostic pop

enum { format_size = 64 };

static void write_format(char format[format_size], const struct conversion *c)
{
    int n = snprintf(format, format_size, "%%%s", c->flags);
    if (c->width > 0)
        n += snprintf(format + n, format_size - (size_t)n, "%d", c->width);
    if (c->precision >= 0)
        n += snprintf(format + n, format_size - (size_t)n, ".%d", c->precision);
    snprintf(format + n, format_size - (size_t)n, "%s%c", name_of_length(c->length), c->letter);
}

static bool convert_by_libc(struct printing *p, const struct conversion *c, int error)
{
    struct argument arg;
    if (!take_argument(p, c, &arg)) {
        errno = EINVAL;
        return false;
    }
    char format[format_size], few[128];
    write_format(format, c);
    int n = print_argument(few, sizeof few, format, &arg, error);
    if (n < 0)
        return false;
    if ((size_t)n < sizeof few)
        return add_chars(p, few, (size_t)n);
    char *many = cord_allocate_text((size_t)n);
    print_argument(many, (size_t)n + 1, format, &arg, error);
    return add_cord(p, cord_of_bytes(many, (size_t)n), (size_t)n);
}

static bool convert(struct printing *p, const char **at, int error)
{
    struct conversion c;
    if (!parse_conversion(at, &c, p)) {
        errno = EINVAL;
        return false;
    }
    switch (c.letter) {
    case 'r':
        return convert_cord(p, &c);
    case 'n':
        return store_count(p, &c);
    default:
        return convert_by_libc(p, &c, error);
    }
}

/* ---- The functions -----------------------------------------------------------------------------
 */

static bool print_all(struct printing *p, const char *format)
{
    int error = errno;
    const char *at = format;
    while (*at != '\0') {
        size_t n = strcspn(at, "%");
        if (!add_chars(p, at, n))
            return false;
        at += n;
        if (*at == '%' && (at++, !convert(p, &at, error)))
            return false;
    }
    return true;
}

int CORD_vsprintf(CORD *out, CORD format, va_list args)
{
    struct printing p = {.count = 0};
    CORD_ec_init(p.out);
    va_copy(p.args, args);
    bool done = print_all(&p, CORD_to_const_char_star(format));
    va_end(p.args);
    if (!done)
        return -1;
    *out = CORD_ec_to_cord(p.out);
    return (int)p.count;
}

int CORD_vfprintf(FILE *f, CORD format, va_list args)
{
    CORD out;
    int count = CORD_vsprintf(&out, format, args);
    return count < 0 || CORD_put(out, f) != 1 ? -1 : count;
}

int CORD_vprintf(CORD format, va_list args)
{
    return CORD_vfprintf(stdout, format, args);
}

int CORD_sprintf(CORD *out, CORD format, ...)
{
    va_list args;
    va_start(args, format);
    int count = CORD_vsprintf(out, format, args);
    va_end(args);
    return count;
}

int CORD_fprintf(FILE *f, CORD format, ...)
{
    va_list args;
    va_start(args, format);
    int count = CORD_vfprintf(f, format, args);
    va_end(args);
    return count;
}

int CORD_printf(CORD format, ...)
{
    va_list args;
    va_start(args, format);
    int count = CORD_vprintf(format, args);
    va_end(args);
    return count;
}
