/* stress_all.c: everything at once, at random, with a record of what must be alive.
 *
 *   stress_all [SECONDS [SEED]]      make check: 8 seconds; make stress: 10 minutes, SPANGC_STRESS
 * set
 *
 * Actors, each a thread with a random generator of its own (the seed is printed; the schedule of
 * threads is the kernel's):
 *
 *   mutators     a table of trees in an object of their own: build, change, drop, move to another
 *                thread's mailbox, free explicitly; each tree's checksum is kept outside the heap
 *                and compared again and again
 *   coroutines   hold trees on stacks that they switch away from (GC_add_roots)
 *   threads      short-lived ones that hold trees, by all ways of ending
 *   forker       children that check all that they can see, allocate and collect
 *   loader       dlopen and dlclose of libraries whose globals and thread-locals hold trees
 *   signaller    signals whose handlers touch the interrupted mutator's own record
 *   finalizer    objects with finalizers, counted, and links, which must not be cleared early
 *   collector    explicit collections, GC_disable and GC_enable, GC_gcollect_and_unmap
 *
 * A checksum that differs, a finalizer of a live object, or a hang (no actor makes a step for a
 * minute) ends the program.
 */
#define _GNU_SOURCE 1
#include "public.h"
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>

enum {
    mutators = 4,
    slots = 64,
    mailboxes = 16,
    tree_most = 60,
    coroutine_stack = 128 * 1024,
    hang_seconds = 60
};

static bool over;
static unsigned long steps[8];
enum { MUTATE, SWITCH, SPAWN, FORK, LOAD, SIGNAL, FINALIZE, COLLECT };
static const char *const names[] = {"mutations", "switches", "threads",    "forks",
                                    "loads",     "signals",  "finalizers", "collections"};

static bool is_over(void)
{
    return __atomic_load_n(&over, __ATOMIC_RELAXED);
}

static void step(unsigned actor)
{
    __atomic_add_fetch(&steps[actor], 1, __ATOMIC_RELAXED);
}

/* ---- Random numbers ---- */

struct dice {
    uint64_t state;
};

static unsigned roll(struct dice *dice, unsigned sides)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return (unsigned)((dice->state >> 20) % sides);
}

static uint64_t seed;

static struct dice dice_of(uint64_t number)
{
    struct dice dice = {(seed + number) * UINT64_C(0x9e3779b97f4a7c15) | 1};
    for (int i = 0; i < 8; i++)
        roll(&dice, 2);
    return dice;
}

/* ---- Trees and their checksums ---- */

struct tree {
    struct tree *left, *right;
    uint64_t value;
    unsigned char *blob; /* pointer-free; filled with the value's low byte */
    size_t blob_bytes;
};

static struct tree *tree_new(struct dice *dice, unsigned nodes)
{
    if (nodes == 0)
        return NULL;
    struct tree *tree = GC_malloc(sizeof *tree + roll(dice, 3) * 40);
    expect(tree != NULL && tree->left == NULL && tree->blob == NULL);
    tree->value = roll(dice, 1u << 30);
    tree->blob_bytes = roll(dice, 50) == 0 ? roll(dice, 100000) : roll(dice, 200);
    tree->blob = GC_malloc_atomic(tree->blob_bytes);
    memset(tree->blob, (int)(tree->value & 255), tree->blob_bytes);
    unsigned left = roll(dice, nodes);
    tree->left = tree_new(dice, left);
    tree->right = tree_new(dice, nodes - 1 - left);
    return tree;
}

static uint64_t tree_sum(const struct tree *tree)
{
    if (tree == NULL)
        return 1;
    unsigned char byte = tree->value & 255;
    for (size_t i = 0; i < tree->blob_bytes; i += 1 + tree->blob_bytes / 16)
        expect(tree->blob[i] == byte);
    return tree->value + 3 * tree_sum(tree->left) + 7 * tree_sum(tree->right);
}

static void tree_free(struct tree *tree)
{
    if (tree == NULL)
        return;
    tree_free(tree->left);
    tree_free(tree->right);
    GC_free(tree->blob);
    GC_free(tree);
}

static struct tree *some_tree(struct dice *dice)
{
    return tree_new(dice, 1 + roll(dice, tree_most));
}

/* ---- Mailboxes: trees go from thread to thread; the only pointer is in static data ---- */

