/* interposed.h: how functions take the place of libc's of the same name.
 *
 * The files that include this, interposed-*-glibc.c, are compiled twice:
 *
 *     for libspangc.so        ours: poll, libc's: the definition behind it, found by real_find
 *     for libspangc.a and     ours: __wrap_poll, libc's: __real_poll, which the linker makes of
 *     the unit tests          poll under --wrap (WRAP_FLAGS in configure.ac). Without that option
 *     (INTERPOSED_BY_WRAP)    nobody calls ours, and __real_poll is 0
 *
 *     INTERPOSED(poll);
 *     int our_poll(struct pollfd *fds, nfds_t count, int timeout) { ... REAL(poll)(fds, ... }
 *
 * The prototype is that of libc's header, so the definition cannot differ. A call whose name is not
 * in a header is declared by hand first. configure and dropin/test-dropin.sh read the names out of
 * the lines that begin with INTERPOSED(.
 *
 * What the collector calls itself, whether anything is interposed or not, is in realcalls.h and
 * uses OWN instead of REAL.
 *
 * In the shared library libc's function is looked up when it is loaded, or at the first call if
 * that comes earlier: so a signal handler needs no loader, and no dlsym later has to wait for a
 * library's constructor, and that for the thread that asks.
 */
#ifndef SPANGC_INTERPOSED_H
#define SPANGC_INTERPOSED_H

#include "platform/atomics.h"
#include "platform/check.h"

/* Not on AddressSanitizer's fake stack: the frame holds what a blocked thread keeps alive. */
#define INTERPOSED_FUNCTION(name, symbol)                                                          \
    extern __typeof__(name) our_##name __asm__(symbol)                                             \
        __attribute__((visibility("default"), no_sanitize("address")))

#ifdef INTERPOSED_BY_WRAP

#define INTERPOSED(name)                                                                           \
    INTERPOSED_FUNCTION(name, "__wrap_" #name);                                                    \
    extern __typeof__(name) wrapped_##name __asm__("__real_" #name) __attribute__((weak))

/* The reference is a weak one and fetches nothing out of libc.a: hence -u in WRAP_FLAGS. */
static inline uintptr_t real_wrapped(uintptr_t function, const char *name)
{
    if (function == 0)
        fatal("linked with --wrap=%s but without -u %s (pkg-config --static gives both)", name,
              name);
    return function;
}

#define REAL(name) ((__typeof__(name) *)real_wrapped((uintptr_t)wrapped_##name, #name))
#define OWN(name) (wrapped_##name ? wrapped_##name : name)

#else

struct real_call {
    atomic_word function; /* 0: not looked up yet */
    const char *name;
};

/* Looks the function up: realcalls-glibc.c. `try` does nothing if libc has none, which is missed
 * only by who calls it; the other aborts. errno is kept. */
void real_find_try(struct real_call *call);
uintptr_t real_find(struct real_call *call);

static inline uintptr_t real_function(struct real_call *call)
{
    uintptr_t function = word_load(&call->function);
    return __builtin_expect(function != 0, 1) ? function : real_find(call);
}

#define INTERPOSED(name)                                                                           \
    INTERPOSED_FUNCTION(name, #name);                                                              \
    static struct real_call real_##name = {0, #name};                                              \
    __attribute__((constructor)) static void find_##name(void)                                     \
    {                                                                                              \
        real_find_try(&real_##name);                                                               \
    }                                                                                              \
    extern __typeof__(name) our_##name /* wants the semicolon */

#define REAL(name) ((__typeof__(name) *)real_function(&real_##name))
#define OWN(name) REAL(name)

#endif

#endif
