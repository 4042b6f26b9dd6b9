/* strangers.h: threads that the registry does not know: of libraries that create them past us, of
 * libc itself, by raw clone, older than a dlopen of us.
 *
 * They are found when all others stand still: the kernel says how many threads there are, and if
 * these are more than we know, which. Each gets a descriptor, before it is asked to stop; the
 * signal carries the descriptor's address, so that the handler needs neither memory nor a lock, nor
 * a thread_self of its own. The thread itself learns nothing of it. The descriptor stays until the
 * thread is gone (it is adrift) or registers itself, with its first call of ours.
 *
 * A created thread that waits for the registry lock in order to register is none (record.h), unless
 * it was found before.
 *
 * A stranger that blocks the stop signal is not sent one, lest they pile up. If it sleeps in a
 * system call it counts as stopped where it is, since the kernel tells its stack pointer: the
 * workers of io_uring (no stack at all), libc's helpers for timers and asynchronous I/O, drivers'.
 * Registers that such a thread keeps over the call are not seen, nor would it be noticed if it woke
 * up in the pause: no thread that works with the heap may block all signals unregistered. If it
 * runs it is waited for like any other thread.
 *
 * Called with the registry lock held, except for the two that run in the signal handler.
 */
#ifndef SPANGC_STRANGERS_H
#define SPANGC_STRANGERS_H

#include <signal.h>
#include "threads/thread.h"

enum strangers_found { STRANGERS_NONE, STRANGERS_NEW, STRANGERS_NO_MEMORY };

/* All known threads stand: looks for others, puts them on the list and asks them. */
enum strangers_found strangers_ask(uint64_t deadline, struct stop_report *report);

/* While waiting: tells strangers that have not been told, looks after those that cannot be. */
void strangers_poll(void);

/* How long to sleep until the next poll, at most. */
uint64_t strangers_patience(uint64_t most_ns);

/* In the handler: the descriptor that was sent with the signal; NULL: none was. And what is known
 * of the thread by its thread pointer into the descriptor. */
struct thread *stranger_told(const siginfo_t *info);
void stranger_introduce(struct thread *t);

#endif
