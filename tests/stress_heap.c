/* stress_heap.c: the heap under threads.
 *
 * Small races first, each between two or three threads that do nothing else; then everything at
 * once: threads that allocate, free, resize, drop and pass on objects, each from its own cache,
 * while cycles run and a background sweeper works whenever it likes.
 *
 * The world lock stands for the stop: threads hold it for reading while they are "busy", a cycle
 * takes it for writing. The background sweeper never takes it, as in life.
 *
 * Every object is filled with words that follow from its record, outside the heap. So an object
 * that is lost, handed out twice or not cleared is seen when its record is next looked at: at the
 * latest in the next cycle.
 *
 * check() is used throughout: Check's assertions are for the main thread.
 */
#include "handcycle.h"
#include <string.h>
#include <time.h>
#include "heap/central.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "platform/check.h"

static struct cache *cache_new(void)
{
    return calloc(1, sizeof(struct cache));
}

static void nap(long microseconds)
{
    nanosleep(&(struct timespec){0, microseconds * 1000}, NULL);
}

/* ---- A span's sweep is won once ---- */

enum { prizes = 200000, contestants = 2 };
static struct span contested[prizes];
static atomic_word wins, at_the_start;

static void start_together(size_t threads)
{
    word_add(&at_the_start, 1);
    while (word_load_acquire(&at_the_start) < threads)
        continue;
}

static void *win_all(void *unused)
{
    size_t won = 0;
    start_together(contestants);
    for (size_t i = 0; i < prizes; i++)
        won += sweep_win(&contested[i]);
    word_add(&wins, won);
    return unused;
}

START_TEST(a_sweep_is_won_once)
{
    for (size_t round = hand_rounds(5); round > 0; round--) {
        for (size_t i = 0; i < prizes; i++)
            word_store(&contested[i].sweepgen, word_load(&heap.sweepgen) - 2);
        word_store(&wins, 0);
        word_store(&at_the_start, 0);
        unit_threads(contestants, win_all);
        ck_assert_uint_eq(word_load(&wins), prizes);
    }
}
END_TEST

/* ---- Spans change hands ---- */

enum { few_spans = 6, takers = 3, takes = 60000 };
static struct span *few[few_spans];
static atomic_word owners[few_spans];

static atomic_word *owner_of(const struct span *s)
{
    for (size_t i = 0; i < few_spans; i++)
        if (few[i] == s)
            return &owners[i];
    return NULL;
}

static void *take_and_put(void *unused)
{
    start_together(takers);
    for (size_t i = hand_rounds(takes); i > 0; i--) {
        struct span *s = central_take(KIND_NORMAL, size_class_of(2048));
        check(s != NULL && owner_of(s) != NULL && s->list == NULL);
        check(word_cas(owner_of(s), 0, 1));
        word_store_release(owner_of(s), 0);
        central_put(s);
    }
    return unused;
}

/* A span that is taken is the taker's alone, and none gets lost. */
START_TEST(spans_change_hands)
{
    hand_init();
    for (size_t i = 0; i < few_spans; i++) {
        few[i] = hand_span(hand_alloc(2048, KIND_NORMAL));
        for (size_t j = 1; j < few[i]->objects; j++)
            hand_alloc(2048, KIND_NORMAL);
    }
    cache_flush(&hand_cache);
    for (size_t i = 0; i < few_spans; i++)
        ck_assert_int_eq(hand_free((void *)few[i]->base), FREE_DONE);
    unit_threads(takers, take_and_put);
    hand_check();
    for (size_t i = 0; i < few_spans; i++)
        ck_assert_ptr_nonnull(central_take(KIND_NORMAL, size_class_of(2048)));
    ck_assert_ptr_null(central_take(KIND_NORMAL, size_class_of(2048)));
}
END_TEST

/* ---- Frees of neighbours ---- */

enum { neighbours = 64 * 1024, free_threads = 3 };
static void *shared[neighbours];

static void *free_every_third(void *number)
{
    struct cache *cache = cache_new();
    start_together(free_threads);
    for (size_t i = (size_t) * (int *)number; i < neighbours; i += free_threads) {
        struct object o;
        check(hand_find(shared[i], &o));
        check(object_free(cache, &o) == FREE_DONE);
    }
    free(cache);
    return NULL;
}

