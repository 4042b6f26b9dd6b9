/* pace.h: when the next cycle is due.
 *
 *     goal = max(live + max(4 MiB, live * percent / 100), floor),   at most heap.maximum
 *
 * live is what the last mark found. GC_set_free_space_divisor(d) of bdwgc's interface sets percent
 * to 300 / d: its default 3 is our default 100.
 */
#ifndef SPANGC_PACE_H
#define SPANGC_PACE_H

#include <stddef.h>

enum { pace_least_growth = 4 << 20, pace_default_percent = 100 };

void pace_set_percent(unsigned percent);
unsigned pace_percent(void);

/* World stopped, after marking: sets heap.live and heap.goal. */
void pace_after_mark(size_t live);

/* Between cycles: the percentage or the maximum changed. */
void pace_recompute(void);

/* No goal is below this many bytes from now on (GC_expand_hp, GC_INITIAL_HEAP_SIZE); the largest
 * call counts. */
void pace_set_floor(size_t bytes);

#endif
