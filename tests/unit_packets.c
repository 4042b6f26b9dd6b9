/* unit_packets.c: work that goes from marker to marker is done, and done once.
 *
 *   - packets are free, held or published, and none is lost or there twice;
 *   - only the collector gets what is for the collector;
 *   - trees of work, dealt out by as many threads as like: the collector sees the end when all of
 *     it is done, not earlier and not never; again and again;
 *   - who sleeps is woken.
 */
#include "mark/packets.h"
#include <sched.h>
#include <time.h>
#include "unit.h"

enum { helpers = 3, rounds = 150, deepest = 12 };

static struct mark_entry entry(uintptr_t start)
{
    return (struct mark_entry){start, 0};
}

static struct packet *packet_with(uintptr_t start)
{
    struct packet *p = packet_new();
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq(p->count, 0);
    p->entries[p->count++] = entry(start);
    return p;
}

/* ---- Alone ---- */

START_TEST(packets_are_used_up_and_come_back)
{
    static struct packet *held[packet_count];
    ck_assert(packets_init());
    for (int round = 0; round < 3; round++) {
        ck_assert_uint_eq(packets_free_count(), packet_count);
        for (size_t i = 0; i < packet_count; i++)
            held[i] = packet_with(i);
        ck_assert_ptr_null(packet_new());
        for (size_t i = 0; i < packet_count; i++) {
            ck_assert_uint_eq(held[i]->entries[0].start, i);
            packet_free(held[i]);
        }
    }
}
END_TEST

START_TEST(what_is_published_is_taken_once)
{
    ck_assert(packets_init());
    packets_begin(2);
    ck_assert(packets_are_wanted());
    for (uintptr_t i = 1; i <= 3; i++)
        packet_publish(packet_with(i), PACKETS_FOR_ANYONE);
    ck_assert(!packets_are_wanted());
    bool taken[4] = {false};
    for (int i = 0; i < 3; i++) {
        struct packet *p = packet_take(true, true);
        ck_assert_ptr_nonnull(p);
        ck_assert(!taken[p->entries[0].start]);
        taken[p->entries[0].start] = true;
        packet_free(p);
    }
    ck_assert(!packets_are_finished());
    ck_assert_ptr_null(packet_take(true, true));
    ck_assert(packets_are_finished());
    packets_wait(true); /* returns */
    ck_assert_ptr_null(packet_take(true, false));
    ck_assert_uint_eq(packets_free_count(), packet_count);
}
END_TEST

/* The test's thread is the collector and a helper in turns. */
START_TEST(who_takes_works)
{
    ck_assert(packets_init());
    packets_begin(2);
    packet_publish(packet_with(1), PACKETS_FOR_ANYONE);
    struct packet *p = packet_take(false, false); /* the helper */
    ck_assert_ptr_nonnull(p);
    ck_assert_ptr_null(packet_take(true, true)); /* the collector rests */
    ck_assert(!packets_are_finished());
    p->entries[0] = entry(2);
    packet_publish(p, PACKETS_FOR_COLLECTOR);
    ck_assert_ptr_null(packet_take(false, true));
    ck_assert(!packets_are_finished() && packets_wait_for_collector());
    ck_assert_ptr_null(packet_take(false, false));
    p = packet_take(true, false);
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq(p->entries[0].start, 2);
    packet_free(p);
    ck_assert(!packets_are_finished() && !packets_wait_for_collector());
    ck_assert_ptr_null(packet_take(true, true));
    ck_assert(packets_are_finished());
}
END_TEST

/* ---- Several threads ---- */

static atomic_word leaves, collectors_leaves;
static pthread_t collector;

