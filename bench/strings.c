/*
 * Strings: two pieces are cut out of a text and joined, the result is kept for a while.
 *
 * Two of three objects die at once, the third lives until its slot in the table is drawn again. All
 * are pointer-free. As the pieces are neighbours in the text, every string in the table is a piece
 * of the text too, and is compared with it when its slot is drawn.
 */
#include "bench.h"

#include <string.h>

static long live = 2000;
static long length = 40;
static long count = 5000000;
static long threads = 1;

static const struct bench_param params[] = {
    {"live", &live, "strings each thread holds", NULL},
    {"length", &length, "mean length of the strings held", NULL},
    {"count", &count, "strings each thread makes", NULL},
    {"threads", &threads, "threads", NULL},
    {NULL, NULL, NULL, NULL},
};

enum { TEXT_LENGTH = 1 << 16 };

static char text[TEXT_LENGTH];

struct slot {
    char *string;
    uint64_t start; /* of the string in the text */
};

static void text_fill(void)
{
    struct rng rng = rng_of(0);

    for (size_t i = 0; i < TEXT_LENGTH; i++)
        text[i] = (char)('a' + rng_below(&rng, 26));
}

static char *cut(uint64_t start, size_t bytes)
{
    char *string = heap_new_atomic(bytes + 1);

    memcpy(string, text + start, bytes);
    string[bytes] = '\0';
    return string;
}

static char *join(const char *head, const char *tail)
{
    size_t head_length = strlen(head);
    size_t tail_length = strlen(tail);
    char *string = heap_new_atomic(head_length + tail_length + 1);

    memcpy(string, head, head_length);
    memcpy(string + head_length, tail, tail_length + 1);
    return string;
}

static void slot_clear(struct slot *slot)
{
    if (slot->string == NULL)
        return;
    BENCH_CHECK(memcmp(slot->string, text + slot->start, strlen(slot->string)) == 0,
                "the string '%s' has changed", slot->string);
    heap_drop(slot->string);
    slot->string = NULL;
}

static void slot_fill(struct slot *slot, struct rng *rng)
{
    size_t head_length = 1 + rng_below(rng, (uint64_t)length - 1);
    size_t tail_length = 1 + rng_below(rng, (uint64_t)length - 1);

    slot->start = rng_below(rng, TEXT_LENGTH - 2 * (uint64_t)length);
    char *head = cut(slot->start, head_length);
    char *tail = cut(slot->start + head_length, tail_length);
    slot->string = join(head, tail);
    heap_drop(head);
    heap_drop(tail);
    BENCH_CHECK(strlen(slot->string) == head_length + tail_length, "a joined string is cut short");
}

static void work(long thread)
{
    struct slot *slots = heap_new((size_t)live * sizeof *slots);
    struct rng rng = rng_of(thread);

    for (long i = 0; i < count; i++) {
        struct slot *slot = &slots[rng_below(&rng, (uint64_t)live)];
        slot_clear(slot);
        slot_fill(slot, &rng);
    }
    for (long i = 0; i < live; i++)
        slot_clear(&slots[i]);
    heap_drop(slots);
}

int main(int argc, char **argv)
{
    bench_start(argc, argv, params);
    BENCH_CHECK(length >= 2 && length <= 10000, "length=%ld is not in 2..10000", length);
    BENCH_CHECK(live >= 1, "live=%ld is too small", live);
    text_fill();
    bench_in_threads(threads, work);
    return 0;
}
