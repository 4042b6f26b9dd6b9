/* cord.h: strings that share their parts.
 *
 * A cord is a string that is never modified. Joining two cords, or taking a part of one, makes a
 * small node that refers to the old ones: it costs the same however long they are, and the old ones
 * stay valid. A text of many megabytes can be edited and each of its states kept.
 *
 *     CORD text = CORD_cat("Hello, ", name);      (a C string that is not empty is a cord)
 *     CORD line = CORD_substr(text, start, n);
 *     fputs(CORD_to_const_char_star(line), f);    (and back)
 *
 * The functions are in a library of their own, to be linked with -lcord -lgc. Positions and lengths
 * count chars from 0. A cord may hold any char, NUL included, though C strings that become cords
 * end at their first one. Any thread may use a cord that it got hold of; a CORD_pos and a CORD_ec
 * belong to one thread at a time. Where memory runs out, CORD_oom_fn is called and then the program
 * ends; no function here returns without its result.
 *
 * The names and their meaning are those of bdwgc's cord package, and so is the binary interface.
 */
#ifndef CORD_H
#define CORD_H

#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef CORD_API
#if defined(__GNUC__) && __GNUC__ >= 4
#define CORD_API extern __attribute__((__visibility__("default")))
#else
#define CORD_API extern
#endif
#endif

/* A cord: NULL, which is the empty one, or a C string that is not empty, or a node of this library,
 * whose first byte is NUL. The C string must not change afterwards. */
typedef const char *CORD;
#define CORD_EMPTY 0

/* Is this cord, which is not empty, a C string? */
#define CORD_IS_STRING(s) (*(s) != '\0')

/* "There is none", as a position. */
#define CORD_NOT_FOUND ((size_t)(-1))

/* ---- Making cords ------------------------------------------------------------------------------
 */

/* x followed by y. */
CORD_API CORD CORD_cat(CORD x, CORD y);

/* The same where y is a C string whose length is known. It becomes part of the result, not copied:
 * it must not change. */
CORD_API CORD CORD_cat_char_star(CORD x, const char *y, size_t leny);

/* x followed by one char, which may be NUL. */
CORD_API CORD CORD_cat_char(CORD x, char c);

/* The n cords, of type CORD, that are its arguments, one after the other. */
CORD_API CORD CORD_catn(int n, ...);

/* From position i on, at most n chars of x; the empty cord where i is not inside x. */
CORD_API CORD CORD_substr(CORD x, size_t i, size_t n);

/* A cord of `len` chars, of which the one at i is fn(i, client_data). It is asked as chars are
 * wanted, by whichever thread wants them, perhaps repeatedly, perhaps a few ahead; for a short cord
 * at once. */
typedef char (*CORD_fn)(size_t i, void *client_data);
CORD_API CORD CORD_from_fn(CORD_fn fn, void *client_data, size_t len);

/* i times c, which may be NUL. Takes little memory, however large i is. */
CORD_API CORD CORD_chars(char c, size_t i);
#define CORD_nul(i) CORD_chars('\0', (i))

/* A copy of a C string, which may change afterwards. */
CORD_API CORD CORD_from_char_star(const char *s);

/* What is in a file. CORD_from_file takes all of it: short files are read at once, from long ones a
 * piece is read when it is wanted; in a file where one cannot seek, from its current position to
 * its end, at once. _eager reads at once from the current position, _lazy in pieces all of it.
 *
 * The cord owns f from now on and closes it: after reading at once, or when the cord has become
 * unreachable. What is in the file must not change. A piece that cannot be read when it is wanted
 * reads as NULs, and a warning tells (GC_set_warn_proc). */
CORD_API CORD CORD_from_file(FILE *f);
CORD_API CORD CORD_from_file_eager(FILE *f);
CORD_API CORD CORD_from_file_lazy(FILE *f);

/* The same chars, in a tree of which every part is reached in a number of steps that grows with the
 * logarithm of the length. Only cords built by very many concatenations gain by it, and those are
 * balanced now and then anyway. x itself is not modified. */
CORD_API CORD CORD_balance(CORD x);

/* ---- Reading cords -----------------------------------------------------------------------------
 */

CORD_API size_t CORD_len(CORD x);

/* The char at position i; it must be inside x (otherwise a warning tells, and NUL is returned). */
CORD_API char CORD_fetch(CORD x, size_t i);

/* As a C string. The first is a fresh, pointer-free object; the second may be part of x, and must
 * not be modified. */
CORD_API char *CORD_to_char_star(CORD x);
CORD_API const char *CORD_to_const_char_star(CORD x);

