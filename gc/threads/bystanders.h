/* bystanders.h: threads of the process that need not be stopped though they are not registered.
 *
 *     helper     our own; holds no pointers of the program's
 *     exiting    has left the registry for good and runs what libc does at a thread's end, perhaps
 *                with all signals blocked; for a second, then it is asked like any other
 *     outsider   has said that it will not touch the heap any more (GC_unregister_my_thread)
 *
 * Known by their tids, which the kernel uses again: who registers is a bystander no longer, and
 * those that are gone are dropped when a stop lists all threads, or room is needed. When there is
 * none the oldest is dropped, and is then asked to stop like any other thread.
 *
 * Lock: that of the registry, which owns the one of these.
 */
#ifndef SPANGC_BYSTANDERS_H
#define SPANGC_BYSTANDERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum bystander_role { BYSTANDER_HELPER, BYSTANDER_EXITING, BYSTANDER_OUTSIDER };

enum { bystanders_most = 256 };

struct bystander {
    pid_t tid;
    enum bystander_role role;
    uint64_t since_ns;
};

/* In the order in which they came. */
struct bystanders {
    struct bystander list[bystanders_most];
    unsigned count;
};

void bystander_add(struct bystanders *b, pid_t tid, enum bystander_role role);
void bystander_remove(struct bystanders *b, pid_t tid);
bool is_bystander(struct bystanders *b, pid_t tid, uint64_t now_ns);

/* Drops those that are gone. */
void bystanders_prune(struct bystanders *b);

unsigned bystander_helpers(const struct bystanders *b);

#endif
