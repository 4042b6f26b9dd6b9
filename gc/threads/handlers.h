/* handlers.h: between the files that interpose signal calls. See interposed-handlers-glibc.c. */
#ifndef SPANGC_HANDLERS_H
#define SPANGC_HANDLERS_H

#include <signal.h>

/* The set less the stop signal: the set itself, or a copy in *without. NULL stays NULL. */
static inline const sigset_t *set_without(const sigset_t *set, int signal_number, sigset_t *without)
{
    if (!set || sigismember(set, signal_number) != 1)
        return set;
    *without = *set;
    sigdelset(without, signal_number);
    return without;
}

#endif
