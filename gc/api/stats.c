/* stats.c: figures about the heap.
 *
 * Taken from the page allocators (under their locks, so busy) and from the heap's accounts. What
 * happened since the last cycle is the difference to a snapshot that is taken after each.
 */
#include <string.h>
#include "api/api.h"
#include "cycle/cycle.h"
#include "cycle/pace.h"
#include "gc/gc_inline.h"
#include "heap/heap.h"
#include "mark/helpers.h"
#include "memory/pagealloc.h"
#include "platform/check.h"
#include "services/finalize.h"

/* As of the last cycle's end; single words, so a reader may see two cycles mixed. */
static struct {
    atomic_word allocated;
    atomic_word freed;
    atomic_word dead;        /* found by all cycles so far */
    atomic_word dead_before; /* by all but the last */
} at_cycle;

GC_word GC_gc_no;
static bool measuring;
static uint64_t measured_from_ns; /* what cycles had taken when measuring began */
static uint64_t marked_from_ns;   /* and marking */
static GC_word measured_from_no;

void stats_after_cycle(void)
{
    size_t allocated = word_load(&heap.allocated_total);
    size_t freed = word_load(&heap.freed_total);
    word_store(&at_cycle.dead_before, word_load(&at_cycle.dead));
    word_store(&at_cycle.dead, allocated - freed - word_load(&heap.live));
    word_store(&at_cycle.allocated, allocated);
    word_store(&at_cycle.freed, freed);
    word_add((atomic_word *)&GC_gc_no, 1);
    GC_parallel = (int)helpers_count();
}

GC_word GC_get_gc_no(void)
{
    return GC_gc_no;
}

/* ---- Pages ---- */

struct page_bytes {
    size_t grown;
    size_t in_use;
    size_t scavenged;
};

/* All zero where there is no heap yet. */
static struct page_bytes page_figures(void)
{
    struct page_bytes sum = {0, 0, 0};
    struct thread *t = gc_initialised() ? api_thread() : NULL;
    if (t == NULL || !busy_enter(t))
        return sum;
    for (unsigned half = 0; half < half_count; half++) {
        struct page_stats stats = pages_stats(half);
        sum.grown += stats.grown << page_shift;
        sum.in_use += stats.in_use << page_shift;
        sum.scavenged += stats.scavenged << page_shift;
    }
    busy_leave(t);
    return sum;
}

size_t GC_get_heap_size(void)
{
    struct page_bytes pages = page_figures();
    return pages.grown - pages.scavenged;
}

size_t GC_get_free_bytes(void)
{
    struct page_bytes pages = page_figures();
    return pages.grown - pages.in_use - pages.scavenged;
}

size_t GC_get_unmapped_bytes(void)
{
    return page_figures().scavenged;
}

size_t GC_get_obtained_from_os_bytes(void)
{
    return page_figures().grown;
}

size_t GC_get_memory_use(void)
{
    return page_figures().in_use;
}

/* ---- Accounts ----
 *
 * A thread's cache puts its figures into the accounts now and then; those of the thread that asks
 * are put there first, so that it sees what it has done itself.
 */

static void account_own_cache(void)
{
    struct thread *t = api_thread();
    if (t != NULL && busy_enter(t)) {
        cache_account(&t->cache);
        busy_leave(t);
    }
}

size_t GC_get_total_bytes(void)
{
    account_own_cache();
    return word_load(&heap.allocated_total);
}

size_t GC_get_bytes_since_gc(void)
{
    account_own_cache();
    return word_load(&heap.allocated_total) - word_load(&at_cycle.allocated);
}

size_t GC_get_expl_freed_bytes_since_gc(void)
{
    account_own_cache();
    return word_load(&heap.freed_total) - word_load(&at_cycle.freed);
}

void GC_incr_bytes_allocd(size_t bytes)
{
    heap_charge(bytes);
}

void GC_incr_bytes_freed(size_t bytes)
{
    heap_uncharge(bytes);
}

static void store_unless_null(GC_word *where, GC_word value)
{
    if (where != NULL)
        *where = value;
}

void GC_get_heap_usage_safe(GC_word *heap_size, GC_word *free_bytes, GC_word *unmapped_bytes,
                            GC_word *bytes_since_gc, GC_word *total_bytes)
{
    struct page_bytes pages = page_figures();
    store_unless_null(heap_size, pages.grown - pages.scavenged);
    store_unless_null(free_bytes, pages.grown - pages.in_use - pages.scavenged);
    store_unless_null(unmapped_bytes, pages.scavenged);
    store_unless_null(bytes_since_gc, GC_get_bytes_since_gc());
    store_unless_null(total_bytes, GC_get_total_bytes());
}

