/*
 * program.h – running programs: from files, from text, and line by line.
 */
#ifndef SCHEME_PROGRAM_H
#define SCHEME_PROGRAM_H

#include "port.h"

/* Evaluates every form of a port; the value of the last one is the result. */
Value load_port(Port *port);

/* Does the same, but reports what is raised and not caught on stderr.  False if that happened. */
bool run_port(Port *port, bool print_results);

/* Reads, evaluates and prints until the end of the input. */
void run_repl(void);

/* Evaluates the part of the library that is written in Scheme (prelude.c). */
void load_prelude(void);

/* What (command-line) answers */
void set_command_line(int count, char **words);

#endif
