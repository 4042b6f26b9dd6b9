/* debugobj.c: see debugobj.h. */
#include "services/debugobj.h"
#include <string.h>
#include "platform/lock.h"
#include "services/table.h"

/* Flags in the low bits of a table's value, which is the address of a site. */
enum { FLAG_FREED = 1, FLAG_TOLD = 2, flag_bits = 7 };

/* Kinds in the low bits of a back pointer, which is the address of a word. */
enum { source_bits = 7 };

static const uintptr_t low_mark = 0xc0dedbadc0dedbad;
static const uintptr_t high_mark = 0xfeedfacefeedface;

static struct {
    struct lock lock; /* protects everything here, unless the world is stopped */
    struct table table;
} debug = {.lock = LOCK_INITIALIZER(RANK_SPECIAL)};

static struct debug_header *header_of(uintptr_t base)
{
    return (struct debug_header *)base;
}

/* ---- Guards ---- */

/* Where the tail begins. Programs look at objects that hold pointers word by word, also at the rest
 * of the last one: there that is 0. Text, which is where ends are missed by one, has no such rest.
 */
static uintptr_t tail_of(const struct object *o, size_t bytes)
{
    uintptr_t end = debug_user(o->base) + bytes;
    return o->span->pointer_free ? end : (end + 7) & ~(uintptr_t)7;
}

static void write_guards(const struct object *o, size_t bytes)
{
    struct debug_header *h = header_of(o->base);
    uintptr_t end = debug_user(o->base) + bytes;
    uintptr_t tail = tail_of(o, bytes);
    h->low_guard = o->base ^ low_mark;
    h->spare = ~h->low_guard;
    h->high_guard = o->base ^ high_mark;
    memset((void *)end, 0, tail - end);
    memset((void *)tail, debug_tail_byte, o->base + o->span->object_bytes - tail);
}

/* The first word of the header that is not as it was written; 0: none. */
static uintptr_t smashed_in_header(const struct object *o, const struct site *site)
{
    const struct debug_header *h = header_of(o->base);
    if (h->low_guard != (o->base ^ low_mark))
        return (uintptr_t)&h->low_guard;
    if (h->site != site)
        return (uintptr_t)&h->site;
    if (h->bytes > o->span->object_bytes - debug_extra_bytes)
        return (uintptr_t)&h->bytes;
    if (h->spare != ~(o->base ^ low_mark))
        return (uintptr_t)&h->spare;
    if (h->high_guard != (o->base ^ high_mark))
        return (uintptr_t)&h->high_guard;
    return 0;
}

/* The first byte of [low, high) that is not `expected`; 0: none. */
static uintptr_t first_other(uintptr_t low, uintptr_t high, unsigned char expected)
{
    const uint64_t words = UINT64_C(0x0101010101010101) * expected;
    for (; low < high; low++) {
        while (low % sizeof words == 0 && low + sizeof words <= high &&
               *(const uint64_t *)low == words)
            low += sizeof words;
        if (low < high && *(const unsigned char *)low != expected)
            return low;
    }
    return 0;
}

/* What comes before `bytes` is whole, so whatever was written over came from the other side. */
static bool bytes_are_known(const struct object *o, uintptr_t smashed)
{
    return smashed == 0 || smashed > (uintptr_t)&header_of(o->base)->bytes;
}

static void look_at_guards(const struct object *o, struct debug_info *info)
{
    info->smashed = smashed_in_header(o, info->site);
    info->header_intact = info->smashed == 0;
    info->bytes = bytes_are_known(o, info->smashed) ? header_of(o->base)->bytes
                                                    : o->span->object_bytes - debug_extra_bytes;
    if (!info->header_intact)
        return;
    uintptr_t end = debug_user(o->base) + info->bytes;
    uintptr_t tail = tail_of(o, info->bytes);
    if (info->freed)
        info->smashed = first_other(debug_user(o->base), end, debug_freed_byte);
    if (info->smashed == 0)
        info->smashed = first_other(end, tail, 0);
    if (info->smashed == 0)
        info->smashed = first_other(tail, o->base + o->span->object_bytes, debug_tail_byte);
}

/* ---- For the program's threads ---- */

