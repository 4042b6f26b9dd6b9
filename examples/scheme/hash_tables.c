/*
 * hash_tables.c – hash tables in the manner of SRFI 69.
 *
 * A table is an array of chains of entries; it doubles when there are more entries than chains.
 * Objects hash by their address, which the collector never changes, except numbers, strings and,
 * in `equal?` tables, what is equal by its contents.
 */
#include "eval.h"
#include "heap.h"
#include "library.h"

#include <string.h>

typedef enum Sameness { SAME_EQ, SAME_EQV, SAME_EQUAL } Sameness;

typedef struct Entry {
    Value key;
    Value value;
    uint64_t hash;
    struct Entry *next;
} Entry;

typedef struct HashTable {
    Value header;
    Sameness sameness;
    size_t count;
    size_t capacity; /* a power of two */
    Entry **buckets;
} HashTable;

enum { FIRST_CAPACITY = 8, HASHED_ITEMS = 8 };

static uint64_t mix(uint64_t hash)
{
    hash ^= hash >> 32;
    hash *= 0xD6E8FEB86659FD93u;
    return hash ^ hash >> 32;
}

static uint64_t hash_string(const String *string)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < string->length; i++) {
        hash = (hash ^ string->chars[i]) * 1099511628211u;
    }
    return mix(hash);
}

static uint64_t hash_double(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return mix(bits);
}

/* By contents, as deep as `budget` allows: what is left out does not matter for correctness. */
static uint64_t hash_contents(Value v, int budget)
{
    uint64_t hash = 1;
    switch (type_of(v)) {
    case T_STRING:
        return hash_string((String *)v);
    case T_PAIR:
        for (; is_pair(v) && budget > 0; v = cdr(v), budget--) {
            hash = mix(hash * 31 + hash_contents(car(v), budget / 2));
        }
        return hash;
    case T_VECTOR:
        for (size_t i = 0; i < ((Vector *)v)->length && (int)i < budget; i++) {
            hash = mix(hash * 31 + hash_contents(((Vector *)v)->items[i], budget / 2));
        }
        return hash;
    case T_FLONUM:
        return hash_double(flonum_value(v));
    case T_BIGNUM:
        return 2;
    default:
        return mix((uint64_t)(uintptr_t)v);
    }
}

static uint64_t hash_key(const HashTable *table, Value key)
{
    bool number = has_type(key, T_FLONUM) || has_type(key, T_BIGNUM);
    if (table->sameness == SAME_EQUAL || (table->sameness == SAME_EQV && number)) {
        return hash_contents(key, HASHED_ITEMS);
    }
    return mix((uint64_t)(uintptr_t)key);
}

static bool same_key(const HashTable *table, Value a, Value b)
{
    switch (table->sameness) {
    case SAME_EQ:
        return a == b;
    case SAME_EQV:
        return eqv(a, b);
    default:
        return a == b || equal(a, b);
    }
}

/* The place that points to the entry with that key, or that ends the key's chain */
static Entry **find_place(const HashTable *table, Value key, uint64_t hash)
{
    Entry **place = &table->buckets[hash & (table->capacity - 1)];
    while (*place && !((*place)->hash == hash && same_key(table, (*place)->key, key))) {
        place = &(*place)->next;
    }
    return place;
}

static Entry *find_entry(const HashTable *table, Value key)
{
    return *find_place(table, key, hash_key(table, key));
}

static void grow(HashTable *table)
{
    size_t capacity = table->capacity * 2;
    Entry **buckets = allocate(capacity * sizeof(Entry *));
    for (size_t i = 0; i < table->capacity; i++) {
        for (Entry *entry = table->buckets[i], *next; entry; entry = next) {
            Entry **bucket = &buckets[entry->hash & (capacity - 1)];
            next = entry->next;
            entry->next = *bucket;
            *bucket = entry;
        }
    }
    table->buckets = buckets;
    table->capacity = capacity;
}

static void put_entry(HashTable *table, Value key, Value value)
{
    uint64_t hash = hash_key(table, key);
    Entry **place = find_place(table, key, hash);
    if (*place) {
        (*place)->value = value;
        return;
    }
    Entry *entry = allocate(sizeof(Entry));
    entry->key = key;
    entry->value = value;
    entry->hash = hash;
    *place = entry;
    if (++table->count > table->capacity) {
        grow(table);
    }
}

static HashTable *new_table(Sameness sameness)
{
    HashTable *table = new_object(T_HASH_TABLE, sizeof(HashTable));
    table->sameness = sameness;
    table->capacity = FIRST_CAPACITY;
    table->buckets = allocate(FIRST_CAPACITY * sizeof(Entry *));
    return table;
}

static HashTable *as_table(Value v, const char *who)
{
    check_type(v, T_HASH_TABLE, who);
    return (HashTable *)v;
}

/* The entries as a list of (key . value): what walks a table walks this, so that the table may
   change meanwhile. */
static Value entries(const HashTable *table)
{
    Value list = NIL;
    for (size_t i = 0; i < table->capacity; i++) {
        for (Entry *entry = table->buckets[i]; entry; entry = entry->next) {
            list = cons(cons(entry->key, entry->value), list);
        }
    }
    return list;
}

/* (make-hash-table [equivalence ignored ...]) */
static Value make_hash_table(int argc, Value *argv)
{
    Sameness sameness = SAME_EQUAL;
    if (argc > 0 && argv[0] == ((Symbol *)symbol("eq?"))->value) {
        sameness = SAME_EQ;
    } else if (argc > 0 && argv[0] == ((Symbol *)symbol("eqv?"))->value) {
        sameness = SAME_EQV;
    }
    return (Value)new_table(sameness);
}

