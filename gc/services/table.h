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

/* The entry with that key; where there is none a new one, whose value is 0. NULL: no memory, nothing
 * changed. */
struct table_entry *table_ensure(struct table *t, uintptr_t key);

/* Adds an entry, whose key is not there yet. False: no memory, nothing changed. */
bool table_put(struct table *t, uintptr_t key, uintptr_t value);

/* Removes an entry by its number. */
void table_remove_at(struct table *t, size_t number);

/* Removes the entry with that key. False: there was none. */
bool table_remove(struct table *t, uintptr_t key);

/* Removes the entries whose value is 0, of which there are `empty`. Where they are many, the others
 * close up and are chained anew: 30 instructions an entry less than one removal for each. */
void table_remove_empty(struct table *t, size_t empty);

/* Called now and then: gives half of the room back if less than a quarter has been used at any time
 * since the last call. Where the system refuses nothing changes. */
void table_shrink(struct table *t);

void table_free(struct table *t);

bool table_is_valid(const struct table *t);

#endif
