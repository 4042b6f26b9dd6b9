/* dlopen.c: libraries that come and go, and the loader's locks.
 *
 *   dlopen [ROUNDS]      make check: 40
 *
 * - dlopen and dlclose in a loop against collections in other threads: no crash on data that has
 *   just been unmapped, and what a library's globals hold is kept as long as it is loaded.
 * - A library's constructor and destructor allocate and collect, and wait for a thread that does.
 * - A callback of dl_iterate_phdr allocates and collects; it waits for a thread that allocates
 *   until the heap has reached its goal many times over (allocation must not wait for the loader);
 *   it ends its thread.
 * - Children of a fork, while another thread is in such a callback, in dlopen, or in dlclose.
 * - A program that is not linked to the collector dlopens a plugin that is, from a second thread,
 *   uses it, and dlcloses it (plugin_host.c, run from here).
 *
 * Every part has a minute.
 */
#define _GNU_SOURCE 1
#include "public.h"
#include <dlfcn.h>
#include <link.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/wait.h>

enum { part_seconds = 60, much_bytes = 24 << 20 };

void *dlopen_allocate_much(void *unused);

static unsigned rounds = 40;
static bool over;

static bool is_over(void)
{
    return __atomic_load_n(&over, __ATOMIC_RELAXED);
}

/* Past the goal of a small heap several times. */
void *dlopen_allocate_much(void *unused)
{
    for (size_t bytes = 0; bytes < much_bytes; bytes += 4096)
        expect(GC_malloc(4096 - 64) != NULL);
    return unused;
}

static void *collect_without_pause(void *unused)
{
    while (!is_over())
        GC_gcollect();
    return unused;
}

static void *allocate_without_pause(void *unused)
{
    while (!is_over()) {
        struct node *volatile list = list_new(1, 500);
        expect(list_is_whole(list, 1, 500));
    }
    return unused;
}

typedef void function(void);

static function *find(void *module, const char *name)
{
    function *found = (function *)(uintptr_t)dlsym(module, name);
    expect(found != NULL);
    return found;
}

/* ---- Loading and unloading ---- */

static void load_plain(void)
{
    void *module = dlopen(MODULES "/roots/.libs/plain.so", RTLD_NOW);
    expect(module != NULL);
    void **globals = ((void **(*)(void))find(module, "plain_globals"))();
    globals[0] = list_new(2, 100);
    GC_gcollect();
    expect(list_is_whole(globals[0], 2, 100));
    expect(dlclose(module) == 0);
}

static void load_with_constructor(void)
{
    void *module = dlopen(MODULES "/.libs/dlmodule.so", RTLD_NOW);
    if (module == NULL)
        fprintf(stderr, "%s\n", dlerror());
    expect(module != NULL);
    void *object = ((void *(*)(void))find(module, "dlmodule_object"))();
    expect(GC_base(object) == object && GC_size(object) >= 64);
    find(module, "dlmodule_clear")();
    expect(dlclose(module) == 0);
}

static void loops(void)
{
    pthread_t collector = start_thread(collect_without_pause, NULL);
    pthread_t allocator = start_thread(allocate_without_pause, NULL);
    for (unsigned round = 0; round < rounds; round++) {
        load_plain();
        if (round % 8 == 0)
            load_with_constructor();
    }
    __atomic_store_n(&over, true, __ATOMIC_RELAXED);
    pthread_join(collector, NULL);
    pthread_join(allocator, NULL);
}

/* ---- Callbacks of dl_iterate_phdr ---- */

static int allocate_in_callback(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)info;
    (void)size;
    (void)unused;
    expect(list_is_whole(list_new(3, 2000), 3, 2000));
    GC_gcollect();
    return 0;
}

static int wait_in_callback(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)info;
    (void)size;
    pthread_join(start_thread(dlopen_allocate_much, unused), NULL);
    return 1;
}

/* Nested, and with a collection that another thread has begun to wait for. */
static int iterate_in_callback(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)info;
    (void)size;
    dl_iterate_phdr(allocate_in_callback, unused);
    return 1;
}

static int leave_in_callback(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)info;
    (void)size;
    pthread_exit(unused);
}

static void *iterate_and_leave(void *unused)
{
    dl_iterate_phdr(leave_in_callback, unused);
    return unused;
}

