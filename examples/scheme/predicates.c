/*
 * predicates.c – equivalence, the tests of a value's type, booleans and symbols.
 */
#include "heap.h"
#include "library.h"

static Value prim_eq(Value a, Value b)
{
    return boolean(a == b);
}

static Value prim_eqv(Value a, Value b)
{
    return boolean(eqv(a, b));
}

static Value prim_equal(Value a, Value b)
{
    return boolean(equal(a, b));
}

static Value prim_not(Value v)
{
    return boolean(v == FALSE_VALUE);
}

static Value is_null(Value v)
{
    return boolean(v == NIL);
}

static Value is_list(Value v)
{
    return boolean(list_length(v) >= 0);
}

static Value is_boolean(Value v)
{
    return boolean(v == TRUE_VALUE || v == FALSE_VALUE);
}

/* All arguments are one and the same object. */
static bool all_same(int argc, Value *argv)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i] != argv[0]) {
            return false;
        }
    }
    return true;
}

static Value symbols_equal(int argc, Value *argv)
{
    for (int i = 0; i < argc; i++) {
        check_type(argv[i], T_SYMBOL, "symbol=?");
    }
    return boolean(all_same(argc, argv));
}

static Value booleans_equal(int argc, Value *argv)
{
    for (int i = 0; i < argc; i++) {
        if (argv[i] != TRUE_VALUE && argv[i] != FALSE_VALUE) {
            fail_type("boolean=?", "a boolean", argv[i]);
        }
    }
    return boolean(all_same(argc, argv));
}

static Value symbol_to_string(Value v)
{
    check_type(v, T_SYMBOL, "symbol->string");
    return ((Symbol *)v)->name;
}

/* The string may be changed later, so the symbol gets a copy. */
static Value string_to_symbol(Value v)
{
    String *string = as_string(v, "string->symbol");
    String *copy = (String *)make_string(string->length, 0);
    for (size_t i = 0; i < string->length; i++) {
        copy->chars[i] = string->chars[i];
    }
    return intern((Value)copy);
}

static Value gensym(void)
{
    return generate_symbol();
}

void predicate_primitives(void)
{
    static const PrimitiveRow rows[] = {
        BINARY("eq?", prim_eq),
        BINARY("eqv?", prim_eqv),
        BINARY("equal?", prim_equal),
        UNARY("not", prim_not),
        TYPE_TEST("pair?", T_PAIR),
        UNARY("null?", is_null),
        UNARY("list?", is_list),
        UNARY("boolean?", is_boolean),
        TYPE_TEST("symbol?", T_SYMBOL),
        VARIADIC("symbol=?", symbols_equal, 1, -1),
        VARIADIC("boolean=?", booleans_equal, 1, -1),
        UNARY("symbol->string", symbol_to_string),
        UNARY("string->symbol", string_to_symbol),
        NULLARY("gensym", gensym),
        NULLARY("generate-symbol", gensym),
    };
    define_primitives(rows, COUNT_OF(rows));
}
