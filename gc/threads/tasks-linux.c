/* tasks-linux.c: see tasks.h. */
#define _GNU_SOURCE 1
#include "threads/tasks.h"
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "platform/check.h"
#include "platform/os.h"

bool task_exists(pid_t tid)
{
    int saved_errno = errno;
    bool exists = syscall(SYS_tgkill, getpid(), tid, 0) == 0 || errno != ESRCH;
    errno = saved_errno;
    return exists;
}

static void format(char *buffer, size_t size, const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    format_line(buffer, size, text, arguments);
    va_end(arguments);
}

void task_read_file(pid_t tid, const char *file, char *buffer, size_t size)
{
    char path[64];
    format(path, sizeof path, "/proc/self/task/%d/%s", (int)tid, file);
    os_read_file(path, buffer, size);
}
