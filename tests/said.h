/* said.h: what is written on standard error between two calls, for tests of messages. */
#ifndef SPANGC_TESTS_SAID_H
#define SPANGC_TESTS_SAID_H

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char said[256 * 1024];
static int said_before = -1;
static FILE *said_file;

static inline void listen(void)
{
    said_file = tmpfile();
    ck_assert_ptr_nonnull(said_file);
    fflush(stderr);
    said_before = dup(STDERR_FILENO);
    ck_assert_int_ge(dup2(fileno(said_file), STDERR_FILENO), 0);
}

/* What has been said since; valid until the next call. */
static inline const char *heard(void)
{
    fflush(stderr);
    dup2(said_before, STDERR_FILENO);
    close(said_before);
    ssize_t length = pread(fileno(said_file), said, sizeof said - 1, 0);
    said[length > 0 ? length : 0] = '\0';
    fclose(said_file);
    return said;
}

/* How often `part` occurs in `text`. */
static inline int occurrences(const char *text, const char *part)
{
    int count = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        count++;
    return count;
}

#endif
