/* fakestack.c: see fakestack.h.
 *
 * A function keeps the address of its frame on the real stack, to give the frame back: so the real
 * stacks name all living frames. Frames are looked through all the same, for what a program saves
 * there by itself (registers in a local ucontext_t). Without memory to note which frames have been
 * seen, this second step is left out; the first one needs none.
 *
 * gcc may hold the end of the frame instead of its beginning, so a word names the frame that ends
 * there as well.
 *
 * Owned by the collecting thread, world stopped.
 */
#include "threads/fakestack.h"
#include <string.h>
#include "platform/os.h"

/* The sanitizer's interface; the second one returns NULL where no living frame is. */
extern void *__asan_get_current_fake_stack(void) __attribute__((weak));
extern void *__asan_addr_is_in_fake_stack(void *fake_stack, void *address, void **low, void **high)
    __attribute__((weak));

enum {
    first_frames = 1024,
    first_stacks = 512,
    read_at_once = 4096,
    word_bytes = sizeof(uintptr_t)
};

struct frame {
    uintptr_t low;
    uintptr_t high;
};

/* Frames in the order in which they were found, and their numbers + 1 in twice as many slots, by a
 * hash of `low`. */
static struct {
    struct frame *frames;
    uint32_t *slots;
    size_t count;
    size_t capacity;
} seen;

/* The fake stacks of this stop, in order; empty for want of memory. */
static struct {
    uintptr_t *items;
    size_t count;
    size_t capacity;
} known;

struct search {
    range_visitor visit;
    void *argument;
};

void *fakestack_here(void)
{
    return __asan_get_current_fake_stack ? __asan_get_current_fake_stack() : NULL;
}

/* ---- Frames seen ---- */

static size_t slots_bytes(size_t capacity)
{
    return capacity * 2 * sizeof *seen.slots;
}

/* The slot of the frame, or the empty one where it belongs. */
static uint32_t *slot_of(uintptr_t low)
{
    size_t mask = seen.capacity * 2 - 1;
    size_t i = (low >> 5) * UINT64_C(0x9e3779b97f4a7c15) >> 32 & mask;
    while (seen.slots[i] != 0 && seen.frames[seen.slots[i] - 1].low != low)
        i = (i + 1) & mask;
    return &seen.slots[i];
}

static bool grow_frames(size_t capacity)
{
    size_t bytes = seen.capacity * sizeof *seen.frames;
    size_t wanted = capacity * sizeof *seen.frames;
    struct frame *frames = bytes == 0 ? os_map(wanted) : os_remap(seen.frames, bytes, wanted);
    if (frames != NULL)
        seen.frames = frames;
    return frames != NULL;
}

static bool grow(void)
{
    size_t capacity = seen.capacity == 0 ? first_frames : seen.capacity * 2;
    uint32_t *slots = os_map(slots_bytes(capacity));
    if (slots == NULL)
        return false;
    if (!grow_frames(capacity)) {
        os_unmap(slots, slots_bytes(capacity));
        return false;
    }
    if (seen.slots != NULL)
        os_unmap(seen.slots, slots_bytes(seen.capacity));
    seen.slots = slots;
    seen.capacity = capacity;
    for (size_t i = 0; i < seen.count; i++)
        *slot_of(seen.frames[i].low) = (uint32_t)i + 1;
    return true;
}

static void forget_all(void)
{
    if (seen.count != 0)
        memset(seen.slots, 0, slots_bytes(seen.capacity));
    seen.count = 0;
}

enum sight { SIGHT_NEW, SIGHT_KNOWN, SIGHT_NO_MEMORY };

static enum sight note_frame(const struct frame *f)
{
    if (seen.count != 0 && *slot_of(f->low) != 0)
        return SIGHT_KNOWN;
    if (seen.count == seen.capacity && !grow())
        return SIGHT_NO_MEMORY;
    seen.frames[seen.count++] = *f;
    *slot_of(f->low) = (uint32_t)seen.count;
    return SIGHT_NEW;
}

/* ---- Which fake stack ---- */

static void count_one(struct thread *t, void *count)
{
    *(size_t *)count += t->fake_stack != NULL;
}

