/* ec.h: a cord to whose end chars are added one at a time.
 *
 *     CORD_ec text;
 *     CORD_ec_init(text);
 *     while ((c = getc(f)) != EOF)
 *         CORD_ec_append(text, c);
 *     CORD result = CORD_balance(CORD_ec_to_cord(text));
 *
 * The macros may evaluate the first of their arguments more than once. Part of the library of
 * cords: see cord.h.
 */
#ifndef EC_H
#define EC_H

#include "cord.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef CORD_BUFSZ
#define CORD_BUFSZ 128
#endif

/* ec_cord, followed by the chars from ec_buf up to ec_bufptr. The layout is compiled into programs;
 * the library itself does not depend on CORD_BUFSZ. */
typedef struct CORD_ec_struct {
    CORD ec_cord;
    char *ec_bufptr;
    char ec_buf[CORD_BUFSZ + 1];
} CORD_ec[1];

/* Makes x empty. */
#define CORD_ec_init(x) ((x)[0].ec_cord = 0, (void)((x)[0].ec_bufptr = (x)[0].ec_buf))

/* Adds the char c, which may be NUL. */
#define CORD_ec_append(x, c)                                                                       \
    ((void)((x)[0].ec_bufptr == (x)[0].ec_buf + CORD_BUFSZ ? (CORD_ec_flush_buf(x), 0) : 0),       \
     (void)(*(x)[0].ec_bufptr++ = (c)))

/* Adds a cord, not copied. */
CORD_API void CORD_ec_append_cord(CORD_ec x, CORD s);

/* What has been added so far; more may be added afterwards. */
#define CORD_ec_to_cord(x) (CORD_ec_flush_buf(x), (x)[0].ec_cord)

/* Moves the chars of the buffer into ec_cord. */
CORD_API void CORD_ec_flush_buf(CORD_ec x);

#ifdef __cplusplus
}
#endif

#endif
