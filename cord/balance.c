/* balance.c: trees of small depth.
 *
 * A tree of depth d is called balanced here if it has at least least_len[d] chars, a Fibonacci
 * number. To balance one, its leaves are put into a forest from left to right, though parts that
 * are balanced already go in whole: that is what makes balancing now and then cheap for a cord that
 * grows at its end.
 *
 * Invariant of a forest: slot i is empty or holds a tree of at least least_len[i] chars and fewer
 * than least_len[i + 1], whose depth is hardly more than i. The trees of higher slots come first in
 * the text. There is a slot for the length of the whole, so nothing piles up in the last.
 *
 * By that definition a tree of 20 GB may be as deep as trees get, however few its leaves are. So
 * one deeper than whole_depth counts as not balanced, which leaves room above it. What then still
 * becomes too deep (cord_node) goes into a box.
 */
#include "cord/node.h"
#include <stdint.h>

enum {
    max_slots = 92, /* the least length of the next would not fit */
    whole_depth = max_depth - 8
};

struct tree {
    CORD cord; /* NULL: none */
    size_t len;
};

struct forest {
    int slots; /* as many as a tree of the whole length needs */
    size_t least_len[max_slots];
    struct tree slot[max_slots];
};

static void init_forest(struct forest *forest, size_t len)
{
    size_t a = 1, b = 2;
    for (forest->slots = 0; forest->slots < max_slots && a <= len; forest->slots++) {
        forest->least_len[forest->slots] = a;
        forest->slot[forest->slots] = (struct tree){NULL, 0};
        size_t sum = a + b;
        a = b;
        b = sum;
    }
}

/* Puts the tree of that slot before `behind`, and empties it. */
static struct tree take_before(struct forest *forest, int slot, struct tree behind)
{
    struct tree before = forest->slot[slot];
    forest->slot[slot] = (struct tree){NULL, 0};
    if (before.cord == NULL)
        return behind;
    if (behind.cord == NULL)
        return before;
    return (struct tree){cord_node(before.cord, before.len, behind.cord, behind.len),
                         before.len + behind.len};
}

/* Adds x at the end. The slots below its own hold text that comes before it and becomes one tree
 * first: each with the next, from the small ones up, which keeps that tree flat. */
static void plant(struct forest *forest, CORD x, size_t len)
{
    struct tree before = {NULL, 0};
    int slot = 0;
    for (; slot + 1 < forest->slots && forest->least_len[slot + 1] <= len; slot++)
        before = take_before(forest, slot, before);

    struct tree tree = {x, len};
    if (before.cord != NULL)
        tree = (struct tree){cord_node(before.cord, before.len, x, len), before.len + len};
    tree = take_before(forest, slot, tree);
    for (; slot + 1 < forest->slots && forest->least_len[slot + 1] <= tree.len; slot++)
        tree = take_before(forest, slot + 1, tree);
    forest->slot[slot] = tree;
}

static void plant_parts(struct forest *forest, CORD x, size_t len)
{
    int depth = depth_of(x);
    bool balanced =
        depth <= whole_depth && depth < forest->slots && len >= forest->least_len[depth];
    if (depth == 0 || balanced) {
        plant(forest, x, len);
        return;
    }
    const struct concat *c = as_concat(x);
    plant_parts(forest, c->left, c->left_len);
    plant_parts(forest, c->right, right_len(c));
}

CORD CORD_balance(CORD x)
{
    if (x == CORD_EMPTY || !is_concat(x))
        return x;
    struct forest forest;
    init_forest(&forest, as_node(x)->len);
    plant_parts(&forest, x, as_node(x)->len);
    struct tree all = {NULL, 0};
    for (int slot = 0; slot < forest.slots; slot++)
        all = take_before(&forest, slot, all);
    return all.cord;
}
