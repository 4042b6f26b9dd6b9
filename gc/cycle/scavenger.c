/* scavenger.c: see scavenger.h. */
#include "cycle/scavenger.h"
#include "heap/heap.h"
#include "memory/pagealloc.h"

enum {
    step_pages = 512, /* nobody who waits for the gate waits for more */
    running_surplus_shift = 3,
    idle_surplus_shift = 4,
    idle_surplus_least = 1 << 20
};

static struct {
    size_t retained; /* bytes of heap; see scavenger.h */
    size_t bound;    /* bytes in use or kept, until the next look */
} scavenger;

static void retain(size_t goal)
{
    size_t r = scavenger.retained;
    scavenger.retained = goal >= r ? goal : r - (r - goal) / 2;
}

void scavenger_look(bool idle)
{
    size_t live = heap_live();
    retain(word_load(&heap.goal));
    if (idle)
        scavenger.bound = live + (live >> idle_surplus_shift) + idle_surplus_least;
    else
        scavenger.bound = scavenger.retained + (scavenger.retained >> running_surplus_shift);
}

static size_t dirty_pages(const struct page_stats *stats)
{
    return stats->grown - stats->in_use - stats->scavenged;
}

size_t scavenger_dirty_bytes(void)
{
    size_t pages = 0;
    for (unsigned half = 0; half < half_count; half++) {
        struct page_stats stats = pages_stats(half);
        pages += dirty_pages(&stats);
    }
    return pages << page_shift;
}

/* Each half keeps its share by what is dirty there. */
bool scavenge_step(void)
{
    size_t in_use = heap_bytes_in_use();
    size_t dirty = scavenger_dirty_bytes();
    size_t keep = scavenger.bound > in_use ? scavenger.bound - in_use : 0;
    if (dirty <= keep)
        return false;
    size_t surplus = (dirty - keep) >> page_shift;
    for (unsigned half = 0; half < half_count; half++) {
        struct page_stats stats = pages_stats(half);
        size_t here = dirty_pages(&stats);
        size_t most = surplus < step_pages ? surplus : step_pages;
        if (here > 0 && most > 0 && pages_scavenge(half, here > surplus ? here - surplus : 0, most))
            return true;
    }
    return false;
}
