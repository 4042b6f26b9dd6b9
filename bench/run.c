/*
 * Runs the benchmark programs, built against several collectors, and compares.
 *
 *   bench/run [options] NAME=PATTERN[,VARIABLE=VALUE]... ...
 *
 * Each variant is a name, the path of its programs with % for the program's name, and environment
 * variables that it needs, so that one build can be run with several libraries:
 *
 *   bench/run spangc=bench/%-spangc libgc=bench/%-libgc
 *   bench/run preloaded=bench/%-libgc,LD_PRELOAD=.libs/libspangc.so libgc=bench/%-libgc
 *
 * The last variant is the base. Within a row the variants take turns, so that a change in the
 * machine's speed meets all of them; what is compared are medians. A row reads: median time of the
 * variant and of the base, their ratio (below 1 the variant is faster), how far the base's own
 * runs lie from its median, and the ratios of processor time and of peak memory. The time is that
 * of the whole process, except where a program reports its own (see bench.h).
 *
 * A run during which the host of a virtual machine took more than a twentieth of the processors'
 * time is repeated, up to five times.
 *
 * A program that fails makes its row FAILED and the exit status 1. One that a variant has not got
 * is skipped, like one that says itself that it makes no sense there.
 *
 * --csv writes every single run, for bench/report.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_RUNS = 100,
    MAX_VARIANTS = 8,
    MAX_ARGUMENTS = 16,
    MAX_EXTRA = 32,   /* rows given on the command line */
    MAX_REPEATS = 5,  /* of a run that the host disturbed */
    DISTURBED = 20,   /* if it took one in so many ticks */
    TAIL = 1000,      /* characters kept of a program's output */
    SKIPPED_EXIT = 77 /* as in bench.h */
};

/* A benchmark: the program and its arguments, in full and just to see that it works. */
struct row {
    const char *name;
    const char *command;
    const char *quick;
    bool basic; /* run unless others are asked for; bench/goals knows these by their names */
};

static const struct row rows[] = {
    {"gcbench", "gcbench depth=16", "gcbench depth=8", true},
    {"gcbench-2t", "gcbench depth=16 threads=2", "gcbench depth=8 threads=2", true},
    {"trees", "trees depth=16", "trees depth=10", true},
    {"trees-2t", "trees depth=16 threads=2", "trees depth=10 threads=2", true},
    {"small-16", "small size=16 count=10000000", "small size=16 count=100000", true},
    {"small-64", "small size=64 count=8000000", "small size=64 count=100000", true},
    {"small-256", "small size=256 count=4000000", "small size=256 count=100000", true},
    {"small-16-2t", "small size=16 count=5000000 threads=2", "small size=16 count=50000 threads=2",
     true},
    {"small-64-2t", "small size=64 count=4000000 threads=2", "small size=64 count=50000 threads=2",
     true},
    {"small-256-2t", "small size=256 count=2000000 threads=2",
     "small size=256 count=50000 threads=2", true},
    {"lifetimes", "lifetimes live=100 count=3000000", "lifetimes live=2 count=50000", true},
    {"lifetimes-2t", "lifetimes live=100 count=1500000 threads=2",
     "lifetimes live=2 count=25000 threads=2", true},
    {"lifetimes-500-2t", "lifetimes live=500 count=3000000 threads=2",
     "lifetimes live=4 count=25000 threads=2", true},
    {"mark-1", "graph mb=256 size=32 marks=2 markers=1", "graph mb=2 size=32 marks=2 markers=1",
     true},
    {"mark-2", "graph mb=256 size=32 marks=5 markers=2", "graph mb=2 size=32 marks=2 markers=2",
     true},
    {"mark-ordered", "graph mb=256 size=32 order=sequential marks=2",
     "graph mb=2 size=32 order=sequential marks=2", true},
    {"mark-list", "graph mb=64 size=32 shape=list marks=2", "graph mb=2 size=32 shape=list marks=2",
     true},
    {"large", "large count=400", "large count=20 max=4 live=16", true},
    {"strings", "strings count=400000 length=1000", "strings count=10000 length=1000", true},
    {"hashtab", "hashtab count=1000000", "hashtab count=30000", true},
    {"finalize", "finalize count=1000000", "finalize count=30000", true},
    {"threads", "threads rounds=300", "threads rounds=10", true},
    {"forks", "forks forks=40", "forks forks=2 live=1 objects=20000", true},
    {"queue", "queue count=300000", "queue count=10000", true},

    {"small-32", "small size=32 count=10000000", "small size=32 count=100000", false},
    {"small-128", "small size=128 count=6000000", "small size=128 count=100000", false},
    {"window-64", "small size=64 count=10000000 window=1000",
     "small size=64 count=100000 window=1000", false},
    {"mark-64", "graph mb=512 marks=1", "graph mb=2 marks=2", false},
    {"large-2t", "large count=200 threads=2", "large count=10 max=4 live=16 threads=2", false},
    {"strings-2t", "strings count=200000 length=1000 threads=2",
     "strings count=5000 length=1000 threads=2", false},
    {"strings-short", "strings count=2000000", "strings count=50000", false},
    {"hashtab-2t", "hashtab count=500000 threads=2", "hashtab count=15000 threads=2", false},
};

