/*
 * Counts the words of a text and prints the twenty most frequent.
 *
 *   word_count [FILE | WORDS]
 *
 * Without an argument, or with a number, it makes up a text of so many words itself; then it knows
 * how often each word must be found, and checks.
 *
 * Every line and every word is a string of its own, most of them dropped at once. Strings come
 * from GC_MALLOC_ATOMIC: they hold no pointers, so the collector need not read them. The hash table
 * and its entries come from GC_MALLOC. When the table grows, the old one is just forgotten.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gc.h>

enum {
    DEFAULT_WORDS = 10000000,
    VOCABULARY = 5000, /* different words in a text made up */
    WORDS_IN_A_LINE = 12,
    FIRST_BUCKETS = 64,
    SHOWN = 20
};

struct entry {
    struct entry *next;
    char *word;
    uint64_t hash;
    long count;
};

struct table {
    struct entry **buckets;
    size_t bucket_count; /* a power of two */
    size_t words;        /* different ones */
    long total;
};

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "wrong: %s\n", what);
        exit(1);
    }
}

static void *allocated(void *memory)
{
    require(memory != NULL, "out of memory");
    return memory;
}

/* ---- Strings -------------------------------------------------------------------------------- */

static char *string_copy(const char *text, size_t length)
{
    char *copy = allocated(GC_MALLOC_ATOMIC(length + 1));

    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

/* The next word of the text in lower case, and the text after it; NULL if there is none. */
static char *next_word(const char **text)
{
    const char *start = *text;

    while (*start != '\0' && !isalpha((unsigned char)*start))
        start++;
    const char *end = start;
    while (isalpha((unsigned char)*end))
        end++;
    *text = end;
    if (end == start)
        return NULL;

    char *word = string_copy(start, (size_t)(end - start));
    for (char *c = word; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return word;
}

/* ---- The hash table ------------------------------------------------------------------------- */

static struct table *table_new(void)
{
    struct table *table = allocated(GC_MALLOC(sizeof *table));

    table->bucket_count = FIRST_BUCKETS;
    table->buckets = allocated(GC_MALLOC(FIRST_BUCKETS * sizeof *table->buckets));
    return table;
}

/* FNV-1a */
static uint64_t hash_of(const char *word)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *word != '\0'; word++)
        hash = (hash ^ (unsigned char)*word) * UINT64_C(1099511628211);
    return hash;
}

static struct entry **bucket_of(struct entry **buckets, size_t count, uint64_t hash)
{
    return &buckets[(hash ^ hash >> 32) & (count - 1)];
}

static void table_grow(struct table *table)
{
    size_t count = 2 * table->bucket_count;
    struct entry **buckets = allocated(GC_MALLOC(count * sizeof *buckets));

    for (size_t i = 0; i < table->bucket_count; i++) {
        struct entry *next;
        for (struct entry *entry = table->buckets[i]; entry != NULL; entry = next) {
            struct entry **bucket = bucket_of(buckets, count, entry->hash);
            next = entry->next;
            entry->next = *bucket;
            *bucket = entry;
        }
    }
    table->buckets = buckets;
    table->bucket_count = count;
}

static struct entry *table_find(const struct table *table, const char *word, uint64_t hash)
{
    struct entry *entry = *bucket_of(table->buckets, table->bucket_count, hash);

    while (entry != NULL && (entry->hash != hash || strcmp(entry->word, word) != 0))
        entry = entry->next;
    return entry;
}

/* Counts the word; keeps the string if it is new. */
static void table_count(struct table *table, char *word)
{
    uint64_t hash = hash_of(word);
    struct entry *entry = table_find(table, word, hash);

    if (entry == NULL) {
        struct entry **bucket = bucket_of(table->buckets, table->bucket_count, hash);
        entry = allocated(GC_MALLOC(sizeof *entry));
        *entry = (struct entry){*bucket, word, hash, 0};
        *bucket = entry;
        if (++table->words > table->bucket_count)
            table_grow(table);
    }
    entry->count++;
    table->total++;
}

static void count_line(struct table *table, const char *line)
{
    char *word;

    while ((word = next_word(&line)) != NULL)
        table_count(table, word);
}

