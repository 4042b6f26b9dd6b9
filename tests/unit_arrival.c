/* unit_arrival.c: a created thread on its way to the registry in which a handler of the program has
 * run. (One in which none has: unit_threads.)
 *
 * Linked with libc's calls taken over, as a program is linked to libspangc.a.
 */
#define _GNU_SOURCE 1
#include "unit.h"
#include <signal.h>
#include "heap/heap.h"
#include "platform/atomics.h"
#include "platform/check.h"
#include "threads/realcalls.h"
#include "threads/record.h"
#include "threads/registry.h"
#include "threads/stop.h"
#include "threads/tardy.h"

enum { looks = 100, look_ns = 1000000 };

static atomic_word handled;

static void note_signal(int signal_number)
{
    (void)signal_number;
    word_store_release(&handled, 1);
}

/* As if the signal had come before the first instruction of ours. Who creates the thread has the
 * registry lock and so blocks it. */
static void *meet_handler_and_register(void *record)
{
    signals_set_mask(0);
    check(raise(SIGUSR1) == 0);
    check(thread_self == NULL && thread_register_created(record) != NULL);
    record_finished(record);
    return NULL;
}

static void wait_until_handled(void)
{
    while (word_load_acquire(&handled) == 0)
        os_nap(look_ns);
}

/* A thread that says that it has arrived is given the time to say so. Else it is on its way to the
 * lock or waits for it: there, too, it has to be found. */
static unsigned threads_at_an_arrival(struct record *r, pthread_t *handle)
{
    struct stop_report report;
    struct tardy tardy = {0};
    registry_lock();
    check(pthread_create_real(handle, NULL, meet_handler_and_register, r) == 0);
    wait_until_handled();
    for (int i = 0; i < looks && word_load_acquire(&r->arrived) == 0; i++)
        os_nap(look_ns);
    check(stop_locked(&report, &tardy));
    check(threads_are_valid());
    world_start();
    return report.threads;
}

/* The handler may have put the only pointer to an object where none but its thread's roots are. */
START_TEST(who_has_met_a_handler_is_stopped_before_it_registers)
{
    pthread_t handle;
    ck_assert(heap_init());
    ck_assert(threads_init());
    ck_assert(signal(SIGUSR1, note_signal) != SIG_ERR);
    struct record *r = record_new(meet_handler_and_register, NULL, false);
    ck_assert_uint_eq(threads_at_an_arrival(r, &handle), 2);
    record_created(r, handle);
    pthread_join(handle, NULL);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, who_has_met_a_handler_is_stopped_before_it_registers, 0, 5);
}

int main(void)
{
    return unit_run("arrival", add_tests);
}
