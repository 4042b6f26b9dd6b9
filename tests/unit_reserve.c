/* unit_reserve.c: allocation in a handler that has interrupted the allocator. Being busy is all
 * that such a handler sees, so the tests are busy by themselves.
 */
#include "unit.h"
#include <string.h>
#include "api/api.h"
#include "heap/alloc.h"
#include "heap/heap.h"
#include "heap/reserve.h"
#include "heap/sweep.h"

static void begin(void)
{
    GC_INIT();
    ck_assert(GC_malloc(1) != NULL);
}

/* Objects of 64 bytes that can be had in one interruption. The array is a root. */
enum { most = 1 << 16 };
static char *objects[most];

static bool is_filled(const char *object, size_t bytes, char with)
{
    for (size_t i = 0; i < bytes; i++)
        if (object[i] != with)
            return false;
    return true;
}

static size_t allocate_interrupted(size_t count, size_t (*size)(void), size_t bytes_wanted)
{
    size_t sum = 0;
    ck_assert(busy_enter(thread_self));
    for (size_t i = 0; i < count && sum < bytes_wanted; i++) {
        size_t bytes = size();
        objects[i] = GC_malloc(bytes);
        if (objects[i] == NULL)
            break;
        ck_assert(is_filled(objects[i], bytes, 0));
        memset(objects[i], (int)i | 1, bytes);
        sum += bytes;
    }
    busy_leave(thread_self);
    return sum;
}

static size_t size_64(void)
{
    return 64;
}

static size_t size_1(void)
{
    return 1;
}

static size_t size_32k(void)
{
    return 32 * 1024;
}

static size_t size_60000(void)
{
    return 60000;
}

static size_t size_random(void)
{
    static uint64_t state = 88172645463325252;
    return unit_random(&state) % (size_t)(1 << unit_random(&state) % 14) + 1;
}

static size_t (*const sizes[])(void) = {size_64, size_32k, size_60000, size_random};

START_TEST(each_interruption_has_64_kib)
{
    begin();
    for (int round = 0; round < 100; round++) {
        ck_assert_uint_ge(allocate_interrupted(most, sizes[_i], reserve_bytes), 60000);
        if (round % 10 == 9)
            GC_gcollect();
        ck_assert(GC_malloc(64) != NULL);
    }
}
END_TEST

START_TEST(it_ends_and_is_filled_again)
{
    begin();
    for (int round = 0; round < 20; round++) {
        size_t sum = allocate_interrupted(most, size_64, SIZE_MAX);
        ck_assert_uint_ge(sum, reserve_bytes);
        ck_assert_uint_le(sum, 4 * reserve_pages * page_bytes);
        ck_assert(GC_malloc(64) != NULL);
    }
    ck_assert_uint_ge(allocate_interrupted(most, size_1, SIZE_MAX), reserve_bytes / 16);
}
END_TEST

START_TEST(objects_of_a_reserve_are_like_others)
{
    begin();
    size_t sum = allocate_interrupted(500, size_64, SIZE_MAX);
    ck_assert_uint_eq(sum, 500 * 64);
    for (int cycle = 0; cycle < 4; cycle++)
        GC_gcollect();
    for (int i = 0; i < 500; i++) {
        ck_assert_ptr_eq(GC_base(objects[i] + 63), objects[i]);
        ck_assert_uint_ge(GC_size(objects[i]), 64);
        ck_assert(is_filled(objects[i], 64, (char)(i | 1)));
    }
    for (int i = 0; i < 250; i++)
        GC_free(objects[i]);
    memset(objects, 0, sizeof objects);
    GC_gcollect();
    ck_assert(busy_enter(thread_self));
    while (sweep_one(SWEPT_BY_ALLOCATOR))
        continue;
    busy_leave(thread_self);
    ck_assert_uint_lt(word_load(&heap.live), 16384);
}
END_TEST

static unsigned kind_of(const void *p)
{
    struct object o;
    ck_assert(find_object((uintptr_t)p, &o) && o.base == (uintptr_t)p);
    return o.span->kind;
}

START_TEST(kinds_are_kept)
{
    begin();
    ck_assert(busy_enter(thread_self));
    char *atomic = GC_malloc_atomic(100);
    char *kept = GC_malloc_uncollectable(100);
    char *aligned = GC_memalign(1024, 100);
    char *copy = GC_realloc(GC_strdup("a string"), 1000);
    GC_free(copy); /* ignored */
    busy_leave(thread_self);
    ck_assert(atomic != NULL && kept != NULL && copy != NULL);
    ck_assert_str_eq(copy, "a string");
    ck_assert_uint_eq((uintptr_t)aligned % 1024, 0);
    ck_assert_uint_eq(kind_of(atomic), KIND_ATOMIC);
    ck_assert_uint_eq(kind_of(kept), KIND_UNCOLLECTABLE);
    GC_free(kept);
}
END_TEST

static void *interrupted_in_thread(void *unused)
{
    ck_assert(busy_enter(thread_self));
    void *object = GC_malloc(64);
    busy_leave(thread_self);
    ck_assert(object != NULL && GC_malloc(64) != NULL);
    ck_assert_ptr_nonnull(thread_self->reserve);
    return unused;
}

static size_t bytes_in_use(void)
{
    ck_assert(busy_enter(thread_self));
    size_t bytes = heap_bytes_in_use();
    busy_leave(thread_self);
    return bytes;
}

START_TEST(reserves_are_recycled_with_their_threads)
{
    begin();
    size_t in_use = 0;
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        ck_assert_int_eq(thread_create(&thread, NULL, interrupted_in_thread, NULL), 0);
        pthread_join(thread, NULL);
        if (i == 10)
            in_use = bytes_in_use();
    }
    ck_assert_uint_le(bytes_in_use(), in_use + (1 << 20));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, each_interruption_has_64_kib, 0, 4);
    tcase_add_test(tests, it_ends_and_is_filled_again);
    tcase_add_test(tests, objects_of_a_reserve_are_like_others);
    tcase_add_test(tests, kinds_are_kept);
    tcase_add_test(tests, reserves_are_recycled_with_their_threads);
}

int main(void)
{
    return unit_run("reserve", add_tests);
}
