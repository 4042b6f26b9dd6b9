/*
 * main.c – the command line.
 */
#include "compile.h"
#include "control.h"
#include "heap.h"
#include "library.h"
#include "port.h"
#include "program.h"
#include "record.h"

#include <gc.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: scheme                  read, evaluate, print\n"
                            "       scheme FILE [ARG ...]   run a program\n"
                            "       scheme -e EXPR ...      evaluate expressions, print values\n"
                            "       scheme --help           print this\n";

static void set_up(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    heap_init();
    control_init();
    control_primitives();
    eval_primitives();
    predicate_primitives();
    number_primitives();
    list_primitives();
    char_primitives();
    string_primitives();
    vector_primitives();
    hash_table_primitives();
    sort_primitives();
    record_primitives();
    promise_primitives();
    parameter_primitives();
    port_primitives();
    system_primitives();
    compile_init();
    binding_forms_init();
    quasiquote_init();
    load_prelude();
}

static bool run_file(int argc, char **argv)
{
    set_command_line(argc, argv);
    FILE *file = fopen(argv[0], "r");
    if (!file) {
        perror(argv[0]);
        return false;
    }
    return run_port(open_input_stream(file, argv[0]), false);
}

/* -e EXPR, any number of times */
static bool run_expressions(int argc, char **argv)
{
    for (int i = 0; i < argc; i += 2) {
        if (strcmp(argv[i], "-e") != 0 || i + 1 == argc) {
            fputs(usage, stderr);
            return false;
        }
        if (!run_port(open_input_text(string_from_c(argv[i + 1])), true)) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    GC_INIT();
    set_up();
    set_command_line(1, argv);
    bool succeeded = true;
    if (argc < 2) {
        run_repl();
    } else if (strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
    } else if (argv[1][0] == '-') {
        succeeded = run_expressions(argc - 1, argv + 1);
    } else {
        succeeded = run_file(argc - 1, argv + 1);
    }
    leave(succeeded ? EXIT_SUCCESS : EXIT_FAILURE);
}