/* ---- A text from a file --------------------------------------------------------------------- */

/* The next line of any length, or NULL at the end of the file. */
static char *read_line(FILE *file)
{
    size_t size = 80, length = 0;
    char *line = allocated(GC_MALLOC_ATOMIC(size));

    while (fgets(line + length, (int)(size - length), file) != NULL) {
        length += strlen(line + length);
        if (line[length - 1] == '\n')
            break;
        if (length + 1 == size)
            line = allocated(GC_REALLOC(line, size *= 2));
    }
    return length == 0 ? NULL : line;
}

static void count_file(struct table *table, FILE *file)
{
    char *line;

    while ((line = read_line(file)) != NULL)
        count_line(table, line);
}

/* ---- A text made up ------------------------------------------------------------------------- */

/* Spells a number by syllables: each gives another word. */
static size_t spell(char *text, unsigned number)
{
    static const char consonants[] = "bdfghklmnprstvwz";
    static const char vowels[] = "aeiou";
    size_t length = 0;

    do {
        text[length++] = consonants[number % 16];
        text[length++] = vowels[number / 16 % 5];
        number /= 80;
    } while (number > 0);
    return length;
}

/* A line of the text. Words with small numbers are frequent, as in any language. */
static char *make_line(uint64_t *random, long words, long *counts)
{
    char text[WORDS_IN_A_LINE * 16];
    size_t length = 0;

    for (long i = 0; i < words; i++) {
        *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t a = *random >> 48, b = *random >> 32 & 0xffff;
        unsigned number = (unsigned)((a * b >> 16) * (a * b >> 16) / 0x10000 * VOCABULARY >> 16);
        counts[number]++;
        length += spell(text + length, number);
        text[length++] = i + 1 < words ? ' ' : '.';
    }
    return string_copy(text, length);
}

static void count_made_up(struct table *table, long words, long *counts)
{
    uint64_t random = 1;

    for (long left = words; left > 0; left -= WORDS_IN_A_LINE)
        count_line(table,
                   make_line(&random, left < WORDS_IN_A_LINE ? left : WORDS_IN_A_LINE, counts));
}

static void check_made_up(const struct table *table, long words, const long *counts)
{
    size_t different = 0;

    for (unsigned i = 0; i < VOCABULARY; i++) {
        char word[16];
        word[spell(word, i)] = '\0';
        const struct entry *entry = table_find(table, word, hash_of(word));
        require((entry == NULL ? 0 : entry->count) == counts[i], "a word was miscounted");
        different += counts[i] > 0;
    }
    require(table->words == different && table->total == words, "there are words not in the text");
}

/* ---- The result ----------------------------------------------------------------------------- */

/* The most frequent first; words equally frequent in the order of the alphabet. */
static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->word, y->word);
}

static void print_result(const struct table *table)
{
    struct entry **entries = allocated(GC_MALLOC((table->words + 1) * sizeof *entries));
    size_t length = 0;

    for (size_t i = 0; i < table->bucket_count; i++)
        for (struct entry *entry = table->buckets[i]; entry != NULL; entry = entry->next)
            entries[length++] = entry;
    require(length == table->words, "entries were lost");
    qsort(entries, length, sizeof *entries, compare_entries);

    printf("%ld words, %zu different\n", table->total, table->words);
    for (size_t i = 0; i < length && i < SHOWN; i++)
        printf("%8ld %s\n", entries[i]->count, entries[i]->word);
}

int main(int argc, char **argv)
{
    char *end = NULL;
    long words = argc > 1 ? strtol(argv[1], &end, 10) : DEFAULT_WORDS;

    GC_INIT();
    struct table *table = table_new();
    if (end != NULL && (*end != '\0' || words < 1)) {
        FILE *file = fopen(argv[1], "r");
        if (file == NULL) {
            fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
            return 2;
        }
        count_file(table, file);
        fclose(file);
    } else {
        long *counts = allocated(GC_MALLOC_ATOMIC(VOCABULARY * sizeof *counts));
        memset(counts, 0, VOCABULARY * sizeof *counts);
        count_made_up(table, words, counts);
        check_made_up(table, words, counts);
    }
    print_result(table);
    return 0;
}
