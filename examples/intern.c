/*
 * A table of strings that does not keep them: equal strings are one object as long as anybody uses
 * it, and then leave the table by themselves.
 *
 *   intern [WORDS]
 *
 * Strings are objects of a kind of their own with a disclaim procedure: it is called for each
 * string that has been found unreachable, before its memory is used again, and takes it out of the
 * table. The table's links are hidden, so that they keep nothing alive.
 *
 * Threads intern many words, most of them dropped at once, and check that a word is always the same
 * string. In the end the table must have shrunk to what is still in use.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GC_THREADS
#include <gc.h>
#include <gc/gc_disclaim.h>
#include <gc/gc_mark.h>

enum { DEFAULT_WORDS = 300000, BUCKETS = 4096, THREADS = 4, KEPT = 100, VOCABULARY = 20000 };

struct string {
    GC_hidden_pointer next; /* in its bucket */
    bool in_table;
    uint32_t hash;
    char text[];
};

static const GC_hidden_pointer NONE = 0;

static int string_kind;

/* Used inside GC_call_with_alloc_lock, and by the disclaim procedure, which the collector calls
 * with that lock held. */
static struct {
    GC_hidden_pointer buckets[BUCKETS];
    long strings;
} table;

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "wrong: %s\n", what);
        exit(1);
    }
}

static struct string *reveal(GC_hidden_pointer link)
{
    return link == NONE ? NULL : GC_REVEAL_POINTER(link);
}

/* ---- Leaving the table ---- */

static int forget(void *object)
{
    struct string *dead = object;
    if (!dead->in_table)
        return 0; /* not filled in, or one that was not needed */
    GC_hidden_pointer *link = &table.buckets[dead->hash % BUCKETS];
    while (reveal(*link) != dead)
        link = &reveal(*link)->next;
    *link = dead->next;
    table.strings--;
    return 0;
}

/* ---- Entering it ---- */

static uint32_t hash_of(const char *text)
{
    uint32_t hash = 2166136261U;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619U;
    return hash;
}

/* The string of the table that equals `argument`, which becomes it if there is none. */
static void *find_or_add(void *argument)
{
    struct string *fresh = argument;
    GC_hidden_pointer *bucket = &table.buckets[fresh->hash % BUCKETS];
    for (struct string *s = reveal(*bucket); s != NULL; s = reveal(s->next))
        if (s->hash == fresh->hash && strcmp(s->text, fresh->text) == 0)
            return s;
    fresh->next = *bucket;
    *bucket = GC_HIDE_POINTER(fresh);
    fresh->in_table = true;
    table.strings++;
    return fresh;
}

static const struct string *intern(const char *text)
{
    struct string *fresh = GC_generic_malloc(sizeof *fresh + strlen(text) + 1, string_kind);
    require(fresh != NULL, "memory for a string");
    strcpy(fresh->text, text);
    fresh->hash = hash_of(text);
    return GC_call_with_alloc_lock(find_or_add, fresh);
}

/* ---- The threads ---- */

static long words = DEFAULT_WORDS;

static void *use_words(void *argument)
{
    unsigned random = 12345 + *(unsigned *)argument;
    const struct string **kept = GC_MALLOC(KEPT * sizeof *kept);
    for (long i = 0; i < words / THREADS; i++) {
        char text[32];
        random = random * 1103515245U + 12345;
        snprintf(text, sizeof text, "word %u", random / 65536 % VOCABULARY);
        const struct string *s = intern(text);
        require(strcmp(s->text, text) == 0, "a string's text");
        require(intern(text) == s, "a string's identity");
        kept[i % KEPT] = s;
    }
    for (unsigned i = 0; i < KEPT && kept[i] != NULL; i++)
        require(intern(kept[i]->text) == kept[i], "the identity of a string that was kept");
    return NULL;
}

static void *table_size(void *unused)
{
    (void)unused;
    return (void *)table.strings;
}

int main(int argc, char **argv)
{
    words = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_WORDS;
    if (words < 1) {
        fprintf(stderr, "usage: %s [WORDS]\n", argv[0]);
        return 2;
    }
    GC_INIT();
    /* Nothing in a string is a pointer that counts. */
    string_kind = (int)GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 0, 1);
    GC_register_disclaim_proc(string_kind, forget, 0);
    pthread_t threads[THREADS];
    static unsigned numbers[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i;
        require(pthread_create(&threads[i], NULL, use_words, &numbers[i]) == 0, "a thread");
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    GC_gcollect();
    long left = (long)GC_call_with_alloc_lock(table_size, NULL);
    printf("%ld words, %ld strings left in the table\n", words, left);
    require(left <= (THREADS + 1) * KEPT, "strings that nobody uses");
    return 0;
}