/* Threads clear bits of the same words; the last one of each span gives its pages back. */
START_TEST(neighbours_are_freed_at_the_same_time)
{
    hand_init();
    for (size_t round = hand_rounds(25); round > 0; round--) {
        for (size_t i = 0; i < neighbours; i++)
            shared[i] = hand_alloc(16 << round % 2, KIND_NORMAL);
        cache_flush(&hand_cache);
        word_store(&at_the_start, 0);
        unit_threads(free_threads, free_every_third);
        hand_check();
        ck_assert_uint_eq(hand_spans(KIND_NORMAL), 0);
        ck_assert_uint_eq(word_load(&heap.live), 0);
    }
}
END_TEST

/* ---- One object freed twice ---- */

enum { rivals = 2, doubles = 32 * 1024 };
static struct object doomed[doubles];
static atomic_word freed;

/* Both know every object from before the first free. So each is freed twice, whichever of the two
 * comes first and by how much. The same order keeps them at the same words. */
static void *free_all(void *unused)
{
    struct cache *cache = cache_new();
    size_t done = 0;
    start_together(rivals);
    for (size_t i = 0; i < doubles; i++)
        done += object_free(cache, &doomed[i]) == FREE_DONE;
    word_add(&freed, done);
    free(cache);
    return unused;
}

/* The first object of each span is not among the doomed: so no span goes while somebody may come
 * to it for a second time. */
static size_t fill_doomed(void)
{
    size_t firsts = 0;
    for (size_t i = 0; i < doubles;) {
        void *p = hand_alloc(16, KIND_NORMAL);
        ck_assert(hand_find(p, &doomed[i]));
        if (doomed[i].index == 0)
            shared[firsts++] = p;
        else
            i++;
    }
    cache_flush(&hand_cache);
    return firsts;
}

/* No sane program does this; the heap stays whole all the same. */
START_TEST(only_one_of_two_frees_is_done)
{
    hand_init();
    for (size_t round = hand_rounds(25); round > 0; round--) {
        size_t firsts = fill_doomed();
        word_store(&at_the_start, 0);
        word_store(&freed, 0);
        unit_threads(rivals, free_all);
        ck_assert_uint_eq(word_load(&freed), doubles);
        hand_check();
        for (size_t i = 0; i < firsts; i++)
            ck_assert_int_eq(hand_free(shared[i]), FREE_DONE);
        ck_assert_uint_eq(hand_spans(KIND_NORMAL), 0);
        ck_assert_uint_eq(word_load(&heap.live), 0);
    }
}
END_TEST

/* ---- Frees against the sweep ---- */

/* Its span is found before the thread starts: on a loaded machine it may come after the sweep. */
static void *free_shared(void *span)
{
    struct object o = {span, 0, (uintptr_t)shared[0]};
    word_store(&freed, (uintptr_t)object_free(&hand_cache, &o) + 1);
    return NULL;
}

/* The main thread is the sweeper that has won the span and takes its time. */
static enum free_result free_during_sweep(struct span *s)
{
    pthread_t thread;
    word_store(&freed, 0);
    sweep_enter();
    check(central_pop_unswept(KIND_NORMAL, s->size_class) == s);
    pthread_create(&thread, NULL, free_shared, s);
    nap(50000);
    check(word_load(&freed) == 0);
    check(sweep_won(s, SWEPT_IN_BACKGROUND));
    sweep_settle(s);
    sweep_leave();
    for (int i = 0; i < 2000 && word_load(&freed) == 0; i++)
        nap(5000);
    check(word_load(&freed) != 0); /* it would wait for ever */
    pthread_join(thread, NULL);
    return (enum free_result)(word_load(&freed) - 1);
}

START_TEST(a_free_waits_for_a_sweeper)
{
    hand_init();
    shared[0] = hand_alloc(64, KIND_NORMAL);
    shared[1] = hand_alloc(64, KIND_NORMAL);
    hand_collect(shared, 2);
    ck_assert_int_eq(free_during_sweep(hand_span(shared[0])), FREE_DONE);
    ck_assert(!hand_is_object(shared[0]) && hand_is_object(shared[1]));
    hand_check();
}
END_TEST

