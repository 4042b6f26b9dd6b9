/* settings.c: the variables of the interface, and the functions that get and set them.
 *
 * Before GC_init they only hold what the program wants; settings_hand_down then sets the layers
 * below, as the setters do from then on. All are words or ints, read and written whole.
 */
#include "api/debug.h"
#include "cycle/cycle.h"
#include "cycle/pace.h"
#include "heap/heap.h"
#include "mark/mark.h"
#include "mark/roots.h"

enum { divisor_times_percent = 300, default_divisor = 3 };

static void *no_memory(size_t bytes)
{
    (void)bytes;
    return NULL;
}

/* Those with a meaning here. */
int GC_all_interior_pointers = 1;
int GC_no_dls;
GC_word GC_free_space_divisor = default_divisor;
GC_word GC_max_retries;
GC_oom_func GC_oom_fn = no_memory;

/* Those that are only kept. The values are those of Debian's bdwgc. */
GC_word GC_non_gc_bytes;
int GC_find_leak;
int GC_dont_expand;
int GC_dont_precollect;
int GC_use_entire_heap;
int GC_full_freq = 19;
unsigned long GC_time_limit = GC_TIME_UNLIMITED;

static struct {
    unsigned long time_limit_ns;
    GC_word bytes_per_finalizer;
    size_t min_bytes_allocd;
    int rate;
    int max_prior_attempts;
    int force_unmap;
    int manual_vdb;
} kept = {.bytes_per_finalizer = 10000, .min_bytes_allocd = 1, .rate = 10, .max_prior_attempts = 1};

size_t extra_byte = 1;

/* ---- To the layers below ---- */

static void interior_pointers_hand_down(void)
{
    extra_byte = GC_all_interior_pointers != 0;
    mark_set_heap_interior(GC_all_interior_pointers != 0);
}

static void divisor_hand_down(void)
{
    GC_word divisor = GC_free_space_divisor;
    if (divisor == 0 || divisor > divisor_times_percent)
        divisor = divisor == 0 ? 1 : divisor_times_percent;
    pace_set_percent((unsigned)(divisor_times_percent / divisor));
}

void settings_hand_down(void)
{
    if (settings.dont_collect)
        GC_dont_gc = 1;
    if (settings.all_interior_pointers)
        GC_all_interior_pointers = 1;
    if (settings.find_leak)
        GC_find_leak = 1;
    if (settings.finalizer_thread)
        GC_set_finalizer_thread(1);
    if (settings.use_entire_heap)
        GC_use_entire_heap = 1;
    if (settings.force_unmap)
        kept.force_unmap = 1;
    if (settings.pause_time_target != 0)
        GC_time_limit = settings.pause_time_target;
    if (settings.full_frequency != 0)
        GC_full_freq = (int)settings.full_frequency;
    if (settings.free_space_divisor != 0)
        GC_free_space_divisor = settings.free_space_divisor;
    if (settings.maximum_heap != 0)
        word_store(&heap.maximum, settings.maximum_heap);
    heap.stress_bytes = settings.stress_bytes;
    interior_pointers_hand_down();
    divisor_hand_down();
    roots_set_no_dls(GC_no_dls != 0);
}

/* ---- Those with a meaning ---- */

void GC_set_all_interior_pointers(int all)
{
    GC_all_interior_pointers = all != 0;
    if (gc_initialised())
        interior_pointers_hand_down();
}

int GC_get_all_interior_pointers(void)
{
    return GC_all_interior_pointers;
}

void GC_set_no_dls(int no_dls)
{
    GC_no_dls = no_dls != 0;
    roots_set_no_dls(no_dls != 0);
}

int GC_get_no_dls(void)
{
    return GC_no_dls;
}

void GC_set_free_space_divisor(GC_word divisor)
{
    GC_free_space_divisor = divisor;
    divisor_hand_down();
    if (gc_initialised())
        cycle_recompute_goal();
}

GC_word GC_get_free_space_divisor(void)
{
    return GC_free_space_divisor;
}

void GC_set_max_retries(GC_word retries)
{
    GC_max_retries = retries;
}

GC_word GC_get_max_retries(void)
{
    return GC_max_retries;
}

void GC_set_oom_fn(GC_oom_func oom)
{
    GC_oom_fn = oom;
}

GC_oom_func GC_get_oom_fn(void)
{
    return GC_oom_fn;
}

void GC_set_max_heap_size(GC_word bytes)
{
    word_store(&heap.maximum, bytes);
    if (gc_initialised())
        cycle_recompute_goal();
}

/* ---- Those that are only kept ---- */

void GC_set_non_gc_bytes(GC_word bytes)
{
    GC_non_gc_bytes = bytes;
}

GC_word GC_get_non_gc_bytes(void)
{
    return GC_non_gc_bytes;
}

void GC_set_find_leak(int find)
{
    GC_find_leak = find != 0;
    if (gc_initialised())
        debug_prepare();
}

int GC_get_find_leak(void)
{
    return GC_find_leak;
}

void GC_set_dont_expand(int dont)
{
    GC_dont_expand = dont != 0;
}

int GC_get_dont_expand(void)
{
    return GC_dont_expand;
}

void GC_set_dont_precollect(int dont)
{
    GC_dont_precollect = dont != 0;
}

int GC_get_dont_precollect(void)
{
    return GC_dont_precollect;
}

void GC_set_full_freq(int frequency)
{
    GC_full_freq = frequency;
}

int GC_get_full_freq(void)
{
    return GC_full_freq;
}

void GC_set_time_limit(unsigned long milliseconds)
{
    GC_time_limit = milliseconds;
}

unsigned long GC_get_time_limit(void)
{
    return GC_time_limit;
}

void GC_set_time_limit_tv(struct GC_timeval_s limit)
{
    GC_time_limit = limit.tv_ms;
    kept.time_limit_ns = limit.tv_nsec;
}

struct GC_timeval_s GC_get_time_limit_tv(void)
{
    return (struct GC_timeval_s){GC_time_limit, kept.time_limit_ns};
}

void GC_set_allocd_bytes_per_finalizer(GC_word bytes)
{
    kept.bytes_per_finalizer = bytes;
}

GC_word GC_get_allocd_bytes_per_finalizer(void)
{
    return kept.bytes_per_finalizer;
}

void GC_set_min_bytes_allocd(size_t bytes)
{
    kept.min_bytes_allocd = bytes;
}

size_t GC_get_min_bytes_allocd(void)
{
    return kept.min_bytes_allocd;
}

void GC_set_rate(int rate)
{
    kept.rate = rate;
}

int GC_get_rate(void)
{
    return kept.rate;
}

void GC_set_max_prior_attempts(int attempts)
{
    kept.max_prior_attempts = attempts;
}

int GC_get_max_prior_attempts(void)
{
    return kept.max_prior_attempts;
}

void GC_set_force_unmap_on_gcollect(int force)
{
    kept.force_unmap = force != 0;
}

int GC_get_force_unmap_on_gcollect(void)
{
    return kept.force_unmap;
}

void GC_set_manual_vdb_allowed(int allowed)
{
    kept.manual_vdb = allowed != 0;
}

int GC_get_manual_vdb_allowed(void)
{
    return kept.manual_vdb;
}

void GC_set_pages_executable(int executable)
{
    (void)executable;
}

int GC_get_pages_executable(void)
{
    return 0;
}
