/* symbols-libdw.c: see symbols.h. Only libdw's header is needed to build it. */
#define _GNU_SOURCE 1 /* RTLD_DEFAULT */
#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include "platform/symbols.h"

/* The functions of libdw in use, by its own types. */
static struct {
    __typeof__(dwfl_begin) *begin;
    __typeof__(dwfl_end) *end;
    __typeof__(dwfl_report_begin) *report_begin;
    __typeof__(dwfl_report_end) *report_end;
    __typeof__(dwfl_linux_proc_report) *proc_report;
    __typeof__(dwfl_linux_proc_find_elf) *find_elf;
    __typeof__(dwfl_standard_find_debuginfo) *find_debuginfo;
    __typeof__(dwfl_addrmodule) *addrmodule;
    __typeof__(dwfl_module_addrname) *addrname;
    __typeof__(dwfl_module_getsrc) *getsrc;
    __typeof__(dwfl_lineinfo) *lineinfo;
} dw;

static Dwfl_Callbacks callbacks;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

static int find(void *library, const char *name, void *function)
{
    *(void **)function = dlsym(library, name);
    return *(void **)function != NULL;
}

/* Asked for by name, because the linker warns of dlopen in programs that are linked statically,
 * where it is not found. */
static void *open_library(void)
{
    __typeof__(dlopen) *open;
    return find(RTLD_DEFAULT, "dlopen", &open) ? open("libdw.so.1", RTLD_NOW | RTLD_LOCAL) : NULL;
}

/* dw.begin is set last: it says that all are there. */
static void load(void)
{
    void *library = open_library();
    if (library == NULL)
        return;
    if (find(library, "dwfl_end", &dw.end) &&
        find(library, "dwfl_report_begin", &dw.report_begin) &&
        find(library, "dwfl_report_end", &dw.report_end) &&
        find(library, "dwfl_linux_proc_report", &dw.proc_report) &&
        find(library, "dwfl_linux_proc_find_elf", &dw.find_elf) &&
        find(library, "dwfl_standard_find_debuginfo", &dw.find_debuginfo) &&
        find(library, "dwfl_addrmodule", &dw.addrmodule) &&
        find(library, "dwfl_module_addrname", &dw.addrname) &&
        find(library, "dwfl_module_getsrc", &dw.getsrc) &&
        find(library, "dwfl_lineinfo", &dw.lineinfo))
        find(library, "dwfl_begin", &dw.begin);
    callbacks = (Dwfl_Callbacks){.find_elf = dw.find_elf, .find_debuginfo = dw.find_debuginfo};
}

void symbols_prepare(void)
{
    pthread_once(&loaded, load);
}

struct symbols *symbols_open(void)
{
    symbols_prepare();
    Dwfl *session = dw.begin != NULL ? dw.begin(&callbacks) : NULL;
    if (session == NULL)
        return NULL;
    dw.report_begin(session);
    int failed = dw.proc_report(session, getpid());
    if (dw.report_end(session, NULL, NULL) == 0 && failed == 0)
        return (struct symbols *)session;
    dw.end(session);
    return NULL;
}

void symbols_close(struct symbols *s)
{
    if (s != NULL)
        dw.end((Dwfl *)s);
}

/* The instruction before the return address belongs to the call. */
void symbols_describe(struct symbols *s, void *address, char *text, size_t size)
{
    Dwarf_Addr call = (Dwarf_Addr)(uintptr_t)address - 1;
    Dwfl_Module *module = s != NULL ? dw.addrmodule((Dwfl *)s, call) : NULL;
    Dwfl_Line *line = module != NULL ? dw.getsrc(module, call) : NULL;
    int number = 0;
    const char *file = line != NULL ? dw.lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
    const char *function = module != NULL ? dw.addrname(module, call) : NULL;
    if (file == NULL)
        symbols_describe_by_loader(address, text, size);
    else
        snprintf(text, size, "%s:%d (%s)", file, number, function != NULL ? function : "?");
}
