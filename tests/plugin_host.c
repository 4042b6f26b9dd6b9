/* plugin_host.c: a program that knows nothing of the collector and loads plugin.so, which does:
 * from a second thread, while others run; uses it from two threads, and unloads it. Started by
 * tests/dlopen.c.
 *
 * The main thread, which was there before the collector and has never called it, is handed a list
 * and holds it on its stack; later it asks for one itself, and holds that, too. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { rounds = 3, most_tls_bytes = 64 };

static struct plugin {
    void *handle;
    int (*use)(void);
    void *(*list)(void);
    int (*list_is_whole)(const void *);
    void (*collect)(void);
} plugin;

/* Between the host thread and the main thread. The pointer is inverted on its way. */
static sem_t main_turn, host_turn;
static uintptr_t handed;

static uintptr_t symbol(const char *name)
{
    return (uintptr_t)dlsym(plugin.handle, name);
}

static const char *load(void)
{
    plugin.handle = dlopen(MODULES "/.libs/plugin.so", RTLD_NOW | RTLD_LOCAL);
    if (plugin.handle == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return "no plugin";
    }
    plugin.use = (int (*)(void))symbol("plugin_use");
    plugin.list = (void *(*)(void))symbol("plugin_list");
    plugin.list_is_whole = (int (*)(const void *))symbol("plugin_list_is_whole");
    plugin.collect = (void (*)(void))symbol("plugin_collect");
    return NULL;
}

/* A list of which this function leaves nothing on its stack but what is below its caller's. */
__attribute__((noinline)) static void hand_over_a_list(void)
{
    handed = ~(uintptr_t)plugin.list();
}

__attribute__((noinline)) static void wipe_stack(void)
{
    volatile char wiped[16384];
    memset((char *)wiped, 0, sizeof wiped);
}

/* The main thread takes the list, and waits while this thread collects. */
static void serve_main(void)
{
    hand_over_a_list();
    wipe_stack();
    for (int i = 0; i < 2; i++) {
        sem_post(&main_turn);
        sem_wait(&host_turn);
        plugin.collect();
    }
    sem_post(&main_turn);
    sem_wait(&host_turn);
}

/* Variables of a library that is loaded late lie in what the loader has kept free in every thread;
 * it keeps little, and others want some of it. */
static int look_at_tls(struct dl_phdr_info *info, size_t size, void *too_large)
{
    (void)size;
    if (strstr(info->dlpi_name, "libspangc") == NULL)
        return 0;
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_TLS && info->dlpi_phdr[i].p_memsz > most_tls_bytes)
            *(int *)too_large = 1;
    return 1;
}

static void *host(void *first)
{
    for (int i = 0; i < rounds; i++) {
        int tls_is_too_large = 0;
        const char *error = load();
        if (error != NULL)
            return (void *)(uintptr_t)error;
        if (first != NULL && i == 0)
            serve_main();
        if (plugin.use() != 1)
            return "something was lost";
        dl_iterate_phdr(look_at_tls, &tls_is_too_large);
        if (tls_is_too_large)
            return "too many thread-local bytes";
        if (dlclose(plugin.handle) != 0)
            return "dlclose";
    }
    return NULL;
}

static void *sleep_forever(void *unused)
{
    for (;;)
        nanosleep(&(struct timespec){1, 0}, NULL);
    return unused;
}

static void wait_for_collections(void)
{
    sem_post(&host_turn);
    sem_wait(&main_turn);
}

/* True: what the main thread held was kept. */
static int hold_lists(void)
{
    sem_wait(&main_turn);
    void *volatile given = (void *)~handed; /* it has not called the collector so far */
    handed = 0;
    wait_for_collections();
    int good = plugin.list_is_whole(given);
    void *volatile own = plugin.list();
    wait_for_collections();
    good &= plugin.list_is_whole(given) && plugin.list_is_whole(own);
    sem_post(&host_turn);
    return good;
}

int main(void)
{
    pthread_t thread, sleeper;
    void *error = NULL;
    sem_init(&main_turn, 0, 0);
    sem_init(&host_turn, 0, 0);
    pthread_create(&sleeper, NULL, sleep_forever, NULL);
    for (int i = 0; i < 2 && error == NULL; i++) {
        pthread_create(&thread, NULL, host, i == 0 ? &thread : NULL);
        int kept = i != 0 || hold_lists();
        pthread_join(thread, &error);
        if (!kept)
            error = "the main thread's list was lost";
    }
    if (error != NULL)
        fprintf(stderr, "plugin_host: %s\n", (char *)error);
    return error != NULL;
}
