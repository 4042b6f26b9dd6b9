/* tls.h: what is a thread's own outside its stack: thread-local variables and key values.
 *
 * Roots of each registered thread, wherever they lie:
 *
 *     its descriptor in the C library: values of the first keys, of a function being started
 *     values of pthread_setspecific and tss_set of all other keys
 *     its blocks of thread-local variables, one for each loaded object that has such variables:
 *     those of the program and of what was loaded with it, those of libraries loaded later whose
 *     blocks come into being when a thread first looks at them
 *
 * Two of these are found through tables of the C library that a thread can be in the middle of
 * changing when it is stopped: then thread_locals_are_settled says no, and the stopper lets the
 * world go on and stops it again.
 *
 * One implementation a C library. The loaded objects are noted anew in each stop; the fields are
 * the stopper's. Nothing here calls malloc, or reads memory that may not be mapped.
 */
#ifndef SPANGC_TLS_H
#define SPANGC_TLS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread;

/* Once, before threads are registered: finds out how the C library keeps all this. Says in a report
 * line what cannot be found. False: no memory. */
bool thread_locals_init(void);

/* Does `handle` lead to a thread descriptor of the C library? Not in a thread that was made by a
 * system call of its own and has another thread pointer. */
bool thread_locals_known(pthread_t handle);

/* Inside dl_iterate_phdr, with the world stopped: forgets all objects; notes one that has
 * thread-local variables: its number, load address, and the size of a block. False: no memory. */
void thread_locals_begin(void);
bool thread_locals_note(size_t module_id, uintptr_t load_address, size_t block_bytes);

/* World stopped, objects noted. */
bool thread_locals_are_settled(void);

/* Visits the roots described above, also those that lie on what is the thread's stack. The ranges
 * may be copies, good for the time of the call only. World stopped, settled. */
void thread_local_roots(const struct thread *t,
                        void (*visit)(uintptr_t low, uintptr_t high, void *argument),
                        void *argument);

#endif
