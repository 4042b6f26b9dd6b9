/* lazyarray.h: a flat array over the whole region that costs memory only where it is used.
 *
 * The address space is reserved at once and made usable step by step. Committing is serialised by
 * the caller's lock; reading a committed element takes none. Elements start as zero bytes.
 */
#ifndef SPANGC_LAZYARRAY_H
#define SPANGC_LAZYARRAY_H

#include <stdbool.h>
#include <stddef.h>

struct lazy_array {
    char *start;
    size_t reserved; /* bytes */
};

/* Reserves room for `bytes`. False: no address space. */
bool lazy_array_reserve(struct lazy_array *array, size_t bytes);

/* Makes bytes [from, to) usable; idempotent, rounds outwards to kernel pages. False: refused, and
 * may be tried again. */
bool lazy_array_commit(struct lazy_array *array, size_t from, size_t to);

void lazy_array_free(struct lazy_array *array);

#endif
