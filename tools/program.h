/*
 * The program that "spangc run" is to run: where it lies, and what spangc can do for it.
 */
#ifndef SPANGC_TOOLS_PROGRAM_H
#define SPANGC_TOOLS_PROGRAM_H

#include <stdbool.h>

/* Exit statuses as env(1) and nohup(1) use them. */
enum {
    EXIT_OWN_FAILURE = 125,
    EXIT_CANNOT_RUN = 126,
    EXIT_NOT_FOUND = 127,
};

/* Prints "spangc: NAME: MESSAGE" on standard error. */
void complain(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The file that execvp would run for that name; to be freed. NULL: there is none, or it may not be
 * run; that was said on standard error, and *status is what to exit with.
 */
char *program_find(const char *name, int *status);

/*
 * Says on standard error if spangc will have nothing to do for this program, and why. False: it
 * must not see spangc's environment, or cannot be run at all (*status is not 0 then).
 */
bool program_examine(const char *name, const char *path, int *status);

#endif
