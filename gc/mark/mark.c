/* mark.c: see mark.h. scan_until_empty and what it calls is the collector's hottest code. */
#include "mark/mark.h"
#include <string.h>
#include "heap/central.h"
#include "heap/find.h"
#include "mark/described.h"
#include "mark/packets.h"
#include "mark/words.h"
#include "platform/check.h"
#include "platform/os.h"

_Static_assert((int)mark_stretch_words <= (int)words_most, "a filter takes a stretch");

enum {
    first_stack_bytes = 32 * 1024,
    word_bytes = sizeof(uintptr_t),
    cache_line_bytes = 64,
    scan_ahead_bytes = 2048,
    few_words = 2,
    list_entries = 2, /* on the stack, at most, while a list is followed */
    list_run = 1024   /* objects, after which others get their share */
};

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
    m->near_bytes = mark_near_bytes;
    return m->stack != NULL;
}

void marker_reset(struct marker *m)
{
    check(m->depth == 0);
    m->objects = 0;
    m->bytes = 0;
    m->small_noscan_bytes = 0;
    m->large_noscan_bytes = 0;
    m->overflowed = false;
}

size_t marker_work(const struct marker *m)
{
    size_t noscan = m->small_noscan_bytes + m->large_noscan_bytes;
    size_t scanned = m->bytes - noscan;
    size_t heavy = scanned / 2 < m->large_noscan_bytes ? scanned / 2 : m->large_noscan_bytes;
    return scanned + heavy + (noscan - heavy) / mark_light_part;
}

/* Room for some entries more. False: no memory. */
__attribute__((noinline, cold)) static bool stack_grow(struct marker *m)
{
    size_t bytes = m->capacity * sizeof *m->stack;
    struct mark_entry *bigger = os_remap(m->stack, bytes, bytes * 2);
    if (bigger == NULL)
        return false;
    m->stack = bigger;
    m->capacity *= 2;
    return true;
}

void mark_push(struct marker *m, struct mark_entry e)
{
    if (m->depth == m->capacity && !stack_grow(m))
        m->overflowed = true;
    else
        m->stack[m->depth++] = e;
}

/* ---- A batch of words: span, bits, mark ---- */

/* The span that a word of the heap points into; NULL: none. */
static inline struct span *span_of(uintptr_t word, uintptr_t base, const atomic_word *page_span)
{
    uintptr_t offset = word - base;
    if (__builtin_expect(!region_is_committed(offset), 0))
        return NULL;
    return pointer_load_acquire(&page_span[offset >> page_shift]);
}

/* The slot that a word points into; false: it does not count. */
static inline bool slot_of(const struct span *s, uintptr_t word, bool interior, size_t *index)
{
    *index = span_index(s, word - s->base);
    return __builtin_expect(*index < s->objects, 1) &&
           (interior || mark_displacement_is_valid(word - span_object(s, *index)));
}

/* The words that point into spans become candidates; asks for their spans. If the words are few,
 * there is nothing to do while the objects are on their way, so they are asked for at once. */
static inline size_t find_spans(struct marker *m)
{
    struct mark_candidate *out = m->candidate;
    const uintptr_t *end = m->word + m->words;
    uintptr_t base = region.base;
    const atomic_word *page_span = region.page_span;
    if (m->words <= few_words)
        for (const uintptr_t *word = m->word; word < end; word++)
            __builtin_prefetch((const void *)*word);
    for (const uintptr_t *word = m->word; word < end; word++) {
        struct span *s = span_of(*word, base, page_span);
        if (s == NULL)
            continue;
        __builtin_prefetch(s);
        *out++ = (struct mark_candidate){s, *word};
    }
    m->words = 0;
    return (size_t)(out - m->candidate);
}

/* The spans have arrived: words become indexes; asks for their bits. */
static inline size_t find_bits(struct marker *m, size_t count, bool interior)
{
    struct mark_candidate *out = m->candidate;
    for (const struct mark_candidate *c = out, *end = out + count; c < end; c++) {
        struct span *s = c->span;
        size_t index;
        if (!slot_of(s, c->word_or_index, interior, &index))
            continue;
        __builtin_prefetch((const void *)&span_mark_bits(s)[index / 64], 1);
        __builtin_prefetch((const void *)&span_alloc_bits(s)[index / 64]);
        *out++ = (struct mark_candidate){s, index};
    }
    return (size_t)(out - m->candidate);
}

