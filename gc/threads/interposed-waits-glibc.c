/* interposed-waits-glibc.c: libc's waiting calls that a signal would end for good (EINTR although
 * the handler was installed with SA_RESTART; see signal(7)): the thread is in a blocking region.
 *
 * Those that take a mask for the time of the wait do not get the stop signal in it: a handler of
 * the program that runs meanwhile may have to be stopped.
 *
 * Not here, since libc goes on waiting by itself or the kernel restarts them: pthread_join,
 * pthread_cond_timedwait and its relatives, timed locks of mutexes and rwlocks, sem_wait, wait,
 * flock, fcntl, open, message queues of POSIX, getaddrinfo. Nor what has no function in libc:
 * io_getevents, io_uring_enter and others by syscall().
 */
#define _GNU_SOURCE 1
#include <aio.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include "threads/handlers.h"
#include "threads/interposed.h"
#include "threads/waiting.h"

/* ---- File descriptors ---- */

INTERPOSED(poll);
int our_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(poll)(fds, count, timeout);
    waiting_leave(&w);
    return result;
}

extern __typeof__(poll) __poll;
INTERPOSED(__poll);
int our___poll(struct pollfd *fds, nfds_t count, int timeout)
{
    return our_poll(fds, count, timeout);
}

extern int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t fds_bytes);
INTERPOSED(__poll_chk);
int our___poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t fds_bytes)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(__poll_chk)(fds, count, timeout, fds_bytes);
    waiting_leave(&w);
    return result;
}

INTERPOSED(ppoll);
int our_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *set)
{
    struct waiting w;
    sigset_t without;
    set = set_without(set, stop_signal(), &without);
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(ppoll)(fds, count, timeout, set);
    waiting_leave(&w);
    return result;
}

extern int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                       const sigset_t *set, size_t fds_bytes);
INTERPOSED(__ppoll_chk);
int our___ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                    const sigset_t *set, size_t fds_bytes)
{
    struct waiting w;
    sigset_t without;
    set = set_without(set, stop_signal(), &without);
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(__ppoll_chk)(fds, count, timeout, set, fds_bytes);
    waiting_leave(&w);
    return result;
}

INTERPOSED(select);
int our_select(int count, fd_set *readable, fd_set *writable, fd_set *exceptional,
               struct timeval *timeout)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(select)(count, readable, writable, exceptional, timeout);
    waiting_leave(&w);
    return result;
}

extern __typeof__(select) __select;
INTERPOSED(__select);
int our___select(int count, fd_set *readable, fd_set *writable, fd_set *exceptional,
                 struct timeval *timeout)
{
    return our_select(count, readable, writable, exceptional, timeout);
}

INTERPOSED(pselect);
int our_pselect(int count, fd_set *readable, fd_set *writable, fd_set *exceptional,
                const struct timespec *timeout, const sigset_t *set)
{
    struct waiting w;
    sigset_t without;
    set = set_without(set, stop_signal(), &without);
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(pselect)(count, readable, writable, exceptional, timeout, set);
    waiting_leave(&w);
    return result;
}

INTERPOSED(epoll_wait);
int our_epoll_wait(int fd, struct epoll_event *events, int most, int timeout)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(epoll_wait)(fd, events, most, timeout);
    waiting_leave(&w);
    return result;
}

INTERPOSED(epoll_pwait);
int our_epoll_pwait(int fd, struct epoll_event *events, int most, int timeout, const sigset_t *set)
{
    struct waiting w;
    sigset_t without;
    set = set_without(set, stop_signal(), &without);
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(epoll_pwait)(fd, events, most, timeout, set);
    waiting_leave(&w);
    return result;
}

extern int epoll_pwait2(int fd, struct epoll_event *events, int most,
                        const struct timespec *timeout, const sigset_t *set);
INTERPOSED(epoll_pwait2);
int our_epoll_pwait2(int fd, struct epoll_event *events, int most, const struct timespec *timeout,
                     const sigset_t *set)
{
    struct waiting w;
    sigset_t without;
    set = set_without(set, stop_signal(), &without);
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(epoll_pwait2)(fd, events, most, timeout, set);
    waiting_leave(&w);
    return result;
}

/* ---- Sleeping ---- */

INTERPOSED(nanosleep);
int our_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(nanosleep)(wanted, left);
    waiting_leave(&w);
    return result;
}

