/* badfree.h: GC_free (and GC_realloc) of something that is no object. */
#ifndef SPANGC_BADFREE_H
#define SPANGC_BADFREE_H

enum bad_free {
    BAD_FREE_FOREIGN,  /* not an address of the heap */
    BAD_FREE_INTERIOR, /* inside an object, or in a part of the heap that holds none */
    BAD_FREE_TWICE     /* an object's base, but it is not allocated */
};

/* Frees a debug object given by what the program has of it: code compiled without GC_DEBUG, such as
 * C++'s delete, may free what other code has allocated. Anything else: warns, in one line, through
 * the program's warning function. Not busy. */
void bad_free(void *p, enum bad_free why);

#endif
