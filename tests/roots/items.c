/* items.c: the objects whose survival is counted; see roots.h. */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <string.h>
#define GC_THREADS
#include <gc.h>
#include "roots.h"

enum { item_bytes = 64, wiped_bytes = 24 * 1024, collections = 4, refill = 3000 };

struct item {
    uint64_t magic;
    struct item *next;
    char filler[item_bytes - 16];
};

static void *links[items]; /* hidden, and zeroed by the collector */

bool collect_in_same_thread;

static uint64_t magic_of(unsigned number)
{
    return UINT64_C(0x5eed0000cafe0000) + number * UINT64_C(0x10001);
}

void item_watch(unsigned number, void *object)
{
    ((struct item *)object)->magic = magic_of(number);
    links[number] = (void *)GC_HIDE_POINTER(object);
    if (GC_general_register_disappearing_link(&links[number], object) != GC_SUCCESS)
        row_error("a link could not be registered");
}

static struct item *item_new(unsigned number)
{
    struct item *item = GC_malloc(item_bytes);
    if (item == NULL)
        row_error("out of memory");
    item_watch(number, item);
    return item;
}

/* Items [first, first + length), each leading to the next. */
static struct item *chain_new(unsigned first, unsigned length)
{
    struct item *head = NULL;
    for (unsigned i = 0; i < length; i++) {
        struct item *item = item_new(first + i);
        item->next = head;
        head = item;
    }
    return head;
}

__attribute__((noinline)) void
items_put(unsigned places, void (*put)(unsigned place, void *head, void *argument), void *argument)
{
    unsigned length = items / places;
    if (length * places != items)
        row_error("items do not divide evenly");
    for (unsigned i = 0; i < places; i++)
        put(i, chain_new(i * length, length), argument);
    stack_wipe();
}

static void put_in_array(unsigned place, void *head, void *argument)
{
    ((void **)argument)[place] = head;
}

__attribute__((noinline)) void items_make(void **array, unsigned places)
{
    items_put(places, put_in_array, array);
}

__attribute__((noinline, no_sanitize("address"))) void stack_wipe(void)
{
    char dead[wiped_bytes];
    memset(dead, 0, sizeof dead);
    keep(dead);
#ifdef __x86_64__
    __asm__ volatile("pxor %%xmm0, %%xmm0; pxor %%xmm1, %%xmm1; pxor %%xmm2, %%xmm2;"
                     "pxor %%xmm3, %%xmm3; pxor %%xmm4, %%xmm4; pxor %%xmm5, %%xmm5;"
                     "pxor %%xmm6, %%xmm6; pxor %%xmm7, %%xmm7; pxor %%xmm8, %%xmm8"
                     :
                     :
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8");
#endif
}

/* ---- Counting ---- */

static void *reveal(void *link)
{
    return *(void **)link == NULL ? NULL : GC_REVEAL_POINTER((GC_hidden_pointer) * (void **)link);
}

static bool is_kept(unsigned number)
{
    struct item *item = GC_call_with_alloc_lock(reveal, &links[number]);
    return item != NULL && item->magic == magic_of(number);
}

static unsigned items_kept(void)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < items; i++)
        kept += is_kept(i);
    return kept;
}

/* ---- Collecting ---- */

static struct gate wanted, done;
static unsigned kept_last;

__attribute__((noinline)) static void collect_four_times(void)
{
    for (int i = 0; i < collections; i++) {
        stack_wipe();
        GC_gcollect();
    }
}

/* Overwrites what was freed. */
__attribute__((noinline)) static void reuse_memory(void)
{
    for (unsigned i = 0; i < refill; i++)
        memset(GC_malloc(item_bytes), 0x55, item_bytes / 2);
}

static void *collector_main(void *unused)
{
    for (;;) {
        gate_wait(&wanted);
        collect_four_times();
        gate_open(&done);
    }
    return unused;
}

/* Started before the row. Reuse happens where collecting did, so that the row's thread, if it is
 * not known to the collector, does nothing else. */
void collector_start(void)
{
    gate_init(&wanted);
    gate_init(&done);
    if (!collect_in_same_thread)
        thread_start(collector_main, NULL);
}

__attribute__((noinline)) void collect(void)
{
    stack_wipe();
    if (collect_in_same_thread) {
        collect_four_times();
    } else {
        gate_open(&wanted);
        gate_wait(&done);
    }
    reuse_memory();
    kept_last = items_kept();
}

unsigned items_kept_last(void)
{
    return kept_last;
}
