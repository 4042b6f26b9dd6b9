/* verify.c: what the second marker of --enable-checks says when words change in the pause.
 *
 * A mark procedure plays the words that change: it is asked by the marker and by each walk of the
 * verifier in turn, and names its targets in some of these only. They have no other pointers but
 * disguised ones; a few may be kept by what lies about on the stack, so there are many.
 */
#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#include "unit.h"
#include <gc.h>
#include <gc/gc_mark.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>
#include "platform/atomics.h"
#include "platform/check.h"

enum { targets = 200 };

static GC_word disguised[targets];
static atomic_word times_asked, answers; /* a bit for each time that the targets are named */
static void *volatile changing;          /* asks for answers */

static struct GC_ms_entry *answer(GC_word *at, struct GC_ms_entry *top, struct GC_ms_entry *limit,
                                  GC_word env)
{
    (void)env;
    if ((word_load(&answers) >> word_add(&times_asked, 1) & 1) == 0)
        return top;
    for (int i = 0; i < targets; i++) {
        void *target = (void *)~disguised[i];
        top = GC_MARK_AND_PUSH(target, top, limit, (void **)at);
    }
    return top;
}

static void __attribute__((noinline)) make_targets(void)
{
    for (int i = 0; i < targets; i++)
        disguised[i] = ~(GC_word)GC_malloc_atomic(32);
}

static void collect_with_answers(uintptr_t bits, uintptr_t times)
{
    GC_INIT();
    unsigned kind =
        GC_new_kind(GC_new_free_list(), GC_MAKE_PROC(GC_new_proc(answer), (GC_word)0), 0, 1);
    changing = GC_generic_malloc(64, (int)kind);
    make_targets();
    word_store(&times_asked, 0);
    word_store(&answers, bits);
    GC_gcollect();
    ck_assert_uint_eq(word_load(&times_asked), times);
}

/* ---- Nobody is blocked: the marker, then a walk ---- */

enum { MARKER = 1, WALK = 2 };

START_TEST(the_same_twice)
{
    collect_with_answers(MARKER | WALK, 2);
}
END_TEST

START_TEST(what_only_the_marker_reached)
{
    collect_with_answers(MARKER, 2);
}
END_TEST

START_TEST(what_only_the_walk_reached)
{
    collect_with_answers(WALK, 2);
}
END_TEST

/* ---- With a blocked thread: a walk, the marker, a walk ---- */

enum { BEFORE = 1, MARKER_AFTER = 2, AFTER = 4 };

static sem_t is_blocked;

static void *wait_for_ever(void *unused)
{
    sem_post(&is_blocked);
    for (;;)
        pause();
    return unused;
}

static void *block(void *unused)
{
    struct GC_stack_base here;
    GC_get_stack_base(&here);
    GC_register_my_thread(&here);
    GC_do_blocking(wait_for_ever, NULL);
    return unused;
}

static void collect_beside_blocked(uintptr_t bits)
{
    pthread_t thread;
    GC_INIT();
    GC_allow_register_threads();
    sem_init(&is_blocked, 0, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, block, NULL), 0);
    while (sem_wait(&is_blocked) != 0)
        continue;
    collect_with_answers(bits, 3);
}

START_TEST(a_pointer_may_vanish)
{
    collect_beside_blocked(BEFORE | MARKER_AFTER);
}
END_TEST

START_TEST(before_the_marker_reads_it_or_after)
{
    collect_beside_blocked(BEFORE);
}
END_TEST

START_TEST(what_was_never_reachable)
{
    collect_beside_blocked(MARKER_AFTER);
}
END_TEST

START_TEST(what_the_marker_has_missed)
{
    collect_beside_blocked(BEFORE | AFTER);
}
END_TEST

static void add_tests(TCase *tests)
{
    if (!checks_enabled)
        return;
    tcase_add_test(tests, the_same_twice);
    tcase_add_test_raise_signal(tests, what_only_the_marker_reached, SIGABRT);
    tcase_add_test_raise_signal(tests, what_only_the_walk_reached, SIGABRT);
    tcase_add_test(tests, a_pointer_may_vanish);
    tcase_add_test(tests, before_the_marker_reads_it_or_after);
    tcase_add_test_raise_signal(tests, what_was_never_reachable, SIGABRT);
    tcase_add_test_raise_signal(tests, what_the_marker_has_missed, SIGABRT);
}

int main(void)
{
    return unit_run("verify", add_tests);
}
