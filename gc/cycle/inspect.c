/* inspect.c: see inspect.h. */
#include "cycle/inspect.h"
#include <string.h>
#include "cycle/walk.h"
#include "platform/check.h"
#include "platform/lock.h"
#include "platform/os.h"
#include "services/debugobj.h"

static const int never;
const int *inspect_find_leaks = &never;

static struct {
    struct lock lock;
    struct smash smashed[inspect_smashed_most];
    size_t smashed_total; /* of them, the first inspect_smashed_most are noted */
    uintptr_t *leaks;     /* a mapping for inspect_leaks_most, made when first needed */
    size_t leaks_taken;   /* [leaks_taken, leak_count) are still to be told */
    size_t leak_count;
    size_t leaks_untold; /* found beyond what the list holds */
} reports = {.lock = LOCK_INITIALIZER(RANK_SPECIAL)};

/* ---- Guards ---- */

static void note_smashed(const struct object *o, const struct debug_info *info)
{
    if (!debug_set_told(o->base))
        return;
    if (reports.smashed_total < inspect_smashed_most)
        reports.smashed[reports.smashed_total] =
            (struct smash){o->base, info->smashed, info->bytes, info->site};
    reports.smashed_total++;
}

static void look_at(const struct object *o, const struct debug_info *info)
{
    if (info->smashed != 0)
        note_smashed(o, info);
    debug_set_back_pointer(o->base, DEBUG_FROM_NOWHERE, 0);
}

/* ---- Leaks ---- */

static bool is_marked(uintptr_t base)
{
    struct object o;
    return find_object(base, &o) && object_is_marked(&o);
}

static void note_leak(uintptr_t base)
{
    if (reports.leaks == NULL)
        reports.leaks = os_map(inspect_leaks_most * sizeof *reports.leaks);
    if (reports.leaks == NULL || reports.leak_count == inspect_leaks_most)
        reports.leaks_untold++;
    else
        reports.leaks[reports.leak_count++] = base;
}

static void note_leaks_of(struct span *s, void *unused)
{
    const atomic_word *alloc_bits = span_alloc_bits(s);
    const atomic_word *mark_bits = span_mark_bits(s);
    (void)unused;
    for (size_t i = 0; i < s->objects; i++) {
        uintptr_t base = span_object(s, i);
        if (bit_is_set(alloc_bits, i) && !bit_is_set(mark_bits, i) && !debug_is_freed(base))
            note_leak(base);
    }
}

/* Of earlier cycles, not told yet: first on the list again. */
static void keep_leaks(struct marker *m)
{
    size_t waiting = reports.leak_count - reports.leaks_taken;
    if (reports.leaks_taken != 0)
        memmove(reports.leaks, reports.leaks + reports.leaks_taken, waiting * sizeof(uintptr_t));
    reports.leaks_taken = 0;
    reports.leak_count = waiting;
    for (size_t i = 0; i < waiting; i++)
        mark_word(m, reports.leaks[i]);
    mark_drain(m);
}

static void look_for_leaks(struct marker *m)
{
    keep_leaks(m);
    size_t known = reports.leak_count;
    if (*inspect_find_leaks != 0)
        span_for_each(note_leaks_of, NULL);
    for (size_t i = known; i < reports.leak_count; i++)
        mark_word(m, reports.leaks[i]);
    mark_drain(m);
}

/* ---- Back pointers ---- */

static void note_source(const struct object *o, enum walk_origin origin, uintptr_t source,
                        void *unused)
{
    static const enum debug_source sources[] = {
        [WALK_ROOT] = DEBUG_FROM_ROOT,
        [WALK_HEAP] = DEBUG_FROM_HEAP,
        [WALK_UNCOLLECTABLE] = DEBUG_FROM_NOWHERE,
        [WALK_FINALIZER] = DEBUG_FROM_FINALIZER,
    };
    (void)unused;
    if (debug_is_object(o->base))
        debug_set_back_pointer(o->base, sources[origin], source);
}

static void note_sources(void)
{
    struct walk w;
    if (walk_open(&w, note_source, NULL))
        walk_everything(&w);
    else
        report("no memory to find back pointers; this collection has none");
    walk_close(&w);
}

/* ---- All of it ---- */

void inspect_after_mark(struct marker *m)
{
    if (debug_count() > 0)
        debug_for_each(look_at);
    if (*inspect_find_leaks != 0 || reports.leak_count != 0)
        look_for_leaks(m);
    if (debug_count() > 0)
        debug_drop_dead(is_marked);
    if (debug_count() > 0)
        note_sources();
    debug_check(debug_objects_are_valid());
}

bool inspect_has_news(void)
{
    return *(volatile size_t *)&reports.smashed_total != 0 ||
           *(volatile size_t *)&reports.leak_count != 0;
}

size_t inspect_take_smashed(struct smash *smashed, size_t *count)
{
    lock_acquire(&reports.lock);
    size_t total = reports.smashed_total;
    *count = total < inspect_smashed_most ? total : inspect_smashed_most;
    memcpy(smashed, reports.smashed, *count * sizeof *smashed);
    reports.smashed_total = 0;
    lock_release(&reports.lock);
    return total;
}

size_t inspect_leaks(size_t *untold)
{
    lock_acquire(&reports.lock);
    size_t waiting = reports.leak_count - reports.leaks_taken;
    *untold = reports.leaks_untold;
    reports.leaks_untold = 0;
    lock_release(&reports.lock);
    return waiting;
}

uintptr_t inspect_take_leak(void)
{
    uintptr_t base = 0;
    lock_acquire(&reports.lock);
    if (reports.leaks_taken < reports.leak_count)
        base = reports.leaks[reports.leaks_taken++];
    if (reports.leaks_taken == reports.leak_count)
        reports.leaks_taken = reports.leak_count = 0;
    lock_release(&reports.lock);
    return base;
}

void inspect_reset_locks_in_child(void)
{
    lock_reset_after_fork(&reports.lock);
}
