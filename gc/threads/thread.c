/* thread.c: the registry: threads enter and leave.
 *
 * Leaving at exit. A pthread key's destructor is called for each thread that exits, in up to
 * PTHREAD_DESTRUCTOR_ITERATIONS rounds over all keys as long as values remain. Ours re-arms itself
 * until the last round, so that other destructors may still allocate. One that comes after ours in
 * the last round registers its thread anew, and nobody will tell us of the end of that: the key's
 * value then is `past_last_round`, and the thread is marked adrift. It is found gone when a stop
 * cannot signal it, or when another thread registers with its tid.
 *
 * Descriptors are large (they hold the cache) and type-stable: slabs of them are mapped and never
 * given back, and free ones are recycled with the tables that their caches have made.
 */
#include "threads/registry.h"
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "platform/os.h"
#include "threads/loaderlock.h"
#include "threads/park.h"
#include "threads/stackbounds.h"

__thread struct thread *thread_self;

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

void registry_lock(void)
{
    signal_mask blocked = signals_asynchronous() & ~signal_bit(stop_signal());
    signal_mask before = signals_set_mask(blocked);
    lock_acquire(&registry.lock);
    registry.mask_to_restore = before;
}

void registry_unlock(void)
{
    signal_mask before = registry.mask_to_restore;
    lock_release(&registry.lock);
    signals_set_mask(before);
}

/* ---- Descriptors ---- */

/* Maps a slab of descriptors and puts them on the free list; false: no memory. */
static bool add_slab(void)
{
    struct thread *slab = os_map(slab_threads * sizeof *slab);
    if (!slab)
        return false;
    for (unsigned i = 0; i < slab_threads; i++) {
        slab[i].next = registry.recycled;
        registry.recycled = &slab[i];
    }
    return true;
}

static struct thread *take_descriptor(void)
{
    if (!registry.recycled && !add_slab())
        return NULL;
    struct thread *t = registry.recycled;
    registry.recycled = t->next;
    return t;
}

/* Everything but the cache, which is empty and keeps its tables. */
static void descriptor_init(struct thread *t, uintptr_t stack_high)
{
    word_store(&t->busy, 0);
    word_store(&t->stop_pending, 0);
    word_store(&t->hold, 0);
    word_store(&t->state, THREAD_RUNNING);
    t->stack_low = stack_high;
    t->stack_high = stack_high;
    t->tid = this_tid();
    t->handle = pthread_self();
    t->is_main = stack_is_of_main();
    t->is_adrift = pthread_getspecific(exit_key) == &past_last_round;
    t->is_tardy = false;
    t->registered_by_client = false;
    t->running_finalizers = false;
    t->exit_rounds = 0;
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
    t->tid = 0;
    t->next = registry.recycled;
    registry.recycled = t;
}

void registry_bury(struct thread *t)
{
    cache_flush(&t->cache);
    registry_remove(t);
}

void threads_note_helper(bool started)
{
    registry_lock();
    registry.helpers += started;
    registry_unlock();
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

/* ---- Entering ---- */

/* A thread adrift that had the caller's tid is gone: the tid is the caller's now. */
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
static struct thread *claim_descriptor(void)
{
    struct thread *gone = find_gone(this_tid());
    if (!gone)
        return take_descriptor();
    registry_remove(gone);
    registry.recycled = gone->next;
    return gone;
}

/* The thread may have been created with the stop signal blocked. */
struct thread *thread_register_with_stack(uintptr_t stack_high)
{
    if (thread_self)
        return thread_self;
    registry_lock();
    struct thread *t = claim_descriptor();
    if (t) {
        descriptor_init(t, stack_high);
        insert(t);
        thread_self = t;
        registry.mask_to_restore &= ~signal_bit(stop_signal());
    }
    registry_unlock();
    if (t && !t->is_adrift)
        pthread_setspecific(exit_key, t);
    return t;
}

struct thread *thread_register(void)
{
    return thread_self ? thread_self : thread_register_with_stack(stack_high_here());
}

/* ---- Leaving ---- */

/* Empties the cache and leaves. The program's signals stay blocked from the flush on, or a handler
 * could fill the cache again; the flush is busy and so comes before the lock. A thread that exits
 * out of a handler that interrupted the allocator is busy already. */
static void leave(struct thread *t)
{
    signal_mask blocked = signals_asynchronous() & ~signal_bit(stop_signal());
    signal_mask before = signals_set_mask(blocked);
    (void)busy_enter(t);
    cache_flush(&t->cache);
    busy_leave(t);
    registry_lock();
    registry_remove(t);
    thread_self = NULL;
    registry_unlock();
    signals_set_mask(before);
}

void thread_unregister(void)
{
    struct thread *t = thread_self;
    if (!t)
        return;
    if (!t->is_adrift)
        pthread_setspecific(exit_key, NULL);
    leave(t);
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
        leave(t);
    }
}

/* ---- Start ---- */

bool threads_init(void)
{
    if (ready)
        return true;
    stackbounds_init();
    loaderlock_init();
    if (!stop_handler_install() || pthread_key_create(&exit_key, on_exit_round) != 0)
        return false;
    if (!thread_register())
        return false;
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
    return t->tid != 0 && t->stack_high != 0 && word_load(&t->state) <= THREAD_BLOCKED_STOPPED &&
           (!t->next || t->next->previous == t);
}

bool threads_are_valid(void)
{
    unsigned count = 0;
    unsigned adrift = 0;
    for (const struct thread *t = registry.first; t; t = t->next) {
        if (!thread_is_valid(t))
            return false;
        count++;
        adrift += t->is_adrift;
    }
    return count == registry.count && adrift == registry.adrift;
}
