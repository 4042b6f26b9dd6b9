/*
 * Binary trees: builds trees by the thousand, counts their nodes and forgets them.
 *
 *   binary_trees [DEPTH]
 *
 * The smallest program that says what a collector is for: there is no function that frees a tree.
 * One large tree stays to the end, and is still whole then.
 */
#include <stdio.h>
#include <stdlib.h>

#include <gc.h>

enum { DEFAULT_DEPTH = 17, SMALLEST = 4, LARGEST = 28 };

struct tree {
    struct tree *left;
    struct tree *right;
};

/* A full tree; of depth 0 it is a single node. */
static struct tree *tree_new(int depth)
{
    struct tree *tree = GC_MALLOC(sizeof *tree);

    if (tree == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    if (depth > 0) {
        tree->left = tree_new(depth - 1);
        tree->right = tree_new(depth - 1);
    }
    return tree;
}

static long tree_count(const struct tree *tree)
{
    return tree == NULL ? 0 : 1 + tree_count(tree->left) + tree_count(tree->right);
}

static long nodes_at(int depth)
{
    return (2L << depth) - 1;
}

/* Prints the number of nodes in so many trees, which is known in advance. */
static void report(const char *what, long trees, int depth, long nodes)
{
    printf("%8ld %s of depth %2d: %10ld nodes\n", trees, what, depth, nodes);
    if (nodes != trees * nodes_at(depth)) {
        fprintf(stderr, "wrong: there should be %ld nodes\n", trees * nodes_at(depth));
        exit(1);
    }
}

static void build_and_forget(long trees, int depth)
{
    long nodes = 0;

    for (long i = 0; i < trees; i++)
        nodes += tree_count(tree_new(depth));
    report("short-lived trees", trees, depth, nodes);
}

int main(int argc, char **argv)
{
    int depth = argc > 1 ? atoi(argv[1]) : DEFAULT_DEPTH;

    if (depth < SMALLEST || depth > LARGEST) {
        fprintf(stderr, "usage: %s [DEPTH], from %d to %d\n", argv[0], SMALLEST, LARGEST);
        return 2;
    }
    GC_INIT();

    build_and_forget(1, depth + 1);
    struct tree *lasting = tree_new(depth);
    for (int d = SMALLEST; d <= depth; d += 2)
        build_and_forget(1L << (depth - d + SMALLEST), d);
    report("long-lived tree  ", 1, depth, tree_count(lasting));
    return 0;
}
