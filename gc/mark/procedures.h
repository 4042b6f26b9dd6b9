/* procedures.h: functions of the program that tell the marker where an object's pointers are.
 *
 * Owns: the table of mark procedures, and who is listening to what the program's functions say.
 *
 * A procedure is given bdwgc's picture of a mark stack: a pointer to its topmost entry and its
 * limit; it returns the new top. That stack is a buffer of its caller, with room for
 * mark_procedure_entries, and holds what the procedure itself pushes (the rest of its object, say).
 * What it names by GC_mark_and_push goes straight to the listener, so the buffer does not fill up
 * by it, however many pointers there are.
 *
 * Two numbers are ours: `procedure_bitmap` (env: the number of a long bitmap, mark/bitmaps.h) and
 * `procedure_array` (an array's rear, mark/described.h).
 *
 * Lock: procedures_lock (rank leaf) for adding; a procedure's number is known to nobody before it
 * is in the table. The listener is set and heard in the pause.
 */
#ifndef SPANGC_PROCEDURES_H
#define SPANGC_PROCEDURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "heap/descriptor.h"
#include "mark/mark.h"

struct GC_ms_entry;
struct object;

/* bdwgc's GC_mark_proc: the address, the top and the limit of the stack, the descriptor's env. */
typedef struct GC_ms_entry *(*mark_procedure)(uintptr_t *address, struct GC_ms_entry *top,
                                              struct GC_ms_entry *limit, uintptr_t env);

enum {
    procedure_reserved = 8, /* bdwgc's GC_RESERVED_MARK_PROCS: numbers that programs choose */
    procedure_array = procedure_limit - 2,
    procedure_bitmap = procedure_limit - 1
};

/* The number of a new procedure; 0: the table is full. Caller: busy. */
unsigned procedure_add(mark_procedure procedure);

/* Gives one of the reserved numbers its procedure. False: not such a number. */
bool procedure_set(unsigned number, mark_procedure procedure);

/* Has the program given any? */
bool procedures_are_used(void);

/* Calls the procedure of the descriptor for `start`; returns how many entries it has pushed (they
 * begin at entries[1]), or -1: there is no such procedure, or it returned a top that is not in its
 * stack, which is reported once. World stopped. */
int procedure_call(uintptr_t start, uintptr_t descriptor,
                   struct mark_entry entries[mark_procedure_entries + 1]);

/* Who hears what the program's functions say while the world is stopped. */
struct mark_listener {
    void (*push)(void *self, uintptr_t word); /* GC_mark_and_push */
    void (*change_mark)(void *self, const struct object *o,
                        bool); /* GC_set_mark_bit and relative */
    void *self;
};

/* NULL: nobody, the world runs. */
extern const struct mark_listener *mark_listener;

#endif
