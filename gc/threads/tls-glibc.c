/* tls-glibc.c: tls.h for glibc on x86-64.
 *
 *     | ... blocks at fixed distances | struct pthread |        | slots, generation | block of 1 |
 * .. thread pointer ^   dtv --------------------------------^ DTV
 *
 * Block at a fixed distance (static TLS: the program, what was loaded with it, libraries built with
 * -ftls-model=initial-exec): always mapped, one below each thread pointer; read directly.
 *
 * Block made at need (dynamic TLS): its address is the DTV's entry for the module. The DTV is the
 * thread's own and only it changes it:
 *
 *     entry 0 or -1                       this thread has not looked at the module's variables
 *     DTV's generation < the module's     the same, and the entry may be of a module unloaded since
 *     else                                the block, until the thread frees it, which it does after
 *                                         the module is gone from the loader's list
 *
 * When the DTV is too short it is moved by realloc: for some instructions, in which the thread may
 * be stopped, its thread pointer leads to freed memory. What is freed there is written over by
 * malloc, soon or never. So DTV and blocks are read through peek; and the DTV is believed when its
 * entries for blocks at fixed distances are right, of which libc.so itself always has one: an
 * intact copy of the old DTV is as good as the new one, since the entries stay the same. Otherwise
 * the thread is not settled.
 *
 * If the collecting thread's own DTV, which nobody is moving, looks wrong, then this is not the
 * glibc that we know: reported once, and the DTVs are read without being checked.
 *
 * Without slots (linked statically) all blocks are taken from the DTV, unchecked.
 */
#include "threads/tls.h"
#include <sys/auxv.h>
#include "platform/check.h"
#include "platform/os.h"
#include "platform/peek.h"
#include "threads/thread.h"
#include "threads/tlslayout.h"

enum { first_capacity_bytes = 4096, copy_bytes = 4096, word_bytes = sizeof(uintptr_t) };

/* DTV entry of a block that does not exist yet. 0 means the same. */
static const uintptr_t unallocated = UINTPTR_MAX;

struct module {
    size_t id;
    size_t bytes;
    struct tls_slot slot;
};

/* An entry of the DTV. In the one before the first, `value` is the number of entries; in the first,
 * the generation; then that of module 1. */
struct dtv_entry {
    uintptr_t value;
    uintptr_t to_free;
};

static struct {
    struct tls_layout layout;
    bool unchecked; /* DTVs do not look as they should */

    /* This stop's. The array grows and stays. */
    struct module *modules;
    size_t count;
    size_t capacity;
    size_t dynamic; /* modules whose blocks stand in the DTVs only */
    size_t largest_id;

    /* Of the thread looked at: its DTV, and pieces of its blocks. Outside our data, which would be
     * a root in a program linked statically. */
    struct dtv_entry *dtv;
    size_t dtv_capacity;
    char *copy;
} tls;

/* ---- Init ---- */

static bool linked_statically(void)
{
    return getauxval(AT_BASE) == 0;
}

static void report_what_is_missing(void)
{
    if (tls.layout.key_blocks == 0)
        report("this C library is unknown: values of pthread_setspecific are no roots");
    if (tls.layout.slots == 0 && !linked_statically())
        report("this C library is unknown: some thread-local variables of dlopen'ed libraries are "
               "no roots");
}

bool thread_locals_init(void)
{
    tls.copy = os_map(copy_bytes);
    tls_layout_find(&tls.layout);
    report_what_is_missing();
    return tls.copy != NULL;
}

/* The thread pointer is the first word of struct pthread and the third, from which pthread_self
 * takes it. */
bool thread_locals_known(pthread_t handle)
{
    if (handle == pthread_self() && handle == (pthread_t)__builtin_thread_pointer())
        return true;
    uintptr_t words[3];
    uintptr_t descriptor = (uintptr_t)handle;
    return peek(descriptor, words, sizeof words) == sizeof words && words[0] == descriptor &&
           words[2] == descriptor;
}

/* ---- The loaded objects ---- */

void thread_locals_begin(void)
{
    tls.count = 0;
    tls.dynamic = 0;
    tls.largest_id = 0;
}

/* Room for one more element in an array of os_map's; NULL: no memory, the array is as it was. */
static void *grown(void *array, size_t *capacity, size_t needed, size_t element_bytes)
{
    size_t bytes = *capacity * element_bytes;
    size_t wanted = bytes == 0 ? first_capacity_bytes : bytes;
    if (needed <= *capacity)
        return array;
    while (wanted < needed * element_bytes)
        wanted *= 2;
    void *larger = bytes == 0 ? os_map(wanted) : os_remap(array, bytes, wanted);
    if (larger)
        *capacity = wanted / element_bytes;
    return larger;
}

/* For module numbers up to `id`: two entries come first. */
static bool make_room(size_t id)
{
    struct module *modules = grown(tls.modules, &tls.capacity, tls.count + 1, sizeof *tls.modules);
    if (modules)
        tls.modules = modules;
    struct dtv_entry *dtv = grown(tls.dtv, &tls.dtv_capacity, id + 2, sizeof *tls.dtv);
    if (dtv)
        tls.dtv = dtv;
    return modules && dtv;
}

