/* walk.c: see walk.h. */
#include "cycle/walk.h"
#include "heap/central.h"
#include "mark/bitmaps.h"
#include "mark/described.h"
#include "mark/mark.h"
#include "mark/roots.h"
#include "platform/os.h"
#include "services/finalize.h"

enum {
    first_stack_entries = 4096,
    procedure_stack_bytes = (mark_procedure_entries + 1) * sizeof(struct mark_entry)
};

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
    w->procedure_stack = os_map(procedure_stack_bytes);
    return w->stack != NULL && w->procedure_stack != NULL;
}

void walk_close(struct walk *w)
{
    for (unsigned half = 0; half < half_count; half++)
        if (w->seen[half] != NULL)
            os_unmap(w->seen[half], w->seen_bytes[half]);
    if (w->stack != NULL)
        os_unmap(w->stack, w->capacity * sizeof *w->stack);
    if (w->procedure_stack != NULL)
        os_unmap(w->procedure_stack, procedure_stack_bytes);
}

bool walk_has_seen(const struct walk *w, uintptr_t base)
{
    uint8_t mask;
    return (*seen_byte(w, base, &mask) & mask) != 0;
}

/* Sees it. False: it was seen before. */
static bool note_seen(struct walk *w, uintptr_t base)
{
    uint8_t mask;
    uint8_t *byte = seen_byte(w, base, &mask);
    bool first = (*byte & mask) == 0;
    *byte |= mask;
    return first;
}

static bool grow(struct walk *w)
{
    size_t bytes = w->capacity * sizeof *w->stack;
    struct mark_entry *bigger = os_remap(w->stack, bytes, bytes * 2);
    if (bigger == NULL) {
        w->truncated = true;
        return false;
    }
    w->stack = bigger;
    w->capacity *= 2;
    return true;
}

static void push(struct walk *w, struct mark_entry e)
{
    if (w->depth < w->capacity || grow(w))
        w->stack[w->depth++] = e;
}

static struct mark_entry contents_of(const struct object *o)
{
    return (struct mark_entry){o->base, kind_descriptor(o->span->kind, o->span->object_bytes)};
}

static void reach(struct walk *w, const struct object *o, enum walk_origin origin, uintptr_t source)
{
    if (!note_seen(w, o->base))
        return;
    w->visit(o, origin, source, w->argument);
    push(w, contents_of(o));
}

/* ---- Words inside the heap ---- */

static void reach_word(struct walk *w, uintptr_t word, enum walk_origin origin, uintptr_t source)
{
    struct object o;
    if (find_object(word, &o) && mark_displacement_is_valid(word - o.base))
        reach(w, &o, origin, source);
}

static void reach_length(struct walk *w, uintptr_t start, uintptr_t length)
{
    const uintptr_t *words = (const uintptr_t *)start;
    for (size_t i = 0; i < length / sizeof *words; i++)
        reach_word(w, words[i], WALK_HEAP, (uintptr_t)&words[i]);
}

static void reach_bitmap(struct walk *w, uintptr_t start, uintptr_t bitmap)
{
    const uintptr_t *words = (const uintptr_t *)start;
    for (size_t i = 0; i < descriptor_bitmap_words; i++)
        if ((bitmap >> (63 - i) & 1) != 0)
            reach_word(w, words[i], WALK_HEAP, (uintptr_t)&words[i]);
}

/* ---- Descriptors, the plain way ---- */

static void reach_long_bitmap(struct walk *w, uintptr_t start, uintptr_t number)
{
    size_t room = described_room(start);
    bool last = false;
    if (!bitmap_exists(number))
        reach_length(w, start, described_all(start));
    for (size_t at = 0; bitmap_exists(number) && !last && at < room; at += bitmap_piece_bytes)
        reach_bitmap(w, start + at, descriptor_clip(bitmap_piece(number++, &last), room - at));
}

static void push_elements(struct walk *w, uintptr_t start)
{
    struct object o;
    if (!find_slot(start, &o) || !array_rear_is_valid(&o, array_rear(&o)))
        return;
    const struct array_rear *rear = array_rear(&o);
    for (size_t at = 0; at < rear->bytes; at += rear->stride)
        push(w, (struct mark_entry){o.base + at, array_element_descriptor(rear, at)});
}

static void call_procedure(struct walk *w, struct mark_entry e)
{
    w->origin = WALK_HEAP;
    w->source = e.start;
    int pushed = procedure_call(e.start, e.descriptor, w->procedure_stack);
    w->origin = w->start;
    w->source = 0;
    if (pushed < 0)
        reach_length(w, e.start, described_all(e.start));
    for (int i = 1; i <= pushed; i++)
        push(w, w->procedure_stack[i]);
}

static void reach_by_procedure(struct walk *w, struct mark_entry e)
{
    switch (descriptor_procedure(e.descriptor)) {
    case procedure_bitmap:
        reach_long_bitmap(w, e.start, descriptor_env(e.descriptor));
        break;
    case procedure_array:
        push_elements(w, e.start);
        break;
    default:
        call_procedure(w, e);
        break;
    }
}

static void reach_described(struct walk *w, struct mark_entry e)
{
    e.descriptor = described_resolve(e.start, e.descriptor);
    switch (descriptor_tag(e.descriptor)) {
    case DESCRIPTOR_LENGTH:
        reach_length(w, e.start, e.descriptor);
        break;
    case DESCRIPTOR_BITMAP:
        reach_bitmap(w, e.start, e.descriptor);
        break;
    case DESCRIPTOR_PROCEDURE:
        reach_by_procedure(w, e);
        break;
    case DESCRIPTOR_PER_OBJECT: /* resolved */
        break;
    }
}

static void finish_stack(struct walk *w)
{
    while (w->depth > 0)
        reach_described(w, w->stack[--w->depth]);
}

/* ---- What the program's functions say ---- */

static void hear_word(void *self, uintptr_t word)
{
    struct walk *w = self;
    reach_word(w, word, w->origin, w->source);
}

static void hear_mark(void *self, const struct object *o, bool marked)
{
    uint8_t mask;
    uint8_t *byte = seen_byte(self, o->base, &mask);
    *byte = (uint8_t)(marked ? *byte | mask : *byte & ~mask);
}

/* ---- From where it begins ---- */

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
            reach(w, &o, w->start, low);
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

/* Objects whose contents are kept whether they are reachable or not. */
static void walk_contents(struct span *s, void *argument)
{
    struct walk *w = argument;
    for (size_t i = 0; i < s->objects; i++) {
        struct object o = {s, i, span_object(s, i)};
        if (!bit_is_set(span_alloc_bits(s), i))
            continue;
        push(w, contents_of(&o));
        finish_stack(w);
    }
}

static void walk_from(struct walk *w, enum walk_origin start)
{
    w->start = start;
    w->origin = start;
    w->source = 0;
}

void walk_everything(struct walk *w)
{
    const struct mark_listener *before = mark_listener;
    const struct mark_listener listener = {hear_word, hear_mark, w};
    mark_listener = &listener;
    walk_from(w, WALK_ROOT);
    roots_for_each(walk_range, w);
    for (unsigned kind = 0; kind < kind_count(); kind++)
        if (kind_is_uncollectable(kind))
            central_for_each(kind, walk_uncollectable, w);
    walk_from(w, WALK_FINALIZER);
    finalize_push_roots(walk_range, w);
    for (unsigned kind = 0; kind < kind_count(); kind++)
        if (word_load(&kinds[kind].marks_contents) != 0)
            central_for_each(kind, walk_contents, w);
    mark_listener = before;
}
