/* maps-linux.c: maps.h from PROCMAP_QUERY, or the text of /proc/self/maps.
 *
 * Of each line of text only "LOW-HIGH r" is looked at, character by character, so a line may be
 * cut anywhere by the end of the buffer.
 */
#define _GNU_SOURCE 1
#include "threads/maps.h"
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "platform/atomics.h"
#include "platform/files.h"
#include "threads/pages.h"

/* ---- Files ---- */

static int open_maps(void)
{
    return file_open("/proc/self/maps");
}

/* ---- By a question to the kernel ---- */

/* The kernel's struct procmap_query; younger than some C libraries. */
struct procmap_query {
    uint64_t size;
    uint64_t flags;
    uint64_t address;
    uint64_t low;
    uint64_t high;
    uint64_t mapping_flags;
    uint64_t page_size;
    uint64_t offset;
    uint64_t inode;
    uint32_t device_major;
    uint32_t device_minor;
    uint32_t name_size;
    uint32_t build_id_size;
    uint64_t name;
    uint64_t build_id;
};

#define PROCMAP_QUERY_CALL _IOWR('f', 17, struct procmap_query)

enum { QUERY_READABLE = 1, QUERY_OR_NEXT = 0x10 };

enum answer { FOUND, NOT_THERE, NOT_TOLD };

static enum answer query(int fd, uintptr_t address, bool or_next_readable, struct mapping *mapping)
{
    struct procmap_query q = {.size = sizeof q, .address = address};
    if (or_next_readable)
        q.flags = QUERY_READABLE | QUERY_OR_NEXT;
    if (ioctl(fd, PROCMAP_QUERY_CALL, &q) != 0)
        return errno == ENOENT ? NOT_THERE : NOT_TOLD;
    *mapping = (struct mapping){q.low, q.high};
    return FOUND;
}

/* ---- By reading ---- */

/* Where in a line the last character was. */
enum place { IN_LOW, IN_HIGH, AFTER_HIGH, IN_REST };

struct parser {
    enum place place;
    struct mapping line;
    bool readable;
};

static unsigned digit_value(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

/* Takes one character; true when line and readable are complete. */
static bool parse(struct parser *parser, char c)
{
    if (c == '\n') {
        *parser = (struct parser){IN_LOW, {0, 0}, false};
    } else if (parser->place == IN_LOW && c == '-') {
        parser->place = IN_HIGH;
    } else if (parser->place == IN_HIGH && c == ' ') {
        parser->place = AFTER_HIGH;
    } else if (parser->place == AFTER_HIGH) {
        parser->readable = c == 'r';
        parser->place = IN_REST;
        return true;
    } else if (parser->place == IN_LOW) {
        parser->line.low = parser->line.low * 16 + digit_value(c);
    } else if (parser->place == IN_HIGH) {
        parser->line.high = parser->line.high * 16 + digit_value(c);
    }
    return false;
}

static bool fits(const struct parser *parser, uintptr_t address, bool or_next_readable)
{
    if (address >= parser->line.high)
        return false;
    return or_next_readable ? parser->readable : parser->line.low <= address;
}

static enum answer search(int fd, uintptr_t address, bool or_next_readable, struct mapping *mapping)
{
    struct parser parser = {IN_LOW, {0, 0}, false};
    char buffer[2048];
    ssize_t got;
    bool any = false;
    while ((got = file_read(fd, buffer, sizeof buffer)) > 0) {
        any = true;
        for (ssize_t i = 0; i < got; i++) {
            if (!parse(&parser, buffer[i]) || !fits(&parser, address, or_next_readable))
                continue;
            *mapping = parser.line;
            return FOUND;
        }
    }
    return any ? NOT_THERE : NOT_TOLD;
}

/* ---- Both ---- */

/* Set once the kernel has refused the question. */
static atomic_word must_read;

static enum answer find(uintptr_t address, bool or_next_readable, struct mapping *mapping)
{
    int fd = open_maps();
    if (fd < 0)
        return NOT_TOLD;
    enum answer answer = NOT_TOLD;
    if (word_load(&must_read) == 0)
        answer = query(fd, address, or_next_readable, mapping);
    if (answer == NOT_TOLD) {
        word_store(&must_read, 1);
        answer = search(fd, address, or_next_readable, mapping);
    }
    file_close(fd);
    return answer;
}

bool maps_find(uintptr_t address, struct mapping *mapping)
{
    int saved_errno = errno;
    *mapping = (struct mapping){0, 0};
    enum answer answer = find(address, false, mapping);
    errno = saved_errno;
    return answer == FOUND;
}

bool maps_find_is_cheap(void)
{
    return word_load(&must_read) == 0;
}

/* ---- What exists ---- */

static uintptr_t at_least(uintptr_t a, uintptr_t b)
{
    return a > b ? a : b;
}

static uintptr_t at_most(uintptr_t a, uintptr_t b)
{
    return a < b ? a : b;
}

void maps_visit_present(uintptr_t low, uintptr_t high, range_visitor visit, void *argument)
{
    int saved_errno = errno;
    struct mapping m;
    enum answer answer = FOUND;
    while (low < high && (answer = find(low, true, &m)) == FOUND && m.low < high) {
        pages_visit_present(at_least(low, m.low), at_most(high, m.high), visit, argument);
        low = m.high;
    }
    if (answer == NOT_TOLD)
        pages_visit_copies(low, high, false, visit, argument);
    errno = saved_errno;
}

bool maps_visit_rest(uintptr_t low, size_t most, range_visitor visit, void *argument)
{
    int saved_errno = errno;
    struct mapping m;
    enum answer answer = find(low, false, &m);
    bool whole = true;
    if (answer == FOUND) {
        whole = m.high - low <= most;
        maps_visit_present(low, whole ? m.high : low + most, visit, argument);
    } else if (answer == NOT_TOLD) {
        whole = pages_visit_copies(low, low + most, true, visit, argument);
    }
    errno = saved_errno;
    return whole;
}
