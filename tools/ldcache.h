/*
 * /etc/ld.so.cache, the dynamic loader's table of the libraries in its configured directories.
 */
#ifndef SPANGC_TOOLS_LDCACHE_H
#define SPANGC_TOOLS_LDCACHE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Calls visit(path, data) for each library of that name in the cache until it returns true. Returns
 * whether it did. Without a cache, or with one of an unknown format, there is nothing to visit.
 */
bool ldcache_each(const char *name, bool (*visit)(const char *path, void *data), void *data);

#endif
