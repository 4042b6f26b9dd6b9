/*
 * control.c – errors, handlers, escapes and dynamic-wind.
 *
 * The dynamic state is three stacks:
 *   winds     the (BEFORE . AFTER) thunks of the dynamic-winds we are inside of
 *   handlers  procedures of one argument, the innermost first; a continuation in this list is
 *             a `guard`: it is escaped to
 *   escapes   the continuations that are live, linked through `outer`
 *
 * An escape declares dead every continuation further in than its target, jumps there, and then
 * runs the AFTER thunks that are due: after the jump, so that they have stack enough even if it
 * was the lack of it that was raised.  Since continuations are only ever escaped to, the target's
 * winds are always a tail of the current ones.
 */
#include "control.h"
#include "eval.h"
#include "heap.h"
#include "library.h"
#include "printer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static struct {
    Value winds;
    Value handlers;
    Continuation *escapes;
    Continuation *toplevel; /* where an object goes that no handler takes */
} dynamic;

/* The depth check compares the stack pointer with this limit.  ^C raises the limit above any
   stack pointer, so that the next check notices. */
volatile uintptr_t stack_limit;
static uintptr_t true_stack_limit;

enum { STACK_RESERVE = 512 * 1024, STACK_DEFAULT = 8 * 1024 * 1024 };

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    stack_limit = UINTPTR_MAX;
}

void control_init(void)
{
    struct rlimit limit;
    size_t size = STACK_DEFAULT;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        size = limit.rlim_cur;
    }
    size_t reserve = size > 2 * STACK_RESERVE ? STACK_RESERVE : size / 2;
    true_stack_limit = (uintptr_t)__builtin_frame_address(0) - (size - reserve);
    stack_limit = true_stack_limit;
    dynamic.winds = NIL;
    dynamic.handlers = NIL;
    signal(SIGINT, on_interrupt);
}

void check_depth_slow(void)
{
    bool interrupted = stack_limit != true_stack_limit;
    stack_limit = true_stack_limit;
    if (interrupted) {
        fail_kind("error", "interrupted", NIL);
    }
    fail_kind("error", "recursion is too deep: the stack is full", NIL);
}

/* Continuations */

static Continuation *push_continuation(void)
{
    Continuation *k = new_object(T_CONTINUATION, sizeof(Continuation));
    k->live = true;
    k->outer = dynamic.escapes;
    k->winds = dynamic.winds;
    k->handlers = dynamic.handlers;
    dynamic.escapes = k;
    return k;
}

static void pop_continuation(Continuation *k)
{
    k->live = false;
    dynamic.escapes = k->outer;
}

static void unwind(Value winds)
{
    while (dynamic.winds != winds) {
        Value after = cdr(car(dynamic.winds));
        dynamic.winds = cdr(dynamic.winds);
        apply(after, 0, NULL);
    }
}

_Noreturn void escape(Value continuation, Value value)
{
    Continuation *k = (Continuation *)continuation;
    if (!k->live) {
        fail("continuation", "can only escape from a call/cc that has not returned yet", NIL);
    }
    while (dynamic.escapes != k) {
        pop_continuation(dynamic.escapes);
    }
    dynamic.handlers = k->handlers;
    k->value = value;
    longjmp(k->jump, 1);
}

bool protected_call(Value (*function)(void *), void *argument, Value *result)
{
    Continuation *k = push_continuation();
    Continuation *volatile outer = dynamic.toplevel;
    dynamic.toplevel = k;
    dynamic.handlers = NIL;
    bool finished = false;
    if (setjmp(k->jump) == 0) {
        *result = function(argument);
        finished = true;
    } else {
        unwind(k->winds);
        *result = k->value;
    }
    dynamic.toplevel = outer;
    dynamic.handlers = k->handlers;
    pop_continuation(k);
    return finished;
}

static Value call_cc(Value receiver)
{
    Continuation *k = push_continuation();
    if (setjmp(k->jump) == 0) {
        Value self = (Value)k;
        k->value = apply(receiver, 1, &self);
    } else {
        unwind(k->winds);
    }
    pop_continuation(k);
    return k->value;
}

static Value dynamic_wind(Value before, Value thunk, Value after)
{
    apply(before, 0, NULL);
    dynamic.winds = cons(cons(before, after), dynamic.winds);
    Value result = apply(thunk, 0, NULL);
    dynamic.winds = cdr(dynamic.winds);
    apply(after, 0, NULL);
    return result;
}

_Noreturn void leave(int status)
{
    unwind(NIL);
    fflush(NULL);
    exit(status);
}

/* Raising and handling */

/* Calls the innermost handler, with the handlers outside of it in force. */
static Value call_handler(Value object)
{
    Value handlers = dynamic.handlers;
    if (handlers == NIL) {
        escape((Value)dynamic.toplevel, object);
    }
    Value handler = car(handlers);
    if (has_type(handler, T_CONTINUATION)) {
        escape(handler, object);
    }
    dynamic.handlers = cdr(handlers);
    Value result = apply(handler, 1, &object);
    dynamic.handlers = handlers;
    return result;
}

