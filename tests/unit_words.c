/* unit_words.c: the filters and collectors of words.
 *
 *   - the scalar filter says what words.h says, tried on words around both bounds;
 *   - each of the processor's own agrees with it, for all counts and alignments to a word;
 *   - collectors store what the filter says, in order, leave the rest alone that is not theirs, and
 *     write no further than they may;
 *   - none reads beyond its words, which end at a page that cannot be read;
 *   - the marker finds every pointer of a long range through them.
 */
#include "unit.h"
#include <sys/mman.h>
#include "handcycle.h"
#include "heap/sweep.h"
#include "mark/words.h"

enum { page = 4096, page_words = page / sizeof(uintptr_t), rounds = 8 };

/* Where ranges may lie: the heap's own, with the sign bit set, across the middle, and all. */
static const struct {
    uintptr_t base;
    size_t size;
} ranges[] = {
    {0x100000000000, (size_t)64 << 30},
    {0x7f0000000000, 0x400000},
    {0xffff800000000000, 1 << 22},
    {UINT64_C(0x7fffffffffc00000), 0x800000},
    {8, SIZE_MAX - 16},
    {0x400000, 0},
};
enum { range_count = sizeof ranges / sizeof ranges[0] };

/* Two in three near a bound of the range or inside, the others anything, or small. */
static uintptr_t random_word(uint64_t *random, unsigned range)
{
    uintptr_t base = ranges[range].base;
    size_t size = ranges[range].size;
    uintptr_t near = unit_random(random) % 5 - 2;
    switch (unit_random(random) % 6) {
    case 0:
        return base + near;
    case 1:
        return base + size + near;
    case 2:
    case 3:
        return base + (size == 0 ? 0 : unit_random(random) % size);
    case 4:
        return near;
    default:
        return unit_random(random);
    }
}

/* Two pages, the second of which cannot be read: the end of the first. */
static uintptr_t *readable_end(void)
{
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(pages, MAP_FAILED);
    ck_assert_int_eq(mprotect(pages + page, page, PROT_NONE), 0);
    return (uintptr_t *)(pages + page);
}

START_TEST(scalar_is_the_specification)
{
    for (unsigned r = 0; r < range_count; r++) {
        uintptr_t base = ranges[r].base, high = base + ranges[r].size;
        uintptr_t words[] = {base - 1, base, high - 1, high, high + 1, base};
        uint64_t expected = ranges[r].size == 0 ? 0 : 1 << 1 | 1 << 2;
        ck_assert_uint_eq(words_scalar(words, 5, base, ranges[r].size), expected);
        expected |= ranges[r].size == 0 ? 0 : 1 << 5;
        ck_assert_uint_eq(words_scalar(words, 6, base, ranges[r].size), expected);
    }
    ck_assert_uint_eq(words_scalar(NULL, 0, 0, SIZE_MAX), 0);
}
END_TEST

static void agrees(words_function *variant, uintptr_t *end, uint64_t *random)
{
    for (size_t count = 0; count <= words_most; count++)
        for (size_t behind = 0; behind < 8; behind++) {
            unsigned r = (unsigned)(unit_random(random) % range_count);
            for (size_t i = 1; i <= words_most + 8; i++)
                end[-(ptrdiff_t)i] = random_word(random, r);
            const uintptr_t *words = end - behind - count;
            uint64_t found = variant(words, count, ranges[r].base, ranges[r].size);
            ck_assert_uint_eq(found, words_scalar(words, count, ranges[r].base, ranges[r].size));
        }
}

START_TEST(variants_agree_with_scalar)
{
    uint64_t random = 88172645463325252;
    uintptr_t *end = readable_end();
    words_function *variant;
    for (unsigned number = 0; (variant = words_variant(number)) != NULL; number++)
        for (int round = 0; round < rounds; round++)
            agrees(variant, end, &random);
}
END_TEST

/* ---- Collectors ---- */

enum { entries = 40, guard = 0x5a };

/* What words.h promises, by way of the filter. */
static size_t expected_words(const struct mark_entry *e, size_t count, unsigned range,
                             uintptr_t *expected)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const uintptr_t *words = (const uintptr_t *)e[i].start;
        size_t length = e[i].descriptor / sizeof *words;
        uint64_t bits = words_scalar(words, length, ranges[range].base, ranges[range].size);
        for (; bits != 0; bits &= bits - 1)
            expected[found++] = words[__builtin_ctzll(bits)];
    }
    return found;
}

