/*
 * In the manner of GCBench (Ellis, Kovac, Boehm): trees built from the root down and from the
 * leaves up, while a long-lived tree and a large array of doubles stay.
 *
 * Building downwards stores new nodes into old ones, building upwards old ones into new ones. For
 * every depth the same number of nodes is built, so small depths mean many short-lived trees. The
 * work differs from trees.c in its nodes (two words of data beside the pointers) and in the
 * pointer-free array.
 */
#include "bench.h"

static long depth = 16;
static long threads = 1;

static const struct bench_param params[] = {
    {"depth", &depth, "depth of the long-lived tree", NULL},
    {"threads", &threads, "threads", NULL},
    {NULL, NULL, NULL, NULL},
};

enum { MIN_DEPTH = 4, ARRAY_LENGTH = 500000 };

struct node {
    struct node *left;
    struct node *right;
    long level;
    long stamp;
};

static long nodes_of(long levels)
{
    return (2L << levels) - 1;
}

static struct node *node_new(struct node *left, struct node *right, long level)
{
    struct node *node = heap_new(sizeof *node);

    node->left = left;
    node->right = right;
    node->level = level;
    node->stamp = ~level;
    return node;
}

/* Gives the node the levels below it, from the top. */
static void build_down(struct node *node)
{
    if (node->level == 0)
        return;
    node->left = node_new(NULL, NULL, node->level - 1);
    node->right = node_new(NULL, NULL, node->level - 1);
    build_down(node->left);
    build_down(node->right);
}

static struct node *build_up(long level)
{
    if (level == 0)
        return node_new(NULL, NULL, 0);
    struct node *left = build_up(level - 1);
    struct node *right = build_up(level - 1);
    return node_new(left, right, level);
}

/* Number of sound nodes in the tree. */
static long count_sound(const struct node *node, long level)
{
    if (node == NULL)
        return 0;
    long sound = node->level == level && node->stamp == ~level;
    return sound + count_sound(node->left, level - 1) + count_sound(node->right, level - 1);
}

static void tree_free(struct node *node)
{
    if (node == NULL)
        return;
    tree_free(node->left);
    tree_free(node->right);
    heap_drop(node);
}

static void tree_drop(struct node *tree)
{
    bench_use(tree);
    if (HEAP_MANUAL)
        tree_free(tree);
}

static void churn(long levels)
{
    long trees = 2 * nodes_of(depth + 2) / nodes_of(levels);

    for (long i = 0; i < trees; i++) {
        struct node *tree = node_new(NULL, NULL, levels);
        build_down(tree);
        BENCH_CHECK(i > 0 || count_sound(tree, levels) == nodes_of(levels), "bad tree, built down");
        tree_drop(tree);
    }
    for (long i = 0; i < trees; i++) {
        struct node *tree = build_up(levels);
        BENCH_CHECK(i > 0 || count_sound(tree, levels) == nodes_of(levels), "bad tree, built up");
        tree_drop(tree);
    }
}

static double *array_new(void)
{
    double *array = heap_new_atomic(ARRAY_LENGTH * sizeof *array);

    for (long i = 0; i < ARRAY_LENGTH; i++)
        array[i] = 1.0 / (double)(i + 1);
    return array;
}

static void array_check(const double *array)
{
    for (long i = 0; i < ARRAY_LENGTH; i++)
        BENCH_CHECK(array[i] == 1.0 / (double)(i + 1), "element %ld of the array has changed", i);
}

static void work(long thread)
{
    (void)thread;
    tree_drop(build_up(depth + 2));

    struct node *lasting = node_new(NULL, NULL, depth);
    build_down(lasting);
    double *array = array_new();

    for (long levels = MIN_DEPTH; levels <= depth; levels += 2)
        churn(levels);

    BENCH_CHECK(count_sound(lasting, depth) == nodes_of(depth), "the long-lived tree is damaged");
    array_check(array);
    tree_drop(lasting);
    heap_drop(array);
}

int main(int argc, char **argv)
{
    bench_start(argc, argv, params);
    bench_in_threads(threads, work);
    return 0;
}
