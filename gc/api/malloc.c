/* malloc.c: GC_malloc and its family.
 *
 * Hot path (allocate): thread_self, the size class, the slot's claimed word.
 * No lock, no atomic read-modify-write, no call (clearing beyond 128 bytes apart); its slow path is
 * allocate_slow, where everything stands that may wait, collect or call the client, not busy.
 * gc/README.md counts the instructions. */
#define _DEFAULT_SOURCE 1 /* explicit_bzero */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include "api/api.h"
#include "api/badfree.h"
#include "cycle/cycle.h"
#include "gc.h"
#include "gc/gc_inline_malloc.h"
#include "heap/alloc.h"
#include "heap/heap.h"
#include "heap/sweep.h"
#include "platform/clear.h"
#include "platform/os.h"
#include "services/debugobj.h"
#include "services/finalize.h"
#include "threads/interrupted.h"
#include "threads/thread.h"

enum { many_bytes = 16 << 10 };

/* ---- The slow path ---- */

/* What is asked for. Sizes as the heap sees them: the byte for "one past the end" is in. */
struct request {
    size_t bytes;
    unsigned kind;
    size_t alignment;

    /* The object begins with a copy of these bytes; only for large ones. Their owner is alive. */
    const void *contents;
    size_t contents_bytes;
    bool collected; /* just now: the goal is not asked again */
};

static void *try_small(struct thread *t, const struct request *r, bool force,
                       enum alloc_status *status)
{
    *status = ALLOC_NO_MEMORY;
    if (!busy_enter(t))
        return NULL;
    void *object = alloc_small(&t->cache, r->bytes, r->kind, force, status);
    busy_leave(t);
    return object;
}

/* Clears [start, limit). */
static void clear_range(uintptr_t start, uintptr_t limit)
{
    uintptr_t page = (start + page_bytes - 1) & ~(uintptr_t)(page_bytes - 1);
    if (start >= limit)
        return;
    memset((void *)start, 0, (page < limit ? page : limit) - start);
    if (page < limit)
        clear_pages((void *)page, limit - page);
}

/* Before anybody knows of the run. What is copied over is not cleared. */
static void fill_large(const struct page_run *run, const struct request *r)
{
    uintptr_t start = run->dirty_base, behind = run->base + r->contents_bytes;
    if (r->contents_bytes != 0)
        memcpy((void *)run->base, r->contents, r->contents_bytes);
    if (kind_clears(r->kind))
        clear_range(start > behind ? start : behind,
                    run->dirty_base + (run->dirty_pages << page_shift));
}

static void *try_large(struct thread *t, const struct request *r, bool force,
                       enum alloc_status *status)
{
    *status = ALLOC_NO_MEMORY;
    if (!busy_enter(t))
        return NULL;
    struct page_run run = large_prepare(r->bytes, r->kind, r->alignment, force, status);
    busy_leave(t);
    if (run.base == 0)
        return NULL;
    fill_large(&run, r);
    if (!busy_enter(t))
        return NULL;
    void *object = large_publish(run, r->bytes, r->kind);
    busy_leave(t);
    *status = object != NULL ? ALLOC_OK : ALLOC_NO_MEMORY;
    return object;
}

static void *try_once(struct thread *t, const struct request *r, bool force,
                      enum alloc_status *status)
{
    if (r->bytes <= small_max && r->alignment <= granule_bytes)
        return try_small(t, r, force, status);
    return try_large(t, r, force, status);
}

/* Collects for memory and sweeps at once, since what is needed may be whole pages. */
static bool collect_for_memory(struct thread *t)
{
    if (!api_collect(CAUSE_MEMORY))
        return false;
    for (bool more = true; more && busy_enter(t);) {
        more = sweep_one(SWEPT_BY_ALLOCATOR);
        busy_leave(t);
    }
    return true;
}

/* A handler may have interrupted its thread on the point of getting the loader's lock, for which a
 * collection would wait: it lets the heap grow, in reason. */
