/* described.c: see described.h. */
#include "mark/described.h"
#include "mark/bitmaps.h"
#include "mark/procedures.h"

enum {
    fetches_most = 4, /* descriptors that lead to descriptors */
    elements_a_step = 32,
    word_bytes = sizeof(uintptr_t)
};

size_t described_room(uintptr_t start)
{
    struct object o;
    return find_slot(start, &o) ? o.base + o.span->object_bytes - start : SIZE_MAX;
}

uintptr_t described_all(uintptr_t start)
{
    size_t room = described_room(start);
    return room == SIZE_MAX ? 0 : room;
}

/* A type that is NULL: the object is not made yet. */
static uintptr_t fetch(uintptr_t start, uintptr_t descriptor)
{
    intptr_t offset = (intptr_t)(descriptor & ~(uintptr_t)descriptor_tag_mask);
    if (offset >= 0) {
        if ((uintptr_t)offset > described_room(start) - word_bytes)
            return 0;
        return *(const uintptr_t *)(start + (uintptr_t)offset);
    }
    uintptr_t type = *(const uintptr_t *)start;
    return type == 0 ? 0 : *(const uintptr_t *)(type - (uintptr_t)offset - descriptor_type_bias);
}

uintptr_t described_resolve(uintptr_t start, uintptr_t descriptor)
{
    for (unsigned i = 0; i < fetches_most; i++) {
        if (descriptor_tag(descriptor) != DESCRIPTOR_PER_OBJECT)
            return descriptor;
        descriptor = descriptor_clip(fetch(start, descriptor), described_room(start));
    }
    return described_all(start);
}

static uintptr_t step_length(struct marker *m, uintptr_t start, uintptr_t length)
{
    length &= ~(uintptr_t)(word_bytes - 1);
    if (length <= mark_piece_bytes)
        return length;
    mark_push(m, (struct mark_entry){start + mark_piece_bytes, length - mark_piece_bytes});
    return mark_piece_bytes;
}

static uintptr_t step_all(struct marker *m, uintptr_t start)
{
    return step_length(m, start, described_all(start));
}

static uintptr_t step_bitmap(struct marker *m, uintptr_t start, uintptr_t number)
{
    bool last;
    if (!bitmap_exists(number))
        return step_all(m, start);
    size_t room = described_room(start);
    uintptr_t piece = descriptor_clip(bitmap_piece(number, &last), room);
    if (!last && room > bitmap_piece_bytes)
        mark_push(m, (struct mark_entry){start + bitmap_piece_bytes,
                                         descriptor_of_procedure(procedure_bitmap, number + 1)});
    return piece;
}

/* The rest of the array first, so that the stack does not grow while it waits. */
static uintptr_t step_array(struct marker *m, uintptr_t start)
{
    struct object o;
    if (!find_slot(start, &o))
        return 0;
    const struct array_rear *rear = array_rear(&o);
    if (!array_rear_is_valid(&o, rear))
        return 0;
    size_t offset = start - o.base;
    size_t end = offset + elements_a_step * rear->stride;
    if (end < rear->bytes)
        mark_push(m,
                  (struct mark_entry){o.base + end, descriptor_of_procedure(procedure_array, 0)});
    else
        end = rear->bytes;
    for (; offset < end; offset += rear->stride)
        mark_push(m, (struct mark_entry){o.base + offset, array_element_descriptor(rear, offset)});
    return 0;
}

static uintptr_t step_procedure(struct marker *m, struct mark_entry e)
{
    switch (descriptor_procedure(e.descriptor)) {
    case procedure_bitmap:
        return step_bitmap(m, e.start, descriptor_env(e.descriptor));
    case procedure_array:
        return step_array(m, e.start);
    default:
        break;
    }
    if (m->is_helper) {
        mark_leave_to_collector(m, e);
        return 0;
    }
    int pushed = procedure_call(e.start, e.descriptor, m->procedure_stack);
    if (pushed < 0)
        return step_all(m, e.start);
    for (int i = 1; i <= pushed; i++)
        mark_push(m, m->procedure_stack[i]);
    return 0;
}

uintptr_t described_step(struct marker *m, struct mark_entry e)
{
    e.descriptor = described_resolve(e.start, e.descriptor);
    switch (descriptor_tag(e.descriptor)) {
    case DESCRIPTOR_LENGTH:
        return step_length(m, e.start, e.descriptor);
    case DESCRIPTOR_PROCEDURE:
        return step_procedure(m, e);
    default:
        return e.descriptor;
    }
}
