/* idle_memory.c: a program that drops most of its heap and goes to sleep gets smaller by itself.
 *
 *   idle_memory [MEGABYTES]     of the heap; make check: 64; the README's figure is for 400
 *
 * Each test is a process of its own, all at the same time, which calls nothing of the collector's
 * while it waits. None depends on how long that takes; MEGABYTES being given, they run one after
 * the other and the times are printed.
 *
 *     shrinks      nine tenths in whole pages are dropped: resident memory falls below 1.3 times
 *                  what is left, and 16 MiB. What is left is whole, and objects made on pages that
 *                  have been given back are clear
 *     again        the same after a time of idleness in which nothing was dropped
 *     survivors    each page keeps one object: no page can be given back; they stay whole, and what
 *                  is allocated then goes between them
 *     finalizers   those that a collection in the background has found run in the program's thread
 *     callbacks    a program that is told of collections has none in the background
 */
#define _GNU_SOURCE 1
#include "public.h"
#include <gc/gc_mark.h>
#include <sys/wait.h>

enum {
    lists = 160,
    node_bytes = 64, /* of the heap, for a struct node */
    slack_kilobytes = 16 * 1024,
    patience_seconds = 60
};

static size_t megabytes = 64;
static bool print_times;
static struct node *list[lists];

static unsigned list_length(void)
{
    return (unsigned)(megabytes * 1024 * 1024 / lists / node_bytes);
}

static size_t resident_kilobytes(void)
{
    char line[256];
    size_t kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    expect(status != NULL);
    while (fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "VmRSS: %zu", &kilobytes) == 1)
            break;
    fclose(status);
    return kilobytes;
}

static void build(void)
{
    for (unsigned i = 0; i < lists; i++)
        list[i] = list_new(i, list_length());
}

static bool is_kept(unsigned i)
{
    return i % 10 == 3;
}

__attribute__((noinline)) static void drop_most(void)
{
    for (unsigned i = 0; i < lists; i++)
        if (!is_kept(i))
            list[i] = NULL;
}

static void check_kept(void)
{
    for (unsigned i = 0; i < lists; i++)
        if (is_kept(i))
            expect(list_is_whole(list[i], i, list_length()));
}

/* Looks ten times a second, which is no activity worth mentioning. */
static bool waited_until(bool (*condition)(void))
{
    double begin = seconds();
    while (!condition()) {
        if (seconds() - begin > patience_seconds)
            return false;
        nap(100000);
    }
    if (print_times)
        printf("idle_memory: after %.1f s: %zu KiB\n", seconds() - begin, resident_kilobytes());
    return true;
}

static bool is_small_enough(void)
{
    size_t live = megabytes * 1024 / 10;
    return resident_kilobytes() < live * 13 / 10 + slack_kilobytes;
}

static void shrinks(void)
{
    build();
    expect(!is_small_enough());
    drop_most();
    expect(waited_until(is_small_enough));
    check_kept();
    build(); /* list_new looks whether all of it is clear */
}

static void again(void)
{
    build();
    nap(3000000);
    drop_most();
    expect(waited_until(is_small_enough));
    check_kept();
}

/* ---- A survivor a page ---- */

enum { page_kilobytes = 8, nodes_a_page = page_kilobytes * 1024 / node_bytes };

static struct node **survivor;

/* One of the nodes of each page is held, the others only until they are all there. */
__attribute__((noinline)) static size_t build_with_survivors(void)
{
    size_t pages = megabytes * 1024 / page_kilobytes;
    struct node *all = NULL;
    survivor = GC_malloc(pages * sizeof *survivor);
    for (size_t i = 0; i < pages * nodes_a_page; i++) {
        struct node *node = GC_malloc(sizeof *node);
        expect(node != NULL && node->value == 0);
        node->value = node_value(i / nodes_a_page, 0);
        if (i % nodes_a_page == 0) {
            survivor[i / nodes_a_page] = node;
        } else {
            node->next = all;
            all = node;
        }
    }
    expect(all != NULL);
    return pages;
}

static GC_word collections_before;

static bool has_collected(void)
{
    return GC_get_gc_no() != collections_before;
}

static void survivors(void)
{
    size_t pages = build_with_survivors();
    collections_before = GC_get_gc_no();
    expect(waited_until(has_collected));
    size_t heap = GC_get_heap_size();
    for (size_t i = 0; i < pages * nodes_a_page / 2; i++)
        expect(((struct node *)GC_malloc(sizeof(struct node)))->value == 0);
    expect(GC_get_heap_size() <= heap + heap / 4);
    for (size_t i = 0; i < pages; i++)
        expect(survivor[i]->next == NULL && survivor[i]->value == node_value(i, 0));
}

/* ---- The program's functions ---- */

static pthread_t main_thread;
static unsigned finalized;

static void finalize(void *object, void *data)
{
    (void)object;
    (void)data;
    expect(pthread_equal(pthread_self(), main_thread));
    finalized++;
}

static void finalizers(void)
{
    build();
    for (unsigned i = 0; i < lists; i++)
        GC_register_finalizer(list[i], finalize, NULL, NULL, NULL);
    drop_most();
    collections_before = GC_get_gc_no();
    expect(waited_until(has_collected));
    nap(100000);
    expect(finalized == 0);
    GC_gcollect();
    expect(finalized > lists / 2);
    check_kept();
}

static void count_start(void)
{
    expect(pthread_equal(pthread_self(), main_thread));
}

static void callbacks(void)
{
    GC_set_start_callback(count_start);
    build();
    drop_most();
    nap(2500000);
    check_kept();
}

/* ---- ---- */

static void (*const tests[])(void) = {shrinks, again, survivors, finalizers, callbacks};

static void start(void (*test)(void))
{
    pid_t child = fork();
    expect(child >= 0);
    if (child != 0)
        return;
    GC_INIT();
    main_thread = pthread_self();
    test();
    exit(0);
}

/* False: there are no more. */
static bool await_child(void)
{
    int status = 0;
    bool any = wait(&status) > 0;
    expect(status == 0);
    return any;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        megabytes = (size_t)atol(argv[1]);
        print_times = true;
    }
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        start(tests[i]);
        if (print_times)
            await_child();
    }
    while (await_child())
        continue;
    return 0;
}
