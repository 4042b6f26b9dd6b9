/* roots.c: see roots.h.
 *
 * Three growable arrays of ranges in memory of our own: the client's, the exclusions, and the
 * segments noted in this cycle's stop. The library's own data segment is no root when it is a
 * shared object of its own: it holds no client pointers.
 */
#define _GNU_SOURCE 1
#include <link.h>
#include <string.h>
#include "mark/roots.h"
#include "heap/heap.h"
#include "platform/check.h"
#include "platform/lock.h"
#include "platform/os.h"
#include "threads/stacks.h"
#include "threads/tls.h"
#include "threads/loader.h"
#include "threads/loaderlock.h"
#include "threads/maps.h"

struct range {
    uintptr_t low;
    uintptr_t high;
};

struct range_array {
    struct range *items;
    size_t count;
    size_t capacity;
};

enum { first_capacity_bytes = 4096, word_bytes = sizeof(uintptr_t) };

static struct {
    struct lock lock;
    struct range_array client;   /* lock */
    struct range_array excluded; /* lock */
    struct range_array segments; /* the stopping thread's, in the pause */
    bool no_dls;
} roots = {.lock = LOCK_INITIALIZER(RANK_ROOTS)};

static bool array_grow(struct range_array *a)
{
    size_t bytes = a->capacity * sizeof *a->items;
    size_t wanted = bytes == 0 ? first_capacity_bytes : bytes * 2;
    void *items = bytes == 0 ? os_map(wanted) : os_remap(a->items, bytes, wanted);
    if (items == NULL)
        return false;
    a->items = items;
    a->capacity = wanted / sizeof *a->items;
    return true;
}

static bool array_append(struct range_array *a, uintptr_t low, uintptr_t high)
{
    if (a->count == a->capacity && !array_grow(a))
        return false;
    a->items[a->count++] = (struct range){low, high};
    return true;
}

static void align_inwards(struct range *r)
{
    r->low = (r->low + word_bytes - 1) & ~(uintptr_t)(word_bytes - 1);
    r->high &= ~(uintptr_t)(word_bytes - 1);
}

/* ---- The client's ranges ---- */

static bool extend_known_locked(const struct range *r)
{
    for (size_t i = 0; i < roots.client.count; i++) {
        struct range *known = &roots.client.items[i];
        if (known->low != r->low)
            continue;
        if (known->high < r->high)
            known->high = r->high;
        return true;
    }
    return false;
}

bool roots_add(uintptr_t low, uintptr_t high)
{
    struct range r = {low, high};
    align_inwards(&r);
    if (r.low >= r.high)
        return true;
    lock_acquire(&roots.lock);
    bool known = extend_known_locked(&r) || array_append(&roots.client, r.low, r.high);
    lock_release(&roots.lock);
    return known;
}

/* Cuts [low, high) out of the i-th range; what is left above becomes a range of its own. */
static bool cut_locked(struct range_array *a, size_t i, uintptr_t low, uintptr_t high)
{
    struct range *r = &a->items[i];
    struct range above = {high > r->low ? high : r->low, r->high};
    if (high <= r->low || low >= r->high)
        return false;
    r->high = low;
    if (above.low < above.high) {
        if (low <= r->low)
            *r = above;
        else
            array_append(a, above.low, above.high);
    }
    if (a->items[i].low < a->items[i].high)
        return false;
    a->items[i] = a->items[--a->count];
    return true;
}

void roots_remove(uintptr_t low, uintptr_t high)
{
    lock_acquire(&roots.lock);
    for (size_t i = 0; i < roots.client.count;)
        if (!cut_locked(&roots.client, i, low, high))
            i++;
    lock_release(&roots.lock);
}

void roots_clear(void)
{
    lock_acquire(&roots.lock);
    roots.client.count = 0;
    lock_release(&roots.lock);
}

void roots_exclude(uintptr_t low, uintptr_t high)
{
    struct range r = {low, high};
    align_inwards(&r);
    lock_acquire(&roots.lock);
    if (r.low < r.high && !array_append(&roots.excluded, r.low, r.high))
        report("no memory to note that %p to %p is no root; it is scanned", (void *)low,
               (void *)high);
    lock_release(&roots.lock);
}

void roots_clear_exclusions(void)
{
    lock_acquire(&roots.lock);
    roots.excluded.count = 0;
    lock_release(&roots.lock);
}

bool roots_contain(uintptr_t word)
{
    bool found = false;
    lock_acquire(&roots.lock);
    for (size_t i = 0; i < roots.client.count && !found; i++)
        found = word >= roots.client.items[i].low && word < roots.client.items[i].high;
    lock_release(&roots.lock);
    return found;
}

/* Segments are noted with the world stopped. */
bool roots_in_segment(uintptr_t word)
{
    for (size_t i = 0; i < roots.segments.count; i++)
        if (word >= roots.segments.items[i].low && word < roots.segments.items[i].high)
            return true;
    return false;
}

size_t roots_bytes(void)
{
    size_t bytes = 0;
    lock_acquire(&roots.lock);
    for (size_t i = 0; i < roots.client.count; i++)
        bytes += roots.client.items[i].high - roots.client.items[i].low;
    lock_release(&roots.lock);
    return bytes;
}

void roots_set_no_dls(bool no_dls)
{
    roots.no_dls = no_dls;
}

bool roots_no_dls(void)
{
    return roots.no_dls;
}

/* ---- Segments of loaded objects ---- */

struct iteration {
    bool (*first)(void *);
    void *argument;
    bool seen_program;
    enum segments_result result;
};

