/* trace.c: see trace.h. */
#include "cycle/trace.h"
#include "heap/heap.h"
#include "platform/check.h"
#include "platform/os.h"

enum { buckets_per_doubling = 8, doublings = 40, bucket_count = doublings * buckets_per_doubling };

static struct {
    bool lines;
    bool summary;
    uint64_t start_ns;
    uint64_t stop_ns_total;
    uint64_t stop_ns_longest;
    size_t heap_peak;
    uint64_t cycles;
    uint32_t stops[bucket_count]; /* by microseconds; see bucket_of */
} trace;

void trace_configure(bool lines, bool summary)
{
    trace.lines = lines;
    trace.summary = summary;
    trace.start_ns = os_now_ns();
}

/* The smallest bucket whose limit is not below `microseconds`. */
static unsigned bucket_of(uint64_t microseconds)
{
    if (microseconds < buckets_per_doubling)
        return (unsigned)microseconds;
    unsigned log = 63 - (unsigned)__builtin_clzll(microseconds);
    unsigned within = (unsigned)(microseconds >> (log - 3)) & (buckets_per_doubling - 1);
    unsigned bucket = (log - 2) * buckets_per_doubling + within;
    return bucket < bucket_count ? bucket : bucket_count - 1;
}

/* The largest number of microseconds that falls into a bucket. */
static uint64_t bucket_limit(unsigned bucket)
{
    if (bucket < buckets_per_doubling)
        return bucket;
    unsigned log = bucket / buckets_per_doubling + 2;
    uint64_t step = UINT64_C(1) << (log - 3);
    return (buckets_per_doubling + bucket % buckets_per_doubling + 1) * step - 1;
}

static uint64_t percentile(unsigned percent)
{
    uint64_t wanted = (trace.cycles * percent + 99) / 100;
    uint64_t seen = 0;
    for (unsigned b = 0; b < bucket_count; b++) {
        seen += trace.stops[b];
        if (seen >= wanted)
            return bucket_limit(b);
    }
    return 0;
}

static const char *cause_name(enum cycle_cause cause)
{
    switch (cause) {
    case CAUSE_GOAL:
        return "goal";
    case CAUSE_EXPLICIT:
        return "explicit";
    case CAUSE_STRESS:
        return "stress";
    case CAUSE_MEMORY:
        return "memory";
    case CAUSE_IDLE:
        return "idle";
    }
    return "?";
}

static size_t kib(size_t bytes)
{
    return (bytes + 1023) / 1024;
}

void trace_cycle(const struct cycle_record *r)
{
    trace.cycles++;
    trace.stop_ns_total += r->stop_ns;
    if (r->stop_ns > trace.stop_ns_longest)
        trace.stop_ns_longest = r->stop_ns;
    if (r->heap > trace.heap_peak)
        trace.heap_peak = r->heap;
    trace.stops[bucket_of(r->stop_ns / 1000)]++;
    if (!trace.lines)
        return;
    log_line(
        "gc %z cause=%s stop=%zus to_stop=%zus mark=%zus live=%zK heap=%zK goal=%zK threads=%u "
        "marked=%z/%zK swept=%z+%z+%z(alloc+background+before)",
        (size_t)r->number, cause_name(r->cause), (size_t)(r->stop_ns / 1000),
        (size_t)(r->to_stop_ns / 1000), (size_t)(r->mark_ns / 1000), kib(r->live), kib(r->heap),
        kib(r->goal), r->threads, r->objects, kib(r->bytes), r->swept[SWEPT_BY_ALLOCATOR],
        r->swept[SWEPT_IN_BACKGROUND], r->swept[SWEPT_BEFORE_CYCLE]);
    if (r->stacks.strange > 0)
        log_line(
            "gc %z: %u threads stood on no stack of their own; of %u of them only the first %z "
            "KiB of it were looked at",
            (size_t)r->number, r->stacks.strange, r->stacks.cut, (size_t)strange_stack_most / 1024);
}

void trace_summary(void)
{
    if (!trace.summary)
        return;
    uint64_t elapsed = os_now_ns() - trace.start_ns;
    size_t heap_now = heap_bytes_in_use();
    size_t per_mille = elapsed == 0 ? 0 : (size_t)(trace.stop_ns_total * 1000 / elapsed);
    if (heap_now > trace.heap_peak)
        trace.heap_peak = heap_now;
    uint64_t longest = trace.stop_ns_longest / 1000;
    uint64_t p99 = percentile(99);
    log_line("summary: %z collections, longest stop %z us, 99%% of stops within %z us, "
             "collecting %z.%z%% of %z ms, peak heap %z KiB, RSS %z KiB (peak %z KiB)",
             (size_t)trace.cycles, (size_t)longest, (size_t)(p99 < longest ? p99 : longest),
             per_mille / 10, per_mille % 10, (size_t)(elapsed / 1000000), kib(trace.heap_peak),
             kib(os_resident_now()), kib(os_resident_peak()));
}
