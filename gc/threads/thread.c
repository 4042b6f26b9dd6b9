/* thread.c: the registry: threads enter and leave.
 *
 * Leaving at exit. A pthread key's destructor is called for each thread that exits, in up to
 * PTHREAD_DESTRUCTOR_ITERATIONS rounds over all keys as long as values remain. Ours re-arms itself
 * until the last round, so that other destructors may still allocate. One that comes after ours in
 * the last round registers its thread anew, and nobody will tell us of the end of that: the key's
 * value then is `past_last_round`, and the thread is marked adrift. It is found gone when a stop
 * cannot signal it, or waits for it in vain, or when another thread registers with its tid.
 *
 * Descriptors are large (they hold the cache) and type-stable: slabs of them are mapped and never
 * given back, and free ones are recycled with the tables that their caches have made.
 */
#include "threads/registry.h"
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "platform/os.h"
#include "threads/maps.h"
#include "threads/loader.h"
#include "threads/park.h"
#include "threads/record.h"
#include "threads/stackbounds.h"
#include "threads/tls.h"

__thread struct thread *thread_self;
__thread bool thread_met_handler;

/* For programs with the hit path inline (gc_inline_malloc.h says what they know of a descriptor).
 */
extern __thread struct thread *GC_inline_self_v1
    __attribute__((alias("thread_self"), visibility("default")));

struct registry registry = {.lock = LOCK_INITIALIZER(RANK_REGISTRY)};

enum { slab_threads = 16 };

/* Set once by threads_init. */
static bool ready;
static pthread_key_t exit_key;
static char past_last_round; /* its address is the key's value after the last round */

pid_t this_tid(void)
{
    return (pid_t)syscall(SYS_gettid);
}

/* The program's signals; returns the mask as it was. */
static signal_mask block_signals(void)
{
    return signals_set_mask(signals_asynchronous() & ~signal_bit(stop_signal()));
}

static void lock_with_signals_blocked(signal_mask before)
{
    lock_acquire(&registry.lock);
    registry.mask_to_restore = before;
}

void registry_lock(void)
{
    lock_with_signals_blocked(block_signals());
}

void registry_unlock(void)
{
    signal_mask before = registry.mask_to_restore;
    lock_release(&registry.lock);
    signals_set_mask(before);
}

/* ---- Descriptors ---- */

/* What is left of the newest slab, not written to: each descriptor has a page of its own. Registry
 * lock. */
static struct {
    struct thread *next;
    unsigned count;
} unused;

static struct thread *take_unused(void)
{
    if (unused.count == 0) {
        unused.next = os_map(slab_threads * sizeof *unused.next);
        unused.count = unused.next ? slab_threads : 0;
    }
    if (unused.count == 0)
        return NULL;
    unused.count--;
    return unused.next++;
}

static struct thread *take_descriptor(void)
{
    struct thread *t = registry.recycled;
    if (!t)
        return take_unused();
    registry.recycled = t->next;
    return t;
}

/* Everything but the cache, which is empty and keeps its tables. For a stranger. */
static void descriptor_reset(struct thread *t, pid_t tid)
{
    word_store(&t->busy, 0);
    word_store(&t->stop_pending, 0);
    word_store(&t->hold, 0);
    word_store(&t->state, THREAD_RUNNING);
    t->stack_low = 0;
    t->fake_stack = NULL;
    t->stack = t->home = (struct stack_bounds){0, 0};
    t->tid = tid;
    t->handle = 0;
    t->is_main = false;
    t->is_adrift = true;
    t->is_stranger = true;
    t->is_signalled = false;
    t->is_obliging = false;
    t->is_suspended = false;
    t->has_locals = false;
    t->is_tardy = false;
    t->registered_by_client = false;
    t->finalizer_run = 0;
    t->handlers = 0;
    t->delays_signals = false;
    t->in_loader = 0;
    t->exit_rounds = 0;
}

