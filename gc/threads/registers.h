/* registers.h: the registers that a called function preserves, where they may hold the caller's
 * only pointer to something. One implementation a processor (registers-x86_64.c).
 */
#ifndef SPANGC_REGISTERS_H
#define SPANGC_REGISTERS_H

#include <stdint.h>

enum { callee_saved_registers = 6 };

/* Stores them as they are in the caller, and returns the caller's stack pointer. */
uintptr_t registers_save(uintptr_t registers[callee_saved_registers]);

#endif
