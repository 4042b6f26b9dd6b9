/* sizeclass.c: the table of size classes, computed at start. See sizeclass.h. */
#include "heap/sizeclass.h"
#include "memory/region.h"
#include "platform/check.h"

struct size_class size_classes[size_class_count];
uint8_t size_class_by_granules[small_max / granule_bytes + 1];

enum { steps_per_doubling = 8, wanted_objects = 8, least_objects = 4 };
enum { many_objects = 256, few_pages = 4 };

static size_t next_class_bytes(size_t bytes)
{
    if (bytes < tiny_max)
        return bytes + granule_bytes;
    size_t power = tiny_max;
    while (power * 2 <= bytes)
        power *= 2;
    return bytes + power / steps_per_doubling;
}

/* Few pages, but enough objects to make a refill worth it and little waste at the end. Small
 * objects get up to four pages: fewer descriptors and bitmaps for the marker to have in its caches.
 */
static unsigned class_pages(size_t bytes)
{
    unsigned best = span_max_pages;
    size_t best_waste = SIZE_MAX;
    for (unsigned pages = 1; pages <= span_max_pages; pages++) {
        size_t total = (size_t)pages << page_shift;
        size_t waste = total % bytes * span_max_pages / pages;
        if (total / bytes >= many_objects ||
            (total / bytes >= wanted_objects && pages >= few_pages)) /* tail: less than 1/8 */
            return pages;
        if (total / bytes >= least_objects && waste < best_waste) {
            best = pages;
            best_waste = waste;
        }
    }
    return best;
}

static void define_class(unsigned number, size_t bytes)
{
    unsigned pages = class_pages(bytes);
    size_classes[number] = (struct size_class){
        .bytes = (uint32_t)bytes,
        .reciprocal = size_reciprocal((uint32_t)bytes),
        .pages = (uint16_t)pages,
        .objects = (uint16_t)(((size_t)pages << page_shift) / bytes),
    };
}

void sizeclass_init(void)
{
    size_t granules = 0;
    size_t bytes = 0;
    for (unsigned c = 1; c < size_class_count; c++) {
        bytes = next_class_bytes(bytes);
        define_class(c, bytes);
        for (; granules <= bytes / granule_bytes; granules++)
            size_class_by_granules[granules] = (uint8_t)c;
    }
    check(bytes == small_max);
}