/* Sets the mark bit of a slot; false: it is set already, or the slot is not allocated. One marker
 * is the only writer of mark bits and needs no atomic OR, which took 29 % of the marking time of
 * bench/trees. (In this form compilers make bit tests of it.) */
static inline bool set_mark(const struct span *s, size_t index, bool shared)
{
    atomic_word *mark = &span_mark_bits(s)[index / 64];
    uintptr_t marked = word_load(mark);
    if ((marked >> index % 64 & 1) != 0 || !bit_is_set(span_alloc_bits(s), index))
        return false;
    if (shared)
        return (word_fetch_or(mark, bit_mask(index)) & bit_mask(index)) == 0;
    word_store(mark, marked | bit_mask(index));
    return true;
}

/* The same, where others mark, too, for the `wanted` slots of a word. Returns those that this has
 * marked. */
static inline uint64_t set_marks_shared(const struct span *s, size_t word, uint64_t wanted)
{
    atomic_word *mark = &span_mark_bits(s)[word];
    wanted &= ~word_load(mark);
    if (wanted == 0 || (wanted &= word_load(&span_alloc_bits(s)[word])) == 0)
        return 0;
    return wanted & ~word_fetch_or(mark, wanted);
}

/* Counts an object of the span for marker_work, if it has no pointers; (size_t)-1: takes it back.
 */
static inline void count_noscan(struct marker *m, const struct span *s, size_t sign)
{
    size_t *bytes = s->object_bytes <= small_max ? &m->small_noscan_bytes : &m->large_noscan_bytes;
    *bytes += s->descriptor == 0 ? sign * s->object_bytes : 0;
}

/* The stack's top and the counts while a batch is marked. They are copies, for the compiler must
 * take a store to the stack for one to the marker. */
struct tally {
    struct mark_entry *top;
    struct mark_entry *limit;
    size_t objects;
    size_t bytes;
};

/* Makes room for that many entries, if there is memory. */
static inline struct tally tally_begin(struct marker *m, size_t entries)
{
    if (m->capacity - m->depth < entries)
        (void)stack_grow(m);
    return (struct tally){&m->stack[m->depth], &m->stack[m->capacity], m->objects, m->bytes};
}

static inline void tally_end(struct marker *m, const struct tally *t)
{
    m->depth = (size_t)(t->top - m->stack);
    m->objects = t->objects;
    m->bytes = t->bytes;
}

/* Counts an object that has been marked; its contents wait on the stack. */
__attribute__((always_inline)) static inline void queue_contents(struct marker *m, struct tally *t,
                                                                 const struct span *s, size_t index)
{
    t->objects++;
    t->bytes += s->object_bytes;
    if (s->descriptor == 0)
        count_noscan(m, s, 1);
    else if (__builtin_expect(t->top != t->limit, 1))
        *t->top++ = (struct mark_entry){span_object(s, index), s->descriptor};
    else
        m->overflowed = true;
}

/* Marks the slots' objects and queues their contents, unless they are marked already or not
 * allocated. */
static void mark_slots(struct marker *m, size_t count)
{
    struct tally t = tally_begin(m, count);
    for (const struct mark_candidate *c = m->candidate, *end = c + count; c < end; c++) {
        const struct span *s = c->span;
        size_t index = c->word_or_index;
        if (set_mark(s, index, false))
            queue_contents(m, &t, s, index);
    }
    tally_end(m, &t);
}

/* The same where others mark, too: by one atomic operation for neighbours in a word of the bitmap,
 * since it keeps the processor from looking ahead. (One for each slot took longer than all the
 * rest.) */
static void mark_slots_shared(struct marker *m, size_t count)
{
    struct tally t = tally_begin(m, count);
    for (const struct mark_candidate *c = m->candidate, *end = c + count; c < end;) {
        const struct span *s = c->span;
        size_t word = c->word_or_index / 64;
        uint64_t wanted = 0;
        do
            wanted |= bit_mask(c++->word_or_index);
        while (c < end && c->span == s && c->word_or_index / 64 == word);
        for (uint64_t won = set_marks_shared(s, word, wanted); won != 0; won &= won - 1)
            queue_contents(m, &t, s, word * 64 + (size_t)__builtin_ctzll(won));
    }
    tally_end(m, &t);
}

