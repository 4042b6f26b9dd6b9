/* tardy.h: what is thought and said about a thread that does not stop.
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

/* A thread that was asked to stop and has not. */
enum late {
    LATE_FOR_LACK_OF_CPU, /* it wants to run, and hardly has since the first look */
    LATE_IN_ALLOCATOR,    /* it sleeps there: for a lock, perhaps of one that lacks a processor */
    LATE_FOR_EVER         /* it ran and did not stop, sleeps with the signal blocked, or is gone */
};

/* World being stopped. With `first`, notes the processor time that t has had so far. */
enum late tardy_look(struct thread *t, bool first);

/* World being stopped: no malloc, no stdio. */
void tardy_note(struct tardy *tardy, struct thread *t);

/* One line on standard error, if there is something new to say. */
void tardy_report(const struct tardy *tardy);

#endif
