/* disclaim.c: see disclaim.h. */
#include "services/disclaim.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "threads/thread.h"

static atomic_word pending;

bool disclaim_is_done(void)
{
    return word_load(&pending) == 0;
}

void disclaim_open(void)
{
    for (unsigned kind = 0; kind < kind_count(); kind++)
        if (kind_disclaim(kind) != NULL) {
            word_store(&pending, 1);
            sweep_disclaim_begin();
        }
}

bool disclaim_register(unsigned kind, disclaim_function procedure, bool marks_contents)
{
    struct thread *t = thread_self;
    if (!disclaim_sweep() || !busy_enter(t))
        return false;
    bool swept = sweep_finish();
    if (swept) {
        word_store(&kinds[kind].marks_contents, procedure != NULL && marks_contents);
        word_store_release(&kinds[kind].disclaim, (uintptr_t)procedure);
    }
    busy_leave(t);
    return swept;
}

static void ask(struct span *s, size_t index, disclaim_function procedure)
{
    if (procedure((void *)span_object(s, index)) == 0)
        return;
    word_fetch_or(&span_mark_bits(s)[index / 64], bit_mask(index));
    word_add(&heap.live, s->object_bytes);
}

/* The bits of a won span are nobody else's, and no cycle can move them. */
static void ask_about(struct span *s)
{
    disclaim_function procedure = kind_disclaim(s->kind);
    for (size_t word = 0; word < span_bit_words(s); word++) {
        uintptr_t dead =
            word_load(&span_alloc_bits(s)[word]) & ~word_load(&span_mark_bits(s)[word]);
        for (; dead != 0; dead &= dead - 1)
            ask(s, word * 64 + (size_t)__builtin_ctzll(dead), procedure);
    }
}

static struct span *next_span(struct thread *t)
{
    if (!busy_enter(t))
        return NULL;
    struct span *s = sweep_next_disclaimed();
    busy_leave(t);
    return s;
}

static bool reclaim(struct thread *t, struct span *s)
{
    if (!busy_enter(t))
        return false;
    bool swept = sweep_disclaimed(s);
    busy_leave(t);
    return swept;
}

bool disclaim_sweep(void)
{
    struct thread *t = thread_self;
    if (disclaim_is_done())
        return true;
    if (word_load(&t->busy) != 0)
        return false; /* a handler that interrupted the allocator: spans cannot be won */
    bool swept = true;
    sweep_disclaim_begin();
    for (struct span *s = next_span(t); s != NULL; s = swept ? next_span(t) : NULL) {
        ask_about(s);
        swept = reclaim(t, s);
    }
    sweep_disclaim_end();
    if (swept)
        word_store(&pending, 0);
    return swept;
}
