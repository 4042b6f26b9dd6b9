/* costacks.c: see costacks.h.
 *
 * An open-addressed table with linear probing, at most half full. Removing closes the gap, so there
 * are no tombstones: an entry is never behind an empty slot, seen from where its key belongs.
 */
#include "threads/costacks.h"
#include "platform/lock.h"
#include "platform/os.h"

enum { first_capacity = 256 }; /* a power of two, as all capacities */

static struct {
    struct lock lock;
    struct costack *slots;
    size_t capacity;
    size_t count;
} table = {.lock = LOCK_INITIALIZER(RANK_ROOTS)};

static size_t home_of(uintptr_t low)
{
    return (size_t)((low >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (table.capacity - 1);
}

static size_t next(size_t slot)
{
    return (slot + 1) & (table.capacity - 1);
}

/* The slot of this stack, or the empty one where it would go. The table is not empty. */
static struct costack *slot_of(uintptr_t low)
{
    size_t slot = home_of(low);
    while (table.slots[slot].low != 0 && table.slots[slot].low != low)
        slot = next(slot);
    return &table.slots[slot];
}

static struct costack *find(uintptr_t low)
{
    struct costack *s = table.count > 0 ? slot_of(low) : NULL;
    return s && s->low != 0 ? s : NULL;
}

static bool grow(void)
{
    struct costack *old = table.slots;
    size_t old_capacity = table.capacity;
    size_t capacity = old ? old_capacity * 2 : first_capacity;
    struct costack *slots = os_map(capacity * sizeof *slots);
    if (!slots)
        return false;
    table.slots = slots;
    table.capacity = capacity;
    for (size_t i = 0; old && i < old_capacity; i++)
        if (old[i].low != 0)
            *slot_of(old[i].low) = old[i];
    if (old)
        os_unmap(old, old_capacity * sizeof *old);
    return true;
}

/* Is `wanted` in the circular range (from, to]? */
static bool is_between(size_t from, size_t wanted, size_t to)
{
    return from <= to ? from < wanted && wanted <= to : from < wanted || wanted <= to;
}

/* Empties a slot and moves entries up that could no longer be found. */
static void close_gap(size_t gap)
{
    size_t slot = gap;
    for (;;) {
        slot = next(slot);
        if (table.slots[slot].low == 0)
            break;
        if (is_between(gap, home_of(table.slots[slot].low), slot))
            continue;
        table.slots[gap] = table.slots[slot];
        gap = slot;
    }
    table.slots[gap] = (struct costack){0, 0, 0, false};
}

static enum costack_result add_locked(uintptr_t low, uintptr_t high)
{
    if (find(low))
        return COSTACK_KNOWN;
    if (table.count * 2 >= table.capacity && !grow())
        return COSTACK_NO_MEMORY;
    *slot_of(low) = (struct costack){low, high, 0, false};
    table.count++;
    return COSTACK_OK;
}

enum costack_result costack_add(uintptr_t low, uintptr_t high)
{
    lock_acquire(&table.lock);
    enum costack_result result = add_locked(low, high);
    lock_release(&table.lock);
    return result;
}

enum costack_result costack_remove(uintptr_t low)
{
    lock_acquire(&table.lock);
    struct costack *s = find(low);
    if (s) {
        close_gap((size_t)(s - table.slots));
        table.count--;
    }
    lock_release(&table.lock);
    return s ? COSTACK_OK : COSTACK_UNKNOWN;
}

enum costack_result costack_set_sp(uintptr_t low, uintptr_t sp)
{
    lock_acquire(&table.lock);
    struct costack *s = find(low);
    if (s)
        s->sp = sp;
    lock_release(&table.lock);
    return s ? COSTACK_OK : COSTACK_UNKNOWN;
}

void costacks_for_each(void (*visit)(struct costack *s, void *argument), void *argument)
{
    for (size_t i = 0; i < table.capacity; i++)
        if (table.slots[i].low != 0)
            visit(&table.slots[i], argument);
}

struct costack *costack_containing(uintptr_t address)
{
    for (size_t i = 0; i < table.capacity && table.count > 0; i++)
        if (table.slots[i].low <= address && address < table.slots[i].high)
            return &table.slots[i];
    return NULL;
}

void costacks_reset_locks_in_child(void)
{
    lock_reset_after_fork(&table.lock);
}