static struct range segment_of(const struct dl_phdr_info *info, const ElfW(Phdr) * header)
{
    uintptr_t low = info->dlpi_addr + header->p_vaddr;
    return (struct range){low, low + header->p_memsz};
}

static bool range_has(const struct range *r, uintptr_t address)
{
    return address >= r->low && address < r->high;
}

/* After a fork in the middle of a dlclose the list may name an object that is not mapped any more,
 * its headers among the rest. */
static bool is_gone(const struct dl_phdr_info *info)
{
    struct mapping m;
    uintptr_t headers = (uintptr_t)info->dlpi_phdr;
    return loaderlock_was_held() && !maps_find(headers, &m);
}

/* Is this object the collector itself, and nothing but it? */
static bool is_own_library(const struct dl_phdr_info *info, bool is_program)
{
    for (unsigned i = 0; !is_program && i < info->dlpi_phnum; i++) {
        struct range r = segment_of(info, &info->dlpi_phdr[i]);
        if (info->dlpi_phdr[i].p_type == PT_LOAD && range_has(&r, (uintptr_t)&heap))
            return true;
    }
    return false;
}

/* Data that the loader made read-only after relocation holds no heap pointers. */
static struct range read_only_part(const struct dl_phdr_info *info)
{
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_GNU_RELRO)
            return segment_of(info, &info->dlpi_phdr[i]);
    return (struct range){0, 0};
}

static bool note_segments(const struct dl_phdr_info *info)
{
    struct range relro = read_only_part(info);
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || (header->p_flags & PF_W) == 0)
            continue;
        struct range r = segment_of(info, header);
        if (range_has(&r, relro.low) && relro.low == r.low && relro.high <= r.high)
            r.low = relro.high;
        align_inwards(&r);
        if (r.low >= r.high)
            continue;
        if (!array_append(&roots.segments, r.low, r.high))
            return false;
    }
    return true;
}

/* The object's thread-local variables are roots of each thread. */
static bool note_thread_locals(const struct dl_phdr_info *info)
{
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_TLS && info->dlpi_tls_modid != 0 &&
            !thread_locals_note(info->dlpi_tls_modid, info->dlpi_addr, info->dlpi_phdr[i].p_memsz))
            return false;
    return true;
}

static int on_object(struct dl_phdr_info *info, size_t size, void *data)
{
    struct iteration *it = data;
    bool is_program = !it->seen_program;
    (void)size;
    if (is_program) {
        it->seen_program = true;
        roots.segments.count = 0;
        thread_locals_begin();
        loaderlock_look_inside();
        if (!it->first(it->argument))
            return 1;
        it->result = SEGMENTS_NOTED;
    }
    bool own = is_own_library(info, is_program);
    if (is_gone(info) || own || (note_thread_locals(info) && (roots.no_dls || note_segments(info))))
        return 0;
    it->result = SEGMENTS_NO_MEMORY;
    return 1;
}

enum segments_result roots_collect_segments(bool (*first)(void *), void *argument,
                                            enum loader_entry entry)
{
    struct iteration it = {first, argument, false, SEGMENTS_NOT_STARTED};
    return loader_iterate(on_object, &it, entry) ? it.result : SEGMENTS_NOT_STARTED;
}

/* ---- Visiting ---- */

static void visit_outside(const struct range *r, size_t exclusion, root_visitor visit,
                          void *argument)
{
    for (; exclusion < roots.excluded.count; exclusion++) {
        const struct range *x = &roots.excluded.items[exclusion];
        if (x->high <= r->low || x->low >= r->high)
            continue;
        struct range below = {r->low, x->low};
        struct range above = {x->high, r->high};
        if (below.low < below.high)
            visit_outside(&below, exclusion + 1, visit, argument);
        if (above.low < above.high)
            visit_outside(&above, exclusion + 1, visit, argument);
        return;
    }
    visit(r->low, r->high, argument);
}

static void visit_data(root_visitor visit, void *argument)
{
    for (size_t i = 0; i < roots.segments.count; i++)
        visit_outside(&roots.segments.items[i], 0, visit, argument);
    for (size_t i = 0; i < roots.client.count; i++)
        visit_outside(&roots.client.items[i], 0, visit, argument);
}

/* ---- The program's function ---- */

void (*roots_program_function)(void);

/* Set during roots_for_each, by the collecting thread; world stopped. */
static struct {
    root_visitor visit;
    void *argument;
} pushing;

void roots_push(uintptr_t low, uintptr_t high)
{
    struct range r = {low, high};
    align_inwards(&r);
    if (pushing.visit != NULL && r.low < r.high)
        pushing.visit(r.low, r.high, pushing.argument);
}

static void visit_thread_locals(struct thread *t, void *unused)
{
    (void)unused;
    thread_local_roots(t, pushing.visit, pushing.argument);
}

void roots_for_each(root_visitor visit, void *argument)
{
    pushing.visit = visit;
    pushing.argument = argument;
    stacks_for_each(visit, argument);
    threads_for_each(visit_thread_locals, NULL);
    threads_in_flight(visit, argument);
    visit_data(visit, argument);
    if (roots_program_function != NULL)
        roots_program_function();
    pushing.visit = NULL;
}

void roots_lock_for_fork(void)
{
    lock_acquire(&roots.lock);
}

void roots_unlock_after_fork(bool in_child)
{
    if (in_child)
        lock_reset_after_fork(&roots.lock);
    else
        lock_release(&roots.lock);
}
