/* gcbits.c: the arenas' layout, the lists, and the two ways to an arena. */
#include "memory/gcbits.h"
#include <string.h>
#include "platform/check.h"
#include "platform/lock.h"
#include "platform/os.h"

enum { gcbits_magic = 0x67636274, poison_byte = 0xdb, first_epoch = 3, epoch_free = 0 };

struct gcbits_arena {
    size_t magic;              /* written once */
    struct gcbits_arena *next; /* lock: gcbits */
    size_t epoch;              /* in which it was filled; epoch_free: on no list or free. Lock */

    /* Words handed out. Bumped by an atomic add while the arena is the head of `next`, may then
     * overshoot the capacity by one request a thread. 0 iff all words are clean, so clearing the
     * words below it clears the arena. */
    atomic_word used;
    atomic_word words[];
};

enum { arena_words = (gcbits_arena_bytes - sizeof(struct gcbits_arena)) / sizeof(atomic_word) };

_Static_assert(gcbits_max_elements / 64 <= arena_words, "any request fits an empty arena");

/* A list with its tail, so that lists are joined in O(1). head == NULL iff tail == NULL. */
struct arena_list {
    struct gcbits_arena *head;
    struct gcbits_arena *tail;
    size_t count;
};

static struct {
    struct lock lock; /* rank gcbits; protects the lists */
    struct arena_list next, current, previous, free;
    size_t epoch; /* that of arenas on `next`; changes with the world stopped */

    /* next.head, for the path without the lock: stored with release after the arena is ready. */
    atomic_word filling;

    atomic_word bytes; /* of all arenas ever mapped */
} gcbits = {.lock = LOCK_INITIALIZER(RANK_GCBITS), .epoch = first_epoch};

void (*gcbits_unlocked_hook)(void);

/* ---- Lists ---- */

static void push(struct arena_list *list, struct gcbits_arena *arena)
{
    arena->next = list->head;
    list->head = arena;
    if (!list->tail)
        list->tail = arena;
    list->count++;
}

static struct gcbits_arena *pop(struct arena_list *list)
{
    struct gcbits_arena *arena = list->head;
    if (!arena)
        return NULL;
    list->head = arena->next;
    if (!list->head)
        list->tail = NULL;
    list->count--;
    return arena;
}

/* Moves all of `from` before what `to` holds. */
static void prepend(struct arena_list *to, struct arena_list *from)
{
    if (!from->head)
        return;
    from->tail->next = to->head;
    to->head = from->head;
    if (!to->tail)
        to->tail = from->tail;
    to->count += from->count;
    *from = (struct arena_list){0};
}

/* ---- Arenas ---- */

static size_t words_used(const struct gcbits_arena *arena)
{
    size_t used = word_load(&arena->used);
    return used < arena_words ? used : arena_words;
}

/* Makes all words zero. The arena is the caller's alone. */
static void clean(struct gcbits_arena *arena)
{
    memset(arena->words, 0, words_used(arena) * sizeof arena->words[0]);
    word_store(&arena->used, 0);
}

static void *map_and_trim(void)
{
    char *p = os_map(2 * (size_t)gcbits_arena_bytes);
    if (!p)
        return NULL;
    size_t head = -(uintptr_t)p % gcbits_arena_bytes;
    if (head > 0)
        os_unmap(p, head);
    os_unmap(p + head + gcbits_arena_bytes, gcbits_arena_bytes - head);
    return p + head;
}

/* Arenas are aligned to their size, so that a bitmap's arena can be found. Mappings tend to come
 * next to each other: once one is aligned, those that follow are. */
static struct gcbits_arena *map_arena(void)
{
    struct gcbits_arena *arena = os_map(gcbits_arena_bytes);
    if (arena && (uintptr_t)arena % gcbits_arena_bytes != 0) {
        os_unmap(arena, gcbits_arena_bytes);
        arena = map_and_trim();
    }
    if (!arena)
        return NULL;
    arena->magic = gcbits_magic;
    word_add(&gcbits.bytes, gcbits_arena_bytes);
    return arena;
}

static struct gcbits_arena *arena_of(const atomic_word *bits)
{
    return (struct gcbits_arena *)((uintptr_t)bits & ~(uintptr_t)(gcbits_arena_bytes - 1));
}

/* ---- Handing out bits ---- */

/* The check before the add bounds how far `used` can run past the end. */
static atomic_word *try_take(struct gcbits_arena *arena, size_t words)
{
    if (!arena || word_load(&arena->used) + words > arena_words)
        return NULL;
    size_t at = word_add(&arena->used, words);
    return at + words <= arena_words ? &arena->words[at] : NULL;
}

/* A clean arena on no list, or NULL. Drops the lock, to clear or to map one: whatever the caller
 * knew of the lists is out of date when it returns. */
static struct gcbits_arena *new_arena_may_unlock(void)
{
    lock_check_held(&gcbits.lock);
    struct gcbits_arena *arena = pop(&gcbits.free);
    lock_release(&gcbits.lock);
    if (arena)
        clean(arena);
    else
        arena = map_arena();
    if (gcbits_unlocked_hook)
        gcbits_unlocked_hook();
    lock_acquire(&gcbits.lock);
    return arena;
}

