/* check.c: formatting into a fixed buffer, one write(2) a line. */
#include "platform/check.h"
#include "platform/os.h"
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include "platform/files.h"

enum { line_bytes = 512 };

/* Text under construction; what does not fit is dropped, one byte is kept for the terminator. */
struct text {
    char *buffer;
    size_t size;
    size_t length;
};

static void put_char(struct text *text, char c)
{
    if (text->length + 1 < text->size)
        text->buffer[text->length++] = c;
}

static void put_string(struct text *text, const char *s)
{
    for (s = s ? s : "(null)"; *s; s++)
        put_char(text, *s);
}

static void put_number(struct text *text, uintmax_t value, unsigned radix)
{
    char digits[24];
    size_t n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % radix];
        value /= radix;
    } while (value > 0);
    while (n > 0)
        put_char(text, digits[--n]);
}

static void put_signed(struct text *text, int value)
{
    if (value < 0)
        put_char(text, '-');
    put_number(text, value < 0 ? 0 - (uintmax_t)value : (uintmax_t)value, 10);
}

size_t format_line(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct text text = {buffer, size, 0};
    for (; *format; format++) {
        if (*format != '%' || format[1] == '\0') {
            put_char(&text, *format);
            continue;
        }
        switch (*++format) {
        case 's':
            put_string(&text, va_arg(arguments, const char *));
            break;
        case 'd':
            put_signed(&text, va_arg(arguments, int));
            break;
        case 'u':
            put_number(&text, va_arg(arguments, unsigned), 10);
            break;
        case 'x':
            put_number(&text, va_arg(arguments, unsigned), 16);
            break;
        case 'z':
            put_number(&text, va_arg(arguments, size_t), 10);
            break;
        case 'p':
            put_string(&text, "0x");
            put_number(&text, (uintptr_t)va_arg(arguments, void *), 16);
            break;
        default: /* %% and what we do not know stand for themselves */
            put_char(&text, *format);
        }
    }
    if (size > 0)
        buffer[text.length] = '\0';
    return text.length;
}

int report_fd = STDERR_FILENO;
int log_fd = STDERR_FILENO;

static void write_all(int fd, const char *line, size_t length)
{
    while (length > 0) {
        ssize_t written = file_write(fd, line, length);
        if (written <= 0)
            return;
        line += written;
        length -= (size_t)written;
    }
}

static void write_line(int fd, const char *format, va_list arguments)
{
    char line[line_bytes] = "spangc: ";
    const size_t prefix = sizeof "spangc: " - 1;
    int saved_errno = errno;
    size_t length =
        prefix + format_line(line + prefix, sizeof line - prefix - 1, format, arguments);
    line[length++] = '\n';
    write_all(fd, line, length);
    errno = saved_errno;
}

void report(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(report_fd, format, arguments);
    va_end(arguments);
}

void log_line(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(log_fd, format, arguments);
    va_end(arguments);
}

void fatal(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(report_fd, format, arguments);
    va_end(arguments);
    abort();
}

void check_failed(const char *what, const char *file, int line)
{
    fatal("%s:%d: check failed: %s", file, line, what);
}
