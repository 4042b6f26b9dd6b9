/*
 * Objects of random size and random lifetime, the live heap staying at a given size.
 *
 * A table of slots is overwritten at random, so lifetimes are distributed exponentially and the
 * heap fragments as a server's does. Sizes are 16 to 2047 bytes, each doubling half as likely as
 * the one before (the mean is about 96). Every other object is pointer-free. Each object carries
 * its size at the front and the complement of its number at the end; both are checked when it is
 * dropped.
 */
#include "bench.h"

static long live = 64;
static long count = 10000000;
static long threads = 1;

static const struct bench_param params[] = {
    {"live", &live, "megabytes held, by all threads together", NULL},
    {"count", &count, "objects each thread allocates", NULL},
    {"threads", &threads, "threads", NULL},
    {NULL, NULL, NULL, NULL},
};

enum { MIN_SIZE = 16, DOUBLINGS = 7, MEAN_SIZE = 96 };

struct object {
    uint32_t size;
    uint32_t number;
};

/* A size whose doubling is the number of trailing zeros of a random number, in whole words. */
static size_t random_size(uint64_t random)
{
    uint64_t base = (uint64_t)MIN_SIZE << __builtin_ctz((unsigned)random | 1u << (DOUBLINGS - 1));

    return (base + (random >> 32) % base) & ~(size_t)7;
}

/* The word at the object's end; it lies behind the header even in the smallest object. */
static uint64_t *object_end(struct object *object)
{
    return (uint64_t *)object + object->size / sizeof(uint64_t) - 1;
}

static struct object *object_new(uint64_t random, uint32_t number)
{
    size_t size = random_size(random >> 1);
    struct object *object = random & 1 ? heap_new(size) : heap_new_atomic(size);

    object->size = (uint32_t)size;
    object->number = number;
    *object_end(object) = ~(uint64_t)number;
    return object;
}

static void object_drop(struct object *object)
{
    if (object == NULL)
        return;
    BENCH_CHECK(*object_end(object) == ~(uint64_t)object->number,
                "an object of %u bytes has changed", object->size);
    heap_drop(object);
}

static void work(long thread)
{
    uint64_t slots = ((uint64_t)live << 20) / MEAN_SIZE / (uint64_t)threads + 1;
    struct object **table = heap_new(slots * sizeof *table);
    struct rng rng = rng_of(thread);

    for (uint64_t i = 0; i < slots; i++)
        table[i] = object_new(rng_next(&rng), (uint32_t)i);
    for (long i = 0; i < count; i++) {
        uint64_t slot = rng_below(&rng, slots);
        object_drop(table[slot]);
        table[slot] = object_new(rng_next(&rng), (uint32_t)i);
    }
    for (uint64_t i = 0; i < slots; i++)
        object_drop(table[i]);
    heap_drop(table);
}

int main(int argc, char **argv)
{
    bench_start(argc, argv, params);
    bench_in_threads(threads, work);
    return 0;
}
