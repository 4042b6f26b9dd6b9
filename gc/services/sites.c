/* sites.c: see sites.h. */
#include "services/sites.h"
#include <string.h>
#include "platform/os.h"
#include "services/table.h"

enum { chunk_bytes = 64 * 1024, alignment = 16, name_bytes_max = 4096 };

static struct {
    struct table table; /* hash -> first record with it */
    char *fresh;        /* of the newest chunk, not used yet: [fresh, fresh_end) */
    char *fresh_end;
    size_t count;
} sites;

/* Never 0, and with low bits that are 0, as the table expects of a key. */
static uintptr_t hash_of(const struct place *place, size_t name_bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (unsigned)place->line;
    for (size_t i = 0; i < name_bytes; i++)
        hash = (hash ^ (unsigned char)place->file[i]) * UINT64_C(0x100000001b3);
    for (unsigned i = 0; i < place->frame_count; i++)
        hash = (hash ^ (uintptr_t)place->frames[i]) * UINT64_C(0x100000001b3);
    return (uintptr_t)(hash << 3) | 8;
}

static bool is_site_of(const struct site *s, const struct place *place, size_t name_bytes)
{
    return s->line == place->line && s->frame_count == place->frame_count &&
           strlen(s->file) == name_bytes && memcmp(s->file, place->file, name_bytes) == 0 &&
           memcmp(s->frames, place->frames, s->frame_count * sizeof *s->frames) == 0;
}

/* Every request is smaller than a chunk: names and call chains have their limits. */
static void *take_fresh(size_t bytes)
{
    bytes = (bytes + alignment - 1) & ~(size_t)(alignment - 1);
    if ((size_t)(sites.fresh_end - sites.fresh) < bytes) {
        char *chunk = os_map(chunk_bytes);
        if (chunk == NULL)
            return NULL;
        sites.fresh = chunk;
        sites.fresh_end = chunk + chunk_bytes;
    }
    void *taken = sites.fresh;
    sites.fresh += bytes;
    return taken;
}

static struct site *site_new(const struct place *place, size_t name_bytes)
{
    size_t frames_bytes = place->frame_count * sizeof *place->frames;
    struct site *s = take_fresh(sizeof *s + frames_bytes + name_bytes + 1);
    if (s == NULL)
        return NULL;
    char *name = (char *)&s->frames[place->frame_count];
    memcpy(name, place->file, name_bytes);
    memcpy(s->frames, place->frames, frames_bytes);
    s->file = name;
    s->line = place->line;
    s->frame_count = place->frame_count;
    return s;
}

static const struct site *site_add(const struct place *place, size_t name_bytes, uintptr_t hash)
{
    struct table_entry *first = table_find(&sites.table, hash);
    struct site *s = site_new(place, name_bytes);
    if (s == NULL || (first == NULL && !table_put(&sites.table, hash, (uintptr_t)s)))
        return NULL;
    if (first != NULL) {
        s->next = (struct site *)first->value;
        first->value = (uintptr_t)s;
    }
    sites.count++;
    return s;
}

const struct site *site_of(const struct place *place)
{
    struct place known = *place;
    if (known.file == NULL)
        known.file = "unknown";
    if (known.frame_count > site_frames_max)
        known.frame_count = site_frames_max;
    size_t name_bytes = strnlen(known.file, name_bytes_max);
    uintptr_t hash = hash_of(&known, name_bytes);
    const struct table_entry *e = table_find(&sites.table, hash);
    const struct site *s = e != NULL ? (const struct site *)e->value : NULL;
    while (s != NULL && !is_site_of(s, &known, name_bytes))
        s = s->next;
    return s != NULL ? s : site_add(&known, name_bytes, hash);
}

bool sites_are_valid(void)
{
    size_t count = 0;
    for (size_t i = 0; i < sites.table.count; i++)
        for (const struct site *s = (const struct site *)sites.table.entries[i].value; s;
             s = s->next)
            count++;
    return count == sites.count && table_is_valid(&sites.table);
}
