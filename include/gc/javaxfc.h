/* javaxfc.h: finalizing everything, for language runtimes whose rules ask for it. */
#ifndef GC_JAVAXFC_H
#define GC_JAVAXFC_H

#ifndef GC_H
#include "gc.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Runs the finalizer of every object that has one, reachable or not, and those that these register,
 * until none is left: usually just before the program ends. Finalizers then meet objects that are
 * still in use or finalized already; and if each registers another this never returns. */
GC_API void GC_CALL GC_finalize_all(void);

/* Stops a single thread until it is resumed; collections go on meanwhile. Suspending is not
 * counted: one call resumes. A thread that the collector does not know is left alone (and counts as
 * not suspended). It may hold any lock of libc's when it stops, malloc's for instance. A program
 * that has pthread.h may define the type of the argument as pthread_t. */
#ifndef GC_SUSPEND_THREAD_ID
#define GC_SUSPEND_THREAD_ID void *
#endif
GC_API void GC_CALL GC_suspend_thread(GC_SUSPEND_THREAD_ID);
GC_API void GC_CALL GC_resume_thread(GC_SUSPEND_THREAD_ID);
GC_API int GC_CALL GC_is_thread_suspended(GC_SUSPEND_THREAD_ID);

#ifdef __cplusplus
}
#endif

#endif
