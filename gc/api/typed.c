/* typed.c: objects of which the program says which words are pointers (gc_typed.h).
 *
 * Two kinds, made when first used. A typed object's last word is its descriptor; it is also the
 * byte behind the end to which a pointer may point. An array for which one descriptor does not do
 * ends in an array_rear (mark/described.h).
 */
#include "api/api.h"
#include "gc/gc_typed.h"
#include "heap/find.h"
#include "mark/bitmaps.h"
#include "mark/described.h"
#include "mark/procedures.h"

enum { word_bytes = sizeof(GC_word), word_bits = 8 * sizeof(GC_word) };

static atomic_word object_kind;
static atomic_word array_kind;

static const GC_word last_word = (GC_word)-word_bytes | DESCRIPTOR_PER_OBJECT;

/* ---- Descriptors ---- */

static bool bit_at(const GC_word *bitmap, size_t i)
{
    return (bitmap[i / word_bits] >> i % word_bits & 1) != 0;
}

/* Without what is clear at the end. */
static size_t used_length(const GC_word *bitmap, size_t length)
{
    while (length > 0 && !bit_at(bitmap, length - 1))
        length--;
    return length;
}

static bool all_are_set(const GC_word *bitmap, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!bit_at(bitmap, i))
            return false;
    return true;
}

static bool note_long_bitmap(const GC_word *bitmap, size_t length, uintptr_t *number)
{
    struct thread *t = api_thread();
    if (t == NULL || !busy_enter(t))
        return false;
    bool added = bitmap_add(bitmap, length, number);
    busy_leave(t);
    return added;
}

GC_descr GC_make_descriptor(const GC_word *bitmap, size_t length)
{
    uintptr_t number;
    length = used_length(bitmap, length);
    if (all_are_set(bitmap, length))
        return length * word_bytes;
    if (length <= descriptor_bitmap_words)
        return bitmap_to_descriptor(bitmap, 0, length);
    if (!note_long_bitmap(bitmap, length, &number))
        return length * word_bytes;
    return descriptor_of_procedure(procedure_bitmap, number);
}

/* ---- Objects ---- */

/* Is p, which the caller keeps alive, an object of that kind? The out-of-memory function may have
 * given something else. */
static bool object_of(const void *p, unsigned kind, struct object *o)
{
    struct api_visit visit = api_enter(api_thread());
    bool found = find_object((uintptr_t)p, o) && o->base == (uintptr_t)p && o->span->kind == kind;
    api_leave(visit);
    return found;
}

static GC_word *descriptor_word(const struct object *o)
{
    return (GC_word *)(o->base + o->span->object_bytes) - 1;
}

void *GC_malloc_explicitly_typed(size_t bytes, GC_descr descriptor)
{
    struct object o;
    unsigned kind = api_kind_once(&object_kind, last_word, true);
    if (kind == 0 || bytes > SIZE_MAX - word_bytes)
        return GC_malloc(bytes);
    void *p = api_allocate(bytes + word_bytes, kind);
    if (p != NULL && object_of(p, kind, &o))
        *descriptor_word(&o) = descriptor;
    return p;
}

void *GC_malloc_explicitly_typed_ignore_off_page(size_t bytes, GC_descr descriptor)
{
    return GC_malloc_explicitly_typed(bytes, descriptor);
}

/* ---- Arrays ---- */

/* As many of the elements as fit into one descriptor make one larger element. */
static void join_elements(struct array_rear *rear)
{
    size_t words = rear->stride / word_bytes;
    size_t most = words == 0 ? 0 : descriptor_bitmap_words / words;
    if (most < 2 || descriptor_tag(rear->descriptor) > DESCRIPTOR_BITMAP)
        return;
    GC_word one = descriptor_clip(rear->descriptor, rear->stride);
    if (descriptor_tag(one) == DESCRIPTOR_LENGTH)
        one = one / word_bytes == 0 ? 0 : ~(~(GC_word)0 >> one / word_bytes);
    one &= ~(GC_word)descriptor_tag_mask;
    rear->descriptor = DESCRIPTOR_BITMAP;
    for (size_t i = 0; i < most; i++)
        rear->descriptor |= one >> i * words;
    rear->stride *= most;
}

/* One descriptor for all elements, if there is one. */
static bool one_descriptor(const struct array_rear *rear, GC_descr *descriptor)
{
    if (rear->descriptor == 0 || rear->bytes <= rear->stride)
        *descriptor = descriptor_clip(rear->descriptor, rear->bytes);
    else if (rear->descriptor == rear->stride || rear->stride % word_bytes != 0)
        *descriptor = rear->bytes & ~(size_t)(word_bytes - 1);
    else
        return false;
    return true;
}

static void *array_malloc(const struct array_rear *rear)
{
    struct object o;
    unsigned kind = api_kind_once(&array_kind, descriptor_of_procedure(procedure_array, 0), false);
    if (kind == 0)
        return GC_malloc(rear->bytes);
    void *p = api_allocate(rear->bytes + sizeof *rear, kind);
    if (p == NULL || !object_of(p, kind, &o))
        return p;
    struct array_rear *to = array_rear(&o);
    to->stride = rear->stride;
    to->descriptor = rear->descriptor;
    compiler_barrier(); /* a stop in between finds no elements */
    to->bytes = rear->bytes;
    return p;
}

void *GC_calloc_explicitly_typed(size_t n, size_t bytes, GC_descr descriptor)
{
    GC_descr all;
    struct array_rear rear = {.stride = bytes, .descriptor = descriptor};
    if (__builtin_mul_overflow(n, bytes, &rear.bytes) || rear.bytes > SIZE_MAX - sizeof rear)
        return GC_get_oom_fn()(SIZE_MAX);
    if (one_descriptor(&rear, &all))
        return GC_malloc_explicitly_typed(rear.bytes, all);
    join_elements(&rear);
    if (one_descriptor(&rear, &all))
        return GC_malloc_explicitly_typed(rear.bytes, all);
    return array_malloc(&rear);
}

/* ---- The same again, of another size ---- */

void *api_allocate_like(const void *base, unsigned kind, size_t bytes)
{
    struct object o;
    if (kind == word_load_acquire(&array_kind)) /* what bytes its elements have is not known */
        return GC_malloc(bytes);
    if (kind == word_load_acquire(&object_kind) && object_of(base, kind, &o))
        return GC_malloc_explicitly_typed(bytes, *descriptor_word(&o));
    return api_allocate(api_request(bytes), kind);
}
