/* kind.c: see kind.h. */
#include "heap/kind.h"
#include "platform/lock.h"

struct kind kinds[kind_limit] = {
    [KIND_ATOMIC] = {.pointer_free = true},
    [KIND_NORMAL] = {.adds_size = true, .clears = true},
    [KIND_UNCOLLECTABLE] = {.adds_size = true, .clears = true, .uncollectable = true},
    [KIND_ATOMIC_UNCOLLECTABLE] = {.pointer_free = true, .uncollectable = true},
};

static struct lock kind_lock = LOCK_INITIALIZER(RANK_LEAF);
static atomic_word count = kind_builtin;

unsigned kind_count(void)
{
    return (unsigned)word_load_acquire(&count);
}

/* The next number gets what `k` says; 0: there is none. */
static unsigned add_locked(struct kind k)
{
    unsigned kind = (unsigned)word_load(&count);
    if (kind == kind_limit)
        return 0;
    kinds[kind] = k;
    word_store_release(&count, kind + 1);
    return kind;
}

static struct kind describe(uintptr_t descriptor, bool adds_size, bool clears)
{
    return (struct kind){
        .descriptor = descriptor,
        .adds_size = adds_size,
        .clears = clears || !descriptor_names_words(descriptor),
        .pointer_free = descriptor == 0 && !adds_size,
    };
}

unsigned kind_add(uintptr_t descriptor, bool adds_size, bool clears)
{
    lock_acquire(&kind_lock);
    unsigned kind = add_locked(describe(descriptor, adds_size, clears));
    lock_release(&kind_lock);
    return kind;
}

unsigned kind_add_once(atomic_word *kind, uintptr_t descriptor, bool adds_size, bool clears)
{
    lock_acquire(&kind_lock);
    if (word_load(kind) == 0)
        word_store_release(kind, add_locked(describe(descriptor, adds_size, clears)));
    unsigned number = (unsigned)word_load(kind);
    lock_release(&kind_lock);
    return number;
}

static unsigned builtin_twin(unsigned kind)
{
    return kind_is_pointer_free(kind) ? KIND_ATOMIC_UNCOLLECTABLE : KIND_UNCOLLECTABLE;
}

unsigned kind_make_uncollectable(unsigned kind)
{
    struct kind *k = &kinds[kind];
    if (k->uncollectable)
        return kind;
    if (kind < kind_builtin)
        return builtin_twin(kind);
    lock_acquire(&kind_lock);
    unsigned twin = (unsigned)word_load(&k->uncollectable_twin);
    if (twin == 0) {
        twin = add_locked((struct kind){
            .descriptor = k->descriptor,
            .adds_size = k->adds_size,
            .clears = k->clears,
            .pointer_free = k->pointer_free,
            .uncollectable = true,
        });
        word_store(&k->uncollectable_twin, twin);
    }
    lock_release(&kind_lock);
    return twin;
}