enum { ROWS = sizeof rows / sizeof *rows };

struct variant {
    const char *name;
    const char *pattern;
    char *environment[MAX_ARGUMENTS]; /* VARIABLE=VALUE, ended by a null pointer */
};

enum status { FINE, SKIPPED, FAILED };

/* One run of a program. */
struct sample {
    double seconds; /* of the whole process, or as it reports */
    double cpu_seconds;
    double rss_kb;
    double collections; /* negative, like the next: the program does not tell */
    double longest_stop_us;
};

/* All runs of one variant in one row; after one that is not FINE there are no more. */
struct result {
    struct sample samples[MAX_RUNS];
    int count;
    enum status status;
};

static struct {
    struct variant variants[MAX_VARIANTS];
    int variant_count;
    int runs;
    double timeout;
    const char *pattern;
    struct row extra[MAX_EXTRA];
    int extra_count;
    bool quick;
    bool full;
    bool list;
    const char *csv_path;
    FILE *csv;
} options = {.runs = 5, .timeout = 120};

static _Noreturn void die(const char *what, const char *which)
{
    fprintf(stderr, "bench/run: %s %s\n", what, which);
    exit(2);
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* ---- One run -------------------------------------------------------------------------------- */

/* A program that runs, or has run. */
struct process {
    pid_t pid;
    int output;      /* read end of the pipe that is its stdout and stderr */
    char tail[TAIL]; /* the last of what it wrote, always ended by a NUL */
    int wait_status;
    bool timed_out;
    struct rusage usage;
};

/* The path of a program of the variant: the pattern with % replaced. */
static void program_path(const struct variant *variant, const char *program, char *path,
                         size_t size)
{
    const char *mark = strchr(variant->pattern, '%');
    int length = snprintf(path, size, "%.*s%s%s", (int)(mark - variant->pattern), variant->pattern,
                          program, mark + 1);

    if (length < 0 || (size_t)length >= size)
        die("too long:", variant->pattern);
}

/* In the new process: becomes the program, with its output in the pipe. */
static _Noreturn void become(const struct variant *variant, const char *command, int output)
{
    static char path[4096], words[1024];
    char *arguments[MAX_ARGUMENTS + 1];
    int count = 0;

    snprintf(words, sizeof words, "%s", command);
    for (char *word = strtok(words, " "); word != NULL && count < MAX_ARGUMENTS;
         word = strtok(NULL, " "))
        arguments[count++] = word;
    arguments[count] = NULL;
    program_path(variant, arguments[0], path, sizeof path);
    arguments[0] = path;

    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    for (char *const *setting = variant->environment; *setting != NULL; setting++)
        putenv(*setting);
    execv(path, arguments);
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    _exit(127);
}

static void process_start(struct process *process, const struct variant *variant,
                          const char *command)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        die("no pipe:", strerror(errno));
    process->pid = fork();
    if (process->pid < 0)
        die("no fork:", strerror(errno));
    if (process->pid == 0)
        become(variant, command, ends[1]);
    close(ends[1]);
    process->output = ends[0];
}

