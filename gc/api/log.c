/* log.c: text for people, formatted as printf does, a write(2) each.
 *
 * Three streams, as in bdwgc: what was asked for goes to standard output, errors and the log to
 * standard error. GC_LOG_FILE takes all three to a file, with GC_ONLY_LOG_TO_FILE only the log;
 * GC_set_log_fd moves the log.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "api/api.h"
#include "platform/check.h"
#include "platform/files.h"

enum { text_bytes = 1024 };

static int output_fd = STDOUT_FILENO;

static void print(int fd, const char *format, va_list arguments)
{
    char text[text_bytes];
    int saved_errno = errno;
    int length = vsnprintf(text, sizeof text, format, arguments);
    size_t left = length < 0 ? 0 : (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
    for (const char *at = text; left > 0;) {
        ssize_t written = file_write(fd, at, left);
        if (written <= 0)
            break;
        at += written;
        left -= (size_t)written;
    }
    errno = saved_errno;
}

void GC_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(output_fd, format, arguments);
    va_end(arguments);
}

void GC_err_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(report_fd, format, arguments);
    va_end(arguments);
}

void GC_log_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(log_fd, format, arguments);
    va_end(arguments);
}

void GC_set_log_fd(int fd)
{
    log_fd = fd;
}

void log_open(const char *path, bool only_log)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) {
        report("GC_LOG_FILE=%s cannot be opened; the log goes to standard error", path);
        return;
    }
    log_fd = fd;
    if (!only_log)
        output_fd = report_fd = fd;
}