static struct {
    pthread_mutex_t lock;
    struct tree *tree;
    uint64_t sum;
} mailbox[mailboxes];

static void exchange(struct dice *dice, struct tree **tree, uint64_t *sum)
{
    unsigned i = roll(dice, mailboxes);
    pthread_mutex_lock(&mailbox[i].lock);
    struct tree *other = mailbox[i].tree;
    uint64_t other_sum = mailbox[i].sum;
    mailbox[i].tree = *tree;
    mailbox[i].sum = *sum;
    pthread_mutex_unlock(&mailbox[i].lock);
    *tree = other;
    *sum = other_sum;
}

/* ---- Mutators ---- */

struct mutator {
    struct tree **trees; /* an object; this pointer is in static data */
    uint64_t sums[slots];
    pthread_t thread;
    unsigned long interrupts;
};

static struct mutator mutator[mutators];

static void check_slot(const struct mutator *m, unsigned i)
{
    expect(m->trees[i] == NULL || tree_sum(m->trees[i]) == m->sums[i]);
}

static void replace(struct mutator *m, unsigned i, struct tree *tree)
{
    m->trees[i] = tree;
    m->sums[i] = tree_sum(tree);
}

static void mutate_slot(struct mutator *m, struct dice *dice, unsigned i)
{
    struct tree *tree = m->trees[i];
    switch (roll(dice, 6)) {
    case 0:
        m->trees[i] = NULL;
        tree_free(tree);
        break;
    case 1:
        m->trees[i] = NULL;
        break;
    case 2:
        exchange(dice, &m->trees[i], &m->sums[i]);
        break;
    case 3:
        if (tree != NULL) {
            tree->left = some_tree(dice);
            m->sums[i] = tree_sum(tree);
        }
        break;
    case 4:
        if (tree != NULL)
            tree->blob = GC_realloc(tree->blob, tree->blob_bytes + roll(dice, 300));
        break;
    default:
        replace(m, i, some_tree(dice));
    }
}

static void *mutate(void *argument)
{
    struct mutator *m = argument;
    struct dice dice = dice_of((uint64_t)(m - mutator));
    while (!is_over()) {
        unsigned i = roll(&dice, slots);
        check_slot(m, i);
        mutate_slot(m, &dice, i);
        step(MUTATE);
    }
    for (unsigned i = 0; i < slots; i++)
        check_slot(m, i);
    return NULL;
}

static void on_signal(int signal_number)
{
    int saved_errno = errno;
    (void)signal_number;
    for (unsigned i = 0; i < mutators; i++)
        if (pthread_equal(mutator[i].thread, pthread_self()))
            mutator[i].interrupts++;
    errno = saved_errno;
}

static void *signal_mutators(void *unused)
{
    struct dice dice = dice_of(100);
    while (!is_over()) {
        pthread_kill(mutator[roll(&dice, mutators)].thread, SIGUSR1);
        step(SIGNAL);
        nap(roll(&dice, 500));
    }
    return unused;
}

/* ---- Coroutines ---- */

struct coroutine {
    ucontext_t context, caller;
    struct dice dice;
    char *stack;
};

static void coroutine_main(unsigned high, unsigned low)
{
    struct coroutine *c = (struct coroutine *)(((uintptr_t)high << 32) | low);
    GC_enable();
    for (;;) {
        struct tree *volatile tree = some_tree(&c->dice);
        uint64_t sum = tree_sum(tree);
        GC_disable();
        swapcontext(&c->context, &c->caller);
        GC_enable();
        expect(tree_sum(tree) == sum);
    }
}

