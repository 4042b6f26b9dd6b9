/* pace.h: when the next cycle is due.
 *
 *     goal = max(live + max(least, work * percent * min(part, 1)),
 *                min(live + work * percent * part, reached), floor),      at most heap.maximum
 *     least = min(2 MiB, 256 KiB + 8 * bytes of roots + 256 KiB * other threads)
 *     part = .4 to 4: after each cycle that was due half of the way to
 *            (length of the stop / time since the last cycle) / .25
 *
 * live is what the last mark found, `work` what the next will take (marker_work): objects without
 * pointers count less there, since marking them takes less. Objects that are kept until their
 * finalizers have run do not count there, records of finalizers and links do, which lie outside the
 * heap. Those that are made until the next cycle lower the goal (services/finalize.c).
 * GC_set_free_space_divisor(d) of bdwgc's interface sets percent to 300 / d: its default 3 is our
 * default 100.
 *
 * Why the least growth is not simply 2 MiB: the garbage of a small heap is memory that goes through
 * the cache, and memory that the program has for nothing. A cycle of such a heap takes some 10 us,
 * most of it for its roots (75 KiB in a program that has libc only; hence the 8). With 1 MiB, 512
 * and 256 KiB in place of the 256 KiB, `bench/small size=16`, `size=128` and `bench/strings` took
 * the same processor time, with 3500, 3100 and 2920 KiB of memory; with 128 KiB and 2 for the roots
 * size=128 took half as long again. Where roots or threads make a cycle dear, the least growth goes
 * up to 2 MiB. (With 4, 3, 2 and 1 MiB, Guile with 2 MB alive and 800 KiB of roots took 1.54, 1.53,
 * 1.58 and 1.64 s in 17.8, 16.1, 14.6 and 13.7 MB; bdwgc 1.80 s in 16.2 MB.)
 *
 * The part spends memory where it saves time: a program that collects in a fiftieth of the time
 * (sleep included) has little to gain from a large heap. Since half of the growth is twice the
 * share, the growth settles at the square root of what collecting costs, which Kirisame, Shenoy and
 * Panchekha found to be best for all heaps of a machine together ("Optimal heap limits for reducing
 * browser memory use", 2022). Only the stop counts as collecting; sweeping, a matter of bitmaps,
 * does not. What goes beyond the whole growth is memory that the heap has `reached` while it was
 * mostly collected (the scavenger may have given it back since).
 *
 * Medians of 5 to 7 runs, seconds and MB, of this program as it is and with a fixed part of 1; the
 * latter with one helper for each 16 MiB:
 *
 *     bench/trees, 2 threads   .84 29.5   1.41 31.3        bench/hashtab   .36 16.0   .41 18.1
 *     bench/gcbench            .38 42.7    .33 46.7        w3m             .36 62.4   .39 66.5
 *     neko                     .50 53.3    .45 58.6        ecl             .76 14.2   .83 15.4
 *     poke                     .37 39.0    .36 38.0        asymptote       .64 34.8   .65 36.9
 *
 * With .4 in place of the .25, w3m took 58.3 MB and .42 s; neko, trees and gcbench more of both.
 *
 * Why percent is 100: with a part of 1, `bench/trees depth=17` marks 30, 40 and 50 million objects
 * with divisors of 3, 4 and 5, in 28, 23 and 23 MB, `bench/gcbench depth=16` 10, 14 and 17
 * million in 44, 37 and 37 MB; and marking is most of what they do.
 *
 * What the program asks for (percent, floor, heap.maximum) are atomic words, set by any thread at
 * any time. All else is the cycle lock's: who has it computes goals from them. So a setter has one
 * computed by cycle_recompute_goal (cycle.h).
 */
#ifndef SPANGC_PACE_H
#define SPANGC_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { pace_default_percent = 100 };

/* Any thread. Counts from the next goal that is computed. */
void pace_set_percent(unsigned percent);

/* No goal is below this many bytes from then on (GC_expand_hp, GC_INITIAL_HEAP_SIZE); the largest
 * call counts. Any thread. */
void pace_set_floor(size_t bytes);

/* World stopped and cycle lock, after marking: chooses the part by the time since the last cycle.
 * The stop began at `began_ns`. A cycle that was not due (the goal was not its cause, but the
 * program, SPANGC_STRESS, idleness or want of memory) says nothing about the growth. */
void pace_note_time(uint64_t began_ns, uint64_t now_ns, bool was_due);

/* Then: sets heap.live and heap.goal. `work`: see above. */
void pace_after_mark(size_t live, size_t work, size_t root_bytes, unsigned threads);

/* Cycle lock. The cycle that is due cannot be: the goal goes as far beyond what is live as it would
 * with all of it being work, so that the attempts, which may take seconds, become rarer as the heap
 * grows. */
void pace_postpone(void);

/* In the child of a fork, which has one thread and the cycle lock: the goal goes as far beyond what
 * it inherited as the parent's went beyond what was alive; once a cycle, or the heap would grow
 * from child to child. What it inherited is shared with the parent, and whatever the child writes
 * to costs a new page, be it garbage that a cycle has found or memory not used before: a cycle any
 * sooner saves no memory, and most children end before they allocate that much. */
void pace_in_child(void);

/* Cycle lock: the percentage, the floor or the maximum changed. */
void pace_recompute(void);

#endif