/* Writes x to f. EOF if writing failed, otherwise 1. */
CORD_API int CORD_put(CORD x, FILE *f);

/* Less than 0, 0, or more than 0, as x comes before y, is equal, or comes after it; chars compare
 * as unsigned ones. The second compares at most `len` chars of the parts that begin at those
 * positions. */
CORD_API int CORD_cmp(CORD x, CORD y);
CORD_API int CORD_ncmp(CORD x, size_t x_start, CORD y, size_t y_start, size_t len);

/* Where, from `start` on, s begins in x for the first time, or CORD_NOT_FOUND. */
CORD_API size_t CORD_str(CORD x, size_t start, CORD s);

/* Where the char c is, for the first time at i or later, for the last time at i or earlier, or
 * CORD_NOT_FOUND. */
CORD_API size_t CORD_chr(CORD x, size_t i, int c);
CORD_API size_t CORD_rchr(CORD x, size_t i, int c);

/* Calls f1(c, client_data) for each char from position i on, or f2(s, client_data) for several at
 * once that are a C string, unless f2 is CORD_NO_FN. Ends as soon as one of them returns something
 * other than 0, and returns that; otherwise 0. */
typedef int (*CORD_iter_fn)(char c, void *client_data);
typedef int (*CORD_batched_iter_fn)(const char *s, void *client_data);
#define CORD_NO_FN ((CORD_batched_iter_fn)0)
CORD_API int CORD_iter5(CORD x, size_t i, CORD_iter_fn f1, CORD_batched_iter_fn f2,
                        void *client_data);

/* The same from the beginning and without f2. */
CORD_API int CORD_iter(CORD x, CORD_iter_fn f1, void *client_data);
#define CORD_iter(x, f1, cd) CORD_iter5(x, 0, f1, CORD_NO_FN, cd)

/* The same backwards: from position i, or from the end, to the beginning. */
CORD_API int CORD_riter4(CORD x, size_t i, CORD_iter_fn f1, void *client_data);
CORD_API int CORD_riter(CORD x, CORD_iter_fn f1, void *client_data);

/* Shows how x is built, on standard output. For debugging. */
CORD_API void CORD_dump(CORD x);

#ifdef __cplusplus
}
#endif

/* ---- Positions ---------------------------------------------------------------------------------
 *
 * A CORD_pos is a place in a cord, from where its neighbours are reached quickly:
 *
 *     CORD_pos p;
 *     CORD_FOR(p, x)
 *         putchar(CORD_pos_fetch(p));
 *
 * It is large (some 800 bytes) and declared as an array, so it is passed by reference. It must not
 * be copied. What the functions do is told in cord_pos.h; several are macros as well, which may
 * evaluate their argument more than once.
 */
#include "cord_pos.h"

#define CORD_FOR(pos, cord) for (CORD_set_pos(pos, cord, 0); CORD_pos_valid(pos); CORD_next(pos))

#ifdef __cplusplus
extern "C" {
#endif

/* ---- When memory runs out ----------------------------------------------------------------------
 */

/* Called when an allocation fails or a cord would be longer than a size_t can tell. It must not
 * return; if it does, or is NULL, the program is aborted. To be set before threads are started. */
CORD_API void (*CORD_oom_fn)(void);

/* The same as functions, as in bdwgc 8.3. */
typedef void (*CORD_oom_fn_t)(void);
CORD_API void CORD_set_oom_fn(CORD_oom_fn_t fn);
CORD_API CORD_oom_fn_t CORD_get_oom_fn(void);

#ifdef __cplusplus
}
#endif

/* ---- Formatted cords ---------------------------------------------------------------------------
 *
 * As C's functions of these names, with these differences. The format is a cord. %r takes a CORD;
 * width, precision and '-' mean what they mean for %s. The first two store the result through
 * `out`: its size needs no guessing, and the cords that %r takes become part of it, not copied.
 * Arguments cannot be taken by number (%1$d).
 *
 * The result is the number of chars, or -1: the format is wrong, an argument cannot be converted,
 * there are more than INT_MAX chars, or writing failed. Then `out` has not been changed.
 */
#ifndef CORD_NO_IO

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

CORD_API int CORD_sprintf(CORD *out, CORD format, ...);
CORD_API int CORD_vsprintf(CORD *out, CORD format, va_list args);
CORD_API int CORD_fprintf(FILE *f, CORD format, ...);
CORD_API int CORD_vfprintf(FILE *f, CORD format, va_list args);
CORD_API int CORD_printf(CORD format, ...);
CORD_API int CORD_vprintf(CORD format, va_list args);

#ifdef __cplusplus
}
#endif

#endif

#endif