/* (hash-table-ref table key [failure [success]]) */
static Value hash_table_ref(int argc, Value *argv)
{
    Entry *entry = find_entry(as_table(argv[0], "hash-table-ref"), argv[1]);
    if (entry) {
        return argc > 3 ? tail_apply(argv[3], 1, &entry->value) : entry->value;
    }
    if (argc < 3) {
        fail("hash-table-ref", "no such key:", list1(argv[1]));
    }
    return tail_apply(argv[2], 0, NULL);
}

static Value hash_table_ref_default(Value v, Value key, Value value)
{
    Entry *entry = find_entry(as_table(v, "hash-table-ref/default"), key);
    return entry ? entry->value : value;
}

static Value hash_table_set(Value v, Value key, Value value)
{
    put_entry(as_table(v, "hash-table-set!"), key, value);
    return UNSPECIFIED;
}

static Value hash_table_delete(Value v, Value key)
{
    HashTable *table = as_table(v, "hash-table-delete!");
    Entry **place = find_place(table, key, hash_key(table, key));
    if (*place) {
        *place = (*place)->next;
        table->count--;
    }
    return UNSPECIFIED;
}

static Value hash_table_contains(Value v, Value key)
{
    return boolean(find_entry(as_table(v, "hash-table-contains?"), key));
}

static Value hash_table_count(Value v)
{
    return fixnum((int64_t)as_table(v, "hash-table-count")->count);
}

/* (hash-table-update! table key procedure [failure]) */
static Value hash_table_update(int argc, Value *argv)
{
    HashTable *table = as_table(argv[0], "hash-table-update!");
    Entry *entry = find_entry(table, argv[1]);
    if (!entry && argc < 4) {
        fail("hash-table-update!", "no such key:", list1(argv[1]));
    }
    Value old = entry ? entry->value : apply(argv[3], 0, NULL);
    put_entry(table, argv[1], call1(argv[2], old));
    return UNSPECIFIED;
}

static Value hash_table_update_default(int argc, Value *argv)
{
    (void)argc;
    HashTable *table = as_table(argv[0], "hash-table-update!/default");
    Entry *entry = find_entry(table, argv[1]);
    put_entry(table, argv[1], call1(argv[2], entry ? entry->value : argv[3]));
    return UNSPECIFIED;
}

static Value hash_table_to_alist(Value v)
{
    return entries(as_table(v, "hash-table->alist"));
}

static Value hash_table_keys(Value v)
{
    Value list = entries(as_table(v, "hash-table-keys"));
    for (Value rest = list; is_pair(rest); rest = cdr(rest)) {
        ((Pair *)rest)->car = car(car(rest));
    }
    return list;
}

static Value hash_table_values(Value v)
{
    Value list = entries(as_table(v, "hash-table-values"));
    for (Value rest = list; is_pair(rest); rest = cdr(rest)) {
        ((Pair *)rest)->car = cdr(car(rest));
    }
    return list;
}

static Value hash_table_walk(Value v, Value visit)
{
    Value list = entries(as_table(v, "hash-table-walk"));
    for (; is_pair(list); list = cdr(list)) {
        call2(visit, car(car(list)), cdr(car(list)));
    }
    return UNSPECIFIED;
}

static Value hash_table_clear(Value v)
{
    HashTable *table = as_table(v, "hash-table-clear!");
    *table = *new_table(table->sameness);
    return UNSPECIFIED;
}

static Value hash_table_copy(int argc, Value *argv)
{
    (void)argc;
    HashTable *table = as_table(argv[0], "hash-table-copy");
    HashTable *copy = new_table(table->sameness);
    for (Value list = entries(table); is_pair(list); list = cdr(list)) {
        put_entry(copy, car(car(list)), cdr(car(list)));
    }
    return (Value)copy;
}

static Value alist_to_hash_table(int argc, Value *argv)
{
    Value table = make_hash_table(argc - 1, argv + 1);
    for (Value list = argv[0]; is_pair(list); list = cdr(list)) {
        Pair *entry = as_pair(car(list), "alist->hash-table");
        put_entry((HashTable *)table, entry->car, entry->cdr);
    }
    return table;
}

void hash_table_primitives(void)
{
    static const PrimitiveRow rows[] = {
        VARIADIC("make-hash-table", make_hash_table, 0, -1),
        TYPE_TEST("hash-table?", T_HASH_TABLE),
        VARIADIC("hash-table-ref", hash_table_ref, 2, 4),
        TERNARY("hash-table-ref/default", hash_table_ref_default),
        TERNARY("hash-table-set!", hash_table_set),
        BINARY("hash-table-delete!", hash_table_delete),
        BINARY("hash-table-contains?", hash_table_contains),
        BINARY("hash-table-exists?", hash_table_contains),
        UNARY("hash-table-count", hash_table_count),
        UNARY("hash-table-size", hash_table_count),
        VARIADIC("hash-table-update!", hash_table_update, 3, 4),
        VARIADIC("hash-table-update!/default", hash_table_update_default, 4, 4),
        UNARY("hash-table->alist", hash_table_to_alist),
        UNARY("hash-table-keys", hash_table_keys),
        UNARY("hash-table-values", hash_table_values),
        BINARY("hash-table-walk", hash_table_walk),
        UNARY("hash-table-clear!", hash_table_clear),
        VARIADIC("hash-table-copy", hash_table_copy, 1, 2),
        VARIADIC("alist->hash-table", alist_to_hash_table, 1, -1),
    };
    define_primitives(rows, COUNT_OF(rows));
}
