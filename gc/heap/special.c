/* special.c: see special.h.
 *
 * Records lie in aligned chunks, which are in one list: those with free records first. So the first
 * has one, or all are full. An empty chunk is spare; special_trim gives back as many as have been
 * spare at all times since it was called last.
 */
#include "heap/special.h"
#include <string.h>
#include "platform/check.h"
#include "platform/os.h"

enum {
    special_chunk_bytes = 64 * 1024,
    special_chunk_records = special_chunk_bytes / sizeof(struct special) - 2,
    group = 8, /* objects whose records are in one list */
    groups_per_word = 64 / group,
    most_words = span_max_objects / 64,
    most_trimmed = 16 /* chunks a cycle: each takes the kernel some microseconds */
};

struct chunk {
    struct chunk *next;
    struct chunk *previous;
    struct special *free;
    size_t used;
    size_t fresh; /* records from this one on have never been used */
    uintptr_t unused[3];
    struct special records[special_chunk_records];
};

struct biased_lock special_lock = BIASED_LOCK_INITIALIZER(RANK_SPECIAL);

static struct {
    struct chunk *first;
    struct chunk *last;
    size_t chunks;
    size_t spare;
    size_t least_spare; /* since special_trim */
    struct special_set *sets;
    struct special_set *free_sets[most_words + 1]; /* by words of bits */
    char *set_memory;                              /* not yet used: [set_memory, set_memory_end) */
    char *set_memory_end;
    size_t count; /* records hung */
} specials;

/* ---- Chunks ---- */

static struct chunk *chunk_of(const struct special *r)
{
    return (struct chunk *)((uintptr_t)r & ~(uintptr_t)(special_chunk_bytes - 1));
}

static bool is_full(const struct chunk *c)
{
    return c->used == special_chunk_records;
}

static void unlink_chunk(struct chunk *c)
{
    *(c->previous != NULL ? &c->previous->next : &specials.first) = c->next;
    *(c->next != NULL ? &c->next->previous : &specials.last) = c->previous;
}

static void put_first(struct chunk *c)
{
    c->previous = NULL;
    c->next = specials.first;
    *(c->next != NULL ? &c->next->previous : &specials.last) = c;
    specials.first = c;
}

static void put_last(struct chunk *c)
{
    c->next = NULL;
    c->previous = specials.last;
    *(c->previous != NULL ? &c->previous->next : &specials.first) = c;
    specials.last = c;
}

/* A mapping of twice the size contains an aligned chunk; the rest goes back. */
static struct chunk *map_aligned(void)
{
    char *memory = os_map(2 * (size_t)special_chunk_bytes);
    if (memory == NULL)
        return NULL;
    size_t before = -(uintptr_t)memory & (special_chunk_bytes - 1);
    if (before > 0)
        os_unmap(memory, before);
    os_unmap(memory + before + special_chunk_bytes, special_chunk_bytes - before);
    return (struct chunk *)(memory + before);
}

__attribute__((noinline)) static struct chunk *add_chunk(void)
{
    struct chunk *c = map_aligned();
    if (c == NULL)
        return NULL;
    put_first(c);
    specials.chunks++;
    specials.spare++;
    return c;
}

static void note_spare(void)
{
    if (specials.spare < specials.least_spare)
        specials.least_spare = specials.spare;
}

static struct special *record_new(void)
{
    struct chunk *c = specials.first;
    if ((c == NULL || is_full(c)) && (c = add_chunk()) == NULL)
        return NULL;
    struct special *r = c->free;
    if (r != NULL)
        __builtin_prefetch(c->free = special_next(r));
    else
        r = &c->records[c->fresh++];
    if (c->used++ == 0) {
        specials.spare--;
        note_spare();
    }
    if (is_full(c)) {
        unlink_chunk(c);
        put_last(c);
    }
    return r;
}

void special_free(struct special *r)
{
    struct chunk *c = chunk_of(r);
    if (is_full(c)) {
        unlink_chunk(c);
        put_first(c);
    }
    *r = (struct special){.link = (uintptr_t)c->free};
    c->free = r;
    if (--c->used == 0)
        specials.spare++;
}

void special_trim(void)
{
    size_t trimmed = 0;
    for (struct chunk *c = specials.first, *next; c != NULL && !is_full(c); c = next) {
        next = c->next;
        if (c->used != 0 || trimmed == specials.least_spare || trimmed == most_trimmed)
            continue;
        unlink_chunk(c);
        os_unmap(c, special_chunk_bytes);
        trimmed++;
    }
    specials.chunks -= trimmed;
    specials.spare -= trimmed;
    specials.least_spare = specials.spare;
}

/* ---- Sets ---- */

static size_t set_bytes(size_t words)
{
    return sizeof(struct special_set) +
           words * (sizeof(uint64_t) + groups_per_word * sizeof(struct special *));
}

