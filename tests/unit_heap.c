/* unit_heap.c: caches, central lists, sweeping, large objects and explicit frees, by one thread.
 *
 *   - allocated means that the alloc bit is set: claims set it, flushes and frees clear it;
 *   - a span goes from list to list as its free slots and its sweepgen ask for;
 *   - what is marked survives a sweep, everything else is handed out again, cleared;
 *   - where memory for mark bits is missing, spans wait to be swept and nothing is lost;
 *   - the accounts of bytes and pages are exact.
 */
#include "handcycle.h"
#include <signal.h>
#include <string.h>
#include "heap/central.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "platform/os.h"

enum { in_16 = 512 /* objects in a span of 16 bytes each */ };

static uintptr_t sweepgen(void)
{
    return word_load(&heap.sweepgen);
}

static uintptr_t sweepgen_of(const struct span *s)
{
    return word_load(&s->sweepgen);
}

static unsigned swept_side(void)
{
    return (sweepgen() / 2) & 1;
}

static bool is_full(struct span *s)
{
    return s->list == &central_of(s)->full[swept_side()];
}

static bool is_partial(struct span *s)
{
    return s->list == &central_of(s)->partial[swept_side()];
}

static bool is_unswept(struct span *s)
{
    struct central *c = central_of(s);
    unsigned side = swept_side() ^ 1;
    return sweepgen_of(s) == sweepgen() - 2 &&
           (s->list == &c->partial[side] || s->list == &c->full[side]);
}

/* One whole span of objects of 16 bytes. */
static void fill_span(void *objects[in_16])
{
    for (size_t i = 0; i < in_16; i++)
        objects[i] = hand_alloc(16, KIND_NORMAL);
    ck_assert_ptr_eq(hand_span(objects[0]), hand_span(objects[in_16 - 1]));
}

static bool all_bytes_are(const void *p, size_t bytes, unsigned char value)
{
    const unsigned char *byte = p;
    for (size_t i = 0; i < bytes; i++)
        if (byte[i] != value)
            return false;
    return true;
}

static size_t pages_in_use(void)
{
    cache_flush(&hand_cache); /* its windows of pages count as in use */
    return pages_stats(HALF_SCAN).in_use + pages_stats(HALF_NOSCAN).in_use;
}

/* ---- Claims ---- */

START_TEST(a_claim_sets_alloc_bits_and_a_flush_clears_them)
{
    hand_init();
    void *p = hand_alloc(16, KIND_NORMAL);
    struct span *s = hand_span(p);
    ck_assert_uint_eq(word_load(&span_alloc_bits(s)[0]), UINT64_MAX);
    ck_assert_uint_eq(word_load(&span_alloc_bits(s)[1]), 0);
    ck_assert_uint_eq(word_load(&s->allocated), 64);
    ck_assert_uint_eq(sweepgen_of(s), sweepgen() + 3);
    ck_assert_ptr_null(s->list);
    ck_assert(span_is_valid(s) && cache_is_valid(&hand_cache));

    cache_flush(&hand_cache);
    ck_assert_uint_eq(word_load(&span_alloc_bits(s)[0]), 1);
    ck_assert_uint_eq(word_load(&s->allocated), 1);
    ck_assert_uint_eq(sweepgen_of(s), sweepgen());
    ck_assert(is_partial(s) && cache_is_valid(&hand_cache));
    hand_check();
}
END_TEST

START_TEST(the_last_word_has_only_the_slots_that_exist)
{
    hand_init();
    unsigned size_class = size_class_of(48);
    size_t objects = size_classes[size_class].objects;
    ck_assert_uint_ne(objects % 64, 0);
    struct span *s = hand_span(hand_alloc(48, KIND_NORMAL));
    for (size_t i = 1; i < objects; i++)
        ck_assert_ptr_eq(hand_span(hand_alloc(48, KIND_NORMAL)), s);
    ck_assert_ptr_ne(hand_span(hand_alloc(48, KIND_NORMAL)), s);
    ck_assert_uint_eq(word_load(&s->allocated), objects);
    ck_assert(is_full(s));
    hand_check();
}
END_TEST

START_TEST(objects_of_all_sizes_are_apart)
{
    enum { count = 3000 };
    static unsigned char *objects[count];
    static size_t sizes[count];
    hand_init();
    uint64_t seed = 3;
    for (size_t i = 0; i < count; i++) {
        sizes[i] = 1 + unit_random(&seed) % (unit_random(&seed) % 50 ? 700 : 100000);
        objects[i] = hand_alloc(sizes[i], i % 4);
        ck_assert_uint_eq((uintptr_t)objects[i] % granule_bytes, 0);
        memset(objects[i], (int)(i % 251), sizes[i]);
    }
    for (size_t i = 0; i < count; i++) {
        ck_assert(hand_is_object(objects[i]));
        ck_assert(all_bytes_are(objects[i], sizes[i], (unsigned char)(i % 251)));
        ck_assert_uint_eq(hand_span(objects[i])->kind, i % 4);
        ck_assert_uint_ge(hand_span(objects[i])->object_bytes, sizes[i]);
    }
    cache_flush(&hand_cache);
    hand_check();
}
END_TEST

