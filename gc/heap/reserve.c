/* reserve.c: see reserve.h. */
#include <sched.h>
#include <string.h>
#include "heap/reserve.h"
#include "heap/central.h"
#include "heap/heap.h"
#include "memory/gcbits.h"
#include "platform/os.h"

static struct reserve shared;
static atomic_word shared_lock;
static atomic_word first = (atomic_word)&shared; /* struct reserve *; all of them */

struct reserve *reserve_new(void)
{
    struct reserve *r = os_map(sizeof *r);
    if (r == NULL)
        return NULL;
    do {
        r->next = pointer_load(&first);
    } while (!word_cas(&first, (uintptr_t)r->next, (uintptr_t)r));
    return r;
}

/* ---- Filling ---- */

static void retire(struct span *s)
{
    if (s != NULL)
        central_put(s);
}

static void flush(struct reserve *r)
{
    for (unsigned kind = 0; kind < kind_limit; kind++)
        for (unsigned i = 0; i < reserve_sizes; i++)
            retire(r->open[kind][i].span);
    memset(r->open, 0, sizeof r->open);
    while (r->closed != NULL) {
        struct span *s = r->closed;
        r->closed = s->next;
        retire(s);
    }
    heap_charge(r->claimed_bytes);
    r->claimed_bytes = 0;
}

static void take_bits(struct reserve *r)
{
    const size_t elements = (size_t)reserve_words * 64;
    r->alloc_bits = new_alloc_bits(elements);
    r->mark_bits = r->alloc_bits == NULL ? NULL : new_mark_bits(elements);
    r->words_left = r->mark_bits == NULL ? 0 : reserve_words;
}

static bool pages_are_low(const struct reserve *r)
{
    return r->pages.npages < reserve_least_pages;
}

static bool bits_are_low(const struct reserve *r)
{
    return r->words_left < reserve_least_words;
}

static void take_pages(struct reserve *r)
{
    if (!heap_may_grow(reserve_pages))
        return;
    struct page_run run = pages_alloc(HALF_SCAN, reserve_pages, 1);
    if (run.base == 0)
        return;
    if (r->pages.npages != 0)
        pages_free(r->pages.base, r->pages.npages);
    r->pages = run;
}

static void take_descriptors(struct reserve *r)
{
    while (r->descriptor_count < reserve_pages) {
        struct span *s = span_descriptor_new();
        if (s == NULL)
            return;
        r->descriptors[r->descriptor_count++] = s;
    }
}

bool reserve_is_low(const struct reserve *r)
{
    return pages_are_low(r) || bits_are_low(r);
}

void reserve_fill(struct reserve *r)
{
    for (unsigned kind = 0; kind < kind_builtin; kind++)
        if (!central_ensure_kind(kind))
            return;
    flush(r);
    take_descriptors(r);
    if (pages_are_low(r))
        take_pages(r);
    if (bits_are_low(r))
        take_bits(r);
}

/* ---- Taking ---- */

/* A span of npages; NULL: something is used up. */
static struct span *carve(struct reserve *r, unsigned size_class, unsigned kind, size_t npages)
{
    size_t words = size_class == 0 ? 1 : ((size_t)size_classes[size_class].objects + 63) / 64;
    if (r->descriptor_count == 0 || r->pages.npages < npages || r->words_left < words)
        return NULL;
    struct span *s = r->descriptors[--r->descriptor_count];
    struct page_run run = r->pages;
    run.npages = npages;
    span_make(s, &run, size_class, kind, r->alloc_bits, r->mark_bits);
    word_store_release(&s->sweepgen, word_load(&heap.sweepgen) + 3);
    r->pages.base += npages << page_shift;
    r->pages.npages -= npages;
    r->alloc_bits += words;
    r->mark_bits += words;
    r->words_left -= (unsigned)words;
    return s;
}

static void close_span(struct reserve *r, struct span *s)
{
    if (s != NULL) {
        s->next = r->closed;
        r->closed = s;
    }
}

/* Slot `index` of s becomes an object. */
static uintptr_t hand_out(struct reserve *r, struct span *s, size_t index)
{
    uintptr_t object = span_object(s, index);
    if (word_load(&s->needs_zero) != 0 && kind_clears(s->kind))
        memset((void *)object, 0, s->object_bytes);
    word_fetch_or(&span_alloc_bits(s)[index / 64], bit_mask(index));
    word_add(&s->allocated, 1);
    r->claimed_bytes += s->object_bytes;
    return object;
}

static uintptr_t take_large(struct reserve *r, size_t bytes, unsigned kind)
{
    struct span *s = carve(r, 0, kind, (bytes + page_bytes - 1) / page_bytes);
    if (s == NULL)
        return 0;
    s->requested_bytes = bytes;
    close_span(r, s);
    return hand_out(r, s, 0);
}

static unsigned power_of_two_for(size_t bytes)
{
    unsigned i = 0;
    while (((size_t)granule_bytes << i) < bytes)
        i++;
    return i;
}

uintptr_t reserve_take(struct reserve *r, size_t bytes, unsigned kind)
{
    if (!central_kind_exists(kind) || bytes > (size_t)reserve_pages * page_bytes)
        return 0;
    if (bytes > reserve_small_max)
        return take_large(r, bytes, kind);
    unsigned i = power_of_two_for(bytes);
    struct open_span *open = &r->open[kind][i];
    if (open->span == NULL || open->used == open->span->objects) {
        unsigned size_class = size_class_of((size_t)granule_bytes << i);
        struct span *s = carve(r, size_class, kind, size_classes[size_class].pages);
        if (s == NULL)
            return 0;
        close_span(r, open->span);
        *open = (struct open_span){s, 0};
    }
    return hand_out(r, open->span, open->used++);
}

/* ---- The shared one ---- */

static void lock_shared(void)
{
    while (!word_cas(&shared_lock, 0, 1))
        sched_yield();
}

static void unlock_shared(void)
{
    word_store_release(&shared_lock, 0);
}

void reserve_fill_shared(void)
{
    lock_shared();
    if (reserve_is_low(&shared))
        reserve_fill(&shared);
    unlock_shared();
}

uintptr_t reserve_take_shared(size_t bytes, unsigned kind)
{
    lock_shared();
    uintptr_t object = reserve_take(&shared, bytes, kind);
    unlock_shared();
    return object;
}

/* ---- Cycles ---- */

void reserves_flush(void)
{
    for (struct reserve *r = pointer_load(&first); r != NULL; r = r->next)
        flush(r);
}

void reserves_new_epoch(void)
{
    for (struct reserve *r = pointer_load(&first); r != NULL; r = r->next)
        if (r->descriptor_count != 0 || r->words_left != 0)
            take_bits(r);
}
