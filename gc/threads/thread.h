/* thread.h: the threads whose stacks are roots, and the two protocols each thread takes part in.
 *
 * Owns: the registry of thread descriptors, type-stable and recycled. thread_self is the library's
 * only thread-local word (initial-exec, so that a plugin linked to us can be dlopen'ed).
 *
 * BUSY. A thread inside the allocator is not stopped there. It sets `busy` by a plain store; the
 * stop signal's handler, finding it set, only notes `stop_pending`, and the thread stops itself in
 * busy_leave. So at a stop every cache and every bitmap is consistent, and no stopped thread holds
 * a lock of rank central or beyond.
 *
 *     busy == 0   not in the allocator
 *     busy == 1   in it; a signal handler of the program that interrupts it and allocates sees 1
 *                 in busy_enter, is refused, and gets memory from a reserve (interrupted.h)
 *     hold != 0   the next busy_enter takes the slow path: a fork is in progress (hold_fork), the
 *                 thread has published itself as blocked (hold_blocked), or its reserve for
 *                 such handlers is low (hold_reserve)
 *
 * busy_enter looks at `hold` after its store to `busy`, not before: a thread may be anywhere when
 * the forking thread sets hold_fork, also between a test and the store. After the forking thread
 * has set all holds and every CPU has passed a barrier, each thread either sees its hold or is
 * seen busy and is waited for (fork.c). The price is one more load in busy_enter.
 *
 * A busy thread never waits for the cycle or the registry lock: it leaves first.
 *
 * STOP. `state` is the truth, a word that the stopper and the thread exchange by CAS; the signal is
 * but a hint to look at it. So a signal that comes late, twice or not at all confuses nobody, and
 * stops need no numbers.
 *
 *     RUNNING --world_stop--> STOPPING --the thread, in the handler or in busy_leave--> STOPPED
 *     STOPPED --world_start--> RUNNING
 *     STOPPING --world_stop gives up--> RUNNING
 *     RUNNING --blocking_enter--> BLOCKED --blocking_leave--> RUNNING
 *     BLOCKED --world_stop--> BLOCKED_STOPPED --world_start--> BLOCKED   (no signal is sent;
 *             a thread that leaves meanwhile waits for the start)
 *     STOPPING --there is no such thread any more--> VANISHED, and off the list
 *     STOPPED --world_start--> STOPPED   (suspended: until it is resumed; BLOCKED_STOPPED likewise)
 *
 * A thread in STOPPING that wants to become BLOCKED stops first. A thread that allocates while
 * BLOCKED (a handler that interrupted a blocking call) becomes RUNNING until blocking_leave.
 *
 * While stopped, everything live of the thread lies above stack_low, on whatever stack that is, or
 * on its known stacks (stacks.h): the handler's frame lies on the interrupted stack and contains
 * the kernel's copy of all registers, SIMD included; a thread that stops itself spills its
 * callee-saved registers there first.
 *
 * Locks: the registry lock protects the list and the threads' membership. The stopper holds it
 * from the stop to the start. Who holds it has the program's signals blocked: a handler of the
 * program may collect. The stop signal is not: who waits for the lock must be stoppable.
 */
#ifndef SPANGC_THREAD_H
#define SPANGC_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "heap/cache.h"
#include "platform/atomics.h"

struct reserve;

enum thread_state {
    THREAD_RUNNING,
    THREAD_STOPPING,
    THREAD_STOPPED,
    THREAD_BLOCKED,
    THREAD_BLOCKED_STOPPED,
    THREAD_VANISHED
};

/* Bits of `hold`. */
enum { hold_fork = 1, hold_blocked = 2, hold_reserve = 4 };

/* [limit, high) is mapped and is stack; there may be more below `limit`. */
struct stack_bounds {
    uintptr_t limit;
    uintptr_t high; /* the cold end; static TLS of a created thread lies below it; 0: not known */
};

struct thread {
    /* Written by the thread and by its own signal handler. */
    atomic_word busy;
    atomic_word stop_pending;

    /* hold_fork: the forking thread, registry lock. The others: the thread itself. */
    atomic_word hold;

    struct cache cache; /* heap/cache.h; used by its thread, busy, or with the world stopped */

    struct reserve *reserve; /* threads/interrupted.h; NULL: none yet. Stays with the descriptor */

