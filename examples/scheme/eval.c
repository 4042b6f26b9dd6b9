/*
 * eval.c – the nodes of compiled code, and procedure application.
 *
 * Each kind of node is a structure that starts with the function that runs it.  Frames hold the
 * variables: slot 0 is the frame of the enclosing procedure, so that a variable is found by how
 * many frames out it is and which slot it has there.  `let` and its kin use further slots of the
 * frame of the procedure around them; that is sound because no continuation is re-entered.
 *
 * Proper tail calls: a call in tail position evaluates operator and operands, notes body and
 * frame in `pending` and answers TAIL_CALL.  That travels up to the nearest call that is not in
 * tail position (or to `apply`), whose trampoline runs what is pending.
 */
#include "eval.h"
#include "control.h"
#include "heap.h"
#include "library.h"
#include "record.h"

enum { SMALL_CALL = 6 };

static struct {
    const Node *body;
    Value *frame;
} pending;

static inline Value run(const Node *node, Value *frame)
{
    return node->run(node, frame);
}

static inline Value trampoline(Value result)
{
    while (result == TAIL_CALL) {
        if (stack_limit == UINTPTR_MAX) {
            check_depth_slow();
        }
        result = run(pending.body, pending.frame);
    }
    return result;
}

static inline Value *outer_frame(Value *frame)
{
    return (Value *)(void *)frame[0];
}

static void *new_node(size_t size, Run function)
{
    Node *node = allocate(size);
    node->run = function;
    return node;
}

/* Constants and variables */

typedef struct ConstantNode {
    Node base;
    Value value;
} ConstantNode;

static Value run_constant(const Node *node, Value *frame)
{
    (void)frame;
    return ((const ConstantNode *)node)->value;
}

Node *node_constant(Value value)
{
    ConstantNode *node = new_node(sizeof(ConstantNode), run_constant);
    node->value = value;
    return &node->base;
}

typedef struct LocalNode {
    Node base;
    int depth;
    int slot;
    Value name;
} LocalNode;

static inline Value local_value(const LocalNode *local, Value *frame)
{
    Value value = frame[local->slot];
    if (!value) {
        fail_kind("error", "variable is used before it has a value:", list1(local->name));
    }
    return value;
}

static Value run_local_0(const Node *node, Value *frame)
{
    return local_value((const LocalNode *)node, frame);
}

static Value run_local_1(const Node *node, Value *frame)
{
    return local_value((const LocalNode *)node, outer_frame(frame));
}

static Value run_local_2(const Node *node, Value *frame)
{
    return local_value((const LocalNode *)node, outer_frame(outer_frame(frame)));
}

static Value run_local_deep(const Node *node, Value *frame)
{
    const LocalNode *local = (const LocalNode *)node;
    for (int i = local->depth; i > 0; i--) {
        frame = outer_frame(frame);
    }
    return local_value(local, frame);
}

Node *node_local(int depth, int slot, Value name)
{
    static const Run by_depth[] = {run_local_0, run_local_1, run_local_2};
    LocalNode *node = new_node(sizeof(LocalNode), depth <= 2 ? by_depth[depth] : run_local_deep);
    node->depth = depth;
    node->slot = slot;
    node->name = name;
    return &node->base;
}

typedef struct GlobalNode {
    Node base;
    Symbol *symbol;
} GlobalNode;

static Value run_global(const Node *node, Value *frame)
{
    (void)frame;
    const Symbol *global = ((const GlobalNode *)node)->symbol;
    if (!global->value) {
        fail_kind("error", "unbound variable:", list1((Value)global));
    }
    return global->value;
}

Node *node_global(Value symbol)
{
    GlobalNode *node = new_node(sizeof(GlobalNode), run_global);
    node->symbol = (Symbol *)symbol;
    return &node->base;
}

/* Assignments and definitions */

typedef struct SetNode {
    Node base;
    int depth;
    int slot;
    Symbol *symbol;
    Node *value;
} SetNode;

static Value run_set_local(const Node *node, Value *frame)
{
    const SetNode *set = (const SetNode *)node;
    Value value = run(set->value, frame);
    for (int i = set->depth; i > 0; i--) {
        frame = outer_frame(frame);
    }
    frame[set->slot] = value;
    return UNSPECIFIED;
}

