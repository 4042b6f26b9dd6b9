/* park.h: the thread's side of a stop. See park.c. */
#ifndef SPANGC_PARK_H
#define SPANGC_PARK_H

#include "threads/thread.h"

/* What stopper and threads share, apart from each thread's state.
 *
 *     awaited   threads asked by a signal that have not acknowledged, and 1 while still asking;
 *               who brings it to 0 wakes the stopper
 *     starts    counts the starts, of a stopped world and after a fork; who waits for one sleeps
 *               on it
 */
struct world {
    atomic_word awaited;
    atomic_word starts;
};

extern struct world world;

/* Installs the stop signal's handler; false: the system refused. */
bool stop_handler_install(void);

/* Wakes all who wait for a start. Their states, or holds, have been set before. */
void wake_waiting_threads(void);

/* Sleeps until t, the calling thread, is no longer in this stopped state. */
void wait_for_start(const struct thread *t, enum thread_state stopped);

#endif
