/* atomics.h: the one place that includes libatomic_ops.
 *
 * A word that threads share without a lock is declared `atomic_word` and touched only through the
 * functions below, whose names say the ordering: none (relaxed), acquire, release, full. Pointers
 * are kept as words and converted here, so that no caller needs a cast of its own.
 */
#ifndef SPANGC_ATOMICS_H
#define SPANGC_ATOMICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <atomic_ops.h>

typedef AO_t atomic_word;

_Static_assert(sizeof(atomic_word) == sizeof(void *), "an atomic word holds a pointer");
_Static_assert(sizeof(atomic_word) == 8, "mark and alloc bits come in words of 64");

static inline uintptr_t word_load(const atomic_word *w)
{
    return AO_load(w);
}

static inline uintptr_t word_load_acquire(const atomic_word *w)
{
    return AO_load_acquire(w);
}

static inline void word_store(atomic_word *w, uintptr_t value)
{
    AO_store(w, value);
}

static inline void word_store_release(atomic_word *w, uintptr_t value)
{
    AO_store_release(w, value);
}

/* Orders the store before every later load of this thread: what a Dekker handshake needs. */
static inline void word_store_full(atomic_word *w, uintptr_t value)
{
    AO_store_full(w, value);
}

static inline bool word_cas(atomic_word *w, uintptr_t expected, uintptr_t desired)
{
    return AO_compare_and_swap_full(w, expected, desired) != 0;
}

static inline uintptr_t word_add(atomic_word *w, uintptr_t increment)
{
    return AO_fetch_and_add_full(w, increment);
}

static inline uintptr_t word_sub(atomic_word *w, uintptr_t decrement)
{
    return AO_fetch_and_add_full(w, (uintptr_t)0 - decrement);
}

/* Sets `bits`, for callers that do not ask how the word was before. */
static inline void word_set_bits(atomic_word *w, uintptr_t bits)
{
    AO_or(w, bits);
}

/* Sets `bits` and returns the word as it was before. (libatomic_ops has no such operation. Where
 * only one bit is set and asked for, compilers make one locked instruction of this.) */
static inline uintptr_t word_fetch_or(atomic_word *w, uintptr_t bits)
{
    return __atomic_fetch_or(w, bits, __ATOMIC_SEQ_CST);
}

/* Clears `bits` and returns the word as it was before. */
static inline uintptr_t word_fetch_clear(atomic_word *w, uintptr_t bits)
{
    return __atomic_fetch_and(w, ~bits, __ATOMIC_SEQ_CST);
}

/* For the few ints of bdwgc's interface that count. */
static inline void int_add(int *i, int increment)
{
    AO_int_fetch_and_add_full((unsigned *)i, (unsigned)increment);
}

static inline void *pointer_load(const atomic_word *w)
{
    return (void *)AO_load(w);
}

static inline void *pointer_load_acquire(const atomic_word *w)
{
    return (void *)AO_load_acquire(w);
}

static inline void pointer_store_release(atomic_word *w, const void *p)
{
    AO_store_release(w, (uintptr_t)p);
}

/* Keeps the compiler from moving memory accesses across: enough between a thread and a signal
 * handler that interrupts it. */
static inline void compiler_barrier(void)
{
    AO_compiler_barrier();
}

#endif
