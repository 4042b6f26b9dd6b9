/* finalize.h: finalizers in all orders, and links that disappear.
 *
 * Owns: what finalizer records say (one per object at most; heap/special.h holds them), the tables
 * of short and long links, and the queue of objects whose finalizer is to run. All of it lies
 * outside the heap (os_map), so none of it is a root by accident.
 *
 * After marking, world stopped (finalize_after_mark), in this order:
 *   1. short links to unmarked objects are cleared (before finalizers may resurrect them);
 *   2. records with unmarked objects: what is reachable from each object is marked as its order
 * asks normal          everything reachable from it, not itself; a cycle keeps it from running
 *        ignore_self     as normal, but a cycle through its own pointers only is not seen
 *        no_order        nothing is marked first: may run in any order
 *        unreachable     only when not reachable from any other finalizable object, either
 *      then those still unmarked are queued, and all that a queued object reaches is marked;
 *   3. long links to objects that are unmarked even now are cleared;
 *   4. links that themselves lay in dead objects are dropped, as are toggle references to dead
 *      objects.
 *
 * A queued object is a root (finalize_push_roots) until its finalizer has been called. Where the
 * program wants to be told of objects before (finalize_announce), they wait in a first queue for
 * that.
 *
 * Lock: special_lock (rank special). Registration and queue operations: caller busy. Running: not
 * busy, no lock held, one finalizer after the other.
 */
#ifndef SPANGC_FINALIZE_H
#define SPANGC_FINALIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "heap/find.h"
#include "services/toggles.h"

typedef void (*finalizer_proc)(void *object, void *client_data);

enum finalizer_order {
    FINALIZER_NORMAL,
    FINALIZER_IGNORE_SELF,
    FINALIZER_NO_ORDER,
    FINALIZER_UNREACHABLE
};

/* What step 2 needs of the marker (the cycle provides it). `objects`: as in mark/together.h. */
struct finalize_marker {
    bool (*is_marked)(uintptr_t object_base);
    /* All but these lead to no object. */
    uint64_t (*leading_on)(const struct span *s, size_t word, uint64_t objects);
    void (*mark_from_contents)(uintptr_t object_base); /* all reachable from it, not itself */
    void (*mark_from_contents_but_self)(uintptr_t object_base); /* direct self pointers ignored */
    /* The objects alone, none of which is marked. */
    void (*mark_together)(struct span *s, size_t word, uint64_t objects);
};

enum link_kind { LINK_SHORT, LINK_LONG };

/* What is to be registered for an object. */
struct finalizer_request {
    uintptr_t base;
    finalizer_proc fn;
    void *data;
    enum finalizer_order order;
    finalizer_proc *old_fn;
    void **old_data;
};

/* Replaces the object's record; fn NULL removes it. Old values are
 * returned through the pointers where these are not NULL. False: no memory, nothing changed. */
bool finalizer_register(const struct object *o, const struct finalizer_request *request);

/* Registers the word at `link` to be cleared when the object at `base` dies. 0: done; 1: was
 * registered already (now for this object); 2: no memory. */
int link_register(enum link_kind kind, void **link, uintptr_t base);
/* 1: was registered. */
int link_unregister(enum link_kind kind, void **link);
/* 0 done, 1 old link not registered, 2 new link in use already. */
int link_move(enum link_kind kind, void **link, void **new_link);

void finalize_after_mark(const struct finalize_marker *marker);

/* Calls visit for the memory that must be scanned: it holds queued objects, and the client data of
 * records. */
void finalize_push_roots(void (*visit)(uintptr_t low, uintptr_t high, void *argument),
                         void *argument);

/* Records of explicitly freed objects go with them (not those in the queue already). Caller busy.
 */
void finalize_forget(const struct object *o);

/* Calls `tell` for each object newly found to lead to itself, which no finalizer order but no_order
 * ever finalizes. Each object is told about once. Not busy. */
void finalize_take_cycles(void (*tell)(uintptr_t base));

/* From now on (false: no longer) objects that become due wait until they have been announced. */
void finalize_announce(bool announce);

/* Calls `tell` for each object that waits for that, and queues it to be run. Not busy. */
void finalize_tell_arrivals(void (*tell)(void *object));

/* Runs what is queued, at most so many; returns how many ran. Nested calls from inside a finalizer
 * run nothing. After a finalizer that jumped out of its run (longjmp, a C++ exception) its thread
 * runs them again. */
int finalize_run_queued(int most);
bool finalize_is_pending(void);

/* Puts every registered record into the queue, as at exit (GC_finalize_all). */
void finalize_enqueue_all(void);

/* Toggle references (toggles.h), under this lock. Caller busy, but for the count. */
bool finalize_add_toggle(const struct toggle *toggle);
bool finalize_get_toggle(size_t index, struct toggle *toggle);
void finalize_decide_toggle(size_t index, uintptr_t base, enum toggle_status status);
size_t finalize_toggle_count(void);

size_t finalize_record_count(void);

/* What registered finalizers and links take outside the heap. World stopped. */
size_t finalize_bytes(void);
bool finalize_is_valid(void);
void finalize_reset_locks_in_child(void);

#endif
