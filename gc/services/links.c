/* links.c: see links.h. */
#include "services/links.h"
#include "heap/find.h"

struct table links[2];

bool links_remove(enum link_kind kind, void **link)
{
    return table_remove(&links[kind], (uintptr_t)link);
}

/* One is removed first, so that there is room for the other. */
int links_move(enum link_kind kind, void **link, void **new_link)
{
    struct table *t = &links[kind];
    const struct table_entry *e = table_find(t, (uintptr_t)link);
    if (e == NULL)
        return 1;
    if (link == new_link)
        return 0;
    if (table_find(t, (uintptr_t)new_link) != NULL)
        return 2;
    uintptr_t base = e->value;
    table_remove(t, (uintptr_t)link);
    table_put(t, (uintptr_t)new_link, base);
    return 0;
}

void links_clear_dead(enum link_kind kind)
{
    struct table *t = &links[kind];
    struct span *last = NULL;
    size_t dead = 0;
    for (size_t i = 0; i < t->count; i++) {
        struct table_entry *e = &t->entries[i];
        if (address_is_marked(e->value, &last))
            continue;
        *(void **)e->key = NULL;
        e->value = 0;
        dead++;
    }
    table_remove_empty(t, dead);
}

/* Does the link lie in an object that is about to be reclaimed, or in one that is no more? */
static bool holder_is_dead(uintptr_t link, struct span **last)
{
    return region_contains(link) && !address_is_marked(link, last);
}

void links_drop_dead(enum link_kind kind)
{
    struct table *t = &links[kind];
    struct span *last = NULL;
    size_t dead = 0;
    for (size_t i = 0; i < t->count; i++) {
        struct table_entry *e = &t->entries[i];
        if (!holder_is_dead(e->key, &last))
            continue;
        e->value = 0;
        dead++;
    }
    table_remove_empty(t, dead);
    table_shrink(t);
}

size_t links_count(enum link_kind kind)
{
    return links[kind].count;
}

bool links_are_valid(void)
{
    return table_is_valid(&links[LINK_SHORT]) && table_is_valid(&links[LINK_LONG]);
}
