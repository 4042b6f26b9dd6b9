/*
 * See deps.h. The libraries are visited breadth first, each name once. A name without a slash is
 * looked for as ld.so(8) says: DT_RPATH of the file that needs it and of those through which that
 * one was needed (unless it has DT_RUNPATH), LD_LIBRARY_PATH, its own DT_RUNPATH, the loader's
 * cache, the standard directories. What is found must be a library of the program's kind; otherwise
 * the search goes on.
 */

#include "deps.h"

#include "ldcache.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct library {
    const char *path;
    struct elf_file file;
    const struct library *needed_by; /* NULL for the program */
    struct library *next;            /* in the order of the visit */
};

struct search {
    struct library *first, *last; /* the program, the newest library */
    char **seen;                  /* names looked for already */
    size_t seen_count;
};

/* One name on its way through the directories. */
struct lookup {
    struct search *search;
    const struct library *needed_by;
    const char *name;
};

static const char *const standard_directories[] = {
    "/lib/" MULTIARCH, "/usr/lib/" MULTIARCH, "/lib64", "/usr/lib64", "/lib", "/usr/lib", NULL,
};

static void *checked(void *memory)
{
    if (!memory) {
        fputs("spangc: out of memory\n", stderr);
        exit(125);
    }
    return memory;
}

static void append(struct search *search, const char *path, const struct elf_file *file,
                   const struct library *needed_by)
{
    struct library *library = checked(malloc(sizeof *library));
    *library = (struct library){checked(strdup(path)), *file, needed_by, NULL};
    search->last->next = library;
    search->last = library;
}

/* Takes the file into the search if it is a library for this processor. */
static bool try_path(const char *path, void *data)
{
    struct lookup *lookup = data;
    struct elf_file file;
    elf_open(&file, path);
    if (file.kind != ELF_DYNAMIC) {
        elf_close(&file);
        return false;
    }
    append(lookup->search, path, &file, lookup->needed_by);
    return true;
}

static bool try_directory(struct lookup *lookup, const char *directory, size_t length)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%.*s/%s", (int)length, directory, lookup->name);
    return n > 0 && (size_t)n < sizeof path && try_path(path, lookup);
}

/* Replaces $ORIGIN or ${ORIGIN} at the start, where alone it is of use; other variables stay. */
static bool try_expanded(struct lookup *lookup, const struct library *owner, const char *directory,
                         size_t length)
{
    static const char *const variables[] = {"$ORIGIN", "${ORIGIN}"};
    for (size_t i = 0; i < 2; i++) {
        size_t skip = strlen(variables[i]);
        const char *slash = strrchr(owner->path, '/');
        if (!slash || length < skip || strncmp(directory, variables[i], skip) != 0)
            continue;
        char path[PATH_MAX];
        int n = snprintf(path, sizeof path, "%.*s%.*s", (int)(slash - owner->path), owner->path,
                         (int)(length - skip), directory + skip);
        return n > 0 && (size_t)n < sizeof path && try_directory(lookup, path, (size_t)n);
    }
    return try_directory(lookup, directory, length);
}

/* A list as in LD_LIBRARY_PATH or DT_RUNPATH; an empty element is the current directory. */
static bool try_list(struct lookup *lookup, const struct library *owner, const char *list)
{
    if (!list || !*list)
        return false;
    for (;;) {
        size_t length = strcspn(list, ":;");
        if (length ? try_expanded(lookup, owner, list, length) : try_directory(lookup, ".", 1))
            return true;
        if (!list[length])
            return false;
        list += length + 1;
    }
}

static bool try_rpaths(struct lookup *lookup)
{
    if (lookup->needed_by->file.runpath)
        return false;
    for (const struct library *owner = lookup->needed_by; owner; owner = owner->needed_by)
        if (!owner->file.runpath && try_list(lookup, owner, owner->file.rpath))
            return true;
    return false;
}

static bool try_standard(struct lookup *lookup)
{
    for (size_t i = 0; standard_directories[i]; i++)
        if (try_directory(lookup, standard_directories[i], strlen(standard_directories[i])))
            return true;
    return false;
}

static void find(struct search *search, const struct library *needed_by, const char *name)
{
    struct lookup lookup = {search, needed_by, name};
    if (strchr(name, '/')) {
        try_path(name, &lookup);
        return;
    }
    (void)(try_rpaths(&lookup) || try_list(&lookup, needed_by, getenv("LD_LIBRARY_PATH")) ||
           try_list(&lookup, needed_by, needed_by->file.runpath) ||
           ldcache_each(name, try_path, &lookup) || try_standard(&lookup));
}

static bool seen_before(struct search *search, const char *name)
{
    for (size_t i = 0; i < search->seen_count; i++)
        if (strcmp(search->seen[i], name) == 0)
            return true;
    search->seen = checked(realloc(search->seen, (search->seen_count + 1) * sizeof(char *)));
    search->seen[search->seen_count++] = checked(strdup(name));
    return false;
}

static bool listed(const char *name, const char *const names[])
{
    for (size_t i = 0; names[i]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Whether this one file needs a listed library; others that it needs are put at the end. */
static bool visit(struct search *search, const struct library *library, const char *const names[])
{
    size_t position = 0;
    const char *name;
    while ((name = elf_needed(&library->file, &position))) {
        if (listed(name, names))
            return true;
        if (!seen_before(search, name))
            find(search, library, name);
    }
    return false;
}

/* The program itself is the caller's. */
static void release(struct search *search)
{
    struct library *next;
    for (struct library *library = search->first->next; library; library = next) {
        next = library->next;
        elf_close(&library->file);
        free((char *)library->path);
        free(library);
    }
    for (size_t i = 0; i < search->seen_count; i++)
        free(search->seen[i]);
    free(search->seen);
}

bool deps_need(const struct elf_file *file, const char *path, const char *const names[])
{
    struct library program = {.path = path, .file = *file};
    struct search search = {.first = &program, .last = &program};
    bool found = false;
    for (struct library *library = &program; library && !found; library = library->next)
        found = visit(&search, library, names);
    release(&search);
    return found;
}
