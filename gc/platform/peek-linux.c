/* peek-linux.c: peek.h by process_vm_readv, with probes where that is refused.
 *
 * Containers and sandboxes may refuse process_vm_readv (EPERM, ENOSYS), once and for all. What
 * nobody refuses is rt_sigprocmask: the kernel reads the new mask before it looks at `how`, so with
 * a bad `how` it answers EFAULT for a word that cannot be read and EINVAL for one that can. One
 * such call a page, then the page is read directly; with the world stopped nobody unmaps it in
 * between.
 */
#define _GNU_SOURCE 1
#include "platform/peek.h"
#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "platform/os.h"

enum { no_such_how = 1000 };

/* Set for good by the first refusal. */
static bool uses_probes;

void peek_use_probes(void)
{
    uses_probes = true;
}

/* The word that contains `address`. At address 0 the kernel would see no mask. */
static bool is_readable(uintptr_t address)
{
    uintptr_t word = address & ~(uintptr_t)(sizeof(uint64_t) - 1);
    if (word == 0)
        return false;
    return syscall(SYS_rt_sigprocmask, no_such_how, word, NULL, sizeof(uint64_t)) == 0 ||
           errno != EFAULT;
}

/* Other people's memory: AddressSanitizer may think that nobody should read it. */
__attribute__((no_sanitize("address", "thread"))) static void copy(const volatile char *from,
                                                                   volatile char *to, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = from[i];
}

static size_t peek_by_probes(uintptr_t address, char *to, size_t bytes)
{
    size_t done = 0;
    while (done < bytes && is_readable(address + done)) {
        size_t part = os_page_size() - (address + done) % os_page_size();
        if (part > bytes - done)
            part = bytes - done;
        copy((const volatile char *)(address + done), to + done, part);
        done += part;
    }
    return done;
}

static ssize_t peek_by_kernel(uintptr_t address, void *to, size_t bytes)
{
    struct iovec local = {to, bytes};
    struct iovec remote = {(void *)address, bytes};
    return syscall(SYS_process_vm_readv, getpid(), &local, 1UL, &remote, 1UL, 0UL);
}

size_t peek(uintptr_t address, void *to, size_t bytes)
{
    int saved_errno = errno;
    ssize_t got = uses_probes ? -1 : peek_by_kernel(address, to, bytes);
    if (got < 0 && (uses_probes || errno != EFAULT)) {
        uses_probes = true;
        got = (ssize_t)peek_by_probes(address, to, bytes);
    }
    errno = saved_errno;
    return got < 0 ? 0 : (size_t)got;
}
