/* mark.c: see mark.h. scan_all and what it inlines is the collector's hottest code. */
#include "mark/mark.h"
#include "heap/central.h"
#include "heap/find.h"
#include "mark/described.h"
#include "mark/words.h"
#include "platform/check.h"
#include "platform/os.h"

enum { first_stack_bytes = 64 * 1024, word_bytes = sizeof(uintptr_t) };

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
    words_init();
    *m = (struct marker){0};
    m->stack = os_map(first_stack_bytes);
    m->capacity = first_stack_bytes / sizeof *m->stack;
    return m->stack != NULL;
}

void marker_reset(struct marker *m, size_t heap_bytes)
{
    check(m->depth == 0);
    m->uses_ring = heap_bytes > mark_ring_heap;
    m->objects = 0;
    m->bytes = 0;
    m->overflowed = false;
}

/* Room for one entry more. */
__attribute__((noinline, cold)) static bool stack_grow(struct marker *m)
{
    size_t bytes = m->capacity * sizeof *m->stack;
    struct mark_entry *bigger = os_remap(m->stack, bytes, bytes * 2);
    if (bigger == NULL) {
        m->overflowed = true;
        return false;
    }
    m->stack = bigger;
    m->capacity *= 2;
    return true;
}

/* What marking keeps in registers from flow_open to flow_close. Each queue holds [out, in), counts
 * that only grow; the ring's candidates in [out, middle) have passed the middle station. */
struct flow {
    struct marker *m;
    struct mark_entry *stack;
    size_t depth;
    size_t capacity;
    unsigned fifo_in;
    unsigned fifo_out;
    unsigned ring_in;
    unsigned ring_middle;
    unsigned ring_out;
    size_t objects;
    size_t bytes;
};

static inline struct flow flow_open(struct marker *m)
{
    return (struct flow){.m = m, .stack = m->stack, .depth = m->depth, .capacity = m->capacity};
}

static inline void flow_close(const struct flow *f)
{
    f->m->depth = f->depth;
    f->m->objects += f->objects;
    f->m->bytes += f->bytes;
}

__attribute__((always_inline)) static inline void push(struct flow *f, uintptr_t start,
                                                       uintptr_t descriptor)
{
    if (__builtin_expect(f->depth == f->capacity, 0)) {
        if (!stack_grow(f->m))
            return;
        f->stack = f->m->stack;
        f->capacity = f->m->capacity;
    }
    struct mark_entry *top = &f->stack[f->depth++];
    top->start = start;
    top->descriptor = descriptor;
}

/* ---- The ring: word -> span -> bits ---- */

/* Last station: the bits have arrived. Marks the slot's object and queues its contents, unless it
 * is marked already or not allocated. One marker is the only writer of mark bits, so it needs no
 * atomic OR, which took 29 % of the marking time of bench/trees; several markers will. */
__attribute__((always_inline)) static inline void mark_slot(struct flow *f, const struct span *s,
                                                            size_t index)
{
    size_t word = index / 64;
    uint64_t mask = bit_mask(index);
    atomic_word *mark = &span_mark_bits(s)[word];
    uintptr_t marked = word_load(mark);
    if ((marked & mask) != 0 || (word_load(&span_alloc_bits(s)[word]) & mask) == 0)
        return;
    word_store(mark, marked | mask);
    f->objects++;
    f->bytes += s->object_bytes;
    if (s->descriptor != 0)
        push(f, span_object(s, index), s->descriptor);
}

/* Middle station: the span has arrived in the cache; asks for its bits. */
__attribute__((always_inline)) static inline void find_bits(struct mark_candidate *c, bool interior)
{
    const struct span *s = c->span;
    size_t index = span_index(s, c->word_or_index - s->base);
    if (index >= s->objects ||
        (!interior && !mark_displacement_is_valid(c->word_or_index - span_object(s, index)))) {
        c->span = NULL;
        return;
    }
    __builtin_prefetch((const void *)&span_mark_bits(s)[index / 64], 1);
    __builtin_prefetch((const void *)&span_alloc_bits(s)[index / 64]);
    c->word_or_index = index;
}

