/* pace.c: see pace.h. Fields are written by set-up calls and by the collecting thread. */
#include "cycle/pace.h"
#include "heap/heap.h"

enum {
    most_growths = 4, /* in memory at hand */
    smallest_least = 256 << 10,
    largest_least = 2 << 20,
    least_per_root_byte = 8,
    least_per_thread = 256 << 10
};

static struct {
    unsigned percent;
    size_t least; /* growth */
    size_t last_live;
    size_t work;      /* see pace_after_mark */
    size_t floor;     /* see pace_set_floor */
    atomic_word plan; /* the goal, but for memory at hand */
    size_t at_hand;
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

static size_t at_most_maximum(size_t goal)
{
    return heap.maximum != 0 && goal > heap.maximum ? heap.maximum : goal;
}

static void set_goal(size_t live, size_t work)
{
    size_t growth = growth_of(work), most = live + most_growths * growth;
    size_t goal = live + growth > pace.floor ? live + growth : pace.floor;
    size_t at_hand = pace.at_hand < most ? pace.at_hand : most;
    word_store(&pace.plan, at_most_maximum(goal));
    word_store(&heap.goal, at_most_maximum(goal > at_hand ? goal : at_hand));
}

size_t pace_plan(void)
{
    return word_load(&pace.plan);
}

void pace_stay_within(size_t bytes)
{
    uintptr_t goal = word_load(&heap.goal), plan = pace_plan();
    uintptr_t lower = bytes > plan ? bytes : plan;
    if (lower < goal)
        word_cas(&heap.goal, goal, lower);
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

/* A sixteenth is left for what does not fall into the same places again. */
static size_t fits_at_hand(size_t bytes)
{
    size_t in_use = heap_bytes_in_use(), memory = in_use + heap_bytes_dirty();
    if (bytes > in_use)
        return 0;
    return in_use == 0 ? 0
                       : (size_t)((double)bytes / (double)in_use * (double)(memory - memory / 16));
}

void pace_after_mark(size_t live, size_t work, size_t root_bytes, unsigned threads)
{
    pace.last_live = live;
    pace.work = work;
    pace.least = least_growth(root_bytes, threads);
    pace.at_hand = fits_at_hand(heap_live());
    word_store(&heap.live, live);
    pace_recompute();
}
