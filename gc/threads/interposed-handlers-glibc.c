/* interposed-handlers-glibc.c: the program's signal handlers; we stand between them and the kernel.
 *
 * What is installed is on_signal. It leaves a blocking region for as long as the handler runs: a
 * handler may read and move pointers, which nobody may do while the world stands still, and jump
 * out of the region altogether. Handlers that we do not know of (installed by a raw system call)
 * run in the region and leave it when they allocate (blocking_interrupted).
 *
 * Elsewhere the thread only counts its handlers: they do not start collections (api/malloc.c).
 *
 *     handlers[n]   what the program has installed last for signal n; valid while the kernel has
 *                   on_signal there. Written before the kernel is told, so that no signal meets
 *                   an old entry; a signal for the handler before may meet the new one.
 *
 * What a handler's own mask, flags and stack are is the kernel's affair: it is told all of the
 * program's wishes, but for the stop signal in masks. Calls of libc that read and install again
 * (siginterrupt) see on_signal and keep it.
 *
 * The stop signal's own handler cannot be replaced: EINVAL, as with glibc's own two signals, so
 * that programs which go through all signals are used to it; said on standard error once if it was
 * a real handler. GC_set_suspend_signal chooses another signal.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>
#include "platform/check.h"
#include "threads/blocking.h"
#include "threads/fakestack.h"
#include "threads/handlers.h"
#include "threads/interposed.h"
#include "threads/interrupted.h"
#include "threads/realcalls.h"
#include "threads/thread.h"
#include "threads/waiting.h"

/* Called with three arguments whatever it wants: those it does not know are in registers. */
typedef void handler_fn(int, siginfo_t *, void *);

static atomic_word handlers[NSIG]; /* handler_fn * */

/* ---- At a signal ---- */

static void call_handler(int signal_number, siginfo_t *info, void *context)
{
    ucontext_t *interrupted = context;
    bool was_blocked = sigismember(&interrupted->uc_sigmask, stop_signal()) == 1;
    ((handler_fn *)word_load(&handlers[signal_number]))(signal_number, info, context);
    if (!was_blocked)
        sigdelset(&interrupted->uc_sigmask, stop_signal());
}

static void leave_handler(void *thread)
{
    struct thread *t = thread;
    t->handlers--;
}

/* The first word of the set is all that the kernel looks at. */
static void delay_signals(struct thread *t, sigset_t *set)
{
    signal_mask mask;
    memcpy(&mask, set, sizeof mask);
    mask = interrupted_mask(t, mask);
    memcpy(set, &mask, sizeof mask);
}

/* The thread may have been in the middle of anything. */
static void handle_anywhere(struct thread *t, int signal_number, siginfo_t *info, void *context)
{
    struct _pthread_cleanup_buffer cleanup;
    t->handlers++;
    _pthread_cleanup_push(&cleanup, leave_handler, t);
    call_handler(signal_number, info, context);
    _pthread_cleanup_pop(&cleanup, 1);
    delay_signals(t, &((ucontext_t *)context)->uc_sigmask);
}

/* The thread was in a call of libc's that waits, or in a region of the program's. */
static void handle_in_region(struct thread *t, int signal_number, siginfo_t *info, void *context)
{
    uintptr_t stack_low = t->stack_low;
    blocking_leave(t);
    call_handler(signal_number, info, context);
    thread_publish_stack(t, stack_low);
    blocking_enter(t);
}

static void on_signal(int signal_number, siginfo_t *info, void *context)
{
    struct thread *t = thread_self;
    if (!t) {
        thread_met_handler = true;
        call_handler(signal_number, info, context);
    } else if (thread_is_blocked(t))
        handle_in_region(t, signal_number, info, context);
    else
        handle_anywhere(t, signal_number, info, context);
}

/* ---- Installing ---- */

static bool is_stop_signal(int signal_number, bool handler_wanted)
{
    static atomic_word said;
    if (signal_number != stop_signal())
        return false;
    if (handler_wanted && word_fetch_or(&said, 1) == 0)
        report("signal %d stops threads for collections; the program's handler is refused",
               signal_number);
    errno = EINVAL;
    return true;
}

