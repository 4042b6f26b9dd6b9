/* bad_input.c: the program that bad_input.sh runs, one case a run. It prints what the script is to
 * compare on standard output; what the collector says goes to standard error. */
#include <gc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { late_malloc_bytes = 200 << 20, garbage_bytes = 64 << 20, object_bytes = 1000 };

/* ---- GC_free of what is no object; addresses as the collector prints them ---- */

static int bad_frees(void)
{
    char *p = GC_MALLOC(100), *beside = GC_MALLOC(100), *volatile q = p;
    static char foreign;
    printf("%p %p %p\n", (void *)(p + 8), (void *)p, (void *)&foreign);
    fflush(stdout);
    GC_FREE(NULL);
    GC_FREE(q + 8);
    GC_FREE((void *)&foreign);
    GC_FREE(p);
    GC_FREE(q);
    GC_reachable_here(beside);
    return EXIT_SUCCESS;
}

/* ---- Little address space ---- */

static int say_whether_malloc_works(void)
{
    char *volatile p = malloc(late_malloc_bytes);
    if (p != NULL)
        memset(p, 1, late_malloc_bytes);
    puts(p != NULL ? "malloc: yes" : "malloc: no");
    return EXIT_SUCCESS;
}

static int malloc_after_collector(void)
{
    GC_INIT();
    for (int i = 0; i < 10000; i++)
        if (GC_MALLOC(object_bytes) == NULL)
            return EXIT_FAILURE;
    return say_whether_malloc_works();
}

/* ---- Locked memory ---- */

static bool is_clear(const char *p, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (p[i] != 0)
            return false;
    return true;
}

/* Writes all over garbage and gives it back; false: an object was not clear. */
static bool churn(size_t bytes)
{
    for (size_t i = 0; i < garbage_bytes / bytes; i++) {
        char *p = GC_MALLOC(bytes);
        if (p == NULL || !is_clear(p, bytes))
            return false;
        memset(p, 0xff, bytes);
    }
    GC_gcollect_and_unmap();
    return true;
}

static int use_locked_memory(bool collector_first)
{
    if (collector_first)
        GC_INIT();
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
        puts("locked: not allowed");
        return EXIT_SUCCESS;
    }
    for (int round = 0; round < 3; round++)
        if (!churn(object_bytes) || !churn(1 << 20)) {
            puts("locked: not clear");
            return EXIT_FAILURE;
        }
    puts("locked: ok");
    return EXIT_SUCCESS;
}

/* ---- The environment ---- */

static int allocate_a_little(void)
{
    for (int i = 0; i < 10000; i++)
        if (GC_MALLOC(object_bytes) == NULL) {
            puts("allocation failed");
            return EXIT_SUCCESS;
        }
    puts("allocated");
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const char *which = argc > 1 ? argv[1] : "";
    if (strcmp(which, "frees") == 0)
        return bad_frees();
    if (strcmp(which, "malloc-alone") == 0)
        return say_whether_malloc_works();
    if (strcmp(which, "malloc") == 0)
        return malloc_after_collector();
    if (strcmp(which, "locked") == 0)
        return use_locked_memory(false);
    if (strcmp(which, "locked-later") == 0)
        return use_locked_memory(true);
    if (strcmp(which, "allocate") == 0)
        return allocate_a_little();
    fprintf(stderr, "bad_input: no such case: %s\n", which);
    return EXIT_FAILURE;
}
