/*
 * value.h – what a Scheme value is.
 *
 * A Value is one word.  Its three low bits say what the word holds:
 *
 *     xx1  a fixnum of 63 bits, shifted left by one
 *     010  a character, shifted left by three
 *     100  one of the constants below (#t, #f, the empty list, ...)
 *     000  a pointer to an object on the collector's heap
 *     110  a header: never a value, only ever the first word of an object
 *
 * An object starts with a header that names its type, except a pair, which is two values and
 * nothing else: 16 bytes.  The first word of a pair is a value and so never looks like a header,
 * which is how the two are told apart.  Pointers carry no tag, so that a conservative collector
 * sees them as they are.
 *
 * NULL is no value either: a variable that holds NULL has not been given one yet.
 */
#ifndef SCHEME_VALUE_H
#define SCHEME_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Object *Value;

typedef enum Type {
    T_FIXNUM,
    T_CHAR,
    T_CONSTANT,
    T_PAIR, /* the types from here on have a header */
    T_FLONUM,
    T_BIGNUM,
    T_STRING,
    T_SYMBOL,
    T_VECTOR,
    T_CLOSURE,
    T_PRIMITIVE,
    T_CONTINUATION,
    T_PARAMETER,
    T_CASE_LAMBDA,
    T_PROMISE,
    T_RECORD_TYPE,
    T_RECORD,
    T_RECORD_PROCEDURE,
    T_ERROR,
    T_HASH_TABLE,
    T_PORT,
    T_VALUES,
    T_ALIAS,
    T_MACRO,
    T_SPECIAL_FORM
} Type;

enum { TAG_MASK = 7, TAG_POINTER = 0, TAG_CHAR = 2, TAG_CONSTANT = 4, TAG_HEADER = 6 };

#define CONSTANT(n) ((Value)(uintptr_t)((n) << 3 | TAG_CONSTANT))
#define FALSE_VALUE CONSTANT(0)
#define TRUE_VALUE CONSTANT(1)
#define NIL CONSTANT(2)
#define UNSPECIFIED CONSTANT(3)
#define EOF_OBJECT CONSTANT(4)
#define TAIL_CALL CONSTANT(5) /* internal: a call is pending, see eval.c */

#define FIXNUM_MAX (INT64_MAX >> 1)
#define FIXNUM_MIN (-FIXNUM_MAX)

typedef struct Pair {
    Value car;
    Value cdr;
} Pair;

typedef struct Flonum {
    Value header;
    double number;
} Flonum;

typedef struct String {
    Value header;
    size_t length;
    uint32_t chars[]; /* code points */
} String;

/* A symbol is also its global variable: `value` is NULL while that is unbound, and `syntax` is
   the macro or special form of that name, or NULL. */
typedef struct Symbol {
    Value header;
    Value name;
    Value value;
    Value syntax;
    struct Symbol *next; /* in the same bucket of the symbol table */
} Symbol;

typedef struct Vector {
    Value header;
    size_t length;
    Value items[];
} Vector;

/* A procedure written in Scheme: its code, and the frame that it was made in (see eval.c). */
typedef struct Closure {
    Value header;
    const struct Lambda *code;
    Value *env;
} Closure;

/* A procedure written in C takes its arguments one by one, or as an array; or it is just the test
   whether its one argument has a certain type. */
typedef enum Convention {
    NO_ARGUMENTS,
    ONE_ARGUMENT,
    TWO_ARGUMENTS,
    THREE_ARGUMENTS,
    ARRAY,
    TEST
} Convention;

typedef union PrimitiveFunction {
    Value (*none)(void);
    Value (*one)(Value a);
    Value (*two)(Value a, Value b);
    Value (*three)(Value a, Value b, Value c);
    Value (*many)(int argc, Value *argv);
    Type type;
} PrimitiveFunction;

typedef struct Primitive {
    Value header;
    const char *name;
    Convention convention;
    int minimum;
    int maximum; /* -1: any number of arguments */
    PrimitiveFunction function;
} Primitive;

typedef struct Parameter {
    Value header;
    Value value;
    Value converter; /* a procedure or #f */
} Parameter;

typedef struct CaseLambda {
    Value header;
    Value clauses; /* a list of closures */
} CaseLambda;

/* A promise shares its state (DONE? . VALUE-OR-THUNK) with the promises chained to it. */
typedef struct Promise {
    Value header;
    Value state;
} Promise;

typedef struct ErrorObject {
    Value header;
    Value kind; /* a symbol: error, file or read */
    Value message;
    Value irritants;
} ErrorObject;

/* Several values, or none, on their way from `values` to whoever takes them. */
typedef struct Values {
    Value header;
    size_t count;
    Value items[];
} Values;

static inline uintptr_t tag_of(Value v)
{
    return (uintptr_t)v & TAG_MASK;
}

static inline bool is_pointer(Value v)
{
    return tag_of(v) == TAG_POINTER;
}

static inline Value first_word(Value v)
{
    return *(Value *)(void *)v;
}

static inline Value header_of(Type type)
{
    return (Value)((uintptr_t)type << 3 | TAG_HEADER);
}

static inline bool has_type(Value v, Type type)
{
    return is_pointer(v) && first_word(v) == header_of(type);
}

static inline bool is_pair(Value v)
{
    return is_pointer(v) && tag_of(first_word(v)) != TAG_HEADER;
}

static inline bool is_fixnum(Value v)
{
    return (uintptr_t)v & 1;
}

static inline bool is_char(Value v)
{
    return tag_of(v) == TAG_CHAR;
}

static inline bool is_true(Value v)
{
    return v != FALSE_VALUE;
}

static inline Value boolean(bool b)
{
    return b ? TRUE_VALUE : FALSE_VALUE;
}

static inline Value fixnum(int64_t n)
{
    return (Value)((uintptr_t)n << 1 | 1);
}

static inline int64_t fixnum_value(Value v)
{
    return (int64_t)(intptr_t)v >> 1;
}

static inline Value character(uint32_t code)
{
    return (Value)((uintptr_t)code << 3 | TAG_CHAR);
}

static inline uint32_t char_value(Value v)
{
    return (uint32_t)((uintptr_t)v >> 3);
}

static inline double flonum_value(Value v)
{
    return ((Flonum *)v)->number;
}

/* car and cdr of what is known to be a pair */
static inline Value car(Value v)
{
    return ((Pair *)v)->car;
}

static inline Value cdr(Value v)
{
    return ((Pair *)v)->cdr;
}

Type type_of(Value v);
bool eqv(Value a, Value b);
bool equal(Value a, Value b);

#endif