/* An entry is a tree of that depth; every tenth leaf or so is for the collector. */
static void work(bool is_collector, struct packet *p)
{
    struct mark_entry stack[1000];
    size_t depth = 0;
    struct packet *held = NULL;
    for (; p != NULL; p = packet_take(is_collector, true)) {
        while (p->count > 0)
            stack[depth++] = p->entries[--p->count];
        packet_free(p);
        while (depth > 0) {
            struct mark_entry e = stack[--depth];
            if (e.start > 1) {
                stack[depth++] = entry(e.start - 1);
                stack[depth++] = (struct mark_entry){e.start - 1, e.descriptor + e.start};
            } else if (e.descriptor % 10 == 0 && !is_collector) {
                held = held == NULL ? packet_new() : held;
                ck_assert_ptr_nonnull(held);
                held->entries[held->count++] = e;
            } else {
                word_add(e.descriptor % 10 == 0 ? &collectors_leaves : &leaves, 1);
                ck_assert(e.descriptor % 10 != 0 || pthread_equal(pthread_self(), collector));
            }
            if (depth > 1 && packets_are_wanted()) {
                struct packet *surplus = packet_new();
                ck_assert_ptr_nonnull(surplus);
                surplus->entries[surplus->count++] = stack[--depth];
                packet_publish(surplus, PACKETS_FOR_ANYONE);
            }
            if (held != NULL && (depth == 0 || held->count == packet_entries)) {
                packet_publish(held, PACKETS_FOR_COLLECTOR);
                held = NULL;
            }
        }
    }
}

/* Until the process ends. */
static void *help(void *unused)
{
    for (;;) {
        packets_wait(false);
        work(false, packet_take(false, false));
    }
    return unused;
}

static void drain(void)
{
    for (uintptr_t depth = 1; depth <= deepest; depth++) {
        word_store(&leaves, 0);
        word_store(&collectors_leaves, 0);
        packets_begin(helpers + 1);
        work(true,
             (packet_publish(packet_with(depth), PACKETS_FOR_ANYONE), packet_take(true, true)));
        while (!packets_are_finished()) {
            packets_wait(true);
            work(true, packet_take(true, false));
        }
        ck_assert_uint_eq(word_load(&leaves) + word_load(&collectors_leaves), UINT64_C(1)
                                                                                  << (depth - 1));
        ck_assert_uint_eq(packets_free_count(), packet_count);
    }
}

START_TEST(trees_of_work)
{
    pthread_t thread;
    ck_assert(packets_init());
    collector = pthread_self();
    for (int i = 0; i < helpers; i++) {
        ck_assert_int_eq(pthread_create(&thread, NULL, help, NULL), 0);
        pthread_detach(thread);
    }
    for (int round = 0; round < rounds; round++)
        drain();
}
END_TEST

static atomic_word packets_done;

static void *help_slowly(void *unused)
{
    const struct timespec nap = {0, 20000000};
    for (;;) {
        packets_wait(false);
        struct packet *p = packet_take(false, false);
        if (p == NULL)
            continue;
        nanosleep(&nap, NULL);
        packet_free(p);
        word_add(&packets_done, 1);
        ck_assert_ptr_null(packet_take(false, true));
    }
    return unused;
}

/* Both have time to fall asleep: the helper before each drain, the collector in it. */
START_TEST(who_sleeps_is_woken)
{
    const struct timespec nap = {0, 20000000};
    pthread_t thread;
    ck_assert(packets_init());
    ck_assert_int_eq(pthread_create(&thread, NULL, help_slowly, NULL), 0);
    pthread_detach(thread);
    for (uintptr_t drains = 1; drains <= 10; drains++) {
        nanosleep(&nap, NULL);
        packets_begin(3);
        packet_publish(packet_with(1), PACKETS_FOR_ANYONE);
        while (!packets_are_wanted()) /* the helper has it */
            sched_yield();
        ck_assert_ptr_null(packet_take(true, true));
        while (!packets_are_finished())
            packets_wait(true);
        ck_assert_uint_eq(word_load(&packets_done), drains);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, packets_are_used_up_and_come_back);
    tcase_add_test(tests, what_is_published_is_taken_once);
    tcase_add_test(tests, who_takes_works);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, who_sleeps_is_woken);
    tcase_add_test(tests, trees_of_work);
}

int main(void)
{
    return unit_run("packets", add_tests);
}
