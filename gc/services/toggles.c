/* toggles.c: see toggles.h. */
#include "services/toggles.h"
#include "platform/os.h"

enum { first_entries = 256 };

static struct {
    struct toggle *entries;
    size_t count;
    size_t capacity;
} toggles;

static bool grow(void)
{
    size_t capacity = toggles.capacity == 0 ? first_entries : toggles.capacity * 2;
    struct toggle *bigger = toggles.capacity == 0
                                ? os_map(capacity * sizeof *bigger)
                                : os_remap(toggles.entries, toggles.capacity * sizeof *bigger,
                                           capacity * sizeof *bigger);
    if (bigger == NULL)
        return false;
    toggles.entries = bigger;
    toggles.capacity = capacity;
    return true;
}

bool toggles_add(const struct toggle *toggle)
{
    if (toggles.count == toggles.capacity && !grow())
        return false;
    toggles.entries[toggles.count++] = *toggle;
    return true;
}

size_t toggles_count(void)
{
    return toggles.count;
}

bool toggles_get(size_t index, struct toggle *toggle)
{
    if (index >= toggles.count)
        return false;
    *toggle = toggles.entries[index];
    return true;
}

static void remove_at(size_t index)
{
    toggles.entries[index] = toggles.entries[--toggles.count];
}

void toggles_decide(size_t index, uintptr_t base, enum toggle_status status)
{
    if (index >= toggles.count || toggles.entries[index].base != base)
        return; /* another thread's walk has removed entries meanwhile */
    if (status == TOGGLE_DROP)
        remove_at(index);
    else
        toggles.entries[index].strong = status == TOGGLE_STRONG;
}

void toggles_push_roots(void (*visit)(uintptr_t low, uintptr_t high, void *argument),
                        void *argument)
{
    for (size_t i = 0; i < toggles.count; i++) {
        uintptr_t base = (uintptr_t)&toggles.entries[i].base;
        if (toggles.entries[i].strong)
            visit(base, base + sizeof(uintptr_t), argument);
    }
}

void toggles_drop_dead(bool (*is_marked)(uintptr_t object_base))
{
    for (size_t i = toggles.count; i-- > 0;)
        if (!is_marked(toggles.entries[i].base))
            remove_at(i);
}