static Value run_set_global(const Node *node, Value *frame)
{
    const SetNode *set = (const SetNode *)node;
    Value value = run(set->value, frame);
    if (!set->symbol->value) {
        fail("set!", "unbound variable:", list1((Value)set->symbol));
    }
    set->symbol->value = value;
    return UNSPECIFIED;
}

static Value run_define_global(const Node *node, Value *frame)
{
    const SetNode *set = (const SetNode *)node;
    set->symbol->value = run(set->value, frame);
    return UNSPECIFIED;
}

Node *node_set_local(int depth, int slot, Node *value)
{
    SetNode *node = new_node(sizeof(SetNode), run_set_local);
    node->depth = depth;
    node->slot = slot;
    node->value = value;
    return &node->base;
}

Node *node_set_global(Value symbol, Node *value)
{
    SetNode *node = new_node(sizeof(SetNode), run_set_global);
    node->symbol = (Symbol *)symbol;
    node->value = value;
    return &node->base;
}

Node *node_define_global(Value symbol, Node *value)
{
    Node *node = node_set_global(symbol, value);
    node->run = run_define_global;
    return node;
}

/* Choices and sequences */

typedef struct BranchNode {
    Node base;
    Node *test;
    Node *consequent;
    Node *alternative;
} BranchNode;

static Value run_if(const Node *node, Value *frame)
{
    const BranchNode *branch = (const BranchNode *)node;
    if (is_true(run(branch->test, frame))) {
        return run(branch->consequent, frame);
    }
    return run(branch->alternative, frame);
}

static Value run_or(const Node *node, Value *frame)
{
    const BranchNode *branch = (const BranchNode *)node;
    Value value = run(branch->test, frame);
    return is_true(value) ? value : run(branch->alternative, frame);
}

static Value run_tail_arrow(const Node *node, Value *frame)
{
    const BranchNode *branch = (const BranchNode *)node;
    Value value = run(branch->test, frame);
    if (!is_true(value)) {
        return run(branch->alternative, frame);
    }
    return tail_apply(run(branch->consequent, frame), 1, &value);
}

static Value run_arrow(const Node *node, Value *frame)
{
    return trampoline(run_tail_arrow(node, frame));
}

static Node *new_branch(Run function, Node *test, Node *consequent, Node *alternative)
{
    BranchNode *node = new_node(sizeof(BranchNode), function);
    node->test = test;
    node->consequent = consequent;
    node->alternative = alternative;
    return &node->base;
}

Node *node_if(Node *test, Node *consequent, Node *alternative)
{
    return new_branch(run_if, test, consequent, alternative);
}

Node *node_or(Node *first, Node *second)
{
    return new_branch(run_or, first, NULL, second);
}

Node *node_cond_arrow(Node *test, Node *receiver, Node *otherwise, bool tail)
{
    return new_branch(tail ? run_tail_arrow : run_arrow, test, receiver, otherwise);
}

typedef struct SequenceNode {
    Node base;
    int last;
    Node *nodes[];
} SequenceNode;

static Value run_sequence(const Node *node, Value *frame)
{
    const SequenceNode *sequence = (const SequenceNode *)node;
    for (int i = 0; i < sequence->last; i++) {
        run(sequence->nodes[i], frame);
    }
    return run(sequence->nodes[sequence->last], frame);
}

Node *node_sequence(int count, Node **nodes)
{
    if (count == 0) {
        return node_constant(UNSPECIFIED);
    }
    if (count == 1) {
        return nodes[0];
    }
    size_t size = sizeof(SequenceNode) + (size_t)count * sizeof(Node *);
    SequenceNode *node = new_node(size, run_sequence);
    node->last = count - 1;
    for (int i = 0; i < count; i++) {
        node->nodes[i] = nodes[i];
    }
    return &node->base;
}

/* Procedures */

typedef struct LambdaNode {
    Node base;
    Lambda *code;
} LambdaNode;

static Value run_lambda(const Node *node, Value *frame)
{
    Closure *closure = new_object(T_CLOSURE, sizeof(Closure));
    closure->code = ((const LambdaNode *)node)->code;
    closure->env = frame;
    return (Value)closure;
}

Node *node_lambda(Lambda *code)
{
    LambdaNode *node = new_node(sizeof(LambdaNode), run_lambda);
    node->code = code;
    return &node->base;
}

