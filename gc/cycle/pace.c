/* pace.c: see pace.h. */
#include "cycle/pace.h"
#include "heap/heap.h"

enum {
    smallest_least = 256 << 10,
    largest_least = 2 << 20,
    least_per_root_byte = 8,
    least_per_thread = 256 << 10,
    dear_percent = 25,  /* the share of the time that asks for the whole growth */
    smallest_part = 40, /* in percent of the growth */
    whole = 100
};

static struct {
    atomic_word percent; /* see pace_set_percent */
    atomic_word floor;   /* see pace_set_floor */

    /* The cycle lock's. */
    unsigned part;     /* in percent */
    uint64_t noted_ns; /* when the last cycle was; 0: there was none */
    size_t least;      /* growth */
    size_t goal;       /* the last one; heap.goal is lowered meanwhile */
    size_t reached; /* the largest goal that the heap has got to since `part` was last the whole */
    size_t last_live; /* or what was inherited */
    bool inherited;   /* no cycle since pace_in_child */
    size_t work;      /* see pace_after_mark */
} pace = {.percent = pace_default_percent, .part = whole, .least = smallest_least};

void pace_set_percent(unsigned percent)
{
    word_store(&pace.percent, percent);
}

static size_t growth_of(size_t work, unsigned part)
{
    size_t growth = work / 100 * word_load(&pace.percent) / 100 * part;
    return growth > pace.least ? growth : pace.least;
}

static size_t goal_for(size_t live, size_t work, unsigned part)
{
    size_t goal = live + growth_of(work, part);
    if (part <= whole)
        return goal;
    size_t plain = live + growth_of(work, whole);
    goal = goal < pace.reached ? goal : pace.reached;
    return goal > plain ? goal : plain;
}

static void set_goal(size_t live, size_t work, unsigned part)
{
    size_t goal = goal_for(live, work, part);
    size_t floor = word_load(&pace.floor), maximum = word_load(&heap.maximum);
    if (goal < floor)
        goal = floor;
    if (maximum != 0 && goal > maximum)
        goal = maximum;
    pace.goal = goal;
    word_store(&heap.goal, goal);
}

void pace_recompute(void)
{
    set_goal(pace.last_live, pace.work, pace.part);
}

void pace_postpone(void)
{
    size_t live = heap_live();
    set_goal(live, live, whole);
}

void pace_set_floor(size_t bytes)
{
    uintptr_t floor = word_load(&pace.floor);
    while (bytes > floor && !word_cas(&pace.floor, floor, bytes))
        floor = word_load(&pace.floor);
}

void pace_in_child(void)
{
    if (pace.inherited)
        return;
    pace.inherited = true;
    pace.last_live = heap_live();
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
    uint64_t most = (uint64_t)whole * 100 / dear_percent;
    uint64_t part = all_ns == 0 ? most : collecting_ns * most / all_ns;
    return (unsigned)(part < most ? part : most);
}

/* Half of the way to what the share asks for: all of it would swing, for less growth is a larger
 * share. */
static void choose_part(uint64_t collecting_ns, uint64_t all_ns)
{
    unsigned part = (pace.part + part_for(collecting_ns, all_ns) + 1) / 2;
    pace.part = part > smallest_part ? part : smallest_part;
}

void pace_note_time(uint64_t began_ns, uint64_t now_ns, bool was_due)
{
    if (was_due && pace.noted_ns != 0)
        choose_part(now_ns - began_ns, now_ns - pace.noted_ns);
    pace.noted_ns = now_ns;
}

/* How far the heap has run beyond its goal does not count: the next would be that much higher. */
static void note_reached(size_t bytes)
{
    if (bytes > pace.goal)
        bytes = pace.goal;
    if (pace.part <= whole || pace.reached < bytes)
        pace.reached = bytes;
}

void pace_after_mark(size_t live, size_t work, size_t root_bytes, unsigned threads)
{
    note_reached(heap_live());
    pace.last_live = live;
    pace.inherited = false;
    pace.work = work;
    pace.least = least_growth(root_bytes, threads);
    word_store(&heap.live, live);
    pace_recompute();
}
