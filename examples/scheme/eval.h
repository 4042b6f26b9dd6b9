/*
 * eval.h – the tree that a form is compiled to, and procedure application.
 */
#ifndef SCHEME_EVAL_H
#define SCHEME_EVAL_H

#include "value.h"

/*
 * A node is run with the frame of the procedure that it belongs to.  A node that was compiled in
 * tail position may answer TAIL_CALL, which leaves a call pending for the trampoline.
 */
typedef struct Node Node;
typedef Value (*Run)(const Node *node, Value *frame);

struct Node {
    Run run;
};

/* The code of a lambda expression.  A call gets a frame of `slots` values: the first is the frame
   the closure was made in, then come the arguments, then what the body binds. */
typedef struct Lambda {
    const Node *body;
    int required;
    bool rest;
    int slots;
    Value name; /* a symbol or #f */
} Lambda;

Node *node_constant(Value value);
Node *node_local(int depth, int slot, Value name);
Node *node_global(Value symbol);
Node *node_set_local(int depth, int slot, Node *value);
Node *node_set_global(Value symbol, Node *value);
Node *node_define_global(Value symbol, Node *value);
Node *node_if(Node *test, Node *consequent, Node *alternative);
Node *node_or(Node *first, Node *second);
Node *node_cond_arrow(Node *test, Node *receiver, Node *otherwise, bool tail);
Node *node_sequence(int count, Node **nodes);
Node *node_lambda(Lambda *code);
Node *node_call(Node *procedure, int argc, Node **args, bool tail);

/* Gives a lambda without a name that of the variable it is bound to. */
void name_lambda(Node *node, Value name);

/* Runs a form in a fresh frame. */
Value run_toplevel(const Node *node, int slots);

/* Calls a procedure. */
Value apply(Value procedure, int argc, Value *argv);
Value call1(Value procedure, Value a);
Value call2(Value procedure, Value a, Value b);

/* The last act of a primitive: the call happens after it has returned. */
Value tail_apply(Value procedure, int argc, Value *argv);

bool is_procedure(Value v);

/* One value as it is; none or several packed up. */
Value pack_values(int argc, Value *argv);

/* in control.c: leaves for a continuation */
_Noreturn void escape(Value continuation, Value value);

void eval_primitives(void);

#endif