extern __typeof__(nanosleep) __nanosleep;
INTERPOSED(__nanosleep);
int our___nanosleep(const struct timespec *wanted, struct timespec *left)
{
    return our_nanosleep(wanted, left);
}

INTERPOSED(clock_nanosleep);
int our_clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted,
                        struct timespec *left)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(clock_nanosleep)(clock, flags, wanted, left);
    waiting_leave(&w);
    return result;
}

INTERPOSED(thrd_sleep);
int our_thrd_sleep(const struct timespec *wanted, struct timespec *left)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(thrd_sleep)(wanted, left);
    waiting_leave(&w);
    return result;
}

INTERPOSED(usleep);
int our_usleep(useconds_t microseconds)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(usleep)(microseconds);
    waiting_leave(&w);
    return result;
}

INTERPOSED(sleep);
unsigned our_sleep(unsigned seconds)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    unsigned left = REAL(sleep)(seconds);
    waiting_leave(&w);
    return left;
}

/* ---- Waiting for signals ---- */

INTERPOSED(pause);
int our_pause(void)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(pause)();
    waiting_leave(&w);
    return result;
}

INTERPOSED(sigsuspend);
int our_sigsuspend(const sigset_t *set)
{
    struct waiting w;
    sigset_t without;
    set = set_without(set, stop_signal(), &without);
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(sigsuspend)(set);
    waiting_leave(&w);
    return result;
}

extern __typeof__(sigsuspend) __sigsuspend;
INTERPOSED(__sigsuspend);
int our___sigsuspend(const sigset_t *set)
{
    return our_sigsuspend(set);
}

/* What <signal.h> makes of sigpause(sig). */
extern int __xpg_sigpause(int signal_number);
INTERPOSED(__xpg_sigpause);
int our___xpg_sigpause(int signal_number)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(__xpg_sigpause)(signal_number);
    waiting_leave(&w);
    return result;
}

INTERPOSED(sigtimedwait);
int our_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    struct waiting w;
    sigset_t without;
    set = set_without(set, stop_signal(), &without);
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(sigtimedwait)(set, info, timeout);
    waiting_leave(&w);
    return result;
}

INTERPOSED(sigwaitinfo);
int our_sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    struct waiting w;
    sigset_t without;
    set = set_without(set, stop_signal(), &without);
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(sigwaitinfo)(set, info);
    waiting_leave(&w);
    return result;
}

INTERPOSED(sigwait);
int our_sigwait(const sigset_t *set, int *signal_number)
{
    struct waiting w;
    sigset_t without;
    set = set_without(set, stop_signal(), &without);
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(sigwait)(set, signal_number);
    waiting_leave(&w);
    return result;
}

/* ---- Semaphores, System V queues, asynchronous I/O ---- */

INTERPOSED(sem_timedwait);
int our_sem_timedwait(sem_t *semaphore, const struct timespec *deadline)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(sem_timedwait)(semaphore, deadline);
    waiting_leave(&w);
    return result;
}

INTERPOSED(sem_clockwait);
int our_sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *deadline)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(sem_clockwait)(semaphore, clock, deadline);
    waiting_leave(&w);
    return result;
}

INTERPOSED(semop);
int our_semop(int id, struct sembuf *operations, size_t count)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(semop)(id, operations, count);
    waiting_leave(&w);
    return result;
}

INTERPOSED(semtimedop);
int our_semtimedop(int id, struct sembuf *operations, size_t count, const struct timespec *timeout)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(semtimedop)(id, operations, count, timeout);
    waiting_leave(&w);
    return result;
}

INTERPOSED(msgrcv);
ssize_t our_msgrcv(int id, void *message, size_t bytes, long type, int flags)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(msgrcv)(id, message, bytes, type, flags);
    waiting_leave(&w);
    return result;
}

INTERPOSED(msgsnd);
int our_msgsnd(int id, const void *message, size_t bytes, int flags)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(msgsnd)(id, message, bytes, flags);
    waiting_leave(&w);
    return result;
}

INTERPOSED(aio_suspend);
int our_aio_suspend(const struct aiocb *const requests[], int count, const struct timespec *timeout)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(aio_suspend)(requests, count, timeout);
    waiting_leave(&w);
    return result;
}
