/*
 * chars.c – characters: Unicode code points, classified by the C library.
 */
#include "heap.h"
#include "library.h"

#include <wctype.h>

static Value char_to_integer(Value v)
{
    return fixnum(as_char(v, "char->integer"));
}

static Value integer_to_char(Value v)
{
    return character((uint32_t)as_index(v, 0x10FFFF, "integer->char"));
}

static Value char_upcase(Value v)
{
    return character((uint32_t)towupper(as_char(v, "char-upcase")));
}

static Value char_downcase(Value v)
{
    return character((uint32_t)towlower(as_char(v, "char-downcase")));
}

static Value is_alphabetic(Value v)
{
    return boolean(iswalpha(as_char(v, "char-alphabetic?")) && !iswdigit(char_value(v)));
}

static Value is_numeric(Value v)
{
    return boolean(iswdigit(as_char(v, "char-numeric?")));
}

static Value is_whitespace(Value v)
{
    return boolean(iswspace(as_char(v, "char-whitespace?")));
}

static Value is_upper_case(Value v)
{
    return boolean(iswupper(as_char(v, "char-upper-case?")));
}

static Value is_lower_case(Value v)
{
    return boolean(iswlower(as_char(v, "char-lower-case?")));
}

static Value digit_value(Value v)
{
    uint32_t code = as_char(v, "digit-value");
    return code >= '0' && code <= '9' ? fixnum(code - '0') : FALSE_VALUE;
}

/* Whether each neighbouring pair of characters compares as one of the bits of `accepted` says:
   1 less, 2 equal, 4 greater. */
static Value compare_chars(int argc, Value *argv, unsigned accepted, bool fold, const char *who)
{
    bool holds = true;
    uint32_t last = 0;
    for (int i = 0; i < argc; i++) {
        uint32_t code = as_char(argv[i], who);
        code = fold ? (uint32_t)towlower(code) : code;
        unsigned order = last < code ? 1 : last == code ? 2 : 4;
        holds = holds && (i == 0 || (accepted & order));
        last = code;
    }
    return boolean(holds);
}

static Value char_equal(int argc, Value *argv)
{
    return compare_chars(argc, argv, 2, false, "char=?");
}

static Value char_less(int argc, Value *argv)
{
    return compare_chars(argc, argv, 1, false, "char<?");
}

static Value char_greater(int argc, Value *argv)
{
    return compare_chars(argc, argv, 4, false, "char>?");
}

static Value char_not_greater(int argc, Value *argv)
{
    return compare_chars(argc, argv, 3, false, "char<=?");
}

static Value char_not_less(int argc, Value *argv)
{
    return compare_chars(argc, argv, 6, false, "char>=?");
}

static Value char_ci_equal(int argc, Value *argv)
{
    return compare_chars(argc, argv, 2, true, "char-ci=?");
}

void char_primitives(void)
{
    static const PrimitiveRow rows[] = {
        TYPE_TEST("char?", T_CHAR),
        UNARY("char->integer", char_to_integer),
        UNARY("integer->char", integer_to_char),
        UNARY("char-upcase", char_upcase),
        UNARY("char-downcase", char_downcase),
        UNARY("char-foldcase", char_downcase),
        UNARY("char-alphabetic?", is_alphabetic),
        UNARY("char-numeric?", is_numeric),
        UNARY("char-whitespace?", is_whitespace),
        UNARY("char-upper-case?", is_upper_case),
        UNARY("char-lower-case?", is_lower_case),
        UNARY("digit-value", digit_value),
        VARIADIC("char=?", char_equal, 1, -1),
        VARIADIC("char<?", char_less, 1, -1),
        VARIADIC("char>?", char_greater, 1, -1),
        VARIADIC("char<=?", char_not_greater, 1, -1),
        VARIADIC("char>=?", char_not_less, 1, -1),
        VARIADIC("char-ci=?", char_ci_equal, 1, -1),
    };
    define_primitives(rows, COUNT_OF(rows));
}
