/* finalize.c: see finalize.h.
 *
 * A record is in one of four places:
 *
 *     pool --register--> table --found dead--> queue --run--> pool
 *                        table --found dead--> arrivals --told--> queue   (finalize_announce)
 *                        table --removed, object freed--> pool
 *
 * and is linked there through its `next`, but for the table, which maps the object's base to it.
 * So the decision in the pause moves records and needs no memory.
 *
 * Client data. A record's data is a root as long as the record is in the table or the queue, dead
 * object or not, as in bdwgc: an object that its own finalizer's data leads to never dies.
 *
 * What an object with a finalizer leads to is kept until the finalizer has run, in all orders. (In
 * bdwgc no_order leaves that to GC_java_finalization, which Debian's build turns on.)
 */
#include "services/finalize.h"
#include <string.h>
#include "platform/lock.h"
#include "platform/os.h"
#include "platform/peek.h"
#include "services/links.h"
#include "services/table.h"
#include "threads/thread.h"

enum { chunk_bytes_of_records = 64 * 1024, cycles_told_at_once = 16 };

struct record {
    struct record *next;
    uintptr_t base;
    finalizer_proc fn;
    void *data;
    enum finalizer_order order;
    bool cycle_told; /* its object was found to lead to itself, and that has been noted */
};

/* First in, first out. */
struct record_queue {
    struct record *first;
    struct record *last;
};

static struct {
    struct lock lock;     /* protects everything here, unless the world is stopped */
    struct table table;   /* base -> record */
    struct record *pool;  /* free records */
    struct record *fresh; /* of the newest chunk, never used yet: [fresh, fresh_end) */
    struct record *fresh_end;
    struct record_queue queue;             /* to be run */
    struct record_queue arrivals;          /* to be told, then to be run */
    bool announce;                         /* the program wants to be told */
    atomic_word queued;                    /* how many these are; read without the lock, too */
    uintptr_t cycles[cycles_told_at_once]; /* objects that lead to themselves, not told yet */
    size_t cycle_count;
} finalizers = {.lock = LOCK_INITIALIZER(RANK_SPECIAL)};

/* ---- Records ---- */

static struct record *record_fresh(void)
{
    if (finalizers.fresh == finalizers.fresh_end) {
        struct record *chunk = os_map(chunk_bytes_of_records);
        if (chunk == NULL)
            return NULL;
        finalizers.fresh = chunk;
        finalizers.fresh_end = chunk + chunk_bytes_of_records / sizeof *chunk;
    }
    return finalizers.fresh++;
}

static struct record *record_new(void)
{
    struct record *r = finalizers.pool;
    if (r == NULL)
        return record_fresh();
    finalizers.pool = r->next;
    return r;
}

static void record_free(struct record *r)
{
    memset(r, 0, sizeof *r);
    r->next = finalizers.pool;
    finalizers.pool = r;
}

static struct record *record_of(uintptr_t base)
{
    const struct table_entry *e = table_find(&finalizers.table, base);
    return e != NULL ? (struct record *)e->value : NULL;
}

static void enqueue(struct record_queue *queue, struct record *r)
{
    r->next = NULL;
    if (queue->first == NULL)
        queue->first = r;
    else
        queue->last->next = r;
    queue->last = r;
}

static struct record *dequeue(struct record_queue *queue)
{
    struct record *r = queue->first;
    if (r != NULL)
        queue->first = r->next;
    return r;
}

static void enqueue_to_run(struct record *r)
{
    enqueue(&finalizers.queue, r);
    word_store(&finalizers.queued, word_load(&finalizers.queued) + 1);
}

/* ---- Registering ---- */

/* The record of an object, made where it has none; NULL: no memory. */
static struct record *record_ensure(uintptr_t base)
{
    struct record *r = record_of(base);
    if (r != NULL || (r = record_new()) == NULL)
        return r;
    if (!table_put(&finalizers.table, base, (uintptr_t)r)) {
        record_free(r);
        return NULL;
    }
    r->base = base;
    return r;
}