START_TEST(kinds_have_their_half)
{
    hand_init();
    for (unsigned kind = 0; kind < kind_builtin; kind++)
        for (size_t bytes = 16; bytes < 100000; bytes *= 3) {
            uintptr_t p = (uintptr_t)hand_alloc(bytes, kind);
            ck_assert_int_eq(pages_half_of(p),
                             kind_is_pointer_free(kind) ? HALF_NOSCAN : HALF_SCAN);
        }
}
END_TEST

/* ---- Accounts ---- */

START_TEST(live_is_exact_after_a_flush)
{
    static void *objects[1000];
    hand_init();
    uint64_t seed = 9;
    size_t live = 0;
    for (size_t i = 0; i < 1000; i++) {
        size_t bytes = 1 + unit_random(&seed) % 50000;
        objects[i] = hand_alloc(bytes, i & 1);
        live += hand_span(objects[i])->object_bytes;
    }
    cache_flush(&hand_cache);
    ck_assert_uint_eq(word_load(&heap.live), live);
    ck_assert_uint_eq(word_load(&heap.allocated_total), live);
    for (size_t i = 0; i < 1000; i += 2) {
        live -= hand_span(objects[i])->object_bytes;
        ck_assert_int_eq(hand_free(objects[i]), FREE_DONE);
    }
    cache_flush(&hand_cache);
    ck_assert_uint_eq(word_load(&heap.live), live);
    ck_assert_uint_eq(word_load(&heap.allocated_total) - word_load(&heap.freed_total), live);
}
END_TEST

START_TEST(the_goal_is_asked_for_at_refills)
{
    enum alloc_status status = ALLOC_OK;
    hand_init();
    word_store(&heap.goal, 1 << 20);
    size_t bytes = 0;
    while (alloc_small(&hand_cache, 64, KIND_NORMAL, false, &status) != NULL)
        bytes += 64;
    ck_assert_int_eq(status, ALLOC_GOAL_REACHED);
    ck_assert_uint_ge(bytes, 1 << 20);
    ck_assert_uint_le(bytes, (1 << 20) + 2 * page_bytes);
    large_prepare(50000, KIND_NORMAL, 16, false, &status);
    ck_assert_int_eq(status, ALLOC_GOAL_REACHED);
    ck_assert_ptr_nonnull(alloc_small(&hand_cache, 64, KIND_NORMAL, true, &status));
    ck_assert_int_eq(status, ALLOC_OK);
}
END_TEST

/* Another thread may free what this one has claimed and not charged yet. */
START_TEST(a_free_before_the_charge_asks_for_no_cycle)
{
    hand_init();
    heap_uncharge(word_load(&heap.live) + 1000);
    ck_assert_uint_eq(heap_live(), 0);
    ck_assert(!heap_wants_cycle());
    heap_charge(1016);
    ck_assert_uint_eq(heap_live(), 16);
}
END_TEST

START_TEST(the_stress_counter_asks_for_cycles)
{
    enum alloc_status status = ALLOC_OK;
    hand_init();
    heap.stress_bytes = 100000;
    for (int round = 0; round < 3; round++) {
        heap_stress_restart();
        size_t bytes = 0;
        while (alloc_small(&hand_cache, 32, KIND_NORMAL, false, &status) != NULL)
            bytes += 32;
        ck_assert_int_eq(status, ALLOC_GOAL_REACHED);
        ck_assert_uint_ge(bytes, 100000 - page_bytes);
        ck_assert_uint_le(bytes, 100000 + 2 * page_bytes);
    }
}
END_TEST

START_TEST(the_maximum_holds)
{
    enum alloc_status status = ALLOC_OK;
    hand_init();
    word_store(&heap.maximum, 8 << 20);
    while (alloc_small(&hand_cache, 1000, KIND_NORMAL, true, &status) != NULL)
        continue;
    ck_assert_int_eq(status, ALLOC_NO_MEMORY);
    ck_assert_uint_le(heap_bytes_in_use(), word_load(&heap.maximum));
    ck_assert_uint_eq(large_prepare(1 << 20, KIND_NORMAL, 16, true, &status).base, 0);
    ck_assert_int_eq(status, ALLOC_NO_MEMORY);
    cache_flush(&hand_cache);
    hand_check();
}
END_TEST

/* ---- Explicit frees ---- */

START_TEST(a_full_span_becomes_partial)
{
    static void *objects[in_16];
    hand_init();
    fill_span(objects);
    cache_flush(&hand_cache);
    struct span *s = hand_span(objects[0]);
    ck_assert(is_full(s));
    ck_assert_int_eq(hand_free(objects[300]), FREE_DONE);
    ck_assert(is_partial(s));
    ck_assert_uint_eq(word_load(&s->allocated), in_16 - 1);
    hand_check();
    ck_assert_ptr_eq(hand_alloc(16, KIND_NORMAL), objects[300]);
}
END_TEST

START_TEST(an_empty_span_gives_its_pages_back)
{
    static void *objects[in_16];
    hand_init();
    size_t before = pages_in_use();
    fill_span(objects);
    cache_flush(&hand_cache);
    for (size_t i = 0; i < in_16; i++) {
        ck_assert_uint_eq(hand_spans(KIND_NORMAL), 1);
        ck_assert_int_eq(hand_free(objects[i]), FREE_DONE);
    }
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), 0);
    ck_assert_ptr_null(hand_span(objects[0]));
    ck_assert_uint_eq(pages_in_use(), before);
    hand_check();
}
END_TEST

