/* retention.c: how much that is dead is kept, beside libgc.
 *
 *   retention [--tsv]
 *
 * Each case makes garbage of a known size in the way that is known to fool conservative collectors,
 * collects three times, and counts how many of its objects are still there, by the
 * disappearing links of a sample of 1,000; the figure is of these:
 *
 *   list        lists of a million nodes, dropped: a stale word to one node keeps the rest
 *   queue       a queue of which only the tail is held, after a million steps (lazily consumed:
 * each node leads to the next, so that a stale word to an early node keeps all after it) random 100
 * MB of scanned heap full of random words of 48 and of 64 bits, and small garbage recursion   a
 * deep recursion that held an object in each frame, returned from thread      the same in a thread
 * that has ended
 *
 * The program only prints; tests/retention-table sets both libraries side by side, and in make
 * check each case has a limit of its own (below), which a correct collector stays far under.
 */
#define _GNU_SOURCE 1
#include "public.h"

enum { sample = 1000, list_nodes = 1000000, depth = 20000, random_megabytes = 100 };

static void *links[sample];

static void watch(unsigned i, void *object)
{
    GC_unregister_disappearing_link(&links[i]);
    links[i] = (void *)GC_HIDE_POINTER(object);
    expect(GC_general_register_disappearing_link(&links[i], object) == GC_SUCCESS);
}

static unsigned kept(void)
{
    unsigned count = 0;
    for (int i = 0; i < 3; i++)
        GC_gcollect();
    for (unsigned i = 0; i < sample; i++)
        count += links[i] != NULL;
    return count;
}

struct cell {
    struct cell *next;
    uintptr_t value;
};

static struct cell *cell_new(struct cell *next)
{
    struct cell *cell = GC_malloc(sizeof *cell);
    expect(cell != NULL);
    cell->next = next;
    return cell;
}

/* ---- Dropped lists: every thousandth node is watched ---- */

__attribute__((noinline)) static uintptr_t make_and_walk_list(void)
{
    struct cell *list = NULL;
    uintptr_t sum = 0;
    for (unsigned i = 0; i < list_nodes; i++) {
        list = cell_new(list);
        list->value = i;
        if (i % (list_nodes / sample) == 0)
            watch(i / (list_nodes / sample), list);
    }
    for (struct cell *cell = list; cell != NULL; cell = cell->next)
        sum += cell->value;
    return sum;
}

static void dropped_list(void)
{
    for (int i = 0; i < 3; i++)
        expect(make_and_walk_list() != 0);
}

/* ---- A queue lazily consumed ---- */

static struct cell *tail;

__attribute__((noinline)) static void consume_queue(void)
{
    struct cell *head = cell_new(NULL);
    tail = head;
    for (unsigned i = 0; i < list_nodes; i++) {
        tail->next = cell_new(NULL);
        tail = tail->next;
        if (i % (list_nodes / sample) == 0)
            watch(i / (list_nodes / sample), tail);
        if (i > 10)
            head = head->next;
    }
    expect(head != NULL);
}

/* The tail stays. */
static void consumed_queue(void)
{
    consume_queue();
}

/* ---- Random words ---- */

static uintptr_t random_state = 88172645463325252;

static uintptr_t random_word(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static uintptr_t *noise[random_megabytes];

/* Words of 64, 48, 47 and 32 bits. */
__attribute__((noinline)) static void make_noise(void)
{
    static const unsigned shifts[] = {0, 16, 17, 32};
    enum { words = (1 << 20) / sizeof(uintptr_t) };
    for (unsigned i = 0; i < random_megabytes; i++) {
        noise[i] = GC_malloc(words * sizeof(uintptr_t));
        for (unsigned j = 0; j < words; j++)
            noise[i][j] = random_word() >> shifts[j % 4];
    }
}

__attribute__((noinline)) static void make_small_garbage(void)
{
    for (unsigned i = 0; i < sample * 100; i++) {
        void *object = GC_malloc(100);
        if (i % 100 == 0)
            watch(i / 100, object);
    }
}

static void random_words(void)
{
    make_noise();
    make_small_garbage();
}

/* ---- Deep recursion ---- */

__attribute__((noinline)) static uintptr_t recurse(unsigned level)
{
    struct cell *volatile cell = cell_new(NULL);
    cell->value = level;
    if (level % (depth / sample) == 0)
        watch(level / (depth / sample), cell);
    return level == depth - 1 ? cell->value : recurse(level + 1) + cell->value;
}

static void deep_recursion(void)
{
    expect(recurse(0) != 0);
}

static void *recurse_in_thread(void *unused)
{
    deep_recursion();
    return unused;
}

static void ended_thread(void)
{
    pthread_join(start_thread(recurse_in_thread, NULL), NULL);
}

/* ---- All cases ---- */

/* Each starts from a heap in which the one before has left what it has left. */
static const struct retention_case {
    const char *name, *text;
    void (*run)(void);
    unsigned limit;
} cases[] = {
    {"list", "dropped lists of a million nodes", dropped_list, sample / 2},
    {"queue", "a queue of a million nodes, lazily consumed", consumed_queue, sample / 2},
    {"recursion", "deep recursion, returned from", deep_recursion, sample / 4},
    {"thread", "the same in a thread that has ended", ended_thread, sample / 50},
    {"random", "small objects beside 100 MB of random words", random_words, sample / 50},
};

int main(int argc, char **argv)
{
    bool tsv = argc > 1 && strcmp(argv[1], "--tsv") == 0;
    bool good = true;
    GC_INIT();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cases[i].run();
        unsigned count = kept();
        bool fine = count <= cases[i].limit;
        if (tsv)
            printf("%s\t%u\t%s\n", cases[i].name, count, cases[i].text);
        else
            printf("%s: %u of %d kept\n%s retention:%s\n", cases[i].text, count, sample,
                   fine ? "ok" : "FAIL", cases[i].name);
        fflush(stdout);
        good = good && fine;
    }
    return good || tsv ? 0 : 1;
}
