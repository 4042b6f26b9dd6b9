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

/* `argument`: the walk, or NULL: objects that are marked without need are not looked for. */
static void compare_span(struct span *s, void *argument)
{
    const struct walk *w = argument;
    check(span_is_valid(s));
    if (w == NULL)
        return;
    for (size_t i = 0; i < s->objects; i++)
        if (bit_is_set(span_mark_bits(s), i) && !walk_has_seen(w, span_object(s, i)))
            fatal("verify: object %p was marked but is not reachable", (void *)span_object(s, i));
}

static void note_blocked(struct thread *t, void *blocked)
{
    if (word_load(&t->state) == THREAD_BLOCKED_STOPPED)
        *(bool *)blocked = true;
}

/* A stop does not keep a blocked call from writing: into a buffer that is read into, into the word
 * of its thread where libc notes that it is cancelled. */
static bool words_may_have_changed(void)
{
    bool blocked = false;
    threads_for_each(note_blocked, &blocked);
    return blocked;
}

static void verify(void)
{
    struct walk w;
    bool complete = walk_open(&w, reached, NULL);
    if (complete) {
        walk_everything(&w);
        complete = !w.truncated;
    }
    if (!complete)
        report("verify: no memory for the second marker; this cycle is not verified");
    else
        span_for_each(compare_span, words_may_have_changed() ? NULL : &w);
    walk_close(&w);
}

/* A coroutine's stack may be an object. Then the two markers read each other's frames, which differ
 * and hold addresses that nobody else has: the base of a span is that of its first object. */
static bool frames_are_in_heap(void)
{
    return region_contains((uintptr_t)__builtin_frame_address(0));
}

void verify_marks(void)
{
    if (checks_enabled && !frames_are_in_heap())
        verify();
}
