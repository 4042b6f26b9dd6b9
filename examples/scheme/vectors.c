/*
 * vectors.c – vectors.
 */
#include "eval.h"
#include "heap.h"
#include "library.h"

#include <string.h>

enum { LONGEST_VECTOR = 1 << 30 };

static Value prim_make_vector(int argc, Value *argv)
{
    size_t length = as_index(argv[0], LONGEST_VECTOR, "make-vector");
    return make_vector(length, argc > 1 ? argv[1] : UNSPECIFIED);
}

static Value vector_from_array(size_t length, Value *items)
{
    Vector *vector = (Vector *)make_vector(length, NIL);
    memcpy(vector->items, items, length * sizeof(Value));
    return (Value)vector;
}

static Value prim_vector(int argc, Value *argv)
{
    return vector_from_array((size_t)argc, argv);
}

static Value vector_length(Value v)
{
    return fixnum((int64_t)as_vector(v, "vector-length")->length);
}

static Value *item_place(Value v, Value index, const char *who)
{
    Vector *vector = as_vector(v, who);
    return &vector->items[as_index_below(index, vector->length, who)];
}

static Value vector_ref(Value v, Value index)
{
    return *item_place(v, index, "vector-ref");
}

static Value vector_set(Value v, Value index, Value item)
{
    *item_place(v, index, "vector-set!") = item;
    return UNSPECIFIED;
}

static Value vector_to_list(int argc, Value *argv)
{
    Vector *vector = as_vector(argv[0], "vector->list");
    Range range = as_range(argc, argv, 1, vector->length, "vector->list");
    return list_from_array((int)(range.end - range.start), vector->items + range.start, NIL);
}

static Value list_to_vector(Value v)
{
    if (list_length(v) < 0) {
        fail_type("list->vector", "a list", v);
    }
    return vector_from_list(v);
}

static Value vector_fill(int argc, Value *argv)
{
    Vector *vector = as_vector(argv[0], "vector-fill!");
    Range range = as_range(argc, argv, 2, vector->length, "vector-fill!");
    for (size_t i = range.start; i < range.end; i++) {
        vector->items[i] = argv[1];
    }
    return UNSPECIFIED;
}

static Value vector_copy(int argc, Value *argv)
{
    Vector *vector = as_vector(argv[0], "vector-copy");
    Range range = as_range(argc, argv, 1, vector->length, "vector-copy");
    return vector_from_array(range.end - range.start, vector->items + range.start);
}

/* (vector-copy! to at from [start [end]]) */
static Value vector_copy_to(int argc, Value *argv)
{
    Vector *to = as_vector(argv[0], "vector-copy!");
    size_t at = as_index(argv[1], to->length, "vector-copy!");
    Vector *from = as_vector(argv[2], "vector-copy!");
    Range range = as_range(argc, argv, 3, from->length, "vector-copy!");
    if (range.end - range.start > to->length - at) {
        fail_range("vector-copy!", argv[1]);
    }
    memmove(to->items + at, from->items + range.start, (range.end - range.start) * sizeof(Value));
    return UNSPECIFIED;
}

static Value vector_append(int argc, Value *argv)
{
    size_t length = 0;
    for (int i = 0; i < argc; i++) {
        length += as_vector(argv[i], "vector-append")->length;
    }
    Vector *result = (Vector *)make_vector(length, NIL);
    Value *to = result->items;
    for (int i = 0; i < argc; i++) {
        Vector *part = (Vector *)argv[i];
        memcpy(to, part->items, part->length * sizeof(Value));
        to += part->length;
    }
    return (Value)result;
}

void vector_primitives(void)
{
    static const PrimitiveRow rows[] = {
        TYPE_TEST("vector?", T_VECTOR),
        VARIADIC("make-vector", prim_make_vector, 1, 2),
        VARIADIC("vector", prim_vector, 0, -1),
        UNARY("vector-length", vector_length),
        BINARY("vector-ref", vector_ref),
        TERNARY("vector-set!", vector_set),
        VARIADIC("vector->list", vector_to_list, 1, 3),
        UNARY("list->vector", list_to_vector),
        VARIADIC("vector-fill!", vector_fill, 2, 4),
        VARIADIC("vector-copy", vector_copy, 1, 3),
        VARIADIC("vector-copy!", vector_copy_to, 3, 5),
        VARIADIC("vector-append", vector_append, 0, -1),
    };
    define_primitives(rows, COUNT_OF(rows));
}
