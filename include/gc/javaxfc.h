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

#ifdef __cplusplus
}
#endif

#endif
