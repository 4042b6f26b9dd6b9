/* finalize.c: see finalize.h.
 *
 * A record (heap/special.h) is in one of four places:
 *
 *     free --register--> span --found dead--> queue --run--> free
 *                        span --found dead--> arrivals --told--> queue   (finalize_announce)
 *                        span --removed, object freed--> free
 *
 * The decision in the pause moves records and needs no memory. It looks at the records of dead
 * objects alone, and goes by words of their bits: only objects with an address of the heap in them,
 * and those that mark procedures describe, are given to the marker, one after the other, as it must
 * be found out which of them lead to themselves; those that have been taken are marked all at once.
 * In bench/finalize, whose objects lead nowhere, that decides on an object in 85 instructions, of
 * which 12 are its share of the look into it; with the marker called twice for each it took 460.
 *
 * Client data. A record's data is a root as long as the record is on its span or in the queue, dead
 * object or not, as in bdwgc: an object that its own finalizer's data leads to never dies.
 *
 * What an object with a finalizer leads to is kept until the finalizer has run, in all orders. (In
 * bdwgc no_order leaves that to GC_java_finalization, which Debian's build turns on.)
 *
 * Weight. Records and links are garbage like the objects that they were made for, but are not part
 * of the heap: what has been added since the last cycle lowers the goal.
 */
#include "services/finalize.h"
#include <string.h>
#include "heap/heap.h"
#include "heap/special.h"
#include "platform/peek.h"
#include "services/links.h"
#include "threads/thread.h"

enum {
    cycles_told_at_once = 16,
    record_weight = 40, /* with its share of a set */
    link_weight = 32,   /* a place in a table that is half full */
    weight_step = 16 * 1024
};

/* A record's tag: its order, and whether its object was found to lead to itself, and that has been
 * noted. */
enum { tag_order = 3, tag_cycle_told = 4 };

/* First in, first out. */
struct record_queue {
    struct special *first;
    struct special *last;
};

/* Lock: special_lock, unless the world is stopped. */
static struct {
    struct record_queue queue;             /* to be run */
    struct record_queue arrivals;          /* to be told, then to be run */
    bool announce;                         /* the program wants to be told */
    atomic_word queued;                    /* how many these are; read without the lock, too */
    uintptr_t cycles[cycles_told_at_once]; /* objects that lead to themselves, not told yet */
    size_t cycle_count;
    ptrdiff_t weight;  /* added since the last cycle */
    ptrdiff_t lowered; /* by how much of it the goal is lower; a multiple of weight_step */
} finalizers;

/* ---- Records ---- */

static enum finalizer_order order_of(const struct special *r)
{
    return (enum finalizer_order)(special_tag(r) & tag_order);
}

static void enqueue(struct record_queue *queue, struct special *r)
{
    special_set_next(r, NULL);
    if (queue->first == NULL)
        queue->first = r;
    else
        special_set_next(queue->last, r);
    queue->last = r;
}

/* The next record is asked for: nobody has touched it since the decision. */
static struct special *dequeue(struct record_queue *queue)
{
    struct special *r = queue->first;
    if (r == NULL)
        return NULL;
    queue->first = special_next(r);
    __builtin_prefetch(queue->first);
    return r;
}

static void enqueue_to_run(struct special *r)
{
    enqueue(&finalizers.queue, r);
    word_store(&finalizers.queued, word_load(&finalizers.queued) + 1);
}

/* ---- Registering ---- */

static void lower_goal(ptrdiff_t step)
{
    finalizers.lowered += step;
    heap_lower_goal(step);
}

static void weigh(ptrdiff_t bytes)
{
    finalizers.weight += bytes;
    ptrdiff_t beyond = finalizers.weight - finalizers.lowered;
    if (beyond >= weight_step || beyond <= -weight_step)
        lower_goal(bytes > 0 ? weight_step : -weight_step);
}

/* Takes care that the pointers may lie anywhere. */
static void store_old(const struct special *r, const struct finalizer_request *request)
{
    if (request->old_fn != NULL)
        *request->old_fn = r != NULL ? r->fn : NULL;
    if (request->old_data != NULL)
        *request->old_data = r != NULL ? r->data : NULL;
}

static void fill(struct special *r, const struct finalizer_request *request)
{
    r->fn = request->fn;
    r->data = request->data;
    special_set_tag(r, request->order | (special_tag(r) & tag_cycle_told));
}

static void record_remove(const struct object *o)
{
    if (special_remove(o))
        weigh(-record_weight);
}

static bool register_first(const struct object *o, const struct finalizer_request *request)
{
    struct special *r = special_hang(o);
    if (r == NULL)
        return false;
    store_old(NULL, request);
    fill(r, request);
    weigh(record_weight);
    return true;
}