/* Keeps the end of all that was written. */
static void tail_append(char *tail, const char *text, size_t length)
{
    size_t kept = strlen(tail);

    if (length > TAIL - 1) {
        text += length - (TAIL - 1);
        length = TAIL - 1;
    }
    size_t surplus = kept + length > TAIL - 1 ? kept + length - (TAIL - 1) : 0;
    memmove(tail, tail + surplus, kept - surplus);
    memcpy(tail + kept - surplus, text, length);
    tail[kept - surplus + length] = '\0';
}

/* Reads what the program writes until its end or the time limit. */
static void process_read(struct process *process, double deadline)
{
    char text[TAIL];

    for (;;) {
        struct pollfd ready = {.fd = process->output, .events = POLLIN};
        double left = deadline - now();
        if (left <= 0 || poll(&ready, 1, (int)(left * 1000) + 1) == 0) {
            process->timed_out = true;
            kill(process->pid, SIGKILL);
            return;
        }
        ssize_t length = read(process->output, text, sizeof text);
        if (length == 0 || (length < 0 && errno != EINTR))
            return;
        for (ssize_t i = 0; i < length; i++)
            text[i] = text[i] == '\0' ? '?' : text[i];
        if (length > 0)
            tail_append(process->tail, text, (size_t)length);
    }
}

static enum status process_status(const struct process *process)
{
    if (process->timed_out || !WIFEXITED(process->wait_status))
        return FAILED;
    int code = WEXITSTATUS(process->wait_status);
    return code == 0 ? FINE : code == SKIPPED_EXIT ? SKIPPED : FAILED;
}

static void report_failure(const struct process *process, const struct variant *variant,
                           const char *command)
{
    fprintf(stderr, "FAILED (%s): %s: ", variant->name, command);
    if (process->timed_out)
        fprintf(stderr, "no end after %g s\n", options.timeout);
    else if (WIFSIGNALED(process->wait_status))
        fprintf(stderr, "%s\n", strsignal(WTERMSIG(process->wait_status)));
    else
        fprintf(stderr, "exit status %d\n", WEXITSTATUS(process->wait_status));
    fprintf(stderr, "%s", process->tail);
}

/* The number after the name in what the program wrote, or the one given. */
static double reported(const struct process *process, const char *name, double otherwise)
{
    const char *figure = strstr(process->tail, name);

    return figure != NULL ? atof(figure + strlen(name)) : otherwise;
}

static bool has_program(const struct variant *variant, const char *command)
{
    char path[4096], program[256];

    snprintf(program, sizeof program, "%.*s", (int)strcspn(command, " "), command);
    program_path(variant, program, path, sizeof path);
    return access(path, X_OK) == 0;
}

static enum status run_once(const struct variant *variant, const char *command,
                            struct sample *sample)
{
    if (!has_program(variant, command))
        return SKIPPED;
    struct process process = {.pid = 0};
    double start = now();

    process_start(&process, variant, command);
    process_read(&process, start + options.timeout);
    close(process.output);
    while (wait4(process.pid, &process.wait_status, 0, &process.usage) < 0 && errno == EINTR)
        ;
    double elapsed = now() - start;
    double cpu = seconds_of(process.usage.ru_utime) + seconds_of(process.usage.ru_stime);
    *sample = (struct sample){
        .seconds = reported(&process, "metric_ms=", elapsed * 1000) / 1000,
        .cpu_seconds = reported(&process, "metric_cpu_ms=", cpu * 1000) / 1000,
        .rss_kb = (double)process.usage.ru_maxrss,
        .collections = reported(&process, "collections=", -1),
        .longest_stop_us = reported(&process, "longest_stop_us=", -1),
    };
    enum status status = process_status(&process);
    if (status == FAILED)
        report_failure(&process, variant, command);
    return status;
}

