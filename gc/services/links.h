/* links.h: words that are cleared when an object dies.
 *
 * Owns: a table of short links and one of long links, link -> object. Neither the link nor the
 * object is kept alive by it: tables lie outside the heap and are not scanned.
 *
 * Lock: the caller's (services/finalize.c: rank special), or the world is stopped.
 */
#ifndef SPANGC_LINKS_H
#define SPANGC_LINKS_H

#include "services/finalize.h"
#include "services/table.h"

extern struct table links[2]; /* by enum link_kind */

static inline int links_put(enum link_kind kind, void **link, uintptr_t base)
{
    struct table_entry *e = table_ensure(&links[kind], (uintptr_t)link);
    if (e == NULL)
        return 2;
    bool is_new = e->value == 0;
    e->value = base;
    return is_new ? 0 : 1;
}

bool links_remove(enum link_kind kind, void **link);
int links_move(enum link_kind kind, void **link, void **new_link);

/* World stopped. Clears and forgets the links to objects that are not marked. */
void links_clear_dead(enum link_kind kind);

/* World stopped. Forgets the links that lie in objects that are not marked. */
void links_drop_dead(enum link_kind kind);

size_t links_count(enum link_kind kind);
bool links_are_valid(void);

#endif
