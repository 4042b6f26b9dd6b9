/* walk.c: see walk.h. */
#include "cycle/walk.h"
#include "heap/central.h"
#include "mark/mark.h"
#include "mark/roots.h"
#include "platform/os.h"
#include "services/finalize.h"

enum { first_stack_entries = 4096 };

static size_t half_start(unsigned half)
{
    return half == HALF_NOSCAN ? region.half_offset : 0;
}

static uint8_t *seen_byte(const struct walk *w, uintptr_t base, uint8_t *mask)
{
    uintptr_t offset = region_offset(base);
    unsigned half = offset >= region.half_offset;
    size_t granule = (offset - half_start(half)) / granule_bytes;
    *mask = (uint8_t)(1 << granule % 8);
    return &w->seen[half][granule / 8];
}

bool walk_open(struct walk *w, walk_visitor visit, void *argument)
{
    *w = (struct walk){.visit = visit, .argument = argument, .capacity = first_stack_entries};
    for (unsigned half = 0; half < half_count; half++) {
        uintptr_t committed = word_load(&region.committed[half]);
        size_t bytes = committed == 0 ? 0 : committed - half_start(half);
        w->seen_bytes[half] = bytes / granule_bytes / 8 + 1;
        w->seen[half] = os_map(w->seen_bytes[half]);
        if (w->seen[half] == NULL)
            return false;
    }
    w->stack = os_map(w->capacity * sizeof *w->stack);
    return w->stack != NULL;
}

void walk_close(struct walk *w)
{
    for (unsigned half = 0; half < half_count; half++)
        if (w->seen[half] != NULL)
            os_unmap(w->seen[half], w->seen_bytes[half]);
    if (w->stack != NULL)
        os_unmap(w->stack, w->capacity * sizeof *w->stack);
}

bool walk_has_seen(const struct walk *w, uintptr_t base)
{
    uint8_t mask;
    return (*seen_byte(w, base, &mask) & mask) != 0;
}

static bool grow(struct walk *w)
{
    size_t bytes = w->capacity * sizeof *w->stack;
    struct object *bigger = os_remap(w->stack, bytes, bytes * 2);
    if (bigger == NULL) {
        w->truncated = true;
        return false;
    }
    w->stack = bigger;
    w->capacity *= 2;
    return true;
}

static void reach(struct walk *w, const struct object *o, enum walk_origin origin, uintptr_t source)
{
    uint8_t mask;
    uint8_t *byte = seen_byte(w, o->base, &mask);
    if ((*byte & mask) != 0)
        return;
    *byte |= mask;
    w->visit(o, origin, source, w->argument);
    if (!o->span->pointer_free && (w->depth < w->capacity || grow(w)))
        w->stack[w->depth++] = *o;
}

static void reach_objects_of(struct walk *w, const struct object *from)
{
    const uintptr_t *words = (const uintptr_t *)from->base;
    for (size_t i = 0; i < from->span->object_bytes / sizeof *words; i++) {
        struct object o;
        if (find_object(words[i], &o) && mark_displacement_is_valid(words[i] - o.base))
            reach(w, &o, WALK_HEAP, (uintptr_t)&words[i]);
    }
}

static void finish_stack(struct walk *w)
{
    while (w->depth > 0) {
        struct object o = w->stack[--w->depth];
        reach_objects_of(w, &o);
    }
}

/* Reads also what AddressSanitizer keeps between variables. */
__attribute__((no_sanitize("address", "thread"))) static uintptr_t root_word(uintptr_t address)
{
    return *(const volatile uintptr_t *)address;
}

static void walk_range(uintptr_t low, uintptr_t high, void *argument)
{
    struct walk *w = argument;
    low = (low + sizeof low - 1) & ~(uintptr_t)(sizeof low - 1);
    for (; low + sizeof low <= high; low += sizeof low) {
        struct object o;
        if (find_object(root_word(low), &o))
            reach(w, &o, w->origin, low);
    }
    finish_stack(w);
}

static void walk_uncollectable(struct span *s, void *argument)
{
    struct walk *w = argument;
    for (size_t i = 0; i < s->objects; i++) {
        struct object o = {s, i, span_object(s, i)};
        if (bit_is_set(span_alloc_bits(s), i))
            reach(w, &o, WALK_UNCOLLECTABLE, 0);
    }
    finish_stack(w);
}

void walk_everything(struct walk *w)
{
    w->origin = WALK_ROOT;
    roots_for_each(walk_range, w);
    for (unsigned kind = 0; kind < kind_limit; kind++)
        if (kind_is_uncollectable(kind))
            central_for_each(kind, walk_uncollectable, w);
    w->origin = WALK_FINALIZER;
    finalize_push_roots(walk_range, w);
}