static struct special **groups_of(struct special_set *set)
{
    return (struct special **)&set->bits[span_bit_words(set->span)];
}

/* What is left of the last mapping is lost when the next one is needed: less than one set. */
static struct special_set *fresh_set(size_t bytes)
{
    if ((size_t)(specials.set_memory_end - specials.set_memory) < bytes) {
        char *memory = os_map(special_chunk_bytes);
        if (memory == NULL)
            return NULL;
        specials.set_memory = memory;
        specials.set_memory_end = memory + special_chunk_bytes;
    }
    specials.set_memory += bytes;
    return (struct special_set *)(specials.set_memory - bytes);
}

/* Bits and groups of a free set are zero: it had no records when it was freed. */
__attribute__((noinline)) static struct special_set *set_new(struct span *s)
{
    size_t words = span_bit_words(s);
    struct special_set *set = specials.free_sets[words];
    if (set != NULL)
        specials.free_sets[words] = set->next;
    else if ((set = fresh_set(set_bytes(words))) == NULL)
        return NULL;
    set->span = s;
    set->previous = NULL;
    set->next = specials.sets;
    if (set->next != NULL)
        set->next->previous = set;
    specials.sets = set;
    pointer_store_release(&s->specials, set);
    return set;
}

static void set_free(struct special_set *set)
{
    size_t words = span_bit_words(set->span);
    *(set->previous != NULL ? &set->previous->next : &specials.sets) = set->next;
    if (set->next != NULL)
        set->next->previous = set->previous;
    pointer_store_release(&set->span->specials, NULL);
    set->next = specials.free_sets[words];
    specials.free_sets[words] = set;
}

static void set_free_if_empty(struct special_set *set)
{
    if (set->count == 0)
        set_free(set);
}

static struct special_set *set_of(const struct object *o)
{
    return pointer_load(&o->span->specials);
}

static size_t index_of(const struct special_set *set, const struct special *r)
{
    return span_index(set->span, ~r->base - set->span->base);
}

/* ---- Records on spans ---- */

struct special *special_find(const struct object *o)
{
    if (!special_may_exist(o))
        return NULL;
    struct special *r = groups_of(set_of(o))[o->index / group];
    while (r->base != ~o->base)
        r = special_next(r);
    return r;
}

struct special *special_hang(const struct object *o)
{
    struct special_set *set = set_of(o);
    if (set == NULL && (set = set_new(o->span)) == NULL)
        return NULL;
    struct special *r = record_new();
    if (r == NULL) {
        set_free_if_empty(set);
        return NULL;
    }
    struct special **first = &groups_of(set)[o->index / group];
    r->base = ~o->base;
    r->link = (uintptr_t)*first;
    *first = r;
    atomic_word *word = &set->bits[o->index / 64];
    word_store(word, word_load(word) | bit_mask(o->index));
    set->count++;
    specials.count++;
    return r;
}

/* Their records are out of their lists already. */
static void note_gone(struct special_set *set, size_t word, uint64_t objects)
{
    size_t count = (size_t)__builtin_popcountll(objects);
    word_store(&set->bits[word], word_load(&set->bits[word]) & ~objects);
    set->count -= count;
    specials.count -= count;
}

bool special_remove(const struct object *o)
{
    struct special *r = special_find(o);
    if (r == NULL)
        return false;
    struct special_set *set = set_of(o);
    struct special **first = &groups_of(set)[o->index / group];
    if (*first == r) {
        *first = special_next(r);
    } else {
        struct special *before = *first;
        while (special_next(before) != r)
            before = special_next(before);
        special_set_next(before, special_next(r));
    }
    note_gone(set, o->index / 64, bit_mask(o->index));
    set_free_if_empty(set);
    special_free(r);
    return true;
}

/* ---- Visiting ---- */

/* A visit to the objects of one word of a set. */
struct stop {
    const struct special_visit *visit;
    const struct special_set *set;
    const atomic_word *marks; /* NULL: marked ones are visited, too */
    uint64_t existing;
    uint64_t taken; /* objects whose records were taken; */
    uint64_t gone;  /* these, and those that are no more, freed while they were being registered */
};

/* Of these objects. The mark bits change while we go. */
static uint64_t wanted(const struct stop *stop, uint64_t objects)
{
    return stop->marks != NULL ? objects & ~word_load(stop->marks) : objects;
}

/* True: the record is out of its list. */
static bool visit_record(struct stop *stop, struct special *r)
{
    uint64_t object = bit_mask(index_of(stop->set, r));
    if (wanted(stop, object) == 0)
        return false;
    if ((stop->existing & object) == 0) {
        special_free(r);
        stop->gone |= object;
        return true;
    }
    r->base = ~r->base;
    if (!stop->visit->visit(r, stop->visit->argument)) {
        r->base = ~r->base;
        return false;
    }
    stop->taken |= object;
    stop->gone |= object;
    return true;
}

