#define _GNU_SOURCE 1
/* unit_gcbits.c: arenas, epochs, and threads that take bits while epochs rotate. */
#include "unit.h"
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include "memory/gcbits.h"
#include "platform/check.h"
#include "platform/os.h"

enum { next, current, previous, spare, lists };

static size_t length_of(int list)
{
    size_t counts[lists];
    gcbits_count(counts);
    return counts[list];
}

static bool all_zero(const atomic_word *bits, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        if (word_load(&bits[i]) != 0)
            return false;
    }
    return true;
}

static void fill(atomic_word *bits, size_t words, uintptr_t pattern)
{
    for (size_t i = 0; i < words; i++)
        word_store(&bits[i], pattern);
}

/* Takes requests of the largest size until another arena is on `next`. Returns how many. */
static size_t fill_one_arena(void)
{
    size_t before = length_of(next), taken = 0;
    do {
        atomic_word *bits = new_mark_bits(gcbits_max_elements);
        ck_assert_ptr_nonnull(bits);
        ck_assert(all_zero(bits, gcbits_max_elements / 64));
        fill(bits, gcbits_max_elements / 64, ~(uintptr_t)0);
        taken++;
    } while (length_of(next) == before);
    return taken;
}

/* ---- Alone ---- */

START_TEST(bits_are_zero_aligned_and_apart)
{
    gcbits_init();
    for (size_t elements = 0; elements <= gcbits_max_elements; elements += 61) {
        size_t words = elements ? (elements + 63) / 64 : 1;
        atomic_word *a = new_mark_bits(elements), *b = new_alloc_bits(elements);
        ck_assert_uint_eq((uintptr_t)a % 8, 0);
        ck_assert(all_zero(a, words) && all_zero(b, words));
        fill(a, words, ~(uintptr_t)0);
        ck_assert(all_zero(b, words));
        fill(b, words, ~(uintptr_t)0);
    }
    ck_assert(gcbits_is_valid());
}
END_TEST

START_TEST(an_arena_is_used_up)
{
    gcbits_init();
    size_t in_an_arena = gcbits_arena_bytes / (gcbits_max_elements / 8) - 1;
    fill_one_arena();
    ck_assert_uint_eq(fill_one_arena(), in_an_arena);
    ck_assert_uint_eq(gcbits_bytes(), 2 * gcbits_arena_bytes);
    for (size_t i = 0; i < 64; i++) /* small requests still fit behind the last large one */
        ck_assert_ptr_nonnull(new_mark_bits(64));
    ck_assert(gcbits_is_valid());
}
END_TEST

START_TEST(arenas_go_round)
{
    gcbits_init();
    fill_one_arena();
    fill_one_arena(); /* `next` holds two full arenas' worth */
    size_t filled = length_of(next);
    for (int rotation = 1; rotation <= 3; rotation++) {
        next_mark_bit_arena_epoch();
        ck_assert_uint_eq(length_of(next), 0);
        ck_assert_uint_eq(length_of(rotation == 1   ? current
                                    : rotation == 2 ? previous
                                                    : spare),
                          filled);
        ck_assert(gcbits_is_valid());
    }
    size_t bytes = gcbits_bytes();
    fill_one_arena(); /* checks that recycled words are zero */
    ck_assert_uint_eq(gcbits_bytes(), bytes);
    ck_assert_uint_eq(length_of(spare), filled - 1);
    ck_assert(gcbits_is_valid());
}
END_TEST

START_TEST(bits_live_for_two_rotations)
{
    gcbits_init();
    atomic_word *bits = new_mark_bits(640);
    fill(bits, 10, 0x5ca1ab1e);
    for (int rotation = 0; rotation < 2; rotation++) {
        next_mark_bit_arena_epoch();
        fill_one_arena();
        for (int i = 0; i < 10; i++)
            ck_assert_uint_eq(word_load(&bits[i]), 0x5ca1ab1e);
    }
}
END_TEST

START_TEST(a_failing_map_loses_nothing)
{
    gcbits_init();
    os_fail_nth(1);
    ck_assert_ptr_null(new_mark_bits(64));
    ck_assert_uint_eq(os_fail_nth(0), 0);
    ck_assert(gcbits_is_valid());
    for (unsigned long n = 1; n < 4; n++) {
        os_fail_nth(n);
        while (new_mark_bits(gcbits_max_elements))
            if (length_of(next) > 8)
                break;
        ck_assert(gcbits_is_valid());
        os_fail_nth(0);
        ck_assert_ptr_nonnull(new_mark_bits(gcbits_max_elements));
    }
}
END_TEST