/* A client that had hidden its pointer: the object was found dead, and the span is gone. */
START_TEST(a_free_does_not_wait_for_a_dead_span)
{
    hand_init();
    shared[0] = hand_alloc(64, KIND_NORMAL);
    hand_collect(NULL, 0);
    ck_assert_int_eq(free_during_sweep(hand_span(shared[0])), FREE_NOT_ALLOCATED);
    ck_assert_uint_eq(hand_spans(KIND_NORMAL), 0);
    hand_check();
}
END_TEST

enum { unswept_spans = 300, in_2048 = 16, sweep_threads = 3 };
static void *victims[unswept_spans][in_2048];

/* Spans in the order in which sweepers come to them. */
static void *free_or_sweep(void *number)
{
    int me = *(int *)number;
    struct cache *cache = cache_new();
    start_together(sweep_threads);
    for (size_t i = unswept_spans; i-- > 0;) {
        struct object o;
        if (me == 0) {
            sweep_one(SWEPT_IN_BACKGROUND);
        } else {
            check(hand_find(victims[i][me], &o));
            check(object_free(cache, &o) == FREE_DONE);
        }
    }
    free(cache);
    return NULL;
}

static void fill_spans(void)
{
    for (size_t i = 0; i < unswept_spans; i++) {
        for (size_t j = 0; j < in_2048; j++)
            victims[i][j] = hand_alloc(2048, KIND_NORMAL);
        ck_assert_ptr_eq(hand_span(victims[i][0]), hand_span(victims[i][in_2048 - 1]));
    }
}

START_TEST(frees_and_sweepers_meet_in_a_span)
{
    hand_init();
    ck_assert_uint_eq(size_classes[size_class_of(2048)].objects, in_2048);
    for (size_t round = hand_rounds(60); round > 0; round--) {
        fill_spans();
        hand_collect(victims, unswept_spans * in_2048);
        word_store(&at_the_start, 0);
        unit_threads(sweep_threads, free_or_sweep);
        ck_assert(sweep_finish());
        hand_check();
        for (size_t i = 0; i < unswept_spans; i++)
            for (size_t j = 0; j < in_2048; j++)
                ck_assert_int_eq(hand_is_object(victims[i][j]), j == 0 || j >= sweep_threads);
        hand_collect_and_sweep(NULL, 0);
        ck_assert_uint_eq(hand_spans(KIND_NORMAL), 0);
    }
}
END_TEST

/* ---- Everything at once ---- */

enum { mutators = 3, most_records = 400, box_records = 64, batch = 24 };

/* What an object must look like: `words` words that follow from `tag`. */
struct blob {
    uint64_t *p;
    size_t words;
    unsigned kind;
    uint64_t tag;
};

/* An object that its table knows, and one that is reachable through its first word only. */
struct record {
    struct blob parent;
    struct blob child;
};

struct box {
    pthread_mutex_t mutex;
    struct record records[box_records];
    size_t count;
};

struct mutator {
    struct cache cache;
    struct record records[most_records];
    struct box box;
    uint64_t seed;
};

static struct mutator *all[mutators];
static pthread_rwlock_t world;
static atomic_word enough, objects_made, objects_passed, objects_resized;

/* Never an address of the heap. */
static uint64_t word_of(const struct blob *b, size_t i)
{
    return (b->tag ^ i * 0x9e3779b97f4a7c15) | UINT64_C(1) << 63;
}

static void write_words(const struct blob *b, size_t from)
{
    for (size_t i = from; i < b->words; i++)
        b->p[i] = word_of(b, i);
}

static void verify_blob(const struct blob *b, size_t from)
{
    struct object o;
    check(hand_find(b->p, &o));
    check(o.span->kind == b->kind && o.span->object_bytes >= b->words * 8);
    for (size_t i = from; i < b->words; i++)
        check(b->p[i] == word_of(b, i));
}

static void verify(const struct record *r)
{
    bool has_child = r->child.p != NULL;
    verify_blob(&r->parent, has_child);
    if (has_child) {
        check(r->parent.p[0] == (uintptr_t)r->child.p);
        verify_blob(&r->child, 0);
    }
}

static size_t random_words(uint64_t *seed)
{
    uint64_t r = unit_random(seed) % 400;
    return 1 + unit_random(seed) % (r < 370 ? 40 : r < 398 ? 900 : 12000);
}

