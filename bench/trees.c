/*
 * Binary trees: every thread holds one large tree and meanwhile builds, counts and drops many small
 * ones. All objects are of one size, all die in groups; the well-known test of allocators.
 */
#include "bench.h"

static long depth = 16;
static long threads = 1;

static const struct bench_param params[] = {
    {"depth", &depth, "depth of the largest tree", NULL},
    {"threads", &threads, "threads", NULL},
    {NULL, NULL, NULL, NULL},
};

enum { MIN_DEPTH = 4 };

struct tree {
    struct tree *left;
    struct tree *right;
};

static struct tree *tree_new(long levels)
{
    struct tree *tree = heap_new(sizeof *tree);

    if (levels > 0) {
        tree->left = tree_new(levels - 1);
        tree->right = tree_new(levels - 1);
    }
    return tree;
}

static long tree_count(const struct tree *tree)
{
    return tree->left == NULL ? 1 : 1 + tree_count(tree->left) + tree_count(tree->right);
}

static void tree_free(struct tree *tree)
{
    if (tree->left != NULL) {
        tree_free(tree->left);
        tree_free(tree->right);
    }
    heap_drop(tree);
}

static void tree_drop(struct tree *tree)
{
    if (HEAP_MANUAL)
        tree_free(tree);
}

static void tree_check(const struct tree *tree, long levels)
{
    long nodes = tree_count(tree);

    BENCH_CHECK(nodes == (2L << levels) - 1, "a tree of depth %ld has %ld nodes", levels, nodes);
}

static void build_and_drop(long levels)
{
    struct tree *tree = tree_new(levels);

    tree_check(tree, levels);
    tree_drop(tree);
}

static void work(long thread)
{
    (void)thread;
    build_and_drop(depth + 1);

    struct tree *lasting = tree_new(depth);
    for (long levels = MIN_DEPTH; levels <= depth; levels += 2) {
        long trees = 1L << (depth - levels + MIN_DEPTH);
        for (long i = 0; i < trees; i++)
            build_and_drop(levels);
    }
    tree_check(lasting, depth);
    tree_drop(lasting);
}

int main(int argc, char **argv)
{
    bench_start(argc, argv, params);
    bench_in_threads(threads, work);
    return 0;
}
