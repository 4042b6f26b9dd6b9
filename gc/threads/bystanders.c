/* bystanders.c: see bystanders.h. */
#include "threads/bystanders.h"
#include <string.h>
#include "platform/os.h"
#include "threads/tasks.h"

#define EXIT_LIMIT_NS UINT64_C(1000000000)

static void drop(struct bystanders *b, unsigned i)
{
    b->count--;
    memmove(&b->list[i], &b->list[i + 1], (b->count - i) * sizeof b->list[i]);
}

static unsigned position(const struct bystanders *b, pid_t tid)
{
    unsigned i = 0;
    while (i < b->count && b->list[i].tid != tid)
        i++;
    return i;
}

void bystanders_prune(struct bystanders *b)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < b->count; i++)
        if (task_exists(b->list[i].tid))
            b->list[kept++] = b->list[i];
    b->count = kept;
}

static unsigned oldest_but_helpers(const struct bystanders *b)
{
    unsigned i = 0;
    while (i < bystanders_most - 1 && b->list[i].role == BYSTANDER_HELPER)
        i++;
    return i;
}

void bystander_add(struct bystanders *b, pid_t tid, enum bystander_role role)
{
    bystander_remove(b, tid);
    if (b->count == bystanders_most)
        bystanders_prune(b);
    if (b->count == bystanders_most)
        drop(b, oldest_but_helpers(b));
    b->list[b->count++] = (struct bystander){tid, role, os_now_ns()};
}

void bystander_remove(struct bystanders *b, pid_t tid)
{
    unsigned i = position(b, tid);
    if (i < b->count)
        drop(b, i);
}

bool is_bystander(struct bystanders *b, pid_t tid, uint64_t now_ns)
{
    unsigned i = position(b, tid);
    if (i == b->count)
        return false;
    if (b->list[i].role != BYSTANDER_EXITING || now_ns - b->list[i].since_ns < EXIT_LIMIT_NS)
        return true;
    drop(b, i);
    return false;
}

unsigned bystander_helpers(const struct bystanders *b)
{
    unsigned helpers = 0;
    for (unsigned i = 0; i < b->count; i++)
        helpers += b->list[i].role == BYSTANDER_HELPER;
    return helpers;
}