static struct blob make_blob(struct mutator *m, unsigned kind)
{
    struct blob b = {NULL, random_words(&m->seed), kind, unit_random(&m->seed)};
    b.p = hand_alloc_from(&m->cache, b.words * 8, kind);
    struct object o;
    check(hand_find(b.p, &o));
    for (size_t i = 0; !kind_is_pointer_free(kind) && i < o.span->object_bytes / 8; i++)
        check(b.p[i] == 0);
    write_words(&b, 0);
    word_add(&objects_made, 1);
    return b;
}

static unsigned random_kind(uint64_t *seed)
{
    uint64_t r = unit_random(seed) % 20;
    return r == 0 ? KIND_UNCOLLECTABLE : r == 1 ? KIND_ATOMIC_UNCOLLECTABLE : r < 8;
}

static void make_record(struct mutator *m, struct record *r)
{
    r->parent = make_blob(m, random_kind(&m->seed));
    if (r->parent.kind == KIND_ATOMIC || r->parent.kind == KIND_ATOMIC_UNCOLLECTABLE)
        return;
    r->child = make_blob(m, unit_random(&m->seed) % 2);
    r->parent.p[0] = (uintptr_t)r->child.p;
}

static void free_blob(struct mutator *m, const struct blob *b)
{
    struct object o;
    check(hand_find(b->p, &o));
    check(object_free(&m->cache, &o) == FREE_DONE);
}

static void free_record(struct mutator *m, struct record *r)
{
    free_blob(m, &r->parent);
    if (r->child.p != NULL && unit_random(&m->seed) % 2)
        free_blob(m, &r->child);
    *r = (struct record){0};
}

/* Leaves it to the collector where that is allowed. */
static void drop_record(struct mutator *m, struct record *r)
{
    if (kind_is_uncollectable(r->parent.kind))
        free_record(m, r);
    *r = (struct record){0};
}

static bool pass_on(const struct record *r, struct box *box)
{
    pthread_mutex_lock(&box->mutex);
    bool fits = box->count < box_records;
    if (fits)
        box->records[box->count++] = *r;
    pthread_mutex_unlock(&box->mutex);
    return fits;
}

static bool receive(struct box *box, struct record *r)
{
    pthread_mutex_lock(&box->mutex);
    bool any = box->count > 0;
    if (any)
        *r = box->records[--box->count];
    pthread_mutex_unlock(&box->mutex);
    return any;
}

static void resize(struct mutator *m, struct blob *b)
{
    struct object o;
    check(hand_find(b->p, &o));
    if (o.span->size_class != 0)
        return;
    size_t before = o.span->object_bytes / 8;
    size_t words = small_max / 8 + 1 + unit_random(&m->seed) % 16000;
    if (!hand_resize(o.span, words * 8))
        return;
    for (size_t i = before; !o.span->pointer_free && i < o.span->object_bytes / 8; i++)
        check(b->p[i] == 0);
    size_t old_words = b->words;
    b->words = words;
    if (words > old_words)
        write_words(b, old_words);
    word_add(&objects_resized, 1);
}

static void change_record(struct mutator *m, struct record *r)
{
    uint64_t choice = unit_random(&m->seed) % 16;
    struct mutator *other = all[unit_random(&m->seed) % mutators];
    verify(r);
    if (choice < 6) {
        drop_record(m, r);
    } else if (choice < 11) {
        free_record(m, r);
    } else if (choice < 15) {
        if (pass_on(r, &other->box)) {
            *r = (struct record){0};
            word_add(&objects_passed, 1);
        }
    } else {
        resize(m, &r->parent);
    }
}

/* Objects that another thread made: kept where there is room, or freed. */
static void take_in(struct mutator *m)
{
    struct record r;
    while (receive(&m->box, &r)) {
        struct record *place = &m->records[unit_random(&m->seed) % most_records];
        verify(&r);
        if (place->parent.p == NULL && unit_random(&m->seed) % 3 == 0)
            *place = r;
        else
            free_record(m, &r);
    }
}

