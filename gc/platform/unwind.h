/* unwind.h: the calls that led to where a thread is.
 *
 * unwind-glibc.c uses glibc's backtrace, unwind-none.c (configure --without-unwind) knows nothing.
 */
#ifndef SPANGC_UNWIND_H
#define SPANGC_UNWIND_H

#include <stddef.h>

/* Loads what unwinding needs, so that it happens at a harmless moment. */
void unwind_prepare(void);

/* Return addresses, innermost first, of the caller's own calls from `from` on, which is the return
 * address of a function that is running; at most `most` of them. Returns how many. Not for signal
 * handlers, nor with the world stopped: it may wait for locks of libc. */
size_t unwind_calls(void **calls, size_t most, const void *from);

#endif
