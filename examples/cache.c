/*
 * A cache of things that are expensive to make: they stay as long as anybody uses them, and longer
 * if memory is plentiful, but the cache alone does not keep them.
 *
 *   cache [REQUESTS]
 *
 * The cache's pointers are weak: its table is a pointer-free object, so the collector does not look
 * at them there, and each is a disappearing link, which the collector clears when it finds that the
 * object is used by nobody else. Between the two, the pointer may be read only where no collection
 * can come between: inside GC_call_with_alloc_lock. What is read there is held by the reader's
 * stack from then on.
 *
 * Threads ask for pictures at random and work with a few of them at a time. Each picture is
 * checked: it must be the right one, and whoever uses it must get the same one again.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <gc.h>

enum { DEFAULT_REQUESTS = 200000, KINDS = 1000, THREADS = 4, IN_USE = 20, PIXELS = 1000 };

struct picture {
    int kind;
    uint32_t *pixels; /* pointer-free */
};

static struct {
    pthread_mutex_t lock;  /* of entries being made, so that no picture is made twice */
    struct picture **weak; /* by kind; in a pointer-free object */
    long made;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "wrong: %s\n", what);
        exit(1);
    }
}

/* ---- Pictures -------------------------------------------------------------------------------- */

static uint32_t color(int kind, int pixel)
{
    return ((uint32_t)kind * 2654435761u) ^ ((uint32_t)pixel * 40503u);
}

static struct picture *draw(int kind)
{
    struct picture *p = GC_NEW(struct picture);
    require(p != NULL, "out of memory");
    p->kind = kind;
    p->pixels = GC_MALLOC_ATOMIC(PIXELS * sizeof *p->pixels);
    require(p->pixels != NULL, "out of memory");
    for (int i = 0; i < PIXELS; i++)
        p->pixels[i] = color(kind, i);
    return p;
}

static void check(const struct picture *p, int kind)
{
    require(p->kind == kind, "the picture of another kind");
    for (int i = 0; i < PIXELS; i += 99)
        require(p->pixels[i] == color(kind, i), "the picture's colors");
}

/* ---- The cache ------------------------------------------------------------------------------- */

static void *read_weak(void *link)
{
    return *(struct picture **)link;
}

/* The picture of that kind if it is still there, or NULL. */
static struct picture *look_up(int kind)
{
    return GC_call_with_alloc_lock(read_weak, &cache.weak[kind]);
}

static void store(int kind, struct picture *p)
{
    void **link = (void **)&cache.weak[kind];
    *link = p;
    int result = GC_general_register_disappearing_link(link, p);
    require(result == GC_SUCCESS, "the link cannot be registered");
    cache.made++;
}

static struct picture *get(int kind)
{
    struct picture *p = look_up(kind);
    if (p != NULL)
        return p;
    pthread_mutex_lock(&cache.lock);
    p = look_up(kind); /* another thread may have been faster */
    if (p == NULL) {
        p = draw(kind);
        store(kind, p);
    }
    pthread_mutex_unlock(&cache.lock);
    return p;
}

/* ---- Its users ------------------------------------------------------------------------------- */

static long requests_of_each;

static void *use_pictures(void *seed)
{
    struct picture *in_use[IN_USE] = {NULL};
    uint64_t random = (uintptr_t)seed;
    for (long i = 0; i < requests_of_each; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int place = (int)(random >> 33) % IN_USE, kind = (int)(random >> 40) % KINDS;
        struct picture *held = in_use[place];
        if (held != NULL)
            require(get(held->kind) == held, "another picture while the first is in use");
        in_use[place] = get(kind);
        check(in_use[place], kind);
    }
    return NULL;
}

static int still_there(void)
{
    int count = 0;
    for (int kind = 0; kind < KINDS; kind++)
        count += look_up(kind) != NULL;
    return count;
}

int main(int argc, char **argv)
{
    long requests = argc > 1 ? atol(argv[1]) : DEFAULT_REQUESTS;
    pthread_t threads[THREADS];

    GC_INIT();
    requests_of_each = requests / THREADS;
    /* Uncollectable, because a link must lie where the collector finds it as long as it is one. */
    cache.weak = GC_MALLOC_ATOMIC_UNCOLLECTABLE(KINDS * sizeof *cache.weak);
    require(cache.weak != NULL, "out of memory");
    for (int kind = 0; kind < KINDS; kind++)
        cache.weak[kind] = NULL;

    for (int i = 0; i < THREADS; i++) {
        int error = pthread_create(&threads[i], NULL, use_pictures, (void *)(uintptr_t)(i + 1));
        require(error == 0, "pthread_create");
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);

    struct picture *last = get(KINDS / 2);
    GC_gcollect();
    require(get(KINDS / 2) == last, "a picture that is in use has gone");
    /* A few may be kept by what happens to lie on the stack. */
    require(still_there() < KINDS / 10, "pictures that nobody uses are still there");
    printf("%ld requests, %ld pictures drawn, %d still there\n", requests_of_each * THREADS,
           cache.made, still_there());
    return 0;
}