/* Threads mostly come in the order of their addresses, or the other way round. */
static void note_one(struct thread *t, void *unused)
{
    size_t i = known.count;
    (void)unused;
    if (t->fake_stack == NULL)
        return;
    for (; i > 0 && known.items[i - 1] > (uintptr_t)t->fake_stack; i--)
        known.items[i] = known.items[i - 1];
    known.items[i] = (uintptr_t)t->fake_stack;
    known.count++;
}

static bool known_grow(size_t count)
{
    size_t bytes = known.capacity * sizeof *known.items;
    size_t wanted = (count + first_stacks) * sizeof *known.items;
    void *items = bytes == 0 ? os_map(wanted) : os_remap(known.items, bytes, wanted);
    if (items == NULL)
        return false;
    known.items = items;
    known.capacity = count + first_stacks;
    return true;
}

/* False: no thread has a fake stack. */
static bool note_fake_stacks(void)
{
    size_t count = 0;
    known.count = 0;
    threads_for_each(count_one, &count);
    if (count <= known.capacity || known_grow(count))
        threads_for_each(note_one, NULL);
    return count != 0;
}

struct nearest {
    uintptr_t address;
    uintptr_t fake_stack;
};

static void take_if_nearer(struct thread *t, void *argument)
{
    struct nearest *n = argument;
    uintptr_t fake_stack = (uintptr_t)t->fake_stack;
    if (fake_stack <= n->address && fake_stack > n->fake_stack)
        n->fake_stack = fake_stack;
}

/* The fake stack that the address would belong to: the last one below it. 0: there is none. */
static uintptr_t fake_stack_below(uintptr_t address)
{
    struct nearest n = {address, 0};
    size_t low = 0, high = known.count;
    if (high == 0)
        threads_for_each(take_if_nearer, &n);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (known.items[middle] <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? n.fake_stack : known.items[low - 1];
}

/* ---- Searching ---- */

/* The living frame around the address. */
static bool find_frame(uintptr_t address, struct frame *f)
{
    void *low, *high;
    void *fake_stack = (void *)fake_stack_below(address);
    if (fake_stack == NULL ||
        __asan_addr_is_in_fake_stack(fake_stack, (void *)address, &low, &high) == NULL)
        return false;
    *f = (struct frame){(uintptr_t)low, (uintptr_t)high};
    return true;
}

/* The greater part of a large frame may never have been written. */
static void visit_frame(const struct search *s, const struct frame *f)
{
    if (f->high - f->low > read_at_once)
        maps_visit_present(f->low, f->high, s->visit, s->argument);
    else
        s->visit(f->low, f->high, s->argument);
}

static void follow(const struct search *s, uintptr_t address)
{
    struct frame f;
    if (find_frame(address, &f) && note_frame(&f) != SIGHT_KNOWN)
        visit_frame(s, &f);
}

/* The sanitizer has poisoned what lies between variables. */
__attribute__((no_sanitize("address", "thread"))) static void
follow_words(uintptr_t low, uintptr_t high, void *argument)
{
    low = (low + word_bytes - 1) & ~(uintptr_t)(word_bytes - 1);
    for (; low + word_bytes <= high; low += word_bytes) {
        uintptr_t word = *(const uintptr_t *)low;
        follow(argument, word);
        follow(argument, word - 1);
    }
}

static void visit_and_follow(uintptr_t low, uintptr_t high, void *argument)
{
    const struct search *s = argument;
    s->visit(low, high, s->argument);
    follow_words(low, high, argument);
}

/* seen.count grows meanwhile. */
static void look_through_frames(struct search *s)
{
    struct search words_only = {follow_words, s};
    for (size_t i = 0; i < seen.count; i++) {
        struct frame f = seen.frames[i];
        visit_frame(&words_only, &f);
    }
}

void fakestacks_follow(void (*for_each)(range_visitor visit, void *argument), range_visitor visit,
                       void *argument)
{
    struct search s = {visit, argument};
    if (!note_fake_stacks()) {
        for_each(visit, argument);
        return;
    }
    for_each(visit_and_follow, &s);
    look_through_frames(&s);
    forget_all();
}
