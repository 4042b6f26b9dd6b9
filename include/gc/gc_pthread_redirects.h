/* gc_pthread_redirects.h: thread calls that go through the collector. Included by gc.h where
 * GC_THREADS is defined.
 *
 * The shared library interposes pthread_create itself, so a program that is linked to it may well
 * do without GC_THREADS; with it, a program is right however it is linked.
 *
 * A program that wants to make the calls by these names defines GC_NO_THREAD_REDIRECTS. All of them
 * behave and fail as the functions they stand for.
 */
#ifndef GC_PTHREAD_REDIRECTS_H
#define GC_PTHREAD_REDIRECTS_H

#if defined(GC_H) && defined(GC_PTHREADS)

#ifndef GC_PTHREAD_REDIRECTS_ONLY

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef GC_SUSPEND_THREAD_ID
#define GC_SUSPEND_THREAD_ID pthread_t
#endif

/* The new thread is known to the collector before its function is called, and until it ends. */
GC_API int GC_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                             void * /* argument */);
GC_API int GC_pthread_join(pthread_t, void ** /* result */);
GC_API int GC_pthread_detach(pthread_t);
GC_API int GC_pthread_cancel(pthread_t);
GC_API void GC_pthread_exit(void *) __attribute__((__noreturn__));

/* Never blocks the signal by which the collector stops threads. */
GC_API int GC_pthread_sigmask(int /* how */, const sigset_t *, sigset_t * /* old */);

GC_API void *GC_dlopen(const char * /* path */, int /* mode */);

#ifdef __cplusplus
}
#endif

#endif /* !GC_PTHREAD_REDIRECTS_ONLY */

#if !defined(GC_NO_THREAD_REDIRECTS) && !defined(GC_USE_LD_WRAP)
#undef pthread_create
#undef pthread_join
#undef pthread_detach
#undef pthread_cancel
#undef pthread_exit
#undef pthread_sigmask
#undef dlopen
#define pthread_create GC_pthread_create
#define pthread_join GC_pthread_join
#define pthread_detach GC_pthread_detach
#define pthread_cancel GC_pthread_cancel
#define pthread_exit GC_pthread_exit
#define pthread_sigmask GC_pthread_sigmask
#define dlopen GC_dlopen
#endif

#endif

#endif