void name_lambda(Node *node, Value name)
{
    if (node->run == run_lambda && ((LambdaNode *)node)->code->name == FALSE_VALUE) {
        ((LambdaNode *)node)->code->name = name;
    }
}

static inline Value *new_frame(const Closure *closure)
{
    Value *frame = allocate((size_t)closure->code->slots * sizeof(Value));
    frame[0] = (Value)(void *)closure->env;
    return frame;
}

static inline Value enter(const Lambda *code, Value *frame)
{
    pending.body = code->body;
    pending.frame = frame;
    return TAIL_CALL;
}

static _Noreturn void fail_arity(Value procedure, int argc)
{
    fail_kind("error", "wrong number of arguments:", list2(fixnum(argc), procedure));
}

static bool accepts(const Lambda *code, int argc)
{
    return argc == code->required || (argc > code->required && code->rest);
}

static Value enter_closure(Value procedure, int argc, Value *argv)
{
    const Closure *closure = (const Closure *)procedure;
    const Lambda *code = closure->code;
    if (!accepts(code, argc)) {
        fail_arity(procedure, argc);
    }
    Value *frame = new_frame(closure);
    for (int i = 0; i < code->required; i++) {
        frame[1 + i] = argv[i];
    }
    if (code->rest) {
        frame[1 + code->required] =
            list_from_array(argc - code->required, argv + code->required, NIL);
    }
    return enter(code, frame);
}

static inline Value call_primitive(Value procedure, int argc, Value *argv)
{
    const Primitive *primitive = (const Primitive *)procedure;
    if (argc < primitive->minimum || (primitive->maximum >= 0 && argc > primitive->maximum)) {
        fail_arity(procedure, argc);
    }
    switch (primitive->convention) {
    case NO_ARGUMENTS:
        return primitive->function.none();
    case ONE_ARGUMENT:
        return primitive->function.one(argv[0]);
    case TWO_ARGUMENTS:
        return primitive->function.two(argv[0], argv[1]);
    case THREE_ARGUMENTS:
        return primitive->function.three(argv[0], argv[1], argv[2]);
    case ARRAY:
        return primitive->function.many(argc, argv);
    default:
        return boolean(type_of(argv[0]) == primitive->function.type);
    }
}

static Value enter_case_lambda(Value procedure, int argc, Value *argv)
{
    for (Value rest = ((CaseLambda *)procedure)->clauses; is_pair(rest); rest = cdr(rest)) {
        if (accepts(((Closure *)car(rest))->code, argc)) {
            return enter_closure(car(rest), argc, argv);
        }
    }
    fail_arity(procedure, argc);
}

Value tail_apply(Value procedure, int argc, Value *argv)
{
    switch (type_of(procedure)) {
    case T_CLOSURE:
        return enter_closure(procedure, argc, argv);
    case T_PRIMITIVE:
        return call_primitive(procedure, argc, argv);
    case T_CASE_LAMBDA:
        return enter_case_lambda(procedure, argc, argv);
    case T_CONTINUATION:
        escape(procedure, pack_values(argc, argv));
    case T_RECORD_PROCEDURE:
        return apply_record_procedure(procedure, argc, argv);
    case T_PARAMETER:
        if (argc != 0) {
            fail_arity(procedure, argc);
        }
        return ((Parameter *)procedure)->value;
    default:
        fail_kind("error", "not a procedure:", list1(procedure));
    }
}

Value apply(Value procedure, int argc, Value *argv)
{
    check_depth();
    return trampoline(tail_apply(procedure, argc, argv));
}

Value call1(Value procedure, Value a)
{
    return apply(procedure, 1, &a);
}

Value call2(Value procedure, Value a, Value b)
{
    Value args[] = {a, b};
    return apply(procedure, 2, args);
}

bool is_procedure(Value v)
{
    switch (type_of(v)) {
    case T_CLOSURE:
    case T_PRIMITIVE:
    case T_CASE_LAMBDA:
    case T_CONTINUATION:
    case T_RECORD_PROCEDURE:
    case T_PARAMETER:
        return true;
    default:
        return false;
    }
}

/* Calls */

typedef struct CallNode {
    Node base;
    Node *procedure;
    int argc;
    Node *args[];
} CallNode;