START_TEST(the_claimed_word_takes_objects_back)
{
    hand_init();
    void *p = hand_alloc(16, KIND_NORMAL), *q = hand_alloc(16, KIND_NORMAL);
    ck_assert_int_eq(hand_free(p), FREE_DONE);
    ck_assert_uint_eq(word_load(&hand_span(p)->allocated), 64);
    ck_assert(cache_is_valid(&hand_cache));
    ck_assert_ptr_eq(hand_alloc(16, KIND_NORMAL), p);
    ck_assert_int_eq(hand_free(p), FREE_DONE);
    ck_assert_int_eq(hand_free(q), FREE_DONE);
    cache_flush(&hand_cache);
    ck_assert(!hand_is_object(p) && !hand_is_object(q));
    hand_check();
}
END_TEST

/* The slot has given up on the span, and its caller has yet to collect: the last word is not the
 * one that it has claimed. */
START_TEST(an_exhausted_span_takes_nothing_back)
{
    static void *objects[in_16];
    enum alloc_status status;
    hand_init();
    fill_span(objects);
    cache_flush(&hand_cache);
    ck_assert_int_eq(hand_free(objects[0]), FREE_DONE);
    ck_assert_ptr_eq(hand_alloc(16, KIND_NORMAL), objects[0]);
    word_store(&heap.goal, 0);
    ck_assert_ptr_null(alloc_small(&hand_cache, 16, KIND_NORMAL, false, &status));
    ck_assert_int_eq(status, ALLOC_GOAL_REACHED);
    ck_assert_int_eq(hand_free(objects[in_16 - 1]), FREE_DONE);
    ck_assert_ptr_eq(hand_alloc(16, KIND_NORMAL), objects[in_16 - 1]);
}
END_TEST

START_TEST(another_cache_frees_into_a_cached_span)
{
    static struct cache other;
    static void *objects[in_16];
    struct object o;
    hand_init();
    fill_span(objects); /* all claimed, still cached */
    struct span *s = hand_span(objects[0]);
    for (size_t i = 0; i < in_16; i++) {
        ck_assert(hand_find(objects[i], &o));
        ck_assert_int_eq(object_free(&other, &o), FREE_DONE);
        ck_assert_uint_eq(word_load(&s->allocated), in_16 - 1 - i);
    }
    ck_assert_ptr_eq(hand_span(objects[0]), s); /* it is cached: not for others to destroy */
    cache_flush(&hand_cache);
    ck_assert(is_partial(s));
    hand_check();
    fill_span(objects);
    ck_assert_ptr_eq(hand_span(objects[0]), s);
}
END_TEST

START_TEST(double_frees_are_noticed)
{
    static void *objects[in_16];
    hand_init();
    fill_span(objects);
    ck_assert_int_eq(hand_free(objects[500]), FREE_DONE);
    ck_assert_int_eq(hand_free(objects[500]), FREE_NOT_ALLOCATED); /* in the claimed word */
    ck_assert_int_eq(hand_free(objects[3]), FREE_DONE);
    ck_assert_int_eq(hand_free(objects[3]), FREE_NOT_ALLOCATED); /* through the span */
    void *large = hand_alloc(100000, KIND_NORMAL);
    ck_assert_int_eq(hand_free(large), FREE_DONE);
    ck_assert_int_eq(hand_free(large), FREE_NOT_ALLOCATED);
    cache_flush(&hand_cache);
    ck_assert_int_eq(hand_free(objects[500]), FREE_NOT_ALLOCATED);
    hand_check();
}
END_TEST

START_TEST(only_bases_are_freed)
{
    hand_init();
    char *p = hand_alloc(1000, KIND_NORMAL);
    struct object o;
    ck_assert(hand_find(p, &o));
    for (size_t off = 1; off < 1000; off += 37) {
        struct object inside = o;
        inside.base += off;
        ck_assert_int_eq(object_free(&hand_cache, &inside), FREE_NOT_ALLOCATED);
    }
    ck_assert(hand_is_object(p));
}
END_TEST

/* ---- Cleared or not ---- */

START_TEST(an_object_taken_back_is_cleared)
{
    hand_init();
    void *p = hand_alloc(64, KIND_NORMAL);
    memset(p, 0x5a, 64);
    ck_assert_int_eq(hand_free(p), FREE_DONE);
    ck_assert_ptr_eq(hand_alloc(64, KIND_NORMAL), p);
    ck_assert(all_bytes_are(p, 64, 0));
}
END_TEST

/* The slot is freed through the span and claimed again, by this cache or another. */
static void free_and_claim_again(unsigned kind, unsigned char expected)
{
    static void *objects[in_16];
    for (size_t i = 0; i < in_16; i++)
        memset(objects[i] = hand_alloc(16, kind), 0x5a, 16);
    ck_assert_int_eq(hand_free(objects[7]), FREE_DONE);
    cache_flush(&hand_cache);
    void *p = hand_alloc(16, kind);
    ck_assert_ptr_eq(p, objects[7]);
    ck_assert(all_bytes_are(p, 16, expected));
}

START_TEST(a_freed_object_is_cleared)
{
    hand_init();
    free_and_claim_again(KIND_NORMAL, 0);
    free_and_claim_again(KIND_UNCOLLECTABLE, 0);
}
END_TEST

