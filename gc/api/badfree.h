/* badfree.h: GC_free (and GC_realloc) of something that is no object. */
#ifndef SPANGC_BADFREE_H
#define SPANGC_BADFREE_H

enum bad_free {
    BAD_FREE_FOREIGN,  /* not an address of the heap */
    BAD_FREE_INTERIOR, /* inside an object, or in a part of the heap that holds none */
    BAD_FREE_TWICE     /* an object's base, but it is not allocated */
};

/* Warns, in one line, through the program's warning function. The call has no other effect. Not
 * busy. */
void report_bad_free(void *p, enum bad_free why);

#endif