static bool may_collect(const struct thread *t)
{
    return t->handlers == 0 || word_load(&heap.live) / 2 >= word_load(&heap.goal);
}

static void collect_for_goal(struct thread *t)
{
    if (may_collect(t))
        api_collect(heap_stress_is_due() ? CAUSE_STRESS : CAUSE_GOAL);
}

/* For an object that does not come from try_large. */
static void *with_contents(void *object, const struct request *r)
{
    if (object != NULL && r->contents_bytes != 0)
        memcpy(object, r->contents, r->contents_bytes);
    return object;
}

/* For a handler that interrupted the allocator and must not wait for it. */
static void *allocate_interrupting(struct thread *t, const struct request *r)
{
    if (r->alignment > page_bytes)
        return NULL;
    return with_contents((void *)interrupted_allocate(t, r->bytes, r->kind), r);
}

static void *allocate_request(const struct request *r)
{
    struct thread *t = api_thread();
    enum alloc_status status = ALLOC_NO_MEMORY;
    if (t == NULL)
        return NULL;
    if (word_load(&t->busy) != 0)
        return allocate_interrupting(t, r);
    void *object = try_once(t, r, r->collected, &status);
    if (status == ALLOC_GOAL_REACHED) {
        collect_for_goal(t);
        object = try_once(t, r, true, &status);
    }
    if (object == NULL && r->bytes <= region.size && collect_for_memory(t))
        object = try_once(t, r, true, &status);
    tell_heap_size(t);
    return object != NULL ? object : with_contents(GC_get_oom_fn()(r->bytes - extra_byte), r);
}

static void *allocate_slow(size_t bytes, unsigned kind, size_t alignment)
{
    struct request r = {.bytes = bytes, .kind = kind, .alignment = alignment};
    return allocate_request(&r);
}

/* Requests so large that the extra byte would wrap around cannot be met anyway. */
__attribute__((noinline, cold)) static void *allocate_sized(size_t bytes, unsigned kind,
                                                            size_t alignment)
{
    size_t extra = bytes < SIZE_MAX ? extra_byte : 0;
    return allocate_slow(bytes + extra, kind, alignment);
}

/* ---- The hot path ---- */

/* Where `allocate` found the thread's busy or hold word set. */
__attribute__((noinline, cold)) static void *allocate_held(struct thread *t, uintptr_t before,
                                                           size_t bytes, unsigned kind)
{
    if (busy_enter_slow(t, before))
        busy_leave(t);
    return allocate_sized(bytes, kind, granule_bytes);
}

/* Where a stop came meanwhile. The object is in this frame, so it survives the stop. */
__attribute__((noinline, cold)) static void *allocate_stopping(struct thread *t, uintptr_t object,
                                                               size_t bytes, unsigned kind)
{
    thread_stop_here(t);
    size_t object_bytes = size_classes[size_class_of(bytes + extra_byte)].bytes;
    // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): the slot held claimed objects
    return kind == KIND_NORMAL ? memset((void *)object, 0, object_bytes) : (void *)object;
}

/* The slot holds claimed objects. What is still to be cleared is, not busy: until the caller has
 * the object, its contents can keep garbage alive but do no harm. memset is a tail call. */
__attribute__((always_inline)) static inline void *
hand_out(struct thread *t, struct cache_slot *slot, size_t bytes, unsigned kind, bool tiny)
{
    uintptr_t object = cache_take(slot);
    size_t dirty_bytes = slot->dirty_bytes;
    if (__builtin_expect(busy_leave_quick(t), 0))
        return allocate_stopping(t, object, bytes, kind);
    bool dirty = kind != KIND_ATOMIC && !tiny && dirty_bytes != 0;
    // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): the slot holds claimed objects
    return dirty ? memset((void *)object, 0, dirty_bytes) : (void *)object;
}

/* Where the claimed word is used up: once in at most 64 objects. */
__attribute__((noinline)) static void *allocate_next_word(struct thread *t, struct cache_slot *slot,
                                                          size_t bytes, unsigned kind)
{
    if (cache_next_word(&t->cache, slot))
        return hand_out(t, slot, bytes, kind, false);
    busy_leave(t);
    return allocate_sized(bytes, kind, granule_bytes);
}

