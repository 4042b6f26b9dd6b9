/* stackbounds.h: where the calling thread's stack ends.
 *
 * One implementation a C library. The high end is the end of the mapping, not of the part that
 * functions use: above the frames of a created thread lie its static TLS and its descriptor with
 * the values of the first pthread keys, above those of the main thread argv and the environment.
 * All of that is scanned with the stack.
 *
 * No function here calls malloc, since malloc may be ours and the thread not registered yet.
 */
#ifndef SPANGC_STACKBOUNDS_H
#define SPANGC_STACKBOUNDS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Called once, before the others. */
void stackbounds_init(void);

/* Is the calling thread the one that the process began with? */
bool stack_is_of_main(void);

/* High end of the stack of a thread whose thread pointer is known, if it is one of libc's. 0: not
 * known. Async-signal-safe. */
uintptr_t stack_high_of(pthread_t handle, bool is_main);

/* Bytes of the C library's descriptor of a thread, which begins where pthread_self() points to. */
size_t thread_descriptor_bytes(void);

/* High end of the calling thread's stack. Without /proc that of the main thread's frames. */
uintptr_t stack_high_here(void);

#endif
