/*
 * heap.h – making objects.  Every object lives on the collector's heap; nothing is ever freed.
 */
#ifndef SCHEME_HEAP_H
#define SCHEME_HEAP_H

#include "value.h"

/* Memory that the collector scans, cleared; and memory that holds no pointers, not cleared. */
void *allocate(size_t size);
void *allocate_atomic(size_t size);

/* An object of `size` bytes whose header says `type`. */
void *new_object(Type type, size_t size);

void heap_init(void);

Value cons(Value a, Value d);
Value list1(Value a);
Value list2(Value a, Value b);
Value list3(Value a, Value b, Value c);
Value list_from_array(int count, Value *items, Value tail);
Value reverse_in_place(Value list, Value tail);

/* The length of a proper list, -1 of anything else (an improper or a circular list). */
int64_t list_length(Value list);

Value make_flonum(double number);
Value make_string(size_t length, uint32_t fill);
Value make_vector(size_t length, Value fill);
Value vector_from_list(Value list); /* a proper one */

/* A string from bytes of UTF-8, and the other way round (with a final NUL). */
Value string_from_utf8(const char *bytes, size_t length);
Value string_from_c(const char *text);
char *string_to_utf8(Value string, size_t *length);

/* One code point to UTF-8: at most four bytes; returns how many. */
int utf8_encode(uint32_t code, char *bytes);
uint32_t utf8_decode(const char **cursor, const char *end);

/* The symbol of that name: the same one each time. */
Value intern(Value name);
Value symbol(const char *name);
Value generate_symbol(void);

/* Bytes that grow: the reader's token, a string port's text. */
typedef struct Buffer {
    char *data;
    size_t length;
    size_t capacity;
} Buffer;

void buffer_put(Buffer *buffer, const char *bytes, size_t count);
void buffer_put_char(Buffer *buffer, uint32_t code);

/* A row of a table of primitives, and the definition of all its rows as global variables. */
typedef struct PrimitiveRow {
    const char *name;
    Convention convention;
    int minimum;
    int maximum;
    PrimitiveFunction function;
} PrimitiveRow;

#define NULLARY(name, function)                                                                    \
    {                                                                                              \
        name, NO_ARGUMENTS, 0, 0,                                                                  \
        {                                                                                          \
            .none = function                                                                       \
        }                                                                                          \
    }
#define UNARY(name, function)                                                                      \
    {                                                                                              \
        name, ONE_ARGUMENT, 1, 1,                                                                  \
        {                                                                                          \
            .one = function                                                                        \
        }                                                                                          \
    }
#define BINARY(name, function)                                                                     \
    {                                                                                              \
        name, TWO_ARGUMENTS, 2, 2,                                                                 \
        {                                                                                          \
            .two = function                                                                        \
        }                                                                                          \
    }
#define TERNARY(name, function)                                                                    \
    {                                                                                              \
        name, THREE_ARGUMENTS, 3, 3,                                                               \
        {                                                                                          \
            .three = function                                                                      \
        }                                                                                          \
    }
#define VARIADIC(name, function, least, most)                                                      \
    {                                                                                              \
        name, ARRAY, least, most,                                                                  \
        {                                                                                          \
            .many = function                                                                       \
        }                                                                                          \
    }
#define TYPE_TEST(name, tested)                                                                    \
    {                                                                                              \
        name, TEST, 1, 1,                                                                          \
        {                                                                                          \
            .type = tested                                                                         \
        }                                                                                          \
    }

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
void define_primitives(const PrimitiveRow *rows, size_t count);
void define_global(const char *name, Value value);

#endif
