/*
 * Producers and consumers: threads hand each other messages through a bounded queue.
 *
 *   producer_consumer [MESSAGES]      (of each producer)
 *
 * A message's payload is a list of text fragments. The producer gives it a checksum, the consumer
 * takes it apart and checks. Who frees a message that has passed through the hands of two threads
 * and a queue? Nobody needs to know.
 *
 * For a collector this is the hard case: at any moment the only pointer to a message may be in a
 * register of one thread, in the queue, or on its way between them.
 *
 * To use the collector with threads, define GC_THREADS before including gc.h: pthread_create then
 * also makes the new thread known to the collector.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define GC_THREADS
#include <gc.h>

enum {
    PRODUCERS = 3,
    CONSUMERS = 3,
    QUEUE_LENGTH = 64,
    DEFAULT_MESSAGES = 60000,
    MAX_FRAGMENTS = 24,
    MAX_FRAGMENT_LENGTH = 48
};

/* A piece of the payload. The text holds no pointers, so it lies in memory that is not searched. */
struct fragment {
    struct fragment *next;
    char *text;
    int length;
};

struct message {
    int producer;
    long number; /* counts the producer's messages */
    struct fragment *payload;
    uint64_t checksum;
};

/* The oldest message is in slots[first]; the mutex guards every field. */
struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t has_message;
    pthread_cond_t has_room;
    struct message *slots[QUEUE_LENGTH];
    int first;
    int length;
    int producers; /* that are still at work */
};

/* What a consumer has seen, by producer. Sums do not depend on who consumed what. */
struct tally {
    long messages[PRODUCERS];
    uint64_t checksums[PRODUCERS];
};

static struct queue queue = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                             .has_message = PTHREAD_COND_INITIALIZER,
                             .has_room = PTHREAD_COND_INITIALIZER,
                             .producers = PRODUCERS};
static long messages_per_producer = DEFAULT_MESSAGES;

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "wrong: %s\n", what);
        exit(1);
    }
}

static void queue_put(struct message *message)
{
    pthread_mutex_lock(&queue.mutex);
    while (queue.length == QUEUE_LENGTH)
        pthread_cond_wait(&queue.has_room, &queue.mutex);
    queue.slots[(queue.first + queue.length++) % QUEUE_LENGTH] = message;
    pthread_cond_signal(&queue.has_message);
    pthread_mutex_unlock(&queue.mutex);
}

/* To be called by a producer that will put no more. */
static void queue_leave(void)
{
    pthread_mutex_lock(&queue.mutex);
    queue.producers--;
    pthread_cond_broadcast(&queue.has_message);
    pthread_mutex_unlock(&queue.mutex);
}

/* The oldest message; NULL once the queue is empty and all producers have left. */
static struct message *queue_take(void)
{
    struct message *message = NULL;

    pthread_mutex_lock(&queue.mutex);
    while (queue.length == 0 && queue.producers > 0)
        pthread_cond_wait(&queue.has_message, &queue.mutex);
    if (queue.length > 0) {
        message = queue.slots[queue.first];
        queue.slots[queue.first] = NULL;
        queue.first = (queue.first + 1) % QUEUE_LENGTH;
        queue.length--;
        pthread_cond_signal(&queue.has_room);
    }
    pthread_mutex_unlock(&queue.mutex);
    return message;
}

/* A linear congruential generator; its upper bits are good enough here. */
static unsigned next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(*state >> 33);
}

static struct fragment *fragment_new(uint64_t *random, struct fragment *next)
{
    struct fragment *fragment = GC_MALLOC(sizeof *fragment);

    require(fragment != NULL, "out of memory");
    fragment->next = next;
    fragment->length = (int)(1 + next_random(random) % MAX_FRAGMENT_LENGTH);
    fragment->text = GC_MALLOC_ATOMIC((size_t)fragment->length);
    require(fragment->text != NULL, "out of memory");
    for (int i = 0; i < fragment->length; i++)
        fragment->text[i] = (char)('a' + next_random(random) % 26);
    return fragment;
}

static uint64_t checksum_of(const struct fragment *payload)
{
    uint64_t sum = 17;

    for (; payload != NULL; payload = payload->next)
        for (int i = 0; i < payload->length; i++)
            sum = sum * 31 + (unsigned char)payload->text[i];
    return sum;
}

static struct message *message_new(int producer, long number, uint64_t *random)
{
    struct message *message = GC_MALLOC(sizeof *message);
    int fragments = (int)(1 + next_random(random) % MAX_FRAGMENTS);

    require(message != NULL, "out of memory");
    message->producer = producer;
    message->number = number;
    for (int i = 0; i < fragments; i++)
        message->payload = fragment_new(random, message->payload);
    message->checksum = checksum_of(message->payload);
    return message;
}

static void *produce(void *argument)
{
    const int *producer = argument;
    uint64_t random = (uint64_t)*producer;

    for (long i = 0; i < messages_per_producer; i++)
        queue_put(message_new(*producer, i, &random));
    queue_leave();
    return NULL;
}

static void *consume(void *argument)
{
    struct tally *tally = argument;
    struct message *message;

    while ((message = queue_take()) != NULL) {
        require(message->producer >= 0 && message->producer < PRODUCERS, "a message has changed");
        require(checksum_of(message->payload) == message->checksum, "a payload has changed");
        tally->messages[message->producer]++;
        tally->checksums[message->producer] += message->checksum ^ (uint64_t)message->number;
    }
    return NULL;
}

static pthread_t start(void *(*body)(void *), void *argument)
{
    pthread_t thread;

    require(pthread_create(&thread, NULL, body, argument) == 0, "cannot start a thread");
    return thread;
}

/* What the consumers together should have seen of one producer: its messages, made once more. */
static void check_producer(int producer, const struct tally *tallies)
{
    uint64_t random = (uint64_t)producer;
    uint64_t expected = 0, checksum = 0;
    long messages = 0;

    for (long i = 0; i < messages_per_producer; i++)
        expected += message_new(producer, i, &random)->checksum ^ (uint64_t)i;
    for (int c = 0; c < CONSUMERS; c++) {
        messages += tallies[c].messages[producer];
        checksum += tallies[c].checksums[producer];
    }
    printf("producer %d: %ld messages arrived, checksum %016lx\n", producer, messages,
           (unsigned long)checksum);
    require(messages == messages_per_producer, "messages were lost or came twice");
    require(checksum == expected, "messages arrived that were not sent");
}

int main(int argc, char **argv)
{
    pthread_t producers[PRODUCERS], consumers[CONSUMERS];
    int names[PRODUCERS];
    struct tally tallies[CONSUMERS] = {{{0}, {0}}};

    if (argc > 1)
        messages_per_producer = atol(argv[1]);
    if (messages_per_producer < 1) {
        fprintf(stderr, "usage: %s [MESSAGES]\n", argv[0]);
        return 2;
    }
    GC_INIT();

    for (int i = 0; i < PRODUCERS; i++) {
        names[i] = i;
        producers[i] = start(produce, &names[i]);
    }
    for (int i = 0; i < CONSUMERS; i++)
        consumers[i] = start(consume, &tallies[i]);
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(producers[i], NULL);
    for (int i = 0; i < CONSUMERS; i++)
        pthread_join(consumers[i], NULL);

    for (int i = 0; i < PRODUCERS; i++)
        check_producer(i, tallies);
    return 0;
}
