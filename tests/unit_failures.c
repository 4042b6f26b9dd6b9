/* unit_failures.c: the n-th call of the system that can fail, fails, for every n: at the start and
 * while the heap grows. The result is an object or NULL, nothing allocated before is harmed, and at
 * most one line is printed. */
#include "unit.h"
#include <gc.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include "platform/os.h"

enum {
    last_start_call = 40,  /* more than there are */
    last_growth_call = 60, /* the first of many alike */
    small_objects = 400000,
    large_objects = 24,
    large_bytes = 1 << 20
};

/* ---- What is printed ---- */

static int error_pipe[2];

static void capture_errors(void)
{
    ck_assert_int_eq(pipe(error_pipe), 0);
    dup2(error_pipe[1], STDERR_FILENO);
    close(error_pipe[1]);
}

static int lines_printed(void)
{
    char text[4096];
    int lines = 0;
    close(STDERR_FILENO);
    ssize_t length = read(error_pipe[0], text, sizeof text);
    for (ssize_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    return lines;
}

/* ---- The start ---- */

START_TEST(a_start_that_fails_is_told_and_final)
{
    capture_errors();
    os_fail_nth((unsigned long)_i);
    char *p = GC_malloc(100);
    os_fail_nth(0);
    char *q = GC_malloc(100);
    if (p != NULL)
        memset(p, 1, 100);
    if (q != NULL)
        memset(q, 2, 100);
    GC_gcollect();
    bool started = q != NULL;
    ck_assert_int_eq(GC_get_heap_size() > 0, started);
    ck_assert_int_le(lines_printed(), started ? 0 : 1);
}
END_TEST

/* ---- Growth ---- */

struct cell {
    struct cell *next;
    size_t number;
    size_t check[6];
};

static struct cell *list;
static size_t list_length;
static size_t dirty; /* words that were not 0 (Check's own assertions are slow) */

static bool add_small(void)
{
    struct cell *c = GC_MALLOC(sizeof *c);
    if (c == NULL)
        return false;
    for (size_t i = 0; i < 6; i++)
        dirty += c->check[i] != 0;
    c->check[5] = c->number = list_length++;
    c->next = list;
    list = c;
    return true;
}

static bool list_is_intact(void)
{
    size_t n = list_length;
    bool intact = true;
    for (const struct cell *c = list; c != NULL; c = c->next) {
        n--;
        intact &= c->number == n && c->check[5] == n;
    }
    return intact && n == 0;
}

START_TEST(growth_with_small_objects)
{
    size_t refused = 0;
    capture_errors();
    GC_INIT();
    os_fail_nth((unsigned long)_i);
    for (size_t i = 0; i < small_objects; i++)
        refused += !add_small();
    ck_assert_uint_le(refused, 1);
    GC_gcollect();
    ck_assert(list_is_intact());
    ck_assert_uint_eq(dirty, 0);
    ck_assert_int_le(lines_printed(), 1);
}
END_TEST

static unsigned char *large[large_objects];

START_TEST(growth_with_large_objects)
{
    size_t refused = 0;
    capture_errors();
    GC_INIT();
    os_fail_nth((unsigned long)_i);
    for (size_t i = 0; i < large_objects; i++) {
        large[i] = GC_MALLOC(large_bytes);
        refused += large[i] == NULL;
        if (large[i] != NULL)
            memset(large[i], (int)i, large_bytes);
    }
    ck_assert_uint_le(refused, 1);
    GC_gcollect();
    for (size_t i = 0; i < large_objects; i++)
        for (size_t at = 0; large[i] != NULL && at < large_bytes; at += 509)
            dirty += large[i][at] != i;
    ck_assert_uint_eq(dirty, 0);
    ck_assert_int_le(lines_printed(), 1);
}
END_TEST

/* ---- Finalizers and links ---- */

static void finalizer(void *object, void *data)
{
    (void)object;
    (void)data;
}

static size_t oom_calls;

static void *on_no_memory(size_t bytes)
{
    (void)bytes;
    oom_calls++;
    return NULL;
}

START_TEST(registrations)
{
    static void *link;
    GC_finalization_proc old = finalizer;
    capture_errors();
    GC_set_oom_fn(on_no_memory);
    void *p = GC_MALLOC(16);
    os_fail_nth((unsigned long)_i);
    GC_register_finalizer(p, finalizer, NULL, &old, NULL);
    bool registered = oom_calls == 0;
    ck_assert(registered ? old == NULL : old == finalizer);
    int linked = GC_general_register_disappearing_link(&link, p);
    ck_assert_int_eq(linked, _i == 3 ? GC_NO_MEMORY : GC_SUCCESS);
    ck_assert_uint_eq(oom_calls, 1);
    os_fail_nth(0);
    GC_register_finalizer(p, finalizer, NULL, &old, NULL);
    ck_assert(registered ? old == finalizer : old == NULL);
    ck_assert_int_eq(lines_printed(), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, a_start_that_fails_is_told_and_final, 1, last_start_call);
    tcase_add_loop_test(tests, growth_with_small_objects, 1, last_growth_call);
    tcase_add_loop_test(tests, growth_with_large_objects, 1, last_growth_call);
    tcase_add_loop_test(tests, registrations, 1, 4); /* records, their table, links */
}

int main(void)
{
    return unit_run("failures", add_tests);
}
