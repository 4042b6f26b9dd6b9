/*
 * strings.c – strings: arrays of code points, of fixed length.
 */
#include "eval.h"
#include "heap.h"
#include "library.h"

#include <string.h>
#include <wctype.h>

enum { LONGEST_STRING = 1 << 30 };

static Value substring(const String *string, Range range)
{
    String *copy = (String *)make_string(range.end - range.start, 0);
    memcpy(copy->chars, string->chars + range.start, copy->length * sizeof(uint32_t));
    return (Value)copy;
}

/* Making and taking apart */

static Value prim_make_string(int argc, Value *argv)
{
    size_t length = as_index(argv[0], LONGEST_STRING, "make-string");
    return make_string(length, argc > 1 ? as_char(argv[1], "make-string") : ' ');
}

static Value prim_string(int argc, Value *argv)
{
    String *string = (String *)make_string((size_t)argc, 0);
    for (int i = 0; i < argc; i++) {
        string->chars[i] = as_char(argv[i], "string");
    }
    return (Value)string;
}

static Value string_length(Value v)
{
    return fixnum((int64_t)as_string(v, "string-length")->length);
}

static uint32_t *char_place(Value v, Value index, const char *who)
{
    String *string = as_string(v, who);
    return &string->chars[as_index_below(index, string->length, who)];
}

static Value string_ref(Value v, Value index)
{
    return character(*char_place(v, index, "string-ref"));
}

static Value string_set(Value v, Value index, Value c)
{
    *char_place(v, index, "string-set!") = as_char(c, "string-set!");
    return UNSPECIFIED;
}

static Value string_append(int argc, Value *argv)
{
    size_t length = 0;
    for (int i = 0; i < argc; i++) {
        length += as_string(argv[i], "string-append")->length;
    }
    String *result = (String *)make_string(length, 0);
    uint32_t *to = result->chars;
    for (int i = 0; i < argc; i++) {
        String *part = (String *)argv[i];
        memcpy(to, part->chars, part->length * sizeof(uint32_t));
        to += part->length;
    }
    return (Value)result;
}

static Value string_copy(int argc, Value *argv)
{
    String *string = as_string(argv[0], "string-copy");
    return substring(string, as_range(argc, argv, 1, string->length, "string-copy"));
}

static Value prim_substring(int argc, Value *argv)
{
    String *string = as_string(argv[0], "substring");
    return substring(string, as_range(argc, argv, 1, string->length, "substring"));
}

/* (string-copy! to at from [start [end]]) */
static Value string_copy_to(int argc, Value *argv)
{
    String *to = as_string(argv[0], "string-copy!");
    size_t at = as_index(argv[1], to->length, "string-copy!");
    String *from = as_string(argv[2], "string-copy!");
    Range range = as_range(argc, argv, 3, from->length, "string-copy!");
    if (range.end - range.start > to->length - at) {
        fail_range("string-copy!", argv[1]);
    }
    memmove(to->chars + at, from->chars + range.start,
            (range.end - range.start) * sizeof(uint32_t));
    return UNSPECIFIED;
}

static Value string_fill(int argc, Value *argv)
{
    String *string = as_string(argv[0], "string-fill!");
    Range range = as_range(argc, argv, 2, string->length, "string-fill!");
    for (size_t i = range.start; i < range.end; i++) {
        string->chars[i] = as_char(argv[1], "string-fill!");
    }
    return UNSPECIFIED;
}

static Value string_to_list(int argc, Value *argv)
{
    String *string = as_string(argv[0], "string->list");
    Range range = as_range(argc, argv, 1, string->length, "string->list");
    Value list = NIL;
    for (size_t i = range.end; i > range.start; i--) {
        list = cons(character(string->chars[i - 1]), list);
    }
    return list;
}

static Value list_to_string(Value v)
{
    int64_t length = list_length(v);
    if (length < 0) {
        fail_type("list->string", "a list", v);
    }
    String *string = (String *)make_string((size_t)length, 0);
    Value list = v;
    for (int64_t i = 0; i < length; i++, list = cdr(list)) {
        string->chars[i] = as_char(car(list), "list->string");
    }
    return (Value)string;
}

static Value string_to_vector(int argc, Value *argv)
{
    String *string = as_string(argv[0], "string->vector");
    Range range = as_range(argc, argv, 1, string->length, "string->vector");
    Vector *vector = (Vector *)make_vector(range.end - range.start, NIL);
    for (size_t i = 0; i < vector->length; i++) {
        vector->items[i] = character(string->chars[range.start + i]);
    }
    return (Value)vector;
}

static Value vector_to_string(int argc, Value *argv)
{
    Vector *vector = as_vector(argv[0], "vector->string");
    Range range = as_range(argc, argv, 1, vector->length, "vector->string");
    String *string = (String *)make_string(range.end - range.start, 0);
    for (size_t i = 0; i < string->length; i++) {
        string->chars[i] = as_char(vector->items[range.start + i], "vector->string");
    }
    return (Value)string;
}

/* Case and search */

