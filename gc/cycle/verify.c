/* verify.c: see verify.h. Deliberately shares nothing with mark.c but find.h; of descriptors, what
 * is read is shared, the steps are not. */
#include "cycle/verify.h"
#include "heap/central.h"
#include "heap/find.h"
#include "mark/bitmaps.h"
#include "mark/described.h"
#include "mark/mark.h"
#include "mark/procedures.h"
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
    struct mark_entry *stack;
    size_t depth;
    size_t capacity;
    struct mark_entry procedure_stack[mark_procedure_entries + 1];
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

static void push(struct second_marker *v, struct mark_entry e)
{
    if (v->depth == v->capacity) {
        size_t bytes = v->capacity * sizeof *v->stack;
        v->stack = os_remap(v->stack, bytes, bytes * 2);
        check(v->stack != NULL);
        v->capacity *= 2;
    }
    v->stack[v->depth++] = e;
}

static bool note_seen(struct second_marker *v, uintptr_t base)
{
    uint8_t mask;
    uint8_t *byte = seen_byte(v, base, &mask);
    bool first = (*byte & mask) == 0;
    *byte |= mask;
    return first;
}

static void reach(struct second_marker *v, const struct object *o)
{
    if (!note_seen(v, o->base))
        return;
    if (!object_is_marked(o))
        fatal("verify: object %p (%z bytes, kind %u) is reachable but was not marked",
              (void *)o->base, o->span->object_bytes, (unsigned)o->span->kind);
    push(v, (struct mark_entry){o->base, kind_descriptor(o->span->kind, o->span->object_bytes)});
}

static void reach_word(void *self, uintptr_t word)
{
    struct object o;
    if (find_object(word, &o) && mark_displacement_is_valid(word - o.base))
        reach(self, &o);
}

static void reach_length(struct second_marker *v, uintptr_t start, uintptr_t length)
{
    const uintptr_t *words = (const uintptr_t *)start;
    for (size_t i = 0; i < length / sizeof *words; i++)
        reach_word(v, words[i]);
}

static void reach_bitmap(struct second_marker *v, uintptr_t start, uintptr_t bitmap)
{
    const uintptr_t *words = (const uintptr_t *)start;
    for (size_t i = 0; i < descriptor_bitmap_words; i++)
        if ((bitmap >> (63 - i) & 1) != 0)
            reach_word(v, words[i]);
}

/* ---- Descriptors, the plain way ---- */

static void reach_long_bitmap(struct second_marker *v, uintptr_t start, uintptr_t number)
{
    size_t room = described_room(start);
    bool last = false;
    if (!bitmap_exists(number))
        reach_length(v, start, described_all(start));
    for (size_t at = 0; bitmap_exists(number) && !last && at < room; at += bitmap_piece_bytes)
        reach_bitmap(v, start + at, descriptor_clip(bitmap_piece(number++, &last), room - at));
}

static void push_elements(struct second_marker *v, uintptr_t start)
{
    struct object o;
    if (!find_slot(start, &o) || !array_rear_is_valid(&o, array_rear(&o)))
        return;
    const struct array_rear *rear = array_rear(&o);
    for (size_t at = 0; at < rear->bytes; at += rear->stride)
        push(v, (struct mark_entry){o.base + at, array_element_descriptor(rear, at)});
}

static void call_procedure(struct second_marker *v, struct mark_entry e)
{
    int pushed = procedure_call(e.start, e.descriptor, v->procedure_stack);
    if (pushed < 0)
        reach_length(v, e.start, described_all(e.start));
    for (int i = 1; i <= pushed; i++)
        push(v, v->procedure_stack[i]);
}

static void reach_by_procedure(struct second_marker *v, struct mark_entry e)
{
    switch (descriptor_procedure(e.descriptor)) {
    case procedure_bitmap:
        reach_long_bitmap(v, e.start, descriptor_env(e.descriptor));
        break;
    case procedure_array:
        push_elements(v, e.start);
        break;
    default:
        call_procedure(v, e);
        break;
    }
}

static void reach_described(struct second_marker *v, struct mark_entry e)
{
    e.descriptor = described_resolve(e.start, e.descriptor);
    switch (descriptor_tag(e.descriptor)) {
    case DESCRIPTOR_LENGTH:
        reach_length(v, e.start, e.descriptor);
        break;
    case DESCRIPTOR_BITMAP:
        reach_bitmap(v, e.start, e.descriptor);
        break;
    case DESCRIPTOR_PROCEDURE:
        reach_by_procedure(v, e);
        break;
    case DESCRIPTOR_PER_OBJECT: /* resolved */
        break;
    }
}

static void reach_all(struct second_marker *v)
{
    while (v->depth > 0)
        reach_described(v, v->stack[--v->depth]);
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
    reach_all(v);
}

static void visit_uncollectable(struct span *s, void *argument)
{
    for (size_t i = 0; i < s->objects; i++) {
        uintptr_t base = span_object(s, i);
        if (bit_is_set(span_alloc_bits(s), i))
            visit_range((uintptr_t)&base, (uintptr_t)(&base + 1), argument);
    }
}

static void visit_contents(struct span *s, void *argument)
{
    for (size_t i = 0; i < s->objects; i++)
        if (bit_is_set(span_alloc_bits(s), i)) {
            push(argument,
                 (struct mark_entry){span_object(s, i), kind_descriptor(s->kind, s->object_bytes)});
            reach_all(argument);
        }
}

/* What the program marks itself. */
static void change_seen(void *self, const struct object *o, bool marked)
{
    uint8_t mask;
    uint8_t *byte = seen_byte(self, o->base, &mask);
    *byte = (uint8_t)(marked ? *byte | mask : *byte & ~mask);
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
    const struct mark_listener *before = mark_listener;
    const struct mark_listener listener = {reach_word, change_seen, &v};
    if (open_marker(&v)) {
        mark_listener = &listener;
        roots_for_each(visit_range, &v);
        for (unsigned kind = 0; kind < kind_count(); kind++)
            if (kind_is_uncollectable(kind))
                central_for_each(kind, visit_uncollectable, &v);
        finalize_push_roots(visit_range, &v);
        for (unsigned kind = 0; kind < kind_count(); kind++)
            if (word_load(&kinds[kind].marks_contents) != 0)
                central_for_each(kind, visit_contents, &v);
        mark_listener = before;
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
