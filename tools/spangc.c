/* The spangc command: chooses among its subcommands. */

#include "program.h"
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: spangc run [OPTION...] PROGRAM [ARGUMENT...]\n"
    "       spangc --help | --version\n"
    "\n"
    "Runs a program that is linked to the Boehm collector (libgc) on spangc instead.\n"
    "\n"
    "  --trace         a line on standard error for each collection (SPANGC_TRACE=1)\n"
    "  --summary       what the collector did, at exit (SPANGC_SUMMARY=1)\n"
    "  --stress BYTES  collect after every so many bytes of allocation, k, m or g (SPANGC_STRESS)\n"
    "\n"
    "The libraries are found beside this command, or in $SPANGC_LIBDIR.\n"
    "Exit status: the program's; 125 when spangc itself fails, 126 when the program\n"
    "cannot be run, 127 when it is not found.\n";

/* The status of a command whose whole work was to print. */
static int printed(void)
{
    if (fflush(stdout) == 0)
        return EXIT_SUCCESS;
    perror("spangc: standard output");
    return EXIT_OWN_FAILURE;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "run") == 0)
        return run_command(argc - 1, argv + 1);
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0) {
        fputs(usage, stdout);
        return printed();
    }
    if (strcmp(command, "--version") == 0) {
        puts(PACKAGE_STRING);
        return printed();
    }
    fputs(usage, stderr);
    return EXIT_OWN_FAILURE;
}
