/*
 * Files that are closed when they have been forgotten.
 *
 *   files [FILES]
 *
 * Two finalizers work together. A writer collects text and writes it to its file when there is
 * enough of it; its finalizer writes what is left. The file's finalizer closes it. As the writer
 * points to the file, the collector finalizes the writer first: an object with a finalizer keeps
 * what it points to until it has run.
 *
 * A collector acts when memory is scarce, not when files are. So where no more files can be opened,
 * the program collects itself, and tries again. To show it, this one allows itself few of them.
 *
 * A program that knows when it is done with a file had better say so: close_writer does the same at
 * once, and takes the finalizers off.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gc.h>

enum { DEFAULT_FILES = 2000, MOST_OPEN = 40, LINES = 100, BUFFER_SIZE = 1000 };

struct file {
    int descriptor;
};

struct writer {
    struct file *file;
    size_t used;
    char buffer[BUFFER_SIZE];
};

static long opened, closed, closed_by_hand, collections_for_files;

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "wrong: %s\n", what);
        exit(1);
    }
}

/* ---- Files ----------------------------------------------------------------------------------- */

static void close_file(void *object, void *unused)
{
    struct file *file = object;
    (void)unused;
    require(close(file->descriptor) == 0, "close");
    closed++;
}

/* First for the writers that nobody uses, then for their files, which were kept by them. */
static void close_forgotten_files(void)
{
    for (int i = 0; i < 2; i++) {
        GC_gcollect();
        GC_invoke_finalizers(); /* those that have not been run by themselves yet */
    }
}

static int open_descriptor(const char *name)
{
    int descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (descriptor < 0 && errno == EMFILE) {
        collections_for_files++;
        close_forgotten_files();
        descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    }
    require(descriptor >= 0, "open");
    return descriptor;
}

static struct file *open_file(const char *name)
{
    struct file *file = GC_NEW(struct file);
    require(file != NULL, "out of memory");
    file->descriptor = open_descriptor(name);
    opened++;
    GC_REGISTER_FINALIZER(file, close_file, NULL, NULL, NULL);
    return file;
}

/* ---- Writers --------------------------------------------------------------------------------- */

static void write_out(struct writer *w)
{
    ssize_t written = write(w->file->descriptor, w->buffer, w->used);
    require(written == (ssize_t)w->used, "write");
    w->used = 0;
}

static void finish_writer(void *object, void *unused)
{
    (void)unused;
    write_out(object);
}

static struct writer *open_writer(const char *name)
{
    struct writer *w = GC_NEW(struct writer);
    require(w != NULL, "out of memory");
    w->file = open_file(name);
    GC_REGISTER_FINALIZER(w, finish_writer, NULL, NULL, NULL);
    return w;
}

static void put_line(struct writer *w, const char *line)
{
    size_t len = strlen(line);
    if (w->used + len > BUFFER_SIZE)
        write_out(w);
    memcpy(w->buffer + w->used, line, len);
    w->used += len;
}

static void close_writer(struct writer *w)
{
    GC_REGISTER_FINALIZER(w, NULL, NULL, NULL, NULL);
    GC_REGISTER_FINALIZER(w->file, NULL, NULL, NULL, NULL);
    finish_writer(w, NULL);
    close_file(w->file, NULL);
    closed_by_hand++;
}

/* ---- The program ----------------------------------------------------------------------------- */

static char directory[] = "/tmp/files.XXXXXX";

static void name_of(char name[64], long i)
{
    snprintf(name, 64, "%s/%ld", directory, i);
}

static void write_file(long i)
{
    char name[64], line[64];
    name_of(name, i);
    struct writer *w = open_writer(name);
    for (int k = 0; k < LINES; k++) {
        snprintf(line, sizeof line, "file %ld, line %d\n", i, k);
        put_line(w, line);
    }
    if (i % 10 == 0)
        close_writer(w);
}

static size_t expected_size(long i)
{
    size_t size = 0;
    char line[64];
    for (int k = 0; k < LINES; k++)
        size += (size_t)snprintf(line, sizeof line, "file %ld, line %d\n", i, k);
    return size;
}

/* How many files hold all of their text; removes them. */
static long complete_files(long files)
{
    long complete = 0;
    for (long i = 0; i < files; i++) {
        char name[64];
        struct stat status;
        name_of(name, i);
        require(stat(name, &status) == 0, "stat");
        complete += (size_t)status.st_size == expected_size(i);
        unlink(name);
    }
    rmdir(directory);
    return complete;
}

int main(int argc, char **argv)
{
    long files = argc > 1 ? atol(argv[1]) : DEFAULT_FILES;
    struct rlimit few = {MOST_OPEN, MOST_OPEN};

    GC_INIT();
    require(mkdtemp(directory) != NULL, "mkdtemp");
    require(setrlimit(RLIMIT_NOFILE, &few) == 0, "setrlimit");
    for (long i = 0; i < files; i++)
        write_file(i);
    close_forgotten_files();

    /* What happens to lie on the stack may keep the last few open. */
    long complete = complete_files(files);
    printf("%ld files opened, %ld closed (%ld by hand), %ld complete, %ld collections for files\n",
           opened, closed, closed_by_hand, complete, collections_for_files);
    require(opened == files, "not all files were opened");
    require(opened - closed < MOST_OPEN, "forgotten files were not closed");
    require(complete >= closed, "a file was closed before all of its text was written");
    return 0;
}
