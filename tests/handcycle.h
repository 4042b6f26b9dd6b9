/* handcycle.h: a heap and collections run by hand, for tests of heap/ and mark/ without threads/,
 * cycle/ or the api.
 *
 * One marker and, for the tests of one thread, one cache. The only roots are the words that a test
 * names (and uncollectable objects): the test's own stack is not scanned, so that what survives is
 * exactly known. Between hand_collect and the sweep the mark bits can be looked at.
 */
#ifndef SPANGC_TESTS_HANDCYCLE_H
#define SPANGC_TESTS_HANDCYCLE_H

#include "unit.h"
#include "heap/alloc.h"
#include "mark/mark.h"

extern struct cache hand_cache;
extern struct marker hand_marker;

/* heap_init and a marker; no goal, so that nothing asks for a collection. */
void hand_init(void);

/* An object of any size, cleared like the api's unless pointer-free. */
void *hand_alloc_from(struct cache *cache, size_t bytes, unsigned kind);

static inline void *hand_alloc(size_t bytes, unsigned kind)
{
    return hand_alloc_from(&hand_cache, bytes, kind);
}

/* The object at exactly this address; false: there is none. */
bool hand_find(const void *p, struct object *o);

static inline bool hand_is_object(const void *p)
{
    struct object o;
    return hand_find(p, &o);
}

/* large_resize, and the clearing that it leaves to its caller. */
bool hand_resize(struct span *s, size_t bytes);

struct span *hand_span(const void *p);
bool hand_is_marked(const void *p);
enum free_result hand_free(const void *p);

/* Marks what is left, with the helpers that were made. */
void hand_drain(void);

/* The parts of a cycle, for tests with caches of their own. begin: all sweeping done, caches
 * flushed, a new generation and epoch, the marker reset. end: marks what is reachable from
 * uncollectable objects and the stack, then opens the sweep. */
void hand_begin(struct cache *caches, size_t count);
void hand_end(void);

/* A whole cycle with `count` root words. Sweeping is left to be done. */
void hand_collect(const void *roots, size_t count);

/* A cycle and its sweep. */
void hand_collect_and_sweep(const void *roots, size_t count);

/* Every invariant of every structure. World stopped or one thread only. */
void hand_check(void);

/* Spans in existence, of a kind. */
size_t hand_spans(unsigned kind);

/* `rounds`, times SPANGC_TEST_FACTOR from the environment. */
size_t hand_rounds(size_t rounds);

#endif
