/*
 * See ldcache.h. The format is glibc's "new" one, alone in the file since glibc 2.32 and the second
 * part of it before; it is a header, a table of entries, and strings named by their offset in the
 * part.
 */

#define _GNU_SOURCE /* memmem */

#include "ldcache.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_FILE "/etc/ld.so.cache"
#define CACHE_MAGIC "glibc-ld.so.cache1.1"

struct cache_header {
    char magic[sizeof CACHE_MAGIC - 1];
    uint32_t count;
    uint32_t strings_size;
    uint32_t unused[5];
};

struct cache_entry {
    int32_t flags;
    uint32_t name, path; /* offsets of strings */
    uint32_t os_version;
    uint64_t hwcap;
};

struct cache {
    void *map;
    size_t map_size;
    const char *start; /* of the new format */
    size_t size;
    struct cache_header header;
};

/* The old format's table, if there is one, comes first and holds no such bytes. */
static bool find_new_format(struct cache *cache)
{
    cache->start = memmem(cache->map, cache->map_size, CACHE_MAGIC, sizeof CACHE_MAGIC - 1);
    if (!cache->start)
        return false;
    cache->size = cache->map_size - (size_t)(cache->start - (const char *)cache->map);
    if (cache->size < sizeof cache->header)
        return false;
    memcpy(&cache->header, cache->start, sizeof cache->header);
    return cache->header.count <= (cache->size - sizeof cache->header) / sizeof(struct cache_entry);
}

static bool cache_open(struct cache *cache)
{
    *cache = (struct cache){0};
    int fd = open(CACHE_FILE, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct stat status;
    if (fstat(fd, &status) == 0 && status.st_size > 0) {
        void *map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map != MAP_FAILED) {
            cache->map = map;
            cache->map_size = (size_t)status.st_size;
        }
    }
    close(fd);
    if (!cache->map)
        return false;
    if (find_new_format(cache))
        return true;
    munmap(cache->map, cache->map_size);
    return false;
}

static const char *cache_string(const struct cache *cache, uint32_t offset)
{
    if (offset >= cache->size || !memchr(cache->start + offset, '\0', cache->size - offset))
        return "";
    return cache->start + offset;
}

bool ldcache_each(const char *name, bool (*visit)(const char *path, void *data), void *data)
{
    struct cache cache;
    if (!cache_open(&cache))
        return false;
    bool done = false;
    for (uint32_t i = 0; i < cache.header.count && !done; i++) {
        struct cache_entry entry;
        memcpy(&entry, cache.start + sizeof cache.header + i * sizeof entry, sizeof entry);
        if (strcmp(cache_string(&cache, entry.name), name) == 0)
            done = visit(cache_string(&cache, entry.path), data);
    }
    munmap(cache.map, cache.map_size);
    return done;
}