bool thread_locals_note(size_t module_id, uintptr_t load_address, size_t block_bytes)
{
    struct module m = {module_id, block_bytes, {0, 0}};
    if (tls.layout.slots != 0 && !tls_slot_find(&tls.layout, module_id, load_address, &m.slot))
        return true;
    if (!make_room(module_id))
        return false;
    tls.modules[tls.count++] = m;
    tls.dynamic += m.slot.offset == 0;
    if (tls.largest_id < module_id)
        tls.largest_id = module_id;
    return true;
}

/* ---- A thread's DTV ---- */

/* x86's: blocks end below the thread pointer. */
static uintptr_t fixed_block(uintptr_t descriptor, const struct module *m)
{
    return descriptor - m->slot.offset;
}

/* Copies it to tls.dtv. False: it cannot be read. What is beyond its end reads as unallocated. */
static bool read_dtv(uintptr_t descriptor)
{
    uintptr_t dtv = *(const uintptr_t *)(descriptor + tls.layout.dtv);
    size_t wanted = tls.largest_id + 2;
    size_t got = peek(dtv - sizeof *tls.dtv, tls.dtv, wanted * sizeof *tls.dtv) / sizeof *tls.dtv;
    if (got < 2)
        return false;
    size_t usable = got - 2 < tls.dtv[0].value ? got : tls.dtv[0].value + 2;
    for (size_t i = usable; i < wanted; i++)
        tls.dtv[i].value = unallocated;
    return true;
}

static uintptr_t dtv_generation(void)
{
    return tls.dtv[1].value;
}

static uintptr_t dtv_block(const struct module *m)
{
    return tls.dtv[m->id + 1].value;
}

static bool is_block(uintptr_t entry)
{
    return entry != 0 && entry != unallocated;
}

/* True: each entry whose value is known has it, and there is one. */
static bool dtv_is_right(uintptr_t descriptor)
{
    size_t right = 0;
    for (size_t i = 0; i < tls.count; i++) {
        const struct module *m = &tls.modules[i];
        uintptr_t entry = dtv_block(m);
        if (m->slot.offset == 0 || !is_block(entry) || m->slot.generation > dtv_generation())
            continue;
        if (entry != fixed_block(descriptor, m))
            return false;
        right++;
    }
    return right > 0;
}

static bool is_settled(uintptr_t descriptor)
{
    return read_dtv(descriptor) && dtv_is_right(descriptor);
}

static void look_whether_settled(struct thread *t, void *argument)
{
    bool *settled = argument;
    if (t->has_locals && !is_settled((uintptr_t)t->handle))
        *settled = false;
}

static void doubt_the_layout(void)
{
    if (tls.unchecked || !thread_locals_known(pthread_self()) ||
        is_settled((uintptr_t)pthread_self()))
        return;
    tls.unchecked = true;
    report("this C library keeps thread-local variables in an unknown way: some may be no roots");
}

bool thread_locals_are_settled(void)
{
    bool settled = true;
    if (tls.layout.slots == 0 || tls.dynamic == 0)
        return true;
    doubt_the_layout();
    if (!tls.unchecked)
        threads_for_each(look_whether_settled, &settled);
    return settled;
}

/* ---- Visiting ---- */

struct visit {
    void (*visit)(uintptr_t low, uintptr_t high, void *argument);
    void *argument;
};

/* What may be gone: piece by piece, from a copy. */
static void visit_copied(const struct visit *v, uintptr_t low, size_t bytes)
{
    uintptr_t high = low + bytes;
    low = (low + word_bytes - 1) & ~(uintptr_t)(word_bytes - 1);
    while (low < high) {
        size_t part = high - low < copy_bytes ? high - low : copy_bytes;
        size_t got = peek(low, tls.copy, part);
        v->visit((uintptr_t)tls.copy, (uintptr_t)tls.copy + got, v->argument);
        if (got < part)
            return;
        low += got;
    }
}

/* The first block is a part of the descriptor. */
static void visit_key_blocks(const struct visit *v, uintptr_t descriptor)
{
    const uintptr_t *blocks = (const uintptr_t *)(descriptor + tls.layout.key_blocks);
    for (size_t i = 1; tls.layout.key_blocks != 0 && i < tls.layout.key_block_count; i++)
        if (blocks[i] != 0)
            visit_copied(v, blocks[i], tls.layout.key_block_bytes);
}

static void visit_made_at_need(const struct visit *v, const struct module *m)
{
    uintptr_t block = dtv_block(m);
    if (is_block(block) && m->slot.generation <= dtv_generation())
        visit_copied(v, block, m->bytes);
}

static void visit_variables(const struct visit *v, uintptr_t descriptor)
{
    bool has_dtv = tls.dynamic > 0 && read_dtv(descriptor);
    for (size_t i = 0; i < tls.count; i++) {
        const struct module *m = &tls.modules[i];
        uintptr_t block = fixed_block(descriptor, m);
        if (m->slot.offset != 0)
            v->visit(block, block + m->bytes, v->argument);
        else if (has_dtv)
            visit_made_at_need(v, m);
    }
}

void thread_local_roots(const struct thread *t,
                        void (*visit)(uintptr_t low, uintptr_t high, void *argument),
                        void *argument)
{
    struct visit v = {visit, argument};
    uintptr_t descriptor = (uintptr_t)t->handle;
    if (!t->has_locals)
        return;
    visit(descriptor, descriptor + tls.layout.descriptor_bytes, argument);
    visit_key_blocks(&v, descriptor);
    visit_variables(&v, descriptor);
}
