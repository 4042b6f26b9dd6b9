/* warn.c: what the collector says when something is wrong, and when it gives up.
 *
 * Formats of warnings are for printf with one argument as wide as a pointer, since programs hand
 * them to printf; so they are made here with snprintf too. Warnings are given by threads that run
 * freely, never in a pause.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "api/api.h"
#include "platform/check.h"
#include "platform/os.h"

static void default_warn_proc(char *format, GC_word argument)
{
    char line[256];
    int length = snprintf(line, sizeof line, format, argument);
    if (length < 0)
        return;
    line[strcspn(line, "\n")] = '\0';
    report("warning: %s", line);
}

static void default_abort_func(const char *text)
{
    if (text != NULL)
        report("%s", text);
}

static GC_warn_proc warn_proc = default_warn_proc;
GC_API GC_abort_func GC_on_abort;
GC_abort_func GC_on_abort = default_abort_func;

void warn(const char *format, GC_word argument)
{
    char copy[256]; /* the program's function takes a char *, and might write */
    snprintf(copy, sizeof copy, "%s", format);
    warn_proc(copy, argument);
}

void GC_set_warn_proc(GC_warn_proc proc)
{
    warn_proc = proc;
}

GC_warn_proc GC_get_warn_proc(void)
{
    return warn_proc;
}

void GC_ignore_warn_proc(char *format, GC_word argument)
{
    (void)format;
    (void)argument;
}

void GC_set_abort_func(GC_abort_func func)
{
    GC_on_abort = func;
}

GC_abort_func GC_get_abort_func(void)
{
    return GC_on_abort;
}

/* GC_LOOP_ON_ABORT: so that a debugger can be attached. */
_Noreturn void api_abort(const char *text)
{
    GC_on_abort(text);
    while (settings.loop_on_abort)
        os_futex_wait(&(const uint32_t){0}, 0, 0);
    abort();
}

void GC_abort_on_oom(void)
{
    report("out of memory; the program asked to end here");
    GC_on_abort(NULL);
    exit(EXIT_FAILURE);
}
