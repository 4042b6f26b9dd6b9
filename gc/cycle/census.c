/* census.c: see census.h. */
#include <string.h>
#include "cycle/census.h"
#include "heap/reserve.h"
#include "heap/sweep.h"
#include "mark/roots.h"
#include "platform/os.h"
#include "services/disclaim.h"
#include "threads/signals.h"
#include "threads/thread.h"

/* A copy of a span: its alloc bits follow. */
struct listed_span {
    uintptr_t base;
    size_t object_bytes;
    size_t objects;
    uintptr_t alloc_bits[];
};

/* Lives for one call. */
struct census {
    char *list;
    size_t capacity; /* bytes */
    size_t used;
};

static size_t listed_bytes(const struct span *s)
{
    return sizeof(struct listed_span) + span_bit_words(s) * sizeof(uintptr_t);
}

static void count(struct span *s, void *argument)
{
    struct census *c = argument;
    c->capacity += listed_bytes(s);
}

static void list(struct span *s, void *argument)
{
    struct census *c = argument;
    struct listed_span *copy = (struct listed_span *)(c->list + c->used);
    *copy = (struct listed_span){s->base, s->object_bytes, s->objects};
    for (size_t i = 0; i < span_bit_words(s); i++)
        copy->alloc_bits[i] = word_load(&span_alloc_bits(s)[i]);
    c->used += listed_bytes(s);
}

static void flush_thread(struct thread *t, void *argument)
{
    (void)argument;
    cache_flush(&t->cache);
}

static void list_all(struct census *c)
{
    threads_for_each(flush_thread, NULL);
    reserves_flush();
    span_for_each(count, c);
    c->list = c->capacity == 0 ? NULL : os_map(c->capacity);
    if (c->list != NULL)
        span_for_each(list, c);
}

static bool finish_sweep(void)
{
    struct thread *t = thread_self;
    if (!disclaim_sweep() || !busy_enter(t))
        return false;
    bool finished = sweep_finish();
    busy_leave(t);
    return finished;
}

static bool stop(void *unused)
{
    struct stop_report report;
    (void)unused;
    return world_stop(&report);
}

static bool list_stopped(struct census *c)
{
    signal_mask before = signals_block(signals_asynchronous() & ~signal_bit(stop_signal()));
    bool stopped =
        finish_sweep() && roots_collect_segments(stop, NULL, LOADER_WAIT) != SEGMENTS_NOT_STARTED;
    if (stopped) {
        list_all(c);
        world_start();
    }
    signals_set_mask(before);
    return stopped && (c->list != NULL || c->capacity == 0);
}

static void visit_span(const struct listed_span *s,
                       void (*visit)(void *object, size_t bytes, void *argument), void *argument)
{
    for (size_t i = 0; i < s->objects; i++)
        if ((s->alloc_bits[i / 64] >> i % 64 & 1) != 0)
            visit((void *)(s->base + i * s->object_bytes), s->object_bytes, argument);
}

bool census_take(void (*visit)(void *object, size_t bytes, void *argument), void *argument)
{
    struct census c = {0};
    if (!list_stopped(&c))
        return false;
    for (size_t at = 0; c.list != NULL && at < c.used;) {
        const struct listed_span *s = (const struct listed_span *)(c.list + at);
        visit_span(s, visit, argument);
        at += sizeof *s + (s->objects + 63) / 64 * sizeof s->alloc_bits[0];
    }
    if (c.list != NULL)
        os_unmap(c.list, c.capacity);
    return true;
}
