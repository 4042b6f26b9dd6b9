/* reserve.h: memory for a signal handler that has interrupted the allocator.
 *
 * Such a handler can use neither its thread's cache, which may be torn, nor any lock, which its
 * thread may hold. A reserve has all that objects need, taken beforehand: pages, descriptors of
 * spans, and bits. Of these reserve_take makes spans as they are asked for, without a lock. Objects
 * are ordinary ones from the start: a reserve's spans count as cached (sweepgen sg + 3) and go to
 * their central lists with the next fill, or when a cycle flushes all reserves.
 *
 *     pages (untouched: no memory yet) | descriptors | bits      reserve_fill: busy
 *        --reserve_take-->  open spans, one a kind and power of two, and large objects
 *        --full-->  closed spans
 *        --reserve_fill, reserves_flush-->  central lists
 *
 * Sizes are rounded up to powers of two up to a half page; what is larger has a span of its own.
 * So reserve_bytes of objects of one kind and any mixture of sizes can be had from a reserve that
 * is not low: twice that for the rounding, and for each power of two one span that is partly used,
 * are less than reserve_least_pages.
 *
 * Bits are good for one epoch (memory/gcbits.h): unused ones are thrown away and taken anew right
 * after each rotation.
 *
 * Who uses a reserve is its thread, with signals blocked, or the stopped world's master. One
 * reserve is shared by all threads that have none of their own yet; it has a lock, of which no
 * handler can find its own thread the holder, since signals are blocked.
 */
#ifndef SPANGC_RESERVE_H
#define SPANGC_RESERVE_H

#include "heap/span.h"

enum {
    reserve_bytes = 64 * 1024,
    reserve_pages = 40,
    reserve_least_pages = 32, /* it is low with fewer */
    reserve_words = 128,      /* of alloc bits, and as many of mark bits */
    reserve_least_words = 104,
    reserve_small_max = page_bytes / 2,
    reserve_sizes = 9 /* 16 to reserve_small_max */
};

struct reserve {
    struct reserve *next; /* of all there are; set once */
    struct page_run pages;
    struct span *descriptors[reserve_pages];
    unsigned descriptor_count;
    unsigned words_left;
    atomic_word *alloc_bits; /* the next to use; words_left of each */
    atomic_word *mark_bits;
    struct open_span {
        struct span *span;
        size_t used; /* objects handed out */
    } open[kind_limit][reserve_sizes];
    struct span *closed;  /* linked by next */
    size_t claimed_bytes; /* since the last flush to the heap's accounts */
};

/* A reserve with nothing in it, for ever; NULL: no memory. */
struct reserve *reserve_new(void);

/* Makes it full again, as far as there is memory. Caller: busy, signals blocked. */
void reserve_fill(struct reserve *r);
void reserve_fill_shared(void);

/* An object, cleared where its kind may hold pointers; 0: used up. Signals blocked. */
uintptr_t reserve_take(struct reserve *r, size_t bytes, unsigned kind);
uintptr_t reserve_take_shared(size_t bytes, unsigned kind);

/* Should it be filled at the next opportunity? */
bool reserve_is_low(const struct reserve *r);

/* World stopped: all spans to their central lists; and, after the rotation, bits anew. */
void reserves_flush(void);
void reserves_new_epoch(void);

#endif
