/* badfree.c: see badfree.h. */
#include "api/badfree.h"
#include <stdio.h>
#include "api/api.h"
#include "api/debug.h"
#include "heap/find.h"

/* The base of the allocated object around p; 0: there is none. */
static uintptr_t enclosing_object(const void *p)
{
    struct thread *t = api_thread();
    struct object o = {0};
    if (t == NULL)
        return 0;
    struct api_visit visit = api_enter(t);
    bool found = find_object((uintptr_t)p, &o);
    api_leave(visit);
    return found ? o.base : 0;
}

/* A warning's format has one argument, so p itself becomes part of the format. */
static void warn_about(const char *text, const void *p, uintptr_t argument)
{
    char format[160];
    snprintf(format, sizeof format, "GC_free(%p): %s; ignored\n", p, text);
    warn(format, argument);
}

static void report_bad_free(void *p, enum bad_free why)
{
    uintptr_t base;
    if (why == BAD_FREE_FOREIGN && GC_is_heap_ptr(p))
        why = BAD_FREE_INTERIOR;
    switch (why) {
    case BAD_FREE_FOREIGN:
        warn_about("not an address of the collected heap", p, 0);
        break;
    case BAD_FREE_TWICE:
        warn_about("that object has been freed or collected already", p, 0);
        break;
    case BAD_FREE_INTERIOR:
        base = enclosing_object(p);
        if (base != 0)
            warn_about("not an object's base; its object starts at %p", p, base);
        else
            warn_about("no object lies there (freed already?)", p, 0);
        break;
    }
}

void bad_free(void *p, enum bad_free why)
{
    if (why == BAD_FREE_INTERIOR && debug_is_user(p))
        GC_debug_free(p);
    else
        report_bad_free(p, why);
}