size_t GC_get_prof_stats(struct GC_prof_stats_s *stats, size_t size)
{
    struct page_bytes pages = page_figures();
    size_t dead_before = word_load(&at_cycle.dead_before);
    struct GC_prof_stats_s known = {
        .heapsize_full = pages.grown,
        .free_bytes_full = pages.grown - pages.in_use,
        .unmapped_bytes = pages.scavenged,
        .bytes_allocd_since_gc = GC_get_bytes_since_gc(),
        .allocd_bytes_before_gc = word_load(&at_cycle.allocated),
        .non_gc_bytes = GC_non_gc_bytes,
        .gc_no = GC_gc_no,
        .markers_m1 = helpers_count(),
        .bytes_reclaimed_since_gc = word_load(&at_cycle.dead) - dead_before,
        .reclaimed_bytes_before_gc = dead_before,
        .expl_freed_bytes_since_gc = GC_get_expl_freed_bytes_since_gc(),
        .obtained_from_os_bytes = pages.grown,
    };
    size_t both = size < sizeof known ? size : sizeof known;
    memcpy(stats, &known, both);
    if (size > sizeof known)
        memset((char *)stats + sizeof known, 0xff, size - sizeof known);
    return both;
}

size_t GC_get_prof_stats_unsafe(struct GC_prof_stats_s *stats, size_t size)
{
    return GC_get_prof_stats(stats, size);
}

/* ---- Time ---- */

static uint64_t cycles_ns(void)
{
    struct cycle_stats stats;
    cycle_stats_get(&stats);
    return stats.stop_ns_total;
}

static uint64_t marks_ns(void)
{
    struct cycle_stats stats;
    cycle_stats_get(&stats);
    return stats.mark_ns_total;
}

void GC_start_performance_measurement(void)
{
    if (!measuring) {
        measured_from_ns = cycles_ns();
        marked_from_ns = marks_ns();
        measured_from_no = GC_gc_no;
    }
    measuring = true;
}

unsigned long GC_get_full_gc_total_time(void)
{
    return measuring ? (unsigned long)((cycles_ns() - measured_from_ns) / 1000000) : 0;
}

unsigned long GC_get_stopped_mark_total_time(void)
{
    return measuring ? (unsigned long)((marks_ns() - marked_from_ns) / 1000000) : 0;
}

unsigned long GC_get_avg_stopped_mark_time_ns(void)
{
    GC_word cycles = GC_gc_no - measured_from_no;
    return measuring && cycles > 0 ? (unsigned long)((marks_ns() - marked_from_ns) / cycles) : 0;
}

/* ---- Size ---- */

int GC_expand_hp(size_t bytes)
{
    struct page_bytes pages;
    size_t wanted, maximum;
    if (api_thread() == NULL)
        return 0;
    maximum = word_load(&heap.maximum);
    pages = page_figures();
    if (__builtin_add_overflow(pages.grown - pages.scavenged, bytes, &wanted) ||
        wanted > region.size || (maximum != 0 && wanted > maximum))
        return 0;
    pace_set_floor(wanted);
    cycle_recompute_goal();
    return 1;
}

/* ---- For people ---- */

void GC_dump_named(const char *name)
{
    struct page_bytes pages = page_figures();
    report("dump %s: after %z collections", name != NULL ? name : "", (size_t)GC_gc_no);
    report("  heap: %z KiB committed, %z in use, %z free, %z given back",
           (pages.grown - pages.scavenged) / 1024, pages.in_use / 1024,
           (pages.grown - pages.in_use - pages.scavenged) / 1024, pages.scavenged / 1024);
    report("  allocated: %z KiB in all, %z since the last collection; next one at %z KiB live",
           GC_get_total_bytes() / 1024, GC_get_bytes_since_gc() / 1024,
           (size_t)word_load(&heap.goal) / 1024);
    report("  threads: %u", threads_ready() ? threads_count() : 0);
    GC_dump_finalization();
}

void GC_dump(void)
{
    GC_dump_named(NULL);
}

void GC_dump_finalization(void)
{
    report("  finalizers: %z registered, %s", finalize_record_count(),
           finalize_is_pending() ? "some due" : "none due");
}
