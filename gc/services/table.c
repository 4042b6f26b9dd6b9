/* table.c: see table.h. */
#include "services/table.h"
#include <string.h>
#include "platform/os.h"

enum { first_capacity = 256, few_part = 8 };

struct table_entry *table_find(const struct table *t, uintptr_t key)
{
    if (t->count == 0)
        return NULL;
    struct table_entry *e = table_entry_numbered(t, *table_head(t, key));
    while (e != NULL && e->key != key)
        e = table_entry_numbered(t, e->next);
    return e;
}

static void chain_all(struct table *t)
{
    for (size_t i = 0; i < t->count; i++)
        table_chain(t, table_head(t, t->entries[i].key), i);
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

bool table_grow(struct table *t)
{
    return resize(t, t->capacity == 0 ? first_capacity : t->capacity * 2);
}

struct table_entry *table_ensure_full(struct table *t, uintptr_t key)
{
    struct table_entry *e = table_find(t, key);
    return e != NULL || !table_grow(t) ? e : table_ensure(t, key);
}

bool table_put(struct table *t, uintptr_t key, uintptr_t value)
{
    if (t->count == t->capacity && !table_grow(t))
        return false;
    table_add(t, table_head(t, key), key)->value = value;
    return true;
}

/* Makes what leads to the entry in its chain lead to `to` (a number plus one). */
static void lead_elsewhere(struct table *t, size_t number, size_t to)
{
    uint32_t *head = table_head(t, t->entries[number].key);
    if (*head == number + 1) {
        *head = (uint32_t)to;
        return;
    }
    struct table_entry *e = table_entry_numbered(t, *head);
    while (e->next != number + 1)
        e = table_entry_numbered(t, e->next);
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
    if (empty == 0)
        return;
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
        for (const struct table_entry *e = table_entry_numbered(t, t->heads[place]); e != NULL;
             e = table_entry_numbered(t, e->next))
            if (++chained > t->count)
                return false;
    return chained == t->count && (t->capacity & (t->capacity - 1)) == 0;
}
