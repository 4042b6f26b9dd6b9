/* unit_record.c: records of threads: found by their handles, and free in the end. */
#include "unit.h"
#include <time.h>
#include "heap/heap.h"
#include "platform/check.h"
#include "threads/record.h"
#include "threads/registry.h"
#include "threads/thread.h"

static void begin(void)
{
    ck_assert(heap_init());
    ck_assert(threads_init());
}

static void *give_back(void *argument)
{
    return argument;
}

static int values;
static void *last_value;

static void count_value(uintptr_t low, uintptr_t high, void *unused)
{
    ck_assert_uint_eq(high - low, sizeof(void *));
    last_value = *(void **)low;
    values++;
    (void)unused;
}

static int count_values(void)
{
    values = 0;
    records_for_each_value(count_value, NULL);
    return values;
}

static pthread_t handle_at(int i)
{
    return (pthread_t)((i + 1) * UINT64_C(0x1000));
}

START_TEST(a_record_lives_until_nobody_asks)
{
    begin();
    struct record *r = record_new(give_back, &values, false);
    ck_assert_int_eq(count_values(), 1);
    record_created(r, handle_at(0));
    ck_assert_ptr_eq(record_of(handle_at(0)), r);
    r->value = NULL;
    ck_assert_int_eq(count_values(), 0);
    r->value = &last_value;
    record_finished(r);
    ck_assert_int_eq(count_values(), 1);
    ck_assert_ptr_eq(last_value, &last_value);
    record_joined(r);
    ck_assert_int_eq(count_values(), 0);
    ck_assert_uint_eq(records_count(), 0);
    ck_assert_ptr_null(record_of(handle_at(0)));
}
END_TEST

START_TEST(detached_before_or_after_the_end)
{
    begin();
    struct record *before = record_new(give_back, NULL, false);
    struct record *after = record_new(give_back, NULL, false);
    struct record *from_birth = record_new(give_back, NULL, true);
    record_created(before, handle_at(0));
    record_created(after, handle_at(1));
    record_created(from_birth, handle_at(2));
    ck_assert_ptr_null(record_of(handle_at(2)));
    record_detached(before);
    ck_assert_uint_eq(records_count(), 3);
    record_finished(before);
    record_finished(after);
    record_finished(from_birth);
    ck_assert_uint_eq(records_count(), 1);
    record_detached(after);
    ck_assert_uint_eq(records_count(), 0);
}
END_TEST

/* The thread is over before its creator has come to publish it. */
START_TEST(a_slow_creator)
{
    begin();
    struct record *r = record_new(give_back, NULL, false);
    registry_lock();
    record_begun(r);
    registry_unlock();
    record_finished(r);
    ck_assert_ptr_eq(record_of(pthread_self()), r);
    record_joined(r);
    ck_assert_uint_eq(records_count(), 1);
    record_created(r, pthread_self());
    ck_assert_uint_eq(records_count(), 0);
}
END_TEST

START_TEST(the_newest_of_a_handle_is_found_also_when_the_table_has_grown)
{
    enum { crowd = 1000 };
    struct record *crowded[crowd];
    begin();
    struct record *first = record_new(give_back, NULL, false);
    struct record *second = record_new(give_back, NULL, false);
    record_created(second, handle_at(0));
    record_created(first, handle_at(0));
    for (int i = 0; i < crowd; i++) {
        crowded[i] = record_new(give_back, NULL, false);
        record_created(crowded[i], handle_at(i + 1));
    }
    ck_assert_ptr_eq(record_of(handle_at(0)), first);
    record_joined(first);
    ck_assert_ptr_eq(record_of(handle_at(0)), second);
    for (int i = 0; i < crowd; i++) {
        ck_assert_ptr_eq(record_of(handle_at(i + 1)), crowded[i]);
        record_joined(crowded[i]);
    }
    ck_assert_uint_eq(records_count(), 1);
}
END_TEST

START_TEST(a_forked_child_keeps_its_own)
{
    begin();
    struct record *mine = record_adopt();
    struct record *other = record_new(give_back, &values, false);
    record_created(other, handle_at(0));
    records_keep_only(pthread_self());
    ck_assert_uint_eq(records_count(), 1);
    record_joined(other); /* as if the fork had come out of a handler in pthread_join */
    record_finished(mine);
    ck_assert_uint_eq(records_count(), 0);
}
END_TEST

static void *create_many(void *argument)
{
    enum { rounds = 500 };
    for (int i = 0; i < rounds; i++) {
        pthread_t handle;
        void *result = NULL;
        check(thread_create(&handle, NULL, give_back, argument) == 0);
        if (i % 2 == 0)
            check(thread_join(handle, &result) == 0 && result == argument);
        else
            check(thread_detach(handle) == 0);
    }
    return NULL;
}

/* Handles are used again at once. */
START_TEST(no_record_is_left_over)
{
    begin();
    unit_threads(4, create_many);
    struct timespec time = {0, 1000000};
    for (int i = 0; i < 1000 && records_count() > 0; i++)
        nanosleep(&time, NULL);
    ck_assert_uint_eq(records_count(), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_record_lives_until_nobody_asks);
    tcase_add_test(tests, detached_before_or_after_the_end);
    tcase_add_test(tests, a_slow_creator);
    tcase_add_test(tests, the_newest_of_a_handle_is_found_also_when_the_table_has_grown);
    tcase_add_test(tests, a_forked_child_keeps_its_own);
    tcase_add_test(tests, no_record_is_left_over);
}

int main(void)
{
    return unit_run("record", add_tests);
}
