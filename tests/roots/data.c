/* data.c: rows whose items are held by static data, by other objects, by argv and environ; and the
 * pointers that do not lead to an object's first byte. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#define GC_THREADS
#include <gc.h>
#include "roots.h"

/* ---- Globals ---- */

static void *global[items];
static void *global_with_value[items] = {(void *)1};

static void hold_in(void **array)
{
    items_make(array, items);
    collect();
    keep(array);
}

static void globals(void)
{
    hold_in(global);
}

static void initialised_globals(void)
{
    hold_in(global_with_value);
}

static void hold_in_module(const char *function)
{
    void **(*place)(void) = (void **(*)(void))plain_function(plain_open(), function);
    hold_in(place());
}

static void module_globals(void)
{
    hold_in_module("plain_globals");
}

static void module_initialised_globals(void)
{
    hold_in_module("plain_initialised_globals");
}

/* The module's data is gone, and what it held may go; the executable's must be found. */
static void after_dlclose(void)
{
    for (int i = 0; i < 3; i++) {
        void *module = plain_open();
        void **(*place)(void) = (void **(*)(void))plain_function(module, "plain_globals");
        place()[0] = GC_malloc(16);
        GC_gcollect();
        dlclose(module);
    }
    hold_in(global);
}

/* ---- argv and environ ---- */

static void hold_in_area(char *area)
{
    if (area == NULL)
        row_error("no space");
    hold_in((void **)(((uintptr_t)area + 15) & ~(uintptr_t)15));
}

static void argv_area(void)
{
    hold_in_area(argument_space);
}

static void environ_area(void)
{
    hold_in_area(environment_space);
}

/* ---- Ranges and objects ---- */

static void added_roots(void)
{
    enum { bytes = 4096 };
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    GC_add_roots(memory, memory + bytes);
    hold_in((void **)memory);
}

static void *hidden_uncollectable;

static void uncollectable(void)
{
    void **array = GC_malloc_uncollectable(items * sizeof *array);
    hidden_uncollectable = (void *)GC_HIDE_POINTER(array);
    hold_in(array);
}

static void in_object(void)
{
    void **array = GC_malloc(items * sizeof *array);
    hold_in(array);
}

/* ---- Interior pointers and the one past the end ---- */

static const size_t sizes[] = {16, 24, 64, 100, 256, 1000, 4096, 8192, 40000, 1 << 20};
enum { size_count = sizeof sizes / sizeof *sizes, largest = 100 << 20 };

static size_t size_of_item(unsigned i)
{
    return i == 0 ? largest : sizes[i % size_count];
}

__attribute__((noinline)) static void make_sized(void **array, size_t (*offset)(size_t size))
{
    for (unsigned i = 0; i < items; i++) {
        size_t size = size_of_item(i);
        char *object = GC_malloc_atomic(size);
        if (object == NULL)
            row_error("out of memory");
        item_watch(i, object);
        array[i] = object + offset(size);
    }
    stack_wipe();
}

static size_t last_byte(size_t size)
{
    return size - 1;
}

static size_t middle(size_t size)
{
    return size / 2;
}

static size_t end_of(size_t size)
{
    return size;
}

static void interior_from_stack(void)
{
    void *array[items];
    make_sized(array, last_byte);
    collect();
    keep(array);
}

static void interior_from_heap(void)
{
    void **array = GC_malloc(items * sizeof *array);
    make_sized(array, middle);
    collect();
    keep(array);
}

static void end_from_stack(void)
{
    void *array[items];
    make_sized(array, end_of);
    collect();
    keep(array);
}

static void end_from_static(void)
{
    make_sized(global, end_of);
    collect();
}

static void end_from_heap(void)
{
    void **array = GC_malloc(items * sizeof *array);
    make_sized(array, end_of);
    collect();
    keep(array);
}

const struct row data_rows[] = {
    {"global", "global of the executable", globals, 0},
    {"global-data", "the same, with an initial value", initialised_globals, 0},
    {"global-module", "global of a dlopen'ed library", module_globals, 0},
    {"global-module-data", "the same, with an initial value", module_initialised_globals, 0},
    {"global-dlclose", "global of the executable, after dlopen, use and dlclose", after_dlclose, 0},
    {"argv", "the area of the arguments", argv_area, 0},
    {"environ", "the area of the environment", environ_area, 0},
    {"add-roots", "range of `GC_add_roots`", added_roots, 0},
    {"uncollectable", "uncollectable object", uncollectable, 0},
    {"object", "another object", in_object, 0},
    {"interior-stack", "last byte of objects up to 100 MB, from the stack", interior_from_stack, 0},
    {"interior-heap", "middle of such objects, from another object", interior_from_heap, 0},
    {"end-stack", "one past the end, from the stack", end_from_stack, 0},
    {"end-static", "one past the end, from static data", end_from_static, 0},
    {"end-heap", "one past the end, from another object", end_from_heap, 0},
    {NULL, NULL, NULL, 0}};
