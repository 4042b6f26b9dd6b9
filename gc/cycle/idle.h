/* idle.h: has the program gone to sleep, and is that the time to collect?
 *
 * A program that drops most of its heap and then waits never reaches its goal: nobody would find
 * the garbage. So the helper looks at it from time to time. The program is idle when, from one
 * look to the next, all its threads together have used little processor time. Then a collection
 * disturbs nobody; it is due once the program has done anything at all since the last such one:
 * who has not run has dropped nothing.
 *
 * A program that is idle most of the time, with a heap that does not shrink, must not pay for that
 * again and again: such a collection is followed by a rest of four times its length, a second at
 * least, which doubles with each one that has found little, to two minutes at most. A cycle that
 * the program itself has asked for ends the doubling.
 *
 * Owns nothing: pure arithmetic on the caller's struct, in nanoseconds. Lock: none, the helper's.
 */
#ifndef SPANGC_IDLE_H
#define SPANGC_IDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the helper sees at a look. Processor time is the program's, without the helper's own. */
struct idle_look {
    uint64_t now_ns;
    uint64_t program_ns;
};

struct idle_watch {
    struct idle_look last;      /* the look before this one */
    struct idle_look collected; /* at the end of the last collection that was made because of it */
    uint64_t rest_ns;           /* to pass from then on before the next */
};

/* Notes the look. Was the program idle since the one before? */
bool idle_since_last_look(struct idle_watch *w, struct idle_look look);

/* The program is idle: is a collection due? */
bool idle_wants_collection(const struct idle_watch *w, struct idle_look look);

/* It has been made, or been tried, since `began_ns`; `fruitful`: it has shrunk the heap. */
void idle_has_collected(struct idle_watch *w, struct idle_look look, uint64_t began_ns,
                        bool fruitful);

/* The program has asked for a cycle by itself. */
void idle_is_over(struct idle_watch *w);

#endif