    /* The stop protocol; see above. */
    atomic_word state;
    uintptr_t stack_low; /* valid while stopped or blocked */
    void *fake_stack;    /* likewise; threads/fakestack.h */

    /* The known stacks; see stacks.h. The thread's own, `limit` also the stopper's. */
    struct stack_bounds stack; /* as the program says */
    struct stack_bounds home;  /* as at the registration */

    /* Registry lock; constant while the thread is registered, `next` and `previous` apart. */
    struct thread *next;
    struct thread *previous;
    pid_t tid;
    pthread_t handle;
    bool is_main;
    bool is_adrift;          /* nobody tells us of its exit; found gone at a stop */
    bool is_stranger;        /* found at a stop, does not know of it (strangers.h); adrift, too */
    bool is_signalled;       /* of a stranger: in this stop */
    bool is_obliging;        /* of a stranger: stopped by itself the last time */
    bool is_suspended;       /* stays stopped when the world starts (suspend.c) */
    bool is_tardy;           /* has been reported as one that does not stop */
    uint64_t processor_time; /* when it was found late (tardy.h) */
    bool has_locals;         /* its handle leads to what threads/tls.h is about */

    /* The thread's own. */
    bool registered_by_client;      /* GC_register_my_thread; the api's */
    uintptr_t finalizer_run;        /* where on its stack it runs some, and which run that is; */
    uintptr_t finalizer_run_number; /* services/finalize.c */
    unsigned handlers;              /* of the program that have interrupted it, outside waits */
    bool delays_signals;            /* until it leaves the allocator (threads/interrupted.h) ... */
    uint64_t delayed_mask;          /* ... and makes this its mask again */
    unsigned in_loader;             /* callbacks of dl_iterate_phdr; threads/loader.c */
    unsigned exit_rounds;           /* of TSD destructors seen so far */
};

/* This thread's descriptor, NULL before registration and after it has left. */
extern __thread struct thread *thread_self __attribute__((tls_model("initial-exec")));

/* A handler of the program has run in this thread before it was registered. */
extern __thread bool thread_met_handler __attribute__((tls_model("initial-exec")));

/* Sets up the registry and registers the calling thread (the program's first, or the one that
 * dlopen'ed us). Stack bounds of the main thread from the kernel's view of it. */
bool threads_init(void);

/* Has threads_init succeeded? Before that, nobody may register. */
bool threads_ready(void);

/* Registers the calling thread with its stack bounds (from the C library, or given: high end).
 * NULL: out of memory. A thread that is registered stays as it is. Calls no malloc before
 * thread_self is set. */
struct thread *thread_register(void);
struct thread *thread_register_with_stack(uintptr_t stack_high);

/* The same for a thread that calls us first in order to wait; NULL also for one that is not to be
 * registered: it has left for good or is our own. */
struct thread *thread_register_stranger(void);

/* Flushes the caches and leaves the registry; the thread may register again. Runs by itself at
 * thread exit, after the thread's other TSD destructors where the C library allows. */
void thread_unregister(void);

/* Called by each thread of our own that never registers, first of all: it is not to be stopped. */
void threads_enter_helper(void);

/* Threads in the registry. A snapshot, where the lock is not held. */
unsigned threads_count(void);

/* The slow half of busy_leave: stops where a stop is (still) wanted, waits for the start. Not
 * busy. errno is kept. */
void thread_stop_here(struct thread *t);

/* The slow half of busy_enter: waits out a fork, leaves a blocking region, or finds the allocator
 * interrupted (`before` != 0): returns false, the caller must not touch the cache nor leave. */
bool busy_enter_slow(struct thread *t, uintptr_t before);

/* The quick halves, for hot paths that leave everything else to a tail call. False from enter: the
 * caller goes on with busy_enter_slow(t, *before). True from leave: with thread_stop_here(t). Four
 * and three instructions. */
static inline bool busy_enter_quick(struct thread *t, uintptr_t *before)
{
    *before = word_load(&t->busy);
    word_store(&t->busy, 1);
    compiler_barrier();
    return __builtin_expect((*before | word_load(&t->hold)) == 0, 1);
}

