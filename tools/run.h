/*
 * spangc run [--trace] [--summary] [--stress BYTES] PROGRAM [ARGUMENT...]: runs the program with
 * libspangc preloaded and the drop-in libraries found first.
 */
#ifndef SPANGC_TOOLS_RUN_H
#define SPANGC_TOOLS_RUN_H

/* argv[0] is "run". Returns only when the program could not be started: the exit status. */
int run_command(int argc, char **argv);

#endif
