/* forks.c: fork from any thread, at any moment.
 *
 *   forks [ROUNDS]      per forking thread; make check: 12
 *
 * Workers allocate and check their lists, one thread collects without pause, and several threads
 * fork meanwhile: the main thread, created ones, one inside GC_call_with_alloc_lock, inside a
 * finalizer, inside a callback of dl_iterate_phdr, and in a handler that has interrupted a call
 * that waits, or a calculation. Each child finds the list that the forking thread held, allocates,
 * collects, makes a thread that does the same, forks again, and ends by _exit, by exit, or by exec.
 * Beside them vfork, posix_spawn and system. A child that hangs is killed by its alarm, and that is
 * a failure. The parent's lists are whole at the end.
 */
#define _GNU_SOURCE 1
#include "public.h"
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

enum { workers = 3, forkers = 2, list_length = 200, child_seconds = 30 };

extern char **environ;

static bool over;
static unsigned default_rounds = 12;

static bool is_over(void)
{
    return __atomic_load_n(&over, __ATOMIC_RELAXED);
}

static void *work(void *seed)
{
    while (!is_over()) {
        struct node *volatile list = list_new((uintptr_t)seed, list_length);
        GC_free(GC_malloc_atomic(1000));
        expect(list_is_whole(list, (uintptr_t)seed, list_length));
    }
    return NULL;
}

static void *collect_without_pause(void *unused)
{
    while (!is_over())
        GC_gcollect();
    return unused;
}

/* ---- In the child ---- */

static void *work_once(void *seed)
{
    struct node *volatile list = list_new((uintptr_t)seed, list_length);
    GC_gcollect();
    expect(list_is_whole(list, (uintptr_t)seed, list_length));
    return NULL;
}

static void wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) != child)
        expect(errno == EINTR);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fprintf(stderr, "forks: child %d: status %#x\n", (int)child, (unsigned)status);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void fork_again(void)
{
    struct node *volatile list = list_new(5, list_length);
    pid_t child = fork();
    expect(child >= 0);
    if (child == 0) {
        alarm(child_seconds);
        expect(list_is_whole(list, 5, list_length));
        work_once((void *)6);
        _exit(0);
    }
    wait_for(child);
}

_Noreturn static void in_child(const struct node *list, uintptr_t seed, unsigned round)
{
    alarm(child_seconds);
    expect(list_is_whole(list, seed, list_length));
    for (uintptr_t i = 0; i < 20; i++)
        work_once((void *)i);
    pthread_join(start_thread(work_once, (void *)7), NULL);
    fork_again();
    expect(list_is_whole(list, seed, list_length));
    if (round % 3 == 1)
        execl("/bin/true", "true", (char *)NULL);
    if (round % 3 == 2)
        exit(0);
    _exit(0);
}

/* ---- In the parent ---- */

static void fork_once(uintptr_t seed, unsigned round)
{
    struct node *volatile list = list_new(seed, list_length);
    pid_t child = fork();
    expect(child >= 0);
    if (child == 0)
        in_child(list, seed, round);
    expect(list_is_whole(list_new(seed, 50), seed, 50));
    wait_for(child);
    expect(list_is_whole(list, seed, list_length));
}

static void *fork_often(void *seed)
{
    for (unsigned round = 0; round < default_rounds; round++)
        fork_once((uintptr_t)seed, round);
    return NULL;
}

/* While no collection can start: the child starts without the lock. */
static void *fork_inside(void *argument)
{
    pid_t *child = argument;
    *child = fork();
    return NULL;
}

static void fork_in_alloc_lock(void)
{
    struct node *volatile list = list_new(3, list_length);
    pid_t child = -1;
    GC_call_with_alloc_lock(fork_inside, &child);
    expect(child >= 0);
    if (child == 0)
        in_child(list, 3, 0);
    wait_for(child);
}

static unsigned finalized;

static void fork_in_finalizer(void *object, void *unused)
{
    (void)object;
    (void)unused;
    __atomic_add_fetch(&finalized, 1, __ATOMIC_RELAXED);
    fork_once(4, 0);
}

__attribute__((noinline)) static void drop_with_finalizers(void)
{
    for (int i = 0; i < 3; i++)
        GC_register_finalizer(GC_malloc(16), fork_in_finalizer, NULL, NULL, NULL);
}

static bool has_iterated;

static int note_iteration(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)info;
    (void)size;
    (void)unused;
    __atomic_store_n(&has_iterated, true, __ATOMIC_RELAXED);
    return 1;
}

static void *iterate(void *unused)
{
    dl_iterate_phdr(note_iteration, unused);
    return unused;
}

