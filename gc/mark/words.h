/* words.h: which words of a range are addresses of the heap?
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
 * Owns: words_filter, written once by words_init before anything is marked, read-only afterwards.
 */
#ifndef SPANGC_WORDS_H
#define SPANGC_WORDS_H

#include <stddef.h>
#include <stdint.h>

enum { words_most = 64 };       /* the words that a filter takes at most */
enum { words_worthwhile = 16 }; /* with fewer the call costs more than it saves */

/* Bit i is set iff words[i] - base < size, as unsigned numbers: an address in [base, base + size).
 * `words` is aligned to a word; `count` <= words_most; bits from `count` on are clear. */
typedef uint64_t words_function(const uintptr_t *words, size_t count, uintptr_t base, size_t size);

words_function words_scalar;

/* The fastest filter of this processor; words_scalar until words_init was called. */
extern words_function *words_filter;
void words_init(void);

/* The processor's own filters, the fastest being number 0; NULL: there is no such number. */
words_function *words_variant(unsigned number);

#endif
