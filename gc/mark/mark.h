/* mark.h: from roots to everything reachable.
 *
 *     stack -> 16 entries, their memory asked for
 *         -> the words in them that are addresses of the heap
 *         -> a batch of words: page_span, span asked for
 *         -> index, mark and alloc bits asked for
 *         -> allocated? test and set mark bit -> (unless pointer-free) stack
 *
 * Each arrow works through a whole batch before the next begins, so that the memory that one asks
 * for has arrived when the next wants it. (Queues of single candidates and objects between the
 * stations do the same; keeping their counters took 80 of 230 instructions an object, and a third
 * of the marking time of a 256 MB random graph of 64-byte objects.)
 * As long as little is marked and there is one marker, only the objects themselves are far: spans
 * and bits stay in the cache, and the three arrows of a word are one. (With 8 MB of it, bench/trees
 * and gcbench marked in four fifths of the time; with 64 MB, lifetimes and the random graph took no
 * less.)
 * Lists are followed from object to object: there is nothing to fill a batch with.
 *
 * Invariant (tricolour, with the world stopped): an object whose mark bit is set is either on the
 * mark stack, taken from it, being scanned, or all its pointers' targets are marked or wait in the
 * batch; or the stack could not grow and `overflowed` is set: then all marked objects are scanned
 * again (mark_drain), until a pass meets no overflow. So marking completes without memory, too.
 *
 * The mark stack lies outside the heap (os_map). Objects longer than a piece are scanned in pieces,
 * the rest staying on the stack, so that several markers can share a large array. Each step that
 * takes an entry apart pushes few others, so that on an empty stack it always finds room.
 *
 * One struct marker is one marker's private state: nothing here is shared but the mark bits. While
 * several markers work (mark_share), they set them atomically, share the surplus on their
 * stacks as packets (mark/packets.h), and leave what needs a function of the program to the
 * collecting thread. At all other times it is the only writer.
 *
 * Used with the world stopped by the collecting thread; mark_help by helpers.
 */
#ifndef SPANGC_MARK_H
#define SPANGC_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mark/words.h"

struct object;
struct packet;
struct span;

enum {
    mark_taken_entries = 16, /* taken from the stack at a time */
    mark_batch_words = 32,   /* are worth looking up; a few short objects may add to them */
    mark_stretch_words = 64, /* stored between two looks at how many */
    mark_stretch_bytes = mark_stretch_words * 8,
    mark_words_room =
        mark_batch_words + mark_taken_entries * words_short + mark_stretch_words + words_overhang
};
enum { mark_near_bytes = 8 << 20 };
enum { mark_procedure_entries = 255 }; /* what a mark procedure may push */

/* Memory to be scanned as its descriptor says (heap/descriptor.h). bdwgc's struct GC_ms_entry,
 * which mark procedures of programs push. */
struct mark_entry {
    uintptr_t start;
    uintptr_t descriptor;
};

/* What is longer is scanned in pieces: bytes, a power of two. */
enum { mark_piece_bytes = 32 * 1024 };

/* Marking a byte of small objects without pointers takes this part of what it takes to mark and
 * scan one: a quarter for objects of 32 bytes (12 ns against 42 to 100 for each), less for larger
 * ones. Large ones are no work at all, but they count whole up to half of what is scanned: with a
 * quarter for all of them bench/large took a quarter more processor time for 9 % less memory,
 * bench/gcbench 15 %; counted whole, ECL's 8 threads, whose stacks are 8 MB of such objects beside
 * 4 MB of others, took 28 MB (half: 23.4; a quarter: 21.2; bdwgc 21.6). */
enum { mark_light_part = 4 };

/* A word that points into a span; later the index of the slot that it points into. */
struct mark_candidate {
    struct span *span;
    uintptr_t word_or_index;
};

/* The stack holds `depth` entries; `words` addresses of the heap wait to be looked up: between
 * calls those that mark_heap_word was told. */
struct marker {
    struct mark_entry *stack;
    size_t depth;
    size_t capacity;
    size_t words;
    size_t near_bytes; /* until so many are marked, spans and bits are taken to be in the cache */
    size_t objects;    /* marked in this cycle */
    size_t bytes;
    size_t small_noscan_bytes; /* of these, in objects without pointers of up to small_max */
    size_t large_noscan_bytes; /* and in larger ones */
    bool overflowed;
    bool shared;         /* other markers work at the same time */
    bool is_helper;      /* calls no functions of the program */
    struct packet *held; /* by a helper: what it has found that only the collector may follow */
    uintptr_t word[mark_words_room];
    struct mark_candidate candidate[mark_words_room];
    struct mark_entry taken[mark_taken_entries];
    struct mark_entry procedure_stack[mark_procedure_entries + 1];
};

/* Once: memory for the stack. False: none. */
bool marker_init(struct marker *m);

/* Before each cycle: counts from zero. */
void marker_reset(struct marker *m);

/* What it took to mark the objects, in bytes of such as are scanned. */
size_t marker_work(const struct marker *m);

/* Scans [low, high) conservatively: every aligned word, interior pointers and one past the end (by
 * the byte that requests are sized up). Marks what is found; the contents wait on the stack. */
void mark_range(struct marker *m, uintptr_t low, uintptr_t high);

/* Marks the object that contains `word`, as a pointer from a root. */
void mark_word(struct marker *m, uintptr_t word);

/* The same for a word from inside the heap, where interior pointers may not count. */
void mark_heap_word(struct marker *m, uintptr_t word);

/* Sets or clears the mark bit of an object, without a look at its contents. */
void mark_change(struct marker *m, const struct object *o, bool marked);

/* Puts memory to be scanned on the stack. */
void mark_push(struct marker *m, struct mark_entry e);

/* Marks what an object's words, or what its descriptor names, lead to, but not the object itself;
 * their contents wait on the stack.
 */
void mark_contents(struct marker *m, uintptr_t object_base);

/* The same, taking words that point into the object itself as none. All of the object's words
 * count, whatever a descriptor says. */
void mark_contents_but_self(struct marker *m, uintptr_t object_base);

/* Works until nothing is left to be scanned. */
void mark_drain(struct marker *m);

/* Works until nothing is left that has a place, together with others that call mark_help: `markers`
 * in all. Their figures are to be added, and mark_drain to be called for what found no place. */
void mark_share(struct marker *m, unsigned markers);

/* Adds what a helper has counted, and counts for it from zero again. Nobody works. */
void marker_add(struct marker *m, struct marker *helper);

/* A helper takes part: waits for work, and does what it gets. Returns now and then. */
void mark_help(struct marker *m);

/* A helper puts an entry aside for the collecting thread. */
void mark_leave_to_collector(struct marker *m, struct mark_entry e);

/* Marks all allocated objects of uncollectable kinds. */
void mark_uncollectable(struct marker *m);

/* Everything reachable being marked: marks what is reachable from the other objects of kinds that
 * want it so (kind.h, marks_contents), not those objects themselves. */
void mark_contents_of_unreachable(struct marker *m);

/* ---- Which words from the heap count (GC_set_all_interior_pointers, displacements) ---- */

enum { displacement_limit = 4096 };

/* False: from inside heap objects only pointers to an object's base and registered displacements
 * count. Set before the first allocation. */
void mark_set_heap_interior(bool all);
void mark_register_displacement(size_t displacement);
bool mark_displacement_is_valid(size_t displacement);

#endif
