/* stacks.h: which memory the stopped threads have as their stacks.
 *
 *     stack pointer on a known stack      from there to its high end
 *     anywhere else (an alternate signal  from there to the end of the registered stack, of the
 * heap stack, a coroutine's, a thread      object or of the mapping that contains it (at most that
 * we know nothing about)         strange_stack_most), and every known stack whole: the interrupted
 * part of it is somewhere there registered, nobody stands on it     from where its stack pointer
 * was left, or whole
 *
 * A thread has two known stacks, usually the same: `home`, on which it was registered, and the one
 * that the program names by GC_set_stackbottom. Their low ends are found out when they are needed.
 * Of whole stacks only pages that exist are read; see maps.h.
 *
 * World stopped: all of this. Visits are the same each time, so that a marker can be checked by
 * another one.
 */
#ifndef SPANGC_STACKS_H
#define SPANGC_STACKS_H

#include "threads/maps.h"
#include "threads/thread.h"

enum { strange_stack_most = 64 << 20 }; /* bytes */

/* Visits every range of a stack that may hold pointers: the threads', and the registered ones. */
void stacks_for_each(range_visitor visit, void *argument);

/* Of the stack that the calling thread, which collects, stands on: what lies below its stack
 * pointer as it was when the collection began, and is ours or nobody's. After a visit of the
 * stacks. Sets `low` and returns the high end; both 0 for a thread that is not registered. */
uintptr_t stacks_dead_part(uintptr_t *low);

/* As of the last visit, for the trace: threads whose stack pointer was on no known stack, and those
 * of them of which only strange_stack_most bytes were looked at. */
struct stack_figures {
    unsigned strange;
    unsigned cut;
};
struct stack_figures stacks_figures(void);

/* Asked where the stack pointer of a thread that stands on no known stack should be taken to be;
 * may answer with a place on one, which is then looked at from there only. */
extern void (*stacks_sp_corrector)(void **sp, void *handle);

/* Where the program may write the high end of the main thread's stack. */
extern char *const *stacks_main_bottom;

#endif
