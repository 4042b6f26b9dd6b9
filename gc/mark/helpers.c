/* helpers.c: see helpers.h. */
#include "mark/helpers.h"
#include "mark/packets.h"
#include "platform/os.h"
#include "threads/helper.h"
#include "threads/thread.h"

static struct {
    unsigned most;
    unsigned cpus;                        /* granted; 0: not yet asked. `making` */
    atomic_word cycles;                   /* so far, or since the fork */
    atomic_word making;                   /* 1: a thread is at it */
    atomic_word prepared;                 /* markers; only grows */
    atomic_word running;                  /* threads, of the first markers */
    struct marker *markers[helpers_most]; /* mapped: not in our data, a root if linked statically */
} helpers = {.most = helpers_most};

void helpers_limit(size_t most)
{
    helpers.most = most < helpers_most ? (unsigned)most : helpers_most;
}

unsigned helpers_count(void)
{
    return (unsigned)word_load(&helpers.running);
}

/* ---- Marking ---- */

static unsigned worth(size_t live_bytes)
{
    size_t count = live_bytes / helpers_heap_each;
    return count < helpers.most ? (unsigned)count : helpers.most;
}

void helpers_drain(struct marker *m, size_t live_bytes)
{
    unsigned count = (unsigned)word_load_acquire(&helpers.running);
    unsigned wanted = worth(live_bytes);
    count = wanted < count ? wanted : count;
    if (count > 0) {
        mark_share(m, count + 1);
        for (unsigned i = word_load_acquire(&helpers.prepared); i-- > 0;)
            marker_add(m, helpers.markers[i]);
    }
    mark_drain(m);
}

/* ---- Making ---- */

static void *helper_main(void *marker)
{
    threads_enter_helper();
    for (;;)
        mark_help(marker);
    return NULL;
}

static bool prepare(unsigned number)
{
    if (number < word_load(&helpers.prepared))
        return true;
    struct marker *m = os_map(sizeof *m);
    if (m == NULL)
        return false;
    if (!marker_init(m)) {
        os_unmap(m, sizeof *m);
        return false;
    }
    m->shared = true;
    m->is_helper = true;
    helpers.markers[number] = m;
    word_store_release(&helpers.prepared, number + 1);
    return true;
}

static bool make_one(unsigned number)
{
    return (number > 0 || packets_init()) && prepare(number) &&
           helper_start("spangc-marker", helper_main, helpers.markers[number]);
}

unsigned helpers_make(unsigned count)
{
    unsigned running = (unsigned)word_load(&helpers.running);
    while (running < count && make_one(running))
        word_store_release(&helpers.running, ++running);
    return running;
}

static bool is_time_to_make(size_t live_bytes)
{
    return word_add(&helpers.cycles, 1) + 1 >= helpers_least_cycles &&
           worth(live_bytes) > helpers_count();
}

void helpers_after_cycle(size_t live_bytes)
{
    if (!is_time_to_make(live_bytes) || !word_cas(&helpers.making, 0, 1))
        return;
    if (helpers.cpus == 0)
        helpers.cpus = os_cpu_count();
    unsigned wanted = worth(live_bytes);
    helpers_make(wanted < helpers.cpus ? wanted : helpers.cpus - 1);
    word_store_release(&helpers.making, 0);
}

void helpers_reset_in_child(void)
{
    if (word_load(&helpers.prepared) > 0)
        packets_reset();
    word_store(&helpers.running, 0);
    word_store(&helpers.making, 0);
    word_store(&helpers.cycles, 0);
    helpers.cpus = 0;
}