START_TEST(an_object_taken_back_and_flushed_is_cleared)
{
    static const size_t sizes[] = {64, 2000}; /* cleared when freed, cleared when handed out */
    size_t bytes = sizes[_i];
    hand_init();
    void *keep = hand_alloc(bytes, KIND_NORMAL), *p = hand_alloc(bytes, KIND_NORMAL);
    memset(p, 0x5a, bytes);
    ck_assert_int_eq(hand_free(p), FREE_DONE);
    cache_flush(&hand_cache);
    ck_assert_ptr_eq(hand_alloc(bytes, KIND_NORMAL), p);
    ck_assert(all_bytes_are(p, bytes, 0) && hand_is_object(keep));
}
END_TEST

START_TEST(a_freed_pointer_free_object_is_not)
{
    hand_init();
    free_and_claim_again(KIND_ATOMIC, 0x5a);
    free_and_claim_again(KIND_ATOMIC_UNCOLLECTABLE, 0x5a);
}
END_TEST

START_TEST(a_swept_object_is_cleared)
{
    hand_init();
    void *keep = NULL, *dead[10];
    for (size_t i = 0; i < 10; i++)
        memset(dead[i] = hand_alloc(2000, KIND_NORMAL), 0x5a, 2000);
    keep = dead[0];
    hand_collect(&keep, 1);
    for (size_t i = 1; i < 10; i++) {
        void *p = hand_alloc(2000, KIND_NORMAL);
        ck_assert(all_bytes_are(p, 2000, 0));
    }
    ck_assert(all_bytes_are(keep, 2000, 0x5a));
}
END_TEST

/* Neighbours are cleared together: exactly what is free is, however it lies in a word. */
START_TEST(live_neighbours_of_cleared_objects_stay)
{
    static const uint64_t free_ones[in_16 / 64] = {
        UINT64_MAX,         1, UINT64_C(1) << 63,   0x5555555555555555, 0xaaaaaaaaaaaaaaaa,
        0xf00ff0f00ff0000f, 0, ~(UINT64_C(1) << 63)};
    static void *objects[in_16];
    hand_init();
    fill_span(objects);
    for (size_t i = 0; i < in_16; i++)
        memset(objects[i], 0x5a, 16);
    cache_flush(&hand_cache);
    for (size_t i = 0; i < in_16; i++)
        if ((free_ones[i / 64] >> i % 64) & 1)
            ck_assert_int_eq(hand_free(objects[i]), FREE_DONE);
    for (size_t i = 0; i < in_16; i++) {
        bool was_free = (free_ones[i / 64] >> i % 64) & 1;
        if (was_free)
            ck_assert_ptr_eq(hand_alloc(16, KIND_NORMAL), objects[i]);
        ck_assert(all_bytes_are(objects[i], 16, was_free ? 0 : 0x5a));
    }
}
END_TEST

START_TEST(a_span_on_used_pages_is_cleared)
{
    static void *objects[in_16];
    hand_init();
    fill_span(objects);
    for (size_t i = 0; i < in_16; i++)
        memset(objects[i], 0x5a, 16);
    hand_collect_and_sweep(NULL, 0);
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), 0);
    for (size_t i = 0; i < 100; i++)
        ck_assert(all_bytes_are(hand_alloc(48, KIND_NORMAL), 48, 0));
}
END_TEST

/* ---- Sweeping ---- */

START_TEST(the_life_of_a_sweepgen)
{
    hand_init();
    void *p = hand_alloc(16, KIND_NORMAL), *dead = hand_alloc(16, KIND_NORMAL);
    struct span *s = hand_span(p);
    uintptr_t before = sweepgen();
    hand_collect(&p, 1);
    ck_assert_uint_eq(sweepgen(), before + 2);
    ck_assert(is_unswept(s) && hand_is_marked(p) && !hand_is_marked(dead));

    ck_assert(sweep_win(s));
    ck_assert_uint_eq(sweepgen_of(s), sweepgen() - 1);
    ck_assert(!sweep_win(s));
    central_unlink(s);
    ck_assert(sweep_won(s, SWEPT_IN_BACKGROUND));
    ck_assert(hand_is_object(p) && !hand_is_object(dead));
    ck_assert(!hand_is_marked(p)); /* fresh mark bits */
    ck_assert_uint_eq(word_load(&s->allocated), 1);
    central_put(s);
    ck_assert_uint_eq(sweepgen_of(s), sweepgen());
    ck_assert(is_partial(s) && !sweep_win(s));

    ck_assert_ptr_eq(central_take(KIND_NORMAL, s->size_class), s);
    ck_assert_uint_eq(sweepgen_of(s), sweepgen() + 3);
    ck_assert(s->list == NULL && !sweep_win(s));
    central_put(s);
    hand_check();
}
END_TEST

/* The background sweeper comes whenever it likes: while marks are incomplete it finds nothing. */
START_TEST(nothing_is_swept_before_marking_is_done)
{
    hand_init();
    void *p = hand_alloc(16, KIND_NORMAL);
    struct span *s = hand_span(p);
    hand_begin(&hand_cache, 1);
    ck_assert(is_unswept(s));
    ck_assert(!sweep_one(SWEPT_IN_BACKGROUND));
    ck_assert(sweep_is_done() && is_unswept(s));
    mark_word(&hand_marker, (uintptr_t)p);
    hand_end();
    ck_assert(!sweep_is_done());
    ck_assert(sweep_one(SWEPT_IN_BACKGROUND));
    ck_assert(!sweep_one(SWEPT_IN_BACKGROUND));
    ck_assert(sweep_is_done() && hand_is_object(p) && is_partial(s));
    size_t counts[sweep_places];
    sweep_counts(counts);
    ck_assert_uint_eq(counts[SWEPT_IN_BACKGROUND], 1);
    ck_assert_uint_eq(counts[SWEPT_BY_ALLOCATOR] + counts[SWEPT_BEFORE_CYCLE], 0);
}
END_TEST

