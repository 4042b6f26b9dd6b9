/*
 * sort.c – stable merge sort of lists and vectors.
 */
#include "eval.h"
#include "heap.h"
#include "library.h"

#include <string.h>

/* Sorts items[0..count), with `spare` as room for as many. */
static void merge_sort(Value *items, Value *spare, size_t count, Value less)
{
    if (count < 2) {
        return;
    }
    size_t half = count / 2;
    merge_sort(items, spare, half, less);
    merge_sort(items + half, spare, count - half, less);
    memcpy(spare, items, half * sizeof(Value));
    size_t left = 0, right = half, out = 0;
    while (left < half && right < count) {
        if (is_true(call2(less, items[right], spare[left]))) {
            items[out++] = items[right++];
        } else {
            items[out++] = spare[left++];
        }
    }
    memcpy(items + out, spare + left, (half - left) * sizeof(Value));
}

static void sort_vector(Vector *vector, Value less)
{
    Value *spare = allocate((vector->length / 2 + 1) * sizeof(Value));
    merge_sort(vector->items, spare, vector->length, less);
}

/* (sort sequence less?), or the other way round as in SRFI 132 */
static Value sort(Value a, Value b)
{
    bool swapped = is_procedure(a);
    Value sequence = swapped ? b : a;
    Value less = swapped ? a : b;
    if (has_type(sequence, T_VECTOR)) {
        Vector *original = (Vector *)sequence;
        Vector *copy = (Vector *)make_vector(original->length, NIL);
        memcpy(copy->items, original->items, original->length * sizeof(Value));
        sort_vector(copy, less);
        return (Value)copy;
    }
    if (list_length(sequence) < 0) {
        fail_type("sort", "a list or a vector", sequence);
    }
    Vector *vector = (Vector *)vector_from_list(sequence);
    sort_vector(vector, less);
    return list_from_array((int)vector->length, vector->items, NIL);
}

static Value sort_in_place(Value vector, Value less)
{
    sort_vector(as_vector(vector, "sort!"), less);
    return vector;
}

void sort_primitives(void)
{
    static const PrimitiveRow rows[] = {
        BINARY("sort", sort),
        BINARY("list-sort", sort),
        BINARY("sort!", sort_in_place),
    };
    define_primitives(rows, COUNT_OF(rows));
}