static bool is_handler(uintptr_t handler)
{
    return handler != (uintptr_t)SIG_DFL && handler != (uintptr_t)SIG_IGN &&
           handler != (uintptr_t)SIG_HOLD && handler != (uintptr_t)SIG_ERR;
}

/* Notes the program's handler and returns what to install in its place. */
static uintptr_t enter_handler(int signal_number, uintptr_t handler)
{
    if (!is_handler(handler) || signal_number <= 0 || signal_number >= NSIG)
        return handler;
    if (handler != (uintptr_t)on_signal)
        word_store(&handlers[signal_number], handler);
    return (uintptr_t)on_signal;
}

/* The handler `before` of the table, if the kernel says that it was ours. */
static uintptr_t visible_handler(uintptr_t installed, uintptr_t before)
{
    return installed == (uintptr_t)on_signal ? before : installed;
}

static uintptr_t table_entry(int signal_number)
{
    bool exists = signal_number > 0 && signal_number < NSIG;
    return exists ? word_load(&handlers[signal_number]) : 0;
}

INTERPOSED(sigaction);
int our_sigaction(int signal_number, const struct sigaction *action, struct sigaction *before)
{
    struct sigaction ours;
    uintptr_t entry = table_entry(signal_number);
    if (is_stop_signal(signal_number, action && is_handler((uintptr_t)action->sa_handler)))
        return -1;
    if (action) {
        ours = *action;
        sigdelset(&ours.sa_mask, stop_signal());
        ours.sa_handler =
            (__sighandler_t)enter_handler(signal_number, (uintptr_t)action->sa_handler);
    }
    int result = REAL(sigaction)(signal_number, action ? &ours : NULL, before);
    if (result != 0 && entry != 0)
        word_store(&handlers[signal_number], entry);
    if (result == 0 && before)
        before->sa_handler = (__sighandler_t)visible_handler((uintptr_t)before->sa_handler, entry);
    return result;
}

int sigaction_real(int signal_number, const struct sigaction *action, struct sigaction *before)
{
    return OWN(sigaction)(signal_number, action, before);
}

typedef __typeof__(signal) signal_fn;

/* What signal and its relatives have in common; `real` is the one called. */
static __sighandler_t install(signal_fn *real, int signal_number, __sighandler_t handler)
{
    uintptr_t entry = table_entry(signal_number);
    if (is_stop_signal(signal_number, is_handler((uintptr_t)handler)))
        return SIG_ERR;
    uintptr_t ours = enter_handler(signal_number, (uintptr_t)handler);
    __sighandler_t before = real(signal_number, (__sighandler_t)ours);
    return (__sighandler_t)visible_handler((uintptr_t)before, entry);
}

INTERPOSED(signal);
__sighandler_t our_signal(int signal_number, __sighandler_t handler)
{
    return install(REAL(signal), signal_number, handler);
}

extern signal_fn bsd_signal;
INTERPOSED(bsd_signal);
__sighandler_t our_bsd_signal(int signal_number, __sighandler_t handler)
{
    return install(REAL(bsd_signal), signal_number, handler);
}

INTERPOSED(ssignal);
__sighandler_t our_ssignal(int signal_number, __sighandler_t handler)
{
    return install(REAL(ssignal), signal_number, handler);
}

INTERPOSED(sysv_signal);
__sighandler_t our_sysv_signal(int signal_number, __sighandler_t handler)
{
    return install(REAL(sysv_signal), signal_number, handler);
}

INTERPOSED(__sysv_signal);
__sighandler_t our___sysv_signal(int signal_number, __sighandler_t handler)
{
    return install(REAL(__sysv_signal), signal_number, handler);
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

INTERPOSED(sigset);
__sighandler_t our_sigset(int signal_number, __sighandler_t handler)
{
    return install(REAL(sigset), signal_number, handler);
}
