/* mark.h: from roots to everything reachable.
 *
 *     candidate word -> range test -> page_span -> [ring: span -> bits] -> index -> allocated?
 *         -> test and set mark bit -> (unless pointer-free) mark stack -> FIFO of prefetched
 *         objects -> scan its words
 *
 * The ring lets a candidate wait until its span, and then the words of its bits, have arrived in
 * the cache. On a 512 MB random graph of 64-byte objects it takes marking from 180 to 120 ns an
 * object; where spans and bits are in the cache anyway (mark_ring_heap) it only costs instructions.
 *
 * Invariant (tricolour, with the world stopped): an object whose mark bit is set is either on the
 * mark stack, in the FIFO, being scanned, or all its pointers' targets are marked; or the stack
 * could not grow and `overflowed` is set: then all marked objects are scanned again
 * (mark_drain), until a pass meets no overflow. So marking completes without memory, too.
 *
 * The mark stack lies outside the heap (os_map). Objects longer than a piece are scanned in pieces,
 * the rest staying on the stack, so that several markers can share a large array.
 *
 * One struct marker is one marker's private state: nothing here is shared but the mark bits.
 * Several markers need only a way to pass stack entries on, and an atomic OR in mark_slot.
 *
 * Used with the world stopped by the collecting thread.
 */
#ifndef SPANGC_MARK_H
#define SPANGC_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span;

enum { mark_fifo_entries = 16, mark_ring_entries = 16 }; /* powers of two */
enum { mark_ring_heap = 64 << 20 };                      /* bytes; larger heaps use the ring */

/* A range of words to be scanned. */
struct mark_entry {
    uintptr_t low;
    uintptr_t high;
};

/* A word that points into a span; later the index of the slot that it points into. */
struct mark_candidate {
    struct span *span; /* NULL: it turned out to point at no slot */
    uintptr_t word_or_index;
};

/* The queues' counters live in registers while marking works (struct flow in mark.c); between calls
 * FIFO and ring are empty and `depth` tells how full the stack is. */
struct marker {
    struct mark_entry *stack;
    size_t depth;
    size_t capacity;
    struct mark_candidate ring[mark_ring_entries];
    struct mark_entry fifo[mark_fifo_entries];
    bool overflowed;
    bool uses_ring; /* in this cycle */
    size_t objects; /* marked in this cycle */
    size_t bytes;
};

/* Once: memory for the stack. False: none. */
bool marker_init(struct marker *m);

/* Before each cycle: counts from zero. Tells the marker the size of the heap, in bytes: a small one
 * is marked without the ring. */
void marker_reset(struct marker *m, size_t heap_bytes);

/* Scans [low, high) conservatively: every aligned word, interior pointers and one past the end (by
 * the byte that requests are sized up). Marks what is found; the contents wait on the stack. */
void mark_range(struct marker *m, uintptr_t low, uintptr_t high);

/* Marks the object that contains `word`, as a pointer from a root. */
void mark_word(struct marker *m, uintptr_t word);

/* Marks what an object's words lead to, but not the object itself; their contents wait on the
 * stack.
 */
void mark_contents(struct marker *m, uintptr_t object_base);

/* The same, taking words that point into the object itself as none. */
void mark_contents_but_self(struct marker *m, uintptr_t object_base);

/* Works until nothing is left to be scanned. */
void mark_drain(struct marker *m);

/* Marks all allocated objects of uncollectable kinds. */
void mark_uncollectable(struct marker *m);

/* ---- Which words from the heap count (GC_set_all_interior_pointers, displacements) ---- */

enum { displacement_limit = 4096 };

/* False: from inside heap objects only pointers to an object's base and registered displacements
 * count. Set before the first allocation. */
void mark_set_heap_interior(bool all);
void mark_register_displacement(size_t displacement);
bool mark_displacement_is_valid(size_t displacement);

#endif