/* ---- What the host takes -------------------------------------------------------------------- */

/* Of all processors, in ticks. */
struct ticks {
    unsigned long long all;
    unsigned long long stolen;
};

/* Nothing where the system does not tell. */
static struct ticks ticks_now(void)
{
    struct ticks ticks = {0, 0};
    FILE *file = fopen("/proc/stat", "r");

    if (file == NULL)
        return ticks;
    if (fscanf(file, "cpu") == 0)
        for (int field = 0; field < 8 && fscanf(file, "%llu", &ticks.stolen) == 1; field++)
            ticks.all += ticks.stolen;
    fclose(file);
    return ticks;
}

static bool host_took_much_since(struct ticks before)
{
    struct ticks after = ticks_now();

    return (after.stolen - before.stolen) * DISTURBED > after.all - before.all;
}

static enum status run_undisturbed(const struct variant *variant, const char *command,
                                   struct sample *sample)
{
    for (int repeats = 0;; repeats++) {
        struct ticks before = ticks_now();
        enum status status = run_once(variant, command, sample);
        if (status != FINE || repeats == MAX_REPEATS || !host_took_much_since(before))
            return status;
    }
}

/* ---- One row -------------------------------------------------------------------------------- */

static const char *row_command(const struct row *row)
{
    return options.quick ? row->quick : row->command;
}

/* First our rows, then those of the command line. */
static int row_count(void)
{
    return ROWS + options.extra_count;
}

static const struct row *row_at(int i)
{
    return i < ROWS ? &rows[i] : &options.extra[i - ROWS];
}

/* Rows of the command line take the place of ours, unless some of these are asked for. */
static bool row_chosen(int i)
{
    if (i >= ROWS)
        return true;
    if (options.pattern != NULL)
        return fnmatch(options.pattern, rows[i].name, 0) == 0;
    return options.full || (rows[i].basic && options.extra_count == 0);
}

static void csv_sample(const struct row *row, const struct variant *variant,
                       const struct result *result)
{
    static const char *const names[] = {
        [FINE] = "fine", [SKIPPED] = "skipped", [FAILED] = "FAILED"};
    const struct sample *sample = &result->samples[result->count];

    if (options.csv == NULL)
        return;
    fprintf(options.csv, "%s,%s,%d,%.6f,%.6f,%.0f,%.0f,%.0f,%s\n", row->name, variant->name,
            result->count + 1, sample->seconds, sample->cpu_seconds, sample->rss_kb,
            sample->collections, sample->longest_stop_us, names[result->status]);
    fflush(options.csv);
}

/* The variants take turns, each as often as asked for or until it fails. */
static void run_row(const struct row *row, struct result *results)
{
    memset(results, 0, MAX_VARIANTS * sizeof *results);
    for (int run = 0; run < options.runs; run++) {
        for (int v = 0; v < options.variant_count; v++) {
            struct result *result = &results[v];
            if (result->status != FINE)
                continue;
            result->status =
                run_undisturbed(&options.variants[v], row_command(row), &result->samples[run]);
            csv_sample(row, &options.variants[v], result);
            result->count++;
        }
    }
}

/* What of a sample is looked at. */
enum figure { SECONDS, CPU, RSS, FIGURES };

