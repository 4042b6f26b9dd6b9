/* strangers-linux.c: strangers.h from /proc/self/task.
 *
 *     st_nlink of /proc/self/task == threads + 2
 *     threads == registered + bystanders + arrived, if there are no strangers
 *
 * Those that have arrived (record.h) are not counted, only passed over in the listing: one
 * that began between the two looks would be counted twice, and hide a stranger.
 *
 * Without /proc there are no strangers to be seen. Where /proc is that of another PID name space
 * its tids mean nothing: that is noticed by our own not being among them.
 */
#define _GNU_SOURCE 1
#include "threads/strangers.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "platform/check.h"
#include "platform/files.h"
#include "platform/os.h"
#include "threads/park.h"
#include "threads/record.h"
#include "threads/registry.h"
#include "threads/stackbounds.h"
#include "threads/stop.h"
#include "threads/tasks.h"
#include "threads/tls.h"

#define POLL_NS UINT64_C(200000)

enum { red_zone = 128, signal_mark = 0x73706763, listing_bytes = 8192, status_bytes = 4096 };

static const char task_directory[] = "/proc/self/task";

/* ---- Is there anybody? ---- */

/* 0: the kernel does not tell. */
static unsigned count_tasks(void)
{
    struct stat status;
    if (stat(task_directory, &status) != 0 || status.st_nlink < 3)
        return 0;
    return (unsigned)status.st_nlink - 2;
}

/* Those that have turned out to be gone are still on the list. */
static unsigned count_known(void)
{
    unsigned known = bystander_helpers(&registry.others);
    for (const struct thread *t = registry.first; t; t = t->next)
        known += word_load(&t->state) != THREAD_VANISHED;
    return known;
}

/* ---- Who is it? ---- */

/* The tids of the list and of the threads that are about to be on it, hashed, in memory that is
 * kept from stop to stop. */
static struct {
    pid_t *slots; /* 0: empty */
    size_t capacity;
} known;

static pid_t *known_slot(pid_t tid)
{
    size_t slot = ((uint32_t)tid * UINT32_C(0x9e3779b1) >> 8) & (known.capacity - 1);
    while (known.slots[slot] != 0 && known.slots[slot] != tid)
        slot = (slot + 1) & (known.capacity - 1);
    return &known.slots[slot];
}

static bool known_reserve(size_t threads)
{
    size_t capacity = known.capacity ? known.capacity : 1024;
    while (capacity < threads * 2)
        capacity *= 2;
    if (capacity == known.capacity)
        return true;
    pid_t *slots = os_map(capacity * sizeof *slots);
    if (!slots)
        return false;
    if (known.slots)
        os_unmap(known.slots, known.capacity * sizeof *slots);
    known.slots = slots;
    known.capacity = capacity;
    return true;
}

static void known_add(pid_t tid)
{
    *known_slot(tid) = tid;
}

static bool known_fill(void)
{
    if (!known_reserve(registry.count + records_count() + 1))
        return false;
    memset(known.slots, 0, known.capacity * sizeof *known.slots);
    for (const struct thread *t = registry.first; t; t = t->next)
        known_add(t->tid);
    records_for_each_arrived(known_add);
    return true;
}

static bool is_unknown(pid_t tid)
{
    return tid != 0 && tid != this_tid() && *known_slot(tid) == 0 &&
           !is_bystander(&registry.others, tid, os_now_ns());
}

/* ---- The list of all ---- */

/* The kernel's struct linux_dirent64. */
struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

struct listing {
    bool seen_self;
    bool no_memory;
    struct thread *before; /* the first of the list as it was */
};

static void look_at(struct listing *l, pid_t tid)
{
    l->seen_self |= tid == this_tid();
    if (is_unknown(tid))
        l->no_memory |= registry_add_stranger(tid) == NULL;
}

static void list_tasks(struct listing *l)
{
    static _Alignas(struct entry) char buffer[listing_bytes]; /* the stack may be a small one */
    int fd = file_open(task_directory);
    long got;
    while (fd >= 0 && (got = syscall(SYS_getdents64, fd, buffer, sizeof buffer)) > 0)
        for (long at = 0; at < got; at += ((const struct entry *)(buffer + at))->length)
            look_at(l, (pid_t)strtol(((const struct entry *)(buffer + at))->name, NULL, 10));
    if (fd >= 0)
        file_close(fd);
}

/* New descriptors are the first of the list. */
static void forget_new(const struct listing *l)
{
    while (registry.first != l->before)
        registry_remove(registry.first);
}

static enum strangers_found ask_new(const struct listing *l, uint64_t deadline,
                                    struct stop_report *report)
{
    for (struct thread *t = registry.first; t != l->before; t = t->next)
        stop_ask(t, deadline, report);
    return registry.first == l->before ? STRANGERS_NONE : STRANGERS_NEW;
}

