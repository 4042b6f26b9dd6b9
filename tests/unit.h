/* unit.h: what the unit tests share: a main() for one test case, threads, a random sequence.
 *
 * Each test runs in a process of its own (Check forks), so modules start afresh.
 */
#ifndef SPANGC_TESTS_UNIT_H
#define SPANGC_TESTS_UNIT_H

#include <check.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include "platform/os.h"

enum { unit_timeout_s = 240 }; /* what takes seconds on a quiet machine */

/* True under sanitizers and valgrind, which want address space, signals and locked memory for
 * themselves. */
static inline bool unit_under_tools(void)
{
    extern void __asan_init(void) __attribute__((weak));
    return __asan_init != NULL || os_address_hints_forbidden();
}

static inline int unit_run(const char *name, void (*add_tests)(TCase *))
{
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, unit_timeout_s);
    add_tests(tests);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* xorshift: the same sequence in every run. */
static inline uint64_t unit_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Runs `body` in `count` threads, with a pointer to the thread's number, and waits for them. */
static inline void unit_threads(int count, void *(*body)(void *))
{
    enum { most = 16 };
    pthread_t threads[most];
    static int numbers[most];
    ck_assert_int_le(count, most);
    for (int i = 0; i < count; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, body, &numbers[i]), 0);
    }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

#endif
