/* stop.h: stop and start for who holds the registry lock already. See stop.c. */
#ifndef SPANGC_STOP_H
#define SPANGC_STOP_H

#include "threads/thread.h"

struct tardy;

/* world_stop and world_start without the lock. A stop that failed has started the world again. */
bool stop_locked(struct stop_report *report, struct tardy *tardy);
void start_locked(void);

#endif
