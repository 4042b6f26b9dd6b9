/*
 * Finalizers and disappearing links: objects with one of each are made, held for a while, dropped.
 *
 * At the end every object is either still there, then nothing has happened to it and its link, or
 * it has been finalised exactly once and its link is null. None of those that are held has been
 * finalised, and of the others, as the stack is scanned conservatively, nearly all have.
 *
 * Without a collector the program does at once, by itself, what a finalizer and a link would do.
 */
#include "bench.h"

static long count = 500000;
static long held = 10000;

static const struct bench_param params[] = {
    {"count", &count, "objects made", NULL},
    {"held", &held, "objects held, the oldest is dropped first", NULL},
    {NULL, NULL, NULL, NULL},
};

struct object {
    long number;
    long complement;
};

static struct object **ring; /* the objects held */
static void **links; /* by object number; pointer-free, so that a link keeps nothing alive */
static unsigned char *times; /* finalised, by object number; in malloc's memory */
static long finalized;

static void finalize(void *memory, void *client_data)
{
    struct object *object = memory;

    BENCH_CHECK(object->complement == ~object->number, "an object has changed before finalization");
    BENCH_CHECK(client_data == &times[object->number], "a finalizer was given wrong data");
    BENCH_CHECK(times[object->number]++ == 0, "object %ld was finalised twice", object->number);
    finalized++;
}

#if HEAP_MANUAL

static void object_register(struct object *object)
{
    (void)object;
}

static void object_drop(struct object *object)
{
    if (object == NULL)
        return;
    links[object->number] = NULL;
    finalize(object, &times[object->number]);
    heap_drop(object);
}

static void collect_all(void)
{
}

#else

static void object_register(struct object *object)
{
    long number = object->number;
    int failed = GC_general_register_disappearing_link(&links[number], object);
    BENCH_CHECK(failed == 0, "the link to object %ld was not registered", number);
    GC_register_finalizer(object, finalize, &times[number], NULL, NULL);
}

static void object_drop(struct object *object)
{
    (void)object;
}

static void collect_all(void)
{
    for (int i = 0; i < 3; i++) {
        GC_gcollect();
        GC_invoke_finalizers();
    }
}

#endif

static struct object *object_new(long number)
{
    struct object *object = heap_new(sizeof *object);

    object->number = number;
    object->complement = ~number;
    links[number] = object;
    object_register(object);
    return object;
}

static void check_object(long number)
{
    struct object *object = links[number];

    if (times[number] != 0)
        BENCH_CHECK(object == NULL, "object %ld is finalised, its link is not cleared", number);
    else
        BENCH_CHECK(object != NULL && object->number == number && object->complement == ~number,
                    "object %ld is not finalised, but has changed or lost its link", number);
}

int main(int argc, char **argv)
{
    bench_start(argc, argv, params);
    BENCH_CHECK(held >= 1 && held <= count, "held=%ld is not in 1..count", held);
    ring = heap_new((size_t)held * sizeof *ring);
    links = heap_new_atomic((size_t)count * sizeof *links);
    times = heap_got(calloc((size_t)count, 1));

    for (long i = 0; i < count; i++) {
        object_drop(ring[i % held]);
        ring[i % held] = object_new(i);
    }
    collect_all();

    for (long i = 0; i < count; i++)
        check_object(i);
    for (long i = count - held; i < count; i++)
        BENCH_CHECK(times[i] == 0, "object %ld is held and was finalised", i);
    BENCH_CHECK(finalized >= (count - held) * 9 / 10, "only %ld of %ld objects were finalised",
                finalized, count - held);
    return 0;
}
