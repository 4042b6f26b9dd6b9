/*
 * Producers and consumers: objects are allocated by one thread and dropped by another.
 *
 * Every message carries a list whose numbers follow from its first; the consumer checks it. A
 * bounded queue, guarded by one mutex, lies between them.
 */
#include "bench.h"

static long count = 300000;
static long nodes = 16;
static long depth = 1024;
static long pairs = 1;

static const struct bench_param params[] = {
    {"count", &count, "messages each producer sends", NULL},
    {"nodes", &nodes, "nodes in a message's list", NULL},
    {"depth", &depth, "messages the queue holds", NULL},
    {"pairs", &pairs, "producers, and consumers", NULL},
    {NULL, NULL, NULL, NULL},
};

struct node {
    struct node *next;
    uint64_t number;
};

struct message {
    struct node *list;
    uint64_t first;
};

/* Messages [taken, put) are in slots [taken % depth, put % depth); the mutex guards all fields. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t not_empty;
    pthread_cond_t not_full;
    struct message **slots;
    long put;
    long taken;
    uint64_t sum; /* of the first numbers of all messages consumed */
} queue = {.mutex = PTHREAD_MUTEX_INITIALIZER,
           .not_empty = PTHREAD_COND_INITIALIZER,
           .not_full = PTHREAD_COND_INITIALIZER};

static void queue_put(struct message *message)
{
    pthread_mutex_lock(&queue.mutex);
    while (queue.put - queue.taken == depth)
        pthread_cond_wait(&queue.not_full, &queue.mutex);
    queue.slots[queue.put++ % depth] = message;
    pthread_cond_signal(&queue.not_empty);
    pthread_mutex_unlock(&queue.mutex);
}

/* The next message, or NULL after the last. */
static struct message *queue_take(void)
{
    struct message *message = NULL;

    pthread_mutex_lock(&queue.mutex);
    while (queue.taken == queue.put && queue.taken < pairs * count)
        pthread_cond_wait(&queue.not_empty, &queue.mutex);
    if (queue.taken < queue.put) {
        struct message **slot = &queue.slots[queue.taken++ % depth];
        message = *slot;
        *slot = NULL;
        queue.sum += message->first;
        pthread_cond_signal(&queue.not_full);
    }
    if (queue.taken == pairs * count)
        pthread_cond_broadcast(&queue.not_empty);
    pthread_mutex_unlock(&queue.mutex);
    return message;
}

static struct message *message_new(uint64_t first)
{
    struct message *message = heap_new(sizeof *message);

    message->first = first;
    for (long i = nodes - 1; i >= 0; i--) {
        struct node *node = heap_new(sizeof *node);
        node->next = message->list;
        node->number = first + (uint64_t)i;
        message->list = node;
    }
    return message;
}

static void message_consume(struct message *message)
{
    uint64_t number = message->first;
    struct node *next;

    for (struct node *node = message->list; node != NULL; node = next) {
        next = node->next;
        BENCH_CHECK(node->number == number, "message %lu has changed",
                    (unsigned long)message->first);
        number++;
        heap_drop(node);
    }
    BENCH_CHECK(number == message->first + (uint64_t)nodes, "message %lu is cut short",
                (unsigned long)message->first);
    heap_drop(message);
}

/* Even threads produce, odd ones consume. */
static void work(long thread)
{
    if (thread % 2 == 0) {
        for (long i = 0; i < count; i++)
            queue_put(message_new((uint64_t)(thread / 2 * count + i)));
        return;
    }
    struct message *message;
    while ((message = queue_take()) != NULL)
        message_consume(message);
}

int main(int argc, char **argv)
{
    bench_start(argc, argv, params);
    BENCH_CHECK(depth >= 1 && pairs >= 1, "depth=%ld or pairs=%ld is too small", depth, pairs);
    queue.slots = heap_new((size_t)depth * sizeof *queue.slots);
    bench_in_threads(2 * pairs, work);

    uint64_t messages = (uint64_t)(pairs * count);
    BENCH_CHECK(queue.sum == messages * (messages - 1) / 2, "messages were lost or came twice");
    heap_drop(queue.slots);
    return 0;
}
