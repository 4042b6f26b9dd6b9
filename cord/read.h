/* read.h: the chars of a cord, for the functions that take many of them.
 *
 * Each call is given the length of x, because a C string does not know it; x is not empty.
 */
#ifndef SPANGC_CORD_READ_H
#define SPANGC_CORD_READ_H

#include "cord/node.h"

/* Stores the n chars from i on. */
void cord_copy(CORD x, size_t i, size_t n, char *out);

/* Calls run(bytes, n, is_string, data) for the chars from i on, n of them each time and n > 0, and
 * ends when it returns something other than 0, which is returned; otherwise 0. If is_string, then
 * the bytes end with a NUL and stay; otherwise they may be gone when run returns. Functions are
 * asked for one char at a time: what lies behind the end of the iteration is not asked for. */
typedef int (*cord_run)(const char *bytes, size_t n, bool is_string, void *data);
int cord_each_run(CORD x, size_t len, size_t i, cord_run run, void *data);

#endif
