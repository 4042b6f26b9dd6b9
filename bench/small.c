/*
 * Small objects, each written to and dropped: what it costs to allocate one and to reclaim it.
 *
 * With a window, the last so many objects are still held, so that free slots lie between live ones.
 */
#include "bench.h"

static long size = 32;
static long count = 20000000;
static long window = 0;
static long atomic = 0;
static long threads = 1;

static const struct bench_param params[] = {
    {"size", &size, "bytes in an object, at least 8", NULL},
    {"count", &count, "objects each thread allocates", NULL},
    {"window", &window, "objects held, the oldest is dropped first", NULL},
    {"atomic", &atomic, "1: pointer-free objects, which need not be cleared", NULL},
    {"threads", &threads, "threads", NULL},
    {NULL, NULL, NULL, NULL},
};

/* Allocates object number `number`; it begins with that number and ends in a zero if it has a
 * second word. */
static inline uint64_t *object_new(long number)
{
    size_t last = (size_t)size / sizeof(uint64_t) - 1;
    uint64_t *object;

    if (atomic) {
        object = heap_new_atomic((size_t)size);
        object[last] = 0;
    } else {
        object = heap_new((size_t)size);
        BENCH_CHECK(object[0] == 0 && object[last] == 0, "object %ld is not clear", number);
    }
    object[0] = (uint64_t)number;
    bench_use(object);
    return object;
}

static void drop_at_once(void)
{
    for (long i = 0; i < count; i++)
        heap_drop(object_new(i));
}

static void drop_when_old(void)
{
    uint64_t **held = heap_new((size_t)window * sizeof *held);
    long slot = 0;

    for (long i = 0; i < count; i++) {
        if (held[slot] != NULL) {
            BENCH_CHECK(held[slot][0] == (uint64_t)(i - window), "object %ld has changed",
                        i - window);
            heap_drop(held[slot]);
        }
        held[slot] = object_new(i);
        slot = slot + 1 == window ? 0 : slot + 1;
    }
    for (long i = 0; i < window; i++)
        heap_drop(held[i]);
    heap_drop(held);
}

static void work(long thread)
{
    (void)thread;
    if (window > 0)
        drop_when_old();
    else
        drop_at_once();
}

int main(int argc, char **argv)
{
    bench_start(argc, argv, params);
    BENCH_CHECK(size >= 8, "size=%ld is too small", size);
    bench_in_threads(threads, work);
    return 0;
}