__attribute__((always_inline)) static inline void *
allocate_from(struct thread *t, struct cache_slot *slot, size_t bytes, unsigned kind, bool tiny)
{
    uintptr_t before;
    __asm__("" : "+r"(slot)); /* the address is computed once, not twice in two ways */
    if (__builtin_expect(!busy_enter_quick(t, &before), 0))
        return allocate_held(t, before, bytes, kind);
    if (__builtin_expect(slot->free_mask == 0, 0))
        return allocate_next_word(t, slot, bytes, kind);
    return hand_out(t, slot, bytes, kind, tiny);
}

__attribute__((noinline)) static void *allocate_beyond_tiny(size_t bytes, unsigned kind)
{
    struct thread *t = thread_self;
    if (__builtin_expect(t == NULL || bytes >= small_max, 0))
        return allocate_sized(bytes, kind, granule_bytes);
    size_t size_class = size_class_of(bytes + extra_byte);
    return allocate_from(t, &t->cache.small[kind][size_class], bytes, kind, false);
}

__attribute__((always_inline)) static inline void *allocate(size_t bytes, unsigned kind)
{
    struct thread *t = thread_self;
    if (__builtin_expect(t == NULL, 0) || bytes >= tiny_max)
        return allocate_beyond_tiny(bytes, kind);
    size_t size_class = size_class_of_tiny(bytes + extra_byte);
    return allocate_from(t, &t->cache.small[kind][size_class], bytes, kind, true);
}

GC_API void *GC_malloc(size_t bytes)
{
    return allocate(bytes, KIND_NORMAL);
}

GC_API void *GC_malloc_atomic(size_t bytes)
{
    return allocate(bytes, KIND_ATOMIC);
}

/* ---- The hot path, inline in the program: gc_inline_malloc.h ---- */

_Static_assert(
    offsetof(struct GC_inline_thread_v1, busy) == offsetof(struct thread, busy) &&
        offsetof(struct GC_inline_thread_v1, stop_pending) ==
            offsetof(struct thread, stop_pending) &&
        offsetof(struct GC_inline_thread_v1, hold) == offsetof(struct thread, hold) &&
        offsetof(struct GC_inline_thread_v1, slots) == offsetof(struct thread, cache.small) &&
        sizeof(struct GC_inline_slot_v1) == sizeof(struct cache_slot) &&
        offsetof(struct GC_inline_slot_v1, free_mask) == offsetof(struct cache_slot, free_mask) &&
        offsetof(struct GC_inline_slot_v1, base) == offsetof(struct cache_slot, word_base),
    "programs have this compiled in");
_Static_assert((int)GC_INLINE_STEP_V1 == (int)granule_bytes &&
                   (int)GC_INLINE_CLASSES_V1 == (int)size_class_count &&
                   (int)GC_INLINE_BELOW_V1 <= (int)clear_ahead_max && KIND_ATOMIC == 0 &&
                   KIND_NORMAL == 1,
               "likewise; and no object of theirs is dirty");

/* Their slots are for the request and a byte, also where GC_malloc would add none. */
static size_t inline_request(size_t bytes)
{
    return bytes + 1 - extra_byte;
}

GC_API void *GC_inline_held_v1(GC_word busy, size_t bytes, unsigned kind)
{
    return allocate_held(thread_self, busy, inline_request(bytes), kind);
}

GC_API void *GC_inline_empty_v1(struct GC_inline_slot_v1 *slot, size_t bytes, unsigned kind)
{
    return allocate_next_word(thread_self, (struct cache_slot *)slot, inline_request(bytes), kind);
}

GC_API void *GC_inline_stop_v1(void *object, size_t bytes, unsigned kind)
{
    return allocate_stopping(thread_self, (uintptr_t)object, inline_request(bytes), kind);
}