/* `r` is read before the visitor may link it elsewhere. */
static void visit_group(struct stop *stop, struct special **first)
{
    struct special *before = NULL;
    for (struct special *r = *first, *next; r != NULL; r = next) {
        next = special_next(r);
        if (!visit_record(stop, r))
            before = r;
        else if (before != NULL)
            special_set_next(before, next);
        else
            *first = next;
    }
}

static void visit_word(struct stop *stop, struct special_set *set, size_t word, uint64_t objects)
{
    const struct special_visit *v = stop->visit;
    struct special **groups = &groups_of(set)[word * groups_per_word];
    if (v->choose != NULL)
        objects = v->choose(set->span, word, objects, v->argument);
    while (objects != 0) {
        size_t g = (size_t)__builtin_ctzll(objects) / group;
        visit_group(stop, &groups[g]);
        objects &= ~(UINT64_C(0xff) << (g * group));
    }
    note_gone(set, word, stop->gone);
    if (v->taken != NULL && stop->taken != 0)
        v->taken(set->span, word, stop->taken, v->argument);
}

static void visit_set(const struct special_visit *v, struct special_set *set, bool all)
{
    const atomic_word *marks = span_mark_bits(set->span), *existing = span_alloc_bits(set->span);
    for (size_t word = 0; word < span_bit_words(set->span); word++) {
        struct stop stop = {v, set, all ? NULL : &marks[word], word_load(&existing[word]), 0, 0};
        uint64_t objects = wanted(&stop, word_load(&set->bits[word]));
        if (objects != 0)
            visit_word(&stop, set, word, objects);
    }
    set_free_if_empty(set);
}

static void visit_sets(const struct special_visit *v, bool all)
{
    for (struct special_set *set = specials.sets, *next; set != NULL; set = next) {
        next = set->next;
        if (next != NULL)
            __builtin_prefetch(next->span);
        visit_set(v, set, all);
    }
}

void special_visit_unmarked(const struct special_visit *v)
{
    visit_sets(v, false);
}

void special_visit_all(const struct special_visit *v)
{
    visit_sets(v, true);
}

static bool drop(struct special *r, void *argument)
{
    (void)argument;
    special_free(r);
    return true;
}

void special_forget_span(struct span *s)
{
    static const struct special_visit dropping = {.visit = drop};
    biased_lock_acquire(&special_lock);
    struct special_set *set = pointer_load(&s->specials);
    if (set != NULL)
        visit_set(&dropping, set, true);
    biased_lock_release(&special_lock);
}

/* ---- The rest ---- */

void special_push_roots(void (*visit)(uintptr_t low, uintptr_t high, void *argument),
                        void *argument)
{
    for (const struct chunk *c = specials.first; c != NULL; c = c->next)
        if (c->used != 0)
            visit((uintptr_t)c->records, (uintptr_t)&c->records[c->fresh], argument);
}

size_t special_count(void)
{
    return *(volatile size_t *)&specials.count;
}

size_t special_mapped_bytes(void)
{
    return specials.chunks * special_chunk_bytes;
}

/* Each record of the group is of that group, and its bit is set. */
static bool group_is_valid(struct special_set *set, size_t g, size_t *count)
{
    for (const struct special *r = groups_of(set)[g]; r != NULL; r = special_next(r)) {
        size_t index = index_of(set, r);
        if (index / group != g || span_object(set->span, index) != ~r->base ||
            !bit_is_set(set->bits, index))
            return false;
        ++*count;
    }
    return true;
}

static bool set_is_valid(struct special_set *set)
{
    size_t records = 0, bits = 0;
    for (size_t word = 0; word < span_bit_words(set->span); word++)
        bits += (size_t)__builtin_popcountll(word_load(&set->bits[word]));
    for (size_t g = 0; g < span_bit_words(set->span) * groups_per_word; g++)
        if (!group_is_valid(set, g, &records))
            return false;
    return records == set->count && bits == set->count && set->count > 0 &&
           pointer_load(&set->span->specials) == set;
}

static bool chunks_are_valid(void)
{
    size_t chunks = 0, spare = 0;
    bool full = false;
    for (const struct chunk *c = specials.first; c != NULL; c = c->next) {
        if (full && !is_full(c))
            return false;
        full = is_full(c);
        chunks++;
        spare += c->used == 0;
    }
    return chunks == specials.chunks && spare == specials.spare;
}

bool special_is_valid(void)
{
    size_t count = 0;
    for (struct special_set *set = specials.sets; set != NULL; set = set->next) {
        if (!set_is_valid(set))
            return false;
        count += set->count;
    }
    return count == specials.count && chunks_are_valid();
}

void special_reset_locks_in_child(void)
{
    biased_lock_reset_after_fork(&special_lock);
}
