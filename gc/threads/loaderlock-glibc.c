/* loaderlock-glibc.c: see loaderlock.h. The fields are written with the loader's lock held, or in
 * the only thread of a child. */
#define _GNU_SOURCE 1
#include "threads/loaderlock.h"
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "platform/atomics.h"

static struct {
    char *data;       /* the loader's, constant after loaderlock_init */
    size_t bytes;     /* likewise */
    atomic_word lock; /* pthread_mutex_t; 0: not known */
    atomic_word seen; /* candidate of the look inside */
    bool was_held;
} loaderlock;

void loaderlock_init(void)
{
    Dl_info info;
    const ElfW(Sym) *symbol = NULL;
    void *data = dlsym(RTLD_DEFAULT, "_rtld_global");
    if (data == NULL || dladdr1(data, &info, (void **)&symbol, RTLD_DL_SYMENT) == 0 ||
        symbol == NULL || info.dli_saddr != data)
        return;
    loaderlock.data = data;
    loaderlock.bytes = symbol->st_size;
}

static bool is_owned_here(const pthread_mutex_t *mutex)
{
    return mutex->__data.__lock != 0 && mutex->__data.__count != 0 &&
           mutex->__data.__kind == PTHREAD_MUTEX_RECURSIVE_NP &&
           mutex->__data.__owner == (int)syscall(SYS_gettid);
}

/* NULL: none, or several (a library's constructor collects). */
static pthread_mutex_t *only_owned_mutex(void)
{
    pthread_mutex_t *found = NULL;
    for (size_t at = 0; at + sizeof *found <= loaderlock.bytes; at += sizeof(void *)) {
        pthread_mutex_t *mutex = (pthread_mutex_t *)(loaderlock.data + at);
        if (!is_owned_here(mutex))
            continue;
        if (found != NULL)
            return NULL;
        found = mutex;
    }
    return found;
}

void loaderlock_look_inside(void)
{
    if (word_load(&loaderlock.lock) == 0 && loaderlock.bytes != 0)
        word_store(&loaderlock.seen, (uintptr_t)only_owned_mutex());
}

void loaderlock_look_after(void)
{
    const pthread_mutex_t *mutex = pointer_load(&loaderlock.seen);
    if (word_load(&loaderlock.lock) == 0 && mutex != NULL && !is_owned_here(mutex))
        word_store(&loaderlock.lock, (uintptr_t)mutex);
}

void loaderlock_reset_in_child(void)
{
    pthread_mutexattr_t recursive;
    pthread_mutex_t *mutex = pointer_load(&loaderlock.lock);
    if (mutex == NULL)
        return;
    loaderlock.was_held = loaderlock.was_held || mutex->__data.__lock != 0;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(mutex, &recursive);
    pthread_mutexattr_destroy(&recursive);
}

bool loaderlock_was_held(void)
{
    return loaderlock.was_held;
}
