/* costacks.h: stacks that the program has registered: those of its coroutines.
 *
 * Each is known by its lowest address. It may be told where its stack pointer was left; 0 means
 * that this is not known, or that it runs.
 *
 * Lock: rank roots, taken by busy threads only, so that nobody holds it at a stop or a fork. The
 * functions for the stopped world take none.
 */
#ifndef SPANGC_COSTACKS_H
#define SPANGC_COSTACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct costack {
    uintptr_t low; /* 0: an empty slot of the table */
    uintptr_t high;
    uintptr_t sp;
    bool running; /* the stopped world's: a thread stands on it */
};

enum costack_result { COSTACK_OK, COSTACK_KNOWN, COSTACK_UNKNOWN, COSTACK_NO_MEMORY };

enum costack_result costack_add(uintptr_t low, uintptr_t high);
enum costack_result costack_remove(uintptr_t low);
enum costack_result costack_set_sp(uintptr_t low, uintptr_t sp);

/* World stopped: which one contains the address (NULL: none), and all of them. */
struct costack *costack_containing(uintptr_t address);
void costacks_for_each(void (*visit)(struct costack *s, void *argument), void *argument);

void costacks_reset_locks_in_child(void);

#endif