/* Stores what was registered; takes care that the pointers may lie anywhere. */
static void store_old(const struct record *r, finalizer_proc *old_fn, void **old_data)
{
    if (old_fn != NULL)
        *old_fn = r != NULL ? r->fn : NULL;
    if (old_data != NULL)
        *old_data = r != NULL ? r->data : NULL;
}

static void record_remove(uintptr_t base)
{
    struct record *r = record_of(base);
    if (r == NULL)
        return;
    table_remove(&finalizers.table, base);
    record_free(r);
}

bool finalizer_register(uintptr_t base, finalizer_proc fn, void *client_data,
                        enum finalizer_order order, finalizer_proc *old_fn, void **old_data)
{
    bool done = true;
    lock_acquire(&finalizers.lock);
    if (fn == NULL) {
        store_old(record_of(base), old_fn, old_data);
        record_remove(base);
    } else {
        struct record *r = record_ensure(base);
        done = r != NULL;
        if (done) {
            store_old(r, old_fn, old_data);
            r->fn = fn;
            r->data = client_data;
            r->order = order;
        }
    }
    lock_release(&finalizers.lock);
    return done;
}

void finalize_forget(uintptr_t base)
{
    if (finalize_record_count() == 0)
        return;
    lock_acquire(&finalizers.lock);
    record_remove(base);
    lock_release(&finalizers.lock);
}

int link_register(enum link_kind kind, void **link, uintptr_t base)
{
    lock_acquire(&finalizers.lock);
    int result = links_put(kind, link, base);
    lock_release(&finalizers.lock);
    return result;
}

int link_unregister(enum link_kind kind, void **link)
{
    lock_acquire(&finalizers.lock);
    int result = links_remove(kind, link);
    lock_release(&finalizers.lock);
    return result;
}

int link_move(enum link_kind kind, void **link, void **new_link)
{
    lock_acquire(&finalizers.lock);
    int result = links_move(kind, link, new_link);
    lock_release(&finalizers.lock);
    return result;
}

/* ---- The decision in the pause ---- */

static void mark_as_order_asks(const struct record *r, const struct finalize_marker *marker)
{
    switch (r->order) {
    case FINALIZER_NORMAL:
    case FINALIZER_UNREACHABLE:
        marker->mark_from_contents(r->base);
        break;
    case FINALIZER_IGNORE_SELF:
        marker->mark_from_contents_but_self(r->base);
        break;
    case FINALIZER_NO_ORDER:
        break;
    }
}

/* An object that leads to itself is told about once; if many are found at a time, some of them
 * after the next cycle. */
static void note_cycle(struct record *r)
{
    if (r->cycle_told || finalizers.cycle_count == cycles_told_at_once)
        return;
    r->cycle_told = true;
    finalizers.cycles[finalizers.cycle_count++] = r->base;
}

/* Marks what unmarked objects lead to; returns the records whose objects may be dead. */
static struct record *mark_from_candidates(const struct finalize_marker *marker)
{
    struct record *candidates = NULL;
    const struct table *t = &finalizers.table;
    for (size_t i = 0; i < t->capacity; i++) {
        struct record *r = (struct record *)t->places[i].value;
        if (t->places[i].key == 0 || marker->is_marked(r->base))
            continue;
        mark_as_order_asks(r, marker);
        if (marker->is_marked(r->base)) {
            note_cycle(r);
            continue;
        }
        r->next = candidates;
        candidates = r;
    }
    return candidates;
}

/* Those of the candidates that no other one leads to leave the table. */
static struct record_queue take_dead(struct record *candidates,
                                     const struct finalize_marker *marker)
{
    struct record_queue dead = {NULL, NULL};
    for (struct record *r = candidates, *next; r != NULL; r = next) {
        next = r->next;
        if (marker->is_marked(r->base))
            continue;
        table_remove(&finalizers.table, r->base);
        enqueue(&dead, r);
    }
    return dead;
}

/* Keeps what finalizers will see: first the objects of all orders but `unreachable`, then of that
 * order those which the others do not lead to; the rest returns to the table, where its place is
 * still free. */