/* All stations in one. */
static void mark_near_words(struct marker *m, bool interior)
{
    struct tally t = tally_begin(m, m->words);
    uintptr_t base = region.base;
    const atomic_word *page_span = region.page_span;
    for (const uintptr_t *word = m->word, *end = word + m->words; word < end; word++) {
        const struct span *s = span_of(*word, base, page_span);
        size_t index;
        if (s != NULL && slot_of(s, *word, interior, &index) && set_mark(s, index, false))
            queue_contents(m, &t, s, index);
    }
    m->words = 0;
    tally_end(m, &t);
}

static void mark_far_words(struct marker *m, bool interior)
{
    size_t count = find_bits(m, find_spans(m), interior);
    if (m->shared)
        mark_slots_shared(m, count);
    else
        mark_slots(m, count);
}

/* What the words that wait lead to. Near are the spans and bits of so little that they stay in the
 * cache. */
static void mark_words(struct marker *m, bool interior)
{
    if (m->words == 0)
        return;
    if (m->bytes < m->near_bytes && !m->shared)
        mark_near_words(m, interior);
    else
        mark_far_words(m, interior);
}

/* ---- Scanning ---- */

/* Those of up to mark_stretch_words words that are addresses of the heap wait in the batch. What
 * the filter has found is read again, and should it have changed, the test counts. Memory of thread
 * stacks may be poisoned by AddressSanitizer, and scanning it is the job. */
__attribute__((no_sanitize("address", "thread"), always_inline)) static inline void
keep_words(struct marker *m, const uintptr_t *words, size_t count)
{
    uintptr_t base = region.base, size = region.size;
    size_t kept = m->words;
    for (uint64_t found = words_filter(words, count, base, size); found != 0; found &= found - 1) {
        uintptr_t word = words[__builtin_ctzll(found)];
        m->word[kept] = word;
        kept += word - base < size;
    }
    m->words = kept;
}

/* Asks for the stretch of a long range that lies some way ahead: the processor by itself begins
 * anew on each page. (bench/large with SPANGC_TRACE=1: a mark takes 4.2 ms instead of 6.2.) */
static inline void prefetch_stretch(uintptr_t low, uintptr_t high)
{
    if (high - low < scan_ahead_bytes + mark_stretch_words * word_bytes)
        return;
    for (size_t line = 0; line < mark_stretch_words * word_bytes; line += cache_line_bytes)
        __builtin_prefetch((const void *)(low + scan_ahead_bytes + line));
}

__attribute__((no_sanitize("address", "thread"), always_inline)) static inline void
scan_words(struct marker *m, uintptr_t low, uintptr_t high, bool interior)
{
    while (low < high) {
        size_t count = (high - low) / word_bytes;
        count = count < mark_stretch_words ? count : mark_stretch_words;
        prefetch_stretch(low, high);
        keep_words(m, (const uintptr_t *)low, count);
        low += count * word_bytes;
        if (m->words >= mark_batch_words)
            mark_words(m, interior);
    }
}

__attribute__((no_sanitize("address", "thread"))) void mark_range(struct marker *m, uintptr_t low,
                                                                  uintptr_t high)
{
    mark_words(m, displacements.heap_interior);
    low = (low + word_bytes - 1) & ~(uintptr_t)(word_bytes - 1);
    scan_words(m, low, high & ~(uintptr_t)(word_bytes - 1), true);
    mark_words(m, true);
}

void mark_word(struct marker *m, uintptr_t word)
{
    mark_range(m, (uintptr_t)&word, (uintptr_t)(&word + 1));
}

__attribute__((no_sanitize("address", "thread"))) static void
scan_bitmap(struct marker *m, uintptr_t start, uintptr_t bitmap, bool interior)
{
    for (bitmap &= ~(uintptr_t)descriptor_tag_mask; bitmap != 0;) {
        unsigned at = (unsigned)__builtin_clzll(bitmap);
        bitmap &= ~(UINT64_C(1) << 63 >> at);
        uintptr_t word = ((const uintptr_t *)start)[at];
        m->word[m->words] = word;
        m->words += region_contains(word);
    }
    if (m->words >= mark_batch_words)
        mark_words(m, interior);
}

