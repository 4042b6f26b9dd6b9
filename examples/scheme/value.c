/*
 * value.c – the type of a value, the equivalence predicates, and checks of types.
 */
#include "value.h"
#include "bignum.h"
#include "heap.h"
#include "library.h"

#include <string.h>

Type type_of(Value v)
{
    if (is_fixnum(v)) {
        return T_FIXNUM;
    }
    if (is_char(v)) {
        return T_CHAR;
    }
    if (!is_pointer(v)) {
        return T_CONSTANT;
    }
    Value first = first_word(v);
    return tag_of(first) == TAG_HEADER ? (Type)((uintptr_t)first >> 3) : T_PAIR;
}

bool eqv(Value a, Value b)
{
    if (a == b) {
        return true;
    }
    if (has_type(a, T_FLONUM) && has_type(b, T_FLONUM)) {
        return memcmp(&((Flonum *)a)->number, &((Flonum *)b)->number, sizeof(double)) == 0;
    }
    return has_type(a, T_BIGNUM) && has_type(b, T_BIGNUM) && integer_compare(a, b) == 0;
}

static bool equal_vectors(const Vector *a, const Vector *b)
{
    if (a->length != b->length) {
        return false;
    }
    for (size_t i = 0; i < a->length; i++) {
        if (!equal(a->items[i], b->items[i])) {
            return false;
        }
    }
    return true;
}

static bool equal_strings(const String *a, const String *b)
{
    return a->length == b->length && memcmp(a->chars, b->chars, a->length * sizeof(uint32_t)) == 0;
}

bool equal(Value a, Value b)
{
    check_depth();
    while (is_pair(a) && is_pair(b)) {
        if (!equal(car(a), car(b))) {
            return false;
        }
        a = cdr(a);
        b = cdr(b);
    }
    if (eqv(a, b)) {
        return true;
    }
    Type type = type_of(a);
    if (type != type_of(b)) {
        return false;
    }
    switch (type) {
    case T_STRING:
        return equal_strings((String *)a, (String *)b);
    case T_VECTOR:
        return equal_vectors((Vector *)a, (Vector *)b);
    default:
        return false;
    }
}

static const char *describe_type(Type type)
{
    switch (type) {
    case T_FIXNUM:
        return "an exact integer";
    case T_CHAR:
        return "a character";
    case T_PAIR:
        return "a pair";
    case T_STRING:
        return "a string";
    case T_SYMBOL:
        return "a symbol";
    case T_VECTOR:
        return "a vector";
    case T_PARAMETER:
        return "a parameter";
    case T_PROMISE:
        return "a promise";
    case T_ERROR:
        return "an error object";
    case T_HASH_TABLE:
        return "a hash table";
    case T_PORT:
        return "a port";
    case T_RECORD_TYPE:
        return "a record type";
    default:
        return "something else";
    }
}

void check_type(Value v, Type type, const char *who)
{
    if (type_of(v) != type) {
        fail_type(who, describe_type(type), v);
    }
}

size_t as_index(Value v, size_t limit, const char *who)
{
    if (!is_fixnum(v)) {
        check_type(v, T_FIXNUM, who);
    }
    int64_t n = fixnum_value(v);
    if (n < 0 || (size_t)n > limit) {
        fail_range(who, v);
    }
    return (size_t)n;
}

size_t as_index_below(Value v, size_t limit, const char *who)
{
    size_t index = as_index(v, limit, who);
    if (index == limit) {
        fail_range(who, v);
    }
    return index;
}

Range as_range(int argc, Value *argv, int first, size_t length, const char *who)
{
    Range range = {0, length};
    if (argc > first + 1) {
        range.end = as_index(argv[first + 1], length, who);
    }
    if (argc > first) {
        range.start = as_index(argv[first], range.end, who);
    }
    return range;
}
