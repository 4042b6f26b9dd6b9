/* maps-linux.c: maps.h from the text of /proc/self/maps.
 *
 * Of each line only "LOW-HIGH" is looked at, digit by digit, so a line may be cut anywhere by the
 * end of the buffer.
 */
#include "threads/maps.h"
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

/* Where in a line the last character was. */
enum place { IN_LOW, IN_HIGH, IN_REST };

struct parser {
    enum place place;
    struct mapping line;
};

static unsigned digit_value(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

/* Takes one character; true when line.low and line.high are complete. */
static bool parse(struct parser *parser, char c)
{
    if (c == '\n') {
        *parser = (struct parser){IN_LOW, {0, 0}};
    } else if (parser->place == IN_LOW && c == '-') {
        parser->place = IN_HIGH;
    } else if (parser->place == IN_HIGH && c == ' ') {
        parser->place = IN_REST;
        return true;
    } else if (parser->place == IN_LOW) {
        parser->line.low = parser->line.low * 16 + digit_value(c);
    } else if (parser->place == IN_HIGH) {
        parser->line.high = parser->line.high * 16 + digit_value(c);
    }
    return false;
}

static bool contains(const struct mapping *mapping, uintptr_t address)
{
    return mapping->low <= address && address < mapping->high;
}

static ssize_t read_some(int fd, char *buffer, size_t size)
{
    ssize_t got;
    do {
        got = read(fd, buffer, size);
    } while (got < 0 && errno == EINTR);
    return got;
}

bool maps_find(uintptr_t address, struct mapping *mapping)
{
    int saved_errno = errno;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    struct parser parser = {IN_LOW, {0, 0}};
    bool found = false;
    char buffer[4096];
    ssize_t got = 0;
    while (fd >= 0 && !found && (got = read_some(fd, buffer, sizeof buffer)) > 0)
        for (ssize_t i = 0; i < got && !found; i++)
            found = parse(&parser, buffer[i]) && contains(&parser.line, address);
    if (fd >= 0)
        close(fd);
    errno = saved_errno;
    *mapping = parser.line;
    return found;
}
