/* tardy.h: what is said about a thread that does not stop.
 *
 * Noted while the others stand still, reported when they run again.
 */
#ifndef SPANGC_TARDY_H
#define SPANGC_TARDY_H

#include "threads/thread.h"

struct tardy {
    unsigned count; /* threads noted, each once in its life */
    pid_t tid;      /* of the first */
    char name[32];
    const char *reason;
};

/* World being stopped: no malloc, no stdio. */
void tardy_note(struct tardy *tardy, struct thread *t);

/* One line on standard error, if there is something new to say. */
void tardy_report(const struct tardy *tardy);

#endif
