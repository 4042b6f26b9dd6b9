/* mark.c: see mark.h. scan_all and what it inlines is the collector's hottest code. */
#include "mark/mark.h"
#include "heap/central.h"
#include "heap/find.h"
#include "platform/check.h"
#include "platform/os.h"

enum { piece_bytes = 128 * 1024, first_stack_bytes = 64 * 1024, word_bytes = sizeof(uintptr_t) };

static struct {
    bool heap_interior;
    bool valid[displacement_limit];
} displacements = {.heap_interior = true, .valid = {[0] = true}};

void mark_set_heap_interior(bool all)
{
    displacements.heap_interior = all;
}

void mark_register_displacement(size_t displacement)
{
    if (displacement < displacement_limit)
        displacements.valid[displacement] = true;
}

bool mark_displacement_is_valid(size_t displacement)
{
    return displacements.heap_interior ||
           (displacement < displacement_limit && displacements.valid[displacement]);
}

/* ---- The stack ---- */

bool marker_init(struct marker *m)
{
    *m = (struct marker){0};
    m->stack = os_map(first_stack_bytes);
    m->capacity = first_stack_bytes / sizeof *m->stack;
    return m->stack != NULL;
}

void marker_reset(struct marker *m)
{
    check(m->depth == 0 && m->fifo_in == m->fifo_out && m->candidates_in == m->candidates_out &&
          m->slots_in == m->slots_out);
    m->objects = 0;
    m->bytes = 0;
    m->overflowed = false;
}

static bool stack_grow(struct marker *m)
{
    size_t bytes = m->capacity * sizeof *m->stack;
    struct mark_entry *bigger = os_remap(m->stack, bytes, bytes * 2);
    if (bigger == NULL)
        return false;
    m->stack = bigger;
    m->capacity *= 2;
    return true;
}

static inline void push(struct marker *m, uintptr_t low, uintptr_t high)
{
    if (__builtin_expect(m->depth == m->capacity, 0) && !stack_grow(m)) {
        m->overflowed = true;
        return;
    }
    m->stack[m->depth++] = (struct mark_entry){low, high};
}

/* ---- The pipeline: candidate -> slot -> object ---- */

/* Last station: marks the slot's object and queues its contents, unless it is marked already or not
 * allocated. */
static inline void mark_slot(struct marker *m, const struct mark_slot *slot)
{
    const struct span *s = slot->span;
    size_t word = slot->index / 64;
    uint64_t mask = bit_mask(slot->index);
    atomic_word *mark = &span_mark_bits(s)[word];
    if ((word_load(mark) & mask) != 0)
        return;
    if ((word_load(&span_alloc_bits(s)[word]) & mask) == 0)
        return;
    word_set_bits(mark, mask);
    m->objects++;
    m->bytes += s->object_bytes;
    if (!s->pointer_free) {
        uintptr_t base = span_object(s, slot->index);
        push(m, base, base + s->object_bytes);
    }
}

/* Middle station: the span has arrived in the cache; asks for its bits. */
static inline void slot_enter(struct marker *m, const struct mark_candidate *c, bool interior)
{
    struct span *s = c->span;
    size_t index = span_index(s, c->word - s->base);
    if (index >= s->objects)
        return;
    if (!interior && !mark_displacement_is_valid(c->word - span_object(s, index)))
        return;
    __builtin_prefetch((const void *)&span_mark_bits(s)[index / 64], 1);
    __builtin_prefetch((const void *)&span_alloc_bits(s)[index / 64]);
    struct mark_slot *place = &m->slots[m->slots_in++ % mark_ring_entries];
    struct mark_slot oldest = *place;
    *place = (struct mark_slot){s, index};
    if (m->slots_in - m->slots_out > mark_ring_entries) {
        m->slots_out++;
        mark_slot(m, &oldest);
    }
}

/* First station: a word that may be a pointer; asks for the span. */
static inline void candidate_enter(struct marker *m, uintptr_t word, bool interior)
{
    uintptr_t offset = region_offset(word);
    if (offset >= region.size || !region_is_committed(offset))
        return;
    struct span *s = region_span(offset);
    if (s == NULL)
        return;
    __builtin_prefetch(s);
    struct mark_candidate *place = &m->candidates[m->candidates_in++ % mark_ring_entries];
    struct mark_candidate oldest = *place;
    *place = (struct mark_candidate){word, s};
    if (m->candidates_in - m->candidates_out > mark_ring_entries) {
        m->candidates_out++;
        slot_enter(m, &oldest, interior);
    }
}

