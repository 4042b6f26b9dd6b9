/* See elffile.h. */

#include "elffile.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef ElfW(Ehdr) elf_header;
typedef ElfW(Phdr) elf_segment;
typedef ElfW(Dyn) elf_dynamic;

/* The linker's name for the ELF header of this command: what "our own kind" is. */
extern const elf_header __ehdr_start __attribute__((visibility("hidden")));

bool elf_inside(const struct elf_file *file, size_t offset, size_t length)
{
    return offset <= file->size && length <= file->size - offset;
}

/* Copies, as nothing in the file need be aligned. */
static bool read_at(const struct elf_file *file, size_t offset, void *to, size_t length)
{
    if (!elf_inside(file, offset, length))
        return false;
    memcpy(to, file->data + offset, length);
    return true;
}

/* The string of at most limit bytes with its end, or NULL if it has none. */
static const char *string_at(const struct elf_file *file, size_t offset, size_t limit)
{
    if (!elf_inside(file, offset, limit) || limit == 0)
        return NULL;
    const char *string = (const char *)file->data + offset;
    return memchr(string, '\0', limit) ? string : NULL;
}

static const char *dynamic_string(const struct elf_file *file, size_t offset)
{
    if (offset >= file->strings_size)
        return NULL;
    return string_at(file, file->strings_offset + offset, file->strings_size - offset);
}

static bool segment(const struct elf_file *file, const elf_header *header, size_t i,
                    elf_segment *to)
{
    if (header->e_phentsize != sizeof *to || header->e_phoff > file->size)
        return false;
    return read_at(file, header->e_phoff + i * sizeof *to, to, sizeof *to);
}

/* The file offset of a virtual address, in a loaded segment that goes on for length bytes. */
static bool offset_of(const struct elf_file *file, const elf_header *header, size_t address,
                      size_t length, size_t *offset)
{
    for (size_t i = 0; i < header->e_phnum; i++) {
        elf_segment load;
        if (!segment(file, header, i, &load))
            return false;
        if (load.p_type != PT_LOAD || address < load.p_vaddr ||
            address - load.p_vaddr >= load.p_filesz ||
            length > load.p_filesz - (address - load.p_vaddr))
            continue;
        *offset = load.p_offset + (address - load.p_vaddr);
        return elf_inside(file, *offset, length);
    }
    return false;
}

static bool dynamic_entry(const struct elf_file *file, size_t i, elf_dynamic *entry)
{
    return i < file->dynamic_count &&
           read_at(file, file->dynamic_offset + i * sizeof *entry, entry, sizeof *entry) &&
           entry->d_tag != DT_NULL;
}

/* Finds the string table, then the entries that name directories. */
static bool read_dynamic(struct elf_file *file, const elf_header *header,
                         const elf_segment *dynamic)
{
    if (!elf_inside(file, dynamic->p_offset, dynamic->p_filesz))
        return false;
    file->dynamic_offset = dynamic->p_offset;
    file->dynamic_count = dynamic->p_filesz / sizeof(elf_dynamic);

    size_t strings = 0, size = 0, rpath = 0, runpath = 0;
    elf_dynamic entry;
    for (size_t i = 0; dynamic_entry(file, i, &entry); i++) {
        if (entry.d_tag == DT_STRTAB)
            strings = entry.d_un.d_ptr;
        else if (entry.d_tag == DT_STRSZ)
            size = entry.d_un.d_val;
        else if (entry.d_tag == DT_RPATH)
            rpath = entry.d_un.d_val;
        else if (entry.d_tag == DT_RUNPATH)
            runpath = entry.d_un.d_val;
    }
    if (size == 0 || !offset_of(file, header, strings, size, &file->strings_offset))
        return false;
    file->strings_size = size;
    file->rpath = rpath ? dynamic_string(file, rpath) : NULL;
    file->runpath = runpath ? dynamic_string(file, runpath) : NULL;
    return true;
}

static enum elf_kind read_segments(struct elf_file *file, const elf_header *header)
{
    elf_segment dynamic = {.p_type = PT_NULL};
    for (size_t i = 0; i < header->e_phnum; i++) {
        elf_segment one;
        if (!segment(file, header, i, &one))
            return ELF_DAMAGED;
        if (one.p_type == PT_DYNAMIC)
            dynamic = one;
        if (one.p_type == PT_INTERP &&
            !(file->interpreter = string_at(file, one.p_offset, one.p_filesz)))
            return ELF_DAMAGED;
    }
    if (dynamic.p_type == PT_NULL)
        return ELF_STATIC;
    if (!read_dynamic(file, header, &dynamic))
        return ELF_DAMAGED;
    return ELF_DYNAMIC;
}

static enum elf_kind classify(struct elf_file *file)
{
    if (elf_inside(file, 0, 2) && memcmp(file->data, "#!", 2) == 0)
        return ELF_SCRIPT;
    if (!elf_inside(file, 0, SELFMAG) || memcmp(file->data, ELFMAG, SELFMAG) != 0)
        return ELF_UNKNOWN;
    elf_header header;
    if (!read_at(file, 0, &header, sizeof header))
        return ELF_DAMAGED;
    if (header.e_ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS] ||
        header.e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA] ||
        header.e_machine != __ehdr_start.e_machine)
        return ELF_FOREIGN;
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        return ELF_DAMAGED;
    return read_segments(file, &header);
}

void elf_open(struct elf_file *file, const char *path)
{
    *file = (struct elf_file){.kind = ELF_UNREADABLE};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        void *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data != MAP_FAILED) {
            file->data = data;
            file->size = (size_t)status.st_size;
        }
    }
    int error = errno;
    close(fd);
    errno = error;
    file->kind = classify(file);
}

void elf_close(struct elf_file *file)
{
    if (file->data)
        munmap((void *)file->data, file->size);
    *file = (struct elf_file){.kind = ELF_UNREADABLE};
}

const char *elf_needed(const struct elf_file *file, size_t *position)
{
    elf_dynamic entry;
    while (file->kind == ELF_DYNAMIC && dynamic_entry(file, *position, &entry)) {
        ++*position;
        if (entry.d_tag != DT_NEEDED)
            continue;
        const char *name = dynamic_string(file, entry.d_un.d_val);
        if (name)
            return name;
    }
    return NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool elf_same_libc(const struct elf_file *file)
{
    struct elf_file self;
    elf_open(&self, "/proc/self/exe");
    bool same = !self.interpreter || !file->interpreter ||
                strcmp(base_name(self.interpreter), base_name(file->interpreter)) == 0;
    elf_close(&self);
    return same;
}