START_TEST(a_sweeper_at_work_is_waited_for)
{
    hand_init();
    hand_collect_and_sweep(NULL, 0);
    ck_assert(sweep_is_done());
    sweep_enter();
    ck_assert(!sweep_is_done());
    sweep_leave();
    ck_assert(sweep_is_done());
}
END_TEST

/* Marked and not allocated: somebody else's bits, or a broken marker. Never swept over. */
START_TEST(a_zombie_is_noticed)
{
    hand_init();
    void *p = hand_alloc(64, KIND_NORMAL);
    hand_collect(&p, 1);
    word_set_bits(&span_mark_bits(hand_span(p))[0], 2);
    sweep_finish();
}
END_TEST

/* Random subsets survive, over enough cycles for every epoch to come round. */
START_TEST(what_is_marked_survives)
{
    enum { count = 4000 };
    static void *objects[count];
    static size_t sizes[count];
    hand_init();
    uint64_t seed = 17;
    for (int cycle = 0; cycle < 12; cycle++) {
        for (size_t i = 0; i < count; i++)
            if (objects[i] == NULL) {
                sizes[i] = 8 + unit_random(&seed) % (i % 100 ? 300 : 90000);
                objects[i] = hand_alloc(sizes[i], i & 1);
                memset(objects[i], (int)(i % 251), sizes[i]);
            }
        static void *dead[count];
        for (size_t i = 0; i < count; i++) {
            dead[i] = unit_random(&seed) % 3 == 0 ? objects[i] : NULL;
            if (dead[i] != NULL)
                objects[i] = NULL;
        }
        hand_collect_and_sweep(objects, count);
        for (size_t i = 0; i < count; i++) {
            ck_assert(dead[i] == NULL || !hand_is_object(dead[i]));
            ck_assert(objects[i] == NULL || hand_is_object(objects[i]));
            ck_assert(objects[i] == NULL ||
                      all_bytes_are(objects[i], sizes[i], (unsigned char)(i % 251)));
        }
    }
}
END_TEST

START_TEST(empty_spans_give_their_pages_back)
{
    hand_init();
    size_t before = pages_in_use();
    for (size_t i = 0; i < 5000; i++)
        hand_alloc(i, i & 1);
    ck_assert_uint_gt(pages_in_use(), before);
    hand_collect_and_sweep(NULL, 0);
    ck_assert_uint_eq(hand_spans(KIND_NORMAL) + hand_spans(KIND_ATOMIC), 0);
    ck_assert_uint_eq(pages_in_use(), before);
}
END_TEST

/* Fills `spans` spans of 16 bytes and keeps one object of each as a root. */
enum { many_spans = 40 };
static void *kept[many_spans];

static void fill_spans(size_t keep_each)
{
    for (size_t i = 0; i < many_spans; i++) {
        void *objects[in_16];
        fill_span(objects);
        kept[i] = keep_each != 0 ? objects[i % in_16] : NULL;
    }
}

START_TEST(an_allocator_sweeps_before_the_heap_grows)
{
    hand_init();
    fill_spans(1);
    hand_collect(kept, many_spans);
    size_t spans = hand_spans(KIND_NORMAL);
    size_t counts[sweep_places];
    hand_alloc(16, KIND_NORMAL);
    sweep_counts(counts);
    ck_assert_uint_eq(counts[SWEPT_BY_ALLOCATOR], 1);
    for (size_t i = 1; i < many_spans * (in_16 - 1); i++)
        hand_alloc(16, KIND_NORMAL);
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), spans); /* all free slots were used */
    hand_alloc(16, KIND_NORMAL);
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), spans + 1);
    ck_assert(sweep_is_done());
    cache_flush(&hand_cache);
    for (size_t i = 0; i < many_spans; i++)
        ck_assert(hand_is_object(kept[i]));
    hand_check();
}
END_TEST

/* Full spans are swept on the way, a bounded number of them. */
START_TEST(an_allocator_passes_full_spans)
{
    static void *objects[200][in_16];
    hand_init();
    for (size_t i = 0; i < 200; i++)
        fill_span(objects[i]);
    hand_collect(objects, 200 * in_16);
    size_t counts[sweep_places];
    void *p = hand_alloc(16, KIND_NORMAL);
    sweep_counts(counts);
    ck_assert_uint_ge(counts[SWEPT_BY_ALLOCATOR], 64);
    ck_assert_uint_lt(counts[SWEPT_BY_ALLOCATOR], 100);
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), 201);
    for (size_t i = 0; i < 200; i++)
        ck_assert_ptr_ne(hand_span(objects[i][0]), hand_span(p));
    hand_collect_and_sweep(objects, 200 * in_16);
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), 200);
}
END_TEST

