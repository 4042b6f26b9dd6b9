/* verify.c: see verify.h. */
#include "cycle/verify.h"
#include "cycle/walk.h"
#include "platform/check.h"
#include "threads/thread.h"

static void reached(const struct object *o, enum walk_origin origin, uintptr_t source,
                    void *argument)
{
    (void)argument;
    if (!object_is_marked(o))
        fatal("verify: object %p (%z bytes, kind %u) is reachable (way %u, from %p) but was not "
              "marked",
              (void *)o->base, o->span->object_bytes, (unsigned)o->span->kind, (unsigned)origin,
              (void *)source);
}

static void ignore(const struct object *o, enum walk_origin origin, uintptr_t source,
                   void *argument)
{
    (void)o, (void)origin, (void)source, (void)argument;
}

/* False: no memory. */
static bool walk(struct walk *w, walk_visitor visit)
{
    if (!walk_open(w, visit, NULL))
        return false;
    walk_everything(w);
    return !w->truncated;
}

/* The pause's. `before`: what was reachable before the first marker; where nobody is blocked, there
 * is no need to know. */
static struct {
    enum { NOT_WANTED, WALKED, NO_MEMORY } before_is;
    struct walk before;
    struct walk after;
} verifier;

static bool may_be_marked(uintptr_t base)
{
    return walk_has_seen(&verifier.after, base) ||
           (verifier.before_is == WALKED && walk_has_seen(&verifier.before, base));
}

static void compare_span(struct span *s, void *argument)
{
    (void)argument;
    check(span_is_valid(s));
    for (size_t i = 0; i < s->objects && verifier.before_is != NO_MEMORY; i++)
        if (bit_is_set(span_mark_bits(s), i) && !may_be_marked(span_object(s, i)))
            fatal("verify: object %p was marked but is not reachable", (void *)span_object(s, i));
}

static void note_blocked(struct thread *t, void *blocked)
{
    if (word_load(&t->state) == THREAD_BLOCKED_STOPPED)
        *(bool *)blocked = true;
}

/* A stop does not keep a blocked call from writing: into a buffer that is read into, into the word
 * of its thread where libc notes that it is cancelled. */
static bool words_may_change(void)
{
    bool blocked = false;
    threads_for_each(note_blocked, &blocked);
    return blocked;
}

static void verify(void)
{
    if (walk(&verifier.after, reached))
        span_for_each(compare_span, NULL);
    else
        report("verify: no memory for the second marker; this cycle is not verified");
    walk_close(&verifier.after);
    if (verifier.before_is != NOT_WANTED)
        walk_close(&verifier.before);
}

/* A coroutine's stack may be an object. Then the two markers read each other's frames, which differ
 * and hold addresses that nobody else has: the base of a span is that of its first object. */
static bool frames_are_in_heap(void)
{
    return region_contains((uintptr_t)__builtin_frame_address(0));
}

void verify_before_marks(void)
{
    verifier.before_is = NOT_WANTED;
    if (checks_enabled && !frames_are_in_heap() && words_may_change())
        verifier.before_is = walk(&verifier.before, ignore) ? WALKED : NO_MEMORY;
}

void verify_marks(void)
{
    if (checks_enabled && !frames_are_in_heap())
        verify();
}
