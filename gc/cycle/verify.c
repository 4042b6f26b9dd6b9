/* verify.c: see verify.h. Deliberately shares nothing with mark.c but find.h. */
#include "cycle/verify.h"
#include "heap/central.h"
#include "heap/find.h"
#include "mark/mark.h"
#include "mark/roots.h"
#include "platform/check.h"
#include "platform/os.h"
#include "services/finalize.h"
#include "threads/thread.h"

enum { first_stack_entries = 4096 };

/* Lives for one call. */
struct second_marker {
    uint8_t *seen[half_count]; /* a bit a granule of the committed part of each half */
    size_t seen_bytes[half_count];
    struct object *stack;
    size_t depth;
    size_t capacity;
};

static size_t half_start(unsigned half)
{
    return half == HALF_NOSCAN ? region.half_offset : 0;
}

static uint8_t *seen_byte(struct second_marker *v, uintptr_t base, uint8_t *mask)
{
    uintptr_t offset = region_offset(base);
    unsigned half = offset >= region.half_offset;
    size_t granule = (offset - half_start(half)) / granule_bytes;
    *mask = (uint8_t)(1 << granule % 8);
    return &v->seen[half][granule / 8];
}

static bool open_marker(struct second_marker *v)
{
    *v = (struct second_marker){.capacity = first_stack_entries};
    for (unsigned half = 0; half < half_count; half++) {
        uintptr_t committed = word_load(&region.committed[half]);
        size_t bytes = committed == 0 ? 0 : committed - half_start(half);
        v->seen_bytes[half] = bytes / granule_bytes / 8 + 1;
        v->seen[half] = os_map(v->seen_bytes[half]);
        if (v->seen[half] == NULL)
            return false;
    }
    v->stack = os_map(v->capacity * sizeof *v->stack);
    return v->stack != NULL;
}

static void close_marker(struct second_marker *v)
{
    for (unsigned half = 0; half < half_count; half++)
        if (v->seen[half] != NULL)
            os_unmap(v->seen[half], v->seen_bytes[half]);
    if (v->stack != NULL)
        os_unmap(v->stack, v->capacity * sizeof *v->stack);
}

static void push(struct second_marker *v, const struct object *o)
{
    if (v->depth == v->capacity) {
        size_t bytes = v->capacity * sizeof *v->stack;
        v->stack = os_remap(v->stack, bytes, bytes * 2);
        check(v->stack != NULL);
        v->capacity *= 2;
    }
    v->stack[v->depth++] = *o;
}

static void reach(struct second_marker *v, const struct object *o)
{
    uint8_t mask;
    uint8_t *byte = seen_byte(v, o->base, &mask);
    if ((*byte & mask) != 0)
        return;
    *byte |= mask;
    if (!object_is_marked(o))
        fatal("verify: object %p (%z bytes, kind %u) is reachable but was not marked",
              (void *)o->base, o->span->object_bytes, (unsigned)o->span->kind);
    if (!o->span->pointer_free)
        push(v, o);
}

static void reach_objects_of(struct second_marker *v, const struct object *from)
{
    const uintptr_t *words = (const uintptr_t *)from->base;
    for (size_t i = 0; i < from->span->object_bytes / sizeof *words; i++) {
        struct object o;
        if (find_object(words[i], &o) && mark_displacement_is_valid(words[i] - o.base))
            reach(v, &o);
    }
}

/* Reads also what AddressSanitizer keeps between variables. */
__attribute__((no_sanitize("address", "thread"))) static uintptr_t root_word(uintptr_t address)
{
    return *(const volatile uintptr_t *)address;
}

static void visit_range(uintptr_t low, uintptr_t high, void *argument)
{
    struct second_marker *v = argument;
    low = (low + sizeof low - 1) & ~(uintptr_t)(sizeof low - 1);
    for (; low + sizeof low <= high; low += sizeof low) {
        struct object o;
        if (find_object(root_word(low), &o))
            reach(v, &o);
    }
    while (v->depth > 0) {
        struct object o = v->stack[--v->depth];
        reach_objects_of(v, &o);
    }
}

static void visit_uncollectable(struct span *s, void *argument)
{
    for (size_t i = 0; i < s->objects; i++) {
        uintptr_t base = span_object(s, i);
        if (bit_is_set(span_alloc_bits(s), i))
            visit_range((uintptr_t)&base, (uintptr_t)(&base + 1), argument);
    }
}

static void compare_span(struct span *s, void *argument)
{
    struct second_marker *v = argument;
    check(span_is_valid(s));
    for (size_t i = 0; i < s->objects; i++) {
        uint8_t mask;
        uint8_t *byte = seen_byte(v, span_object(s, i), &mask);
        if (bit_is_set(span_mark_bits(s), i) && (*byte & mask) == 0)
            fatal("verify: object %p was marked but is not reachable", (void *)span_object(s, i));
    }
}

static void verify(void)
{
    struct second_marker v;
    if (open_marker(&v)) {
        roots_for_each(visit_range, &v);
        for (unsigned kind = 0; kind < kind_limit; kind++)
            if (kind_is_uncollectable(kind))
                central_for_each(kind, visit_uncollectable, &v);
        finalize_push_roots(visit_range, &v);
        span_for_each(compare_span, &v);
    } else {
        report("verify: no memory for the second bitmap; this cycle is not verified");
    }
    close_marker(&v);
}

void verify_marks(void)
{
    if (checks_enabled)
        verify();
}
