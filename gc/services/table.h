/* table.h: from a word to a word, in memory of our own.
 *
 * Owns: an open-addressing hash table with linear probing, at most 3/4 full, that doubles as it
 * fills. Entries lie in one mapping of os_map; key 0 marks an empty place, so it is no key.
 *
 *     no empty place lies between an entry's home place and its place
 *
 * Removal moves later entries of the run back, so there are no tombstones. An entry is only ever
 * moved to a place before its own (cyclically) and after that of the entry removed: so a walk
 * upwards that looks again at the place from which it has removed an entry meets every entry at
 * least once.
 *
 * Growing needs memory and moves every entry, in one go: some 10 ns an entry. It happens in
 * table_put alone.
 *
 * Lock: the owner's.
 */
#ifndef SPANGC_TABLE_H
#define SPANGC_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_entry {
    uintptr_t key; /* 0: the place is empty */
    uintptr_t value;
};

/* All zero: an empty table. */
struct table {
    struct table_entry *places;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

/* The entry with that key; NULL: none. Valid until the table changes. */
struct table_entry *table_find(const struct table *t, uintptr_t key);

/* Adds an entry, whose key is not there yet. False: no memory, nothing changed. */
bool table_put(struct table *t, uintptr_t key, uintptr_t value);

/* Removes the entry at a place. */
void table_remove_at(struct table *t, size_t place);

/* Removes the entry with that key. False: there was none. */
bool table_remove(struct table *t, uintptr_t key);

void table_free(struct table *t);

bool table_is_valid(const struct table *t);

#endif
