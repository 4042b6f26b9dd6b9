/* signals.h: the calling thread's signal mask, set by the kernel's own call.
 *
 * Not by libc's functions, which the library interposes: they keep the stop signal out of the
 * masks that a program asks for, and here it may have to be in. A mask is the kernel's: one word,
 * signal n at bit n - 1.
 */
#ifndef SPANGC_SIGNALS_H
#define SPANGC_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

typedef uint64_t signal_mask;

static inline signal_mask signal_bit(int signal_number)
{
    return UINT64_C(1) << (signal_number - 1);
}

/* Every signal but those by which a thread's own error is reported to it. */
static inline signal_mask signals_asynchronous(void)
{
    return ~(signal_bit(SIGSEGV) | signal_bit(SIGBUS) | signal_bit(SIGFPE) | signal_bit(SIGILL) |
             signal_bit(SIGTRAP) | signal_bit(SIGABRT));
}

/* Installs a handler that runs with `mask` blocked, also the signals in it that libc keeps for
 * itself (cancellation, setuid), and system calls restarted, on whatever stack is in use. False:
 * the system refused. */
bool signals_handle(int signal_number, void (*handler)(int, siginfo_t *, void *), signal_mask mask);

/* Makes `mask` the thread's mask and returns the one before. errno is kept. */
signal_mask signals_set_mask(signal_mask mask);

/* Adds `signals` to the thread's mask and returns the mask as it was. errno is kept. */
signal_mask signals_block(signal_mask signals);

#endif
