/* main.c: runs the rows of the table, each in a process of its own with a time limit.
 *
 *   roots [options] [ROW...]
 *     --list          names and texts of the rows
 *     --tsv           results for programs: name, expectation, same, other, text
 *     --limit SECONDS how long a row may take (20)
 *     --verbose       let the rows' standard error through
 *
 * A result is "50/50", "crash", "hang", "missing" (this collector has no such function) or "n/a"
 * (this machine, or this way of linking, cannot do it). The exit status tells only whether the
 * rows could be run; tests/roots/check compares with what is expected.
 *
 * Inside, `roots --run ROW same|other` runs one row here and prints one line: "kept N", or what
 * support.c says.
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <gc.h>
#include "roots.h"

enum { space_bytes = (items + 4) * sizeof(void *), result_bytes = 256 };

static const struct row *const groups[] = {control_rows,  tls_rows,    stack_rows, coroutine_rows,
                                           register_rows, flight_rows, data_rows,  not_rows};

static struct {
    int limit_s;
    bool tsv, verbose;
} options = {.limit_s = 20};

/* ---- The rows ---- */

static const struct row *next_row(const struct row *row)
{
    size_t group = 0;
    if (row == NULL)
        return groups[0];
    if (row[1].name != NULL)
        return row + 1;
    for (;; group++)
        for (const struct row *r = groups[group]; r->name != NULL; r++)
            if (r == row)
                return group + 1 < sizeof groups / sizeof *groups ? groups[group + 1] : NULL;
}

static const struct row *find_row(const char *name)
{
    for (const struct row *r = next_row(NULL); r != NULL; r = next_row(r))
        if (strcmp(r->name, name) == 0)
            return r;
    fprintf(stderr, "roots: no row %s; --list names them\n", name);
    exit(2);
}

/* ---- In the row's process ---- */

static int run_here(const char *name, const char *mode, char *space)
{
    const struct row *row = find_row(name);
    argument_space = space;
    environment_space = getenv("ROOTS_SPACE");
    collect_in_same_thread = strcmp(mode, "same") == 0;
    GC_INIT();
    collector_start();
    row->run();
    printf("kept %u\n", items_kept_last());
    fflush(stdout);
    _exit(0);
}

/* ---- Around it ---- */

static pid_t start_row(const struct row *row, const char *mode, int output)
{
    static char space[space_bytes + 1];
    pid_t child = fork();
    if (child != 0)
        return child;
    memset(space, 'x', space_bytes);
    setenv("ROOTS_SPACE", space, 1);
    setenv("ASAN_OPTIONS", ROOTS_ASAN_OPTIONS, 1);
    dup2(output, STDOUT_FILENO);
    if (!options.verbose)
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    execl("/proc/self/exe", "roots", "--run", row->name, mode, space, NULL);
    _exit(127);
}

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads up to the end of the output. False: time is up. */
static bool read_result(int input, char *text)
{
    long deadline = milliseconds() + options.limit_s * 1000L;
    size_t length = 0;
    for (;;) {
        long left = deadline - milliseconds();
        struct pollfd wait = {.fd = input, .events = POLLIN};
        if (left <= 0 || poll(&wait, 1, (int)left) <= 0)
            return false;
        ssize_t n = read(input, text + length, result_bytes - 1 - length);
        if (n <= 0)
            return true;
        length += (size_t)n;
        text[length] = '\0';
    }
}

/* From what the process printed, and how it ended, to what the table shows. */
static void interpret(char *text, int status)
{
    unsigned kept;
    text[strcspn(text, "\n")] = '\0';
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        strcpy(text, "crash");
    else if (sscanf(text, "kept %u", &kept) == 1)
        sprintf(text, "%u/%d", kept, items);
    else if (strncmp(text, "skip ", 5) == 0)
        strcpy(text, "n/a");
    else if (strncmp(text, "missing ", 8) == 0)
        strcpy(text, "missing");
}

static void run_row(const struct row *row, const char *mode, char *text)
{
    int ends[2];
    int status = 0;
    *text = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0)
        exit(2);
    pid_t child = start_row(row, mode, ends[1]);
    close(ends[1]);
    bool ended = read_result(ends[0], text);
    if (!ended)
        kill(child, SIGKILL);
    waitpid(child, &status, 0);
    close(ends[0]);
    if (ended)
        interpret(text, status);
    else
        strcpy(text, "hang");
}

static void print_row(const struct row *row)
{
    char same[result_bytes], other[result_bytes];
    run_row(row, "same", same);
    run_row(row, "other", other);
    if (options.tsv)
        printf("%s\t%s\t%s\t%s\t%s\n", row->name, row->expectation == ALL_KEPT ? "all" : "none",
               same, other, row->text);
    else
        printf("| %s | %s | %s |\n", row->text, same, other);
    fflush(stdout);
}

static int list_rows(void)
{
    for (const struct row *r = next_row(NULL); r != NULL; r = next_row(r))
        printf("%-26s %s\n", r->name, r->text);
    return 0;
}

int main(int argc, char **argv)
{
    enum { LIST = 1, TSV, LIMIT, VERBOSE };
    static const struct option known[] = {{"list", no_argument, NULL, LIST},
                                          {"tsv", no_argument, NULL, TSV},
                                          {"limit", required_argument, NULL, LIMIT},
                                          {"verbose", no_argument, NULL, VERBOSE},
                                          {NULL, 0, NULL, 0}};
    int c;
    if (argc == 5 && strcmp(argv[1], "--run") == 0)
        return run_here(argv[2], argv[3], argv[4]);
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == LIST)
            return list_rows();
        if (c == '?')
            return 2;
        options.tsv |= c == TSV;
        options.verbose |= c == VERBOSE;
        if (c == LIMIT)
            options.limit_s = atoi(optarg);
    }
    if (!options.tsv)
        printf("| where the only pointer is | collected by the same thread | by another |\n"
               "| --- | --- | --- |\n");
    for (const struct row *r = next_row(NULL); optind == argc && r != NULL; r = next_row(r))
        print_row(r);
    for (; optind < argc; optind++)
        print_row(find_row(argv[optind]));
    return 0;
}
