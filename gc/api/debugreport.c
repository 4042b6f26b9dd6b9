/* debugreport.c: what is said of objects, leaks and smashed objects. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "api/debug.h"
#include "cycle/inspect.h"
#include "gc/gc_backptr.h"
#include "gc/gc_mark.h"
#include "heap/kind.h"
#include "platform/check.h"
#include "platform/files.h"
#include "platform/symbols.h"
#include "platform/unwind.h"

static GC_describe_type_fn describe_functions[kind_limit];

void GC_register_describe_type_fn(int kind, GC_describe_type_fn fn)
{
    if (kind >= 0 && kind < kind_limit)
        describe_functions[kind] = fn;
}

/* ---- One object ---- */

static void print_calls(struct debug_reporter *r, const struct site *site)
{
    char text[400];
    if (site->frame_count == 0)
        return;
    if (!r->opened)
        r->symbols = symbols_open();
    r->opened = true;
    GC_err_printf("\tCall chain at allocation:\n");
    for (unsigned i = 0; i < site->frame_count; i++) {
        symbols_describe(r->symbols, site->frames[i], text, sizeof text);
        GC_err_printf("\t\t%s\n", text);
    }
}

void debug_report_end(struct debug_reporter *r)
{
    if (r->opened)
        symbols_close(r->symbols);
    r->opened = false;
}

/* What the program's function says of the object, or the name of its kind. */
static const char *type_of(unsigned kind, const char *const names[], void *p,
                           char text[GC_TYPE_DESCR_LEN + 1])
{
    text[0] = '\0';
    if (describe_functions[kind] != NULL)
        describe_functions[kind](p, text);
    else if (kind < kind_builtin)
        return names[kind];
    else
        snprintf(text, GC_TYPE_DESCR_LEN, "kind= %u", kind);
    text[GC_TYPE_DESCR_LEN] = '\0';
    return text;
}

static void print_debug_object(struct debug_reporter *r, const struct object *o,
                               const struct debug_info *info)
{
    static const char *const names[] = {"PTRFREE", "NORMAL", "UNCOLLECTABLE",
                                        "ATOMIC_UNCOLLECTABLE"};
    char text[GC_TYPE_DESCR_LEN + 1];
    void *user = (void *)debug_user(o->base);
    GC_err_printf("%p (%s:%d, sz= %lu, %s)\n", user, info->site->file, info->site->line,
                  (unsigned long)info->bytes, type_of(o->span->kind, names, user, text));
    print_calls(r, info->site);
}

static void print_plain_object(const struct object *o)
{
    static const char *const names[] = {"atomic", "composite", "uncollectable", "uncollectable"};
    char text[GC_TYPE_DESCR_LEN + 1];
    GC_err_printf("object at %p of appr. %lu bytes (%s)\n", (void *)o->base,
                  (unsigned long)o->span->object_bytes,
                  type_of(o->span->kind, names, (void *)o->base, text));
}

void debug_print_object(struct debug_reporter *r, uintptr_t base)
{
    struct object o;
    struct debug_info info;
    switch (debug_classify((const void *)base, &o, &info)) {
    case POINTS_TO_USER:
    case POINTS_INTO:
        print_debug_object(r, &o, &info);
        break;
    case POINTS_TO_PLAIN:
        print_plain_object(&o);
        break;
    case POINTS_TO_FREED:
    case POINTS_ELSEWHERE:
        break;
    }
}

void debug_print_smashed(struct debug_reporter *r, const char *text, const struct smash *smash)
{
    GC_err_printf("%s %p in or near object at %p (%s:%d, sz= %lu)\n", text, (void *)smash->where,
                  (void *)debug_user(smash->base), smash->site->file, smash->site->line,
                  (unsigned long)smash->bytes);
    print_calls(r, smash->site);
}

/* ---- After a cycle ---- */

static bool tell_smashed(struct thread *t, struct debug_reporter *r)
{
    struct smash smashed[inspect_smashed_most];
    size_t count;
    if (!busy_enter(t))
        return false;
    size_t total = inspect_take_smashed(smashed, &count);
    busy_leave(t);
    if (total == 0)
        return false;
    GC_err_printf("GC_check_heap_block: found %u smashed heap objects:\n", (unsigned)total);
    for (size_t i = 0; i < count; i++)
        debug_print_smashed(r, "", &smashed[i]);
    return true;
}

/* Off the list, and so kept by this frame alone. */
static void *take_leak(struct thread *t)
{
    if (!busy_enter(t))
        return NULL;
    uintptr_t base = inspect_take_leak();
    busy_leave(t);
    return (void *)base;
}

static bool tell_leaks(struct thread *t, struct debug_reporter *r)
{
    void *leak;
    size_t untold;
    if (!busy_enter(t))
        return false;
    size_t count = inspect_leaks(&untold);
    busy_leave(t);
    if (count == 0)
        return false;
    GC_err_printf("Found %lu leaked objects:\n", (unsigned long)(count + untold));
    for (; count > 0 && (leak = take_leak(t)) != NULL; count--) {
        debug_print_object(r, (uintptr_t)leak);
        GC_free(leak);
    }
    if (untold > 0)
        GC_err_printf("and %lu more, which are not listed\n", (unsigned long)untold);
    return true;
}

static void print_address_map(void)
{
    char text[1000]; /* what one GC_err_printf prints whole */
    int fd = file_open("/proc/self/maps");
    ssize_t length;
    GC_err_printf("---------- Begin address map ----------\n");
    while (fd >= 0 && (length = file_read(fd, text, sizeof text)) > 0)
        GC_err_printf("%.*s", (int)length, text);
    if (fd >= 0)
        file_close(fd);
    GC_err_printf("---------- End address map ----------\n");
}

static void do_as_environment_asks(void)
{
    if (settings.print_address_map)
        print_address_map();
    if (settings.dump_regularly)
        GC_dump();
    for (size_t i = 0; i < settings.backtraces; i++)
        GC_generate_random_backtrace_no_gc();
}

void debug_after_cycle(void)
{
    struct thread *t = thread_self;
    if (inspect_has_news()) {
        struct debug_reporter r = {0};
        bool told = tell_smashed(t, &r);
        told |= tell_leaks(t, &r);
        debug_report_end(&r);
        if (told && settings.abort_on_leak)
            api_abort("Leaked or smashed objects encountered");
    }
    do_as_environment_asks();
}

/* ---- Beginning and end ---- */

/* What this thread has left behind on its stack would keep leaks from being found. */
static void collect_at_exit(void)
{
    GC_clear_stack(NULL);
    GC_gcollect();
}

void debug_prepare(void)
{
    static bool prepared;
    inspect_find_leaks = &GC_find_leak;
    if (settings.call_frames > 0) {
        unwind_prepare();
        symbols_prepare();
    }
    if (!GC_find_leak || prepared)
        return;
    prepared = true;
    if (atexit(collect_at_exit) != 0)
        report("no memory for an exit handler: leaks are not looked for at exit");
}
