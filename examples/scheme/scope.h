/*
 * scope.h – what identifiers mean at compile time.
 *
 * An identifier is a symbol, or an alias: a fresh name that a macro expansion gave to a symbol
 * of its template.  An alias that nothing binds means what its symbol meant where the macro was
 * defined; that makes macros hygienic.
 */
#ifndef SCHEME_SCOPE_H
#define SCHEME_SCOPE_H

#include "value.h"

/* The frame of one procedure; slot 0 is taken. */
typedef struct FrameLayout {
    struct FrameLayout *outer;
    int slots;
} FrameLayout;

/* A local variable, or a local macro: then `syntax` is not NULL. */
typedef struct Binding {
    Value id;
    FrameLayout *frame;
    int slot;
    Value syntax;
    struct Binding *next;
} Binding;

typedef struct Scope {
    struct Scope *outer;
    FrameLayout *frame;
    Binding *bindings;
    bool toplevel; /* definitions made here are global */
} Scope;

typedef struct Alias {
    Value header;
    Value name; /* a symbol or another alias */
    Scope *scope;
} Alias;

Scope *toplevel_scope(void);
Scope *new_scope(Scope *outer);
Scope *new_procedure_scope(Scope *outer);
Binding *bind_variable(Scope *scope, Value id);
void bind_syntax(Scope *scope, Value id, Value syntax);

bool is_identifier(Value v);
Value make_alias(Value name, Scope *scope);

/* The local binding that an identifier refers to; NULL if it is global. */
Binding *find_binding(Value id, const Scope *scope);

/* The macro or special form that an identifier means, or NULL. */
Value find_syntax(Value id, const Scope *scope);

/* How many frames out from the scope a binding is. */
int binding_depth(const Binding *binding, const Scope *scope);

bool same_identifier(Value a, const Scope *scope_a, Value b, const Scope *scope_b);

/* Whether an identifier is that keyword (`else`, say), not hidden by a local binding. */
bool is_keyword(Value v, const Scope *scope, const char *keyword);

/* The symbol under all aliases, and a datum with its aliases replaced by their symbols. */
Value plain_symbol(Value id);
Value strip_aliases(Value datum);

#endif
