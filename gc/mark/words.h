/* words.h: which words of a range, or of some short objects, are addresses of the heap?
 *
 * Most words of stacks, data and large objects are none, and where they are mixed, a branch for
 * each word is mispredicted so often that it costs more than all the rest. A filter looks at up to
 * 64 words without a branch, and answers with a bit for each: the marker walks the bits. (Writing
 * the words found to a buffer, compressed in a register, was 5 to 20 % slower than the bits, both
 * with AVX2 and with AVX-512, and would leave copies of pointers behind on our stack.)
 *
 * words_scalar is the specification. The processor's own filters (words-x86_64.c; words-none.c
 * where there are none) give the same answer for all arguments. None reads beyond the words it is
 * given.
 *
 * Short objects are another matter: all their words fit into one or two vectors, and a call for
 * each would cost more than it saves. A collector of words goes through a whole batch of them and
 * stores the addresses that it finds one after the other, by AVX-512 without a look at the single
 * word. That takes a third off the time of marking in bench/trees (4 MB of 32-byte objects), and a
 * tenth off that of a random graph of 256 MB.
 *
 * Owns: words_filter and words_collect, written once by words_init before anything is marked,
 * read-only afterwards.
 */
#ifndef SPANGC_WORDS_H
#define SPANGC_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mark_entry;

enum { words_most = 64 }; /* the words that a filter takes at most */

/* Bit i is set iff words[i] - base < size, as unsigned numbers: an address in [base, base + size).
 * `words` is aligned to a word; `count` <= words_most; bits from `count` on are clear. */
typedef uint64_t words_function(const uintptr_t *words, size_t count, uintptr_t base, size_t size);

words_function words_scalar;

enum {
    words_short = 16,  /* the words of a short object at most */
    words_overhang = 8 /* what may be written beyond the last address found */
};

/* Where a collector of words has stopped: at the first entry that it leaves to others, or the end;
 * and the end of the addresses found. */
struct words_found {
    const struct mark_entry *rest;
    uintptr_t *end;
};

/* Stores at `out`, in order, all words that are in [base, base + size), as above, of the entries
 * from `first` on whose descriptor is a length of whole words, words_short at most. `out` has room
 * for all words of the entries and the overhang. */
typedef struct words_found words_collector(const struct mark_entry *first,
                                           const struct mark_entry *end, uintptr_t *out,
                                           uintptr_t base, size_t size);

words_collector words_collect_scalar;

/* The fastest of this processor; the scalar ones until words_init was called. */
extern words_function *words_filter;
extern words_collector *words_collect;
void words_init(void);

/* The processor's own filters, the fastest being number 0; NULL: there is no such number. */
words_function *words_variant(unsigned number);

/* The processor's own collector; NULL: there is none. */
words_collector *words_collect_variant(void);

/* Is the descriptor a length that collectors of words take? Lengths are words when rotated by 3,
 * and what is no whole word, or has another tag, is a large number then. */
static inline bool words_is_short(uintptr_t descriptor)
{
    return (descriptor >> 3 | descriptor << 61) <= words_short;
}

#endif
