/*
 * line_edit.c – lines that can be edited and recalled, by libedit.
 */
#include "heap.h"
#include "line.h"

#include <editline/readline.h>
#include <stdlib.h>
#include <string.h>

char *read_console_line(const char *prompt)
{
    char *line = readline(prompt);
    if (!line) {
        return NULL;
    }
    if (*line) {
        add_history(line);
    }
    Buffer copy = {0};
    buffer_put(&copy, line, strlen(line));
    buffer_put(&copy, "\n", 2);
    free(line);
    return copy.data;
}
