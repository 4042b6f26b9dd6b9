/*
 * system.c – the program's surroundings: evaluation, files of code, time, exit, the collector.
 */
#include "compile.h"
#include "control.h"
#include "eval.h"
#include "heap.h"
#include "library.h"
#include "program.h"

#include <gc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static Value command_line;

void set_command_line(int count, char **words)
{
    command_line = NIL;
    while (count > 0) {
        command_line = cons(string_from_c(words[--count]), command_line);
    }
}

static Value prim_command_line(void)
{
    return command_line;
}

/* (eval form [environment]): there is one environment, the global one. */
static Value prim_eval(int argc, Value *argv)
{
    (void)argc;
    return evaluate(argv[0]);
}

static Value interaction_environment(void)
{
    return symbol("interaction-environment");
}

static Value load(int argc, Value *argv)
{
    (void)argc;
    as_string(argv[0], "load");
    Port *port = open_source(string_to_utf8(argv[0], NULL));
    Value result = load_port(port);
    close_port(port);
    return result;
}

static int exit_status(int argc, Value *argv)
{
    if (argc == 0 || argv[0] == TRUE_VALUE) {
        return EXIT_SUCCESS;
    }
    return is_fixnum(argv[0]) ? (int)(fixnum_value(argv[0]) & 255) : EXIT_FAILURE;
}

static Value prim_exit(int argc, Value *argv)
{
    leave(exit_status(argc, argv));
}

static Value emergency_exit(int argc, Value *argv)
{
    _Exit(exit_status(argc, argv));
}

/* Time: a jiffy is a microsecond of processor time. */

static Value current_jiffy(void)
{
    return fixnum((int64_t)clock() * 1000000 / CLOCKS_PER_SEC);
}

static Value jiffies_per_second(void)
{
    return fixnum(1000000);
}

static Value current_second(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return make_flonum((double)now.tv_sec + (double)now.tv_nsec / 1e9);
}

/* The collector */

static Value collect(void)
{
    GC_gcollect();
    return UNSPECIFIED;
}

static Value statistic(const char *name, size_t number)
{
    return cons(symbol(name), fixnum((int64_t)number));
}

static Value collector_statistics(void)
{
    return list3(statistic("heap-bytes", GC_get_heap_size()),
                 statistic("allocated-bytes", GC_get_total_bytes()),
                 statistic("collections", GC_get_gc_no()));
}

void system_primitives(void)
{
    static const PrimitiveRow rows[] = {
        NULLARY("command-line", prim_command_line),
        VARIADIC("eval", prim_eval, 1, 2),
        NULLARY("interaction-environment", interaction_environment),
        VARIADIC("load", load, 1, 2),
        VARIADIC("exit", prim_exit, 0, 1),
        VARIADIC("emergency-exit", emergency_exit, 0, 1),
        NULLARY("current-jiffy", current_jiffy),
        NULLARY("jiffies-per-second", jiffies_per_second),
        NULLARY("current-second", current_second),
        NULLARY("gc", collect),
        NULLARY("gc-stats", collector_statistics),
    };
    define_primitives(rows, COUNT_OF(rows));
}