__attribute__((always_inline)) static inline void ring_middle(struct flow *f, bool interior)
{
    find_bits(&f->m->ring[f->ring_middle++ % mark_ring_entries], interior);
}

__attribute__((always_inline)) static inline void ring_out(struct flow *f)
{
    const struct mark_candidate *c = &f->m->ring[f->ring_out++ % mark_ring_entries];
    if (c->span != NULL)
        mark_slot(f, c->span, c->word_or_index);
}

/* Puts a candidate into the ring, and asks for its span. */
__attribute__((always_inline)) static inline void ring_enter(struct flow *f,
                                                             struct mark_candidate c, bool interior)
{
    __builtin_prefetch(c.span);
    if (f->ring_in - f->ring_middle == mark_ring_entries / 2)
        ring_middle(f, interior);
    if (f->ring_in - f->ring_out == mark_ring_entries)
        ring_out(f);
    f->m->ring[f->ring_in++ % mark_ring_entries] = c;
}

/* A word that may be a pointer. */
__attribute__((always_inline)) static inline void candidate_enter(struct flow *f, uintptr_t word,
                                                                  bool interior, bool ringed)
{
    uintptr_t offset = region_offset(word);
    if (__builtin_expect(offset >= region.size, 1) || !region_is_committed(offset))
        return;
    struct span *s = region_span(offset);
    if (s == NULL)
        return;
    if (ringed) {
        ring_enter(f, (struct mark_candidate){s, word}, interior);
        return;
    }
    size_t index = span_index(s, word - s->base);
    if (index < s->objects &&
        (interior || mark_displacement_is_valid(word - span_object(s, index))))
        mark_slot(f, s, index);
}

/* Moves the oldest candidate to the end. False: there is none. */
__attribute__((always_inline)) static inline bool ring_step(struct flow *f, bool interior)
{
    if (f->ring_in == f->ring_out)
        return false;
    if (f->ring_middle == f->ring_out)
        ring_middle(f, interior);
    ring_out(f);
    return true;
}

/* ---- Scanning ---- */

/* Up to words_most words, which the filter leaves out or the branch of candidate_enter does: where
 * all are pointers, that is predicted well. A word the filter has found is read again; should it
 * have changed, candidate_enter's test counts. Memory of thread stacks may be poisoned by
 * AddressSanitizer, and scanning it is the job. */
__attribute__((no_sanitize("address", "thread"), always_inline)) static inline void
scan_block(struct flow *f, const uintptr_t *words, size_t count, bool interior, bool ringed)
{
    uint64_t found = words_filter(words, count, region.base, region.size);
    if (found == UINT64_MAX >> (words_most - count)) {
        for (const uintptr_t *end = words + count; words < end; words++)
            candidate_enter(f, *words, interior, ringed);
        return;
    }
    for (; found != 0; found &= found - 1)
        candidate_enter(f, words[__builtin_ctzll(found)], interior, ringed);
}

/* low and high are aligned. Most objects are short: the filter, whose call takes registers, is to
 * stay out of their way (inlined as the likely case it took 20 % more instructions to mark them).
 */
__attribute__((no_sanitize("address", "thread"), always_inline)) static inline void
scan_words(struct flow *f, uintptr_t low, uintptr_t high, bool interior, bool ringed)
{
    uintptr_t at = low;
    while (__builtin_expect(at + words_worthwhile * word_bytes <= high, 0)) {
        size_t count = (high - at) / word_bytes;
        count = count < words_most ? count : words_most;
        scan_block(f, (const uintptr_t *)at, count, interior, ringed);
        at += count * word_bytes;
    }
    for (; at < high; at += word_bytes)
        candidate_enter(f, *(const uintptr_t *)at, interior, ringed);
}