static void install(struct gcbits_arena *arena)
{
    lock_check_held(&gcbits.lock);
    arena->epoch = gcbits.epoch;
    push(&gcbits.next, arena);
    pointer_store_release(&gcbits.filling, arena);
}

/* The head of `next` was full when the caller looked. */
static atomic_word *take_locked_may_unlock(size_t words)
{
    atomic_word *bits = try_take(gcbits.next.head, words);
    if (bits)
        return bits;
    struct gcbits_arena *fresh = new_arena_may_unlock();
    bits = try_take(gcbits.next.head, words); /* another thread may have installed one */
    if (bits) {
        if (fresh)
            push(&gcbits.free, fresh); /* unused, so still clean */
        return bits;
    }
    if (!fresh)
        return NULL;
    bits = try_take(fresh, words);
    install(fresh);
    return bits;
}

static atomic_word *take_bits(size_t elements)
{
    check(elements <= gcbits_max_elements);
    size_t words = elements > 0 ? (elements + 63) / 64 : 1;
    atomic_word *bits = try_take(pointer_load_acquire(&gcbits.filling), words);
    if (bits)
        return bits;
    lock_acquire(&gcbits.lock);
    bits = take_locked_may_unlock(words);
    lock_release(&gcbits.lock);
    return bits;
}

atomic_word *new_mark_bits(size_t elements)
{
    return take_bits(elements);
}

/* Alloc bits of a fresh span are mark bits that no cycle has set: they come from the same arenas
 * and age with them. */
atomic_word *new_alloc_bits(size_t elements)
{
    return take_bits(elements);
}

/* ---- Epochs ---- */

/* With checks: who still reads these bits shall notice. */
static void poison(const struct arena_list *list)
{
    for (struct gcbits_arena *arena = list->head; arena; arena = arena->next) {
        arena->epoch = epoch_free;
        memset(arena->words, poison_byte, words_used(arena) * sizeof arena->words[0]);
    }
}

void next_mark_bit_arena_epoch(void)
{
    lock_acquire(&gcbits.lock);
    if (checks_enabled)
        poison(&gcbits.previous);
    prepend(&gcbits.free, &gcbits.previous);
    gcbits.previous = gcbits.current;
    gcbits.current = gcbits.next;
    gcbits.next = (struct arena_list){0};
    pointer_store_release(&gcbits.filling, NULL);
    gcbits.epoch++;
    lock_release(&gcbits.lock);
}

void gcbits_check_fresh(const atomic_word *bits, unsigned slack)
{
    if (!checks_enabled)
        return;
    const struct gcbits_arena *arena = arena_of(bits);
    check(arena->magic == gcbits_magic);
    check(arena->epoch != epoch_free);
    check(arena->epoch + 1 + slack >= gcbits.epoch);
}

/* ---- Housekeeping ---- */

void gcbits_init(void)
{
    lock_init(&gcbits.lock, RANK_GCBITS);
}

size_t gcbits_bytes(void)
{
    return word_load(&gcbits.bytes);
}

/* `age`: rotations since the arenas of this list were filled. */
static bool list_is_valid(const struct arena_list *list, size_t age)
{
    size_t count = 0;
    const struct gcbits_arena *last = NULL;
    for (const struct gcbits_arena *a = list->head; a; last = a, a = a->next, count++) {
        if (a->magic != gcbits_magic || a->epoch + age != gcbits.epoch)
            return false;
    }
    return count == list->count && last == list->tail;
}

/* No epoch is promised for free arenas: spares were never filled. */
static bool free_is_valid(void)
{
    size_t count = 0;
    const struct gcbits_arena *last = NULL;
    for (const struct gcbits_arena *a = gcbits.free.head; a; last = a, a = a->next, count++) {
        if (a->magic != gcbits_magic)
            return false;
    }
    return count == gcbits.free.count && last == gcbits.free.tail;
}

/* Arenas between two lists (new_arena_may_unlock) are counted in bytes, so this asks for <=. */
bool gcbits_is_valid(void)
{
    lock_acquire(&gcbits.lock);
    size_t listed =
        gcbits.next.count + gcbits.current.count + gcbits.previous.count + gcbits.free.count;
    bool valid = list_is_valid(&gcbits.next, 0) && list_is_valid(&gcbits.current, 1) &&
                 list_is_valid(&gcbits.previous, 2) && free_is_valid() &&
                 pointer_load(&gcbits.filling) == gcbits.next.head &&
                 listed * gcbits_arena_bytes <= gcbits_bytes();
    lock_release(&gcbits.lock);
    return valid;
}

void gcbits_count(size_t counts[4])
{
    lock_acquire(&gcbits.lock);
    counts[0] = gcbits.next.count;
    counts[1] = gcbits.current.count;
    counts[2] = gcbits.previous.count;
    counts[3] = gcbits.free.count;
    lock_release(&gcbits.lock);
}

void gcbits_reset_locks_in_child(void)
{
    lock_reset_after_fork(&gcbits.lock);
}
