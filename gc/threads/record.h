/* record.h: what is known of a thread from its creation until nobody can ask for its exit value.
 *
 * A record is a root twice: before the thread runs it holds the argument of its function, after it
 * has finished the value that pthread_join will return. In between it holds nothing: then both are
 * on the thread's stack. Only where a sanitizer's runtime stands in front of our pthread_create, it
 * passes us the address of a packet of its own, in memory that is no root, with the program's
 * argument in it: there what the packet holds is a root until the thread has finished.
 *
 *     created ----> arrived ----> begun ----> finished and given up ----> free
 *         |                         |
 *         | value:                  | value: NULL, and from pthread_exit
 *         | argument                | or return on, the exit value
 *         +-- pthread_create failed: free
 *
 *     arrived     the thread waits for the registry lock in order to begin, the program's signals
 *                 blocked. Nothing of the program has run in it (if a handler has, it does not
 *                 say that it has arrived), and what it will begin with is found here: no
 *                 stop has to ask it
 *     given up    the thread was joined, or is detached (so created, or by pthread_detach): at any
 *                 time for detached, after it has finished for joined
 *     published   found by its handle. Both the creator and the thread publish it, whoever comes
 *                 first: so it can be found by all who can know the handle, who have it from one
 *                 of the two
 *     held        the creator has still to publish it: not freed before
 *
 * Handles are used again, by glibc at once. Who joins looks the record up before he joins: until
 * then the handle is this thread's, or it is an error of the program's. A new thread with the same
 * handle may be published before the joiner gives up the old record; the newest is found first.
 *
 * Records live in slabs of their own that are never given back; free ones are linked. All are in
 * one list and, when published, in a table by handle that grows with them; should there be no
 * memory for that, its chains get longer.
 *
 * Lock: the registry lock protects everything but `value`, which the thread itself writes between
 * begin and finish and which is read with the world stopped, and `arrived`, which the thread itself
 * writes, and a stop reads while it looks for strangers.
 */
#ifndef SPANGC_RECORD_H
#define SPANGC_RECORD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "platform/atomics.h"

struct record {
    void *(*start)(void *); /* written once */
    void *value;
    uintptr_t packet;    /* 0: none */
    atomic_word arrived; /* the thread's tid, from its arrival until it has begun; else 0 */
    pthread_t handle;    /* when published */
    bool is_held;
    bool is_published;
    bool is_finished;
    bool is_given_up;
    struct record *next;
    struct record *previous;
    struct record *same_bucket;
};

/* Before a thread is created; the creator holds it. NULL: no memory. */
struct record *record_new(void *(*start)(void *), void *argument, bool is_detached);

/* The creator: the thread was created; it could not be. */
void record_created(struct record *r, pthread_t handle);
void record_discard(struct record *r);

/* The thread: it runs and is about to take the registry lock; it runs, registry lock held; its
 * function has ended, by whatever means. */
void record_arrived(struct record *r, pid_t tid);
void record_begun(struct record *r);
void record_finished(struct record *r);

/* For a thread that was not created by us: a record that has begun. NULL: no memory. */
struct record *record_adopt(void);

/* The record of the thread with this handle, which has not been given up; NULL: there is none. */
struct record *record_of(pthread_t handle);

/* The thread was joined, or detached: the record is given up. NULL: nothing. */
void record_joined(struct record *r);
void record_detached(struct record *r);

/* In the child of a fork: only the calling thread's record is left, if it has one, and nobody asks
 * for its value. Registry lock. */
void records_keep_only(pthread_t caller);

/* World stopped. */
void records_for_each_value(void (*visit)(uintptr_t low, uintptr_t high, void *argument),
                            void *argument);

/* Visits the threads that have arrived and not begun. Registry lock. */
void records_for_each_arrived(void (*visit)(pid_t tid));

/* Records in use. Exact with the registry lock; else a snapshot, for tests. */
unsigned records_count(void);

#endif
