/*
 * binding_forms.c – the special forms that bind variables or macros around a body: let, named
 * let, letrec, let-syntax.
 *
 * The variables are slots of the frame of the procedure around the form, so that entering a
 * `let` costs no more than its assignments.
 */
#include "compile.h"
#include "control.h"
#include "heap.h"

/* The ((id init) ...) of a form, checked */
static int check_bindings(Value bindings, Value form)
{
    int64_t count = list_length(bindings);
    if (count < 0) {
        bad_syntax(form);
    }
    for (Value rest = bindings; is_pair(rest); rest = cdr(rest)) {
        if (list_length(car(rest)) != 2 || !is_identifier(car(car(rest)))) {
            bad_syntax(form);
        }
    }
    return (int)count;
}

static Value binding_id(Value bindings)
{
    return car(car(bindings));
}

static Value binding_init(Value bindings)
{
    return car(cdr(car(bindings)));
}

/* The initial values are compiled in `inits`, the body in `inner`, which gets the variables. */
static Node *compile_bindings(Value bindings, int count, Value body, Scope *inits, Scope *inner,
                              bool tail)
{
    Node **nodes = allocate((size_t)(count + 1) * sizeof(Node *));
    Binding **variables = allocate((size_t)(count + 1) * sizeof(Binding *));
    Value rest = bindings;
    for (int i = 0; i < count; i++, rest = cdr(rest)) {
        variables[i] = bind_variable(inner, binding_id(rest));
    }
    rest = bindings;
    for (int i = 0; i < count; i++, rest = cdr(rest)) {
        Node *value = compile(binding_init(rest), inits, false);
        nodes[i] = compile_assignment(variables[i], value, inner);
    }
    nodes[count] = compile_body(body, inner, tail);
    return node_sequence(count + 1, nodes);
}

/* (let name ((id init) ...) body ...): the procedure NAME is visible in the body only. */
static Node *compile_named_let(Value form, Scope *scope, bool tail)
{
    check_form(form, 4);
    Value name = car(cdr(form));
    Value bindings = car(cdr(cdr(form)));
    int count = check_bindings(bindings, form);
    Node **args = allocate((size_t)(count + 1) * sizeof(Node *));
    Value formals = NIL;
    Value rest = bindings;
    for (int i = 0; i < count; i++, rest = cdr(rest)) {
        args[i] = compile(binding_init(rest), scope, false);
        formals = cons(binding_id(rest), formals);
    }
    formals = reverse_in_place(formals, NIL);
    Scope *inner = new_scope(scope);
    Binding *loop = bind_variable(inner, name);
    Node *procedure = compile_lambda(plain_symbol(name), formals, cdr(cdr(cdr(form))), inner);
    Node *nodes[] = {
        compile_assignment(loop, procedure, inner),
        node_call(compile_reference(name, inner), count, args, tail),
    };
    return node_sequence(2, nodes);
}

static Node *compile_let(Value form, Scope *scope, bool tail)
{
    check_form(form, 3);
    if (is_identifier(car(cdr(form)))) {
        return compile_named_let(form, scope, tail);
    }
    Value bindings = car(cdr(form));
    int count = check_bindings(bindings, form);
    return compile_bindings(bindings, count, cdr(cdr(form)), scope, new_scope(scope), tail);
}

static Node *compile_letrec(Value form, Scope *scope, bool tail)
{
    check_form(form, 3);
    Value bindings = car(cdr(form));
    int count = check_bindings(bindings, form);
    Scope *inner = new_scope(scope);
    return compile_bindings(bindings, count, cdr(cdr(form)), inner, inner, tail);
}

static Node *compile_syntax_bindings(Value form, Scope *scope, bool recursive, bool tail)
{
    check_form(form, 3);
    Value bindings = car(cdr(form));
    check_bindings(bindings, form);
    Scope *inner = new_scope(scope);
    for (; is_pair(bindings); bindings = cdr(bindings)) {
        Value macro = compile_macro(binding_init(bindings), recursive ? inner : scope);
        bind_syntax(inner, binding_id(bindings), macro);
    }
    return compile_body(cdr(cdr(form)), inner, tail);
}

static Node *compile_let_syntax(Value form, Scope *scope, bool tail)
{
    return compile_syntax_bindings(form, scope, false, tail);
}

static Node *compile_letrec_syntax(Value form, Scope *scope, bool tail)
{
    return compile_syntax_bindings(form, scope, true, tail);
}

void binding_forms_init(void)
{
    static const SpecialFormRow rows[] = {
        {"let", compile_let},
        {"letrec", compile_letrec},
        {"letrec*", compile_letrec},
        {"let-syntax", compile_let_syntax},
        {"letrec-syntax", compile_letrec_syntax},
    };
    define_special_forms(rows, COUNT_OF(rows));
}
