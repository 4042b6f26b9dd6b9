/* gc_version.h: which interface this is, and which spangc.
 *
 * GC_VERSION_* is the version of bdwgc whose interface and binary interface spangc answers to, so
 * that programs which ask for a minimum find what they expect. The library's own version is in
 * SPANGC_VERSION_*; its presence tells a program that it is compiled for spangc.
 */
#ifndef GC_VERSION_H
#define GC_VERSION_H

#define GC_VERSION_MAJOR 8
#define GC_VERSION_MINOR 2
#define GC_VERSION_MICRO 2

#define SPANGC_VERSION_MAJOR 0
#define SPANGC_VERSION_MINOR 1

#endif
