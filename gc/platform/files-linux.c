/* files-linux.c: files.h on Linux, for 64-bit processors. */
#include "platform/files.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int file_open(const char *path)
{
    long fd;
    do {
        fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    return (int)fd;
}

void file_close(int fd)
{
    syscall(SYS_close, fd);
}

ssize_t file_read(int fd, void *buffer, size_t size)
{
    ssize_t got;
    do {
        got = syscall(SYS_read, fd, buffer, size);
    } while (got < 0 && errno == EINTR);
    return got;
}

ssize_t file_read_at(int fd, void *buffer, size_t size, off_t position)
{
    ssize_t got;
    do {
        got = syscall(SYS_pread64, fd, buffer, size, position);
    } while (got < 0 && errno == EINTR);
    return got;
}

ssize_t file_write(int fd, const void *buffer, size_t size)
{
    ssize_t put;
    do {
        put = syscall(SYS_write, fd, buffer, size);
    } while (put < 0 && errno == EINTR);
    return put;
}