/* ---- Checks builds ---- */

START_TEST(fresh_bits_pass_the_check)
{
    gcbits_init();
    atomic_word *bits = new_mark_bits(64);
    gcbits_check_fresh(bits, 0);
    next_mark_bit_arena_epoch();
    gcbits_check_fresh(bits, 0);
    next_mark_bit_arena_epoch();
    gcbits_check_fresh(bits, 1);
}
END_TEST

START_TEST(bits_of_previous_are_too_old_to_mark)
{
    atomic_word *bits = new_mark_bits(64);
    next_mark_bit_arena_epoch();
    next_mark_bit_arena_epoch();
    gcbits_check_fresh(bits, 0);
}
END_TEST

START_TEST(recycled_bits_are_noticed)
{
    atomic_word *bits = new_mark_bits(64);
    for (int rotation = 0; rotation < 3; rotation++)
        next_mark_bit_arena_epoch();
    gcbits_check_fresh(bits, 1);
}
END_TEST

START_TEST(recycled_bits_are_poisoned)
{
    atomic_word *bits = new_mark_bits(64);
    for (int rotation = 0; rotation < 3; rotation++)
        next_mark_bit_arena_epoch();
    ck_assert_uint_ne(word_load(bits), 0);
}
END_TEST

/* ---- new_arena_may_unlock, one interleaving on purpose ---- */

static pthread_barrier_t both_unlocked;
static atomic_word *taken_by[2];

/* With the lock held, counting would deadlock; without, both threads meet here. */
static void meet_without_lock(void)
{
    length_of(next);
    pthread_barrier_wait(&both_unlocked);
}

static void *take_a_word(void *number)
{
    taken_by[*(int *)number] = new_mark_bits(64);
    return NULL;
}

/* Both threads find `next` without room and drop the lock; one arena is installed, the other is a
 * spare; both have bits, from the one that was installed. */
static void race_for_an_arena(void)
{
    size_t counts_before[lists], counts[lists];
    gcbits_count(counts_before);
    size_t bytes_before = gcbits_bytes();
    size_t recycled = counts_before[spare] < 2 ? counts_before[spare] : 2;

    pthread_barrier_init(&both_unlocked, NULL, 2);
    gcbits_unlocked_hook = meet_without_lock;
    unit_threads(2, take_a_word);
    gcbits_unlocked_hook = NULL;

    gcbits_count(counts);
    ck_assert_uint_eq(counts[next], counts_before[next] + 1);
    ck_assert_uint_eq(counts[spare], counts_before[spare] - recycled + 1);
    ck_assert_uint_eq(gcbits_bytes(), bytes_before + (2 - recycled) * gcbits_arena_bytes);
    ck_assert(taken_by[0] && taken_by[1]);
    ck_assert_ptr_ne(taken_by[0], taken_by[1]);
    ck_assert_uint_eq((uintptr_t)taken_by[0] / gcbits_arena_bytes,
                      (uintptr_t)taken_by[1] / gcbits_arena_bytes);
    ck_assert(all_zero(taken_by[0], 1) && all_zero(taken_by[1], 1));
    ck_assert(gcbits_is_valid());
}

START_TEST(two_threads_map_an_arena)
{
    gcbits_init();
    race_for_an_arena();
    size_t bytes = gcbits_bytes();
    fill_one_arena(); /* takes the spare: clean, no further memory */
    ck_assert_uint_eq(gcbits_bytes(), bytes);
    ck_assert_uint_eq(length_of(spare), 0);
}
END_TEST

START_TEST(two_threads_recycle_an_arena)
{
    gcbits_init();
    fill_one_arena();
    fill_one_arena();
    for (int rotation = 0; rotation < 3; rotation++)
        next_mark_bit_arena_epoch();
    race_for_an_arena();
    fill_one_arena();
}
END_TEST

START_TEST(one_maps_and_one_recycles)
{
    gcbits_init();
    ck_assert_ptr_nonnull(new_mark_bits(64));
    for (int rotation = 0; rotation < 3; rotation++)
        next_mark_bit_arena_epoch();
    race_for_an_arena();
}
END_TEST

/* ---- Threads and rotations ----
 *
 * Takers hold the world lock for reading while they are "busy"; the rotator takes it for writing,
 * which stands for a stopped world. It inspects everything that was handed out and is still alive:
 * each bitmap must hold what its taker wrote, until it is dropped just before the rotation that
 * recycles its arena. Overlapping bitmaps would hold another one's pattern.
 */
