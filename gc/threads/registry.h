/* registry.h: the inside of the registry, for the files of this folder.
 *
 *     count == number of threads on the list
 *     a descriptor is on the list, or on the free list, or its slab's unused rest
 */
#ifndef SPANGC_REGISTRY_H
#define SPANGC_REGISTRY_H

#include "platform/lock.h"
#include "threads/bystanders.h"
#include "threads/signals.h"
#include "threads/thread.h"

struct record;

struct registry {
    struct lock lock; /* rank registry; protects everything here */
    struct thread *first;
    unsigned count;
    unsigned adrift;             /* registered threads with is_adrift */
    unsigned strangers;          /* of them, those with is_stranger */
    struct bystanders others;    /* threads that are not on the list and are not to be */
    struct thread *recycled;     /* free descriptors, linked by next; their caches are empty */
    signal_mask mask_to_restore; /* of the lock's holder */
};

extern struct registry registry;

/* With the lock goes the holder's signal mask: the program's signals wait (thread.h). */
void registry_lock(void);
void registry_unlock(void);

/* Registers the calling thread, for which `r` was made (create.c). NULL: no memory. */
struct thread *thread_register_created(struct record *r);

/* Puts a thread that runs but does not know of it on the list; NULL: no memory. */
struct thread *registry_add_stranger(pid_t tid);

/* Takes a thread off the list and recycles its descriptor. The cache must be empty. */
void registry_remove(struct thread *t);

/* Flushes the cache of a thread that will never run again, and removes it. World stopped, or the
 * child of a fork. */
void registry_bury(struct thread *t);

pid_t this_tid(void);

#endif
