/* tls.c: rows whose items are held by thread-local variables and thread-specific values. */
#define _GNU_SOURCE 1
#include <string.h>
#include <threads.h>
#include "roots.h"

enum { most_keys = 50 };

/* ---- __thread of the executable ---- */

static __thread void *executable_locals[items];

static void *hold_in_executable_tls(void *unused)
{
    items_make(executable_locals, items);
    collect();
    keep(executable_locals);
    return unused;
}

static void tls_executable_main(void)
{
    hold_in_executable_tls(NULL);
}

static void tls_executable_other(void)
{
    in_thread(hold_in_executable_tls, NULL);
}

/* ---- __thread of a dlopen'ed library ---- */

typedef void **locals_function(void);

static void *hold_in_module_tls(void *module)
{
    locals_function *locals = (locals_function *)plain_function(module, "plain_thread_locals");
    items_make(locals(), items);
    collect();
    keep(locals());
    return NULL;
}

static void tls_module_main(void)
{
    hold_in_module_tls(plain_open());
}

static void tls_module_other(void)
{
    in_thread(hold_in_module_tls, plain_open());
}

static struct gate opened;
static void *module_of_later;

static void *wait_for_module(void *unused)
{
    gate_wait(&opened);
    hold_in_module_tls(module_of_later);
    return unused;
}

static void tls_module_older_thread(void)
{
    gate_init(&opened);
    pthread_t thread = thread_start(wait_for_module, NULL);
    module_of_later = plain_open();
    gate_open(&opened);
    pthread_join(thread, NULL);
}

/* ---- pthread_setspecific ---- */

static pthread_key_t keys[most_keys];

static void put_in_key(unsigned place, void *head, void *unused)
{
    (void)unused;
    if (pthread_key_create(&keys[place], NULL) != 0 || pthread_setspecific(keys[place], head) != 0)
        row_error("no key");
}

static void *hold_in_keys(void *count)
{
    items_put(*(unsigned *)count, put_in_key, NULL);
    collect();
    return NULL;
}

static void tsd_5_main(void)
{
    hold_in_keys(&(unsigned){5});
}

static void tsd_5_other(void)
{
    in_thread(hold_in_keys, &(unsigned){5});
}

static void tsd_50_main(void)
{
    hold_in_keys(&(unsigned){50});
}

static void tsd_50_other(void)
{
    in_thread(hold_in_keys, &(unsigned){50});
}

/* ---- C11 ---- */

static void put_in_tss(unsigned place, void *head, void *unused)
{
    tss_t key;
    (void)place;
    (void)unused;
    if (tss_create(&key, NULL) != thrd_success || tss_set(key, head) != thrd_success)
        row_error("no key");
}

static void *hold_in_tss(void *unused)
{
    items_put(items, put_in_tss, NULL);
    collect();
    return unused;
}

static void tss_main(void)
{
    hold_in_tss(NULL);
}

static void tss_other(void)
{
    in_thread(hold_in_tss, NULL);
}

const struct row tls_rows[] = {
    {"tls-main", "`__thread` variable of the executable, main thread", tls_executable_main, 0},
    {"tls-other", "the same, other thread", tls_executable_other, 0},
    {"tls-module-main", "`__thread` of a dlopen'ed library, main thread", tls_module_main, 0},
    {"tls-module-other", "the same, other thread", tls_module_other, 0},
    {"tls-module-older", "the same, in a thread older than the dlopen", tls_module_older_thread, 0},
    {"tsd-5-main", "`pthread_setspecific`, 5 keys, main thread", tsd_5_main, 0},
    {"tsd-5-other", "the same, other thread", tsd_5_other, 0},
    {"tsd-50-main", "`pthread_setspecific`, 50 keys, main thread", tsd_50_main, 0},
    {"tsd-50-other", "the same, other thread", tsd_50_other, 0},
    {"tss-main", "C11 `tss_set`, 50 keys, main thread", tss_main, 0},
    {"tss-other", "the same, other thread", tss_other, 0},
    {NULL, NULL, NULL, 0}};