/* One comparison for what most entries are: a length, of whole words and less than a piece. */
__attribute__((no_sanitize("address", "thread"), always_inline)) static inline void
scan_entry(struct marker *m, struct mark_entry e, bool interior)
{
    if (__builtin_expect((e.descriptor & ~(uintptr_t)(mark_piece_bytes - word_bytes)) != 0, 0)) {
        if (descriptor_tag(e.descriptor) != DESCRIPTOR_BITMAP)
            e.descriptor = described_step(m, e);
        if (descriptor_tag(e.descriptor) == DESCRIPTOR_BITMAP) {
            scan_bitmap(m, e.start, e.descriptor, interior);
            return;
        }
    }
    scan_words(m, e.start, e.start + e.descriptor, interior);
}

/* Takes the stack's topmost entries and asks for their memory, two lines of it: few objects end in
 * the line in which they begin. */
static inline size_t take_entries(struct marker *m)
{
    size_t count = m->depth < mark_taken_entries ? m->depth : mark_taken_entries;
    const struct mark_entry *top = &m->stack[m->depth];
    m->depth -= count;
    for (size_t i = 0; i < count; i++) {
        m->taken[i] = *--top;
        __builtin_prefetch((const void *)m->taken[i].start);
        __builtin_prefetch((const void *)(m->taken[i].start + cache_line_bytes));
    }
    return count;
}

/* ---- Sharing ---- */

/* Publishes half of the stack, its oldest entries, which lead to most. The packet's place on the
 * stack is taken by the youngest. */
static void publish_surplus(struct marker *m)
{
    size_t count = m->depth / 2 < packet_entries ? m->depth / 2 : packet_entries;
    struct packet *p = count == 0 ? NULL : packet_new();
    if (p == NULL)
        return;
    p->count = count;
    memcpy(p->entries, m->stack, count * sizeof *m->stack);
    m->depth -= count;
    memcpy(m->stack, &m->stack[m->depth], count * sizeof *m->stack);
    packet_publish(p, PACKETS_FOR_ANYONE);
}

static void unpack(struct marker *m, struct packet *p)
{
    for (size_t i = 0; i < p->count; i++)
        mark_push(m, p->entries[i]);
    packet_free(p);
}

static void publish_held(struct marker *m)
{
    struct packet *p = m->held;
    m->held = NULL;
    if (p != NULL)
        packet_publish(p, PACKETS_FOR_COLLECTOR);
}

/* Without a packet it is lost, which the passes after an overflow make good. */
void mark_leave_to_collector(struct marker *m, struct mark_entry e)
{
    if (m->held == NULL)
        m->held = packet_new();
    if (m->held == NULL) {
        m->overflowed = true;
        return;
    }
    m->held->entries[m->held->count++] = e;
    if (m->held->count == packet_entries)
        publish_held(m);
}

static void share(struct marker *m)
{
    if (packets_are_wanted())
        publish_surplus(m);
    if (!m->is_helper && packets_wait_for_collector()) {
        struct packet *p = packet_take(true, true);
        if (p != NULL)
            unpack(m, p);
    }
}

/* ---- Draining ---- */

/* What is to be scanned now; a descriptor of 0: nothing. */
static inline struct mark_entry mark_at_once(struct marker *m, uintptr_t word, bool interior)
{
    struct object o;
    if (!find_slot(word, &o) || (!interior && !mark_displacement_is_valid(word - o.base)) ||
        !set_mark(o.span, o.index, m->shared))
        return (struct mark_entry){0, 0};
    m->objects++;
    m->bytes += o.span->object_bytes;
    count_noscan(m, o.span, 1);
    return (struct mark_entry){o.base, o.span->descriptor};
}

/* The last that an entry leads to, as above; the others wait on the stack. */
__attribute__((no_sanitize("address", "thread"))) static inline struct mark_entry
follow_entry(struct marker *m, struct mark_entry e, bool interior)
{
    struct mark_entry last = {0, 0};
    for (uintptr_t at = e.start; at < e.start + e.descriptor; at += word_bytes) {
        uintptr_t word = *(const uintptr_t *)at;
        if (!region_contains(word))
            continue;
        __builtin_prefetch((const void *)word);
        struct mark_entry found = mark_at_once(m, word, interior);
        if (found.descriptor == 0)
            continue;
        if (last.descriptor != 0)
            mark_push(m, last);
        last = found;
    }
    return last;
}

static inline bool is_within_stretch(struct mark_entry e)
{
    return (e.descriptor & ~(uintptr_t)(mark_stretch_bytes - word_bytes)) == 0;
}

/* A list: each object leads to the next and perhaps to one more, so that there is little to do
 * while memory is on its way, and what the stations of a batch cost is not made good. */
