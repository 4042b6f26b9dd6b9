/* debug.h: what the debugging face of the interface shares.
 *
 * A debug object's user has a pointer to the byte behind its header (services/debugobj.h). Where an
 * object cannot become a debug object (no memory for the table's entry, a signal handler that
 * interrupted the allocator) the program gets a plain one, without a header.
 */
#ifndef SPANGC_API_DEBUG_H
#define SPANGC_API_DEBUG_H

#include "api/api.h"
#include "cycle/inspect.h"
#include "services/debugobj.h"

/* A call of a debug function. */
struct debug_call {
    const char *function;
    const char *file;
    int line;
    const void *caller; /* its return address */
};

#define DEBUG_CALL(file, line)                                                                     \
    (&(const struct debug_call){__func__, file, line, __builtin_return_address(0)})

/* How many bytes to allocate for a debug object of that many. */
size_t debug_request(size_t bytes);

/* Makes a debug object of what an allocator returned for debug_request(bytes), or tells that it
 * returned NULL. The result is for the program. */
void *debug_finish(void *base, size_t bytes, const struct debug_call *call);

/* What a pointer of the program's points to. */
enum debug_pointer {
    POINTS_TO_USER,  /* the user's bytes of a debug object: o and info are set */
    POINTS_INTO,     /* elsewhere in a debug object: likewise */
    POINTS_TO_PLAIN, /* another object, or into one: o is set */
    POINTS_TO_FREED, /* where the user's bytes of a debug object once began: o is set */
    POINTS_ELSEWHERE
};
enum debug_pointer debug_classify(const void *p, struct object *o, struct debug_info *info);

/* A report on some objects: what names their calls is loaded for the first that has any, and kept
 * to the end. Begins as all 0. */
struct debug_reporter {
    struct symbols *symbols;
    bool opened;
};

/* One line on an object, and its call chain where there is one; on where it is smashed. */
void debug_print_object(struct debug_reporter *r, uintptr_t base);
void debug_print_smashed(struct debug_reporter *r, const char *text, const struct smash *smash);
void debug_report_end(struct debug_reporter *r);

/* After a cycle: tells of smashed objects and leaks, frees the latter, and does what else the
 * environment asks for after each collection. */
void debug_after_cycle(void);

/* At initialisation: what reports need, loaded at a harmless moment; and at the end of a program
 * that looks for leaks, a last collection. */
void debug_prepare(void);

#endif
