/* table.c: see table.h. */
#include "services/table.h"
#include <string.h>
#include "platform/os.h"

enum { first_capacity = 256, words_per_block = 64, bytes_per_word = 8, few_part = 8 };

static size_t place_of(const struct table *t, uintptr_t key)
{
    uint64_t word = key / bytes_per_word;
    uint64_t hash = word / words_per_block * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)((hash >> 32) + word % words_per_block) & (t->capacity - 1);
}

static struct table_entry *entry_numbered(const struct table *t, size_t number_plus_1)
{
    return number_plus_1 != 0 ? &t->entries[number_plus_1 - 1] : NULL;
}

struct table_entry *table_find(const struct table *t, uintptr_t key)
{
    if (t->count == 0)
        return NULL;
    struct table_entry *e = entry_numbered(t, t->heads[place_of(t, key)]);
    while (e != NULL && e->key != key)
        e = entry_numbered(t, e->next);
    return e;
}

static void chain_at(struct table *t, uint32_t *head, size_t number)
{
    t->entries[number].next = *head;
    *head = (uint32_t)(number + 1);
}

static void chain_all(struct table *t)
{
    for (size_t i = 0; i < t->count; i++)
        chain_at(t, &t->heads[place_of(t, t->entries[i].key)], i);
}

/* The entries for another capacity, which are enough for those there are; NULL: no memory. */
static struct table_entry *resize_entries(const struct table *t, size_t capacity)
{
    const size_t size = sizeof *t->entries;
    return t->capacity == 0 ? os_map(capacity * size)
                            : os_remap(t->entries, t->capacity * size, capacity * size);
}

static bool resize(struct table *t, size_t capacity)
{
    uint32_t *heads = capacity <= UINT32_MAX ? os_map(capacity * sizeof *heads) : NULL;
    if (heads == NULL)
        return false;
    struct table_entry *entries = resize_entries(t, capacity);
    if (entries == NULL) {
        os_unmap(heads, capacity * sizeof *heads);
        return false;
    }
    if (t->capacity != 0)
        os_unmap(t->heads, t->capacity * sizeof *t->heads);
    t->entries = entries;
    t->heads = heads;
    t->capacity = capacity;
    chain_all(t);
    return true;
}

static bool make_room(struct table *t)
{
    return t->count < t->capacity || resize(t, t->capacity == 0 ? first_capacity : t->capacity * 2);
}

/* There is room. */
static struct table_entry *add(struct table *t, uint32_t *head, uintptr_t key)
{
    size_t number = t->count++;
    if (t->most < t->count)
        t->most = t->count;
    t->entries[number].key = key;
    t->entries[number].value = 0;
    chain_at(t, head, number);
    return &t->entries[number];
}

struct table_entry *table_ensure(struct table *t, uintptr_t key)
{
    struct table_entry *e;
    if (__builtin_expect(t->count == t->capacity, 0) &&
        ((e = table_find(t, key)) != NULL || !make_room(t)))
        return e;
    uint32_t *head = &t->heads[place_of(t, key)];
    for (e = entry_numbered(t, *head); e != NULL; e = entry_numbered(t, e->next))
        if (e->key == key)
            return e;
    return add(t, head, key);
}

bool table_put(struct table *t, uintptr_t key, uintptr_t value)
{
    if (!make_room(t))
        return false;
    add(t, &t->heads[place_of(t, key)], key)->value = value;
    return true;
}

/* Makes what leads to the entry in its chain lead to `to` (a number plus one). */
static void lead_elsewhere(struct table *t, size_t number, size_t to)
{
    uint32_t *head = &t->heads[place_of(t, t->entries[number].key)];
    if (*head == number + 1) {
        *head = (uint32_t)to;
        return;
    }
    struct table_entry *e = entry_numbered(t, *head);
    while (e->next != number + 1)
        e = entry_numbered(t, e->next);
    e->next = to;
}

void table_remove_at(struct table *t, size_t number)
{
    size_t last = t->count - 1;
    lead_elsewhere(t, number, t->entries[number].next);
    if (number != last) {
        lead_elsewhere(t, last, number + 1);
        t->entries[number] = t->entries[last];
    }
    t->count = last;
}

bool table_remove(struct table *t, uintptr_t key)
{
    const struct table_entry *e = table_find(t, key);
    if (e == NULL)
        return false;
    table_remove_at(t, (size_t)(e - t->entries));
    return true;
}

static void remove_few_empty(struct table *t, size_t empty)
{
    for (size_t i = t->count; empty > 0; i--) {
        if (t->entries[i - 1].value != 0)
            continue;
        table_remove_at(t, i - 1);
        empty--;
    }
}

static void remove_many_empty(struct table *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->count; i++)
        if (t->entries[i].value != 0)
            t->entries[kept++] = t->entries[i];
    t->count = kept;
    memset(t->heads, 0, t->capacity * sizeof *t->heads);
    chain_all(t);
}

void table_remove_empty(struct table *t, size_t empty)
{
    if (empty < t->capacity / few_part)
        remove_few_empty(t, empty);
    else
        remove_many_empty(t);
}

void table_shrink(struct table *t)
{
    if (t->capacity > first_capacity && t->most < t->capacity / 4)
        resize(t, t->capacity / 2);
    t->most = t->count;
}

void table_free(struct table *t)
{
    if (t->capacity != 0) {
        os_unmap(t->entries, t->capacity * sizeof *t->entries);
        os_unmap(t->heads, t->capacity * sizeof *t->heads);
    }
    *t = (struct table){0};
}

/* Every entry is found, and the chains have no more than these. */
bool table_is_valid(const struct table *t)
{
    size_t chained = 0;
    for (size_t i = 0; i < t->count; i++)
        if (t->entries[i].key == 0 || table_find(t, t->entries[i].key) != &t->entries[i])
            return false;
    for (size_t place = 0; place < t->capacity; place++)
        for (const struct table_entry *e = entry_numbered(t, t->heads[place]); e != NULL;
             e = entry_numbered(t, e->next))
            if (++chained > t->count)
                return false;
    return chained == t->count && (t->capacity & (t->capacity - 1)) == 0;
}