static void collects(words_collector *collect, const struct mark_entry *e, size_t count,
                     unsigned range)
{
    uintptr_t expected[entries * words_short];
    uintptr_t out[entries * words_short + words_overhang + 1];
    size_t length = expected_words(e, count, range, expected);
    memset(out, guard, sizeof out);
    struct words_found found = collect(e, e + entries, out, ranges[range].base, ranges[range].size);
    ck_assert_ptr_eq(found.rest, e + count);
    ck_assert_ptr_eq(found.end, out + length);
    ck_assert_mem_eq(out, expected, length * sizeof *out);
    for (size_t i = length + words_overhang; i < sizeof out / sizeof *out; i++)
        ck_assert_uint_eq(out[i], (uintptr_t)0x5a5a5a5a5a5a5a5a);
}

/* Lengths that are none of its business: too long, no whole words, another tag, nearly all bits. */
static const uintptr_t others[] = {
    (words_short + 1) * sizeof(uintptr_t), 20, 64 | 1, 8 | 2, 3, (uintptr_t)-8, UINT64_C(1) << 63};

static void collects_random_entries(words_collector *collect)
{
    enum { others_count = sizeof others / sizeof others[0] };
    uint64_t random = 362436069362436069;
    uintptr_t *end = readable_end();
    for (unsigned round = 0; round < 2000; round++) {
        unsigned range = round % range_count;
        struct mark_entry e[entries];
        for (size_t i = 1; i <= words_short + 8; i++)
            end[-(ptrdiff_t)i] = random_word(&random, range);
        for (size_t i = 0; i < entries; i++) {
            size_t length = unit_random(&random) % (words_short + 1);
            uintptr_t *start = end - length - unit_random(&random) % 2 * 8;
            e[i] = (struct mark_entry){(uintptr_t)start, length * sizeof *start};
        }
        size_t stop = unit_random(&random) % (entries + 1);
        if (stop < entries)
            e[stop].descriptor = others[round % others_count];
        collects(collect, e, stop, range);
    }
}

START_TEST(collectors_store_what_the_filter_finds)
{
    collects_random_entries(words_collect_scalar);
    if (words_collect_variant() != NULL)
        collects_random_entries(words_collect_variant());
}
END_TEST

START_TEST(choice)
{
    ck_assert_ptr_eq((void *)(uintptr_t)words_filter, (void *)(uintptr_t)words_scalar);
    words_init();
    words_function *best = words_variant(0) != NULL ? words_variant(0) : words_scalar;
    ck_assert_ptr_eq((void *)(uintptr_t)words_filter, (void *)(uintptr_t)best);
    words_collector *collector = words_collect_variant();
    ck_assert(words_collect == (collector != NULL ? collector : words_collect_scalar));
}
END_TEST

/* ---- The marker ---- */

enum { length_limit = 131 };

/* Which words of a range are pointers: all of them, one in three, the last only, the first only. */
static bool is_pointer(int pattern, size_t i, size_t length)
{
    switch (pattern) {
    case 0:
        return true;
    case 1:
        return i % 3 == 1;
    case 2:
        return i + 1 == length;
    default:
        return i == 0;
    }
}

/* A range of `length` words, in memory of the program or in an object; another pointer follows. */
static void marks_the_pointers(char **targets, size_t length, int pattern, bool in_object)
{
    uintptr_t roots[length_limit + 1];
    uintptr_t *object = in_object ? hand_alloc(sizeof roots, KIND_NORMAL) : NULL;
    uintptr_t *words = in_object ? object : roots;
    for (size_t i = 0; i < length; i++)
        words[i] = is_pointer(pattern, i, length) ? (uintptr_t)targets[i] : i;
    words[length] = (uintptr_t)targets[length];
    hand_begin(&hand_cache, 1);
    if (in_object)
        mark_push(&hand_marker, (struct mark_entry){(uintptr_t)words, length * sizeof(uintptr_t)});
    else
        mark_range(&hand_marker, (uintptr_t)words, (uintptr_t)(words + length));
    mark_drain(&hand_marker);
    for (size_t i = 0; i < length; i++)
        ck_assert_int_eq(hand_is_marked(targets[i]), is_pointer(pattern, i, length));
    ck_assert(!hand_is_marked(targets[length]));
    for (size_t i = 0; i <= length_limit; i++)
        mark_word(&hand_marker, (uintptr_t)targets[i]);
    hand_end();
    ck_assert(sweep_finish());
}

START_TEST(marker_finds_all_pointers)
{
    hand_init();
    char *targets[length_limit + 1];
    for (size_t i = 0; i <= length_limit; i++)
        targets[i] = hand_alloc(16, KIND_ATOMIC);
    for (size_t length = 0; length < length_limit; length++)
        for (int pattern = 0; pattern < 4; pattern++)
            marks_the_pointers(targets, length, pattern, _i);
    hand_check();
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, scalar_is_the_specification);
    tcase_add_test(tests, variants_agree_with_scalar);
    tcase_add_test(tests, collectors_store_what_the_filter_finds);
    tcase_add_test(tests, choice);
    tcase_add_loop_test(tests, marker_finds_all_pointers, false, true + 1);
}

int main(void)
{
    return unit_run("words", add_tests);
}
