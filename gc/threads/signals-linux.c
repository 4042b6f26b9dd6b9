/* signals-linux.c: signals.h on Linux. */
#include "threads/signals.h"
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "threads/realcalls.h"

static signal_mask change_mask(int how, signal_mask mask)
{
    int saved_errno = errno;
    signal_mask before = 0;
    syscall(SYS_rt_sigprocmask, how, &mask, &before, sizeof mask);
    errno = saved_errno;
    return before;
}

signal_mask signals_set_mask(signal_mask mask)
{
    return change_mask(SIG_SETMASK, mask);
}

signal_mask signals_block(signal_mask signals)
{
    return change_mask(SIG_BLOCK, signals);
}

/* The kernel's struct sigaction, on processors where libc passes a restorer. */
struct kernel_sigaction {
    void *handler;
    unsigned long flags;
    void *restorer;
    signal_mask mask;
};

/* libc supplies the restorer and drops its own signals from the mask; so what it has installed is
 * fetched from the kernel, and installed again with the whole mask. */
bool signals_handle(int signal_number, void (*handler)(int, siginfo_t *, void *), signal_mask mask)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_RESTART | SA_SIGINFO};
    struct kernel_sigaction installed;
    sigfillset(&action.sa_mask);
    if (sigaction_real(signal_number, &action, NULL) != 0 ||
        syscall(SYS_rt_sigaction, signal_number, NULL, &installed, sizeof mask) != 0)
        return false;
    installed.mask = mask;
    return syscall(SYS_rt_sigaction, signal_number, &installed, NULL, sizeof mask) == 0;
}