/* ---- Any kind ---- */

static struct cache_slot *slot_if_there(struct thread *t, unsigned kind, size_t bytes)
{
    if (kind <= KIND_NORMAL)
        return &t->cache.small[kind][size_class_of(bytes)];
    // cppcheck-suppress arrayIndexOutOfBoundsCond
    struct cache_slot *table = t->cache.others[kind];
    return table == NULL ? NULL : &table[size_class_of(bytes)];
}

/* Cleared while busy: a mark procedure or a per-object descriptor must not be read from what the
 * memory held before. */
static void *take_cleared(struct cache_slot *slot)
{
    void *object = (void *)cache_take(slot);
    if (object != NULL && slot->dirty_bytes != 0)
        memset(object, 0, slot->dirty_bytes);
    return object;
}

void *api_allocate(size_t bytes, unsigned kind)
{
    struct thread *t = thread_self;
    if (t == NULL || bytes > small_max)
        return allocate_slow(bytes, kind, granule_bytes);
    struct cache_slot *slot = slot_if_there(t, kind, bytes);
    if (slot == NULL || !busy_enter(t))
        return allocate_slow(bytes, kind, granule_bytes);
    void *object = take_cleared(slot);
    busy_leave(t);
    return object != NULL ? object : allocate_slow(bytes, kind, granule_bytes);
}

GC_API void *GC_malloc_uncollectable(size_t bytes)
{
    return allocate_sized(bytes, KIND_UNCOLLECTABLE, granule_bytes);
}

GC_API void *GC_malloc_atomic_uncollectable(size_t bytes)
{
    return allocate_sized(bytes, KIND_ATOMIC_UNCOLLECTABLE, granule_bytes);
}

/* The promise to keep a pointer near the start costs nothing to ignore. */
GC_API void *GC_malloc_ignore_off_page(size_t bytes)
{
    return GC_malloc(bytes);
}

GC_API void *GC_malloc_atomic_ignore_off_page(size_t bytes)
{
    return GC_malloc_atomic(bytes);
}

GC_API void *GC_malloc_stubborn(size_t bytes)
{
    return GC_malloc(bytes);
}

/* ---- Aligned ---- */

