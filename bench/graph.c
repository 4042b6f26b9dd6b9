/*
 * How long one collection takes: a graph of small objects is built, all of it reachable from one
 * pointer, and GC_gcollect is timed. Prints the median as metric_ms, and
 * the mean of the processor times, the helpers' included, as metric_cpu_ms.
 *
 * shape=graph  half of an object's words are pointers: two make the objects a binary tree that is
 *              numbered breadth-first, the others point anywhere, or near in sequential order
 * shape=list   one pointer makes the objects a list: a marker only ever sees the next one
 *
 * order=sequential  numbers follow the order of allocation, so marking walks through memory
 * order=random      numbers are shuffled, so every step is a cache miss
 *
 * While the graph is built, the table of its objects lies in malloc's memory, where the collector
 * does not look (it would be the shortest way to every object), and collection is off.
 */
#include "bench.h"

static long megabytes = 512;
static long size = 64;
static long shape;
static long order;
static long marks = 3;

static const struct bench_param params[] = {
    {"mb", &megabytes, "megabytes of objects", NULL},
    {"size", &size, "bytes in an object, at least 32", NULL},
    {"shape", &shape, "how objects are linked", "graph|list"},
    {"order", &order, "how links lie in memory", "random|sequential"},
    {"marks", &marks, "collections timed, after one that is not", NULL},
    {NULL, NULL, NULL, NULL},
};

#if HEAP_MANUAL

int main(int argc, char **argv)
{
    bench_start(argc, argv, params);
    fprintf(stderr, "nothing to mark without a collector\n");
    return BENCH_SKIPPED;
}

#else

enum { SHAPE_GRAPH, SHAPE_LIST };
enum { ORDER_RANDOM, ORDER_SEQUENTIAL };
enum { MAX_EDGES = 64, NEAR = 64 };

/* The number, then the edges; the second half of the object is data. */
struct object {
    uint64_t number;
    struct object *edge[];
};

static struct object *root; /* the only pointer to the graph that the collector sees */

static uint64_t edges_of_object(void)
{
    return (uint64_t)size / 16;
}

static void shuffle(struct object **table, uint64_t length)
{
    struct rng rng = rng_of(0);

    for (uint64_t i = length - 1; i > 0; i--) {
        uint64_t j = rng_below(&rng, i + 1);
        struct object *other = table[j];
        table[j] = table[i];
        table[i] = other;
    }
}

/* The other end of an edge that is not part of the tree: near in memory if the order is sequential.
 */
static uint64_t cross_target(uint64_t number, uint64_t edge, uint64_t length)
{
    struct rng rng = rng_of((long)(number * MAX_EDGES + edge));

    return order == ORDER_SEQUENTIAL ? number + rng_below(&rng, NEAR) : rng_below(&rng, length);
}

/* Where the given edge of an object leads; `length` if nowhere. */
static uint64_t edge_target(uint64_t number, uint64_t edge, uint64_t length)
{
    uint64_t target;

    if (shape == SHAPE_LIST)
        target = edge == 0 ? number + 1 : length;
    else if (edge < 2)
        target = 2 * number + 1 + edge;
    else
        target = cross_target(number, edge, length);
    return target < length ? target : length;
}

static void link_objects(struct object **table, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++) {
        table[i]->number = i;
        for (uint64_t e = 0; e < edges_of_object(); e++) {
            uint64_t target = edge_target(i, e, length);
            table[i]->edge[e] = target < length ? table[target] : NULL;
        }
    }
}

static struct object **graph_new(uint64_t length)
{
    struct object **table = heap_got(malloc(length * sizeof *table));

    GC_disable();
    for (uint64_t i = 0; i < length; i++)
        table[i] = heap_new((size_t)size);
    if (order == ORDER_RANDOM)
        shuffle(table, length);
    link_objects(table, length);
    root = table[0];
    bench_use(&root);
    GC_enable();
    return table;
}

/* An object reclaimed in error would have been taken for one of these. */
static void scribble(uint64_t length)
{
    for (uint64_t i = 0; i < length; i++) {
        struct object *object = heap_new((size_t)size);
        object->number = UINT64_MAX;
        bench_use(object);
    }
}

static void graph_check(struct object **table, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++) {
        BENCH_CHECK(table[i]->number == i, "object %lu has changed", (unsigned long)i);
        for (uint64_t e = 0; e < edges_of_object(); e++) {
            uint64_t target = edge_target(i, e, length);
            BENCH_CHECK(table[i]->edge[e] == (target < length ? table[target] : NULL),
                        "edge %lu of object %lu has changed", (unsigned long)e, (unsigned long)i);
        }
    }
}

static int compare_times(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void time_marks(void)
{
    double times[100];

    GC_gcollect();
    double cpu = bench_cpu_ms();
    for (long i = 0; i < marks; i++) {
        double start = bench_now_ms();
        GC_gcollect();
        times[i] = bench_now_ms() - start;
    }
    cpu = (bench_cpu_ms() - cpu) / (double)marks;
    qsort(times, (size_t)marks, sizeof *times, compare_times);
    printf("metric_ms=%.3f metric_cpu_ms=%.3f\n", (times[marks / 2] + times[(marks - 1) / 2]) / 2,
           cpu);
}

int main(int argc, char **argv)
{
    bench_start(argc, argv, params);
    BENCH_CHECK(size >= 32 && size % 16 == 0 && size <= 16 * MAX_EDGES,
                "size=%ld is not a multiple of 16 in 32..%d", size, 16 * MAX_EDGES);
    BENCH_CHECK(marks >= 1 && marks <= 100, "marks=%ld is not in 1..100", marks);

    uint64_t length = ((uint64_t)megabytes << 20) / (uint64_t)size;
    BENCH_CHECK(length > 0, "mb=%ld holds no object", megabytes);
    struct object **table = graph_new(length);
    time_marks();

    scribble(length / 16);
    graph_check(table, length);
    return 0;
}

#endif