static void follow_list(struct marker *m, bool interior)
{
    if (m->depth - 1 >= list_entries || m->words != 0)
        return;
    struct mark_entry e = m->stack[--m->depth];
    for (unsigned run = 0; run < list_run && m->depth < list_entries && is_within_stretch(e);
         run++) {
        e = follow_entry(m, e, interior);
        if (e.descriptor == 0 && m->depth == 0)
            return;
        if (e.descriptor == 0)
            e = m->stack[--m->depth];
    }
    mark_push(m, e);
}

/* Most entries are short objects. */
__attribute__((no_sanitize("address", "thread"))) static inline void
scan_taken(struct marker *m, size_t taken, bool interior)
{
    const struct mark_entry *end = m->taken + taken;
    for (const struct mark_entry *e = m->taken; e < end; e++) {
        struct words_found found =
            words_collect(e, end, &m->word[m->words], region.base, region.size);
        m->words = (size_t)(found.end - m->word);
        e = found.rest;
        if (e < end)
            scan_entry(m, *e, interior);
    }
}

/* While the memory of the entries that are taken is on its way, the words of those before them are
 * dealt with. */
__attribute__((no_sanitize("address", "thread"))) static void scan_until_empty(struct marker *m)
{
    bool interior = displacements.heap_interior;
    while (m->words != 0 || m->depth != 0) {
        follow_list(m, interior);
        size_t taken = take_entries(m);
        mark_words(m, interior);
        scan_taken(m, taken, interior);
        if (m->shared)
            share(m);
    }
}

static void work_on(struct marker *m, struct packet *p)
{
    for (; p != NULL; p = packet_take(!m->is_helper, true)) {
        unpack(m, p);
        scan_until_empty(m);
        publish_held(m);
    }
}

void mark_help(struct marker *m)
{
    packets_wait(false);
    work_on(m, packet_take(false, false));
}

void mark_share(struct marker *m, unsigned markers)
{
    m->shared = true;
    packets_begin(markers);
    scan_until_empty(m);
    work_on(m, packet_take(true, true));
    while (!packets_are_finished()) {
        packets_wait(true);
        work_on(m, packet_take(true, false));
    }
    m->shared = false;
}

void marker_add(struct marker *m, struct marker *helper)
{
    m->objects += helper->objects;
    m->bytes += helper->bytes;
    m->small_noscan_bytes += helper->small_noscan_bytes;
    m->large_noscan_bytes += helper->large_noscan_bytes;
    m->overflowed |= helper->overflowed;
    marker_reset(helper);
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
    m->word[m->words] = word;
    m->words += region_contains(word);
    if (m->words >= mark_batch_words)
        mark_words(m, displacements.heap_interior);
}

void mark_change(struct marker *m, const struct object *o, bool marked)
{
    if (marked ? !set_mark(o->span, o->index, m->shared) : !object_is_marked(o))
        return;
    if (!marked)
        word_fetch_clear(&span_mark_bits(o->span)[o->index / 64], bit_mask(o->index));
    size_t sign = marked ? 1 : (size_t)-1;
    m->objects += sign;
    m->bytes += sign * o->span->object_bytes;
    count_noscan(m, o->span, sign);
}

/* Word by word, not by way of the stack: the object itself need not be marked, and the passes after
 * an overflow look at marked objects only. What it leads to, they find. */
static void mark_words_of(struct marker *m, const struct object *o, bool but_self)
{
    uintptr_t high = o->base + o->span->object_bytes;
    for (uintptr_t at = o->base; at < high; at += word_bytes) {
        uintptr_t word = *(const uintptr_t *)at;
        if (region_contains(word) && (!but_self || word < o->base || word >= high))
            mark_heap_word(m, word);
    }
    mark_words(m, displacements.heap_interior);
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
        mark_words_of(m, &o, false);
    else
        mark_described(m, &o);
}

void mark_contents_but_self(struct marker *m, uintptr_t object_base)
{
    struct object o;
    if (find_object(object_base, &o) && !o.span->pointer_free)
        mark_words_of(m, &o, true);
}

static void mark_all_allocated(struct span *s, void *argument)
{
    struct marker *m = argument;
    for (size_t i = 0; i < s->objects; i++) {
        m->candidate[0] = (struct mark_candidate){s, i};
        mark_slots(m, 1);
    }
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
