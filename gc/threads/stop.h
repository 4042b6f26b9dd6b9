/* stop.h: stop and start for who holds the registry lock already. See stop.c. */
#ifndef SPANGC_STOP_H
#define SPANGC_STOP_H

#include "threads/thread.h"

struct tardy;

/* world_stop and world_start without the lock. A stop that failed has started the world again. */
bool stop_locked(struct stop_report *report, struct tardy *tardy);
void start_locked(void);

/* Their halves for one thread: asks it and counts it as awaited, or finds it standing; takes it for
 * gone; lets it run on (who waits for that is still to be woken). */
void stop_ask(struct thread *t, uint64_t deadline, struct stop_report *report);
void stop_vanished(struct thread *t);
void start_one(struct thread *t);

/* Stops a thread alone; start_one ends it. False: it does not stop, or is not there any more. */
bool stop_one(struct thread *t);

#endif