static void revive_and_queue(struct record_queue dead, const struct finalize_marker *marker)
{
    struct record *r;
    for (r = dead.first; r != NULL; r = r->next)
        if (r->order != FINALIZER_UNREACHABLE)
            marker->mark_object(r->base);
    while ((r = dequeue(&dead)) != NULL) {
        if (r->order == FINALIZER_UNREACHABLE && marker->is_marked(r->base)) {
            check(table_put(&finalizers.table, r->base, (uintptr_t)r));
            continue;
        }
        marker->mark_object(r->base);
        if (finalizers.announce)
            enqueue(&finalizers.arrivals, r);
        else
            enqueue_to_run(r);
    }
}

void finalize_after_mark(const struct finalize_marker *marker)
{
    links_clear_dead(LINK_SHORT, marker->is_marked);
    revive_and_queue(take_dead(mark_from_candidates(marker), marker), marker);
    links_clear_dead(LINK_LONG, marker->is_marked);
    links_drop_dead(LINK_SHORT, marker->is_marked);
    links_drop_dead(LINK_LONG, marker->is_marked);
    toggles_drop_dead(marker->is_marked);
}

static void visit_word(const void *word, void (*visit)(uintptr_t, uintptr_t, void *),
                       void *argument)
{
    visit((uintptr_t)word, (uintptr_t)word + sizeof(uintptr_t), argument);
}

static void visit_queue(const struct record_queue *queue,
                        void (*visit)(uintptr_t, uintptr_t, void *), void *argument)
{
    for (const struct record *r = queue->first; r != NULL; r = r->next) {
        visit_word(&r->base, visit, argument);
        visit_word(&r->data, visit, argument);
    }
}

void finalize_push_roots(void (*visit)(uintptr_t low, uintptr_t high, void *argument),
                         void *argument)
{
    const struct table *t = &finalizers.table;
    for (size_t i = 0; i < t->capacity; i++) {
        const struct record *r = (const struct record *)t->places[i].value;
        if (t->places[i].key != 0 && r->data != NULL)
            visit_word(&r->data, visit, argument);
    }
    visit_queue(&finalizers.queue, visit, argument);
    visit_queue(&finalizers.arrivals, visit, argument);
    toggles_push_roots(visit, argument);
}

void finalize_take_cycles(void (*tell)(uintptr_t base))
{
    uintptr_t cycles[cycles_told_at_once];
    struct thread *t = thread_self;
    if (finalizers.cycle_count == 0 || !busy_enter(t))
        return;
    lock_acquire(&finalizers.lock);
    size_t count = finalizers.cycle_count;
    memcpy(cycles, finalizers.cycles, sizeof cycles);
    finalizers.cycle_count = 0;
    lock_release(&finalizers.lock);
    busy_leave(t);
    for (size_t i = 0; i < count; i++)
        tell(cycles[i]);
}

/* ---- Telling ---- */

void finalize_announce(bool announce)
{
    finalizers.announce = announce;
}

/* The record belongs to the caller. Its object and data, no longer in a queue, are kept by the
 * copies, which lie on the caller's stack. */
static struct record *take_arrival(struct thread *t, struct record *copy)
{
    if (finalizers.arrivals.first == NULL || !busy_enter(t))
        return NULL;
    lock_acquire(&finalizers.lock);
    struct record *r = dequeue(&finalizers.arrivals);
    if (r != NULL)
        *copy = *r;
    lock_release(&finalizers.lock);
    busy_leave(t);
    return r;
}

/* The caller has just left busy, and is no handler that interrupted it: it may enter again. */
static void queue_arrival(struct thread *t, struct record *r)
{
    check(busy_enter(t));
    lock_acquire(&finalizers.lock);
    enqueue_to_run(r);
    lock_release(&finalizers.lock);
    busy_leave(t);
}

void finalize_tell_arrivals(void (*tell)(void *object))
{
    struct thread *t = thread_self;
    struct record copy;
    for (struct record *r = take_arrival(t, &copy); r != NULL; r = take_arrival(t, &copy)) {
        if (tell != NULL)
            tell((void *)copy.base);
        queue_arrival(t, r);
    }
}

