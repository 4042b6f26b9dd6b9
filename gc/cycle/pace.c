/* pace.c: see pace.h. Fields are written by set-up calls and by the collecting thread. */
#include "cycle/pace.h"
#include "heap/heap.h"

enum {
    smallest_least = 256 << 10,
    largest_least = 2 << 20,
    least_per_root_byte = 8,
    least_per_thread = 256 << 10,
    dear_percent = 40,
    smallest_part = 40
};

static struct {
    unsigned percent;
    unsigned part;     /* of it, in percent */
    uint64_t noted_ns; /* in the last cycle; 0: there was none */
    size_t least;      /* growth */
    size_t reached;    /* by the heap, while `part` was above 100 */
    size_t last_live;
    size_t work;  /* see pace_after_mark */
    size_t floor; /* see pace_set_floor */
} pace = {.percent = pace_default_percent, .part = 100, .least = smallest_least};

void pace_set_percent(unsigned percent)
{
    pace.percent = percent;
}

static size_t growth_of(size_t work, unsigned part)
{
    size_t growth = work / 100 * pace.percent / 100 * part;
    return growth > pace.least ? growth : pace.least;
}

/* More than the whole growth, up to what the heap has had. */
static size_t goal_within_reached(size_t live, size_t work)
{
    size_t goal = live + growth_of(work, pace.part);
    return goal < pace.reached ? goal : pace.reached;
}

static void set_goal(size_t live, size_t work)
{
    size_t within = pace.part > 100 ? goal_within_reached(live, work) : 0;
    size_t goal = live + growth_of(work, pace.part < 100 ? pace.part : 100);
    if (goal < within)
        goal = within;
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
    uint64_t share = all_ns == 0 ? 100 : collecting_ns * 100 / all_ns;
    return (unsigned)(share < 100 ? share : 100) * 100 / dear_percent;
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

/* What was reached before collecting was cheap may have been given back. */
static void note_reached(size_t bytes)
{
    if (pace.part <= 100 || pace.reached < bytes)
        pace.reached = bytes;
}

void pace_after_mark(size_t live, size_t work, size_t root_bytes, unsigned threads)
{
    note_reached(heap_live());
    pace.last_live = live;
    pace.work = work;
    pace.least = least_growth(root_bytes, threads);
    word_store(&heap.live, live);
    pace_recompute();
}
