/* gc_config_macros.h: the words in which gc.h is written. Included by gc.h only.
 *
 * A program may define these before it includes gc.h:
 *
 *   GC_THREADS                  its calls of pthread_create and relatives go through the collector
 *                               (gc_pthread_redirects.h)
 *   GC_OOM_FUNC_RETURNS_ALIAS   its out-of-memory function returns objects that are in use, so the
 *                               compiler must not take results of GC_malloc for fresh
 *   GC_DEBUG                    GC_MALLOC and relatives say where they were called
 */
#ifndef GC_CONFIG_MACROS_H
#define GC_CONFIG_MACROS_H

#include <stddef.h>

/* Is the compiler GCC, or one that claims to be, of at least this version? */
#if defined(__GNUC__) && defined(__GNUC_MINOR__)
#define GC_GNUC_PREREQ(major, minor)                                                               \
    (__GNUC__ > (major) || (__GNUC__ == (major) && __GNUC_MINOR__ >= (minor)))
#else
#define GC_GNUC_PREREQ(major, minor) 0
#endif

/* The names of single systems' threads, which old programs define, mean GC_THREADS. */
#if (defined(GC_LINUX_THREADS) || defined(LINUX_THREADS)) && !defined(GC_THREADS)
#define GC_THREADS
#endif

#if defined(GC_THREADS)
#if defined(__linux__) && !defined(GC_LINUX_THREADS)
#define GC_LINUX_THREADS
#endif
#ifndef GC_PTHREADS
#define GC_PTHREADS
#endif
#ifndef _REENTRANT
#define _REENTRANT 1
#endif
#endif

/* Every public function and variable. Visible even where the library itself is compiled with
 * hidden visibility; for a program it makes no difference. */
#ifndef GC_API
#if GC_GNUC_PREREQ(4, 0)
#define GC_API extern __attribute__((__visibility__("default")))
#else
#define GC_API extern
#endif
#endif

/* Calling conventions: the platform's own, for functions and for callbacks. */
#ifndef GC_CALL
#define GC_CALL
#endif
#ifndef GC_CALLBACK
#define GC_CALLBACK GC_CALL
#endif

/* Arguments are as printf wants them. */
#if GC_GNUC_PREREQ(3, 0)
#define GC_ATTR_PRINTF(format, first) __attribute__((__format__(__printf__, format, first)))
#else
#define GC_ATTR_PRINTF(format, first)
#endif

/* The result points to nothing that another pointer points to. */
#ifndef GC_ATTR_MALLOC
#if GC_GNUC_PREREQ(3, 1) && !defined(GC_OOM_FUNC_RETURNS_ALIAS)
#define GC_ATTR_MALLOC __attribute__((__malloc__))
#else
#define GC_ATTR_MALLOC
#endif
#endif

/* The result has as many bytes as that argument says (or the product of two). */
#ifndef GC_ATTR_ALLOC_SIZE
#if GC_GNUC_PREREQ(4, 3) || defined(__clang__)
#define GC_ATTR_ALLOC_SIZE(argument) __attribute__((__alloc_size__(argument)))
#define GC_ATTR_CALLOC_SIZE(n, s) __attribute__((__alloc_size__(n, s)))
#else
#define GC_ATTR_ALLOC_SIZE(argument)
#endif
#endif
#ifndef GC_ATTR_CALLOC_SIZE
#define GC_ATTR_CALLOC_SIZE(n, s)
#endif

/* That argument is never NULL. */
#ifndef GC_ATTR_NONNULL
#if GC_GNUC_PREREQ(4, 0)
#define GC_ATTR_NONNULL(argument) __attribute__((__nonnull__(argument)))
#else
#define GC_ATTR_NONNULL(argument)
#endif
#endif

/* The result depends on the arguments alone. */
#ifndef GC_ATTR_CONST
#if GC_GNUC_PREREQ(4, 0)
#define GC_ATTR_CONST __attribute__((__const__))
#else
#define GC_ATTR_CONST
#endif
#endif

/* There is something better: for most variables, a getter and a setter. */
#ifndef GC_ATTR_DEPRECATED
#if GC_GNUC_PREREQ(4, 0) && !defined(GC_BUILD)
#define GC_ATTR_DEPRECATED __attribute__((__deprecated__))
#else
#define GC_ATTR_DEPRECATED
#endif
#endif

/* For the C++ headers. */
#ifdef __cplusplus
#ifndef GC_ATTR_EXPLICIT
#if __cplusplus >= 201103L
#define GC_ATTR_EXPLICIT explicit
#else
#define GC_ATTR_EXPLICIT
#endif
#endif
#ifndef GC_NOEXCEPT
#if __cplusplus >= 201103L
#define GC_NOEXCEPT noexcept
#else
#define GC_NOEXCEPT throw()
#endif
#endif
#endif

#endif
