/* plugin.c: a plugin that is linked to the collector; plugin_host.c, which is not, loads it. */
#include "public.h"

int plugin_use(void);
void *plugin_list(void);
int plugin_list_is_whole(const void *list);
void plugin_collect(void);

static struct node *volatile global;

static void *work(void *seed)
{
    struct node *volatile list = list_new((uintptr_t)seed, 1000);
    GC_gcollect();
    return (void *)(uintptr_t)list_is_whole(list, (uintptr_t)seed, 1000);
}

/* 1: everything was kept. */
int plugin_use(void)
{
    void *result;
    struct node *volatile list = list_new(1, 3000);
    GC_INIT();
    global = list_new(2, 3000);
    pthread_join(start_thread(work, (void *)3), &result);
    for (int i = 0; i < 3; i++)
        GC_gcollect();
    return result != NULL && list_is_whole(list, 1, 3000) && list_is_whole(global, 2, 3000);
}

void *plugin_list(void)
{
    return list_new(4, 1000);
}

int plugin_list_is_whole(const void *list)
{
    return list_is_whole(list, 4, 1000);
}

/* What was freed is used again. */
void plugin_collect(void)
{
    for (int i = 0; i < 4; i++) {
        GC_gcollect();
        if (!list_is_whole(list_new(5, 3000), 5, 3000))
            abort();
    }
}