__attribute__((no_sanitize("address", "thread"))) void mark_range(struct marker *m, uintptr_t low,
                                                                  uintptr_t high)
{
    struct flow f = flow_open(m);
    low = (low + word_bytes - 1) & ~(uintptr_t)(word_bytes - 1);
    scan_words(&f, low, high & ~(uintptr_t)(word_bytes - 1), true, false);
    flow_close(&f);
}

void mark_word(struct marker *m, uintptr_t word)
{
    mark_range(m, (uintptr_t)&word, (uintptr_t)(&word + 1));
}

__attribute__((no_sanitize("address", "thread"), always_inline)) static inline void
scan_bitmap(struct flow *f, uintptr_t start, uintptr_t bitmap, bool interior, bool ringed)
{
    for (bitmap &= ~(uintptr_t)descriptor_tag_mask; bitmap != 0;) {
        unsigned word = (unsigned)__builtin_clzll(bitmap);
        bitmap &= ~(UINT64_C(1) << 63 >> word);
        candidate_enter(f, ((const uintptr_t *)start)[word], interior, ringed);
    }
}

/* A step of the long way (mark/described.h), which pushes on its own. */
static inline uintptr_t take_apart(struct flow *f, struct mark_entry e)
{
    struct marker *m = f->m;
    m->depth = f->depth;
    uintptr_t descriptor = described_step(m, e);
    f->stack = m->stack;
    f->depth = m->depth;
    f->capacity = m->capacity;
    return descriptor;
}

/* One comparison for what most entries are: a length, of whole words and less than a piece. */
__attribute__((no_sanitize("address", "thread"), always_inline)) static inline void
scan_entry(struct flow *f, struct mark_entry e, bool interior, bool ringed)
{
    if (__builtin_expect((e.descriptor & ~(uintptr_t)(mark_piece_bytes - word_bytes)) != 0, 0)) {
        if (descriptor_tag(e.descriptor) != DESCRIPTOR_BITMAP)
            e.descriptor = take_apart(f, e);
        if (descriptor_tag(e.descriptor) == DESCRIPTOR_BITMAP) {
            scan_bitmap(f, e.start, e.descriptor, interior, ringed);
            return;
        }
    }
    scan_words(f, e.start, e.start + e.descriptor, interior, ringed);
}

/* The next object to scan, always one whose memory was asked for a while ago where there are
 * enough: the stack's top goes into the FIFO, the FIFO's oldest comes out. */
__attribute__((always_inline)) static inline bool next_entry(struct flow *f, struct mark_entry *e)
{
    while (f->depth != 0 && f->fifo_in - f->fifo_out < mark_fifo_entries) {
        const struct mark_entry *top = &f->stack[--f->depth];
        struct mark_entry *last = &f->m->fifo[f->fifo_in++ % mark_fifo_entries];
        last->start = top->start;
        last->descriptor = top->descriptor;
        __builtin_prefetch((const void *)last->start);
    }
    if (f->fifo_in == f->fifo_out)
        return false;
    const struct mark_entry *first = &f->m->fifo[f->fifo_out++ % mark_fifo_entries];
    e->start = first->start;
    e->descriptor = first->descriptor;
    return true;
}

__attribute__((no_sanitize("address", "thread"), always_inline)) static inline void
scan_all(struct marker *m, bool interior, bool ringed)
{
    struct flow f = flow_open(m);
    struct mark_entry e;
    do {
        while (next_entry(&f, &e))
            scan_entry(&f, e, interior, ringed);
    } while ((ringed && ring_step(&f, interior)) || f.depth != 0);
    flow_close(&f);
}

__attribute__((no_sanitize("address", "thread"))) static void scan_until_empty(struct marker *m)
{
    bool interior = displacements.heap_interior;
    if (interior && m->uses_ring)
        scan_all(m, true, true);
    else if (interior)
        scan_all(m, true, false);
    else if (m->uses_ring)
        scan_all(m, false, true);
    else
        scan_all(m, false, false);
}

void mark_push(struct marker *m, struct mark_entry e)
{
    struct flow f = flow_open(m);
    push(&f, e.start, e.descriptor);
    flow_close(&f);
}