enum strangers_found strangers_ask(uint64_t deadline, struct stop_report *report)
{
    int saved_errno = errno;
    struct listing l = {false, false, registry.first};
    enum strangers_found found = STRANGERS_NONE;
    if (count_tasks() > count_known()) {
        bystanders_prune(&registry.others);
        l.no_memory = !known_fill();
        if (!l.no_memory)
            list_tasks(&l);
        if (l.no_memory || !l.seen_self)
            forget_new(&l);
        found = l.no_memory ? STRANGERS_NO_MEMORY : ask_new(&l, deadline, report);
    }
    errno = saved_errno;
    return found;
}

/* ---- Telling them ---- */

/* Bits of a signal mask in "FIELD:\thex" of the status file; all of them where it cannot be read,
 * or has no such line. */
static signal_mask status_mask(pid_t tid, const char *field)
{
    static char text[status_bytes]; /* likewise */
    task_read_file(tid, "status", text, sizeof text);
    const char *at = strstr(text, field);
    return at ? strtoull(at + strlen(field), NULL, 16) : ~(signal_mask)0;
}

static bool blocks_the_signal(const struct thread *t)
{
    return (status_mask(t->tid, "\nSigBlk:\t") & signal_bit(stop_signal())) != 0;
}

/* By the kernel's own call: libc's takes no descriptor of ours along. */
static void send(struct thread *t)
{
    siginfo_t info = {.si_signo = stop_signal(), .si_errno = signal_mark, .si_code = SI_QUEUE};
    info.si_pid = getpid();
    info.si_value.sival_ptr = t;
    t->is_signalled = syscall(SYS_rt_tgsigqueueinfo, getpid(), t->tid, stop_signal(), &info) == 0;
}

/* "NUMBER ARGUMENTS... SP PC" of a thread that sleeps in a system call; others read differently.
 * `sp` is 0 for a thread of the kernel's. */
static bool sleeps_in_call(pid_t tid, uintptr_t *sp)
{
    char text[256];
    task_read_file(tid, "syscall", text, sizeof text);
    if (text[0] == '\0' || text[0] == 'r')
        return false;
    char *program_counter = strrchr(text, ' ');
    if (!program_counter)
        return false;
    *program_counter = '\0';
    const char *stack_pointer = strrchr(text, ' ');
    *sp = stack_pointer ? strtoull(stack_pointer, NULL, 16) : 0;
    return text[0] != '-' || *sp == 0;
}

/* Counts as stopped where it sleeps, unless it has stopped by itself meanwhile. */
static void take_as_stopped(struct thread *t, uintptr_t sp)
{
    if (!word_cas(&t->state, THREAD_STOPPING, THREAD_STOPPED))
        return;
    t->stack_low = sp > red_zone ? sp - red_zone : 0;
    t->fake_stack = NULL;
    t->is_obliging = false;
    word_sub(&world.awaited, 1);
}

/* Who stopped by itself the last time is sent the signal unseen: its handler says so again. */
static bool oblige(struct thread *t)
{
    if (!t->is_obliging)
        return false;
    t->is_obliging = false;
    send(t);
    return t->is_signalled;
}

static void poll_one(struct thread *t)
{
    uintptr_t sp;
    if (oblige(t))
        return;
    if (!task_exists(t->tid)) {
        stop_vanished(t);
    } else if (blocks_the_signal(t)) {
        if (sleeps_in_call(t->tid, &sp))
            take_as_stopped(t, sp);
    } else if (!t->is_signalled) {
        send(t);
    }
}

void strangers_poll(void)
{
    int saved_errno = errno;
    if (registry.strangers > 0)
        for (struct thread *t = registry.first; t; t = t->next)
            if (t->is_stranger && word_load(&t->state) == THREAD_STOPPING)
                poll_one(t);
    errno = saved_errno;
}

uint64_t strangers_patience(uint64_t most_ns)
{
    return registry.strangers > 0 && most_ns > POLL_NS ? POLL_NS : most_ns;
}

/* ---- In the handler ---- */

struct thread *stranger_told(const siginfo_t *info)
{
    if (info->si_code != SI_QUEUE || info->si_errno != signal_mark || info->si_pid != getpid())
        return NULL;
    struct thread *t = info->si_value.sival_ptr;
    return t->is_stranger && t->tid == this_tid() ? t : NULL;
}

void stranger_introduce(struct thread *t)
{
    t->handle = (pthread_t)thread_pointer_here();
    t->has_locals = thread_locals_known(t->handle);
    t->is_obliging = true;
    uintptr_t high = stack_high_of(t->handle, t->tid == getpid());
    t->stack = t->home = (struct stack_bounds){high, high};
}
