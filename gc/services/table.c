/* table.c: see table.h. */
#include "services/table.h"
#include "platform/os.h"

enum { first_capacity = 256 };

/* Keys are addresses: their low bits are zero and their high bits alike. */
static size_t home_of(const struct table *t, uintptr_t key)
{
    uint64_t hash = (uint64_t)(key >> 3) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash >> 32) & (t->capacity - 1);
}

static size_t next_place(const struct table *t, size_t place)
{
    return (place + 1) & (t->capacity - 1);
}

/* Where the key is, or the empty place where it would be put. */
static size_t place_of(const struct table *t, uintptr_t key)
{
    size_t place = home_of(t, key);
    while (t->places[place].key != 0 && t->places[place].key != key)
        place = next_place(t, place);
    return place;
}

struct table_entry *table_find(const struct table *t, uintptr_t key)
{
    if (t->count == 0)
        return NULL;
    struct table_entry *e = &t->places[place_of(t, key)];
    return e->key != 0 ? e : NULL;
}

static bool grow(struct table *t)
{
    struct table bigger = {.capacity = t->capacity == 0 ? first_capacity : t->capacity * 2,
                           .count = t->count};
    bigger.places = os_map(bigger.capacity * sizeof *bigger.places);
    if (bigger.places == NULL)
        return false;
    for (size_t i = 0; i < t->capacity; i++)
        if (t->places[i].key != 0)
            bigger.places[place_of(&bigger, t->places[i].key)] = t->places[i];
    table_free(t);
    *t = bigger;
    return true;
}

bool table_put(struct table *t, uintptr_t key, uintptr_t value)
{
    if (t->count >= t->capacity / 4 * 3 && !grow(t))
        return false;
    t->places[place_of(t, key)] = (struct table_entry){key, value};
    t->count++;
    return true;
}

/* Is `home` cyclically in (after, until]? Then the entry at `until` may not move to `after`. */
static bool lies_between(size_t after, size_t home, size_t until)
{
    return after <= until ? after < home && home <= until : after < home || home <= until;
}

void table_remove_at(struct table *t, size_t place)
{
    size_t hole = place;
    for (size_t i = next_place(t, hole); t->places[i].key != 0; i = next_place(t, i)) {
        if (lies_between(hole, home_of(t, t->places[i].key), i))
            continue;
        t->places[hole] = t->places[i];
        hole = i;
    }
    t->places[hole] = (struct table_entry){0, 0};
    t->count--;
}

bool table_remove(struct table *t, uintptr_t key)
{
    struct table_entry *e = table_find(t, key);
    if (e == NULL)
        return false;
    table_remove_at(t, (size_t)(e - t->places));
    return true;
}

void table_free(struct table *t)
{
    if (t->places != NULL)
        os_unmap(t->places, t->capacity * sizeof *t->places);
    *t = (struct table){0};
}

bool table_is_valid(const struct table *t)
{
    size_t count = 0;
    for (size_t i = 0; i < t->capacity; i++) {
        if (t->places[i].key == 0)
            continue;
        count++;
        if (place_of(t, t->places[i].key) != i)
            return false;
    }
    return count == t->count && (t->capacity & (t->capacity - 1)) == 0 &&
           count <= t->capacity / 4 * 3;
}
