/*
 * heap.c – making objects, and the symbol table.
 *
 * All memory comes from the collector: GC_malloc for what holds pointers, GC_malloc_atomic for
 * numbers and text.  The symbol table is an array of chains on the same heap, found by the
 * collector through the static variable below; symbols are never dropped from it.
 */
#include "heap.h"

#include <gc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    Symbol **buckets;
    size_t capacity; /* a power of two */
    size_t count;
    int64_t generated;
} symbols;

static void *check_memory(void *memory)
{
    if (!memory) {
        fputs("scheme: out of memory\n", stderr);
        exit(70);
    }
    return memory;
}

void *allocate(size_t size)
{
    return check_memory(GC_malloc(size));
}

void *allocate_atomic(size_t size)
{
    return check_memory(GC_malloc_atomic(size));
}

void *new_object(Type type, size_t size)
{
    Value *object = allocate(size);
    *object = header_of(type);
    return object;
}

static void *new_atomic_object(Type type, size_t size)
{
    Value *object = allocate_atomic(size);
    *object = header_of(type);
    return object;
}

/* Pairs and lists */

Value cons(Value a, Value d)
{
    Pair *pair = allocate(sizeof(Pair));
    pair->car = a;
    pair->cdr = d;
    return (Value)pair;
}

Value list1(Value a)
{
    return cons(a, NIL);
}

Value list2(Value a, Value b)
{
    return cons(a, list1(b));
}

Value list3(Value a, Value b, Value c)
{
    return cons(a, list2(b, c));
}

Value list_from_array(int count, Value *items, Value tail)
{
    while (count > 0) {
        tail = cons(items[--count], tail);
    }
    return tail;
}

Value reverse_in_place(Value list, Value tail)
{
    while (is_pair(list)) {
        Value next = cdr(list);
        ((Pair *)list)->cdr = tail;
        tail = list;
        list = next;
    }
    return tail;
}

int64_t list_length(Value list)
{
    int64_t length = 0;
    Value slow = list;
    while (is_pair(list)) {
        list = cdr(list);
        length++;
        if (length % 2 == 0) {
            slow = cdr(slow);
            if (slow == list) {
                return -1;
            }
        }
    }
    return list == NIL ? length : -1;
}

/* Numbers, strings and vectors */

Value make_flonum(double number)
{
    Flonum *flonum = new_atomic_object(T_FLONUM, sizeof(Flonum));
    flonum->number = number;
    return (Value)flonum;
}

Value make_string(size_t length, uint32_t fill)
{
    String *string = new_atomic_object(T_STRING, sizeof(String) + length * sizeof(uint32_t));
    string->length = length;
    for (size_t i = 0; i < length; i++) {
        string->chars[i] = fill;
    }
    return (Value)string;
}

Value make_vector(size_t length, Value fill)
{
    Vector *vector = new_object(T_VECTOR, sizeof(Vector) + length * sizeof(Value));
    vector->length = length;
    for (size_t i = 0; i < length; i++) {
        vector->items[i] = fill;
    }
    return (Value)vector;
}

Value vector_from_list(Value list)
{
    Vector *vector = (Vector *)make_vector((size_t)list_length(list), NIL);
    for (size_t i = 0; i < vector->length; i++, list = cdr(list)) {
        vector->items[i] = car(list);
    }
    return (Value)vector;
}

/* UTF-8 */

int utf8_encode(uint32_t code, char *bytes)
{
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    int count = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (int i = count - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    bytes[0] = (char)(lead[count] | code);
    return count;
}

/* A byte that starts no character, or a character cut short, is taken as Latin-1. */
uint32_t utf8_decode(const char **cursor, const char *end)
{
    const uint8_t *bytes = (const uint8_t *)*cursor;
    uint32_t first = bytes[0];
    int count = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    uint32_t code = count == 1 ? first : first & (0x7Fu >> count);
    *cursor += 1;
    if (end - (const char *)bytes < count) {
        return first;
    }
    for (int i = 1; i < count; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return first;
        }
        code = code << 6 | (bytes[i] & 0x3F);
    }
    *cursor += count - 1;
    return code;
}

