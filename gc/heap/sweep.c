/* sweep.c: see sweep.h. */
#include <pthread.h>
#include <sched.h>
#include "heap/central.h"
#include "heap/find.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "memory/gcbits.h"
#include "platform/check.h"

enum { cursor_end = kind_limit * size_class_count };

static struct {
    atomic_word active;
    atomic_word cursor; /* centrals below it (kind * classes + class) have nothing to sweep */
    atomic_word again;  /* a span was put back; the cursor may have passed it in spite of that */
    atomic_word swept[sweep_places];
    atomic_word disclaimer; /* the thread that is asking disclaim procedures; 0: none */
} sweep = {.cursor = cursor_end};

void sweep_enter(void)
{
    word_add(&sweep.active, 1);
}

void sweep_leave(void)
{
    word_sub(&sweep.active, 1);
}

bool sweep_is_done(void)
{
    return word_load_acquire(&sweep.cursor) >= cursor_end && word_load_acquire(&sweep.active) == 0;
}

bool sweep_win(struct span *s)
{
    uintptr_t sg = word_load(&heap.sweepgen);
    return word_load(&s->sweepgen) == sg - 2 && word_cas(&s->sweepgen, sg - 2, sg - 1);
}

/* Counts what survived, checking that nothing is marked that was not allocated. */
static size_t count_survivors(const struct span *s, const atomic_word *mark_bits)
{
    const atomic_word *alloc_bits = span_alloc_bits(s);
    size_t survivors = 0;
    for (size_t i = 0; i < span_bit_words(s); i++) {
        uintptr_t marked = word_load(&mark_bits[i]);
        check((marked & ~word_load(&alloc_bits[i])) == 0);
        survivors += (size_t)__builtin_popcountll(marked);
    }
    return survivors;
}

/* Back where it came from; the cursor may have passed that place. A sweeper that found the first
 * central empty just before may still move the cursor from 0 on: sweep_finish sees to that. */
static bool sweep_again_later(struct span *s)
{
    central_put_unswept(s);
    word_store(&sweep.again, 1);
    word_store_release(&sweep.cursor, 0);
    return false;
}

bool sweep_won(struct span *s, enum sweep_place place)
{
    atomic_word *mark_bits = span_mark_bits(s);
    gcbits_check_fresh(mark_bits, 0);
    gcbits_check_fresh(span_alloc_bits(s), 1);
    size_t survivors = count_survivors(s, mark_bits);
    atomic_word *fresh = new_mark_bits(s->objects);
    if (fresh == NULL)
        return sweep_again_later(s);
    word_store(&s->needs_zero, true);
    word_store(&s->allocated, survivors);
    pointer_store_release(&s->alloc_bits, mark_bits);
    pointer_store_release(&s->mark_bits, fresh);
    word_add(&sweep.swept[place], 1);
    return true;
}

/* An empty span counts as swept before it goes: a thread may be waiting for that in sweep_ensure.
 */
void sweep_settle(struct span *s)
{
    if (word_load(&s->allocated) != 0) {
        central_put(s);
        return;
    }
    word_store_release(&s->sweepgen, word_load(&heap.sweepgen));
    span_destroy(s);
}

/* Sweeps a won span and gives it its place. */
static bool sweep_and_place(struct span *s, enum sweep_place place)
{
    if (!sweep_won(s, place))
        return false;
    sweep_settle(s);
    return true;
}

/* The next won span from the cursor on. The cursor moves past a central only when that central has
 * nothing left, and since unswept lists never grow (out of memory apart), it never moves back. */
static struct span *next_unswept(void)
{
    for (;;) {
        uintptr_t at = word_load_acquire(&sweep.cursor);
        if (at >= cursor_end)
            return NULL;
        unsigned kind = (unsigned)(at / size_class_count);
        if (!central_kind_exists(kind) || kind_disclaim(kind) != NULL) {
            word_cas(&sweep.cursor, at, ((uintptr_t)kind + 1) * size_class_count);
            continue;
        }
        struct span *s = central_pop_unswept(kind, (unsigned)(at % size_class_count));
        if (s != NULL)
            return s;
        word_cas(&sweep.cursor, at, at + 1);
    }
}

bool sweep_one(enum sweep_place place)
{
    if (word_load_acquire(&sweep.cursor) >= cursor_end)
        return false;
    sweep_enter();
    struct span *s = next_unswept();
    bool swept = s != NULL && sweep_and_place(s, place);
    sweep_leave();
    return swept;
}

/* Pages of the dead ones among the large objects of a kind, up to npages. */
static size_t sweep_large_of_kind(unsigned kind, size_t npages)
{
    size_t freed = 0;
    while (freed < npages) {
        struct span *s = central_pop_unswept(kind, 0);
        if (s == NULL)
            break;
        size_t pages = s->npages;
        bool dead = word_load(&span_mark_bits(s)[0]) == 0;
        if (!sweep_and_place(s, SWEPT_BY_ALLOCATOR))
            break;
        freed += dead ? pages : 0;
    }
    return freed;
}

