/*
 * line.h – a line from the person at the terminal.  The build chooses between line_edit.c, with
 * libedit, and line_plain.c.
 */
#ifndef SCHEME_LINE_H
#define SCHEME_LINE_H

/* The line with its newline, or NULL at the end of the input. */
char *read_console_line(const char *prompt);

#endif
