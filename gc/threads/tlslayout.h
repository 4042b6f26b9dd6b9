/* tlslayout.h: where glibc keeps what tls-glibc.c looks for. See tlslayout-glibc.c. */
#ifndef SPANGC_TLSLAYOUT_H
#define SPANGC_TLSLAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Offsets are in bytes, in struct pthread where nothing else is said. */
struct tls_layout {
    size_t descriptor_bytes; /* of struct pthread */
    size_t dtv;              /* pointer to the vector of the thread's TLS blocks */
    size_t key_blocks;       /* pointers to blocks of key values; 0: not found */
    size_t key_block_count;
    size_t key_block_bytes;

    uintptr_t slots;   /* list of the loader's slots, an address; 0: not found */
    size_t map_offset; /* in struct link_map: distance of the block below the thread pointer */
    size_t map_id;     /* in struct link_map: the module's number */
};

void tls_layout_find(struct tls_layout *layout);

/* What the loader knows of a module. */
struct tls_slot {
    size_t generation; /* of the loader's list, when the module was loaded */
    size_t offset;     /* of its block below each thread pointer; 0: blocks are made at need */
};

/* Loader's lock (inside dl_iterate_phdr). False: the module is not in use yet, or no longer. */
bool tls_slot_find(const struct tls_layout *layout, size_t module_id, uintptr_t load_address,
                   struct tls_slot *slot);

#endif