static void push_object(struct marker *m, const struct span *s, size_t index)
{
    mark_push(m, (struct mark_entry){span_object(s, index), s->descriptor});
}

static void rescan_marked(struct span *s, void *argument)
{
    struct marker *m = argument;
    const atomic_word *mark_bits = span_mark_bits(s);
    for (size_t i = 0; s->descriptor != 0 && i < s->objects; i++)
        if (bit_is_set(mark_bits, i)) {
            push_object(m, s, i);
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

void mark_heap_word(struct marker *m, uintptr_t word)
{
    struct flow f = flow_open(m);
    candidate_enter(&f, word, displacements.heap_interior, false);
    flow_close(&f);
}

void mark_change(struct marker *m, const struct object *o, bool marked)
{
    if (object_is_marked(o) == marked)
        return;
    word_fetch_or(&span_mark_bits(o->span)[o->index / 64], bit_mask(o->index));
    if (!marked)
        word_fetch_clear(&span_mark_bits(o->span)[o->index / 64], bit_mask(o->index));
    m->objects += marked ? 1 : (size_t)-1;
    m->bytes += marked ? o->span->object_bytes : (size_t)0 - o->span->object_bytes;
}

/* Word by word, not by way of the stack: the object itself need not be marked, and the passes after
 * an overflow look at marked objects only. What it leads to, they find. */
static void mark_words_of(struct marker *m, uintptr_t object_base, bool but_self)
{
    struct object o;
    if (!find_object(object_base, &o) || o.span->pointer_free)
        return;
    struct flow f = flow_open(m);
    bool interior = displacements.heap_interior;
    uintptr_t high = o.base + o.span->object_bytes;
    for (uintptr_t at = o.base; at < high; at += word_bytes) {
        uintptr_t word = *(const uintptr_t *)at;
        if (!but_self || word < o.base || word >= high)
            candidate_enter(&f, word, interior, false);
    }
    flow_close(&f);
}

/* What a descriptor names goes by way of the stack. What an overflow has lost of it no mark tells
 * of, so it is done again: each time more is marked, until nothing overflows. */
static void mark_described(struct marker *m, const struct object *o)
{
    do {
        mark_drain(m);
        push_object(m, o->span, o->index);
        scan_until_empty(m);
    } while (m->overflowed);
}

void mark_contents(struct marker *m, uintptr_t object_base)
{
    struct object o;
    if (!find_object(object_base, &o) || o.span->pointer_free)
        return;
    if (descriptor_tag(o.span->descriptor) == DESCRIPTOR_LENGTH)
        mark_words_of(m, object_base, false);
    else
        mark_described(m, &o);
}

void mark_contents_but_self(struct marker *m, uintptr_t object_base)
{
    mark_words_of(m, object_base, true);
}

static void mark_all_allocated(struct span *s, void *argument)
{
    const atomic_word *alloc_bits = span_alloc_bits(s);
    struct flow f = flow_open(argument);
    for (size_t i = 0; i < s->objects; i++)
        if (bit_is_set(alloc_bits, i))
            mark_slot(&f, s, i);
    flow_close(&f);
}

void mark_uncollectable(struct marker *m)
{
    for (unsigned kind = 0; kind < kind_limit; kind++)
        if (kind_is_uncollectable(kind))
            central_for_each(kind, mark_all_allocated, m);
}

static void mark_from_unreachable(struct span *s, void *argument)
{
    struct marker *m = argument;
    for (size_t i = 0; s->descriptor != 0 && i < s->objects; i++)
        if (bit_is_set(span_alloc_bits(s), i) && !bit_is_set(span_mark_bits(s), i)) {
            struct object o = {s, i, span_object(s, i)};
            mark_described(m, &o);
        }
}

void mark_contents_of_unreachable(struct marker *m)
{
    mark_drain(m);
    for (unsigned kind = 0; kind < kind_count(); kind++)
        if (word_load(&kinds[kind].marks_contents) != 0)
            central_for_each(kind, mark_from_unreachable, m);
}