static inline bool busy_leave_quick(struct thread *t)
{
    word_store_release(&t->busy, 0);
    compiler_barrier();
    return __builtin_expect(word_load(&t->stop_pending) != 0, 0);
}

/* True: the thread's cache is its own until busy_leave. */
static inline bool busy_enter(struct thread *t)
{
    uintptr_t before;
    return busy_enter_quick(t, &before) || busy_enter_slow(t, before);
}

static inline void busy_leave(struct thread *t)
{
    if (busy_leave_quick(t))
        thread_stop_here(t);
}

/* ---- The stopper's side: threads/stop.c ---- */

/* How a stop went, for the trace. */
struct stop_report {
    unsigned threads;     /* registered, the caller included */
    unsigned signalled;   /* those that ran and had to be signalled */
    uint64_t duration_ns; /* from the first signal to the last acknowledgement */
};

/* Stops every registered thread but the caller (if it is one). False: one could not be stopped
 * within two seconds; it is named in a report line, the others run again. Caller holds the cycle
 * lock, is not busy; takes the registry lock and keeps it until world_start. The calling thread's
 * own stack_low must be set by the caller (thread_with_registers_spilled). */
bool world_stop(struct stop_report *report);
void world_start(void);

/* With the world stopped or the registry lock held. */
void threads_for_each(void (*visit)(struct thread *t, void *argument), void *argument);

/* The register that identifies the calling thread to libc, whoever made the thread. */
uintptr_t thread_pointer_here(void);

/* Runs `body` with the caller's callee-saved registers on its stack and stack_low set below. */
void thread_with_registers_spilled(void (*body)(void *), void *argument);

/* ---- Blocking regions: threads/blocking.c ---- */

/* Calls fn(argument) with this thread published as blocked: not signalled, scanned as it is; fn
 * must not touch the heap (GC_do_blocking). And the way back inside it (GC_call_with_gc_active). */
void *blocking_call(void *(*fn)(void *), void *argument);
void *active_call(void *(*fn)(void *), void *argument);

/* ---- Single threads: threads/suspend.c ---- */

/* Stops a registered thread until it is resumed, through all starts of the world. Not counted: one
 * resume is enough. False: no such thread, or it did not stop. Caller holds the cycle lock, unless
 * it suspends itself: then it returns when somebody has resumed it. */
bool thread_suspend(pthread_t handle);
bool thread_resume(pthread_t handle);
bool thread_is_suspended(pthread_t handle);

/* ---- Fork: threads/fork.c ---- */

/* What other layers do around a fork; registered once at start, called in the order prepare
 * (outermost first), parent/child. The registry takes care of itself: in `prepare` it makes sure
 * that nobody is busy until the fork is over, while no thread stands still that might hold a lock
 * of libc's. */
struct fork_hooks {
    void (*prepare)(void);
    void (*parent)(void);
    void (*child)(bool torn); /* somebody was busy all the same; see fork.c */
};
void fork_handlers_install(const struct fork_hooks *hooks);

/* For programs that see to their forks themselves (GC_set_handle_fork(-1)): the hooks without the
 * handlers, and what the handlers would do. */
void fork_hooks_set(const struct fork_hooks *hooks);
void fork_prepare(void);
void fork_parent(void);
void fork_child(void);

/* ---- Creation: threads/create.c ---- */

/* pthread_create for threads that are registered from their first instruction to their last, and
 * their argument findable in between. Before threads_init it creates a plain thread. */
int thread_create(pthread_t *handle, const pthread_attr_t *attributes, void *(*start)(void *),
                  void *argument);

/* pthread_join, pthread_detach and pthread_exit for such threads: exit values are findable from the
 * exit to the join. Any other thread is treated as by the C library. */
int thread_join(pthread_t handle, void **result);
int thread_detach(pthread_t handle);
_Noreturn void thread_exit(void *value);

/* Words that are roots because they are under way between two threads (arguments of threads not
 * yet running, exit values of threads not yet joined): visit is called for each range [low, high).
 * World stopped. */
void threads_in_flight(void (*visit)(uintptr_t low, uintptr_t high, void *argument),
                       void *argument);

/* ---- The signal that stops threads: threads/park.c ---- */

int stop_signal(void);
void stop_signal_set(int signal_number); /* before threads_init */

/* World stopped or registry lock held. */
bool threads_are_valid(void);

#endif
