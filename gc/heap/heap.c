/* heap.c: see heap.h. */
#include "heap/heap.h"
#include "heap/central.h"
#include "heap/sizeclass.h"
#include "memory/gcbits.h"
#include "memory/pagealloc.h"
#include "platform/os.h"

enum { first_generation = 4, first_goal = 512 << 10 };

struct heap heap = {.sweepgen = first_generation, .goal = first_goal};

bool heap_init(void)
{
    os_fence_prepare();
    if (!region_init() || !pagealloc_init())
        return false;
    gcbits_init();
    span_init();
    sizeclass_init();
    heap_stress_restart();
    return central_ensure_kind(KIND_ATOMIC) && central_ensure_kind(KIND_NORMAL);
}

static size_t pages_in_bytes(size_t npages)
{
    return npages << page_shift;
}

size_t heap_bytes_in_use(void)
{
    return pages_in_bytes(pages_stats(HALF_SCAN).in_use + pages_stats(HALF_NOSCAN).in_use);
}

void heap_charge(size_t bytes)
{
    word_add(&heap.live, bytes);
    region_expect(heap_live());
    word_add(&heap.allocated_total, bytes);
    if (heap.stress_bytes != 0)
        word_sub(&heap.stress_left, bytes);
}

void heap_uncharge(size_t bytes)
{
    word_sub(&heap.live, bytes);
    word_add(&heap.freed_total, bytes);
}

void heap_charge_reused(size_t bytes)
{
    word_add(&heap.allocated_total, bytes);
    word_add(&heap.freed_total, bytes);
}

bool heap_stress_is_due(void)
{
    return heap.stress_bytes != 0 && (intptr_t)word_load(&heap.stress_left) <= 0;
}

void heap_stress_restart(void)
{
    word_store(&heap.stress_left, heap.stress_bytes);
}

size_t heap_live(void)
{
    intptr_t live = (intptr_t)word_load(&heap.live);
    return live > 0 ? (size_t)live : 0;
}

/* A cycle that sets the goal meanwhile knows nothing of these bytes: they are few, and the caller's
 * next ones count. */
void heap_lower_goal(ptrdiff_t bytes)
{
    uintptr_t goal = word_load(&heap.goal);
    ptrdiff_t lower = (ptrdiff_t)goal - bytes;
    if (goal <= PTRDIFF_MAX)
        word_cas(&heap.goal, goal, lower > 0 ? (uintptr_t)lower : 0);
}

bool heap_wants_cycle(void)
{
    return heap_live() >= word_load(&heap.goal) || heap_stress_is_due();
}

bool heap_is_far_past_goal(void)
{
    size_t live = heap_live(), goal = word_load(&heap.goal);
    return live > goal && live - goal > goal / 16;
}

bool heap_may_grow(size_t npages)
{
    size_t maximum = word_load(&heap.maximum);
    return maximum == 0 || heap_bytes_in_use() + pages_in_bytes(npages) <= maximum;
}

void heap_reset_locks_in_child(void)
{
    span_reset_locks_in_child();
    gcbits_reset_locks_in_child();
    pages_reset_locks_in_child();
    central_reset_locks_in_child();
}
