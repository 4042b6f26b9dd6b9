/* alloc.h: objects, small and large, out of the heap; and their explicit end.
 *
 * The layer above the caches and below the api: it never collects; where a collection is due it
 * says so in its status and the caller decides. Sizes here are final: the api has already added the
 * byte for "one past the end".
 *
 * All functions are called while busy. A large object is made in three steps, so that the caller
 * can clear its pages while not busy.
 */
#ifndef SPANGC_ALLOC_H
#define SPANGC_ALLOC_H

#include "heap/cache.h"
#include "heap/find.h"

/* A small object (bytes <= small_max), cleared if its kind says so. NULL: see *status. */
void *alloc_small(struct cache *cache, size_t bytes, unsigned kind, bool force,
                  enum alloc_status *status);

/* Pages for a large object, belonging to nobody yet: the world may be stopped before they do. The
 * caller clears their dirty part where the kind needs it. base 0: see *status. */
struct page_run large_prepare(size_t bytes, unsigned kind, size_t alignment, bool force,
                              enum alloc_status *status);

/* Makes the prepared run an object. NULL: no memory for its descriptor; the run was given back. */
void *large_publish(struct page_run run, size_t bytes, unsigned kind);

enum free_result {
    FREE_DONE,
    FREE_NOT_ALLOCATED,
    FREE_LATER /* nothing has happened: leave busy, let others run, find the object again */
};

/* Ends the object's life now. Its slot may be handed out again at once, through the caller's cache.
 * Without one (NULL) its contents stay until then; and the caller must know that the object is not
 * one that a cache holds. Caller busy. */
enum free_result object_free(struct cache *cache, const struct object *o);

/* A large object's size in place: shrink, or grow where the pages behind it are free (if not:
 * ALLOC_NO_MEMORY; ALLOC_GOAL_REACHED only without `force`). What `dirty`
 * names (base 0: nothing) the caller clears when it is no longer busy; until then the marker may
 * find stale words there, which keep garbage alive but do no harm. */
enum alloc_status large_resize(struct span *s, size_t bytes, bool force, struct page_run *dirty);

/* Bytes of the object's slot (GC_size before the api takes its extra byte off). */
static inline size_t object_bytes(const struct object *o)
{
    return o->span->object_bytes;
}

#endif
