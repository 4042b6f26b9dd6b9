/* central.c: see central.h. */
#include "heap/central.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "platform/check.h"
#include "platform/os.h"

enum { sweep_tries = 64 };

/* A kind's table, made when the kind is first used and never given back; pointer to central[]. */
static atomic_word tables[kind_limit];
static struct lock tables_lock = LOCK_INITIALIZER(RANK_SPECIAL);

static struct central *table_of(unsigned kind)
{
    return pointer_load_acquire(&tables[kind]);
}

bool central_kind_exists(unsigned kind)
{
    return table_of(kind) != NULL;
}

static struct central *make_table(void)
{
    struct central *table = os_map(size_class_count * sizeof *table);
    for (unsigned c = 0; table != NULL && c < size_class_count; c++)
        lock_init(&table[c].lock, RANK_CENTRAL);
    return table;
}

bool central_ensure_kind(unsigned kind)
{
    if (central_kind_exists(kind))
        return true;
    lock_acquire(&tables_lock);
    if (!central_kind_exists(kind))
        pointer_store_release(&tables[kind], make_table());
    lock_release(&tables_lock);
    return central_kind_exists(kind);
}

static struct central *central_at(unsigned kind, unsigned size_class)
{
    return &table_of(kind)[size_class];
}

struct central *central_of(const struct span *s)
{
    return central_at(s->kind, s->size_class);
}

/* Index of the swept lists; the unswept ones are the others. */
static unsigned swept_side(void)
{
    return (word_load(&heap.sweepgen) / 2) & 1;
}

static struct span *first_of(const struct span_list *list)
{
    return pointer_load(&list->first);
}

static void push_locked(struct span_list *list, struct span *s)
{
    debug_check(s->list == NULL);
    s->list = list;
    s->previous = NULL;
    s->next = first_of(list);
    if (s->next != NULL)
        s->next->previous = s;
    pointer_store_release(&list->first, s);
}

static void unlink_locked(struct span *s)
{
    if (s->previous != NULL)
        s->previous->next = s->next;
    else
        pointer_store_release(&s->list->first, s->next);
    if (s->next != NULL)
        s->next->previous = s->previous;
    s->list = NULL;
    s->next = s->previous = NULL;
}

static struct span *pop(struct central *c, struct span_list *list)
{
    if (first_of(list) == NULL)
        return NULL;
    lock_acquire(&c->lock);
    struct span *s = first_of(list);
    if (s != NULL)
        unlink_locked(s);
    lock_release(&c->lock);
    return s;
}

static void put_on_swept_locked(struct central *c, struct span *s)
{
    bool full = word_load(&s->allocated) == s->objects;
    unsigned side = swept_side();
    word_store_release(&s->sweepgen, word_load(&heap.sweepgen));
    push_locked(full ? &c->full[side] : &c->partial[side], s);
}

void central_put(struct span *s)
{
    struct central *c = central_of(s);
    lock_acquire(&c->lock);
    put_on_swept_locked(c, s);
    lock_release(&c->lock);
}

void central_put_unswept(struct span *s)
{
    struct central *c = central_of(s);
    unsigned side = swept_side() ^ 1;
    lock_acquire(&c->lock);
    word_store_release(&s->sweepgen, word_load(&heap.sweepgen) - 2);
    push_locked(&c->partial[side], s);
    lock_release(&c->lock);
}

/* Pops spans to be swept until one is won; those that another sweeper has won are its to place. */
static struct span *pop_won(struct central *c, struct span_list *list)
{
    for (;;) {
        struct span *s = pop(c, list);
        if (s == NULL || sweep_win(s))
            return s;
    }
}

struct span *central_pop_unswept(unsigned kind, unsigned size_class)
{
    struct central *c = central_at(kind, size_class);
    unsigned side = swept_side() ^ 1;
    struct span *s = pop_won(c, &c->partial[side]);
    return s != NULL ? s : pop_won(c, &c->full[side]);
}

/* Sweeps for one span with a free slot. Empty ones are as good as any: they are kept. */
static struct span *take_by_sweeping(struct central *c, struct span_list *list)
{
    for (unsigned i = 0; i < sweep_tries; i++) {
        struct span *s = pop_won(c, list);
        if (s == NULL)
            return NULL;
        if (!sweep_won(s, SWEPT_BY_ALLOCATOR))
            return NULL;
        if (word_load(&s->allocated) < s->objects)
            return s;
        central_put(s);
    }
    return NULL;
}

struct span *central_take(unsigned kind, unsigned size_class)
{
    struct central *c = central_at(kind, size_class);
    unsigned side = swept_side();
    struct span *s = pop(c, &c->partial[side]);
    if (s == NULL && !sweep_is_done() && kind_disclaim(kind) == NULL) {
        sweep_enter();
        s = take_by_sweeping(c, &c->partial[side ^ 1]);
        if (s == NULL)
            s = take_by_sweeping(c, &c->full[side ^ 1]);
        sweep_leave();
    }
    if (s != NULL)
        word_store_release(&s->sweepgen, word_load(&heap.sweepgen) + 3);
    return s;
}

void central_unlink(struct span *s)
{
    struct central *c = central_of(s);
    lock_acquire(&c->lock);
    if (s->list != NULL)
        unlink_locked(s);
    lock_release(&c->lock);
}

void central_now_partial(struct central *c, struct span *s)
{
    unsigned side = swept_side();
    lock_acquire(&c->lock);
    if (s->list == &c->full[side] && word_load(&s->allocated) < s->objects) {
        unlink_locked(s);
        push_locked(&c->partial[side], s);
    }
    lock_release(&c->lock);
}

void central_now_empty(struct central *c, struct span *s)
{
    unsigned side = swept_side();
    lock_acquire(&c->lock);
    bool ours = (s->list == &c->full[side] || s->list == &c->partial[side]) &&
                word_load(&s->allocated) == 0;
    if (ours)
        unlink_locked(s);
    lock_release(&c->lock);
    if (ours)
        span_destroy(s);
}

static void visit_list(const struct span_list *list, void (*visit)(struct span *s, void *argument),
                       void *argument)
{
    for (struct span *s = first_of(list); s != NULL; s = s->next)
        visit(s, argument);
}

void central_for_each(unsigned kind, void (*visit)(struct span *s, void *argument), void *argument)
{
    struct central *table = table_of(kind);
    if (table == NULL)
        return;
    for (unsigned i = 0; i < size_class_count; i++)
        for (unsigned side = 0; side < 2; side++) {
            visit_list(&table[i].partial[side], visit, argument);
            visit_list(&table[i].full[side], visit, argument);
        }
}

static bool list_is_valid(const struct span_list *list)
{
    const struct span *previous = NULL;
    for (const struct span *s = first_of(list); s != NULL; previous = s, s = s->next)
        if (s->list != list || s->previous != previous || s->npages == 0)
            return false;
    return true;
}

bool centrals_are_valid(void)
{
    for (unsigned kind = 0; kind < kind_limit; kind++) {
        struct central *table = table_of(kind);
        for (unsigned i = 0; table != NULL && i < size_class_count; i++)
            for (unsigned side = 0; side < 2; side++)
                if (!list_is_valid(&table[i].partial[side]) || !list_is_valid(&table[i].full[side]))
                    return false;
    }
    return true;
}

void central_reset_locks_in_child(void)
{
    lock_reset_after_fork(&tables_lock);
}