/* ---- Running ---- */

/* Copies the queue's first record and frees it. Its object and data, no longer in the queue, are
 * kept by the copy, which lies on the caller's stack. */
static bool take_first(struct thread *t, struct record *copy)
{
    if (!busy_enter(t))
        return false;
    lock_acquire(&finalizers.lock);
    struct record *r = dequeue(&finalizers.queue);
    if (r != NULL) {
        *copy = *r;
        record_free(r);
        word_store(&finalizers.queued, word_load(&finalizers.queued) - 1);
    }
    lock_release(&finalizers.lock);
    busy_leave(t);
    return r != NULL;
}

/* On the stack of who runs finalizers, while it does. */
struct run {
    uintptr_t here;   /* its own address */
    uintptr_t number; /* no two are the same */
};

static uintptr_t next_run_number(void)
{
    static atomic_word last;
    return word_add(&last, 1);
}

/* Is the caller called by a finalizer? One that jumped out (longjmp) has left its thread's mark:
 * then the run lies below the caller's frame, or frames of others lie where it was and have
 * overwritten it. On a stack other than the run's it may be gone: so it is read through peek. */
static bool is_in_run(uintptr_t run_address, uintptr_t number)
{
    struct run run;
    return run_address > (uintptr_t)__builtin_frame_address(0) &&
           peek(run_address, &run, sizeof run) == sizeof run && run.here == run_address &&
           run.number == number;
}

int finalize_run_queued(int most)
{
    struct thread *t = thread_self;
    struct record due;
    volatile struct run run;
    int ran = 0;
    if (t->finalizer_run != 0 && is_in_run(t->finalizer_run, t->finalizer_run_number))
        return 0;
    run.here = (uintptr_t)&run;
    run.number = next_run_number();
    t->finalizer_run = run.here;
    t->finalizer_run_number = run.number;
    while (ran < most && take_first(t, &due)) {
        due.fn((void *)due.base, due.data);
        ran++;
    }
    run.here = 0;
    t->finalizer_run = 0;
    return ran;
}

bool finalize_is_pending(void)
{
    return word_load(&finalizers.queued) != 0;
}

void finalize_enqueue_all(void)
{
    struct table *t = &finalizers.table;
    lock_acquire(&finalizers.lock);
    for (size_t i = 0; i < t->capacity; i++)
        if (t->places[i].key != 0)
            enqueue_to_run((struct record *)t->places[i].value);
    table_free(t);
    lock_release(&finalizers.lock);
}

/* ---- Toggle references ---- */

bool finalize_add_toggle(const struct toggle *toggle)
{
    lock_acquire(&finalizers.lock);
    bool added = toggles_add(toggle);
    lock_release(&finalizers.lock);
    return added;
}

bool finalize_get_toggle(size_t index, struct toggle *toggle)
{
    lock_acquire(&finalizers.lock);
    bool found = toggles_get(index, toggle);
    lock_release(&finalizers.lock);
    return found;
}

void finalize_decide_toggle(size_t index, uintptr_t base, enum toggle_status status)
{
    lock_acquire(&finalizers.lock);
    toggles_decide(index, base, status);
    lock_release(&finalizers.lock);
}

size_t finalize_toggle_count(void)
{
    return toggles_count();
}

/* ---- The rest ---- */

size_t finalize_record_count(void)
{
    return *(volatile size_t *)&finalizers.table.count;
}

bool finalize_is_valid(void)
{
    size_t queued = 0;
    for (const struct record *r = finalizers.queue.first; r != NULL; r = r->next)
        queued++;
    for (size_t i = 0; i < finalizers.table.capacity; i++) {
        const struct table_entry *e = &finalizers.table.places[i];
        if (e->key != 0 && ((const struct record *)e->value)->base != e->key)
            return false;
    }
    return queued == word_load(&finalizers.queued) && table_is_valid(&finalizers.table) &&
           links_are_valid();
}

void finalize_reset_locks_in_child(void)
{
    lock_reset_after_fork(&finalizers.lock);
}
