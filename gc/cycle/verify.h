/* verify.h: the marker checked by another one.
 *
 * In builds with --enable-checks, with the world stopped after marking: everything reachable from
 * the same roots is found a second time by the plainest of algorithms, into a bitmap of one bit a
 * granule of its own, and compared with the mark bits of every span. A difference aborts and names
 * the object. Other builds compile it to nothing.
 *
 * While a thread is blocked, nothing is said of objects that are marked without need: such a thread
 * runs in the kernel and in libc, which may overwrite the pointer after the first marker has read
 * it. A word that becomes a pointer meanwhile is still complained of: none has been seen, and what
 * it leads to would be lost. (storm, which cancels sleeping threads: 28 in 740 runs met a word that
 * libc had overwritten.)
 */
#ifndef SPANGC_VERIFY_H
#define SPANGC_VERIFY_H

void verify_marks(void);

#endif
