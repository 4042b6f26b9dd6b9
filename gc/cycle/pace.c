/* pace.c: see pace.h. Fields are written by set-up calls and by the collecting thread. */
#include "cycle/pace.h"
#include "heap/heap.h"

static struct {
    unsigned percent;
    size_t last_live;
    size_t floor; /* see pace_set_floor */
} pace = {.percent = pace_default_percent};

void pace_set_percent(unsigned percent)
{
    pace.percent = percent;
}

unsigned pace_percent(void)
{
    return pace.percent;
}

static size_t growth_of(size_t live)
{
    size_t growth = live / 100 * pace.percent;
    return growth > pace_least_growth ? growth : pace_least_growth;
}

void pace_recompute(void)
{
    size_t goal = pace.last_live + growth_of(pace.last_live);
    if (goal < pace.floor)
        goal = pace.floor;
    if (heap.maximum != 0 && goal > heap.maximum)
        goal = heap.maximum;
    word_store(&heap.goal, goal);
}

void pace_set_floor(size_t bytes)
{
    if (bytes > pace.floor)
        pace.floor = bytes;
    pace_recompute();
}

void pace_after_mark(size_t live)
{
    pace.last_live = live;
    word_store(&heap.live, live);
    pace_recompute();
}
