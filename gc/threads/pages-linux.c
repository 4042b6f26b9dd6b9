/* pages-linux.c: pages.h by PAGEMAP_SCAN (Linux 6.7), else by the entries of /proc/self/pagemap.
 *
 * A process that is not dumpable may not open that file; then every page of the range counts as
 * existing. Reading a page that nobody has written maps the kernel's page of zeros there.
 */
#define _GNU_SOURCE 1
#include "threads/pages.h"
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include "platform/files.h"
#include "platform/os.h"

/* The kernel's struct pm_scan_arg and page_region; younger than some C libraries. */
struct pagemap_scan {
    uint64_t size;
    uint64_t flags;
    uint64_t start;
    uint64_t end;
    uint64_t walk_end;
    uint64_t regions;
    uint64_t region_count;
    uint64_t max_pages;
    uint64_t category_inverted;
    uint64_t category_mask;
    uint64_t category_anyof_mask;
    uint64_t return_mask;
};

struct page_region {
    uint64_t start;
    uint64_t end;
    uint64_t categories;
};

#define PAGEMAP_SCAN_CALL _IOWR('f', 16, struct pagemap_scan)

enum { SCAN_PRESENT = 1 << 3, SCAN_SWAPPED = 1 << 4, SCAN_ZERO_PAGE = 1 << 5 };

enum { regions_at_once = 32, entries_at_once = 128, copied_at_once = 1024 };

/* What the caller asked for; pages are cut down to it. */
struct request {
    uintptr_t low;
    uintptr_t high;
    range_visitor visit;
    void *argument;
};

static void visit_pages(const struct request *r, uintptr_t start, uintptr_t end)
{
    uintptr_t low = start > r->low ? start : r->low;
    uintptr_t high = end < r->high ? end : r->high;
    if (low < high)
        r->visit(low, high, r->argument);
}

/* Up to regions_at_once regions from `start` on; returns where to go on, 0: the kernel refuses. */
static uintptr_t scan_some(int fd, const struct request *r, uintptr_t start, uintptr_t end)
{
    struct page_region regions[regions_at_once];
    struct pagemap_scan scan = {
        .size = sizeof scan,
        .start = start,
        .end = end,
        .regions = (uintptr_t)regions,
        .region_count = regions_at_once,
        .category_inverted = SCAN_ZERO_PAGE,
        .category_mask = SCAN_ZERO_PAGE,
        .category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
        .return_mask = SCAN_PRESENT | SCAN_SWAPPED,
    };
    int found = ioctl(fd, PAGEMAP_SCAN_CALL, &scan);
    for (int i = 0; i < found; i++)
        visit_pages(r, regions[i].start, regions[i].end);
    return found >= 0 && scan.walk_end > start ? scan.walk_end : 0;
}

/* The same by reading entries, of which the two highest bits say present and swapped. */
static uintptr_t read_some(int fd, const struct request *r, uintptr_t start, size_t page)
{
    uint64_t entries[entries_at_once];
    ssize_t got =
        file_read_at(fd, entries, sizeof entries, (off_t)(start / page * sizeof *entries));
    size_t count = got > 0 ? (size_t)got / sizeof *entries : 0;
    for (size_t i = 0; i < count; i++)
        if (entries[i] >> 62 != 0)
            visit_pages(r, start + i * page, start + (i + 1) * page);
    return count > 0 ? start + count * page : 0;
}

void pages_visit_present(uintptr_t low, uintptr_t high, range_visitor visit, void *argument)
{
    struct request r = {low, high, visit, argument};
    size_t page = os_page_size();
    uintptr_t start = low & ~(page - 1);
    uintptr_t end = (high + page - 1) & ~(page - 1);
    int fd = file_open("/proc/self/pagemap");
    while (fd >= 0 && start < end) {
        uintptr_t next = scan_some(fd, &r, start, end);
        if (next == 0)
            next = read_some(fd, &r, start, page);
        if (next == 0)
            break;
        start = next;
    }
    if (fd >= 0)
        file_close(fd);
    visit_pages(&r, start, end);
}

/* ---- Copies ---- */

bool pages_visit_copies(uintptr_t low, uintptr_t high, bool up_to_hole, range_visitor visit,
                        void *argument)
{
    uintptr_t words[copied_at_once / sizeof(uintptr_t)];
    while (low < high) {
        size_t bytes = copied_at_once - low % copied_at_once;
        if (bytes > high - low)
            bytes = high - low;
        struct iovec to = {words, bytes};
        struct iovec from = {(void *)low, bytes};
        ssize_t got = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
        if (got > 0)
            visit((uintptr_t)words, (uintptr_t)words + (size_t)got, argument);
        else if (up_to_hole)
            return true;
        low += bytes;
    }
    return false;
}