/* Moves everything under way to the end. All words under way came by the same rule (interior). */
static void flush_rings(struct marker *m, bool interior)
{
    while (m->candidates_in != m->candidates_out)
        slot_enter(m, &m->candidates[m->candidates_out++ % mark_ring_entries], interior);
    while (m->slots_in != m->slots_out)
        mark_slot(m, &m->slots[m->slots_out++ % mark_ring_entries]);
}

/* ---- Scanning ---- */

void mark_word(struct marker *m, uintptr_t word)
{
    candidate_enter(m, word, true);
    flush_rings(m, true);
}

/* Roots: thread stacks may be poisoned by AddressSanitizer, and scanning them is the job. */
__attribute__((no_sanitize("address", "thread"))) void mark_range(struct marker *m, uintptr_t low,
                                                                  uintptr_t high)
{
    low = (low + word_bytes - 1) & ~(uintptr_t)(word_bytes - 1);
    for (; low + word_bytes <= high; low += word_bytes)
        candidate_enter(m, *(const volatile uintptr_t *)low, true);
    flush_rings(m, true);
}

__attribute__((no_sanitize("address", "thread"))) static inline void
scan_words(struct marker *m, struct mark_entry e, bool interior)
{
    for (uintptr_t at = e.low; at < e.high; at += word_bytes)
        candidate_enter(m, *(const uintptr_t *)at, interior);
}

/* Scans the first piece of an entry; the rest goes back on the stack first. */
static inline void scan_entry(struct marker *m, struct mark_entry e, bool interior)
{
    if (__builtin_expect(e.high - e.low > piece_bytes, 0)) {
        push(m, e.low + piece_bytes, e.high);
        e.high = e.low + piece_bytes;
    }
    scan_words(m, e, interior);
}

/* From the stack into the FIFO, the memory on its way to the cache; scans the oldest when full. */
static inline void fifo_enter(struct marker *m, struct mark_entry e, bool interior)
{
    struct mark_entry *place = &m->fifo[m->fifo_in++ % mark_fifo_entries];
    struct mark_entry oldest = *place;
    __builtin_prefetch((const void *)e.low);
    *place = e;
    if (m->fifo_in - m->fifo_out > mark_fifo_entries) {
        m->fifo_out++;
        scan_entry(m, oldest, interior);
    }
}

__attribute__((always_inline)) static inline void scan_all(struct marker *m, bool interior)
{
    for (;;) {
        if (m->depth != 0)
            fifo_enter(m, m->stack[--m->depth], interior);
        else if (m->fifo_in != m->fifo_out)
            scan_entry(m, m->fifo[m->fifo_out++ % mark_fifo_entries], interior);
        else if (m->candidates_in != m->candidates_out || m->slots_in != m->slots_out)
            flush_rings(m, interior);
        else
            return;
    }
}

static void scan_until_empty(struct marker *m)
{
    if (displacements.heap_interior)
        scan_all(m, true);
    else
        scan_all(m, false);
}

static void rescan_marked(struct span *s, void *argument)
{
    struct marker *m = argument;
    const atomic_word *mark_bits = span_mark_bits(s);
    for (size_t i = 0; !s->pointer_free && i < s->objects; i++)
        if (bit_is_set(mark_bits, i)) {
            push(m, span_object(s, i), span_object(s, i) + s->object_bytes);
            scan_until_empty(m);
        }
}

void mark_drain(struct marker *m)
{
    scan_until_empty(m);
    while (m->overflowed) {
        m->overflowed = false;
        span_for_each(rescan_marked, m);
    }
}

void mark_contents(struct marker *m, uintptr_t object_base)
{
    struct object o;
    if (find_object(object_base, &o) && !o.span->pointer_free)
        push(m, o.base, o.base + o.span->object_bytes);
}

void mark_contents_but_self(struct marker *m, uintptr_t object_base)
{
    struct object o;
    if (!find_object(object_base, &o) || o.span->pointer_free)
        return;
    uintptr_t high = o.base + o.span->object_bytes;
    for (uintptr_t at = o.base; at < high; at += word_bytes) {
        uintptr_t word = *(const uintptr_t *)at;
        if (word < o.base || word >= high)
            candidate_enter(m, word, displacements.heap_interior);
    }
    flush_rings(m, displacements.heap_interior);
}

static void mark_all_allocated(struct span *s, void *argument)
{
    const atomic_word *alloc_bits = span_alloc_bits(s);
    for (size_t i = 0; i < s->objects; i++)
        if (bit_is_set(alloc_bits, i))
            mark_slot(argument, &(struct mark_slot){s, i});
}

void mark_uncollectable(struct marker *m)
{
    for (unsigned kind = 0; kind < kind_limit; kind++)
        if (kind_is_uncollectable(kind))
            central_for_each(kind, mark_all_allocated, m);
}