void sweep_large(size_t npages)
{
    if (sweep_is_done())
        return;
    sweep_enter();
    size_t freed = 0;
    for (unsigned kind = 0; kind < kind_limit && freed < npages; kind++)
        if (central_kind_exists(kind) && kind_disclaim(kind) == NULL)
            freed += sweep_large_of_kind(kind, npages - freed);
    sweep_leave();
}

static void wait_for_sweepers(void)
{
    while (word_load_acquire(&sweep.active) != 0)
        sched_yield();
}

/* From the first central on, with no sweeper on its way that has seen it empty. */
static void start_again(void)
{
    wait_for_sweepers();
    word_store(&sweep.again, 0);
    word_store_release(&sweep.cursor, 0);
}

bool sweep_finish(void)
{
    if (word_load(&sweep.again) != 0)
        start_again();
    while (sweep_one(SWEPT_BEFORE_CYCLE))
        continue;
    wait_for_sweepers();
    return word_load_acquire(&sweep.cursor) >= cursor_end && word_load(&sweep.again) == 0;
}

bool sweep_has_swept(const struct span *s)
{
    uintptr_t sg = word_load(&heap.sweepgen);
    uintptr_t generation = word_load_acquire(&s->sweepgen);
    return generation == sg || generation == sg + 3;
}

bool sweep_spares(const struct object *o, bool may_wait)
{
    for (;;) {
        const atomic_word *marks = span_mark_bits(o->span); /* before the look at the generation */
        uintptr_t sg = word_load(&heap.sweepgen);
        uintptr_t generation = word_load_acquire(&o->span->sweepgen);
        if (generation == sg || generation == sg + 3)
            return bit_is_set(span_alloc_bits(o->span), o->index);
        if (generation == sg - 2 || !may_wait || kind_disclaim(o->span->kind) != NULL)
            return bit_is_set(marks, o->index);
        sched_yield();
    }
}

static bool somebody_else_disclaims(void)
{
    uintptr_t disclaimer = word_load_acquire(&sweep.disclaimer);
    return disclaimer != 0 && disclaimer != (uintptr_t)pthread_self();
}

/* Who has just ended has swept everything before. */
static enum sweep_outcome ensure_disclaimed(const struct span *s)
{
    if (somebody_else_disclaims())
        return SWEEP_LATER;
    return sweep_has_swept(s) ? SWEEP_DONE : SWEEP_FAILED;
}

enum sweep_outcome sweep_ensure(struct span *s)
{
    while (!sweep_has_swept(s)) {
        if (kind_disclaim(s->kind) != NULL)
            return ensure_disclaimed(s);
        sweep_enter();
        if (sweep_win(s)) {
            central_unlink(s);
            bool swept = sweep_and_place(s, SWEPT_BY_ALLOCATOR);
            sweep_leave();
            return swept ? SWEEP_DONE : SWEEP_FAILED;
        }
        sweep_leave();
        sched_yield();
    }
    return SWEEP_DONE;
}

void sweep_disclaim_begin(void)
{
    word_store(&sweep.disclaimer, (uintptr_t)pthread_self());
}

void sweep_disclaim_end(void)
{
    word_store_release(&sweep.disclaimer, 0);
}

struct span *sweep_next_disclaimed(void)
{
    for (unsigned kind = 0; kind < kind_count(); kind++) {
        if (kind_disclaim(kind) == NULL || !central_kind_exists(kind))
            continue;
        for (unsigned c = 0; c < size_class_count; c++) {
            struct span *s = central_pop_unswept(kind, c);
            if (s != NULL)
                return s;
        }
    }
    return NULL;
}

bool sweep_disclaimed(struct span *s)
{
    return sweep_and_place(s, SWEPT_BY_ALLOCATOR);
}

static void change_mark(const struct object *o, bool marked)
{
    atomic_word *bits = &span_mark_bits(o->span)[o->index / 64];
    if (marked)
        word_fetch_or(bits, bit_mask(o->index));
    else
        word_fetch_clear(bits, bit_mask(o->index));
}

bool sweep_with_mark(const struct object *o, bool marked)
{
    if (kind_disclaim(o->span->kind) != NULL)
        return false;
    sweep_enter();
    bool won = sweep_win(o->span);
    if (won) {
        central_unlink(o->span);
        change_mark(o, marked);
        sweep_and_place(o->span, SWEPT_BY_ALLOCATOR);
    }
    sweep_leave();
    return won;
}

void sweep_new_generation(void)
{
    check(word_load_acquire(&sweep.cursor) >= cursor_end);
    wait_for_sweepers(); /* the helper, on its way out */
    word_store(&heap.sweepgen, word_load(&heap.sweepgen) + 2);
    for (unsigned i = 0; i < sweep_places; i++)
        word_store(&sweep.swept[i], 0);
}

void sweep_open(void)
{
    word_store_release(&sweep.cursor, 0);
}

void sweep_counts(size_t counts[sweep_places])
{
    for (unsigned i = 0; i < sweep_places; i++)
        counts[i] = word_load(&sweep.swept[i]);
}
