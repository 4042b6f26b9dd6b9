/*
 * Large blocks: sizes from 100 KB to 64 MB, small ones more often (the logarithm is uniform).
 *
 * A ring holds the most recent blocks as long as they sum up to no more than `live`. Every page of
 * a block is written when it is new and read when it is dropped, so memory is really there and
 * reuse is seen.
 */
#include "bench.h"

static long live = 256;
static long max = 64;
static long count = 500;
static long atomic = 50;
static long threads = 1;

static const struct bench_param params[] = {
    {"live", &live, "megabytes held, by all threads together", NULL},
    {"max", &max, "megabytes in the largest block", NULL},
    {"count", &count, "blocks each thread allocates", NULL},
    {"atomic", &atomic, "percentage of blocks that are pointer-free", NULL},
    {"threads", &threads, "threads", NULL},
    {NULL, NULL, NULL, NULL},
};

enum { MIN_SIZE = 100 << 10, PAGE = 4096, RING = 4096 };

struct block {
    size_t size;
    uint64_t stamp;
};

/* Doubles the smallest size a random number of times, the last time in part. */
static size_t random_size(struct rng *rng)
{
    uint64_t limit = (uint64_t)max << 20;
    uint64_t doublings = 0;

    while ((uint64_t)MIN_SIZE << (doublings + 1) <= limit)
        doublings++;
    uint64_t base = (uint64_t)MIN_SIZE << rng_below(rng, doublings + 1);
    uint64_t size = base + rng_below(rng, base);
    return size < limit ? size : limit;
}

/* The first word of each page after the block's header holds the block's stamp. */
static struct block *block_new(size_t size, int pointer_free, uint64_t stamp)
{
    struct block *block = pointer_free ? heap_new_atomic(size) : heap_new(size);

    for (size_t at = PAGE; at + sizeof(uint64_t) <= size; at += PAGE) {
        uint64_t *word = (uint64_t *)((char *)block + at);
        BENCH_CHECK(pointer_free || *word == 0, "a block of %zu bytes is not clear", size);
        *word = stamp;
    }
    block->size = size;
    block->stamp = stamp;
    return block;
}

static void block_drop(struct block *block)
{
    for (size_t at = PAGE; at + sizeof(uint64_t) <= block->size; at += PAGE) {
        uint64_t word = *(uint64_t *)((char *)block + at);
        BENCH_CHECK(word == block->stamp, "a block of %zu bytes has changed", block->size);
    }
    heap_drop(block);
}

static void work(long thread)
{
    struct block **ring = heap_new(RING * sizeof *ring);
    struct rng rng = rng_of(thread);
    size_t limit = ((size_t)live << 20) / (size_t)threads;
    size_t held = 0;
    long oldest = 0;

    for (long i = 0; i < count; i++) {
        size_t size = random_size(&rng);
        while (oldest < i && (held + size > limit || i - oldest == RING)) {
            struct block **slot = &ring[oldest++ % RING];
            held -= (*slot)->size;
            block_drop(*slot);
            *slot = NULL;
        }
        ring[i % RING] = block_new(size, rng_below(&rng, 100) < (uint64_t)atomic, (uint64_t)i);
        held += size;
    }
    for (; oldest < count; oldest++)
        block_drop(ring[oldest % RING]);
    heap_drop(ring);
}

int main(int argc, char **argv)
{
    bench_start(argc, argv, params);
    BENCH_CHECK(max >= 1, "max=%ld is too small", max);
    bench_in_threads(threads, work);
    return 0;
}
