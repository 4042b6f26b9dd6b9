/* record.c: see record.h. */
#include "threads/record.h"
#include <stddef.h>
#include "platform/os.h"
#include "threads/maps.h"
#include "threads/registry.h"

enum { slab_bytes = 64 * 1024, slab_records = slab_bytes / sizeof(struct record) };
enum { first_buckets = 64, handle_alignment = 64 };
enum { packet_most = 256 * 1024 };

static struct record *first_table[first_buckets];

/* Registry lock. The number of buckets is a power of two. */
static struct {
    struct record *first;
    struct record *recycled;
    struct record *unused; /* the rest of the newest slab, not written to */
    size_t unused_count;
    struct record **buckets;
    size_t bucket_count;
    unsigned count;
} records = {.buckets = first_table, .bucket_count = first_buckets};

/* ---- Slabs and the list ---- */

static void recycle(struct record *r)
{
    *r = (struct record){.next = records.recycled};
    records.recycled = r;
}

static struct record *take_unused(void)
{
    if (records.unused_count == 0) {
        records.unused = os_map(slab_bytes);
        records.unused_count = records.unused ? slab_records : 0;
    }
    if (records.unused_count == 0)
        return NULL;
    records.unused_count--;
    return records.unused++;
}

static struct record *take(void)
{
    struct record *r = records.recycled;
    if (r)
        records.recycled = r->next;
    else
        r = take_unused();
    if (!r)
        return NULL;
    *r = (struct record){.next = records.first};
    if (r->next)
        r->next->previous = r;
    records.first = r;
    records.count++;
    return r;
}

static void give_back(struct record *r)
{
    if (r->next)
        r->next->previous = r->previous;
    if (r->previous)
        r->previous->next = r->next;
    else
        records.first = r->next;
    records.count--;
    recycle(r);
}

/* ---- The table ---- */

/* A handle is the address of a struct pthread, most often at the same place in its page: multiplied
 * so that all of its bits take part. */
static struct record **bucket_of(pthread_t handle)
{
    uint64_t hash = (uint64_t)handle / handle_alignment * UINT64_C(0x9e3779b97f4a7c15);
    return &records.buckets[(hash >> 32) & (records.bucket_count - 1)];
}

static void enter(struct record *r)
{
    struct record **bucket = bucket_of(r->handle);
    r->same_bucket = *bucket;
    *bucket = r;
}

static void remove_from_table(const struct record *r)
{
    struct record **link = bucket_of(r->handle);
    while (*link != r)
        link = &(*link)->same_bucket;
    *link = r->same_bucket;
}

static struct record *reversed(struct record *chain)
{
    struct record *result = NULL;
    while (chain) {
        struct record *r = chain;
        chain = r->same_bucket;
        r->same_bucket = result;
        result = r;
    }
    return result;
}

/* Oldest first, so that the newest of a handle is found first in the new bucket, too. */
static void enter_all(struct record *chain)
{
    chain = reversed(chain);
    while (chain) {
        struct record *r = chain;
        chain = r->same_bucket;
        enter(r);
    }
}

static void grow_table(void)
{
    size_t old_count = records.bucket_count;
    struct record **old = records.buckets;
    struct record **larger = os_map(2 * old_count * sizeof *old);
    if (!larger)
        return;
    records.buckets = larger;
    records.bucket_count *= 2;
    for (size_t i = 0; i < old_count; i++)
        enter_all(old[i]);
    if (old != first_table)
        os_unmap(old, old_count * sizeof *old);
}

static void publish(struct record *r, pthread_t handle)
{
    if (r->is_published)
        return;
    if (records.count > 2 * records.bucket_count)
        grow_table();
    r->handle = handle;
    r->is_published = true;
    enter(r);
}

/* ---- The life of a record ---- */

static void forget(struct record *r)
{
    if (r->is_published)
        remove_from_table(r);
    give_back(r);
}

static void free_if_unused(struct record *r)
{
    if (!r->is_held && r->is_finished && r->is_given_up)
        forget(r);
}

struct record *record_new(void *(*start)(void *), void *argument, bool is_detached)
{
    registry_lock();
    struct record *r = take();
    if (r) {
        r->start = start;
        r->value = argument;
        r->is_held = true;
        r->is_given_up = is_detached;
    }
    registry_unlock();
    return r;
}

/* In the child of a fork out of a signal handler the record may be gone; below likewise. */
void record_created(struct record *r, pthread_t handle)
{
    registry_lock();
    if (r->is_held) {
        publish(r, handle);
        r->is_held = false;
        free_if_unused(r);
    }
    registry_unlock();
}

void record_discard(struct record *r)
{
    registry_lock();
    give_back(r);
    registry_unlock();
}

void record_arrived(struct record *r, pid_t tid)
{
    word_store_release(&r->arrived, (uintptr_t)tid);
}

void record_begun(struct record *r)
{
    publish(r, pthread_self());
    word_store(&r->arrived, 0);
}

void record_finished(struct record *r)
{
    registry_lock();
    r->is_finished = true;
    free_if_unused(r);
    registry_unlock();
}

struct record *record_adopt(void)
{
    registry_lock();
    struct record *r = take();
    if (r)
        publish(r, pthread_self());
    registry_unlock();
    return r;
}

struct record *record_of(pthread_t handle)
{
    registry_lock();
    struct record *r = *bucket_of(handle);
    while (r && (r->handle != handle || r->is_given_up))
        r = r->same_bucket;
    registry_unlock();
    return r;
}

/* An exit that nobody has seen, by a system call: the thread has finished all the same. */
void record_joined(struct record *r)
{
    registry_lock();
    if (r && r->is_published) {
        r->is_finished = true;
        r->is_given_up = true;
        free_if_unused(r);
    }
    registry_unlock();
}

void record_detached(struct record *r)
{
    registry_lock();
    if (r && r->is_published) {
        r->is_given_up = true;
        free_if_unused(r);
    }
    registry_unlock();
}

void records_keep_only(pthread_t caller)
{
    struct record *next;
    for (struct record *r = records.first; r; r = next) {
        next = r->next;
        if (r->is_published && r->handle == caller && !r->is_finished) {
            r->is_held = false;
            r->is_given_up = true;
        } else {
            forget(r);
        }
    }
}

/* ---- Roots ---- */

static void visit_values(const struct record *r, range_visitor visit, void *argument)
{
    if (r->value)
        visit((uintptr_t)&r->value, (uintptr_t)(&r->value + 1), argument);
    if (r->packet != 0 && !r->is_finished)
        maps_visit_rest(r->packet, packet_most, visit, argument);
}

void records_for_each_value(void (*visit)(uintptr_t low, uintptr_t high, void *argument),
                            void *argument)
{
    for (struct record *r = records.first; r; r = r->next)
        visit_values(r, visit, argument);
}

void records_for_each_arrived(void (*visit)(pid_t tid))
{
    for (const struct record *r = records.first; r; r = r->next) {
        pid_t tid = (pid_t)word_load_acquire(&r->arrived);
        if (tid != 0)
            visit(tid);
    }
}

unsigned records_count(void)
{
    return records.count;
}
