/* own_data.c: the collector's own data keep nothing alive, and what lies around them does: in
 * libspangc.so, in a program that contains libspangc.a, and in a library that does
 * (own_data_host.c).
 *
 * A pointer gets into the collector's data as what the program says to be its function for lack of
 * memory, and stays there as it is: the function is not needed.
 */
#include "public.h"

int own_data_check(void);

enum { words = 64 };

static uintptr_t at_the_end[words];
static uintptr_t with_a_value[words] = {1};
static void *link_of_kept[2], *link_of_own;

static __attribute__((noinline)) void *linked_object(void **link)
{
    void *object = GC_MALLOC(100);
    expect(object != NULL);
    *link = (void *)GC_HIDE_POINTER(object);
    expect(GC_general_register_disappearing_link(link, object) == GC_SUCCESS);
    return object;
}

static __attribute__((noinline)) void place_pointers(void)
{
    at_the_end[words - 1] = (uintptr_t)linked_object(&link_of_kept[0]);
    with_a_value[words - 1] = (uintptr_t)linked_object(&link_of_kept[1]);
    GC_set_oom_fn((GC_oom_func)(uintptr_t)linked_object(&link_of_own));
}

static __attribute__((noinline)) void wipe_stack(void)
{
    volatile char space[64 * 1024];
    for (size_t i = 0; i < sizeof space; i++)
        space[i] = 0;
}

int own_data_check(void)
{
    GC_INIT();
    place_pointers();
    wipe_stack();
    for (int i = 0; i < 4; i++)
        GC_gcollect();
    expect(link_of_kept[0] != NULL && link_of_kept[1] != NULL);
    expect(link_of_own == NULL);
    expect(at_the_end[words - 1] != 0 && with_a_value[words - 1] != 0);
    return 0;
}

#ifndef OWN_DATA_MODULE
int main(void)
{
    return own_data_check();
}
#endif
