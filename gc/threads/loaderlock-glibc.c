/* loaderlock-glibc.c: see loaderlock.h. */
#define _GNU_SOURCE 1
#include "threads/loaderlock.h"
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "platform/atomics.h"
#include "platform/peek.h"
#include "threads/realcalls.h"

static struct {
    char *data;       /* the loader's, constant after loaderlock_init */
    size_t bytes;     /* likewise */
    atomic_word lock; /* pthread_mutex_t; 0: not known */
    atomic_word gone; /* name of the object that is not mapped; 0: none */
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

/* ---- Which one it is ---- */

/* How often the caller holds it. */
static unsigned owned_depth(const pthread_mutex_t *mutex, int tid)
{
    bool owned = mutex->__data.__lock != 0 && mutex->__data.__owner == tid &&
                 mutex->__data.__kind == PTHREAD_MUTEX_RECURSIVE_NP;
    return owned ? mutex->__data.__count : 0;
}

static int own_tid(void)
{
    return (int)syscall(SYS_gettid);
}

void loaderlock_look_inside(struct loaderlock_look *look)
{
    int tid = own_tid();
    look->count = 0;
    if (loaderlock_is_known())
        return;
    for (size_t at = 0; at + sizeof(pthread_mutex_t) <= loaderlock.bytes; at += sizeof(void *)) {
        pthread_mutex_t *mutex = (pthread_mutex_t *)(loaderlock.data + at);
        unsigned depth = owned_depth(mutex, tid);
        if (depth == 0 || look->count == loaderlock_candidates)
            continue;
        look->owned[look->count].mutex = mutex;
        look->owned[look->count++].depth = depth;
    }
}

/* What was owned before is still owned as often: in a library's constructor another lock of the
 * loader's, in a callback of the program this one. */
void loaderlock_look_after(const struct loaderlock_look *look)
{
    int tid = own_tid();
    pthread_mutex_t *found = NULL;
    for (size_t i = 0; i < look->count; i++) {
        if (owned_depth(look->owned[i].mutex, tid) + 1 != look->owned[i].depth)
            continue;
        if (found != NULL)
            return;
        found = look->owned[i].mutex;
    }
    if (found != NULL)
        word_store(&loaderlock.lock, (uintptr_t)found);
}

bool loaderlock_is_known(void)
{
    return word_load(&loaderlock.lock) != 0;
}

/* ---- In the child ---- */

static bool can_be_read(uintptr_t address)
{
    char byte;
    return peek(address, &byte, 1) == 1;
}

static bool is_mapped(const struct dl_phdr_info *info)
{
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        ElfW(Phdr) header;
        uintptr_t at = (uintptr_t)&info->dlpi_phdr[i];
        if (peek(at, &header, sizeof header) != sizeof header)
            return false;
        if (header.p_type == PT_LOAD && (header.p_flags & PF_R) != 0 &&
            !can_be_read(info->dlpi_addr + header.p_vaddr))
            return false;
    }
    return true;
}

static int find_gone(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    if (is_mapped(info))
        return 0;
    word_store(&loaderlock.gone, (uintptr_t)info->dlpi_name);
    return 1;
}

static void make_anew(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(mutex, &recursive);
    pthread_mutexattr_destroy(&recursive);
}

bool loaderlock_object_is_gone(const struct dl_phdr_info *info)
{
    const char *gone = pointer_load(&loaderlock.gone);
    return gone != NULL && info->dlpi_name == gone;
}

void loaderlock_forget_gone(void)
{
    word_store(&loaderlock.gone, 0);
}

void loaderlock_reset_in_child(unsigned depth)
{
    pthread_mutex_t *mutex = pointer_load(&loaderlock.lock);
    if (mutex == NULL || mutex->__data.__lock == 0)
        return;
    make_anew(mutex);
    loaderlock_forget_gone();
    dl_iterate_phdr_real(find_gone, NULL);
    for (; depth > 0; depth--)
        pthread_mutex_lock(mutex);
}
