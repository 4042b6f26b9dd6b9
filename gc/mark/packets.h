/* packets.h: how markers share work, and how they know that there is none left.
 *
 * Owns: some hundred packets of mark entries, mapped once; so sharing never needs memory: where no
 * packet is free, a marker keeps its work. A packet is free, held by one marker, or published on
 * one of two lists: for anyone, or for the collector (the thread that collects; mark procedures of
 * the program run nowhere else).
 *
 * A marker is working or resting. One word is all that they agree on:
 *
 *     state = { first packet for anyone, first packet for the collector, markers working, changes }
 *
 *   1. Who rests has no work: neither on a stack nor in a batch nor in a packet held.
 *   2. Only who works publishes.
 *   3. Who rests and takes a packet is counted as working by the very change that takes it.
 *
 * So once nobody works and both lists are empty, this is so for good, and everything is marked: see
 * packets_are_finished. It holds for a helper that never wakes up, too: it rests. And between two
 * drains any helper may look at the state at any time: it finds nothing.
 *
 * The count of changes (38 bits) makes a change fail whose view of the lists is out of date.
 *
 * Sleeping: who is about to sleep says so, then looks at the state once more; who changes the
 * state looks for sleepers afterwards. Both in this order, so no wake is lost.
 *
 * Lock: none; any marker, the world being stopped.
 */
#ifndef SPANGC_PACKETS_H
#define SPANGC_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include "mark/mark.h"
#include "platform/atomics.h"

enum { packet_entries = 255, packet_count = 512 };

struct packet {
    atomic_word next; /* number of the next on its list; 0: none */
    size_t count;     /* whoever holds it */
    struct mark_entry entries[packet_entries];
};

enum packet_readers { PACKETS_FOR_ANYONE, PACKETS_FOR_COLLECTOR };

/* Once: the packets. False: no memory. */
bool packets_init(void);

/* Nobody works and nobody else exists any more: all packets free (after a fork, in the child). */
void packets_reset(void);

/* The collector begins to work, on a drain for `markers` markers. Nobody else works. */
void packets_begin(unsigned markers);

/* A free packet, empty, for the caller to hold; NULL: there is none. And back. */
struct packet *packet_new(void);
void packet_free(struct packet *p);

/* The caller works. It holds the packet no longer. */
void packet_publish(struct packet *p, enum packet_readers readers);

/* Takes a published packet: the caller works, and holds it. NULL: there is none that it may take,
 * and the caller rests. `working`: did it before? A caller that did has no work left. */
struct packet *packet_take(bool is_collector, bool working);

/* Is there a marker with nothing to do, and nothing published for it? */
bool packets_are_wanted(void);

/* Has something been published that only the collector may take? */
bool packets_wait_for_collector(void);

/* Nobody works and nothing is published. */
bool packets_are_finished(void);

/* The caller rests. Returns when there may be something to take; for the collector, also when all
 * is finished. */
void packets_wait(bool is_collector);

/* For tests: how many packets are free. */
size_t packets_free_count(void);

#endif