static void coroutine_start(struct coroutine *c, uint64_t number)
{
    c->dice = dice_of(number);
    c->stack =
        mmap(NULL, coroutine_stack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(c->stack != MAP_FAILED);
    GC_add_roots(c->stack, c->stack + coroutine_stack);
    getcontext(&c->context);
    c->context.uc_stack.ss_sp = c->stack;
    c->context.uc_stack.ss_size = coroutine_stack;
    makecontext(&c->context, (void (*)(void))coroutine_main, 2, (unsigned)((uintptr_t)c >> 32),
                (unsigned)(uintptr_t)c);
}

static void coroutine_end(struct coroutine *c)
{
    GC_remove_roots(c->stack, c->stack + coroutine_stack);
    munmap(c->stack, coroutine_stack);
}

/* A running coroutine's stack is searched by GC_set_stackbottom, whichever are suspended by
 * GC_add_roots: a range that holds the collector's own frames would be searched with what is dead
 * in it. Between these calls and the switch no collection must come. */
static void *set_stackbottom(void *base)
{
    GC_set_stackbottom(NULL, base);
    return NULL;
}

static void coroutine_resume(struct coroutine *c)
{
    struct GC_stack_base own, coroutine = {.mem_base = c->stack + coroutine_stack};
    char *here = __builtin_frame_address(0);
    GC_get_my_stackbottom(&own);
    GC_disable();
    GC_remove_roots(c->stack, c->stack + coroutine_stack);
    GC_add_roots(here - 4096, own.mem_base);
    GC_call_with_alloc_lock(set_stackbottom, &coroutine);
    swapcontext(&c->caller, &c->context);
    GC_call_with_alloc_lock(set_stackbottom, &own);
    GC_remove_roots(here - 4096, own.mem_base);
    GC_add_roots(c->stack, c->stack + coroutine_stack);
    GC_enable();
}

static void *switch_stacks(void *unused)
{
    enum { coroutines = 5 };
    static struct coroutine all[coroutines];
    struct dice dice = dice_of(200);
    for (unsigned i = 0; i < coroutines; i++)
        coroutine_start(&all[i], 300 + i);
    while (!is_over()) {
        unsigned i = roll(&dice, coroutines);
        coroutine_resume(&all[i]);
        if (roll(&dice, 100) == 0) {
            coroutine_end(&all[i]);
            coroutine_start(&all[i], dice.state);
        }
        step(SWITCH);
    }
    return unused;
}

/* ---- Short-lived threads ---- */

static void *live_shortly(void *argument)
{
    struct dice dice = dice_of(*(uint64_t *)argument);
    struct tree *volatile tree = some_tree(&dice);
    uint64_t sum = tree_sum(tree);
    for (unsigned i = roll(&dice, 20); i > 0; i--) {
        exchange(&dice, (struct tree **)&tree, &sum);
        expect(tree == NULL || tree_sum(tree) == sum);
    }
    if (roll(&dice, 2))
        pthread_exit(NULL);
    while (roll(&dice, 8) == 0)
        nap(100);
    return NULL;
}

static void *spawn(void *unused)
{
    struct dice dice = dice_of(400);
    while (!is_over()) {
        pthread_t threads[6];
        unsigned count = 1 + roll(&dice, 6);
        for (unsigned i = 0; i < count; i++) {
            uint64_t *number = GC_malloc(sizeof *number);
            *number = dice.state + i;
            threads[i] = start_thread(live_shortly, number);
        }
        for (unsigned i = 0; i < count; i++)
            pthread_join(threads[i], NULL);
        step(SPAWN);
    }
    return unused;
}

/* ---- Forks, libraries ---- */

static bool is_child;

/* Only the forking thread's own tree is certain not to be in the middle of a change. */
static void *fork_often(void *unused)
{
    struct dice dice = dice_of(500);
    while (!is_over()) {
        int status;
        struct tree *volatile tree = some_tree(&dice);
        uint64_t sum = tree_sum(tree);
        pid_t child = fork();
        expect(child >= 0);
        if (child == 0) {
            is_child = true;
            alarm(hang_seconds);
            GC_gcollect();
            expect(tree_sum(tree) == sum && some_tree(&dice) != NULL);
            _exit(0);
        }
        expect(waitpid(child, &status, 0) == child);
        if (status != 0)
            fprintf(stderr, "stress_all: child %d ended with status %#x\n", child,
                    (unsigned)status);
        expect(status == 0);
        expect(tree_sum(tree) == sum);
        step(FORK);
        nap(roll(&dice, 20000));
    }
    return unused;
}

typedef void **place_function(void);

static void *load_often(void *unused)
{
    struct dice dice = dice_of(600);
    while (!is_over()) {
        void *module = dlopen(MODULES "/roots/.libs/plain.so", RTLD_NOW);
        expect(module != NULL);
        void **global = ((place_function *)(uintptr_t)dlsym(module, "plain_globals"))();
        global[3] = some_tree(&dice);
        uint64_t sum = tree_sum(global[3]);
        for (unsigned i = roll(&dice, 30); i > 0; i--)
            expect(tree_sum(some_tree(&dice)) != 0);
        expect(tree_sum(global[3]) == sum);
        expect(dlclose(module) == 0);
        step(LOAD);
        nap(roll(&dice, 2000));
    }
    return unused;
}

/* ---- Finalizers and links ---- */

struct finalizable {
    uint64_t alive; /* while somebody holds it */
    struct tree *tree;
    uint64_t sum;
};

/* In a child, what only other threads held is dead. */
static void finalize(void *object, void *data)
{
    struct finalizable *f = object;
    if (is_child)
        return;
    expect(f->alive == 0 && tree_sum(f->tree) == f->sum && data == NULL);
    step(FINALIZE);
}

static struct finalizable *finalizable_new(struct dice *dice, void **link)
{
    struct finalizable *f = GC_malloc(sizeof *f);
    f->alive = 1;
    f->tree = tree_new(dice, 4);
    f->sum = tree_sum(f->tree);
    GC_register_finalizer(f, finalize, NULL, NULL, NULL);
    *link = (void *)GC_HIDE_POINTER(f);
    GC_general_register_disappearing_link(link, f);
    return f;
}

static void *finalize_often(void *unused)
{
    enum { held = 32 };
    static struct finalizable *volatile objects[held];
    static void *links[held];
    struct dice dice = dice_of(700);
    while (!is_over()) {
        unsigned i = roll(&dice, held);
        if (objects[i] != NULL) {
            expect(links[i] == (void *)GC_HIDE_POINTER(objects[i]));
            GC_unregister_disappearing_link(&links[i]);
            objects[i]->alive = 0;
        }
        objects[i] = finalizable_new(&dice, &links[i]);
        if (roll(&dice, 50) == 0)
            nap(200);
    }
    return unused;
}

/* ---- The collector's switches ---- */

static void *collect_often(void *unused)
{
    struct dice dice = dice_of(800);
    while (!is_over()) {
        switch (roll(&dice, 8)) {
        case 0:
            GC_disable();
            nap(roll(&dice, 300));
            GC_enable();
            break;
        case 1:
            GC_gcollect_and_unmap();
            break;
        case 2:
            GC_invoke_finalizers();
            break;
        default:
            GC_gcollect();
        }
        step(COLLECT);
        nap(roll(&dice, 5000));
    }
    return unused;
}

/* ---- Start, watch, end ---- */

static unsigned long all_steps(void)
{
    unsigned long sum = 0;
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
        sum += __atomic_load_n(&steps[i], __ATOMIC_RELAXED);
    return sum;
}

static void watch(double duration)
{
    double end = seconds() + duration, last_change = seconds();
    unsigned long last = 0;
    while (seconds() < end) {
        nap(200000);
        if (all_steps() != last)
            last_change = seconds();
        last = all_steps();
        expect(seconds() - last_change < hang_seconds);
    }
}

static void make_mutators(void)
{
    for (unsigned i = 0; i < mailboxes; i++)
        pthread_mutex_init(&mailbox[i].lock, NULL);
    for (unsigned i = 0; i < mutators; i++) {
        mutator[i].trees = GC_malloc(slots * sizeof(struct tree *));
        mutator[i].thread = start_thread(mutate, &mutator[i]);
    }
}

int main(int argc, char **argv)
{
    static void *(*const actors[])(void *) = {signal_mutators, switch_stacks, spawn,
                                              fork_often,      load_often,    finalize_often,
                                              collect_often};
    enum { actor_count = sizeof actors / sizeof *actors };
    pthread_t threads[actor_count];
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    double duration = argc > 1 ? atof(argv[1]) : 8;
    seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL);
    printf("stress_all %g %llu\n", duration, (unsigned long long)seed);
    fflush(stdout);
    GC_set_handle_fork(1);
    GC_set_max_heap_size(1 << 30);
    GC_INIT();
    sigaction(SIGUSR1, &action, NULL);
    make_mutators();
    for (unsigned i = 0; i < actor_count; i++)
        threads[i] = start_thread(actors[i], NULL);
    watch(duration);
    __atomic_store_n(&over, true, __ATOMIC_RELAXED);
    alarm(hang_seconds);
    for (unsigned i = 0; i < actor_count; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < mutators; i++)
        pthread_join(mutator[i].thread, NULL);
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
        printf("%lu %s\n", steps[i], names[i]);
    return 0;
}
