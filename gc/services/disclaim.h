/* disclaim.h: asking the program about each dead object of a kind before it is reclaimed.
 *
 *     mark --> world runs --> for each span of such a kind:  win it
 *                                                            procedure(dead object), not busy
 *                                                              not 0: the object gets its mark
 *                                                            sweep it: marks become alloc bits
 *
 * All of it is done by the collecting thread, when the world runs again and before the cycle lock
 * is given back: so GC_call_with_alloc_lock, which holds that lock, sees an object either before
 * its procedure was asked or after, and no procedure runs while it does. No stop can come
 * meanwhile, so the procedure need not be busy: it may allocate and wait for the program's locks
 * (for those that nobody holds who waits for a collection, or frees an object of such a kind). The
 * background sweeper and other allocating threads pass such spans by (heap/sweep.h).
 *
 * Objects that a dead one leads to may be reclaimed before its procedure is called, unless the kind
 * marks contents: then what any object of the kind leads to survives the cycle, and a chain of n
 * dead ones takes n cycles.
 */
#ifndef SPANGC_DISCLAIM_H
#define SPANGC_DISCLAIM_H

#include <stdbool.h>
#include "heap/kind.h"

/* Gives a kind its procedure; NULL takes it away. The caller holds the cycle lock and is not busy.
 * False: no memory to finish the last sweep with; nothing changed. */
bool disclaim_register(unsigned kind, disclaim_function procedure, bool marks_contents);

/* In the pause, when all marking is done: from here on there are objects to be asked about. */
void disclaim_open(void);

/* Asks about all dead objects. The caller holds the cycle lock and is not busy. False: no memory to
 * sweep all spans with: to be called again before the next cycle. */
bool disclaim_sweep(void);

/* Is there nothing to be asked? */
bool disclaim_is_done(void);

#endif
