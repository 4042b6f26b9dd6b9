/*
 * Does a program need a collector's library, itself or through a library that it needs? Answered as
 * the dynamic loader would find its libraries, without running anything.
 */
#ifndef SPANGC_TOOLS_DEPS_H
#define SPANGC_TOOLS_DEPS_H

#include "elffile.h"

/*
 * Whether the program in file, which lies at path, needs a library whose name is in names (ended by
 * NULL), directly or not. Libraries that are not found are passed over: to complain is the loader's
 * business.
 */
bool deps_need(const struct elf_file *file, const char *path, const char *const names[]);

#endif