/* Where it takes long to ask for the low end, it is asked for at a stop that needs it. */
static uintptr_t stack_limit_here(uintptr_t stack_high)
{
    struct mapping m;
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    if (frame >= stack_high)
        return stack_high;
    if (maps_find_is_cheap() && maps_find(frame, &m) && stack_high <= m.high)
        return m.low;
    return stack_high;
}

/* What the kernel is asked about the calling thread, before the lock is taken: threads that begin
 * at once would wait for each other's calls. */
struct caller {
    pid_t tid;
    struct stack_bounds stack;
};

static struct caller describe_caller(pid_t tid, uintptr_t stack_high)
{
    return (struct caller){tid, {stack_limit_here(stack_high), stack_high}};
}

static void descriptor_init(struct thread *t, const struct caller *caller)
{
    descriptor_reset(t, caller->tid);
    t->stack_low = caller->stack.high;
    t->stack = t->home = caller->stack;
    t->handle = pthread_self();
    t->is_main = stack_is_of_main();
    t->is_adrift = pthread_getspecific(exit_key) == &past_last_round;
    t->has_locals = thread_locals_known(t->handle);
    t->is_stranger = false;
}

/* ---- The list ---- */

static void insert(struct thread *t)
{
    t->previous = NULL;
    t->next = registry.first;
    if (t->next)
        t->next->previous = t;
    registry.first = t;
    registry.count++;
    registry.adrift += t->is_adrift;
    registry.strangers += t->is_stranger;
}

void registry_remove(struct thread *t)
{
    if (t->next)
        t->next->previous = t->previous;
    if (t->previous)
        t->previous->next = t->next;
    else
        registry.first = t->next;
    registry.count--;
    registry.adrift -= t->is_adrift;
    registry.strangers -= t->is_stranger;
    t->tid = 0;
    t->next = registry.recycled;
    registry.recycled = t;
}

void registry_bury(struct thread *t)
{
    cache_flush(&t->cache);
    registry_remove(t);
}

unsigned threads_count(void)
{
    return registry.count;
}

void threads_for_each(void (*visit)(struct thread *t, void *argument), void *argument)
{
    for (struct thread *t = registry.first; t; t = t->next)
        visit(t, argument);
}

struct thread *registry_add_stranger(pid_t tid)
{
    struct thread *t = take_descriptor();
    if (t) {
        descriptor_reset(t, tid);
        insert(t);
    }
    return t;
}

/* ---- Entering ---- */

/* A thread adrift that had the caller's tid is gone: the tid is the caller's now. Or it was a
 * stranger, and is the caller. */
static struct thread *find_gone(pid_t tid)
{
    if (registry.adrift == 0)
        return NULL;
    for (struct thread *t = registry.first; t; t = t->next)
        if (t->is_adrift && t->tid == tid)
            return t;
    return NULL;
}

/* The descriptor of a dead thread with this tid, cache and all, or a free one. */
static struct thread *claim_descriptor(pid_t tid)
{
    struct thread *gone = find_gone(tid);
    bystander_remove(&registry.others, tid);
    if (!gone)
        return take_descriptor();
    registry_remove(gone);
    registry.recycled = gone->next;
    return gone;
}

/* The thread may have been created with the stop signal blocked. Until the lock is held a handler
 * of the program may interrupt us and register the thread by its first allocation. */
static struct thread *enter(const struct caller *caller)
{
    struct thread *t = thread_self ? NULL : claim_descriptor(caller->tid);
    if (t) {
        descriptor_init(t, caller);
        insert(t);
        thread_self = t;
        registry.mask_to_restore &= ~signal_bit(stop_signal());
    }
    return t;
}

/* Not with the lock: libc may call malloc. */
static void have_exit_told(const struct thread *entered)
{
    if (entered && !entered->is_adrift)
        pthread_setspecific(exit_key, entered);
}

struct thread *thread_register_with_stack(uintptr_t stack_high)
{
    if (thread_self)
        return thread_self;
    struct caller caller = describe_caller(this_tid(), stack_high);
    registry_lock();
    struct thread *t = enter(&caller);
    registry_unlock();
    have_exit_told(t);
    return thread_self;
}

