/*
 * number_text.c – numbers to text and back.
 *
 * A flonum is written with the fewest digits that read back as the same number, and always with
 * a point or an exponent, so that it reads back as a flonum.
 */
#include "bignum.h"
#include "heap.h"
#include "number.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char *flonum_to_text(double number)
{
    enum { SIZE = 40 };
    char *text = allocate_atomic(SIZE);
    if (isnan(number)) {
        return strcpy(text, "+nan.0");
    }
    if (isinf(number)) {
        return strcpy(text, number < 0 ? "-inf.0" : "+inf.0");
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, SIZE, "%.*g", digits, number);
        if (strtod(text, NULL) == number) {
            break;
        }
    }
    if (!strpbrk(text, ".e")) {
        strcat(text, ".0");
    }
    return text;
}

char *number_to_text(Value v, int radix)
{
    if (has_type(v, T_FLONUM)) {
        return flonum_to_text(flonum_value(v));
    }
    return integer_to_text(v, radix);
}

static bool all_digits(const char *text, int radix)
{
    if (!*text) {
        return false;
    }
    for (; *text; text++) {
        int c = tolower((unsigned char)*text);
        int digit = isdigit(c) ? c - '0' : isalpha(c) ? c - 'a' + 10 : 99;
        if (digit >= radix) {
            return false;
        }
    }
    return true;
}

/* [sign] digits [. digits] [e [sign] digits] with at least one digit before the exponent */
static bool is_decimal(const char *text)
{
    text += *text == '+' || *text == '-';
    size_t whole = strspn(text, "0123456789");
    text += whole;
    size_t fraction = 0;
    if (*text == '.') {
        fraction = strspn(++text, "0123456789");
        text += fraction;
    }
    if (whole + fraction == 0) {
        return false;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '+' || *text == '-';
        size_t exponent = strspn(text, "0123456789");
        return exponent > 0 && text[exponent] == '\0';
    }
    return *text == '\0';
}

static Value parse_real(const char *text, int radix)
{
    bool negative = *text == '-';
    const char *digits = text + (*text == '+' || *text == '-');
    if (all_digits(digits, radix)) {
        return integer_from_text(digits, radix, negative);
    }
    if (digits != text && strcasecmp(digits, "inf.0") == 0) {
        return make_flonum(negative ? -INFINITY : INFINITY);
    }
    if (digits != text && strcasecmp(digits, "nan.0") == 0) {
        return make_flonum(NAN);
    }
    if (radix == 10 && is_decimal(text)) {
        return make_flonum(strtod(text, NULL));
    }
    return FALSE_VALUE;
}

static Value change_exactness(Value v, char exactness)
{
    if (exactness == 'e' && has_type(v, T_FLONUM)) {
        double d = flonum_value(v);
        return isfinite(d) && d == floor(d) ? integer_from_double(d) : FALSE_VALUE;
    }
    if (exactness == 'i' && v != FALSE_VALUE && !has_type(v, T_FLONUM)) {
        return make_flonum(integer_to_double(v));
    }
    return v;
}

Value number_from_text(const char *text, int radix)
{
    char exactness = '\0';
    while (*text == '#') {
        char prefix = (char)tolower((unsigned char)text[1]);
        switch (prefix) {
        case 'x':
            radix = 16;
            break;
        case 'd':
            radix = 10;
            break;
        case 'o':
            radix = 8;
            break;
        case 'b':
            radix = 2;
            break;
        case 'e':
        case 'i':
            exactness = prefix;
            break;
        default:
            return FALSE_VALUE;
        }
        text += 2;
    }
    return change_exactness(parse_real(text, radix), exactness);
}
