/*
 * What a file says about itself to the kernel and the dynamic loader: script or ELF, and of ELF the
 * few entries of its dynamic section that name other files.
 *
 * The file is somebody else's and may be damaged or hostile: every offset is checked against the
 * size of the mapping before it is used. All strings point into the mapping and live until
 * elf_close.
 */
#ifndef SPANGC_TOOLS_ELFFILE_H
#define SPANGC_TOOLS_ELFFILE_H

#include <stdbool.h>
#include <stddef.h>

enum elf_kind {
    ELF_UNREADABLE, /* could not be opened; errno tells why */
    ELF_SCRIPT,     /* begins with #! */
    ELF_UNKNOWN,    /* neither a script nor ELF */
    ELF_FOREIGN,    /* ELF for another processor or word size than this command's */
    ELF_DAMAGED,    /* ELF, but it contradicts itself */
    ELF_STATIC,     /* no dynamic loader is involved */
    ELF_DYNAMIC,
};

struct elf_file {
    enum elf_kind kind;
    const unsigned char *data; /* the mapping; NULL when unreadable or empty */
    size_t size;

    /* ELF_DYNAMIC only; NULL where there is no such entry. */
    const char *interpreter;
    const char *rpath;
    const char *runpath;

    /* The file's dynamic section and string table, for elf_needed. */
    size_t dynamic_offset, dynamic_count;
    size_t strings_offset, strings_size;
};

/* Maps and classifies the file. Always succeeds in the sense that kind is set. */
void elf_open(struct elf_file *file, const char *path);
void elf_close(struct elf_file *file);

/* The name of the next library that the file needs, or NULL; *position starts at 0. */
const char *elf_needed(const struct elf_file *file, size_t *position);

/* Whether the program's loader is of the same C library as this command's. */
bool elf_same_libc(const struct elf_file *file);

/* Bounds of a read: does [offset, offset + length) lie inside the file? */
bool elf_inside(const struct elf_file *file, size_t offset, size_t length);

#endif
