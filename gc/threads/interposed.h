/* interposed.h: how functions take the place of libc's of the same name.
 *
 * The files that include this are compiled twice:
 *
 *     for libspangc.so                  INTERPOSED(poll) declares  ours: poll      libc's: found by
 *                                       real_find behind ours
 *     for libspangc.a                   ours: __wrap_poll, libc's: __real_poll, which the linker
 *     (INTERPOSED_BY_WRAP)              makes of poll under --wrap (WRAP_CALLS in configure.ac)
 *
 *     INTERPOSED(poll);
 *     int our_poll(struct pollfd *fds, nfds_t count, int timeout) { ... REAL(poll)(fds, ... }
 *
 * The prototype is that of libc's header, so the definition cannot differ. A call whose name is not
 * in a header is declared by hand first.
 *
 * libc's function is looked up when the library is loaded (real_calls_find), or at the first call
 * if that comes earlier; so a signal handler needs no loader.
 */
#ifndef SPANGC_INTERPOSED_H
#define SPANGC_INTERPOSED_H

#include "platform/atomics.h"

/* Lies with its like in a section of its own: the table that real_calls_find goes through. */
struct real_call {
    atomic_word function; /* 0: not looked up yet */
    const char *name;
};

/* Looks the function up; aborts if libc has none. errno is kept. */
uintptr_t real_find(struct real_call *call);

static inline uintptr_t real_function(struct real_call *call)
{
    uintptr_t function = word_load(&call->function);
    return __builtin_expect(function != 0, 1) ? function : real_find(call);
}

/* Not on AddressSanitizer's fake stack: the frame holds what a blocked thread keeps alive. */
#define INTERPOSED_FUNCTION(name, symbol)                                                          \
    extern __typeof__(name) our_##name __asm__(symbol)                                             \
        __attribute__((visibility("default"), no_sanitize("address")))

#define REAL_CALL(name, address)                                                                   \
    static struct real_call real_##name                                                            \
        __attribute__((used, section("spangc_real_calls"))) = {address, #name}

#ifdef INTERPOSED_BY_WRAP
#define INTERPOSED(name)                                                                           \
    INTERPOSED_FUNCTION(name, "__wrap_" #name);                                                    \
    extern __typeof__(name) wrapped_##name __asm__("__real_" #name) __attribute__((weak));         \
    REAL_CALL(name, (uintptr_t)wrapped_##name)
#else
#define INTERPOSED(name)                                                                           \
    INTERPOSED_FUNCTION(name, #name);                                                              \
    REAL_CALL(name, 0)
#endif

#define REAL(name) ((__typeof__(name) *)real_function(&real_##name))

#endif
