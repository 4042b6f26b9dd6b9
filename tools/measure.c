/*
 * measure FILE PROGRAM [ARGUMENT...]: runs the program and writes to FILE one line, its run time in
 * seconds and its peak resident memory in KiB. For quickstart, since time(1) need not be installed.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int fail(const char *what)
{
    fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
    return 125;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("Usage: measure FILE PROGRAM [ARGUMENT...]\n", stderr);
        return 125;
    }
    double start = now();
    pid_t child = fork();
    if (child < 0)
        return fail("fork");
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(fail(argv[2]) + (errno == ENOENT ? 2 : 1));
    }
    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) < 0)
        if (errno != EINTR)
            return fail("wait4");
    double seconds = now() - start;

    FILE *result = fopen(argv[1], "w");
    if (!result || fprintf(result, "%.3f %ld\n", seconds, usage.ru_maxrss) < 0 ||
        fclose(result) != 0)
        return fail(argv[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
