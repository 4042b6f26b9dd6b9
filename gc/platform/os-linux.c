/* os-linux.c: os.h on Linux.
 *
 * MAP_NORESERVE, which most programs do not use, keeps the kernel from making one mapping of ours
 * and of neighbouring ones of theirs: a stack that is searched up to the end of its mapping
 * (threads/stacks.h) should not run into our tables.
 *
 * A reservation is a PROT_NONE mapping with MAP_NORESERVE, committing is mprotect. Under
 * mlockall(MCL_FUTURE) mprotect also populates what it opens, so callers commit in small steps.
 * Figures of this process are read from /proc through files.h: no stdio, no malloc.
 */
#define _GNU_SOURCE 1
#include "platform/os.h"
#include "platform/files.h"
#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>
#include "platform/atomics.h"

/* Younger than some C libraries. */
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

/* ---- Failing on purpose ---- */

/* Calls until the one that fails, counted down by all threads; 0 or below: none will. */
static atomic_word calls_to_failure;

unsigned long os_fail_nth(unsigned long n)
{
    intptr_t left = (intptr_t)word_load(&calls_to_failure);
    word_store(&calls_to_failure, n);
    return left > 0 ? (unsigned long)left : 0;
}

static bool fails_on_purpose(void)
{
    if ((intptr_t)word_load(&calls_to_failure) <= 0)
        return false;
    if (word_sub(&calls_to_failure, 1) != 1)
        return false;
    errno = ENOMEM;
    return true;
}

/* ---- Memory ---- */

size_t os_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Gives the mapping a name in /proc/self/maps, on kernels that can. */
static void name_mapping(void *address, size_t bytes)
{
    int saved_errno = errno;
    prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, address, bytes, "spangc");
    errno = saved_errno;
}

static void *map(uintptr_t hint, size_t bytes, int protection, int flags)
{
    if (fails_on_purpose())
        return NULL;
    void *p = mmap((void *)hint, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    name_mapping(p, bytes);
    return p;
}

void *os_reserve(size_t bytes, uintptr_t hint)
{
    return map(hint, bytes, PROT_NONE, MAP_NORESERVE);
}

bool os_commit(void *address, size_t bytes)
{
    return !fails_on_purpose() && mprotect(address, bytes, PROT_READ | PROT_WRITE) == 0;
}

bool os_release(void *address, size_t bytes)
{
    return !fails_on_purpose() && madvise(address, bytes, MADV_DONTNEED) == 0;
}

void os_prefer_huge_pages(void *address, size_t bytes, bool huge)
{
    int saved_errno = errno;
    madvise(address, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    errno = saved_errno;
}

void *os_map(size_t bytes)
{
    return map(0, bytes, PROT_READ | PROT_WRITE, MAP_NORESERVE);
}

void os_unmap(void *address, size_t bytes)
{
    munmap(address, bytes);
}

void *os_remap(void *address, size_t old_bytes, size_t new_bytes)
{
    if (fails_on_purpose())
        return NULL;
    void *p = mremap(address, old_bytes, new_bytes, MREMAP_MAYMOVE);
    return p == MAP_FAILED ? NULL : p;
}

bool os_address_hints_forbidden(void)
{
    extern void __tsan_init(void) __attribute__((weak));
    const char *preloaded = getenv("LD_PRELOAD");
    return __tsan_init != NULL || (preloaded && strstr(preloaded, "vgpreload"));
}

/* ---- Figures of this process and machine ---- */

/* Not to be cancelled: the caller may hold locks. */
size_t os_read_file(const char *path, char *buffer, size_t size)
{
    int saved_errno = errno;
    int fd = file_open(path);
    size_t length = 0;
    while (fd >= 0 && length + 1 < size) {
        ssize_t got = file_read(fd, buffer + length, size - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    if (fd >= 0)
        file_close(fd);
    buffer[length] = '\0';
    errno = saved_errno;
    return length;
}

/* The first number at or after `text`, 0 if there is none. */
static size_t number_in(const char *text)
{
    text += strcspn(text, "0123456789");
    return (size_t)strtoull(text, NULL, 10);
}

/* Field 0 of /proc/self/statm is the size of the address space, field 1 the resident set. */
static size_t statm_bytes(unsigned field)
{
    char text[128];
    os_read_file("/proc/self/statm", text, sizeof text);
    const char *at = text;
    while (field-- > 0)
        at += strcspn(at, " ") + (*at != '\0');
    return number_in(at) * os_page_size();
}

size_t os_address_space_left(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    size_t used = statm_bytes(0);
    return used < limit.rlim_cur ? limit.rlim_cur - used : 0;
}

size_t os_physical_memory(void)
{
    struct sysinfo info;
    if (sysinfo(&info) != 0)
        return 0;
    return (size_t)info.totalram * info.mem_unit;
}

size_t os_resident_now(void)
{
    return statm_bytes(1);
}

/* From the status file, since ru_maxrss also knows what ran in this process before an exec. */
size_t os_resident_peak(void)
{
    char text[4096];
    os_read_file("/proc/self/status", text, sizeof text);
    const char *line = strstr(text, "VmHWM:");
    return line ? number_in(line) * 1024 : 0;
}

/* ---- Time, chance, waiting ---- */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t os_now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t os_process_cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t os_thread_cpu_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

unsigned os_thread_preemptions(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? (unsigned)usage.ru_nivcsw : 0;
}

uint64_t os_random(void)
{
    uint64_t word;
    int saved_errno = errno;
    if (getrandom(&word, sizeof word, GRND_NONBLOCK) != (ssize_t)sizeof word)
        word = (os_now_ns() ^ ((uint64_t)getpid() << 40)) * 0x9e3779b97f4a7c15u;
    errno = saved_errno;
    return word;
}

void os_futex_wait(const uint32_t *word, uint32_t expected, uint64_t timeout_ns)
{
    struct timespec timeout = {(time_t)(timeout_ns / 1000000000u),
                               (long)(timeout_ns % 1000000000u)};
    int saved_errno = errno;
    syscall(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, expected,
            timeout_ns > 0 ? &timeout : NULL, NULL, 0);
    errno = saved_errno;
}

void os_nap(uint64_t ns)
{
    static const uint32_t never_woken;
    os_futex_wait(&never_woken, 0, ns);
}

static void wake(const uint32_t *word, int sleepers)
{
    int saved_errno = errno;
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, sleepers, NULL, NULL, 0);
    errno = saved_errno;
}

void os_futex_wake(const uint32_t *word)
{
    wake(word, INT32_MAX);
}

void os_futex_wake_one(const uint32_t *word)
{
    wake(word, 1);
}

static bool membarrier(int command)
{
    int saved_errno = errno;
    bool done = syscall(SYS_membarrier, command, 0, 0) == 0;
    errno = saved_errno;
    return done;
}

void os_fence_prepare(void)
{
    membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

bool os_fence_everywhere(void)
{
    return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}
