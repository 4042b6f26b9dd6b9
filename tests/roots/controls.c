/* controls.c: rows that show that the others mean something: what nobody holds is collected, in
 * each of the surroundings in which the other rows hold something. */
#include "roots.h"

/* Items whose array is gone. */
__attribute__((noinline)) static void drop_items(void)
{
    void *array[items];
    items_make(array, items);
    keep(array);
}

static void *drop_and_collect(void *unused)
{
    drop_items();
    stack_wipe();
    collect();
    return unused;
}

static void dropped_main(void)
{
    drop_and_collect(NULL);
}

static void dropped_other(void)
{
    in_thread(drop_and_collect, NULL);
}

/* What a place held is found no longer once it is overwritten. */
static void *overwritten(void *unused)
{
    static __thread void *locals[items];
    void *array[items];
    items_make(array, items);
    for (unsigned i = 0; i < items; i++) {
        locals[i] = array[i];
        array[i] = NULL;
    }
    keep(locals);
    for (unsigned i = 0; i < items; i++)
        locals[i] = NULL;
    keep(array);
    keep(locals);
    collect();
    return unused;
}

static void overwritten_main(void)
{
    overwritten(NULL);
}

static void overwritten_other(void)
{
    in_thread(overwritten, NULL);
}

/* The stack of a thread that has ended. */
static void *drop_items_in_thread(void *unused)
{
    drop_items();
    return unused;
}

static void ended_thread(void)
{
    in_thread(drop_items_in_thread, NULL);
    collect();
}

const struct row control_rows[] = {
    {"control-main", "control: nowhere, main thread", dropped_main, NONE_KEPT},
    {"control-other", "control: nowhere, other thread", dropped_other, NONE_KEPT},
    {"control-cleared-main", "control: overwritten, main thread", overwritten_main, NONE_KEPT},
    {"control-cleared-other", "control: overwritten, other thread", overwritten_other, NONE_KEPT},
    {"control-ended", "control: the stack of a thread that has ended", ended_thread, NONE_KEPT},
    {NULL, NULL, NULL, 0}};
