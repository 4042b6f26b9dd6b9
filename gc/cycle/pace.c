/* pace.c: see pace.h. Fields are written by set-up calls and by the collecting thread. */
#include "cycle/pace.h"
#include "heap/heap.h"

enum {
    smallest_least = 256 << 10,
    largest_least = 2 << 20,
    least_per_root_byte = 8,
    least_per_thread = 256 << 10,
    dear_percent = 20,
    smallest_part = 40
};

static struct {
    unsigned percent;
    unsigned part;     /* of it, in percent */
    uint64_t noted_ns; /* in the last cycle; 0: there was none */
    size_t least;      /* growth */
    size_t last_live;
    size_t work;  /* see pace_after_mark */
    size_t floor; /* see pace_set_floor */
} pace = {.percent = pace_default_percent, .part = 100, .least = smallest_least};

void pace_set_percent(unsigned percent)
{
    pace.percent = percent;
}

static size_t growth_of(size_t work)
{
    size_t growth = work / 100 * pace.percent / 100 * pace.part;
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

static unsigned part_for(uint64_t collecting_ns, uint64_t all_ns)
{
    uint64_t percent = all_ns == 0 ? 100 : collecting_ns * 100 / all_ns;
    uint64_t part = percent * 100 / dear_percent;
    return part < 100 ? (unsigned)part : 100;
}

/* Half of the way to what the share asks for: all of it would swing, for less growth is a larger
 * share. */
void pace_note_time(uint64_t began_ns, uint64_t now_ns)
{
    unsigned wanted =
        pace.noted_ns == 0 ? 100 : part_for(now_ns - began_ns, now_ns - pace.noted_ns);
    unsigned part = (pace.part + wanted) / 2;
    pace.part = part > smallest_part ? part : smallest_part;
    pace.noted_ns = now_ns;
}

void pace_after_mark(size_t live, size_t work, size_t root_bytes, unsigned threads)
{
    pace.last_live = live;
    pace.work = work;
    pace.least = least_growth(root_bytes, threads);
    word_store(&heap.live, live);
    pace_recompute();
}
