/* file.h: files that are read a piece at a time, as sources of leaves.
 *
 * Protocol. A piece is read into an object of its own, which is not modified once it has been
 * stored into the file's table (release; readers: acquire). So threads read without locks, and a
 * piece that another takes the place of lives as long as somebody still copies from it: the
 * collector sees to that. Two threads that miss the same piece both read it, and one of the copies
 * is garbage. pread leaves the file's position alone, which the child of a fork shares.
 */
#ifndef SPANGC_CORD_FILE_H
#define SPANGC_CORD_FILE_H

#include <stddef.h>

struct lazy_file;

/* Stores the n chars from `at` on, which lie inside the file. */
void lazy_file_read(const struct lazy_file *file, size_t at, size_t n, char *out);

#endif