static Value call_other(const CallNode *call, Value procedure, Value *frame)
{
    Value small[SMALL_CALL];
    Value *args = small;
    if (call->argc > SMALL_CALL) {
        args = allocate((size_t)call->argc * sizeof(Value));
    }
    for (int i = 0; i < call->argc; i++) {
        args[i] = run(call->args[i], frame);
    }
    return tail_apply(procedure, call->argc, args);
}

/* The common cases are a closure that takes just these arguments, which are then evaluated right
   into its frame, and a primitive of few arguments. */
static inline Value begin_call(const Node *node, Value *frame)
{
    const CallNode *call = (const CallNode *)node;
    Value procedure = run(call->procedure, frame);
    if (has_type(procedure, T_CLOSURE)) {
        const Closure *closure = (const Closure *)procedure;
        const Lambda *code = closure->code;
        if (call->argc == code->required && !code->rest) {
            Value *fresh = new_frame(closure);
            for (int i = 0; i < call->argc; i++) {
                fresh[1 + i] = run(call->args[i], frame);
            }
            return enter(code, fresh);
        }
    } else if (has_type(procedure, T_PRIMITIVE) && call->argc <= 3) {
        Value args[3];
        for (int i = 0; i < call->argc; i++) {
            args[i] = run(call->args[i], frame);
        }
        return call_primitive(procedure, call->argc, args);
    }
    return call_other(call, procedure, frame);
}

static Value run_tail_call(const Node *node, Value *frame)
{
    return begin_call(node, frame);
}

static Value run_call(const Node *node, Value *frame)
{
    check_depth();
    return trampoline(begin_call(node, frame));
}

Node *node_call(Node *procedure, int argc, Node **args, bool tail)
{
    size_t size = sizeof(CallNode) + (size_t)argc * sizeof(Node *);
    CallNode *node = new_node(size, tail ? run_tail_call : run_call);
    node->procedure = procedure;
    node->argc = argc;
    for (int i = 0; i < argc; i++) {
        node->args[i] = args[i];
    }
    return &node->base;
}

Value run_toplevel(const Node *node, int slots)
{
    Value *frame = allocate((size_t)slots * sizeof(Value));
    return trampoline(run(node, frame));
}

/* Procedures about procedures */

Value pack_values(int argc, Value *argv)
{
    if (argc == 1) {
        return argv[0];
    }
    Values *values = new_object(T_VALUES, sizeof(Values) + (size_t)argc * sizeof(Value));
    values->count = (size_t)argc;
    for (int i = 0; i < argc; i++) {
        values->items[i] = argv[i];
    }
    return (Value)values;
}

static Value call_with_values(Value producer, Value consumer)
{
    Value result = apply(producer, 0, NULL);
    if (has_type(result, T_VALUES)) {
        Values *values = (Values *)result;
        return tail_apply(consumer, (int)values->count, values->items);
    }
    return tail_apply(consumer, 1, &result);
}

static Value prim_apply(int argc, Value *argv)
{
    Value last = argv[argc - 1];
    int64_t count = list_length(last);
    if (count < 0) {
        fail_type("apply", "a list", last);
    }
    Value *args = allocate((size_t)(argc + count) * sizeof(Value));
    int used = 0;
    for (int i = 1; i < argc - 1; i++) {
        args[used++] = argv[i];
    }
    for (; is_pair(last); last = cdr(last)) {
        args[used++] = car(last);
    }
    return tail_apply(argv[0], used, args);
}

static Value prim_is_procedure(Value v)
{
    return boolean(is_procedure(v));
}

static Value case_lambda(int argc, Value *argv)
{
    CaseLambda *procedure = new_object(T_CASE_LAMBDA, sizeof(CaseLambda));
    procedure->clauses = list_from_array(argc, argv, NIL);
    return (Value)procedure;
}

void eval_primitives(void)
{
    static const PrimitiveRow rows[] = {
        VARIADIC("apply", prim_apply, 2, -1),         UNARY("procedure?", prim_is_procedure),
        VARIADIC("values", pack_values, 0, -1),       BINARY("call-with-values", call_with_values),
        VARIADIC("%case-lambda", case_lambda, 1, -1),
    };
    define_primitives(rows, COUNT_OF(rows));
}
