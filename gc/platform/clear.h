/* clear.h: clearing the memory of large objects.
 *
 * From 8 MiB on, stores go past the caches: a line that is overwritten whole need not be read
 * first, which halves the time (0.20 us instead of 0.43 us for 4 KiB of cold memory on an Emerald
 * Rapids Xeon). Smaller blocks may still be in the second-level cache, where plain stores are ten
 * times faster, and the program is likely to use them while they are.
 */
#ifndef SPANGC_CLEAR_H
#define SPANGC_CLEAR_H

#include <stddef.h>

/* `start` is a multiple of the page size, `bytes` of 64. Any thread, on memory that is its own. */
void clear_pages(void *start, size_t bytes);

#endif