enum { takers = 4, rotations = 200, most_held = 3000, ages = 3 };

struct bitmap {
    atomic_word *bits;
    size_t words;
};

struct holding {
    struct bitmap bitmaps[most_held];
    size_t count;
};

static struct holding holdings[takers][ages]; /* youngest first */
static pthread_rwlock_t world;
static atomic_word takers_stop, bitmaps_taken;

static uintptr_t pattern_of(const struct bitmap *b)
{
    return (uintptr_t)b->bits ^ b->words << 56 ^ 0xa5a5;
}

static void take_and_write(struct holding *held, uint64_t *seed)
{
    if (held->count == most_held)
        return;
    size_t elements = unit_random(seed) % 8 ? 1 + unit_random(seed) % 512
                                            : 1 + unit_random(seed) % gcbits_max_elements;
    struct bitmap b = {unit_random(seed) % 2 ? new_mark_bits(elements) : new_alloc_bits(elements),
                       (elements + 63) / 64};
    if (!b.bits || !all_zero(b.bits, b.words))
        abort();
    gcbits_check_fresh(b.bits, 0);
    fill(b.bits, b.words, pattern_of(&b));
    held->bitmaps[held->count++] = b;
    word_add(&bitmaps_taken, 1);
}

static void *taker(void *number)
{
    int me = *(int *)number;
    uint64_t seed = 77 + (uint64_t)me;
    while (!word_load_acquire(&takers_stop)) {
        pthread_rwlock_rdlock(&world);
        for (int i = 0; i < 32; i++)
            take_and_write(&holdings[me][0], &seed);
        pthread_rwlock_unlock(&world);
    }
    return NULL;
}

static bool holds_pattern(const struct bitmap *b)
{
    for (size_t w = 0; w < b->words; w++) {
        if (word_load(&b->bits[w]) != pattern_of(b))
            return false;
    }
    return true;
}

static bool is_intact(const struct holding *held)
{
    for (size_t i = 0; i < held->count; i++) {
        if (!holds_pattern(&held->bitmaps[i]))
            return false;
    }
    return true;
}

static void verify_and_rotate(void)
{
    for (int t = 0; t < takers; t++) {
        for (int age = 0; age < ages; age++)
            ck_assert(is_intact(&holdings[t][age]));
        holdings[t][2] = holdings[t][1]; /* the oldest are dropped */
        holdings[t][1] = holdings[t][0];
        holdings[t][0].count = 0;
    }
    next_mark_bit_arena_epoch();
    ck_assert(gcbits_is_valid());
}

static void *rotator(void *unused)
{
    for (int i = 0; i < rotations; i++) {
        os_futex_wait((const uint32_t *)&takers_stop, 0, 2000000);
        pthread_rwlock_wrlock(&world);
        verify_and_rotate();
        pthread_rwlock_unlock(&world);
    }
    word_store_release(&takers_stop, 1);
    return unused;
}

static void *taker_or_rotator(void *number)
{
    return *(int *)number < takers ? taker(number) : rotator(NULL);
}

START_TEST(threads_take_bits_while_epochs_rotate)
{
    pthread_rwlockattr_t writers_first;
    pthread_rwlockattr_init(&writers_first);
    pthread_rwlockattr_setkind_np(&writers_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&world, &writers_first);
    gcbits_init();
    unit_threads(takers + 1, taker_or_rotator);
    ck_assert_uint_gt(word_load(&bitmaps_taken), rotations);
    ck_assert(gcbits_is_valid());
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, bits_are_zero_aligned_and_apart);
    tcase_add_test(tests, an_arena_is_used_up);
    tcase_add_test(tests, arenas_go_round);
    tcase_add_test(tests, bits_live_for_two_rotations);
    tcase_add_test(tests, a_failing_map_loses_nothing);
    tcase_add_test(tests, fresh_bits_pass_the_check);
    if (checks_enabled) {
        tcase_add_test_raise_signal(tests, bits_of_previous_are_too_old_to_mark, SIGABRT);
        tcase_add_test_raise_signal(tests, recycled_bits_are_noticed, SIGABRT);
        tcase_add_test(tests, recycled_bits_are_poisoned);
    }
    tcase_add_test(tests, two_threads_map_an_arena);
    tcase_add_test(tests, two_threads_recycle_an_arena);
    tcase_add_test(tests, one_maps_and_one_recycles);
    tcase_add_test(tests, threads_take_bits_while_epochs_rotate);
}

int main(void)
{
    return unit_run("gcbits", add_tests);
}