static void callbacks(void)
{
    for (unsigned round = 0; round < rounds / 4; round++) {
        dl_iterate_phdr(allocate_in_callback, NULL);
        dl_iterate_phdr(wait_in_callback, NULL);
        dl_iterate_phdr(iterate_in_callback, NULL);
        pthread_join(start_thread(iterate_and_leave, NULL), NULL);
    }
    GC_gcollect();
}

static void callbacks_and_collections(void)
{
    pthread_t collector = start_thread(collect_without_pause, NULL);
    for (unsigned round = 0; round < rounds; round++)
        dl_iterate_phdr(allocate_in_callback, NULL);
    __atomic_store_n(&over, true, __ATOMIC_RELAXED);
    pthread_join(collector, NULL);
}

static void expect_good_end(pid_t child)
{
    int status;
    expect(waitpid(child, &status, 0) == child);
    if (status != 0)
        fprintf(stderr, "dlopen: child %d: status %#x\n", (int)child, (unsigned)status);
    expect(status == 0);
}

/* A child's loader must not be locked by a thread that it does not have. */
static void *iterate_without_pause(void *unused)
{
    while (!is_over())
        dl_iterate_phdr(allocate_in_callback, unused);
    return unused;
}

static void callbacks_and_forks(void)
{
    pthread_t iterator = start_thread(iterate_without_pause, NULL);
    for (unsigned round = 0; round < rounds / 4; round++) {
        pid_t child = fork();
        expect(child >= 0);
        if (child == 0) {
            alarm(part_seconds);
            load_plain();
            _exit(0);
        }
        expect_good_end(child);
    }
    __atomic_store_n(&over, true, __ATOMIC_RELAXED);
    pthread_join(iterator, NULL);
}

static void *load_without_pause(void *unused)
{
    while (!is_over()) {
        void *module = dlopen(MODULES "/roots/.libs/plain.so", RTLD_NOW);
        expect(module != NULL && dlclose(module) == 0);
    }
    return unused;
}

static int read_headers(struct dl_phdr_info *info, size_t size, void *sum)
{
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        *(volatile uintptr_t *)sum += info->dlpi_phdr[i].p_vaddr;
    return 0;
}

/* In mid-change: no collection of the parent's has looked at the loader before. What a dlclose had
 * unmapped, but not taken from the list, is not shown to the child. */
static void loads_and_forks(void)
{
    pthread_t loader = start_thread(load_without_pause, NULL);
    for (unsigned round = 0; round < rounds * 10; round++) {
        pid_t child = fork();
        expect(child >= 0);
        if (child == 0) {
            alarm(part_seconds / 2);
            uintptr_t sum = 0;
            GC_gcollect();
            dl_iterate_phdr(read_headers, &sum);
            GC_gcollect();
            _exit(0);
        }
        expect_good_end(child);
    }
    __atomic_store_n(&over, true, __ATOMIC_RELAXED);
    pthread_join(loader, NULL);
}

static void plugin_of_a_stranger(void)
{
    execl(MODULES "/plugin_host", "plugin_host", (char *)NULL);
    expect(!"plugin_host could be run");
}

/* ---- Each part in a process of its own ---- */

static bool run_part(const char *name, void (*part)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        alarm(part_seconds);
        GC_set_handle_fork(1);
        GC_set_max_heap_size(1 << 29);
        GC_INIT();
        part();
        exit(0);
    }
    expect(waitpid(child, &status, 0) == child);
    bool hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    printf("%s %s%s\n", status == 0 ? "ok" : "FAIL", name, hung ? " (hangs)" : "");
    fflush(stdout);
    return status == 0;
}

int main(int argc, char **argv)
{
    rounds = argc > 1 ? (unsigned)atoi(argv[1]) : rounds;
    bool good = run_part("dlopen:loops", loops);
    good &= run_part("dlopen:callbacks", callbacks);
    good &= run_part("dlopen:callbacks-and-collections", callbacks_and_collections);
    good &= run_part("dlopen:callbacks-and-forks", callbacks_and_forks);
    good &= run_part("dlopen:loads-and-forks", loads_and_forks);
    good &= run_part("dlopen:plugin", plugin_of_a_stranger);
    return good ? 0 : 1;
}
