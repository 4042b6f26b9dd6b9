/* span.c: descriptors of spans, and publishing them. See span.h.
 *
 * Descriptors come in slabs that are never given back; a free one has npages == 0 and waits in
 * `pool.free`. Lock: pool.lock (rank leaf) for the free list and the slab list.
 */
#include "heap/span.h"
#include "heap/heap.h"
#include "heap/special.h"
#include "memory/gcbits.h"
#include "memory/pagealloc.h"
#include "platform/check.h"
#include "platform/lock.h"
#include "platform/os.h"

enum { slab_bytes = 64 * 1024 };

struct slab {
    struct slab *next;
    size_t used; /* descriptors taken from it so far */
    struct span spans[];
};

enum { slab_spans = (slab_bytes - sizeof(struct slab)) / sizeof(struct span) };

static struct {
    struct lock lock;
    struct span *free;
    struct slab *slabs; /* newest first; read without the lock by span_for_each */
} pool = {.lock = LOCK_INITIALIZER(RANK_LEAF)};

void span_init(void)
{
    _Static_assert(offsetof(struct span, needs_zero) <= 64, "the marker's fields share a line");
}

static struct span *take_from_slab_locked(void)
{
    struct slab *slab = pool.slabs;
    if (slab == NULL || slab->used == slab_spans) {
        slab = os_map(slab_bytes);
        if (slab == NULL)
            return NULL;
        slab->next = pool.slabs;
        pool.slabs = slab;
    }
    return &slab->spans[slab->used++];
}

static struct span *descriptor_alloc(void)
{
    lock_acquire(&pool.lock);
    struct span *s = pool.free;
    if (s != NULL)
        pool.free = s->next;
    else
        s = take_from_slab_locked();
    lock_release(&pool.lock);
    return s;
}

static void descriptor_free(struct span *s)
{
    lock_acquire(&pool.lock);
    s->npages = 0;
    s->next = pool.free;
    pool.free = s;
    lock_release(&pool.lock);
}

static void publish(uintptr_t base, size_t npages, struct span *s)
{
    size_t first = region_offset(base) >> page_shift;
    for (size_t i = 0; i < npages; i++)
        pointer_store_release(&region.page_span[first + i], s);
}

static void describe(struct span *s, uintptr_t base, size_t npages, unsigned size_class,
                     unsigned kind, size_t object_bytes)
{
    bool small = size_class != 0;
    s->base = base;
    s->npages = (uint32_t)npages;
    s->reciprocal = small ? size_classes[size_class].reciprocal : 0;
    s->objects = small ? size_classes[size_class].objects : 1;
    s->object_bytes = object_bytes;
    s->descriptor = kind_descriptor(kind, object_bytes);
    s->kind = (uint8_t)kind;
    s->size_class = (uint8_t)size_class;
    s->pointer_free = kind_is_pointer_free(kind);
    s->next = s->previous = NULL;
    s->list = NULL;
    s->requested_bytes = object_bytes;
    word_store(&s->allocated, 0);
    word_store(&s->sweepgen, word_load(&heap.sweepgen));
}

/* Described already; others see it from here on. */
static void make(struct span *s, const struct page_run *run, atomic_word *alloc_bits,
                 atomic_word *mark_bits)
{
    word_store(&s->needs_zero, !run->zeroed);
    pointer_store_release(&s->alloc_bits, alloc_bits);
    pointer_store_release(&s->mark_bits, mark_bits);
    publish(run->base, run->npages, s);
}

struct span *span_create(uintptr_t base, size_t npages, unsigned size_class, unsigned kind,
                         size_t object_bytes, bool needs_zero)
{
    struct span *s = descriptor_alloc();
    if (s == NULL)
        return NULL;
    size_t objects = size_class != 0 ? size_classes[size_class].objects : 1;
    atomic_word *alloc_bits = new_alloc_bits(objects);
    atomic_word *mark_bits = alloc_bits == NULL ? NULL : new_mark_bits(objects);
    if (mark_bits == NULL) {
        descriptor_free(s);
        return NULL;
    }
    struct page_run run = {.base = base, .npages = npages, .zeroed = !needs_zero};
    describe(s, base, npages, size_class, kind, object_bytes);
    make(s, &run, alloc_bits, mark_bits);
    return s;
}

struct span *span_descriptor_new(void)
{
    return descriptor_alloc();
}

void span_make(struct span *s, const struct page_run *run, unsigned size_class, unsigned kind,
               atomic_word *alloc_bits, atomic_word *mark_bits)
{
    bool small = size_class != 0;
    describe(s, run->base, run->npages, size_class, kind,
             small ? size_classes[size_class].bytes : run->npages << page_shift);
    make(s, run, alloc_bits, mark_bits);
}

void span_destroy(struct span *s)
{
    debug_check(s->list == NULL && word_load(&s->allocated) == 0);
    uintptr_t base = s->base;
    size_t npages = s->npages;
    if (pointer_load(&s->specials) != NULL)
        special_forget_span(s);
    publish(base, npages, NULL);
    descriptor_free(s);
    pages_free(base, npages);
}

void span_resize_large(struct span *s, size_t npages)
{
    size_t old = s->npages;
    if (npages < old)
        publish(s->base + (npages << page_shift), old - npages, NULL);
    s->npages = (uint32_t)npages;
    s->object_bytes = npages << page_shift;
    s->descriptor = kind_descriptor(s->kind, s->object_bytes);
    if (npages > old)
        publish(s->base + (old << page_shift), npages - old, s);
}

void span_for_each(void (*visit)(struct span *s, void *argument), void *argument)
{
    for (struct slab *slab = pool.slabs; slab != NULL; slab = slab->next)
        for (size_t i = 0; i < slab->used; i++)
            if (slab->spans[i].npages != 0)
                visit(&slab->spans[i], argument);
}

static size_t count_bits(const atomic_word *bits, size_t words)
{
    size_t count = 0;
    for (size_t i = 0; i < words; i++)
        count += (size_t)__builtin_popcountll(word_load(&bits[i]));
    return count;
}

bool span_is_valid(const struct span *s)
{
    if (s->objects == 0 || s->npages == 0 || (s->base & (page_bytes - 1)) != 0)
        return false;
    if (s->object_bytes * s->objects > (size_t)s->npages << page_shift)
        return false;
    const atomic_word *alloc_bits = span_alloc_bits(s);
    const atomic_word *mark_bits = span_mark_bits(s);
    for (size_t i = 0; i < span_bit_words(s); i++)
        if ((word_load(&mark_bits[i]) & ~word_load(&alloc_bits[i])) != 0)
            return false;
    return word_load(&s->allocated) == count_bits(alloc_bits, span_bit_words(s));
}

void span_reset_locks_in_child(void)
{
    lock_reset_after_fork(&pool.lock);
}