START_TEST(a_free_sweeps_its_span_first)
{
    hand_init();
    void *live[2], *dead;
    for (size_t i = 0; i < 2; i++)
        live[i] = hand_alloc(128, KIND_NORMAL);
    dead = hand_alloc(128, KIND_NORMAL);
    struct span *s = hand_span(dead);
    hand_collect(live, 2);
    ck_assert_int_eq(hand_free(live[0]), FREE_DONE);
    ck_assert_uint_eq(sweepgen_of(s), sweepgen());
    ck_assert(is_partial(s));
    ck_assert_uint_eq(word_load(&s->allocated), 1);
    ck_assert(!hand_is_object(live[0]) && hand_is_object(live[1]) && !hand_is_object(dead));
    ck_assert(!sweep_one(SWEPT_IN_BACKGROUND)); /* it was the only one */
    hand_check();
}
END_TEST

START_TEST(a_free_of_a_dead_object_finds_it_gone)
{
    hand_init();
    void *dead[2] = {hand_alloc(128, KIND_NORMAL), hand_alloc(100000, KIND_NORMAL)};
    hand_collect(NULL, 0);
    for (size_t i = 0; i < 2; i++) {
        ck_assert(hand_is_object(dead[i])); /* not swept yet */
        ck_assert_int_eq(hand_free(dead[i]), FREE_NOT_ALLOCATED);
        ck_assert_ptr_null(hand_span(dead[i]));
    }
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), 0);
}
END_TEST

/* ---- No memory for mark bits ---- */

/* After a rotation the first bits need an arena; early in a program's life, one from the system. */
static void assert_nothing_is_lost(void)
{
    ck_assert_uint_eq(os_fail_nth(0), 0);
    ck_assert(!sweep_is_done());
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), many_spans);
    ck_assert(sweep_finish());
    for (size_t i = 0; i < many_spans; i++)
        ck_assert(hand_is_object(kept[i]));
    size_t allocated = 0;
    for (size_t i = 0; i < many_spans; i++)
        allocated += word_load(&hand_span(kept[i])->allocated);
    ck_assert_uint_eq(allocated, many_spans);
    hand_check();
}

START_TEST(a_sweep_without_memory_is_done_later)
{
    hand_init();
    fill_spans(1);
    hand_collect(kept, many_spans);
    os_fail_nth(1);
    ck_assert(!sweep_one(SWEPT_IN_BACKGROUND));
    for (size_t i = 0; i < many_spans; i++)
        ck_assert(is_unswept(hand_span(kept[i])));
    os_fail_nth(0);
    os_fail_nth(1);
    ck_assert(!sweep_finish());
    assert_nothing_is_lost();
}
END_TEST

/* Another sweeper has meanwhile found nothing more to do. */
START_TEST(the_last_span_without_memory_is_found_again)
{
    hand_init();
    void *p = hand_alloc(64, KIND_NORMAL);
    hand_collect(&p, 1);
    sweep_enter();
    struct span *s = central_pop_unswept(KIND_NORMAL, hand_span(p)->size_class);
    ck_assert_ptr_eq(s, hand_span(p));
    ck_assert(!sweep_one(SWEPT_IN_BACKGROUND));
    os_fail_nth(1);
    ck_assert(!sweep_won(s, SWEPT_BY_ALLOCATOR));
    ck_assert_uint_eq(os_fail_nth(0), 0);
    sweep_leave();
    ck_assert(is_unswept(s) && !sweep_is_done());
    ck_assert(sweep_one(SWEPT_IN_BACKGROUND));
    ck_assert(!is_unswept(s) && hand_is_object(p));
    hand_check();
}
END_TEST

START_TEST(a_refill_without_memory_loses_nothing)
{
    hand_init();
    fill_spans(1);
    hand_collect(kept, many_spans);
    os_fail_nth(1);
    ck_assert_ptr_null(central_take(KIND_NORMAL, size_class_of(16)));
    assert_nothing_is_lost();
}
END_TEST

START_TEST(a_free_without_memory_leaves_garbage)
{
    hand_init();
    fill_spans(1);
    hand_collect(kept, many_spans);
    os_fail_nth(1);
    ck_assert_int_eq(hand_free(kept[5]), FREE_DONE); /* the next cycle finds it unreachable */
    assert_nothing_is_lost();
}
END_TEST

START_TEST(a_large_sweep_without_memory_is_done_later)
{
    hand_init();
    void *large[2] = {hand_alloc(100000, KIND_NORMAL), hand_alloc(100000, KIND_NORMAL)};
    hand_collect(large, 1);
    os_fail_nth(1);
    sweep_large(1000);
    ck_assert_uint_eq(os_fail_nth(0), 0);
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), 2);
    ck_assert(sweep_finish());
    ck_assert(hand_is_object(large[0]) && !hand_is_object(large[1]));
}
END_TEST

/* ---- Large objects ---- */

START_TEST(a_large_object_is_found_and_freed)
{
    hand_init();
    size_t before = pages_in_use();
    char *p = hand_alloc(100000, KIND_NORMAL);
    struct object o;
    for (size_t off = 0; off < 13 * page_bytes; off += 511) {
        ck_assert(find_object((uintptr_t)p + off, &o));
        ck_assert_uint_eq(o.base, (uintptr_t)p);
    }
    ck_assert(!find_object((uintptr_t)p + 13 * page_bytes, &o));
    ck_assert_uint_eq(hand_span(p)->requested_bytes, 100000);
    ck_assert_uint_eq(word_load(&heap.live), 13 * page_bytes);
    ck_assert_int_eq(hand_free(p), FREE_DONE);
    for (size_t off = 0; off < 100000; off += 511)
        ck_assert(!find_slot((uintptr_t)p + off, &o));
    ck_assert_uint_eq(pages_in_use(), before);
    ck_assert_uint_eq(word_load(&heap.live), 0);
    hand_check();
}
END_TEST

