/* gcbits.h: mark and alloc bits for spans, out of arenas that live by epochs.
 *
 * Owns: gcbits arenas of 64 KiB in four lists. Each arena is a header and words that are handed
 * out by bumping an index; nothing is ever given back singly.
 *
 *     free --new_arena_may_unlock--> next --epoch--> current --epoch--> previous --epoch--> free
 *
 * Life of a bitmap: taken from `next` as a span's mark bits while sweeping cycle n-1; marked during
 * cycle n (its arena is `current`); becomes the span's alloc bits at the sweep of n; is dropped at
 * the sweep of n+1 (its arena is `previous`), and the next rotation recycles it.
 *
 * Invariants
 *   - at a rotation no span holds bits in an arena of `previous`;
 *   - so no cycle starts before the last sweep has ended, and a span never misses a sweep;
 *   - whoever dereferences bits is busy (threads/thread.h) or the world is stopped: rotations
 *     happen with the world stopped, so no reader holds bits across one;
 *   - every word handed out is zero.
 * Debug builds stamp each arena with the epoch in which it was filled, check the stamp at every
 * use (gcbits_check_fresh) and poison arenas that go to `free`.
 *
 * Concurrency: new_mark_bits and new_alloc_bits are called by sweepers and span initialisers at the
 * same time. The common path is a bounds check and one atomic add on the head of `next`: no lock.
 * The lists' links are protected by the gcbits lock (rank gcbits). The lock is dropped across the
 * OS call for a new arena: two threads may both find `next` full, one installs its arena, the
 * other takes its bits from that one and puts its own spare, still clean, on `free`.
 */
#ifndef SPANGC_GCBITS_H
#define SPANGC_GCBITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "platform/atomics.h"

enum { gcbits_arena_bytes = 64 * 1024 };

/* The most bits that one call may ask for (the smallest objects in the largest small span). */
enum { gcbits_max_elements = 8192 };

void gcbits_init(void);

/* Zeroed bits for `elements` objects, 8-byte aligned, whole words; NULL: no memory. Thread-safe.
 * The caller is busy or the world is stopped. */
atomic_word *new_mark_bits(size_t elements);
atomic_word *new_alloc_bits(size_t elements);

/* Rotates the epochs: previous -> free, current -> previous, next -> current. O(1). The world is
 * stopped and every span of the last cycle is swept. */
void next_mark_bit_arena_epoch(void);

/* Debug: aborts if `bits` lie in an arena that has been recycled or would be by the next rotation
 * (slack 0: must be in next or current; 1: previous too). No-op without checks. */
void gcbits_check_fresh(const atomic_word *bits, unsigned slack);

/* Bytes that the arenas take, for statistics. */
size_t gcbits_bytes(void);

bool gcbits_is_valid(void);

/* For tests: lengths of the lists, in the order next, current, previous, free. */
void gcbits_count(size_t counts[4]);

/* For tests: called, when not NULL, by new_arena_may_unlock with the lock dropped. */
extern void (*gcbits_unlocked_hook)(void);

void gcbits_reset_locks_in_child(void);

#endif
