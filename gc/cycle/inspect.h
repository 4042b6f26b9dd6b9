/* inspect.h: what is looked at in a pause for the sake of people who look for errors.
 *
 * After marking and the decision on finalizers, while the world stands still:
 *
 *   1. the guards of every debug object, dead or alive: those written over are noted, once each;
 *   2. leaks, where they are looked for: objects that are allocated, cannot be reached and have not
 *      been freed. They are noted, and marked, with all they lead to, so that they are still there
 *      when the program's thread tells about them and frees them;
 *   3. dead debug objects leave the table;
 *   4. for each debug object left: from which word it is reached (its back pointer).
 *
 * Owns: the two lists of what is to be told. A leak on the list is marked by every cycle until it
 * is taken. Where a list is full, objects are counted, not noted: then leaks die untold.
 *
 * Costs a program without debug objects, that looks for no leaks, two tests a pause.
 *
 * Lock: reports (rank special) protects the lists, unless the world is stopped.
 */
#ifndef SPANGC_INSPECT_H
#define SPANGC_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mark/mark.h"

enum { inspect_smashed_most = 20, inspect_leaks_most = 4096 };

/* Not 0: leaks are looked for. The api points it to GC_find_leak. */
extern const int *inspect_find_leaks;

/* World stopped. */
void inspect_after_mark(struct marker *m);

struct smash {
    uintptr_t base;
    uintptr_t where; /* the first byte that was written over */
    size_t bytes;
    const struct site *site;
};

/* Moves the list to `smashed`, which has room for inspect_smashed_most; returns how many there were
 * in all, told or not. Caller busy. */
size_t inspect_take_smashed(struct smash *smashed, size_t *count);

/* How many leaks wait to be told, and how many more there were than the list holds; the latter
 * starts from 0 again. Caller busy. */
size_t inspect_leaks(size_t *untold);

/* One leaked object's base off the list, which the caller keeps; 0: none. Caller busy. */
uintptr_t inspect_take_leak(void);

/* Is there anything to be told? Any caller. */
bool inspect_has_news(void);

void inspect_reset_locks_in_child(void);

#endif