static double sample_figure(const struct sample *sample, enum figure figure)
{
    return figure == SECONDS ? sample->seconds
           : figure == CPU   ? sample->cpu_seconds
                             : sample->rss_kb;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct spread {
    double min;
    double median;
    double max;
};

static struct spread spread_of(const struct result *result, enum figure figure)
{
    double values[MAX_RUNS];
    int count = result->count;

    for (int i = 0; i < count; i++)
        values[i] = sample_figure(&result->samples[i], figure);
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return (struct spread){values[0], (values[count / 2] + values[(count - 1) / 2]) / 2,
                           values[count - 1]};
}

/* ---- The table ------------------------------------------------------------------------------ */

/* Logarithms of the ratios of all rows, for one variant. */
struct total {
    double logarithms[FIGURES];
    int rows;
};

static void print_header(void)
{
    struct utsname system;
    const struct variant *base = &options.variants[options.variant_count - 1];

    uname(&system);
    printf("%ld processors, %s %s, medians of %d runs, base %s\n", sysconf(_SC_NPROCESSORS_ONLN),
           system.sysname, system.release, options.runs, base->name);
    printf("%-16s %-10s %9s %9s %6s  %-11s %6s %6s\n", "row", "variant", "time", "base", "ratio",
           "base spread", "cpu", "rss");
    fflush(stdout);
}

static void print_time(double seconds)
{
    if (seconds < 1)
        printf(" %6.1f ms", seconds * 1000);
    else
        printf(" %7.3f s", seconds);
}

static void print_comparison(const struct result *result, const struct result *base,
                             struct total *total)
{
    struct spread own = spread_of(base, SECONDS);
    double ratios[FIGURES];

    for (enum figure figure = SECONDS; figure < FIGURES; figure++) {
        double divisor = spread_of(base, figure).median;
        double dividend = spread_of(result, figure).median;
        ratios[figure] = divisor > 0 && dividend > 0 ? dividend / divisor : 1;
        total->logarithms[figure] += log(ratios[figure]);
    }
    total->rows++;
    print_time(spread_of(result, SECONDS).median);
    print_time(own.median);
    printf(" %6.2f  %.2f - %.2f %6.2f %6.2f\n", ratios[SECONDS], own.min / own.median,
           own.max / own.median, ratios[CPU], ratios[RSS]);
}

/* One line for each variant but the base (for the base, if it is alone). Returns whether all is
 * well. */
static bool print_row(const struct row *row, const struct result *results, struct total *totals)
{
    int base = options.variant_count - 1;
    bool fine = results[base].status != FAILED;

    for (int v = 0; v < base || v == 0; v++) {
        printf("%-16s %-10s", row->name, options.variants[v].name);
        if (results[v].status == FAILED || results[base].status == FAILED)
            printf(" FAILED (%s)\n", options.variants[results[v].status == FAILED ? v : base].name);
        else if (results[v].status == SKIPPED || results[base].status == SKIPPED)
            printf(" skipped\n");
        else
            print_comparison(&results[v], &results[base], &totals[v]);
        fine = fine && results[v].status != FAILED;
    }
    fflush(stdout);
    return fine;
}

static double mean_of(const struct total *total, enum figure figure)
{
    return exp(total->logarithms[figure] / total->rows);
}

static void print_means(const struct total *totals)
{
    for (int v = 0; v < options.variant_count - 1 || v == 0; v++)
        if (totals[v].rows > 1)
            printf("%-16s %-10s %9s %9s %6.2f  %-11s %6.2f %6.2f\n", "geom. mean",
                   options.variants[v].name, "", "", mean_of(&totals[v], SECONDS), "",
                   mean_of(&totals[v], CPU), mean_of(&totals[v], RSS));
}

/* ---- The command line ----------------------------------------------------------------------- */

static void print_help(FILE *stream)
{
    fputs("usage: bench/run [options] NAME=PATTERN[,VARIABLE=VALUE]... ...\n"
          "  -n RUNS         runs of each variant in each row (5)\n"
          "  --rows PATTERN  only rows whose names match, out of all\n"
          "  --full          all rows, not only the basic ones\n"
          "  --row NAME=CMD  this row too: a program of the variants and its arguments\n"
          "  --quick         tiny sizes, just to see that everything works\n"
          "  --csv FILE      write every single run to a file\n"
          "  --timeout S     kill a run after so many seconds (120)\n"
          "  --list          list the rows that would be run\n"
          "PATTERN is a program's path with % for its name; the last variant is the base.\n",
          stream);
}

static void list_rows(void)
{
    for (int i = 0; i < row_count(); i++)
        if (row_chosen(i))
            printf("%-16s %s\n", row_at(i)->name, row_command(row_at(i)));
}

/* Takes NAME=COMMAND apart in place. */
static void extra_row(char *text)
{
    char *command = strchr(text, '=');

    if (command == NULL || options.extra_count == MAX_EXTRA)
        die("not NAME=COMMAND, or one too many:", text);
    *command++ = '\0';
    options.extra[options.extra_count++] = (struct row){text, command, command, false};
}

/* Takes NAME=PATTERN,VARIABLE=VALUE,... apart in place. */
static void variant_parse(struct variant *variant, char *text)
{
    char *pattern = strchr(text, '=');
    int settings = 0;

    if (pattern == NULL)
        die("not NAME=PATTERN:", text);
    *pattern++ = '\0';
    variant->name = text;
    variant->pattern = pattern;
    for (char *comma = strchr(pattern, ','); comma != NULL; comma = strchr(comma, ',')) {
        *comma++ = '\0';
        if (settings == MAX_ARGUMENTS - 1)
            die("too many variables:", variant->name);
        variant->environment[settings++] = comma;
    }
    if (strchr(pattern, '%') == NULL)
        die("no % in", pattern);
}

static FILE *csv_open(const char *path)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        die(path, strerror(errno));
    fprintf(file, "row,variant,run,seconds,cpu_seconds,maxrss_kb,collections,longest_stop_us,"
                  "status\n");
    return file;
}

