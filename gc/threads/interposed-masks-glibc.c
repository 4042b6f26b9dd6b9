/* interposed-masks-glibc.c: the stop signal is taken out of every mask that libc is handed.
 *
 * So no thread can block it, wait for it or read it from a file descriptor by mistake, with a full
 * set, say. glibc does the same with the two signals that it uses itself. A program that asks for
 * its mask does not see the signal there; one that waits for it by name never gets it.
 *
 * Not seen here: raw system calls, and uc_sigmask of a context that the program has filled in by
 * itself. A thread that blocks the signal in such a way is named when it does not stop (tardy.h).
 *
 * The calls that also wait are in interposed-waits-glibc.c. posix_spawnattr_setsigmask is left
 * alone: it is about another process.
 */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include "threads/handlers.h"
#include "threads/interposed.h"
#include "threads/thread.h"

INTERPOSED(pthread_sigmask);
int our_pthread_sigmask(int how, const sigset_t *set, sigset_t *before)
{
    sigset_t without;
    return REAL(pthread_sigmask)(how, set_without(set, stop_signal(), &without), before);
}

INTERPOSED(sigprocmask);
int our_sigprocmask(int how, const sigset_t *set, sigset_t *before)
{
    sigset_t without;
    return REAL(sigprocmask)(how, set_without(set, stop_signal(), &without), before);
}

INTERPOSED(pthread_attr_setsigmask_np);
int our_pthread_attr_setsigmask_np(pthread_attr_t *attributes, const sigset_t *set)
{
    sigset_t without;
    return REAL(pthread_attr_setsigmask_np)(attributes, set_without(set, stop_signal(), &without));
}

INTERPOSED(signalfd);
int our_signalfd(int fd, const sigset_t *set, int flags)
{
    sigset_t without;
    return REAL(signalfd)(fd, set_without(set, stop_signal(), &without), flags);
}