_Noreturn void raise_object(Value object)
{
    Value outer = dynamic.handlers == NIL ? NIL : cdr(dynamic.handlers);
    call_handler(object);
    dynamic.handlers = outer;
    fail("raise", "the handler returned from a condition that cannot be continued", list1(object));
}

static Value prim_raise(Value object)
{
    raise_object(object);
}

static Value prim_raise_continuable(Value object)
{
    return call_handler(object);
}

static Value with_exception_handler(Value handler, Value thunk)
{
    Value handlers = dynamic.handlers;
    dynamic.handlers = cons(handler, handlers);
    Value result = apply(thunk, 0, NULL);
    dynamic.handlers = handlers;
    return result;
}

/* (%guard thunk handler): what the thunk raises goes to the handler, outside of the thunk. */
static Value guard(Value thunk, Value handler)
{
    Continuation *k = push_continuation();
    if (setjmp(k->jump) == 0) {
        dynamic.handlers = cons((Value)k, dynamic.handlers);
        Value result = apply(thunk, 0, NULL);
        dynamic.handlers = k->handlers;
        pop_continuation(k);
        return result;
    }
    unwind(k->winds);
    pop_continuation(k);
    return tail_apply(handler, 1, &k->value);
}

/* Error objects */

static Value make_error(const char *kind, Value message, Value irritants)
{
    ErrorObject *error = new_object(T_ERROR, sizeof(ErrorObject));
    error->kind = symbol(kind);
    error->message = message;
    error->irritants = irritants;
    return (Value)error;
}

_Noreturn void fail_kind(const char *kind, const char *message, Value irritants)
{
    raise_object(make_error(kind, string_from_c(message), irritants));
}

_Noreturn void fail(const char *who, const char *message, Value irritants)
{
    Buffer text = {0};
    buffer_put(&text, who, strlen(who));
    buffer_put(&text, ": ", 2);
    buffer_put(&text, message, strlen(message) + 1);
    fail_kind("error", text.data, irritants);
}

_Noreturn void fail_type(const char *who, const char *expected, Value got)
{
    char message[120];
    snprintf(message, sizeof message, "expected %s, got", expected);
    fail(who, message, list1(got));
}

_Noreturn void fail_range(const char *who, Value index)
{
    fail(who, "out of range:", list1(index));
}

char *describe_uncaught(Value object)
{
    Buffer text = {0};
    if (!has_type(object, T_ERROR)) {
        buffer_put(&text, "error: uncaught object ", 23);
        print_to_buffer(&text, object, PRINT_WRITE);
    } else {
        ErrorObject *error = (ErrorObject *)object;
        buffer_put(&text, "error: ", 7);
        print_to_buffer(&text, error->message, PRINT_DISPLAY);
        for (Value rest = error->irritants; is_pair(rest); rest = cdr(rest)) {
            buffer_put(&text, " ", 1);
            print_to_buffer(&text, car(rest), PRINT_WRITE);
        }
    }
    buffer_put(&text, "", 1);
    return text.data;
}

static Value prim_error(int argc, Value *argv)
{
    raise_object(make_error("error", argv[0], list_from_array(argc - 1, argv + 1, NIL)));
}

static Value has_kind(Value v, const char *kind)
{
    return boolean(has_type(v, T_ERROR) && ((ErrorObject *)v)->kind == symbol(kind));
}

static Value is_file_error(Value object)
{
    return has_kind(object, "file");
}

static Value is_read_error(Value object)
{
    return has_kind(object, "read");
}

static Value error_message(Value object)
{
    check_type(object, T_ERROR, "error-object-message");
    return ((ErrorObject *)object)->message;
}

static Value error_irritants(Value object)
{
    check_type(object, T_ERROR, "error-object-irritants");
    return ((ErrorObject *)object)->irritants;
}

void control_primitives(void)
{
    static const PrimitiveRow rows[] = {
        UNARY("call/cc", call_cc),
        UNARY("call-with-current-continuation", call_cc),
        UNARY("call-with-escape-continuation", call_cc),
        TERNARY("dynamic-wind", dynamic_wind),
        UNARY("raise", prim_raise),
        UNARY("raise-continuable", prim_raise_continuable),
        BINARY("with-exception-handler", with_exception_handler),
        BINARY("%guard", guard),
        VARIADIC("error", prim_error, 1, -1),
        TYPE_TEST("error-object?", T_ERROR),
        UNARY("file-error?", is_file_error),
        UNARY("read-error?", is_read_error),
        UNARY("error-object-message", error_message),
        UNARY("error-object-irritants", error_irritants),
    };
    define_primitives(rows, COUNT_OF(rows));
}
