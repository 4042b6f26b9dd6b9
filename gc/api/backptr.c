/* backptr.c: from where an object is reached, as the last collection saw it (gc_backptr.h). */
#include "gc/gc_backptr.h"
#include "api/debug.h"
#include "cycle/inspect.h"
#include "heap/central.h"
#include "heap/sweep.h"
#include "memory/pagealloc.h"
#include "platform/os.h"

/* ---- One step ---- */

static GC_ref_kind source_in_heap(uintptr_t word, void **base_p, size_t *offset_p)
{
    struct object o;
    struct debug_info info;
    switch (debug_classify((const void *)word, &o, &info)) {
    case POINTS_TO_USER:
    case POINTS_INTO:
        *base_p = (void *)debug_user(o.base);
        break;
    case POINTS_TO_PLAIN:
        *base_p = (void *)o.base;
        break;
    case POINTS_TO_FREED:
    case POINTS_ELSEWHERE: /* the object has been freed since */
        return GC_UNREFERENCED;
    }
    *offset_p = word - (uintptr_t)*base_p;
    return GC_REFD_FROM_HEAP;
}

static enum debug_source source_of(struct thread *t, const struct object *o, uintptr_t *word)
{
    if (!busy_enter(t))
        return DEBUG_FROM_NOWHERE;
    enum debug_source source = debug_back_pointer(o, word);
    busy_leave(t);
    return source;
}

GC_ref_kind GC_get_back_ptr_info(void *dest, void **base_p, size_t *offset_p)
{
    struct object o;
    struct debug_info info;
    uintptr_t word = 0;
    enum debug_pointer pointer = debug_classify(dest, &o, &info);
    if (pointer != POINTS_TO_USER && pointer != POINTS_INTO)
        return GC_NO_SPACE;
    switch (source_of(thread_self, &o, &word)) {
    case DEBUG_FROM_HEAP:
        return source_in_heap(word, base_p, offset_p);
    case DEBUG_FROM_ROOT:
        *base_p = (void *)word;
        *offset_p = 0;
        return GC_REFD_FROM_ROOT;
    case DEBUG_FROM_FINALIZER:
        return GC_FINALIZER_REFD;
    case DEBUG_FROM_NOWHERE:
        break;
    }
    return GC_UNREFERENCED;
}

/* ---- All steps ---- */

/* Prints a step; true: there is another one, from *current. */
static bool print_step(struct debug_reporter *r, unsigned level, void **current)
{
    void *base;
    size_t offset;
    GC_ref_kind source = GC_get_back_ptr_info(*current, &base, &offset);
    if (source == GC_UNREFERENCED)
        GC_err_printf("Reference could not be found\n");
    else if (source == GC_NO_SPACE)
        GC_err_printf("No debug info in object: Can't find reference\n");
    else
        GC_err_printf("Reachable via %u levels of pointers from ", level);
    switch (source) {
    case GC_REFD_FROM_ROOT:
        GC_err_printf("root at %p\n\n", base);
        break;
    case GC_REFD_FROM_REG:
        GC_err_printf("root in register\n\n");
        break;
    case GC_FINALIZER_REFD:
        GC_err_printf("list of finalizable objects\n\n");
        break;
    case GC_REFD_FROM_HEAP:
        GC_err_printf("offset %ld in object:\n", (long)offset);
        debug_print_object(r, (uintptr_t)base);
        *current = base;
        return true;
    case GC_UNREFERENCED:
    case GC_NO_SPACE:
        break;
    }
    return false;
}

/* Objects that were freed and made anew since the collection may lead around in a circle, so the
 * number of steps has a bound. */
void GC_print_backtrace(void *p)
{
    struct debug_reporter r = {0};
    debug_print_object(&r, (uintptr_t)p);
    size_t most = debug_count();
    for (unsigned level = 0; level <= most && print_step(&r, level, &p); level++)
        continue;
    debug_report_end(&r);
}

/* ---- Anywhere in the heap ---- */

static uint64_t random_below(uint64_t limit)
{
    static atomic_word state;
    uint64_t x = word_load(&state);
    if (x == 0)
        x = os_random() | 1;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    word_store(&state, x);
    return limit != 0 ? x % limit : 0;
}

static size_t committed_bytes(unsigned half)
{
    uintptr_t end = word_load(&region.committed[half]);
    size_t start = half == HALF_NOSCAN ? region.half_offset : 0;
    return end > start ? end - start : 0;
}

void *GC_generate_random_heap_address(void)
{
    if (api_thread() == NULL)
        return NULL;
    size_t scanned = committed_bytes(HALF_SCAN);
    uint64_t at = random_below(scanned + committed_bytes(HALF_NOSCAN));
    return (void *)(region.base + (at < scanned ? at : region.half_offset + (at - scanned)));
}

static bool is_valid_address(struct thread *t, uintptr_t word)
{
    struct object o;
    if (!busy_enter(t))
        return false;
    bool valid = find_object(word, &o) && sweep_spares(&o, true);
    busy_leave(t);
    return valid;
}

/* Where the heap is so empty that chance does not find an object: the first one from a random
 * address on. */
static void *valid_address_from(struct thread *t, uintptr_t start)
{
    size_t scanned = committed_bytes(HALF_SCAN);
    size_t all = scanned + committed_bytes(HALF_NOSCAN);
    size_t offset = region_offset(start);
    size_t first = offset < region.half_offset ? offset : offset - region.half_offset + scanned;
    for (size_t i = 0; i < all; i += granule_bytes) {
        size_t at = (first + i) % all;
        uintptr_t word = region.base + (at < scanned ? at : region.half_offset + (at - scanned));
        if (is_valid_address(t, word))
            return (void *)word;
    }
    return NULL;
}

void *GC_generate_random_valid_address(void)
{
    enum { tries = 1000 };
    struct thread *t = api_thread();
    if (t == NULL)
        return NULL;
    for (unsigned i = 0; i < tries; i++) {
        void *p = GC_generate_random_heap_address();
        if (is_valid_address(t, (uintptr_t)p))
            return p;
    }
    return valid_address_from(t, (uintptr_t)GC_generate_random_heap_address());
}

void GC_generate_random_backtrace_no_gc(void)
{
    void *current = GC_generate_random_valid_address();
    if (current == NULL) {
        GC_err_printf("Cannot generate a backtrace: no object has survived a collection\n");
        return;
    }
    GC_printf("\n****Chosen address %p in object\n", current);
    GC_print_backtrace(current);
}

static int never_stop(void)
{
    return 0;
}

void GC_generate_random_backtrace(void)
{
    if (GC_try_to_collect(never_stop))
        GC_generate_random_backtrace_no_gc();
    else
        GC_err_printf("Cannot generate a backtrace: garbage collection is disabled!\n");
}