bool debug_dress(const struct object *o, size_t bytes, const struct place *place)
{
    struct debug_header *h = header_of(o->base);
    lock_acquire(&debug.lock);
    const struct site *site = site_of(place);
    bool done = site != NULL && table_put(&debug.table, o->base, (uintptr_t)site);
    if (done) {
        h->site = site;
        h->bytes = bytes;
        h->back_pointer = 0;
        write_guards(o, bytes);
    }
    lock_release(&debug.lock);
    return done;
}

/* The lock is held, or the world is stopped. */
static void look_locked(const struct object *o, const struct table_entry *e,
                        struct debug_info *info)
{
    info->site = (const struct site *)(e->value & ~(uintptr_t)flag_bits);
    info->freed = (e->value & FLAG_FREED) != 0;
    look_at_guards(o, info);
}

bool debug_look(const struct object *o, struct debug_info *info)
{
    if (debug_count() == 0)
        return false;
    lock_acquire(&debug.lock);
    const struct table_entry *e = table_find(&debug.table, o->base);
    if (e != NULL)
        look_locked(o, e, info);
    lock_release(&debug.lock);
    return e != NULL;
}

bool debug_was_one(const struct object *o)
{
    const struct debug_header *h = header_of(o->base);
    return o->span->object_bytes >= debug_extra_bytes && h->low_guard == (o->base ^ low_mark) &&
           h->high_guard == (o->base ^ high_mark);
}

bool debug_forget(uintptr_t base)
{
    if (debug_count() == 0)
        return false;
    lock_acquire(&debug.lock);
    bool found = table_remove(&debug.table, base);
    lock_release(&debug.lock);
    return found;
}

/* Sets a flag. False: no such object, or it has the flag. */
static bool set_flag_locked(uintptr_t base, uintptr_t flag)
{
    struct table_entry *e = table_find(&debug.table, base);
    if (e == NULL || (e->value & flag) != 0)
        return false;
    e->value |= flag;
    return true;
}

bool debug_set_freed(uintptr_t base)
{
    lock_acquire(&debug.lock);
    bool set = set_flag_locked(base, FLAG_FREED);
    lock_release(&debug.lock);
    return set;
}

size_t debug_count(void)
{
    return *(volatile size_t *)&debug.table.count;
}

enum debug_source debug_back_pointer(const struct object *o, uintptr_t *source)
{
    struct debug_info info;
    if (!debug_look(o, &info) || !info.header_intact || header_of(o->base)->back_pointer == 0)
        return DEBUG_FROM_NOWHERE;
    uintptr_t pointer = ~header_of(o->base)->back_pointer;
    *source = pointer & ~(uintptr_t)source_bits;
    return (enum debug_source)(pointer & source_bits);
}

/* ---- World stopped ---- */

bool debug_is_freed(uintptr_t base)
{
    const struct table_entry *e = table_find(&debug.table, base);
    return e != NULL && (e->value & FLAG_FREED) != 0;
}

bool debug_is_object(uintptr_t base)
{
    return table_find(&debug.table, base) != NULL;
}

void debug_for_each(void (*visit)(const struct object *o, const struct debug_info *info))
{
    for (size_t i = 0; i < debug.table.count; i++) {
        const struct table_entry *e = &debug.table.entries[i];
        struct debug_info info;
        struct object o;
        if (!find_object(e->key, &o))
            continue;
        look_locked(&o, e, &info);
        visit(&o, &info);
    }
}

bool debug_set_told(uintptr_t base)
{
    return set_flag_locked(base, FLAG_TOLD);
}

void debug_set_back_pointer(uintptr_t base, enum debug_source kind, uintptr_t source)
{
    header_of(base)->back_pointer =
        kind == DEBUG_FROM_NOWHERE ? 0 : ~((source & ~(uintptr_t)source_bits) | kind);
}

void debug_drop_dead(bool (*is_marked)(uintptr_t object_base))
{
    for (size_t i = debug.table.count; i-- > 0;)
        if (!is_marked(debug.table.entries[i].key))
            table_remove_at(&debug.table, i);
    table_shrink(&debug.table);
}

bool debug_objects_are_valid(void)
{
    for (size_t i = 0; i < debug.table.count; i++) {
        const struct table_entry *e = &debug.table.entries[i];
        struct object o;
        if (!find_object(e->key, &o) || o.base != e->key)
            return false;
    }
    return table_is_valid(&debug.table) && sites_are_valid();
}

void debug_reset_locks_in_child(void)
{
    lock_reset_after_fork(&debug.lock);
}