START_TEST(large_objects_are_aligned_as_asked)
{
    hand_init();
    hand_alloc(40000, KIND_NORMAL);
    for (size_t alignment = 16; alignment <= chunk_bytes; alignment *= 4) {
        enum alloc_status status;
        struct page_run run = large_prepare(40000, KIND_NORMAL, alignment, true, &status);
        ck_assert_int_eq(status, ALLOC_OK);
        ck_assert_uint_eq(run.base % alignment, 0);
        ck_assert_ptr_nonnull(large_publish(run, 40000, KIND_NORMAL));
    }
    hand_check();
}
END_TEST

START_TEST(sizes_beyond_the_region_are_refused)
{
    enum alloc_status status;
    hand_init();
    size_t sizes[] = {SIZE_MAX, SIZE_MAX - page_bytes, SIZE_MAX / 2, region.size + 1, region.size};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ck_assert_uint_eq(large_prepare(sizes[i], i & 1, 16, true, &status).base, 0);
        ck_assert_int_eq(status, ALLOC_NO_MEMORY);
    }
    ck_assert_uint_eq(large_prepare(100000, 1, SIZE_MAX / 2 + 1, true, &status).base, 0);
    hand_check();
}
END_TEST

START_TEST(a_large_object_shrinks_and_grows_in_place)
{
    hand_init();
    unsigned char *p = hand_alloc(50 * page_bytes, KIND_NORMAL);
    struct span *s = hand_span(p);
    memset(p, 0x5a, 50 * page_bytes);
    size_t in_use = pages_in_use();

    ck_assert(hand_resize(s, 20 * page_bytes));
    ck_assert_uint_eq(pages_in_use(), in_use - 30);
    ck_assert_uint_eq(word_load(&heap.live), 20 * page_bytes);
    ck_assert_ptr_null(hand_span(p + 20 * page_bytes));
    ck_assert(all_bytes_are(p, 20 * page_bytes, 0x5a));

    ck_assert(hand_resize(s, 40 * page_bytes - 5));
    ck_assert_uint_eq(pages_in_use(), in_use - 10);
    ck_assert_uint_eq(word_load(&heap.live), 40 * page_bytes);
    ck_assert_uint_eq(s->requested_bytes, 40 * page_bytes - 5);
    ck_assert(all_bytes_are(p, 20 * page_bytes, 0x5a));
    ck_assert(all_bytes_are(p + 20 * page_bytes, 20 * page_bytes, 0)); /* dirty pages, cleared */
    ck_assert(hand_is_object(p));
    hand_check();
}
END_TEST

START_TEST(a_large_object_does_not_grow_into_another)
{
    hand_init();
    void *p = hand_alloc(50000, KIND_NORMAL);
    void *neighbour = hand_alloc(50000, KIND_NORMAL);
    ck_assert_uint_lt((uintptr_t)p, (uintptr_t)neighbour);
    ck_assert(!hand_resize(hand_span(p), 200000));
    ck_assert_uint_eq(hand_span(p)->requested_bytes, 50000);
    ck_assert_int_eq(hand_free(neighbour), FREE_DONE);
    ck_assert(hand_resize(hand_span(p), 80000));
    ck_assert(!hand_resize(hand_span(p), SIZE_MAX));
    ck_assert(!hand_resize(hand_span(p), region.size + 1));
    word_store(&heap.goal, 0);
    ck_assert(!hand_resize(hand_span(p), 100000)); /* a cycle is due */
    hand_check();
}
END_TEST

START_TEST(dead_large_objects_make_room)
{
    enum { count = 20, bytes = 100000 };
    void *objects[count];
    hand_init();
    for (size_t i = 0; i < count; i++)
        objects[i] = hand_alloc(bytes, KIND_NORMAL);
    size_t in_use = pages_in_use();
    hand_collect(objects, 1); /* the first lives */
    size_t counts[sweep_places];
    ck_assert_ptr_nonnull(hand_alloc(bytes, KIND_ATOMIC));
    sweep_counts(counts);
    ck_assert_uint_ge(counts[SWEPT_BY_ALLOCATOR], 1);
    ck_assert_uint_lt(counts[SWEPT_BY_ALLOCATOR], count);
    for (size_t i = 1; i < count; i++)
        hand_alloc(bytes, KIND_NORMAL);
    ck_assert(hand_is_object(objects[0]));
    ck_assert_uint_le(pages_in_use(), in_use + 13);
    hand_check();
}
END_TEST

START_TEST(a_large_object_without_descriptor_gives_its_pages_back)
{
    hand_init();
    size_t before = pages_in_use();
    enum alloc_status status;
    struct page_run run = large_prepare(100000, KIND_NORMAL, 16, true, &status);
    os_fail_nth(1); /* no slab of descriptors */
    ck_assert_ptr_null(large_publish(run, 100000, KIND_NORMAL));
    os_fail_nth(0);
    ck_assert_uint_eq(pages_in_use(), before);
    ck_assert_uint_eq(word_load(&heap.live), 0);
    hand_check();
}
END_TEST