static void *mutate(void *number)
{
    struct mutator *m = all[*(int *)number];
    while (!word_load_acquire(&enough)) {
        pthread_rwlock_rdlock(&world);
        for (int i = 0; i < batch; i++) {
            struct record *r = &m->records[unit_random(&m->seed) % most_records];
            if (r->parent.p == NULL)
                make_record(m, r);
            else
                change_record(m, r);
        }
        take_in(m);
        pthread_rwlock_unlock(&world);
    }
    return NULL;
}

static void for_all_records(void (*visit)(const struct record *))
{
    for (int t = 0; t < mutators; t++) {
        for (size_t i = 0; i < most_records; i++)
            if (all[t]->records[i].parent.p != NULL)
                visit(&all[t]->records[i]);
        for (size_t i = 0; i < all[t]->box.count; i++)
            visit(&all[t]->box.records[i]);
    }
}

static void mark_record(const struct record *r)
{
    if (!kind_is_uncollectable(r->parent.kind))
        mark_word(&hand_marker, (uintptr_t)r->parent.p);
}

static void flush_and_begin(void)
{
    for (int t = 0; t < mutators; t++) {
        check(cache_is_valid(&all[t]->cache));
        cache_flush(&all[t]->cache);
    }
    hand_begin(&hand_cache, 1);
}

static void collect_stopped(void)
{
    for_all_records(verify);
    flush_and_begin();
    for_all_records(mark_record);
    hand_end();
}

static void *collect(void *unused)
{
    for (size_t cycle = hand_rounds(250); cycle > 0; cycle--) {
        nap(cycle % 4 * 1000);
        check(sweep_finish()); /* in part together with the mutators */
        pthread_rwlock_wrlock(&world);
        collect_stopped();
        pthread_rwlock_unlock(&world);
    }
    word_store_release(&enough, 1);
    return unused;
}

static void *sweep_in_background(void *unused)
{
    while (!word_load_acquire(&enough))
        if (!sweep_one(SWEPT_IN_BACKGROUND))
            nap(50);
    return unused;
}

static void *any_of_them(void *number)
{
    int me = *(int *)number;
    return me < mutators    ? mutate(number)
           : me == mutators ? collect(NULL)
                            : sweep_in_background(NULL);
}

static void make_mutators(void)
{
    for (int t = 0; t < mutators; t++) {
        all[t] = calloc(1, sizeof *all[t]);
        all[t]->seed = 99 + (uint64_t)t;
        pthread_mutex_init(&all[t]->box.mutex, NULL);
    }
}

static void make_world(void)
{
    pthread_rwlockattr_t writers_first;
    pthread_rwlockattr_init(&writers_first);
    pthread_rwlockattr_setkind_np(&writers_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&world, &writers_first);
}

/* Without records nothing may be left. */
static void drop_everything(void)
{
    for (int t = 0; t < mutators; t++) {
        struct mutator *m = all[t];
        take_in(m);
        for (size_t i = 0; i < most_records; i++)
            if (m->records[i].parent.p != NULL)
                drop_record(m, &m->records[i]);
    }
    flush_and_begin();
    hand_end();
    ck_assert(sweep_finish());
    for (unsigned kind = 0; kind < kind_builtin; kind++)
        ck_assert_uint_eq(hand_spans(kind), 0);
    for (unsigned half = 0; half < half_count; half++)
        ck_assert_uint_eq(pages_stats(half).in_use, 0);
}

START_TEST(no_object_is_lost_overlapped_or_dirty)
{
    hand_init();
    make_mutators();
    make_world();
    unit_threads(mutators + 2, any_of_them);
    collect_stopped();
    drop_everything();
    ck_assert_uint_gt(word_load(&objects_made), 10000);
    ck_assert_uint_gt(word_load(&objects_passed), 1000);
    ck_assert_uint_gt(word_load(&objects_resized), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_sweep_is_won_once);
    tcase_add_test(tests, spans_change_hands);
    tcase_add_test(tests, neighbours_are_freed_at_the_same_time);
    tcase_add_test(tests, only_one_of_two_frees_is_done);
    tcase_add_test(tests, a_free_waits_for_a_sweeper);
    tcase_add_test(tests, a_free_does_not_wait_for_a_dead_span);
    tcase_add_test(tests, frees_and_sweepers_meet_in_a_span);
    tcase_add_test(tests, no_object_is_lost_overlapped_or_dirty);
}

int main(void)
{
    return unit_run("stress_heap", add_tests);
}
