/* table.h: from an address to a word, in memory of our own.
 *
 * Owns: an array of entries, dense, and a hash table over it: `heads` has the number of the first
 * entry of a chain, plus one, for each of `capacity` places.
 *
 *     entry number i of n  <=>  i < count, and it is on the chain of its key's place, once
 *
 * Neighbours in memory have neighbouring places, within a block of 64 words, and what is added one
 * after the other lies one after the other: so tables that are used in the order of addresses or of
 * time, as they mostly are, stay in the caches. Which blocks share places is a matter of chance; no
 * two words of one block do.
 *
 * Removing an entry moves the last one to its place. So a walk downwards that removes entries as
 * it comes to them meets every entry once.
 *
 * Growing needs memory and chains every entry anew, in one go: some ns an entry. It happens where
 * one is added. Room that is no longer needed goes back in table_shrink.
 *
 * Lock: the owner's.
 */
#ifndef SPANGC_TABLE_H
#define SPANGC_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { table_block_words = 64, table_bytes_per_word = 8 };

struct table_entry {
    uintptr_t key; /* not 0 */
    uintptr_t value;
    size_t next; /* of the chain: its number plus one; 0: none */
};

/* All zero: an empty table. */
struct table {
    struct table_entry *entries;
    uint32_t *heads;
    size_t capacity; /* of both; a power of two, or 0 */
    size_t count;
    size_t most; /* the largest count since table_shrink was called last */
};

/* The entry with that key; NULL: none. Valid until the table changes. */
struct table_entry *table_find(const struct table *t, uintptr_t key);

/* Adds an entry, whose key is not there yet. False: no memory, nothing changed. */
bool table_put(struct table *t, uintptr_t key, uintptr_t value);

/* Removes an entry by its number. */
void table_remove_at(struct table *t, size_t number);

/* Removes the entry with that key. False: there was none. */
bool table_remove(struct table *t, uintptr_t key);

/* Removes the entries whose value is 0, of which there are `empty`. Where they are many, the others
 * close up and are chained anew: 30 instructions for each that goes, instead of 85. */
void table_remove_empty(struct table *t, size_t empty);

/* Called now and then: gives half of the room back if less than a quarter has been used at any time
 * since the last call. Where the system refuses nothing changes. */
void table_shrink(struct table *t);

void table_free(struct table *t);

/* ---- The hot path ---- */

/* The slow halves of table_ensure: of a table that is full. */
bool table_grow(struct table *t);
struct table_entry *table_ensure_full(struct table *t, uintptr_t key);

static inline uint32_t *table_head(const struct table *t, uintptr_t key)
{
    uint64_t word = key / table_bytes_per_word;
    uint64_t hash = word / table_block_words * UINT64_C(0x9e3779b97f4a7c15);
    return &t->heads[((size_t)(hash >> 32) + word % table_block_words) & (t->capacity - 1)];
}

static inline struct table_entry *table_entry_numbered(const struct table *t, size_t number_plus_1)
{
    return number_plus_1 != 0 ? &t->entries[number_plus_1 - 1] : NULL;
}

static inline void table_chain(struct table *t, uint32_t *head, size_t number)
{
    t->entries[number].next = *head;
    *head = (uint32_t)(number + 1);
}

/* There is room, and no entry with that key. */
static inline struct table_entry *table_add(struct table *t, uint32_t *head, uintptr_t key)
{
    size_t number = t->count++;
    if (t->most < t->count)
        t->most = t->count;
    t->entries[number].key = key;
    t->entries[number].value = 0;
    table_chain(t, head, number);
    return &t->entries[number];
}

/* The entry with that key; where there is none a new one, whose value is 0. NULL: no memory,
 * nothing changed. */
static inline struct table_entry *table_ensure(struct table *t, uintptr_t key)
{
    if (__builtin_expect(t->count == t->capacity, 0))
        return table_ensure_full(t, key);
    uint32_t *head = table_head(t, key);
    struct table_entry *e = table_entry_numbered(t, *head);
    while (e != NULL && e->key != key)
        e = table_entry_numbered(t, e->next);
    return e != NULL ? e : table_add(t, head, key);
}

bool table_is_valid(const struct table *t);

#endif