static void change(const struct object *o, const struct finalizer_request *request)
{
    struct special *r = special_find(o);
    store_old(r, request);
    if (request->fn == NULL)
        record_remove(o);
    else
        fill(r, request);
}

bool finalizer_register(const struct object *o, const struct finalizer_request *request)
{
    bool done = true;
    biased_lock_acquire(&special_lock);
    if (request->fn == NULL || special_may_exist(o))
        change(o, request);
    else
        done = register_first(o, request);
    biased_lock_release(&special_lock);
    return done;
}

void finalize_forget(const struct object *o)
{
    if (!special_may_exist(o))
        return;
    biased_lock_acquire(&special_lock);
    record_remove(o);
    biased_lock_release(&special_lock);
}

int link_register(enum link_kind kind, void **link, uintptr_t base)
{
    biased_lock_acquire(&special_lock);
    int result = links_put(kind, link, base);
    if (result == 0)
        weigh(link_weight);
    biased_lock_release(&special_lock);
    return result;
}

int link_unregister(enum link_kind kind, void **link)
{
    biased_lock_acquire(&special_lock);
    bool removed = links_remove(kind, link);
    if (removed)
        weigh(-link_weight);
    biased_lock_release(&special_lock);
    return removed;
}

int link_move(enum link_kind kind, void **link, void **new_link)
{
    biased_lock_acquire(&special_lock);
    int result = links_move(kind, link, new_link);
    biased_lock_release(&special_lock);
    return result;
}

/* ---- The decision in the pause ---- */

