/* regions.c: the heap, span by span, for people. */
#include "api/api.h"
#include "gc/gc_inline.h"
#include "heap/heap.h"
#include "heap/sizeclass.h"
#include "platform/check.h"

/* Spans come and go meanwhile; the descriptor stays what it is, so the worst is a line that mixes
 * two. */
static void dump_span(struct span *s, void *argument)
{
    size_t *count = argument;
    if (s->npages == 0)
        return;
    ++*count;
    report("  span %p: %z KiB, kind %u, %u objects of %z bytes, %z allocated", (void *)s->base,
           ((size_t)s->npages << page_shift) / 1024, (unsigned)s->kind, (unsigned)s->objects,
           s->object_bytes, (size_t)word_load(&s->allocated));
}

void GC_dump_regions(void)
{
    size_t count = 0;
    struct thread *t = api_thread();
    if (t == NULL)
        return;
    struct api_visit visit = api_enter(t);
    span_for_each(dump_span, &count);
    api_leave(visit);
    report("  %z spans", count);
}

struct free_slots {
    unsigned kind;
    size_t object_bytes;
};

static void print_free_slots(struct span *s, void *argument)
{
    const struct free_slots *wanted = argument;
    if (s->npages == 0 || s->kind != wanted->kind || s->object_bytes != wanted->object_bytes)
        return;
    const atomic_word *alloc_bits = span_alloc_bits(s);
    for (size_t i = 0; i < s->objects; i++)
        if (!bit_is_set(alloc_bits, i))
            report("  free slot %z of span %p: %p", i, (void *)s->base, (void *)span_object(s, i));
}

void GC_print_free_list(int kind, size_t granules)
{
    size_t bytes = granules * granule_bytes;
    struct thread *t = api_thread();
    if (t == NULL || kind < 0 || kind >= kind_limit || bytes == 0 || bytes > small_max)
        return;
    struct free_slots wanted = {(unsigned)kind, size_classes[size_class_of(bytes)].bytes};
    struct api_visit visit = api_enter(t);
    span_for_each(print_free_slots, &wanted);
    api_leave(visit);
}
