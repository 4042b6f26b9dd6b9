/* string.c: copies of strings in pointer-free objects. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>
#define GC_REQUIRE_WCSDUP
#include "api/api.h"

/* `length` bytes and an end mark of `mark` zero bytes. */
static void *copy_of(const void *text, size_t length, size_t mark)
{
    char *copy = GC_malloc_atomic(length + mark);
    if (copy == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    memcpy(copy, text, length);
    memset(copy + length, 0, mark);
    return copy;
}

char *GC_strdup(const char *text)
{
    return text == NULL ? NULL : copy_of(text, strlen(text), 1);
}

char *GC_strndup(const char *text, size_t most)
{
    return copy_of(text, strnlen(text, most), 1);
}

wchar_t *GC_wcsdup(const wchar_t *text)
{
    return copy_of(text, wcslen(text) * sizeof *text, sizeof *text);
}
