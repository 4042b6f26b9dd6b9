/*
 * A benchmark in the manner of GCBench (John Ellis, Pete Kovac, Hans Boehm).
 *
 *   gcbench [DEPTH]
 *
 * Short-lived trees of several depths are built in two ways while a long-lived tree and a large
 * array of floating-point numbers stay:
 *
 *   downwards  a node exists before its children, which are then stored into it
 *   upwards    the children exist before their node
 *
 * At every depth about the same number of nodes is built, so the time should be about the same
 * too; a collector that suffers from deep structures or from many small ones shows it. The array
 * is pointer-free (GC_MALLOC_ATOMIC): the collector need not read it, and no number in it can be
 * mistaken for a pointer.
 *
 * The result goes to stdout and is the same in every run; the times go to stderr.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <gc.h>

enum {
    DEFAULT_DEPTH = 17, /* of the long-lived tree */
    SMALLEST = 4,
    LARGEST = 26,
    ARRAY_LENGTH = 500000
};

struct node {
    struct node *left;
    struct node *right;
    int level; /* height above the leaves */
    int check; /* its complement */
};

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "wrong: %s\n", what);
        exit(1);
    }
}

static struct node *node_new(struct node *left, struct node *right, int level)
{
    struct node *node = GC_MALLOC(sizeof *node);

    require(node != NULL, "out of memory");
    *node = (struct node){left, right, level, ~level};
    return node;
}

/* Builds what lies below the node. */
static void grow_downwards(struct node *node)
{
    if (node->level == 0)
        return;
    node->left = node_new(NULL, NULL, node->level - 1);
    node->right = node_new(NULL, NULL, node->level - 1);
    grow_downwards(node->left);
    grow_downwards(node->right);
}

static struct node *build_downwards(int level)
{
    struct node *root = node_new(NULL, NULL, level);

    grow_downwards(root);
    return root;
}

static struct node *build_upwards(int level)
{
    struct node *left = level == 0 ? NULL : build_upwards(level - 1);
    struct node *right = level == 0 ? NULL : build_upwards(level - 1);

    return node_new(left, right, level);
}

static long full_size(int level)
{
    return (2L << level) - 1;
}

/* The number of nodes, all of them as they were made. */
static long sound_nodes(const struct node *node, int level)
{
    if (node == NULL)
        return 0;
    require(node->level == level && node->check == ~level, "a node has changed");
    return 1 + sound_nodes(node->left, level - 1) + sound_nodes(node->right, level - 1);
}

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Builds and forgets; returns the milliseconds that took. */
static double churn(struct node *(*build)(int level), int level, long trees)
{
    double start = now_ms();

    for (long i = 0; i < trees; i++) {
        struct node *tree = build(level);
        require(tree->level == level, "a new tree has changed");
    }
    double end = now_ms();

    require(sound_nodes(build(level), level) == full_size(level), "a new tree lacks nodes");
    return end - start;
}

static void churn_both_ways(int level, int depth)
{
    long trees = 2 * full_size(depth + 2) / full_size(level);
    double downwards = churn(build_downwards, level, trees);
    double upwards = churn(build_upwards, level, trees);

    printf("%8ld trees of depth %2d, built downwards and upwards\n", trees, level);
    fprintf(stderr, "%46.1f ms %8.1f ms\n", downwards, upwards);
}

static double *array_new(void)
{
    double *array = GC_MALLOC_ATOMIC(ARRAY_LENGTH * sizeof *array);

    require(array != NULL, "out of memory");
    for (int i = 0; i < ARRAY_LENGTH; i++)
        array[i] = 1.0 / (i + 1);
    return array;
}

static void array_check(const double *array)
{
    for (int i = 0; i < ARRAY_LENGTH; i++)
        require(array[i] == 1.0 / (i + 1), "the array has changed");
}

int main(int argc, char **argv)
{
    int depth = argc > 1 ? atoi(argv[1]) : DEFAULT_DEPTH;

    if (depth < SMALLEST || depth > LARGEST) {
        fprintf(stderr, "usage: %s [DEPTH], from %d to %d\n", argv[0], SMALLEST, LARGEST);
        return 2;
    }
    GC_INIT();
    double start = now_ms();

    require(sound_nodes(build_upwards(depth + 2), depth + 2) == full_size(depth + 2),
            "the first tree lacks nodes");
    struct node *lasting = build_downwards(depth);
    double *array = array_new();
    for (int level = SMALLEST; level <= depth; level += 2)
        churn_both_ways(level, depth);

    require(sound_nodes(lasting, depth) == full_size(depth), "the long-lived tree lacks nodes");
    array_check(array);
    printf("the long-lived tree of %ld nodes and the array of %d numbers are whole\n",
           full_size(depth), ARRAY_LENGTH);
    fprintf(stderr, "%.0f ms in all, heap of %lu MB\n", now_ms() - start,
            (unsigned long)(GC_get_heap_size() >> 20));
    return 0;
}
