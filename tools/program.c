/* See program.h. */

#include "program.h"

#include "deps.h"
#include "elffile.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Interpreters of interpreters; the kernel follows about as many. */
#define SCRIPT_DEPTH 5

/* The longest first line of a script that is looked at (the kernel: 256 bytes). */
#define SCRIPT_LINE 256

static const char *const collector_libraries[] = {"libgc.so.1", "libspangc.so.0", NULL};

void complain(const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "spangc: %s: ", name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* 0, or the errno for which execve would refuse the file. */
static int refusal(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno;
    if (!S_ISREG(status.st_mode))
        return EACCES;
    return access(path, X_OK) == 0 ? 0 : errno;
}

static char *copy_or_exit(const char *path)
{
    char *copy = strdup(path);
    if (!copy) {
        fputs("spangc: out of memory\n", stderr);
        exit(EXIT_OWN_FAILURE);
    }
    return copy;
}

/* The first file in $PATH that may be run. *error is set as execvp would set errno. */
static char *find_in_path(const char *name, int *error)
{
    const char *list = getenv("PATH");
    if (!list)
        list = "/bin:/usr/bin";
    *error = ENOENT;
    for (;;) {
        size_t length = strcspn(list, ":");
        char path[PATH_MAX];
        int n = snprintf(path, sizeof path, "%.*s%s%s", (int)length, list, length ? "/" : "", name);
        if (n > 0 && (size_t)n < sizeof path) {
            int refused = refusal(path);
            if (refused == 0)
                return copy_or_exit(path);
            if (refused == EACCES)
                *error = EACCES;
        }
        if (!list[length])
            return NULL;
        list += length + 1;
    }
}

char *program_find(const char *name, int *status)
{
    char *path = NULL;
    int error = *name ? 0 : ENOENT;
    if (strchr(name, '/')) {
        error = refusal(name);
        if (error == 0)
            path = copy_or_exit(name);
    } else if (*name) {
        path = find_in_path(name, &error);
    }
    if (path)
        return path;
    *status = error == ENOENT || error == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
    complain(name, "%s", strerror(error));
    return NULL;
}

/* Does the kernel give the program other rights than ours, so that its loader preloads nothing? */
static bool gains_rights(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return false;
    if ((status.st_mode & S_ISUID) && status.st_uid != getuid())
        return true;
    if ((status.st_mode & S_ISGID) && status.st_gid != getgid())
        return true;
    return getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
}

/*
 * The program named on the first line of a script, or after /usr/bin/env there the one that env
 * will look for; to be freed. NULL: there is none.
 */
static char *interpreter_of(const struct elf_file *script)
{
    char line[SCRIPT_LINE + 1] = "";
    size_t length = script->size - 2 < SCRIPT_LINE ? script->size - 2 : SCRIPT_LINE;
    memcpy(line, script->data + 2, length);
    line[strcspn(line, "\n")] = '\0';

    char *rest;
    const char *word = strtok_r(line, " \t", &rest);
    if (!word)
        return NULL;
    const char *slash = strrchr(word, '/');
    if (strcmp(slash ? slash + 1 : word, "env") != 0)
        return copy_or_exit(word);
    while ((word = strtok_r(NULL, " \t", &rest)) && (*word == '-' || strchr(word, '=')))
        ;
    return word ? copy_or_exit(word) : NULL;
}

/* The dynamically linked program is read as its loader would. */
static bool examine_dynamic(const char *name, const char *what, const char *path,
                            const struct elf_file *file)
{
    if (!elf_same_libc(file)) {
        complain(name, "%suses another C library (%s): runs without spangc", what,
                 file->interpreter);
        return false;
    }
    if (gains_rights(path))
        complain(name,
                 "%sset-user-ID, set-group-ID or with capabilities, so nothing can be "
                 "preloaded: runs without spangc",
                 what);
    else if (!deps_need(file, path, collector_libraries))
        complain(name,
                 "%snot linked to libgc: only what it loads or starts later can run on "
                 "spangc",
                 what);
    return true;
}

/* Follows scripts to the program that runs them; what is "" or tells whom a message is about. */
static bool examine(const char *name, const char *what, const char *path, int depth, int *status);

static bool examine_script(const char *name, const struct elf_file *script, int depth, int *status)
{
    char *interpreter = interpreter_of(script);
    if (!interpreter || depth == 0) {
        free(interpreter);
        complain(name, "script without a program that could run it");
        *status = EXIT_CANNOT_RUN;
        return false;
    }
    char what[PATH_MAX + 32];
    snprintf(what, sizeof what, "script run by %s, ", interpreter);
    int error = 0;
    char *path =
        strchr(interpreter, '/') ? copy_or_exit(interpreter) : find_in_path(interpreter, &error);
    bool serve = true; /* where the interpreter is missing, that will be said by whoever needs it */
    if (path && refusal(path) == 0)
        serve = examine(name, what, path, depth - 1, status);
    free(path);
    free(interpreter);
    return serve;
}

static bool examine(const char *name, const char *what, const char *path, int depth, int *status)
{
    struct elf_file file;
    elf_open(&file, path);
    bool serve = true;
    switch (file.kind) {
    case ELF_UNREADABLE:
        complain(name, "%sruns, but cannot be read to see whether it is linked to libgc (%s)", what,
                 strerror(errno));
        break;
    case ELF_SCRIPT:
        serve = examine_script(name, &file, depth, status);
        break;
    case ELF_UNKNOWN:
    case ELF_DAMAGED:
        complain(name,
                 file.kind == ELF_DAMAGED ? "%sdamaged ELF file"
                                          : "%sneither an ELF program nor a script with #!",
                 what);
        *status = EXIT_CANNOT_RUN;
        serve = false;
        break;
    case ELF_FOREIGN:
        complain(name, "%sbuilt for another processor: runs without spangc", what);
        serve = false;
        break;
    case ELF_STATIC:
        complain(name, "%sstatically linked, so nothing can be preloaded: runs without spangc",
                 what);
        break;
    case ELF_DYNAMIC:
        if (file.interpreter)
            serve = examine_dynamic(name, what, path, &file);
        else
            complain(name, "%sstatically linked, so nothing can be preloaded: runs without spangc",
                     what);
        break;
    }
    elf_close(&file);
    return serve;
}

bool program_examine(const char *name, const char *path, int *status)
{
    *status = 0;
    return examine(name, "", path, SCRIPT_DEPTH, status);
}
