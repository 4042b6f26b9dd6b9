/*
 * line_plain.c – lines as the terminal delivers them, where libedit is missing.
 */
#include "heap.h"
#include "line.h"

#include <stdio.h>
#include <string.h>

char *read_console_line(const char *prompt)
{
    char chunk[512];
    Buffer line = {0};
    fputs(prompt, stdout);
    fflush(stdout);
    while (fgets(chunk, sizeof chunk, stdin)) {
        buffer_put(&line, chunk, strlen(chunk));
        if (strchr(chunk, '\n')) {
            break;
        }
    }
    if (line.length == 0) {
        return NULL;
    }
    buffer_put(&line, "", 1);
    return line.data;
}
