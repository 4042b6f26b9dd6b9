/* plugin_host.c: a program that knows nothing of the collector and loads plugin.so, which does:
 * from a second thread, while others run; uses it from two threads, and unloads it. Started by
 * tests/dlopen.c. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { rounds = 3 };

static void *host(void *unused)
{
    for (int i = 0; i < rounds; i++) {
        void *plugin = dlopen(MODULES "/.libs/plugin.so", RTLD_NOW | RTLD_LOCAL);
        if (plugin == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return "no plugin";
        }
        int (*use)(void) = (int (*)(void))(uintptr_t)dlsym(plugin, "plugin_use");
        if (use() != 1)
            return "something was lost";
        if (dlclose(plugin) != 0)
            return "dlclose";
    }
    return unused;
}

static void *sleep_forever(void *unused)
{
    for (;;)
        nanosleep(&(struct timespec){1, 0}, NULL);
    return unused;
}

int main(void)
{
    pthread_t thread, sleeper;
    void *error = NULL;
    pthread_create(&sleeper, NULL, sleep_forever, NULL);
    for (int i = 0; i < 2 && error == NULL; i++) {
        pthread_create(&thread, NULL, host, NULL);
        pthread_join(thread, &error);
    }
    if (error != NULL)
        fprintf(stderr, "plugin_host: %s\n", (char *)error);
    return error != NULL;
}
