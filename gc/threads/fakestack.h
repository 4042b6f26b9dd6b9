/* fakestack.h: AddressSanitizer's fake stacks.
 *
 * A program compiled with -fsanitize=address may run with detect_stack_use_after_return (clang's
 * default): the local variables of a function then lie in a frame that the sanitizer's runtime
 * allocates, and the real stack holds the frame's address only. Each thread has such a fake stack
 * of its own, and a program that tells the sanitizer of its coroutines has one for each of them.
 *
 * A thread notes its present one whenever it publishes its stack pointer, as nobody else can ask
 * for it; it is valid as long as that is. Every root word that lies in a living frame of one of the
 * noted fake stacks makes that frame a root: words of the real stacks, and those that the program
 * has told of, like the stacks of its coroutines.
 *
 * The runtime is looked up as the program is loaded; there is no dependence on it. Without it, or
 * without fake stacks, all of this costs a test of a pointer.
 *
 * Not known are the fake stacks of suspended coroutines that the sanitizer was told of, and of
 * threads older than the collector (it was dlopen'ed) that block the stop signal.
 */
#ifndef SPANGC_FAKESTACK_H
#define SPANGC_FAKESTACK_H

#include "threads/maps.h"
#include "threads/thread.h"

/* The calling thread's fake stack, NULL: it has none. For signal handlers, too. */
void *fakestack_here(void);

/* The thread says from where on its stack is to be looked at, and which fake stack belongs to it.
 */
static inline void thread_publish_stack(struct thread *t, uintptr_t stack_low)
{
    t->stack_low = stack_low;
    t->fake_stack = fakestack_here();
}

/* World stopped: has for_each visit what it visits, and also each living frame that a word of those
 * ranges, or of such a frame, lies in. */
void fakestacks_follow(void (*for_each)(range_visitor visit, void *argument), range_visitor visit,
                       void *argument);

#endif