static bool is_power_of_two(size_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* The least class size from `bytes` on that keeps every object of a span aligned; 0: none. */
static size_t aligned_class_bytes(size_t bytes, size_t alignment)
{
    if (alignment > page_bytes || bytes > small_max)
        return 0;
    for (unsigned c = size_class_of(bytes); c < size_class_count; c++)
        if (size_classes[c].bytes % alignment == 0)
            return size_classes[c].bytes;
    return 0;
}

GC_API void *GC_memalign(size_t alignment, size_t bytes)
{
    if (alignment <= granule_bytes)
        return GC_malloc(bytes);
    if (!is_power_of_two(alignment) || bytes == SIZE_MAX)
        return NULL;
    size_t small = aligned_class_bytes(bytes + extra_byte, alignment);
    if (small != 0)
        return allocate_slow(small, KIND_NORMAL, granule_bytes);
    return allocate_slow(bytes + extra_byte, KIND_NORMAL, alignment);
}

GC_API void *GC_valloc(size_t bytes)
{
    return GC_memalign(os_page_size(), bytes);
}

GC_API void *GC_pvalloc(size_t bytes)
{
    size_t page = os_page_size();
    return GC_memalign(page, bytes > SIZE_MAX - page ? SIZE_MAX : (bytes + page - 1) & ~(page - 1));
}

GC_API int GC_posix_memalign(void **result, size_t alignment, size_t bytes)
{
    if (!is_power_of_two(alignment) || alignment % sizeof(void *) != 0)
        return EINVAL;
    void *object = GC_memalign(alignment, bytes);
    if (object == NULL)
        return ENOMEM;
    *result = object;
    return 0;
}

/* ---- Explicit free ---- */

static bool find_to_free(void *p, struct object *o, enum bad_free *why)
{
    uintptr_t word = (uintptr_t)p;
    *why = BAD_FREE_FOREIGN;
    if (!find_slot(word, o))
        return false;
    *why = o->base != word ? BAD_FREE_INTERIOR : BAD_FREE_TWICE;
    return o->base == word && bit_is_set(span_alloc_bits(o->span), o->index);
}

static enum free_result free_now(struct cache *cache, void *p, enum bad_free *why)
{
    struct object o;
    if (!find_to_free(p, &o, why))
        return FREE_NOT_ALLOCATED;
    *why = BAD_FREE_TWICE;
    finalize_forget(&o);
    debug_forget(o.base);
    return object_free(cache, &o);
}

static void free_object(void *p, bool keeps_contents)
{
    enum bad_free why = BAD_FREE_FOREIGN;
    enum free_result result = FREE_LATER;
    struct thread *t = api_thread();
    if (p == NULL || t == NULL)
        return;
    while (result == FREE_LATER) {
        if (!busy_enter(t))
            return; /* a handler that interrupted the allocator: a cycle will find it unreachable */
        result = free_now(keeps_contents ? NULL : &t->cache, p, &why);
        busy_leave(t);
        if (result == FREE_LATER)
            sched_yield();
    }
    if (result == FREE_NOT_ALLOCATED)
        bad_free(p, why);
}

GC_API void GC_free(void *p)
{
    free_object(p, false);
}

void api_free_debug(void *base)
{
    free_object(base, true);
}

GC_API void GC_freezero(void *p, size_t bytes)
{
    if (p == NULL)
        return;
    size_t all = GC_size(p);
    explicit_bzero(p, bytes < all ? bytes : all);
    GC_free(p);
}

/* ---- realloc ---- */

/* What realloc must know of the object at p, whose caller keeps it alive. */
struct existing {
    unsigned kind;
    size_t bytes; /* of its slot */
    bool large;
    bool collected; /* in vain, to resize it in place */
};

static bool describe_existing(struct thread *t, void *p, struct existing *e)
{
    struct object o;
    if (t == NULL)
        return false;
    struct api_visit visit = api_enter(t);
    bool found = find_object((uintptr_t)p, &o) && o.base == (uintptr_t)p;
    if (found)
        *e = (struct existing){
            .kind = o.span->kind, .bytes = o.span->object_bytes, .large = o.span->size_class == 0};
    if (found && visit.entered)
        debug_forget(o.base); /* this makes a debug object a plain one */
    api_leave(visit);
    return found;
}

static enum alloc_status try_resize_large(struct thread *t, void *p, size_t bytes, bool force)
{
    struct object o;
    if (!busy_enter(t))
        return ALLOC_NO_MEMORY;
    struct page_run dirty = {0};
    enum alloc_status status = ALLOC_NO_MEMORY;
    if (find_object((uintptr_t)p, &o))
        status = large_resize(o.span, bytes, force, &dirty);
    busy_leave(t);
    if (dirty.base != 0)
        clear_pages((void *)dirty.base, dirty.npages << page_shift);
    return status;
}

/* Collecting first may free the pages behind; a copy would have to be collected for as well. */
static bool resize_large(struct thread *t, void *p, size_t bytes, bool *collected)
{
    enum alloc_status status = try_resize_large(t, p, bytes, false);
    if (status == ALLOC_GOAL_REACHED && word_load(&t->busy) == 0) {
        collect_for_goal(t);
        *collected = true;
        status = try_resize_large(t, p, bytes, true);
    }
    return status == ALLOC_OK;
}

/* In place: it fits and is not half empty, or its pages can be made to fit. What lies behind the
 * new end is cleared, so that nothing is kept alive from there. */
static bool realloc_in_place(struct thread *t, void *p, size_t wanted, struct existing *e)
{
    size_t bytes = wanted + extra_byte;
    bool fits = bytes <= e->bytes && bytes > e->bytes / 2;
    if (e->large && !fits && bytes > small_max)
        fits = resize_large(t, p, bytes, &e->collected);
    if (fits && wanted < e->bytes && !kind_is_pointer_free(e->kind)) {
        size_t end = e->large ? (bytes + page_bytes - 1) & ~(size_t)(page_bytes - 1) : e->bytes;
        end = end < e->bytes ? end : e->bytes;
        if (wanted < end)
            memset((char *)p + wanted, 0, end - wanted);
    }
    return fits;
}

static void *copy_of(void *p, size_t wanted, const struct existing *e)
{
    size_t kept = wanted < e->bytes ? wanted : e->bytes;
    if (wanted >= small_max && wanted < SIZE_MAX && e->kind < kind_builtin) {
        struct request r = {.bytes = wanted + extra_byte,
                            .kind = e->kind,
                            .alignment = granule_bytes,
                            .contents = p,
                            .contents_bytes = kept,
                            .collected = e->collected};
        return allocate_request(&r);
    }
    void *copy = api_allocate_like(p, e->kind, wanted);
    return copy != NULL ? memcpy(copy, p, kept) : NULL;
}

GC_API void *GC_realloc(void *p, size_t bytes)
{
    struct existing e;
    struct thread *t = api_thread();
    if (p == NULL)
        return GC_malloc(bytes);
    if (bytes == 0) {
        GC_free(p);
        return NULL;
    }
    if (!describe_existing(t, p, &e)) {
        bad_free(p, BAD_FREE_FOREIGN);
        return NULL;
    }
    if (bytes < SIZE_MAX && e.kind < kind_builtin && realloc_in_place(t, p, bytes, &e))
        return p;
    void *copy = copy_of(p, bytes, &e);
    if (copy != NULL)
        GC_free(p);
    return copy;
}

GC_API void *GC_reallocf(void *p, size_t bytes)
{
    void *new = GC_realloc(p, bytes);
    if (new == NULL && bytes != 0)
        GC_free(p);
    return new;
}

/* ---- Many at once ---- */

/* Links the objects of [start, limit) behind `last`; returns the new last one. */
static void **link_run(void **last, uintptr_t start, uintptr_t limit, size_t object_bytes)
{
    for (uintptr_t object = start; object < limit; object += object_bytes) {
        *last = (void *)object;
        last = (void **)object;
    }
    return last;
}

/* Links what is left of the slot's claimed word behind `last`, run by run of neighbours, until
 * many_bytes are linked. Cleared while busy, as in take_cleared. */
static void link_claimed(struct cache_slot *slot, void **last)
{
    size_t bytes = slot->object_bytes;
    size_t most = many_bytes / bytes;
    while (slot->free_mask != 0 && most > 0) {
        unsigned first = (unsigned)__builtin_ctzll(slot->free_mask);
        uint64_t after = ~(slot->free_mask >> first);
        size_t run = after != 0 ? (size_t)__builtin_ctzll(after) : 64;
        run = run < most ? run : most;
        uintptr_t start = slot->word_base + first * bytes;
        if (slot->dirty_bytes != 0)
            memset((void *)start, 0, run * bytes);
        last = link_run(last, start, start + run * bytes, bytes);
        // cppcheck-suppress shiftTooManyBits ; a run has one object at least
        slot->free_mask &= ~(~(uint64_t)0 >> (64 - run) << first);
        most -= run;
    }
    *last = NULL;
}

void *api_allocate_many(size_t bytes, unsigned kind)
{
    void *first = api_allocate(bytes, kind);
    struct thread *t = thread_self;
    if (first == NULL)
        return NULL;
    *(void **)first = NULL;
    if (bytes > small_max || t == NULL || !busy_enter(t))
        return first;
    struct cache_slot *slot = slot_if_there(t, kind, bytes);
    if (slot != NULL)
        link_claimed(slot, first);
    busy_leave(t);
    return first;
}

GC_API void *GC_malloc_many(size_t bytes)
{
    return bytes >= small_max ? GC_malloc(bytes)
                              : api_allocate_many(bytes + extra_byte, KIND_NORMAL);
}
