/* blocking.c: GC_do_blocking, GC_call_with_gc_active and GC_call_with_stack_base.
 *
 * - A thread in a blocking region is not signalled: its system calls are not interrupted, however
 *   often others collect, and its stack and registers are searched.
 * - Inside one, GC_call_with_gc_active may use the heap, and inside that another region; each part
 *   of the stack is searched.
 * - Leaving a region waits for a stop that is under way.
 * - GC_call_with_stack_base's base covers its callee's frames, and no more than a few of its own.
 * - Hundreds of threads go in and out while another collects.
 */
#define _GNU_SOURCE 1
#include "public.h"
#include <errno.h>
#include <poll.h>

enum { length = 300, collections = 40, movers = 24, moves = 400 };

static bool over;
static int ends[2];

static void *collect_often(void *unused)
{
    for (int i = 0; i < collections; i++)
        GC_gcollect();
    return unused;
}

static void *collect_then_write(void *unused)
{
    nap(2000);
    collect_often(unused);
    expect(write(ends[1], "x", 1) == 1);
    return unused;
}

/* poll is a call that any handler would end with EINTR. */
static void *wait_for_byte(void *unused)
{
    char byte;
    struct pollfd wait = {.fd = ends[0], .events = POLLIN};
    expect(poll(&wait, 1, -1) == 1);
    expect(read(ends[0], &byte, 1) == 1);
    return unused;
}

static void region_is_not_interrupted(void)
{
    struct node *volatile list = list_new(1, length);
    expect(pipe(ends) == 0);
    pthread_t collector = start_thread(collect_then_write, NULL);
    expect(GC_do_blocking(wait_for_byte, &ends) == &ends);
    pthread_join(collector, NULL);
    expect(list_is_whole(list, 1, length));
}

/* ---- Nesting ---- */

static void *innermost(void *argument)
{
    pthread_join(start_thread(collect_often, NULL), NULL);
    return argument;
}

static void *active_again(void *argument)
{
    struct node *volatile list = list_new(3, length);
    GC_gcollect();
    expect(GC_do_blocking(innermost, argument) == argument);
    expect(list_is_whole(list, 3, length));
    return argument;
}

static void *blocked(void *argument)
{
    struct node *list = *(struct node **)argument; /* on this frame, too */
    expect(GC_call_with_gc_active(active_again, argument) == argument);
    expect(GC_call_with_gc_active(active_again, argument) == argument);
    expect(list_is_whole(list, 2, length));
    return argument;
}

static void *regions_nest(void *unused)
{
    struct node *list = list_new(2, length);
    expect(GC_do_blocking(blocked, &list) == &list);
    expect(GC_call_with_gc_active(active_again, &list) == &list); /* allowed outside, too */
    expect(list_is_whole(list, 2, length));
    return unused;
}

/* ---- Stack bases ---- */

static void *look_at_base(struct GC_stack_base *base, void *caller)
{
    char *here = __builtin_frame_address(0);
    expect((char *)base->mem_base >= here);
    expect((char *)base->mem_base <= (char *)caller + 512);
    return base->mem_base;
}

static void *stack_bases(void *unused)
{
    struct GC_stack_base whole;
    void *base = GC_call_with_stack_base(look_at_base, __builtin_frame_address(0));
    expect(GC_get_stack_base(&whole) == GC_SUCCESS);
    expect(base <= whole.mem_base);
    return unused;
}

/* ---- Many in and out ---- */

static void *short_nap(void *unused)
{
    nap(20);
    return unused;
}

static void *move(void *seed)
{
    struct node *volatile list = list_new((uintptr_t)seed, length);
    for (int i = 0; i < moves; i++) {
        GC_do_blocking(short_nap, NULL);
        expect(list_is_whole(list_new(i, 4), i, 4));
    }
    expect(list_is_whole(list, (uintptr_t)seed, length));
    return NULL;
}

static void *collect_without_pause(void *unused)
{
    while (!__atomic_load_n(&over, __ATOMIC_RELAXED))
        GC_gcollect();
    return unused;
}

static void many_in_and_out(void)
{
    pthread_t threads[movers];
    pthread_t collector = start_thread(collect_without_pause, NULL);
    for (uintptr_t i = 0; i < movers; i++)
        threads[i] = start_thread(move, (void *)i);
    for (int i = 0; i < movers; i++)
        pthread_join(threads[i], NULL);
    __atomic_store_n(&over, true, __ATOMIC_RELAXED);
    pthread_join(collector, NULL);
}

int main(void)
{
    alarm(120);
    GC_INIT();
    region_is_not_interrupted();
    regions_nest(NULL);
    pthread_join(start_thread(regions_nest, NULL), NULL);
    stack_bases(NULL);
    pthread_join(start_thread(stack_bases, NULL), NULL);
    many_in_and_out();
    return 0;
}
