/* pace.h: when the next cycle is due.
 *
 *     goal = max(live + max(least, stays * percent / 100), floor),   at most heap.maximum
 *     least = min(4 MiB, 1 MiB + 8 * bytes of roots + 256 KiB * other threads)
 *
 * live is what the last mark found, `stays` what will be there after it: objects that are kept
 * until their finalizers have run do not count there, records of finalizers and links do, which lie
 * outside the heap. Those that are made until the next cycle lower the goal (services/finalize.c).
 * GC_set_free_space_divisor(d) of bdwgc's interface sets percent to 300 / d: its default 3 is our
 * default 100.
 *
 * Why the least growth is not simply 4 MiB: the garbage of a small heap is memory that goes through
 * the cache. With 4 MiB the program runs through more than a second-level cache (2 MiB here) before
 * it meets a line again; with 1 MiB it does not, and a cycle of such a heap takes some 20 us.
 * `make bench` with 4, 2 and 1 MiB, CPU time and RSS relative to bdwgc: strings .92, .83, .83 and
 * 2.3, 1.4, 1.0; small-128 .42, .29, .29 and 3.0, 1.8, 1.3. Where roots or threads make a cycle
 * dearer than that, the least growth goes up to 4 MiB.
 */
#ifndef SPANGC_PACE_H
#define SPANGC_PACE_H

#include <stddef.h>

enum { pace_default_percent = 100 };

void pace_set_percent(unsigned percent);

/* World stopped, after marking: sets heap.live and heap.goal. `stays`: see above. */
void pace_after_mark(size_t live, size_t stays, size_t root_bytes, unsigned threads);

/* The cycle that is due cannot be: the goal goes as far beyond what is live as it is meant to be,
 * so that the next attempt is not made at once. */
void pace_postpone(void);

/* Between cycles: the percentage or the maximum changed. */
void pace_recompute(void);

/* No goal is below this many bytes from now on (GC_expand_hp, GC_INITIAL_HEAP_SIZE); the largest
 * call counts. */
void pace_set_floor(size_t bytes);

#endif
