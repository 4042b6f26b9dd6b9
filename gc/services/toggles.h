/* toggles.h: references that the program makes strong or weak from time to time.
 *
 * Owns: an array of entries, outside the heap. A strong one is a root, a weak one nothing. Entries
 * move only when one is removed: then the last takes its place. So a walk from the last index down
 * to 0 meets each entry that was there at its beginning and still is.
 *
 * Lock: the caller's (services/finalize.c: rank special), or the world is stopped.
 */
#ifndef SPANGC_TOGGLES_H
#define SPANGC_TOGGLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum toggle_status { TOGGLE_DROP, TOGGLE_STRONG, TOGGLE_WEAK };

/* An object, and the pointer to it that the program has. */
struct toggle {
    uintptr_t base;
    uintptr_t shown;
    bool strong;
};

/* False: no memory. */
bool toggles_add(const struct toggle *toggle);
size_t toggles_count(void);

/* Copies the entry at that index. False: there is none any more. */
bool toggles_get(size_t index, struct toggle *toggle);

/* The program has decided about that object, found at that index a moment ago. */
void toggles_decide(size_t index, uintptr_t base, enum toggle_status status);

/* World stopped: visits the strong ones, drops those that are not marked. */
void toggles_push_roots(void (*visit)(uintptr_t low, uintptr_t high, void *argument),
                        void *argument);
void toggles_drop_dead(bool (*is_marked)(uintptr_t object_base));

#endif
