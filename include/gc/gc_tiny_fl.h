/* gc_tiny_fl.h: the sizes that gc_inline.h's lists are for. Programs have these numbers compiled
 * in.
 */
#ifndef GC_TINY_FL_H
#define GC_TINY_FL_H

/* Objects come in sizes of whole granules. */
#ifndef GC_GRANULE_BYTES
#define GC_GRANULE_WORDS 2
#define GC_GRANULE_BYTES 16
#endif

#define GC_WORDS_TO_GRANULES(words) ((words) * sizeof(void *) / GC_GRANULE_BYTES)

/* A table of small objects is an array of so many lists; number i is for objects of i granules, and
 * number 0 for those of one granule that stand for requests of no bytes. */
#ifndef GC_TINY_FREELISTS
#define GC_TINY_FREELISTS 25
#endif

#define GC_RAW_BYTES_FROM_INDEX(i) ((i)*GC_GRANULE_BYTES)

#endif