struct thread *thread_register_created(struct record *r)
{
    signal_mask before = block_signals();
    pid_t tid = this_tid();
    if (!thread_met_handler)
        record_arrived(r, tid);
    struct caller caller = describe_caller(tid, stack_high_here());
    lock_with_signals_blocked(before);
    record_begun(r);
    struct thread *t = enter(&caller);
    registry_unlock();
    have_exit_told(t);
    return thread_self;
}

struct thread *thread_register(void)
{
    return thread_self ? thread_self : thread_register_with_stack(stack_high_here());
}

struct thread *thread_register_stranger(void)
{
    if (!ready)
        return NULL;
    registry_lock();
    bool known = is_bystander(&registry.others, this_tid(), os_now_ns());
    registry_unlock();
    return known ? NULL : thread_register();
}

void threads_enter_helper(void)
{
    registry_lock();
    struct thread *taken_for_stranger = find_gone(this_tid());
    if (taken_for_stranger)
        registry_remove(taken_for_stranger);
    bystander_add(&registry.others, this_tid(), BYSTANDER_HELPER);
    registry_unlock();
}

/* ---- Leaving ---- */

/* Empties the cache and leaves. The program's signals stay blocked from the flush on, or a handler
 * could fill the cache again; the flush is busy and so comes before the lock. A thread that exits
 * out of a handler that interrupted the allocator is busy already. */
static void leave(struct thread *t, enum bystander_role from_now_on)
{
    signal_mask before = block_signals();
    (void)busy_enter(t);
    cache_flush(&t->cache);
    busy_leave(t);
    lock_with_signals_blocked(before);
    registry_remove(t);
    bystander_add(&registry.others, this_tid(), from_now_on);
    thread_self = NULL;
    registry_unlock();
}

void thread_unregister(void)
{
    struct thread *t = thread_self;
    if (!t)
        return;
    if (!t->is_adrift)
        pthread_setspecific(exit_key, NULL);
    leave(t, BYSTANDER_OUTSIDER);
}

/* ThreadSanitizer needs the last round for itself: after it no code of ours may run. */
static unsigned rounds_of_ours(void)
{
    extern void __tsan_init(void) __attribute__((weak));
    return __tsan_init ? PTHREAD_DESTRUCTOR_ITERATIONS - 1 : PTHREAD_DESTRUCTOR_ITERATIONS;
}

/* The key's destructor; `value` is the descriptor. */
static void on_exit_round(void *value)
{
    struct thread *t = thread_self;
    if (t && ++t->exit_rounds < rounds_of_ours()) {
        pthread_setspecific(exit_key, value);
    } else if (t) {
        if (t->exit_rounds == PTHREAD_DESTRUCTOR_ITERATIONS)
            pthread_setspecific(exit_key, &past_last_round);
        leave(t, BYSTANDER_EXITING);
    }
}

/* ---- Start ---- */

static bool caller_can_be_stopped(void)
{
    return thread_self && word_load(&thread_self->busy) == 0;
}

bool threads_init(void)
{
    if (ready)
        return true;
    stackbounds_init();
    loader_init();
    if (!thread_locals_init() || !stop_handler_install() ||
        pthread_key_create(&exit_key, on_exit_round) != 0)
        return false;
    if (!thread_register())
        return false;
    lock_caller_can_be_stopped = caller_can_be_stopped;
    ready = true;
    return true;
}

bool threads_ready(void)
{
    return ready;
}

/* ---- Checks ---- */

static bool thread_is_valid(const struct thread *t)
{
    return t->tid != 0 && (t->stack.high != 0 || t->is_stranger) &&
           word_load(&t->state) <= THREAD_BLOCKED_STOPPED && (!t->next || t->next->previous == t);
}

bool threads_are_valid(void)
{
    unsigned count = 0;
    unsigned adrift = 0;
    unsigned strangers = 0;
    for (const struct thread *t = registry.first; t; t = t->next) {
        if (!thread_is_valid(t))
            return false;
        count++;
        adrift += t->is_adrift;
        strangers += t->is_stranger;
    }
    return count == registry.count && adrift == registry.adrift && strangers == registry.strangers;
}