static Value change_case(Value v, wint_t (*change)(wint_t), const char *who)
{
    String *string = as_string(v, who);
    String *result = (String *)make_string(string->length, 0);
    for (size_t i = 0; i < string->length; i++) {
        result->chars[i] = (uint32_t)change(string->chars[i]);
    }
    return (Value)result;
}

static Value string_upcase(Value v)
{
    return change_case(v, towupper, "string-upcase");
}

static Value string_downcase(Value v)
{
    return change_case(v, towlower, "string-downcase");
}

/* (string-index string char): where the character is first, or #f */
static Value string_index(Value v, Value c)
{
    String *string = as_string(v, "string-c");
    uint32_t code = as_char(c, "string-c");
    for (size_t i = 0; i < string->length; i++) {
        if (string->chars[i] == code) {
            return fixnum((int64_t)i);
        }
    }
    return FALSE_VALUE;
}

/* (string-search what where): where the first string is in the second, or #f */
static Value string_search(Value what, Value where)
{
    String *pattern = as_string(what, "string-search");
    String *string = as_string(where, "string-search");
    for (size_t i = 0; i + pattern->length <= string->length; i++) {
        if (memcmp(string->chars + i, pattern->chars, pattern->length * sizeof(uint32_t)) == 0) {
            return fixnum((int64_t)i);
        }
    }
    return FALSE_VALUE;
}

/* (string-join list [separator]) */
static Value string_join(int argc, Value *argv)
{
    int64_t count = list_length(argv[0]);
    if (count < 0) {
        fail_type("string-join", "a list", argv[0]);
    }
    Value separator = argc > 1 ? argv[1] : string_from_c(" ");
    Value *parts = allocate((size_t)(2 * count + 1) * sizeof(Value));
    int used = 0;
    for (Value rest = argv[0]; is_pair(rest); rest = cdr(rest)) {
        if (used > 0) {
            parts[used++] = separator;
        }
        parts[used++] = car(rest);
    }
    return string_append(used, parts);
}

/* Comparison */

static int compare_two(const String *a, const String *b, bool fold)
{
    size_t shorter = a->length < b->length ? a->length : b->length;
    for (size_t i = 0; i < shorter; i++) {
        uint32_t x = fold ? (uint32_t)towlower(a->chars[i]) : a->chars[i];
        uint32_t y = fold ? (uint32_t)towlower(b->chars[i]) : b->chars[i];
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return (a->length > b->length) - (a->length < b->length);
}

/* `accepted` is a set of orders: 1 less, 2 equal, 4 greater. */
static Value compare_strings(int argc, Value *argv, unsigned accepted, bool fold, const char *who)
{
    bool holds = true;
    as_string(argv[0], who);
    for (int i = 1; i < argc; i++) {
        int order = compare_two((String *)argv[i - 1], as_string(argv[i], who), fold);
        holds = holds && (accepted & (1u << (order + 1)));
    }
    return boolean(holds);
}

static Value string_equal(int argc, Value *argv)
{
    return compare_strings(argc, argv, 2, false, "string=?");
}

static Value string_less(int argc, Value *argv)
{
    return compare_strings(argc, argv, 1, false, "string<?");
}

static Value string_greater(int argc, Value *argv)
{
    return compare_strings(argc, argv, 4, false, "string>?");
}

static Value string_not_greater(int argc, Value *argv)
{
    return compare_strings(argc, argv, 3, false, "string<=?");
}

static Value string_not_less(int argc, Value *argv)
{
    return compare_strings(argc, argv, 6, false, "string>=?");
}

static Value string_ci_equal(int argc, Value *argv)
{
    return compare_strings(argc, argv, 2, true, "string-ci=?");
}

void string_primitives(void)
{
    static const PrimitiveRow rows[] = {
        TYPE_TEST("string?", T_STRING),
        VARIADIC("make-string", prim_make_string, 1, 2),
        VARIADIC("string", prim_string, 0, -1),
        UNARY("string-length", string_length),
        BINARY("string-ref", string_ref),
        TERNARY("string-set!", string_set),
        VARIADIC("string-append", string_append, 0, -1),
        VARIADIC("string-copy", string_copy, 1, 3),
        VARIADIC("substring", prim_substring, 2, 3),
        VARIADIC("string-copy!", string_copy_to, 3, 5),
        VARIADIC("string-fill!", string_fill, 2, 4),
        VARIADIC("string->list", string_to_list, 1, 3),
        UNARY("list->string", list_to_string),
        VARIADIC("string->vector", string_to_vector, 1, 3),
        VARIADIC("vector->string", vector_to_string, 1, 3),
        UNARY("string-upcase", string_upcase),
        UNARY("string-downcase", string_downcase),
        UNARY("string-foldcase", string_downcase),
        BINARY("string-index", string_index),
        BINARY("string-search", string_search),
        VARIADIC("string-join", string_join, 1, 2),
        VARIADIC("string=?", string_equal, 1, -1),
        VARIADIC("string<?", string_less, 1, -1),
        VARIADIC("string>?", string_greater, 1, -1),
        VARIADIC("string<=?", string_not_greater, 1, -1),
        VARIADIC("string>=?", string_not_less, 1, -1),
        VARIADIC("string-ci=?", string_ci_equal, 1, -1),
    };
    define_primitives(rows, COUNT_OF(rows));
}
