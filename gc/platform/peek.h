/* peek.h: memory that may not be there.
 *
 * Words that belong to others (the C library's tables, stacks nobody has told us of) can go while
 * one looks: read through here, an address that is not mapped is a short count and no fault.
 * Calls no malloc; errno is kept. Usable with the world stopped.
 */
#ifndef SPANGC_PEEK_H
#define SPANGC_PEEK_H

#include <stddef.h>
#include <stdint.h>

/* Copies up to `bytes` bytes from `address`; returns how many could be read from the start. */
size_t peek(uintptr_t address, void *to, size_t bytes);

/* Makes peek do without process_vm_readv, as where a sandbox refuses it. For tests. */
void peek_use_probes(void);

#endif
