/* files.h: the kernel's files, read in the middle of whatever a thread is doing.
 *
 * By the kernel's own calls: libc's open, read, write and close are cancellation points, and a
 * thread that was cancelled in one of them would leave the collector with its locks held and the
 * world stopped. Nor may what a program puts in their place be called from here. They are restarted
 * after signals; errno is set.
 */
#ifndef SPANGC_FILES_H
#define SPANGC_FILES_H

#include <stddef.h>
#include <sys/types.h>

/* For reading, closed on exec. -1: it cannot be opened. */
int file_open(const char *path);
void file_close(int fd);

/* As read, pread and write. */
ssize_t file_read(int fd, void *buffer, size_t size);
ssize_t file_read_at(int fd, void *buffer, size_t size, off_t position);
ssize_t file_write(int fd, const void *buffer, size_t size);

#endif
