/* pace.c: see pace.h. Fields are written by set-up calls and by the collecting thread. */
#include "cycle/pace.h"
#include "heap/heap.h"

enum {
    smallest_least = 256 << 10,
    largest_least = 2 << 20,
    least_per_root_byte = 8,
    least_per_thread = 256 << 10
};

static struct {
    unsigned percent;
    size_t least; /* growth */
    size_t last_live;
    size_t work;  /* see pace_after_mark */
    size_t floor; /* see pace_set_floor */
} pace = {.percent = pace_default_percent, .least = smallest_least};

void pace_set_percent(unsigned percent)
{
    pace.percent = percent;
}

static size_t growth_of(size_t work)
{
    size_t growth = work / 100 * pace.percent;
    return growth > pace.least ? growth : pace.least;
}

static void set_goal(size_t live, size_t work)
{
    size_t goal = live + growth_of(work);
    if (goal < pace.floor)
        goal = pace.floor;
    if (heap.maximum != 0 && goal > heap.maximum)
        goal = heap.maximum;
    word_store(&heap.goal, goal);
}

void pace_recompute(void)
{
    set_goal(pace.last_live, pace.work);
}

void pace_postpone(void)
{
    size_t live = heap_live();
    set_goal(live, live);
}

void pace_set_floor(size_t bytes)
{
    if (bytes > pace.floor)
        pace.floor = bytes;
    pace_recompute();
}

static size_t least_growth(size_t root_bytes, unsigned threads)
{
    size_t least = smallest_least + root_bytes * least_per_root_byte +
                   (size_t)(threads - 1) * least_per_thread;
    return least < largest_least ? least : largest_least;
}

void pace_after_mark(size_t live, size_t work, size_t root_bytes, unsigned threads)
{
    pace.last_live = live;
    pace.work = work;
    pace.least = least_growth(root_bytes, threads);
    word_store(&heap.live, live);
    pace_recompute();
}
