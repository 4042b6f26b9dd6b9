/* check.h: saying that something is wrong, in one line on standard error.
 *
 * check()        always compiled in: a broken invariant that would corrupt the heap; aborts.
 * debug_check()  compiled in by `./configure --enable-checks` only.
 * fatal()        formats one line and aborts.
 * report()       formats one line; the program goes on.
 * log_line()     the same, for what was asked for (a line a collection) and is no error.
 *
 * Lines go out by write(2) from a buffer on the stack, so all of these may be used with the world
 * stopped, in signal handlers and before main. Formats know %s %d %u %x %p %z (size_t) and %%.
 */
#ifndef SPANGC_CHECK_H
#define SPANGC_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef SPANGC_CHECKS
enum { checks_enabled = 1 };
#else
enum { checks_enabled = 0 };
#endif

_Noreturn void check_failed(const char *what, const char *file, int line);
_Noreturn void fatal(const char *format, ...);
void report(const char *format, ...);
void log_line(const char *format, ...);

/* Where these lines go; standard error, unless the program or the environment moves them. */
extern int report_fd;
extern int log_fd;

/* Formats like report() into `buffer` of `size` bytes, always terminated; returns the length. */
size_t format_line(char *buffer, size_t size, const char *format, va_list arguments);

/* These are macros for the text and the place of the condition. */
#define check(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))
#define debug_check(condition)                                                                     \
    ((!checks_enabled || (condition)) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

#endif
