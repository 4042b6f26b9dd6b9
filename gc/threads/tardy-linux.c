/* tardy-linux.c: tardy.h from the thread's files in /proc. */
#include "threads/tardy.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "platform/check.h"
#include "threads/signals.h"
#include "threads/tasks.h"

/* Time on a processor in which every thread stops that can. */
#define ENOUGH_NS UINT64_C(100000000)

/* The low bits of the kernel's clock ids for the time of one thread; above them ~tid. */
enum { CLOCK_OF_THREAD = 6 };

/* What follows "FIELD:" and its white space in a status file; NULL: no such field. */
static const char *status_field(const char *status, const char *field)
{
    const char *at = strstr(status, field);
    if (!at)
        return NULL;
    at += strlen(field);
    return at + strspn(at, ": \t");
}

/* ---- Late, or lost? ---- */

/* On processors, in nanoseconds; 0: there is no such thread. */
static uint64_t processor_time(pid_t tid)
{
    struct timespec t = {0, 0};
    clockid_t clock = (clockid_t)(~(unsigned)tid << 3 | CLOCK_OF_THREAD);
    if (clock_gettime(clock, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* Thousands may have to be looked at: the short file. "TID (NAME) STATE ..." */
static char task_state(pid_t tid)
{
    char text[512];
    task_read_file(tid, "stat", text, sizeof text);
    const char *end_of_name = strrchr(text, ')');
    if (end_of_name && end_of_name[1] == ' ')
        return end_of_name[2];
    return '\0';
}

enum late tardy_look(struct thread *t, bool first)
{
    uint64_t time = processor_time(t->tid);
    if (first)
        t->processor_time = time;
    if (time - t->processor_time > ENOUGH_NS)
        return LATE_FOR_EVER;
    char state = task_state(t->tid);
    if (state == 'R')
        return LATE_FOR_LACK_OF_CPU;
    return state == 'S' && word_load(&t->busy) != 0 ? LATE_IN_ALLOCATOR : LATE_FOR_EVER;
}

/* ---- What is said ---- */

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
