/* api.h: what the files of the public interface share.
 *
 * Rules for every public function
 *   - It may be the program's first call: those that need the heap begin with api_thread().
 *   - It enters busy (api_enter) around whatever dereferences alloc or mark bits or takes a lock of
 *     rank roots or beyond, and calls the client only outside, without a lock.
 *   - The public variables (GC_dont_gc and its relatives) may lie in the program, by copy
 *     relocation: they have default visibility, so that the library reads them through its GOT.
 */
#ifndef SPANGC_API_H
#define SPANGC_API_H

#define GC_BUILD /* our own use of the variables is not deprecated */
#include "gc.h"

#include <stdbool.h>
#include <stddef.h>
#include "api/options.h"
#include "cycle/cycle.h"
#include "threads/thread.h"

/* Has initialisation succeeded? */
bool gc_initialised(void);

/* Initialises once, whoever comes first; others wait. Returns at once in a call that comes out of
 * the initialisation itself. A failure is reported, once, and is not tried again. */
void gc_init_slow(void);

/* thread_self, after initialising and registering the calling thread where that is still to be
 * done. NULL: no memory for a heap or for the thread. Not busy. */
struct thread *api_thread_slow(void);

static inline struct thread *api_thread(void)
{
    struct thread *t = thread_self;
    return __builtin_expect(t != NULL, 1) ? t : api_thread_slow();
}

/* Busy around a look at the heap, also when the allocator has been interrupted (then the bits are
 * safe already; locks are not to be taken). */
struct api_visit {
    struct thread *thread;
    bool entered;
};

static inline struct api_visit api_enter(struct thread *t)
{
    return (struct api_visit){t, busy_enter(t)};
}

static inline void api_leave(struct api_visit visit)
{
    if (visit.entered)
        busy_leave(visit.thread);
}

/* 1 while a pointer one past the end of an object must keep it, else 0: what a request is made
 * larger by. Follows GC_all_interior_pointers from GC_init on. */
extern size_t extra_byte __attribute__((visibility("hidden")));

/* Tells the program's abort function, and ends the program. */
_Noreturn void api_abort(const char *text);

/* GC_LOG_FILE: the log, and unless `only_log` all other lines, go to that file. */
void log_open(const char *path, bool only_log);

/* An object of any kind, cleared as the kind asks; `bytes` has the extra byte in it where there
 * must be one. The same many times, linked through their first words. On failure the program's
 * out-of-memory function's result. Not busy. */
void *api_allocate(size_t bytes, unsigned kind);
void *api_allocate_many(size_t bytes, unsigned kind);

/* GC_free for what was a debug object until now: its header stays in memory until that is handed
 * out again, and tells of a second free. */
void api_free_debug(void *base);

/* A request with its extra byte; SIZE_MAX stays as it is and is refused later. */
static inline size_t api_request(size_t bytes)
{
    return bytes < SIZE_MAX ? bytes + extra_byte : bytes;
}

/* Tells programs where the heap may be (GC_least_plausible_heap_addr and its relative). */
void api_publish_heap_bounds(void);

/* The number of a kind of our own, made when first asked for and noted in *kind, whose objects are
 * cleared. 0: no heap, or no kind left. Not busy. */
unsigned api_kind_once(atomic_word *kind, GC_word descriptor, bool adds_size);

/* For realloc: an object of another size described like the one at `base`, which is of that kind
 * and kept alive by the caller; its contents are not copied. */
void *api_allocate_like(const void *base, unsigned kind, size_t bytes);

/* A collection, unless the program forbids it (GC_disable, GC_dont_gc; for CAUSE_GOAL also
 * GC_set_disable_automatic_collection), under the program's stop function. Not busy. */
bool api_collect(enum cycle_cause cause);

/* Sets the heap's parameters from the public variables and `settings`. */
void settings_hand_down(void);

/* After each cycle: runs the finalizers that are due or, where the program does that itself, tells
 * it once that there are some. Warns of objects that can never be finalized. */
void finalizers_after_cycle(void);

/* Wakes the thread that runs finalizers, made if need be. False: the program wants none. */
bool finalizer_thread_wake(void);
void finalizer_thread_after_fork(void);

/* May a helper collect (cycle_idle_hook)? That the program allows it, and has given no function
 * that would be called in it. And parts of the answer. */
bool api_may_collect_idle(void);
bool api_hears_of_roots(void);
bool toggles_are_asked_about(void);

/* Before each stop: asks the program about its toggle references (cycle_before_stop_hook). */
void toggles_before_stop(void);

/* Tells the program where the heap has another size than it knows of. Not busy. */
void tell_heap_size(struct thread *t);

/* Figures as of the last cycle, and the count of cycles (cycle_counted_hook). */
void stats_after_cycle(void);

/* From now on GC_push_other_roots is called in each collection. */
void api_listen_for_roots(void);

/* Gives the warning to the program's function. `format` is for that one argument. Not busy. */
void warn(const char *format, GC_word argument);

#endif
