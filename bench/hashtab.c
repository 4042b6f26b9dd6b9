/*
 * A growing hash table with string keys: entries come, are replaced, are looked up and go.
 *
 * Each thread has a table of its own. What the table should hold is also written into an array in
 * malloc's memory, and every operation is compared with it.
 */
#include "bench.h"

#include <string.h>

static long keys = 200000;
static long count = 3000000;
static long threads = 1;

static const struct bench_param params[] = {
    {"keys", &keys, "different keys", NULL},
    {"count", &count, "operations of each thread", NULL},
    {"threads", &threads, "threads", NULL},
    {NULL, NULL, NULL, NULL},
};

enum { KEY_SIZE = 24, FIRST_BUCKETS = 16 };

struct entry {
    struct entry *next;
    char *key;
    uint64_t *value; /* a pointer-free object, replaced as a whole */
    uint64_t hash;
};

struct table {
    struct entry **buckets;
    uint64_t mask; /* number of buckets, a power of two, less one */
    uint64_t entries;
};

/* FNV-1a */
static uint64_t hash_of(const char *key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

static void table_init(struct table *table)
{
    table->buckets = heap_new(FIRST_BUCKETS * sizeof *table->buckets);
    table->mask = FIRST_BUCKETS - 1;
    table->entries = 0;
}

/* The place of the pointer to the key's entry, or of the null pointer that ends its bucket. */
static struct entry **table_find(struct table *table, const char *key, uint64_t hash)
{
    struct entry **place = &table->buckets[hash & table->mask];

    while (*place != NULL && ((*place)->hash != hash || strcmp((*place)->key, key) != 0))
        place = &(*place)->next;
    return place;
}

static void table_double(struct table *table)
{
    uint64_t mask = 2 * table->mask + 1;
    struct entry **buckets = heap_new((mask + 1) * sizeof *buckets);

    for (uint64_t i = 0; i <= table->mask; i++) {
        struct entry *next;
        for (struct entry *entry = table->buckets[i]; entry != NULL; entry = next) {
            next = entry->next;
            entry->next = buckets[entry->hash & mask];
            buckets[entry->hash & mask] = entry;
        }
    }
    heap_drop(table->buckets);
    table->buckets = buckets;
    table->mask = mask;
}

static uint64_t *value_new(uint64_t number)
{
    uint64_t *value = heap_new_atomic(sizeof *value);

    *value = number;
    return value;
}

static void table_put(struct table *table, const char *key, uint64_t number)
{
    uint64_t hash = hash_of(key);
    struct entry **place = table_find(table, key, hash);

    if (*place != NULL) {
        heap_drop((*place)->value);
        (*place)->value = value_new(number);
        return;
    }
    struct entry *entry = heap_new(sizeof *entry);
    entry->key = heap_new_atomic(strlen(key) + 1);
    strcpy(entry->key, key);
    entry->value = value_new(number);
    entry->hash = hash;
    *place = entry;
    if (++table->entries > table->mask)
        table_double(table);
}

/* The number stored for the key, or 0. */
static uint64_t table_get(struct table *table, const char *key)
{
    struct entry *entry = *table_find(table, key, hash_of(key));

    return entry == NULL ? 0 : *entry->value;
}

static void table_remove(struct table *table, const char *key)
{
    struct entry **place = table_find(table, key, hash_of(key));
    struct entry *entry = *place;

    if (entry == NULL)
        return;
    *place = entry->next;
    table->entries--;
    heap_drop(entry->key);
    heap_drop(entry->value);
    heap_drop(entry);
}

/* Of eight operations three store, three look up and two remove. */
static void operate(struct table *table, uint64_t *expected, uint64_t random, uint64_t number)
{
    uint64_t index = (random >> 32) * (uint64_t)keys >> 32;
    char key[KEY_SIZE];

    snprintf(key, sizeof key, "key/%lx", (unsigned long)index);
    BENCH_CHECK(table_get(table, key) == expected[index], "the value of %s has changed", key);
    switch (random & 7) {
    case 0:
    case 1:
    case 2:
        table_put(table, key, number);
        expected[index] = number;
        break;
    case 3:
    case 4:
        table_remove(table, key);
        expected[index] = 0;
        break;
    default:
        break;
    }
}

static void work(long thread)
{
    uint64_t *expected = heap_got(calloc((size_t)keys, sizeof *expected));
    struct rng rng = rng_of(thread);
    struct table table;
    uint64_t present = 0;

    table_init(&table);
    for (long i = 1; i <= count; i++)
        operate(&table, expected, rng_next(&rng), (uint64_t)i);
    for (long i = 0; i < keys; i++)
        present += expected[i] != 0;
    BENCH_CHECK(table.entries == present, "%lu entries instead of %lu",
                (unsigned long)table.entries, (unsigned long)present);
    free(expected);
}

int main(int argc, char **argv)
{
    bench_start(argc, argv, params);
    BENCH_CHECK(keys >= 1, "keys=%ld is too small", keys);
    bench_in_threads(threads, work);
    return 0;
}
