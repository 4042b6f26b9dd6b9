/*
 * See run.h. The library directory (the one that holds libspangc.so.0 and spangc/, the drop-in
 * directory) is looked for in this order: $SPANGC_LIBDIR and nowhere else; where an installed
 * spangc command has it, relative to the command; dropin/ of the build tree; the configured one.
 */

#define _GNU_SOURCE /* asprintf */

#include "run.h"

#include "program.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "libspangc.so.0"

struct settings {
    bool trace, summary;
    const char *stress; /* bytes between two collections, or NULL */
};

static int usage_error(const char *message)
{
    fprintf(stderr, "spangc: run: %s (see spangc --help)\n", message);
    return EXIT_OWN_FAILURE;
}

/* With an optional suffix, as the library reads it. */
static bool positive_size(const char *text)
{
    if (*text < '0' || *text > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*end != '\0' && strchr("kKmMgG", *end) != NULL)
        end++;
    if (*end && strchr("kKmMgG", *end))
        end++;
    return errno == 0 && *end == '\0' && value > 0;
}

/* 0 and optind at PROGRAM, or the exit status. */
static int parse(int argc, char **argv, struct settings *settings)
{
    static const struct option options[] = {
        {"trace", no_argument, NULL, 't'},
        {"summary", no_argument, NULL, 's'},
        {"stress", required_argument, NULL, 'S'},
        {NULL, 0, NULL, 0},
    };
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:", options, NULL)) != -1) {
        switch (option) {
        case 't':
            settings->trace = true;
            break;
        case 's':
            settings->summary = true;
            break;
        case 'S':
            if (!positive_size(optarg))
                return usage_error("--stress wants a number of bytes");
            settings->stress = optarg;
            break;
        case ':':
            return usage_error("--stress wants a number of bytes");
        default:
            return usage_error("unknown option");
        }
    }
    return optind < argc ? 0 : usage_error("which program?");
}

static bool holds_library(const char *directory)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", directory, LIBRARY);
    return n > 0 && (size_t)n < sizeof path && access(path, R_OK) == 0;
}

/* Makes directory, given relative to the one in which this command lies, absolute. */
static bool beside_command(const char *directory, char absolute[PATH_MAX])
{
    char command[PATH_MAX], path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", command, sizeof command - 1);
    if (length < 0)
        return false;
    command[length] = '\0';
    char *slash = strrchr(command, '/');
    if (!slash)
        return false;
    int n = snprintf(path, sizeof path, "%.*s/%s", (int)(slash - command), command, directory);
    return n > 0 && (size_t)n < sizeof path && realpath(path, absolute) && holds_library(absolute);
}

static bool find_libdir(char absolute[PATH_MAX])
{
    const char *chosen = getenv("SPANGC_LIBDIR");
    if (chosen && *chosen)
        return realpath(chosen, absolute) && holds_library(absolute);
    if (*SPANGC_LIBDIR_FROM_BINDIR && beside_command(SPANGC_LIBDIR_FROM_BINDIR, absolute))
        return true;
    if (beside_command("../dropin", absolute))
        return true;
    return realpath(SPANGC_LIBDIR, absolute) && holds_library(absolute);
}

/* NAME=first:old, or NAME=first where the variable is unset or empty. */
static bool prepend(const char *name, const char *first)
{
    const char *old = getenv(name);
    if (!old || !*old)
        return setenv(name, first, 1) == 0;
    char *value;
    if (asprintf(&value, "%s:%s", first, old) < 0)
        return false;
    bool done = setenv(name, value, 1) == 0;
    free(value);
    return done;
}

/*
 * LD_PRELOAD takes a space for a separator as well, so a directory with one is left to
 * LD_LIBRARY_PATH; the drop-in directory has the library too.
 */
static bool set_loader_paths(const char *libdir)
{
    char dropin[PATH_MAX + 8], library[PATH_MAX + sizeof LIBRARY + 1];
    snprintf(dropin, sizeof dropin, "%s/spangc", libdir);
    snprintf(library, sizeof library, "%s/%s", libdir, LIBRARY);
    return prepend("LD_LIBRARY_PATH", dropin) &&
           prepend("LD_PRELOAD", strpbrk(libdir, " \t\n") ? LIBRARY : library);
}

static bool set_environment(const char *libdir, const struct settings *settings)
{
    return set_loader_paths(libdir) && (!settings->trace || setenv("SPANGC_TRACE", "1", 1) == 0) &&
           (!settings->summary || setenv("SPANGC_SUMMARY", "1", 1) == 0) &&
           (!settings->stress || setenv("SPANGC_STRESS", settings->stress, 1) == 0);
}

/* 0, or the exit status after a message. */
static int prepare(const struct settings *settings)
{
    char libdir[PATH_MAX];
    if (!find_libdir(libdir)) {
        const char *chosen = getenv("SPANGC_LIBDIR");
        fprintf(stderr, "spangc: run: no %s in %s\n", LIBRARY,
                chosen && *chosen ? chosen
                                  : "the directories beside this command or " SPANGC_LIBDIR);
        return EXIT_OWN_FAILURE;
    }
    if (strpbrk(libdir, ":;$")) {
        fprintf(stderr,
                "spangc: run: %s: the dynamic loader cannot be given a name with : ; or $\n",
                libdir);
        return EXIT_OWN_FAILURE;
    }
    if (!set_environment(libdir, settings)) {
        perror("spangc: run: environment");
        return EXIT_OWN_FAILURE;
    }
    return 0;
}

int run_command(int argc, char **argv)
{
    struct settings settings = {0};
    int status = parse(argc, argv, &settings);
    if (status != 0)
        return status;
    char **program = argv + optind;
    char *path = program_find(program[0], &status);
    if (!path)
        return status;
    if (program_examine(program[0], path, &status))
        status = prepare(&settings);
    if (status == 0) {
        execv(path, program);
        status = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
        complain(program[0], "%s", strerror(errno));
    }
    free(path);
    return status;
}
