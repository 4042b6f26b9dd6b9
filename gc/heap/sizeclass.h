/* sizeclass.h: from a request to a size class, and from an address to an index.
 *
 * Classes: steps of 16 bytes up to 128, then eight steps per doubling up to 32 KiB, which bounds
 * the waste inside an object to 1/9 of it. Class 0 stands for large objects (a span each).
 *
 *     size_class_of(n) = the least class c > 0 with class_bytes(c) >= n,  for n <= small_max
 *
 * A span of class c has class_pages(c) pages; the tail behind its last object is at most 1/8.
 *
 * Index by reciprocal: for offsets below 2^17 (no small span is longer),
 *     offset / size == (offset * reciprocal(size)) >> 32,   reciprocal(size) = ceil(2^32 / size),
 * which tests/unit_sizeclass proves for every class and every offset.
 */
#ifndef SPANGC_SIZECLASS_H
#define SPANGC_SIZECLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    granule_bytes = 16,
    tiny_max = 128, /* up to here, a class is its number of granules */
    small_max = 32 * 1024,
    size_class_count = 73, /* with class 0 */
    span_max_pages = 16,   /* of a small span */
    span_max_objects = 512
};

struct size_class {
    uint32_t bytes;
    uint32_t reciprocal;
    uint16_t pages;
    uint16_t objects; /* in a span */
};

/* Filled by sizeclass_init; read-only afterwards. */
extern struct size_class size_classes[size_class_count] __attribute__((visibility("hidden")));
extern uint8_t size_class_by_granules[small_max / granule_bytes + 1]
    __attribute__((visibility("hidden")));

void sizeclass_init(void);

/* For n <= small_max. */
static inline size_t size_class_of(size_t n)
{
    return size_class_by_granules[(n + granule_bytes - 1) / granule_bytes];
}

/* The same for 0 < n <= tiny_max; 0 for 0, a class without objects. */
static inline size_t size_class_of_tiny(size_t n)
{
    return (n + granule_bytes - 1) / granule_bytes;
}

static inline uint32_t size_reciprocal(uint32_t bytes)
{
    return (uint32_t)(((UINT64_C(1) << 32) + bytes - 1) / bytes);
}

#endif
