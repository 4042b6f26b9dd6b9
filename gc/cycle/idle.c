/* idle.c: see idle.h. */
#include "cycle/idle.h"

enum { idle_share = 20, rest_lengths = 4 };

static const uint64_t least_rest_ns = 1000000000;
static const uint64_t longest_rest_ns = 120000000000;
static const uint64_t ran_ns = 20000; /* processor time below it is that of looking */

bool idle_since_last_look(struct idle_watch *w, struct idle_look look)
{
    uint64_t used = look.program_ns - w->last.program_ns;
    uint64_t passed = look.now_ns - w->last.now_ns;
    w->last = look;
    return used < passed / idle_share;
}

bool idle_wants_collection(const struct idle_watch *w, struct idle_look look)
{
    return look.program_ns - w->collected.program_ns >= ran_ns &&
           look.now_ns - w->collected.now_ns >= w->rest_ns;
}

static uint64_t clamped(uint64_t rest)
{
    if (rest < least_rest_ns)
        return least_rest_ns;
    return rest < longest_rest_ns ? rest : longest_rest_ns;
}

void idle_has_collected(struct idle_watch *w, struct idle_look look, uint64_t began_ns,
                        bool fruitful)
{
    uint64_t rest = (look.now_ns - began_ns) * rest_lengths;
    if (!fruitful && rest < 2 * w->rest_ns)
        rest = 2 * w->rest_ns;
    w->rest_ns = clamped(rest);
    w->collected = look;
}

void idle_is_over(struct idle_watch *w)
{
    if (w->rest_ns > least_rest_ns)
        w->rest_ns = least_rest_ns;
}
