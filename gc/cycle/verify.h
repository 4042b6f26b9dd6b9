/* verify.h: the marker checked by another one.
 *
 * In builds with --enable-checks, with the world stopped after marking: everything reachable from
 * the same roots is found a second time by the plainest of algorithms, into a bitmap of one bit a
 * granule of its own, and compared with the mark bits of every span. A difference aborts and names
 * the object. Other builds compile it to nothing.
 *
 * While a thread is blocked, words change: it runs in the kernel and in libc, which may overwrite a
 * pointer after the marker has read it. (storm, which cancels sleeping threads: 28 in 740 runs met
 * a word that libc had overwritten.) Then what is reachable is also found before the marker runs,
 * and an object may be marked that was reachable before it or after. A word that becomes a pointer
 * meanwhile is complained of: none has been seen, and what it leads to would be lost.
 */
#ifndef SPANGC_VERIFY_H
#define SPANGC_VERIFY_H

/* World stopped, caches flushed, nothing marked yet. */
void verify_before_marks(void);

/* Everything marked, and nothing decided yet about finalizers. */
void verify_marks(void);

#endif