/* ---- The n-th call fails ---- */

START_TEST(initialisation_fails_or_works)
{
    os_fail_nth((unsigned long)_i);
    bool works = heap_init();
    bool had_to_fail = os_fail_nth(0) == 0;
    if (works)
        ck_assert_ptr_nonnull(hand_alloc(16, KIND_NORMAL));
    else
        ck_assert(had_to_fail);
}
END_TEST

/* One object of each class and kind and some large ones. Those that there was memory for are whole,
 * the others come when asked for again. */
static void allocate_all(void)
{
    for (size_t bytes = 16; bytes <= 100000; bytes += bytes / 2)
        for (unsigned kind = 0; kind < kind_builtin; kind++) {
            enum alloc_status status;
            if (bytes <= small_max && !alloc_small(&hand_cache, bytes, kind, true, &status))
                ck_assert_int_eq(status, ALLOC_NO_MEMORY);
            memset(hand_alloc(bytes, kind), 0x5a, bytes);
        }
}

START_TEST(allocation_fails_once_and_goes_on)
{
    hand_init();
    os_fail_nth((unsigned long)_i);
    for (size_t bytes = 16; bytes <= small_max; bytes += bytes / 2)
        for (unsigned kind = 0; kind < kind_builtin; kind++) {
            enum alloc_status status;
            if (!alloc_small(&hand_cache, bytes, kind, true, &status))
                ck_assert_int_eq(status, ALLOC_NO_MEMORY);
        }
    os_fail_nth(0);
    cache_flush(&hand_cache);
    hand_check();
    allocate_all();
    hand_collect_and_sweep(NULL, 0);
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_claim_sets_alloc_bits_and_a_flush_clears_them);
    tcase_add_test(tests, the_last_word_has_only_the_slots_that_exist);
    tcase_add_test(tests, objects_of_all_sizes_are_apart);
    tcase_add_test(tests, kinds_have_their_half);
    tcase_add_test(tests, live_is_exact_after_a_flush);
    tcase_add_test(tests, the_goal_is_asked_for_at_refills);
    tcase_add_test(tests, a_free_before_the_charge_asks_for_no_cycle);
    tcase_add_test(tests, the_stress_counter_asks_for_cycles);
    tcase_add_test(tests, the_maximum_holds);
    tcase_add_test(tests, a_full_span_becomes_partial);
    tcase_add_test(tests, an_empty_span_gives_its_pages_back);
    tcase_add_test(tests, the_claimed_word_takes_objects_back);
    tcase_add_test(tests, an_exhausted_span_takes_nothing_back);
    tcase_add_test(tests, another_cache_frees_into_a_cached_span);
    tcase_add_test(tests, double_frees_are_noticed);
    tcase_add_test(tests, only_bases_are_freed);
    tcase_add_test(tests, an_object_taken_back_is_cleared);
    tcase_add_test(tests, a_freed_object_is_cleared);
    tcase_add_loop_test(tests, an_object_taken_back_and_flushed_is_cleared, 0, 2);
    tcase_add_test(tests, a_freed_pointer_free_object_is_not);
    tcase_add_test(tests, a_swept_object_is_cleared);
    tcase_add_test(tests, live_neighbours_of_cleared_objects_stay);
    tcase_add_test(tests, a_span_on_used_pages_is_cleared);
    tcase_add_test(tests, the_life_of_a_sweepgen);
    tcase_add_test(tests, nothing_is_swept_before_marking_is_done);
    tcase_add_test(tests, a_sweeper_at_work_is_waited_for);
    tcase_add_test_raise_signal(tests, a_zombie_is_noticed, SIGABRT);
    tcase_add_test(tests, what_is_marked_survives);
    tcase_add_test(tests, empty_spans_give_their_pages_back);
    tcase_add_test(tests, an_allocator_sweeps_before_the_heap_grows);
    tcase_add_test(tests, an_allocator_passes_full_spans);
    tcase_add_test(tests, a_free_sweeps_its_span_first);
    tcase_add_test(tests, a_free_of_a_dead_object_finds_it_gone);
    tcase_add_test(tests, a_sweep_without_memory_is_done_later);
    tcase_add_test(tests, the_last_span_without_memory_is_found_again);
    tcase_add_test(tests, a_refill_without_memory_loses_nothing);
    tcase_add_test(tests, a_free_without_memory_leaves_garbage);
    tcase_add_test(tests, a_large_sweep_without_memory_is_done_later);
    tcase_add_test(tests, a_large_object_is_found_and_freed);
    tcase_add_test(tests, large_objects_are_aligned_as_asked);
    tcase_add_test(tests, sizes_beyond_the_region_are_refused);
    tcase_add_test(tests, a_large_object_shrinks_and_grows_in_place);
    tcase_add_test(tests, a_large_object_does_not_grow_into_another);
    tcase_add_test(tests, dead_large_objects_make_room);
    tcase_add_test(tests, a_large_object_without_descriptor_gives_its_pages_back);
    tcase_add_loop_test(tests, initialisation_fails_or_works, 1, 16);
    tcase_add_loop_test(tests, allocation_fails_once_and_goes_on, 1, 24);
}

int main(void)
{
    return unit_run("heap", add_tests);
}
