/*
 * program.c – running programs: from files, from text, and line by line (the REPL).
 */
#include "program.h"
#include "compile.h"
#include "control.h"
#include "library.h"
#include "line.h"
#include "printer.h"
#include "reader.h"

#include <string.h>
#include <unistd.h>

Value load_port(Port *port)
{
    Value result = UNSPECIFIED;
    for (;;) {
        Value form = read_datum(port);
        if (form == EOF_OBJECT) {
            return result;
        }
        result = evaluate(form);
    }
}

/* Each value on a line of its own; nothing for the unspecified value */
static void print_result(Value result)
{
    Value *items = &result;
    size_t count = 1;
    if (has_type(result, T_VALUES)) {
        items = ((Values *)result)->items;
        count = ((Values *)result)->count;
    }
    for (size_t i = 0; i < count; i++) {
        if (items[i] != UNSPECIFIED) {
            print(current_output(), items[i], PRINT_WRITE);
            port_write(current_output(), "\n", 1);
        }
    }
}

/* One round of reading, evaluating and perhaps printing; the steps run under protected_call. */
typedef struct Round {
    Port *port;
    bool print_results;
    int64_t line; /* where the form starts */
} Round;

static Value run_round(void *argument)
{
    Round *round = argument;
    skip_space(round->port);
    round->line = round->port->line;
    if (port_peek(round->port) == END_OF_INPUT) {
        return EOF_OBJECT;
    }
    Value form = read_datum(round->port);
    if (form == EOF_OBJECT) {
        return EOF_OBJECT;
    }
    Value result = evaluate(form);
    if (round->print_results) {
        print_result(result);
    }
    return UNSPECIFIED;
}

bool run_port(Port *port, bool print_results)
{
    Round round = {port, print_results, 1};
    for (;;) {
        Value result;
        if (!protected_call(run_round, &round, &result)) {
            flush_output();
            fprintf(stderr, "%s:%lld: %s\n", port->name, (long long)round.line,
                    describe_uncaught(result));
            return false;
        }
        if (result == EOF_OBJECT) {
            return true;
        }
    }
}

/* The console: asks for another line whenever the reader has used up the last one. */

static bool inside_datum;

static bool is_blank(const char *line)
{
    line += strspn(line, " \t\r\n");
    return *line == '\0' || *line == ';';
}

static bool refill_from_console(Port *port)
{
    flush_output();
    char *line = read_console_line(inside_datum ? "... " : "> ");
    if (!line) {
        return false;
    }
    inside_datum = inside_datum || !is_blank(line);
    port->buffer.data = line;
    port->buffer.length = strlen(line);
    port->position = 0;
    return true;
}

void run_repl(void)
{
    bool interactive = isatty(STDIN_FILENO);
    Port *port = current_input();
    if (interactive) {
        port = open_input_lines(refill_from_console, "console");
        set_current_input(port);
    }
    Round round = {port, true, 1};
    Value result = UNSPECIFIED;
    while (result != EOF_OBJECT) {
        inside_datum = false;
        if (!protected_call(run_round, &round, &result)) {
            flush_output();
            fprintf(stderr, "%s\n", describe_uncaught(result));
            port->position = port->buffer.length;
            result = UNSPECIFIED;
        }
    }
    if (interactive) {
        port_write(current_output(), "\n", 1);
    }
}
