/* unit_peek.c: reading what may not be mapped, by the kernel's copy and by probes. */
#include "unit.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "platform/peek.h"

/* Two readable pages and one that is not. */
static char *two_pages(size_t page)
{
    char *pages = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(pages != MAP_FAILED);
    for (size_t i = 0; i < 2 * page; i++)
        pages[i] = (char)(i / 7);
    ck_assert_int_eq(mprotect(pages + 2 * page, page, PROT_NONE), 0);
    return pages;
}

static void check_peek(void)
{
    size_t page = os_page_size();
    char *pages = two_pages(page);
    char *copy = malloc(3 * page);
    uintptr_t start = (uintptr_t)pages;
    errno = 0;
    ck_assert_uint_eq(peek(start, copy, 2 * page), 2 * page);
    ck_assert_int_eq(memcmp(copy, pages, 2 * page), 0);
    ck_assert_uint_eq(peek(start + page - 13, copy, 100), 100);
    ck_assert_int_eq(memcmp(copy, pages + page - 13, 100), 0);
    ck_assert_uint_eq(peek(start + page / 2, copy, 3 * page), page + page / 2);
    ck_assert_int_eq(memcmp(copy, pages + page / 2, page + page / 2), 0);
    ck_assert_uint_eq(peek(start + 2 * page, copy, 1), 0);
    ck_assert_uint_eq(peek(0, copy, 1), 0);
    ck_assert_uint_eq(peek(UINTPTR_MAX - 100, copy, 10), 0);
    ck_assert_int_eq(errno, 0);
    munmap(pages, 3 * page);
    free(copy);
}

START_TEST(what_is_mapped_is_read)
{
    check_peek();
}
END_TEST

START_TEST(what_is_mapped_is_read_by_probes)
{
    peek_use_probes();
    check_peek();
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, what_is_mapped_is_read);
    tcase_add_test(tests, what_is_mapped_is_read_by_probes);
}

int main(void)
{
    return unit_run("peek", add_tests);
}
