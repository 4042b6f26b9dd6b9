/* roots.c: see roots.h.
 *
 * Three growable arrays of ranges in memory of our own: the client's, the exclusions, and the
 * segments noted in this cycle's stop. The library's own data are no roots: they hold no client
 * pointers, but may hold what is left of one. As a shared object of its own it is left out as a
 * whole; in libspangc.a symbols tell where its data lie in the program's (static.ld).
 */
#define _GNU_SOURCE 1
#include <link.h>
#include <string.h>
#include "mark/roots.h"
#include "heap/heap.h"
#include "platform/check.h"
#include "platform/lock.h"
#include "platform/os.h"
#include "threads/fakestack.h"
#include "threads/stacks.h"
#include "threads/tls.h"
#include "threads/loader.h"

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

/* False: `hole` leaves the range as it is. True: the parts are what is left, empty or not. */
static bool range_without(const struct range *r, const struct range *hole, struct range parts[2])
{
    if (hole->low >= hole->high || hole->high <= r->low || hole->low >= r->high)
        return false;
    parts[0] = (struct range){r->low, hole->low};
    parts[1] = (struct range){hole->high, r->high};
    return true;
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

/* Segments are noted with the world stopped. */
bool roots_in_segment(uintptr_t word)
{
    for (size_t i = 0; i < roots.segments.count; i++)
        if (word >= roots.segments.items[i].low && word < roots.segments.items[i].high)
            return true;
    return false;
}

void roots_set_no_dls(bool no_dls)
{
    roots.no_dls = no_dls;
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

/* The linker's symbols, of libspangc.a only. */
__attribute__((weak, visibility("hidden"))) extern char spangc_data_low[], spangc_data_high[],
    spangc_bss_low[], spangc_bss_high[];

/* Is this object the collector itself, and nothing but it? Not if it is linked from libspangc.a. */
static bool is_own_library(const struct dl_phdr_info *info, bool is_program)
{
    bool is_part = is_program || spangc_data_low != NULL;
    for (unsigned i = 0; !is_part && i < info->dlpi_phnum; i++) {
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

/* All of the range but what is the collector's own, from the `own`-th piece of that on. */
static bool note_outside_own(struct range r, unsigned own)
{
    const struct range pieces[] = {{(uintptr_t)spangc_data_low, (uintptr_t)spangc_data_high},
                                   {(uintptr_t)spangc_bss_low, (uintptr_t)spangc_bss_high}};
    struct range parts[2];
    for (; own < sizeof pieces / sizeof *pieces; own++)
        if (range_without(&r, &pieces[own], parts))
            return note_outside_own(parts[0], own + 1) && note_outside_own(parts[1], own + 1);
    align_inwards(&r);
    return r.low >= r.high || array_append(&roots.segments, r.low, r.high);
}

static bool is_unwanted(const char *name, const struct range *r)
{
    return roots_segment_filter != NULL &&
           !roots_segment_filter(name != NULL ? name : "", r->low, r->high);
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
        if (is_unwanted(info->dlpi_name, &r))
            continue;
        if (!note_outside_own(r, 0))
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
        if (!it->first(it->argument))
            return 1;
        it->result = SEGMENTS_NOTED;
    }
    bool own = is_own_library(info, is_program);
    if (own || (note_thread_locals(info) && (roots.no_dls || note_segments(info))))
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

/* Set during roots_for_each, by the collecting thread; world stopped. */
static struct {
    root_visitor visit;
    void *argument;
    struct range dead; /* of the collecting thread's stack: below what counts */
} visiting;

static void visit_outside(const struct range *r, size_t exclusion)
{
    struct range parts[2];
    if (r->low >= r->high)
        return;
    for (; exclusion < roots.excluded.count; exclusion++)
        if (range_without(r, &roots.excluded.items[exclusion], parts)) {
            visit_outside(&parts[0], exclusion + 1);
            visit_outside(&parts[1], exclusion + 1);
            return;
        }
    visiting.visit(r->low, r->high, visiting.argument);
}

/* A range may contain the stack that we run on, with our own frames. */
static void visit_living(const struct range *r, size_t exclusion)
{
    struct range parts[2];
    if (range_without(r, &visiting.dead, parts)) {
        visit_outside(&parts[0], exclusion);
        visit_outside(&parts[1], exclusion);
    } else {
        visit_outside(r, exclusion);
    }
}

static void visit_data(const struct range_array *a)
{
    for (size_t i = 0; i < a->count; i++)
        visit_living(&a->items[i], 0);
}

/* ---- The program's function ---- */

bool (*roots_segment_filter)(const char *name, uintptr_t low, uintptr_t high);
void (*roots_program_function)(void);

/* Exclusions are not for what the program tells. */
void roots_push(uintptr_t low, uintptr_t high)
{
    struct range r = {low, high};
    align_inwards(&r);
    if (visiting.visit != NULL)
        visit_living(&r, roots.excluded.count);
}

static void visit_thread_locals(struct thread *t, void *unused)
{
    (void)unused;
    thread_local_roots(t, visiting.visit, visiting.argument);
}

static void visit_all(root_visitor visit, void *argument)
{
    visiting.visit = visit;
    visiting.argument = argument;
    stacks_for_each(visit, argument);
    threads_for_each(visit_thread_locals, NULL);
    threads_in_flight(visit, argument);
    visiting.dead.high = stacks_dead_part(&visiting.dead.low);
    visit_data(&roots.segments);
    visit_data(&roots.client);
    if (roots_program_function != NULL)
        roots_program_function();
    visiting.visit = NULL;
}

void roots_for_each(root_visitor visit, void *argument)
{
    fakestacks_follow(visit_all, visit, argument);
}

void roots_reset_locks_in_child(void)
{
    lock_reset_after_fork(&roots.lock);
}