static void parse_option(int option)
{
    switch (option) {
    case 'n':
        options.runs = atoi(optarg);
        if (options.runs < 1 || options.runs > MAX_RUNS)
            die("not a number of runs:", optarg);
        break;
    case 'r':
        options.pattern = optarg;
        break;
    case 'R':
        extra_row(optarg);
        break;
    case 'f':
        options.full = true;
        break;
    case 'q':
        options.quick = true;
        break;
    case 'c':
        options.csv_path = optarg;
        break;
    case 't':
        options.timeout = atof(optarg);
        if (!(options.timeout > 0))
            die("not a number of seconds:", optarg);
        break;
    case 'l':
        options.list = true;
        break;
    case 'h':
        print_help(stdout);
        exit(0);
    default:
        print_help(stderr);
        exit(2);
    }
}

static void parse_command_line(int argc, char **argv)
{
    static const struct option table[] = {
        {"rows", required_argument, NULL, 'r'},
        {"full", no_argument, NULL, 'f'},
        {"row", required_argument, NULL, 'R'},
        {"quick", no_argument, NULL, 'q'},
        {"csv", required_argument, NULL, 'c'},
        {"timeout", required_argument, NULL, 't'},
        {"list", no_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "n:h", table, NULL)) != -1)
        parse_option(option);
    for (; optind < argc; optind++) {
        if (options.variant_count == MAX_VARIANTS)
            die("too many variants:", argv[optind]);
        variant_parse(&options.variants[options.variant_count++], argv[optind]);
    }
    if (options.variant_count == 0 && !options.list) {
        print_help(stderr);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    static struct result results[MAX_VARIANTS];
    struct total totals[MAX_VARIANTS] = {{{0}, 0}};
    bool fine = true;

    parse_command_line(argc, argv);
    if (options.list) {
        list_rows();
        return 0;
    }
    if (options.csv_path != NULL)
        options.csv = csv_open(options.csv_path);
    print_header();
    for (int i = 0; i < row_count(); i++) {
        if (!row_chosen(i))
            continue;
        run_row(row_at(i), results);
        fine = print_row(row_at(i), results, totals) && fine;
    }
    print_means(totals);
    return fine ? 0 : 1;
}
