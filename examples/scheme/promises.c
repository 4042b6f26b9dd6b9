/*
 * promises.c – delay and force.
 *
 * The prelude's delay and delay-force make promises of thunks.  Forcing goes round in a loop, so
 * that a chain of promises of any length is forced in constant space.
 */
#include "eval.h"
#include "heap.h"
#include "library.h"

static Value new_promise(bool done, Value content)
{
    Promise *promise = new_object(T_PROMISE, sizeof(Promise));
    promise->state = cons(boolean(done), content);
    return (Value)promise;
}

/* (%make-lazy-promise thunk): the thunk is to answer another promise. */
static Value make_lazy_promise(Value v)
{
    return new_promise(false, v);
}

static Value make_done_promise(Value v)
{
    return new_promise(true, v);
}

static Value make_promise(Value v)
{
    return has_type(v, T_PROMISE) ? v : new_promise(true, v);
}

static bool is_done(const Promise *promise)
{
    return is_true(car(promise->state));
}

static Value force(Value v)
{
    if (!has_type(v, T_PROMISE)) {
        return v;
    }
    Promise *promise = (Promise *)v;
    while (!is_done(promise)) {
        Value answer = apply(cdr(promise->state), 0, NULL);
        if (is_done(promise)) {
            break;
        }
        check_type(answer, T_PROMISE, "force");
        Promise *next = (Promise *)answer;
        *(Pair *)promise->state = *(Pair *)next->state;
        next->state = promise->state;
    }
    return cdr(promise->state);
}

void promise_primitives(void)
{
    static const PrimitiveRow rows[] = {
        UNARY("%make-lazy-promise", make_lazy_promise),
        UNARY("%make-done-promise", make_done_promise),
        UNARY("make-promise", make_promise),
        TYPE_TEST("promise?", T_PROMISE),
        UNARY("force", force),
    };
    define_primitives(rows, COUNT_OF(rows));
}
