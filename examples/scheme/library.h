/*
 * library.h – what the files that define primitives share: checks of arguments, and the list of
 * those files' entry points.
 */
#ifndef SCHEME_LIBRARY_H
#define SCHEME_LIBRARY_H

#include "control.h"
#include "value.h"

/* Fails unless v has that type. */
void check_type(Value v, Type type, const char *who);

static inline Pair *as_pair(Value v, const char *who)
{
    if (!is_pair(v)) {
        check_type(v, T_PAIR, who);
    }
    return (Pair *)v;
}

static inline String *as_string(Value v, const char *who)
{
    check_type(v, T_STRING, who);
    return (String *)v;
}

static inline Vector *as_vector(Value v, const char *who)
{
    check_type(v, T_VECTOR, who);
    return (Vector *)v;
}

static inline uint32_t as_char(Value v, const char *who)
{
    if (!is_char(v)) {
        check_type(v, T_CHAR, who);
    }
    return char_value(v);
}

/* An exact integer from 0 to limit */
size_t as_index(Value v, size_t limit, const char *who);

/* One below the limit */
size_t as_index_below(Value v, size_t limit, const char *who);

/* The START and END arguments, from argv[first] on, of something that long */
typedef struct Range {
    size_t start;
    size_t end;
} Range;
Range as_range(int argc, Value *argv, int first, size_t length, const char *who);

void list_primitives(void);
void predicate_primitives(void);
void number_primitives(void);
void char_primitives(void);
void string_primitives(void);
void vector_primitives(void);
void hash_table_primitives(void);
void sort_primitives(void);
void promise_primitives(void);
void parameter_primitives(void);
void system_primitives(void);

#endif
