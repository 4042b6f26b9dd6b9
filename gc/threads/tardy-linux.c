/* tardy-linux.c: tardy.h from the thread's files in /proc. */
#include "threads/tardy.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "platform/check.h"
#include "threads/signals.h"
#include "threads/tasks.h"

/* What follows "FIELD:" and its white space in a status file; NULL: no such field. */
static const char *status_field(const char *status, const char *field)
{
    const char *at = strstr(status, field);
    if (!at)
        return NULL;
    at += strlen(field);
    return at + strspn(at, ": \t");
}

static const char *reason_of(const struct thread *t)
{
    char status[4096];
    task_read_file(t->tid, "status", status, sizeof status);
    const char *state = status_field(status, "\nState");
    const char *blocked = status_field(status, "\nSigBlk");
    if (!state)
        return "it has gone without leaving";
    if (*state == 'D')
        return "it sleeps uninterruptibly (a device, or a vfork child that has not exec'ed)";
    if (blocked && (strtoull(blocked, NULL, 16) & signal_bit(stop_signal())))
        return "it blocks the stop signal";
    if (word_load(&t->busy) != 0)
        return "it does not come out of the allocator";
    return "the stop signal was taken from it (sigwait, signalfd), or it is starved of CPU time";
}

void tardy_note(struct tardy *tardy, struct thread *t)
{
    if (t->is_tardy)
        return;
    t->is_tardy = true;
    if (tardy->count++ > 0)
        return;
    tardy->tid = t->tid;
    tardy->reason = reason_of(t);
    task_read_file(t->tid, "comm", tardy->name, sizeof tardy->name);
    tardy->name[strcspn(tardy->name, "\n")] = '\0';
}

void tardy_report(const struct tardy *tardy)
{
    if (tardy->count == 1)
        report("thread %d (%s) did not stop for a collection within 2 s: %s", (int)tardy->tid,
               tardy->name, tardy->reason);
    else if (tardy->count > 1)
        report("thread %d (%s) and %u others did not stop for a collection within 2 s: %s",
               (int)tardy->tid, tardy->name, tardy->count - 1, tardy->reason);
}
