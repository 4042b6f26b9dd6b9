/* symbols.h: from the address of an instruction to the name of a function, a file and a line.
 *
 * symbols-libdw.c reads debugging information by elfutils' libdw, which it loads at run time: a
 * program that never asks does not pay for it, and where it is missing, or in builds without its
 * headers (symbols-none.c), there are the names that the loader knows (symbols-glibc.c).
 *
 * May call malloc and wait for the loader: only for threads that run freely.
 */
#ifndef SPANGC_SYMBOLS_H
#define SPANGC_SYMBOLS_H

#include <stddef.h>

struct symbols;

/* Loads libdw now, so that it happens at a harmless moment. */
void symbols_prepare(void);

/* What is loaded at the moment. NULL: nothing but the loader's names, which describe accepts. */
struct symbols *symbols_open(void);
void symbols_close(struct symbols *s);

/* Writes "file:line (function)", or as much of it as is known, for the call that returns to
 * `address`; always terminated. */
void symbols_describe(struct symbols *s, void *address, char *text, size_t size);

/* The same from the loader alone: "object(function+0x12)". */
void symbols_describe_by_loader(void *address, char *text, size_t size);

#endif
