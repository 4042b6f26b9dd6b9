/* cpus-linux.c: how many CPUs this process may really use.
 *
 * The smaller of its affinity mask and of the quota that its cgroup, or one above it, grants
 * (cgroup v2: cpu.max holds "QUOTA PERIOD" in microseconds, or "max PERIOD").
 */
#define _GNU_SOURCE 1
#include "platform/os.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { mask_words = 128 }; /* 8192 CPUs */

static unsigned cpus_by_affinity(void)
{
    unsigned long mask[mask_words] = {0};
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
    unsigned count = 0;
    for (long i = 0; i < bytes / (long)sizeof mask[0]; i++)
        count += (unsigned)__builtin_popcountl(mask[i]);
    return count;
}

/* CPUs that one cpu.max file grants, rounded up; UINT_MAX: no limit. */
static unsigned cpus_by_quota_file(const char *path)
{
    char text[64];
    char *rest;
    if (os_read_file(path, text, sizeof text) == 0)
        return UINT_MAX;
    unsigned long quota = strtoul(text, &rest, 10);
    unsigned long period = strtoul(rest, NULL, 10);
    if (rest == text || quota == 0 || period == 0)
        return UINT_MAX;
    return (unsigned)((quota + period - 1) / period);
}

/* Writes the path of this process's group in the v2 hierarchy, without a slash at its end. */
static bool own_group(char *path, size_t size)
{
    static const char mount[] = "/sys/fs/cgroup";
    char text[4096];
    os_read_file("/proc/self/cgroup", text, sizeof text);
    const char *line = strstr(text, "0::/");
    if (!line)
        return false;
    const char *group = line + strlen("0::");
    size_t length = strcspn(group, "\n");
    if (sizeof mount + length > size)
        return false;
    memcpy(path, mount, sizeof mount - 1);
    memcpy(path + sizeof mount - 1, group, length);
    path[sizeof mount - 1 + length] = '\0';
    return true;
}

/* The tightest quota from our group up to the root of the hierarchy. */
static unsigned cpus_by_quota(void)
{
    static const char file[] = "/cpu.max";
    static const size_t root = sizeof "/sys/fs/cgroup" - 1;
    char path[1024];
    unsigned least = UINT_MAX;
    if (!own_group(path, sizeof path - sizeof file))
        return least;
    for (size_t length = strlen(path); length >= root; length--) {
        if (path[length] != '\0' && path[length] != '/')
            continue;
        memcpy(path + length, file, sizeof file);
        unsigned cpus = cpus_by_quota_file(path);
        least = cpus < least ? cpus : least;
        path[length] = '\0';
    }
    return least;
}

unsigned os_cpu_count(void)
{
    unsigned allowed = cpus_by_affinity();
    unsigned granted = cpus_by_quota();
    unsigned count = granted < allowed ? granted : allowed;
    return count > 0 ? count : 1;
}
