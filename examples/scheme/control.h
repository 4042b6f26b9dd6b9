/*
 * control.h – errors, handlers, escapes and dynamic-wind.
 */
#ifndef SCHEME_CONTROL_H
#define SCHEME_CONTROL_H

#include "value.h"

#include <setjmp.h>

/*
 * A continuation can only be escaped to: it lives until the call/cc that made it returns or is
 * itself escaped from.  It remembers the dynamic state to go back to.
 */
typedef struct Continuation {
    Value header;
    jmp_buf jump;
    bool live;
    struct Continuation *outer; /* the one that was innermost when this one was made */
    Value winds;
    Value handlers;
    Value value; /* what was thrown */
} Continuation;

void control_init(void);

/* Fails with a Scheme error if the C stack is nearly full, or the user pressed ^C. */
void check_depth_slow(void);
extern volatile uintptr_t stack_limit;

static inline void check_depth(void)
{
    if ((uintptr_t)__builtin_frame_address(0) < stack_limit) {
        check_depth_slow();
    }
}

/* Calls function(argument) and stores its result.  False if an error or an escape ended it: then
   the result is the object that was raised and that no handler took. */
bool protected_call(Value (*function)(void *), void *argument, Value *result);

_Noreturn void raise_object(Value object);

/* Errors of the interpreter's own.  `who` is the procedure or form that complains. */
_Noreturn void fail(const char *who, const char *message, Value irritants);
_Noreturn void fail_type(const char *who, const char *expected, Value got);
_Noreturn void fail_range(const char *who, Value index);
_Noreturn void fail_kind(const char *kind, const char *message, Value irritants);

/* "error: MESSAGE IRRITANT ...", or what else describes an object that nobody caught */
char *describe_uncaught(Value object);

/* Runs the `after` thunks that are still due, and leaves. */
_Noreturn void leave(int status);

void control_primitives(void);

#endif
