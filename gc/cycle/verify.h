/* verify.h: the marker checked by another one.
 *
 * In builds with --enable-checks, with the world stopped after marking: everything reachable from
 * the same roots is found a second time by the plainest of algorithms, into a bitmap of one bit a
 * granule of its own, and compared with the mark bits of every span. A difference aborts and names
 * the object. Other builds compile it to nothing.
 */
#ifndef SPANGC_VERIFY_H
#define SPANGC_VERIFY_H

void verify_marks(void);

#endif