Value string_from_utf8(const char *bytes, size_t length)
{
    const char *end = bytes + length;
    size_t count = 0;
    for (const char *cursor = bytes; cursor < end; count++) {
        utf8_decode(&cursor, end);
    }
    String *string = (String *)make_string(count, 0);
    const char *cursor = bytes;
    for (size_t i = 0; i < count; i++) {
        string->chars[i] = utf8_decode(&cursor, end);
    }
    return (Value)string;
}

Value string_from_c(const char *text)
{
    return string_from_utf8(text, strlen(text));
}

char *string_to_utf8(Value value, size_t *length)
{
    String *string = (String *)value;
    Buffer buffer = {0};
    for (size_t i = 0; i < string->length; i++) {
        buffer_put_char(&buffer, string->chars[i]);
    }
    if (length) {
        *length = buffer.length;
    }
    buffer_put(&buffer, "", 1);
    return buffer.data;
}

void buffer_put(Buffer *buffer, const char *bytes, size_t count)
{
    if (count == 0) {
        return;
    }
    if (buffer->length + count > buffer->capacity) {
        size_t capacity = 2 * (buffer->length + count) + 16;
        char *data = allocate_atomic(capacity);
        if (buffer->length > 0) {
            memcpy(data, buffer->data, buffer->length);
        }
        buffer->data = data;
        buffer->capacity = capacity;
    }
    memcpy(buffer->data + buffer->length, bytes, count);
    buffer->length += count;
}

void buffer_put_char(Buffer *buffer, uint32_t code)
{
    char bytes[4];
    buffer_put(buffer, bytes, (size_t)utf8_encode(code, bytes));
}

/* Symbols */

static size_t hash_name(const String *name)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < name->length; i++) {
        hash = (hash ^ name->chars[i]) * 1099511628211u;
    }
    return (size_t)(hash ^ hash >> 29);
}

static bool same_name(const String *a, const String *b)
{
    return a->length == b->length && memcmp(a->chars, b->chars, 4 * a->length) == 0;
}

static Symbol *new_symbol(Value name)
{
    Symbol *fresh = new_object(T_SYMBOL, sizeof(Symbol));
    fresh->name = name;
    return fresh;
}

static void grow_symbol_table(void)
{
    size_t capacity = symbols.capacity * 2;
    Symbol **buckets = allocate(capacity * sizeof(Symbol *));
    for (size_t i = 0; i < symbols.capacity; i++) {
        for (Symbol *s = symbols.buckets[i], *next; s; s = next) {
            size_t index = hash_name((String *)s->name) & (capacity - 1);
            next = s->next;
            s->next = buckets[index];
            buckets[index] = s;
        }
    }
    symbols.buckets = buckets;
    symbols.capacity = capacity;
}

Value intern(Value name)
{
    size_t hash = hash_name((String *)name);
    for (Symbol *s = symbols.buckets[hash & (symbols.capacity - 1)]; s; s = s->next) {
        if (same_name((String *)s->name, (String *)name)) {
            return (Value)s;
        }
    }
    if (++symbols.count > symbols.capacity) {
        grow_symbol_table();
    }
    Symbol *fresh = new_symbol(name);
    Symbol **bucket = &symbols.buckets[hash & (symbols.capacity - 1)];
    fresh->next = *bucket;
    *bucket = fresh;
    return (Value)fresh;
}

Value symbol(const char *name)
{
    return intern(string_from_c(name));
}

Value generate_symbol(void)
{
    char name[32];
    snprintf(name, sizeof name, "g%lld", (long long)++symbols.generated);
    return (Value)new_symbol(string_from_c(name));
}

void heap_init(void)
{
    symbols.capacity = 1024;
    symbols.buckets = allocate(symbols.capacity * sizeof(Symbol *));
}

/* Global definitions */

void define_global(const char *name, Value value)
{
    ((Symbol *)symbol(name))->value = value;
}

void define_primitives(const PrimitiveRow *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Primitive *primitive = new_object(T_PRIMITIVE, sizeof(Primitive));
        primitive->name = rows[i].name;
        primitive->convention = rows[i].convention;
        primitive->minimum = rows[i].minimum;
        primitive->maximum = rows[i].maximum;
        primitive->function = rows[i].function;
        define_global(rows[i].name, (Value)primitive);
    }
}
