/* special.h: finalizer records, hung on the spans of their objects.
 *
 * Owns: the records, and for each span that has any a set, which says for which objects and where
 * they are. All of it lies in mappings of our own. A record is
 *
 *     hung     its span's set leads to it, by the object's index
 *     taken    its owner's (services/finalize.c), who links it where he likes
 *     free     zero, and waits in its chunk
 *
 *     a span has a set  <=>  a record is hung on it
 *     an object has a record  <=>  its bit in its span's set is set
 *
 * So what died is found by comparing the bits of sets and marks, 64 objects at a time, and of live
 * objects no record is touched.
 *
 * A hung record hides its object's address, a taken one does not: so the chunks as they are can be
 * scanned for roots, and keep the data of all records and the objects of those taken.
 *
 * Sets are type-stable: recycled for sets of the same size, never given back; like descriptors of
 * spans they are few. Chunks of records go back when they have been empty for a whole cycle.
 *
 * Lock: special_lock (rank special), or the world is stopped. Without it special_may_exist reads.
 */
#ifndef SPANGC_SPECIAL_H
#define SPANGC_SPECIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "heap/find.h"
#include "platform/biasedlock.h"

enum { special_tags = 31 /* bits of `link` for the records' owner */ };

struct special {
    uintptr_t base; /* of the object; hung: its complement */
    void (*fn)(void *object, void *data);
    void *data;
    uintptr_t link; /* the next record (of the same group of objects, while hung), and tags */
};

struct special_set {
    struct span *span;
    struct special_set *next; /* of all sets, or of the free ones of that size */
    struct special_set *previous;
    size_t count;
    atomic_word bits[]; /* a bit an object, then a list of records for each group of 8 objects */
};

extern struct biased_lock special_lock;

static inline struct special *special_next(const struct special *r)
{
    return (struct special *)(r->link & ~(uintptr_t)special_tags);
}

static inline unsigned special_tag(const struct special *r)
{
    return (unsigned)(r->link & special_tags);
}

static inline void special_set_next(struct special *r, const struct special *next)
{
    r->link = (uintptr_t)next | special_tag(r);
}

static inline void special_set_tag(struct special *r, unsigned tag)
{
    r->link = (uintptr_t)special_next(r) | tag;
}

/* False: the object, which nobody registers just now, has no record. */
static inline bool special_may_exist(const struct object *o)
{
    const struct special_set *set = pointer_load_acquire(&o->span->specials);
    return set != NULL && bit_is_set(set->bits, o->index);
}

/* The object's record; NULL: none. */
struct special *special_find(const struct object *o);

/* Hangs a new record on an object that has none; NULL: no memory. */
struct special *special_hang(const struct object *o);

/* Takes the object's record off, if it has one, and frees it. */
bool special_remove(const struct object *o);

/* Frees a taken record. */
void special_free(struct special *r);

/* Goes through hung records, word by word of the bits of their objects. `objects` has a bit for
 * each object of a word. */
struct special_visit {
    /* Which of these to visit at least (NULL: all). */
    uint64_t (*choose)(const struct span *s, size_t word, uint64_t objects, void *argument);
    /* Is called with the record's address for the time being. True: it is taken. */
    bool (*visit)(struct special *r, void *argument);
    /* Is told of which objects of a word records were taken (NULL: nobody wants to know). */
    void (*taken)(struct span *s, size_t word, uint64_t objects, void *argument);
    void *argument;
};

/* World stopped. Visits the records of objects that are not marked when their turn comes. */
void special_visit_unmarked(const struct special_visit *v);

/* Lock held. Visits all. */
void special_visit_all(const struct special_visit *v);

/* Calls visit for the memory that holds records. */
void special_push_roots(void (*visit)(uintptr_t low, uintptr_t high, void *argument),
                        void *argument);

/* World stopped, once a cycle: gives back chunks that nobody has needed since the last one. */
void special_trim(void);

/* The span is about to be no more: its records, of objects freed under their registration, too. */
void special_forget_span(struct span *s);

size_t special_count(void); /* of hung records */
size_t special_mapped_bytes(void);
bool special_is_valid(void);
void special_reset_locks_in_child(void);

#endif