static void mark_as_order_asks(const struct special *r, const struct finalize_marker *marker)
{
    switch (order_of(r)) {
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
static void note_cycle(struct special *r)
{
    if ((special_tag(r) & tag_cycle_told) || finalizers.cycle_count == cycles_told_at_once)
        return;
    special_set_tag(r, special_tag(r) | tag_cycle_told);
    finalizers.cycles[finalizers.cycle_count++] = r->base;
}

/* What the passes over unmarked objects need. */
struct decision {
    const struct finalize_marker *marker;
    struct record_queue seeing; /* dead, but what they lead to is still to be marked */
    bool any_unreachable;       /* has the second pass left some to the third? */
};

static uint64_t choose_leading_on(const struct span *s, size_t word, uint64_t objects,
                                  void *argument)
{
    const struct decision *d = argument;
    return d->marker->leading_on(s, word, objects);
}

/* First pass: what they lead to, so that after it those are unmarked to which no other leads. */
static bool mark_from_candidate(struct special *r, void *argument)
{
    const struct decision *d = argument;
    mark_as_order_asks(r, d->marker);
    if (d->marker->is_marked(r->base))
        note_cycle(r);
    return false;
}

/* Its object is kept for its finalizer. */
static void queue_dead(struct special *r)
{
    if (finalizers.announce)
        enqueue(&finalizers.arrivals, r);
    else
        enqueue_to_run(r);
}

/* Has the first pass marked all that the object leads to? For `ignore_self` it did so word by word,
 * which may be less than a mark procedure would. */
static bool contents_are_marked(const struct special *r)
{
    return order_of(r) == FINALIZER_NORMAL || order_of(r) == FINALIZER_UNREACHABLE;
}

/* Second pass: nothing is marked meanwhile but those taken. */
static bool take_dead(struct special *r, void *argument)
{
    struct decision *d = argument;
    if (order_of(r) == FINALIZER_UNREACHABLE) {
        d->any_unreachable = true;
        return false;
    }
    if (contents_are_marked(r))
        queue_dead(r);
    else
        enqueue(&d->seeing, r);
    return true;
}

/* Third pass, after those of all other orders: `unreachable` objects to which they do not lead. */
static bool take_unreachable(struct special *r, void *argument)
{
    (void)argument;
    queue_dead(r);
    return true;
}

static void mark_taken(struct span *s, size_t word, uint64_t objects, void *argument)
{
    const struct decision *d = argument;
    d->marker->mark_together(s, word, objects);
}

static void decide_on_records(const struct finalize_marker *marker)
{
    struct decision d = {.marker = marker};
    struct special *r;
    special_visit_unmarked(&(struct special_visit){
        .choose = choose_leading_on, .visit = mark_from_candidate, .argument = &d});
    special_visit_unmarked(
        &(struct special_visit){.visit = take_dead, .taken = mark_taken, .argument = &d});
    while ((r = dequeue(&d.seeing)) != NULL) {
        marker->mark_from_contents(r->base);
        queue_dead(r);
    }
    if (d.any_unreachable)
        special_visit_unmarked(&(struct special_visit){
            .visit = take_unreachable, .taken = mark_taken, .argument = &d});
}

void finalize_after_mark(const struct finalize_marker *marker)
{
    links_clear_dead(LINK_SHORT);
    decide_on_records(marker);
    links_clear_dead(LINK_LONG);
    links_drop_dead(LINK_SHORT);
    links_drop_dead(LINK_LONG);
    toggles_drop_dead(marker->is_marked);
    special_trim();
    finalizers.weight = finalizers.lowered = 0;
}

void finalize_push_roots(void (*visit)(uintptr_t low, uintptr_t high, void *argument),
                         void *argument)
{
    special_push_roots(visit, argument);
    toggles_push_roots(visit, argument);
}

void finalize_take_cycles(void (*tell)(uintptr_t base))
{
    uintptr_t cycles[cycles_told_at_once];
    struct thread *t = thread_self;
    if (finalizers.cycle_count == 0 || !busy_enter(t))
        return;
    biased_lock_acquire(&special_lock);
    size_t count = finalizers.cycle_count;
    memcpy(cycles, finalizers.cycles, sizeof cycles);
    finalizers.cycle_count = 0;
    biased_lock_release(&special_lock);
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
static struct special *take_arrival(struct thread *t, struct special *copy)
{
    if (finalizers.arrivals.first == NULL || !busy_enter(t))
        return NULL;
    biased_lock_acquire(&special_lock);
    struct special *r = dequeue(&finalizers.arrivals);
    if (r != NULL)
        *copy = *r;
    biased_lock_release(&special_lock);
    busy_leave(t);
    return r;
}

/* The caller has just left busy, and is no handler that interrupted it: it may enter again. */
static void queue_arrival(struct thread *t, struct special *r)
{
    check(busy_enter(t));
    biased_lock_acquire(&special_lock);
    enqueue_to_run(r);
    biased_lock_release(&special_lock);
    busy_leave(t);
}

void finalize_tell_arrivals(void (*tell)(void *object))
{
    struct thread *t = thread_self;
    struct special copy;
    for (struct special *r = take_arrival(t, &copy); r != NULL; r = take_arrival(t, &copy)) {
        if (tell != NULL)
            tell((void *)copy.base);
        queue_arrival(t, r);
    }
}

/* ---- Running ---- */

/* Copies the queue's first record and frees it. Its object and data, no longer in the queue, are
 * kept by the copy, which lies on the caller's stack. */
static bool take_first(struct thread *t, struct special *copy)
{
    if (!busy_enter(t))
        return false;
    biased_lock_acquire(&special_lock);
    struct special *r = dequeue(&finalizers.queue);
    if (r != NULL) {
        *copy = *r;
        special_free(r);
        word_store(&finalizers.queued, word_load(&finalizers.queued) - 1);
    }
    biased_lock_release(&special_lock);
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
    struct run run = {0};
    return run_address > (uintptr_t)__builtin_frame_address(0) &&
           peek(run_address, &run, sizeof run) == sizeof run && run.here == run_address &&
           run.number == number;
}

int finalize_run_queued(int most)
{
    struct thread *t = thread_self;
    struct special due;
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

static bool take_to_run(struct special *r, void *argument)
{
    (void)argument;
    enqueue_to_run(r);
    return true;
}

void finalize_enqueue_all(void)
{
    biased_lock_acquire(&special_lock);
    special_visit_all(&(struct special_visit){.visit = take_to_run});
    biased_lock_release(&special_lock);
}

/* ---- Toggle references ---- */

bool finalize_add_toggle(const struct toggle *toggle)
{
    biased_lock_acquire(&special_lock);
    bool added = toggles_add(toggle);
    biased_lock_release(&special_lock);
    return added;
}

bool finalize_get_toggle(size_t index, struct toggle *toggle)
{
    biased_lock_acquire(&special_lock);
    bool found = toggles_get(index, toggle);
    biased_lock_release(&special_lock);
    return found;
}

void finalize_decide_toggle(size_t index, uintptr_t base, enum toggle_status status)
{
    biased_lock_acquire(&special_lock);
    toggles_decide(index, base, status);
    biased_lock_release(&special_lock);
}

size_t finalize_toggle_count(void)
{
    return toggles_count();
}

/* ---- The rest ---- */

size_t finalize_record_count(void)
{
    return special_count();
}

size_t finalize_bytes(void)
{
    return special_count() * record_weight +
           (links_count(LINK_SHORT) + links_count(LINK_LONG)) * link_weight;
}

bool finalize_is_valid(void)
{
    size_t queued = 0;
    for (const struct special *r = finalizers.queue.first; r != NULL; r = special_next(r))
        queued++;
    return queued == word_load(&finalizers.queued) && special_is_valid() && links_are_valid();
}

void finalize_reset_locks_in_child(void)
{
    special_reset_locks_in_child();
}
