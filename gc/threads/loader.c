/* loader.c: see loader.h. */
#define _GNU_SOURCE 1
#include "threads/loader.h"
#include <link.h>
#include <pthread.h>
#include "platform/atomics.h"
#include "platform/os.h"
#include "threads/loaderlock.h"
#include "threads/realcalls.h"
#include "threads/thread.h"

#define FORK_LIMIT_NS UINT64_C(2000000000)

#define ONE_TRY ((uintptr_t)1)
#define ONE_WAIT ((uintptr_t)1 << 16)
#define ONE_PROGRAM ((uintptr_t)1 << 32)
#define FORK ((uintptr_t)1 << 48)
#define TRIES (UINT64_C(0xffff) * ONE_TRY)
#define PROGRAMS (UINT64_C(0xffff) * ONE_PROGRAM)

static struct {
    atomic_word inside;  /* see loader.h */
    atomic_word waiting; /* threads that wait for it to change */
    atomic_word behind;  /* threads in callbacks of the program that wait for another's fork */
    atomic_word changes; /* how often somebody has left; its low half is a futex */
} loader;

/* ---- The list of objects ---- */

struct iteration {
    loader_callback *callback;
    void *argument;
    struct loaderlock_look look;
    bool begun;
    bool gone_seen;
};

static int on_object(struct dl_phdr_info *info, size_t size, void *data)
{
    struct iteration *it = data;
    if (!it->begun)
        loaderlock_look_inside(&it->look);
    it->begun = true;
    if (!loaderlock_object_is_gone(info))
        return it->callback(info, size, it->argument);
    it->gone_seen = true;
    return 0;
}

static int iterate(loader_callback *callback, void *argument)
{
    struct iteration it = {.callback = callback, .argument = argument};
    int result = dl_iterate_phdr_real(on_object, &it);
    loaderlock_look_after(&it.look);
    if (result == 0 && !it.gone_seen)
        loaderlock_forget_gone();
    return result;
}

/* ---- Entering and leaving ---- */

/* False: one of the forbidden bits is set. */
static bool try_enter(uintptr_t unit, uintptr_t forbidden)
{
    uintptr_t inside;
    do {
        inside = word_load(&loader.inside);
        if ((inside & forbidden) != 0)
            return false;
    } while (!word_cas(&loader.inside, inside, inside + unit));
    return true;
}

static void enter(uintptr_t unit, uintptr_t forbidden)
{
    if (try_enter(unit, forbidden))
        return;
    word_add(&loader.waiting, 1);
    for (;;) {
        uint32_t seen = (uint32_t)word_load_acquire(&loader.changes);
        if (try_enter(unit, forbidden))
            break;
        os_futex_wait(futex_of(&loader.changes), seen, 0);
    }
    word_sub(&loader.waiting, 1);
}

static void announce_change(void)
{
    word_add(&loader.changes, 1);
    if (word_load_acquire(&loader.waiting) != 0)
        os_futex_wake(futex_of(&loader.changes));
}

static void leave(uintptr_t unit)
{
    word_sub(&loader.inside, unit);
    announce_change();
}

/* Who is in a callback of the program has the lock already and waits for nobody. */
static bool caller_is_inside(void)
{
    return thread_self != NULL && thread_self->in_loader > 0;
}

bool loader_iterate(loader_callback *callback, void *argument, enum loader_entry entry)
{
    uintptr_t unit = entry == LOADER_TRY ? ONE_TRY : ONE_WAIT;
    uintptr_t forbidden = entry == LOADER_TRY ? FORK | PROGRAMS : FORK;
    if (caller_is_inside())
        forbidden = 0;
    if (entry == LOADER_WAIT)
        enter(unit, forbidden);
    else if (!try_enter(unit, forbidden))
        return false;
    iterate(callback, argument);
    leave(unit);
    return true;
}

static int end_at_once(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)info;
    (void)size;
    (void)unused;
    return 1;
}

void loader_init(void)
{
    loaderlock_init();
    loader_iterate(end_at_once, NULL, LOADER_TRY);
}

/* ---- The program's calls ---- */

/* A thread that was unregistered in the callback has another descriptor now, or none. */
static void leave_program(void *thread)
{
    struct thread *t = thread;
    if (t != NULL && t == thread_self && t->in_loader > 0)
        t->in_loader--;
    leave(ONE_PROGRAM);
}

int loader_iterate_for_program(loader_callback *callback, void *argument)
{
    struct thread *t = thread_self;
    int result;
    enter(ONE_PROGRAM, caller_is_inside() ? 0 : FORK | TRIES);
    if (t != NULL)
        t->in_loader++;
    pthread_cleanup_push(leave_program, t); /* the callback may be the end of its thread */
    result = iterate(callback, argument);
    pthread_cleanup_pop(1);
    return result;
}

/* ---- Fork ---- */

/* If the caller is in a callback, or one is that waits for the caller, the lock is theirs, and
 * everybody else has not got it yet. */
static bool others_are_inside(void)
{
    return !caller_is_inside() && word_load_acquire(&loader.behind) == 0 &&
           (word_load_acquire(&loader.inside) & (FORK - 1)) != 0;
}

static void wait_for_the_others(void)
{
    uint64_t deadline = os_now_ns() + FORK_LIMIT_NS;
    word_add(&loader.waiting, 1);
    while (others_are_inside() && os_now_ns() < deadline) {
        uint32_t seen = (uint32_t)word_load_acquire(&loader.changes);
        if (others_are_inside())
            os_futex_wait(futex_of(&loader.changes), seen, FORK_LIMIT_NS / 100);
    }
    word_sub(&loader.waiting, 1);
}

static void wait_behind_fork(void)
{
    bool inside = caller_is_inside();
    word_add(&loader.behind, inside);
    if (inside)
        announce_change();
    enter(FORK, FORK);
    word_sub(&loader.behind, inside);
}

bool loader_lock_for_fork(bool owns_cycle)
{
    bool entered = try_enter(FORK, FORK);
    if (!entered && !owns_cycle) {
        wait_behind_fork();
        entered = true;
    }
    wait_for_the_others();
    return entered;
}

void loader_unlock_after_fork(bool in_child)
{
    if (!in_child) {
        leave(FORK);
        return;
    }
    word_store(&loader.waiting, 0);
    word_store(&loader.behind, 0);
    unsigned depth = thread_self != NULL ? thread_self->in_loader : 0;
    word_store(&loader.inside, depth * ONE_PROGRAM);
    loaderlock_reset_in_child(depth);
}