/* In the child the loader's lock is the callback's still: it can collect and iterate itself, but
 * wait for no other thread that does; that one waits for the callback's end. */
static int fork_in_callback(struct dl_phdr_info *info, size_t size, void *seed)
{
    struct node *volatile list = list_new((uintptr_t)seed, list_length);
    pid_t child = fork();
    (void)info;
    (void)size;
    expect(child >= 0);
    if (child == 0) {
        alarm(child_seconds);
        work_once(seed);
        iterate(NULL);
        has_iterated = false;
        start_thread(iterate, NULL);
        nap(50000);
        expect(!__atomic_load_n(&has_iterated, __ATOMIC_RELAXED));
        fork_again();
        expect(list_is_whole(list, (uintptr_t)seed, list_length));
        _exit(0);
    }
    wait_for(child);
    return 1;
}

static volatile sig_atomic_t handled;

static void fork_in_handler(int signal_number)
{
    int saved_errno = errno;
    fork_once((uintptr_t)signal_number, 0);
    handled++;
    errno = saved_errno;
}

/* It sleeps and calculates; the allocator is interrupted in tests/signals.c. */
static void *be_interrupted(void *unused)
{
    volatile unsigned sum = 0;
    while ((unsigned)handled < default_rounds / 2) {
        struct node *volatile list = list_new(8, list_length);
        sigset_t usr1, before;
        sigemptyset(&usr1);
        sigaddset(&usr1, SIGUSR1);
        pthread_sigmask(SIG_UNBLOCK, &usr1, &before);
        for (unsigned i = 0; i < 1000000; i++)
            sum += i;
        nap(2000);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        expect(list_is_whole(list, 8, list_length));
    }
    return unused;
}

static void *interrupt(void *unused)
{
    struct sigaction action = {.sa_handler = fork_in_handler};
    sigset_t usr1;
    sigaction(SIGUSR1, &action, NULL);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    pthread_t interrupted = start_thread(be_interrupted, NULL);
    while ((unsigned)handled < default_rounds / 2) {
        pthread_kill(interrupted, SIGUSR1);
        nap(3000);
    }
    pthread_join(interrupted, NULL);
    return unused;
}

static void *fork_in_callbacks(void *unused)
{
    for (unsigned round = 0; round < default_rounds / 2; round++)
        dl_iterate_phdr(fork_in_callback, (void *)9);
    return unused;
}

/* ---- The other ways to a new process ---- */

static void by_vfork(void)
{
    pid_t child = vfork();
    expect(child >= 0);
    if (child == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }
    wait_for(child);
}

static void by_spawn(void)
{
    pid_t child;
    char *arguments[] = {"true", NULL};
    expect(posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ) == 0);
    wait_for(child);
}

static void by_library(void)
{
    char line[8] = "";
    expect(system("exit 0") == 0);
    FILE *pipe = popen("echo yes", "r");
    expect(pipe != NULL && fgets(line, sizeof line, pipe) != NULL && strcmp(line, "yes\n") == 0);
    expect(pclose(pipe) == 0);
}

static void *other_ways(void *unused)
{
    for (unsigned round = 0; round < default_rounds; round++) {
        by_vfork();
        by_spawn();
        by_library();
    }
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t threads[workers + forkers + 4];
    unsigned n = 0;
    default_rounds = argc > 1 ? (unsigned)atoi(argv[1]) : default_rounds;
    GC_set_handle_fork(1);
    GC_set_max_heap_size(1 << 29); /* rather than the machine's memory, should collections stop */
    GC_INIT();
    fork_once(1, 0); /* with one thread, before anything is under way */
    for (uintptr_t i = 0; i < workers; i++)
        threads[n++] = start_thread(work, (void *)(i + 100));
    threads[n++] = start_thread(collect_without_pause, NULL);
    for (uintptr_t i = 0; i < forkers; i++)
        threads[n++] = start_thread(fork_often, (void *)(i + 200));
    threads[n++] = start_thread(other_ways, NULL);
    threads[n++] = start_thread(fork_in_callbacks, NULL);
    threads[n++] = start_thread(interrupt, NULL);
    for (unsigned round = 0; round < default_rounds; round++)
        fork_in_alloc_lock();
    fork_often((void *)300);
    drop_with_finalizers();
    for (int i = 0; i < 10; i++)
        GC_gcollect();
    while (n > workers + 1)
        pthread_join(threads[--n], NULL);
    __atomic_store_n(&over, true, __ATOMIC_RELAXED);
    while (n > 0)
        pthread_join(threads[--n], NULL);
    expect(finalized > 0);
    printf("%u rounds of forks by each of %d threads\n", default_rounds, forkers + 1);
    return 0;
}
