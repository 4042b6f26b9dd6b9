/* gc_mark.h: for programs that take part in collections. */
#ifndef GC_MARK_H
#define GC_MARK_H

#ifndef GC_H
#include "gc.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A function that is called before each collection, in the thread that collects, while all threads
 * still run; NULL: none. Cheap things only: the program waits for it. May be set before GC_INIT. */
typedef void(GC_CALLBACK *GC_start_callback_proc)(void);
GC_API void GC_CALL GC_set_start_callback(GC_start_callback_proc);
GC_API GC_start_callback_proc GC_CALL GC_get_start_callback(void);

#ifdef __cplusplus
}
#endif

#endif
