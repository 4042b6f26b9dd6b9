/* tlslayout-glibc.c: struct pthread and the loader's TLS slots, as glibc describes them.
 *
 * glibc exports descriptions of its structures for debuggers, _thread_db_*: three 32-bit numbers
 * each, {bits of an element, elements, offset in bytes}, or one, a size. They are asked for by
 * name when the program runs, so they fit the glibc at hand.
 *
 *     struct pthread   0  | thread pointer, DTV pointer, itself | ...
 *                         | values of keys 0 to 31 | ... | key_blocks[32] | ...
 *     key_blocks[0]    the values of keys 0 to 31 above; the others are calloc'ed at need
 *     slots            length, next, then {generation, struct link_map *} for each module number
 *
 * In a program linked statically there is nobody to ask. There, the first three words are part of
 * the processor's ABI; key_blocks is recognised by its first entry, which points to the block that
 * ends where key_blocks begins (glibc 2.3 to 2.42); and slots are not needed, since nothing is
 * loaded later and every block stands in the DTV.
 */
#include "threads/tlslayout.h"
#include <dlfcn.h>
#include <pthread.h>
#include "platform/peek.h"
#include "threads/stackbounds.h"

enum {
    word_bytes = sizeof(uintptr_t),
    abi_dtv = 8,
    usual_key_blocks = 32,
    usual_key_block_bytes = usual_key_blocks * 2 * word_bytes,
    no_offset = 0, /* link_map: nobody has needed the block at a fixed distance yet */
};

/* link_map: the block will never be at a fixed distance. */
static const size_t forced_dynamic = SIZE_MAX;

struct description {
    uint32_t bits;
    uint32_t count;
    uint32_t offset;
};

static const struct description *describe(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

static bool find_offset(const char *name, size_t *offset)
{
    const struct description *d = describe(name);
    if (d)
        *offset = d->offset;
    return d != NULL;
}

/* ---- struct pthread ---- */

/* Looks in the caller's own struct pthread. */
static size_t recognise_key_blocks(const struct tls_layout *layout)
{
    uintptr_t descriptor = (uintptr_t)pthread_self();
    size_t last = layout->descriptor_bytes - (size_t)usual_key_blocks * word_bytes;
    for (size_t offset = usual_key_block_bytes; offset <= last; offset += word_bytes)
        if (*(const uintptr_t *)(descriptor + offset) ==
            descriptor + offset - usual_key_block_bytes)
            return offset;
    return 0;
}

static void find_key_blocks(struct tls_layout *layout)
{
    const struct description *blocks = describe("_thread_db_pthread_specific");
    const uint32_t *block_bytes = dlsym(RTLD_DEFAULT, "_thread_db_sizeof_pthread_key_data_level2");
    if (blocks && block_bytes) {
        layout->key_blocks = blocks->offset;
        layout->key_block_count = blocks->bits / 8 / word_bytes;
        layout->key_block_bytes = *block_bytes;
    } else {
        layout->key_blocks = recognise_key_blocks(layout);
        layout->key_block_count = usual_key_blocks;
        layout->key_block_bytes = usual_key_block_bytes;
    }
}

/* ---- The loader's slots ---- */

struct slot {
    size_t generation;
    const char *map; /* struct link_map; its first word is the load address */
};

struct slot_list {
    size_t length;
    const struct slot_list *next;
    struct slot slots[];
};

/* Is struct slot_list as above? */
static bool slots_are_as_known(void)
{
    size_t slots;
    size_t generation;
    size_t map;
    const uint32_t *slot_bytes = dlsym(RTLD_DEFAULT, "_thread_db_sizeof_dtv_slotinfo");
    return slot_bytes && *slot_bytes == sizeof(struct slot) &&
           find_offset("_thread_db_dtv_slotinfo_list_slotinfo", &slots) &&
           slots == offsetof(struct slot_list, slots) &&
           find_offset("_thread_db_dtv_slotinfo_gen", &generation) &&
           generation == offsetof(struct slot, generation) &&
           find_offset("_thread_db_dtv_slotinfo_map", &map) && map == offsetof(struct slot, map);
}

static void find_slots(struct tls_layout *layout)
{
    size_t list;
    uintptr_t loader = (uintptr_t)dlsym(RTLD_DEFAULT, "_rtld_global");
    bool found = loader && slots_are_as_known() &&
                 find_offset("_thread_db_rtld_global__dl_tls_dtv_slotinfo_list", &list) &&
                 find_offset("_thread_db_link_map_l_tls_offset", &layout->map_offset) &&
                 find_offset("_thread_db_link_map_l_tls_modid", &layout->map_id);
    layout->slots = found ? loader + list : 0;
}

void tls_layout_find(struct tls_layout *layout)
{
    layout->descriptor_bytes = thread_descriptor_bytes();
    if (!find_offset("_thread_db_pthread_dtvp", &layout->dtv))
        layout->dtv = abi_dtv;
    find_key_blocks(layout);
    find_slots(layout);
}

static const struct slot *slot_at(const struct tls_layout *layout, size_t module_id)
{
    const struct slot_list *list = *(const struct slot_list *const *)layout->slots;
    while (list && module_id >= list->length) {
        module_id -= list->length;
        list = list->next;
    }
    return list ? &list->slots[module_id] : NULL;
}

bool tls_slot_find(const struct tls_layout *layout, size_t module_id, uintptr_t load_address,
                   struct tls_slot *slot)
{
    const struct slot *s = slot_at(layout, module_id);
    if (!s || !s->map || *(const uintptr_t *)s->map != load_address ||
        *(const size_t *)(s->map + layout->map_id) != module_id)
        return false;
    size_t offset = *(const size_t *)(s->map + layout->map_offset);
    slot->generation = s->generation;
    slot->offset = offset == forced_dynamic ? no_offset : offset;
    return true;
}
