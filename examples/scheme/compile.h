/*
 * compile.h – forms to nodes.
 */
#ifndef SCHEME_COMPILE_H
#define SCHEME_COMPILE_H

#include "eval.h"
#include "scope.h"

/* A special form is a keyword and the function that compiles its uses. */
typedef Node *(*CompileForm)(Value form, Scope *scope, bool tail);

typedef struct SpecialForm {
    Value header;
    CompileForm compile;
} SpecialForm;

typedef struct SpecialFormRow {
    const char *name;
    CompileForm compile;
} SpecialFormRow;

void define_special_forms(const SpecialFormRow *rows, size_t count);

Node *compile(Value form, Scope *scope, bool tail);

/* The forms as a sequence, or, with definitions among them, as a body in a scope of its own. */
Node *compile_sequence(Value forms, Scope *scope, bool tail);
Node *compile_body(Value forms, Scope *scope, bool tail);

Node *compile_lambda(Value name, Value formals, Value body, Scope *scope);
Node *compile_reference(Value id, Scope *scope);
Node *compile_assignment(const Binding *binding, Node *value, Scope *scope);

/* The macro that the right-hand side of define-syntax means */
Value compile_macro(Value expression, Scope *scope);

_Noreturn void bad_syntax(Value form);

/* Fails unless the form is a list of at least `minimum` items. */
int64_t check_form(Value form, int64_t minimum);

/* Compiles and runs one form. */
Value evaluate(Value form);

void compile_init(void);
void binding_forms_init(void);
void quasiquote_init(void);

#endif
