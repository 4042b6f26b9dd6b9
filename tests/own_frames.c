/* own_frames.c: a range of GC_add_roots that contains the stack on which the collector runs. What
 * lies below the stack pointer, its own frames and those of calls long over, keeps nothing alive,
 * and what lies above does; in the checks build the second marker agrees with the first.
 *
 * On a stack that is not registered only the collector's own frames are left out.
 */
#include "public.h"
#include <sys/mman.h>
#include <ucontext.h>

enum { objects = 50, kept_by_chance = 5, stack_bytes = 256 * 1024, deep_bytes = 32 * 1024 };

struct links {
    void *of[objects];
};

static char *stack;
static bool low_end_is_known;

static unsigned alive(const struct links *links)
{
    unsigned count = 0;
    for (int i = 0; i < objects; i++)
        count += links->of[i] != NULL;
    return count;
}

static __attribute__((noinline)) void fill(void *volatile *pointers, struct links *links)
{
    for (int i = 0; i < objects; i++) {
        pointers[i] = GC_MALLOC(64);
        expect(pointers[i] != NULL);
        links->of[i] = (void *)GC_HIDE_POINTER(pointers[i]);
        expect(GC_general_register_disappearing_link(&links->of[i], pointers[i]) != GC_NO_MEMORY);
    }
}

/* Leaves the pointers far below the caller's frame. */
static __attribute__((noinline)) void leave_deep(struct links *links)
{
    struct {
        void *volatile pointers[objects];
        volatile char above[deep_bytes];
    } frame;
    frame.above[deep_bytes - 1] = 0;
    fill(frame.pointers, links);
}

static struct links dead_links, live_links;

static void collect_here(void)
{
    void *volatile live[objects];
    leave_deep(&dead_links);
    fill(live, &live_links);
    for (int i = 0; i < 4; i++)
        GC_gcollect();
    expect(live[0] != NULL && alive(&live_links) == objects);
    if (low_end_is_known)
        expect(alive(&dead_links) <= kept_by_chance);
}

static void *collect_in_thread(void *unused)
{
    collect_here();
    return unused;
}

static void on_stack_of_thread(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    low_end_is_known = false;
    pthread_attr_init(&attributes);
    expect(pthread_attr_setstack(&attributes, stack, stack_bytes) == 0);
    expect(pthread_create(&thread, &attributes, collect_in_thread, NULL) == 0);
    expect(pthread_join(thread, NULL) == 0);
    pthread_attr_destroy(&attributes);
}

static void on_coroutine(bool is_registered)
{
    ucontext_t here, there;
    low_end_is_known = is_registered;
    if (is_registered)
        expect(GC_register_stack(stack, stack + stack_bytes) == GC_SUCCESS);
    expect(getcontext(&there) == 0);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = stack_bytes;
    there.uc_link = &here;
    makecontext(&there, collect_here, 0);
    expect(swapcontext(&here, &there) == 0);
    if (is_registered)
        expect(GC_unregister_stack(stack) == GC_SUCCESS);
}

int main(void)
{
    GC_INIT();
    stack = mmap(NULL, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(stack != MAP_FAILED);
    GC_add_roots(stack, stack + stack_bytes);
    on_stack_of_thread();
    on_coroutine(true);
    on_coroutine(false);
    return 0;
}
