/*
 * scope.c – what identifiers mean at compile time.
 *
 * Scopes are nested; each belongs to the frame of the procedure around it.  An alias is looked
 * up as itself first: if the macro bound it, that binding is found.  Otherwise its symbol is
 * looked up in the scope of the macro's definition, which always encloses that of its use.
 */
#include "scope.h"
#include "control.h"
#include "heap.h"

static Scope *make_scope(Scope *outer, FrameLayout *frame)
{
    Scope *scope = allocate(sizeof(Scope));
    scope->outer = outer;
    scope->frame = frame;
    return scope;
}

static FrameLayout *new_frame_layout(FrameLayout *outer)
{
    FrameLayout *frame = allocate(sizeof(FrameLayout));
    frame->outer = outer;
    frame->slots = 1;
    return frame;
}

Scope *toplevel_scope(void)
{
    Scope *scope = make_scope(NULL, new_frame_layout(NULL));
    scope->toplevel = true;
    return scope;
}

Scope *new_scope(Scope *outer)
{
    return make_scope(outer, outer->frame);
}

Scope *new_procedure_scope(Scope *outer)
{
    return make_scope(outer, new_frame_layout(outer->frame));
}

static Binding *bind(Scope *scope, Value id)
{
    Binding *binding = allocate(sizeof(Binding));
    binding->id = id;
    binding->frame = scope->frame;
    binding->next = scope->bindings;
    scope->bindings = binding;
    return binding;
}

Binding *bind_variable(Scope *scope, Value id)
{
    Binding *binding = bind(scope, id);
    binding->slot = scope->frame->slots++;
    return binding;
}

void bind_syntax(Scope *scope, Value id, Value syntax)
{
    if (scope->toplevel) {
        ((Symbol *)plain_symbol(id))->syntax = syntax;
    } else {
        bind(scope, id)->syntax = syntax;
    }
}

bool is_identifier(Value v)
{
    return has_type(v, T_SYMBOL) || has_type(v, T_ALIAS);
}

Value make_alias(Value name, Scope *scope)
{
    Alias *alias = new_object(T_ALIAS, sizeof(Alias));
    alias->name = name;
    alias->scope = scope;
    return (Value)alias;
}

Binding *find_binding(Value id, const Scope *scope)
{
    for (;;) {
        for (const Scope *s = scope; s; s = s->outer) {
            for (Binding *binding = s->bindings; binding; binding = binding->next) {
                if (binding->id == id) {
                    return binding;
                }
            }
        }
        if (!has_type(id, T_ALIAS)) {
            return NULL;
        }
        scope = ((Alias *)id)->scope;
        id = ((Alias *)id)->name;
    }
}

Value find_syntax(Value id, const Scope *scope)
{
    Binding *binding = find_binding(id, scope);
    return binding ? binding->syntax : ((Symbol *)plain_symbol(id))->syntax;
}

int binding_depth(const Binding *binding, const Scope *scope)
{
    int depth = 0;
    for (const FrameLayout *frame = scope->frame; frame != binding->frame; frame = frame->outer) {
        depth++;
    }
    return depth;
}

bool same_identifier(Value a, const Scope *scope_a, Value b, const Scope *scope_b)
{
    Binding *binding_a = find_binding(a, scope_a);
    Binding *binding_b = find_binding(b, scope_b);
    if (binding_a || binding_b) {
        return binding_a == binding_b;
    }
    return plain_symbol(a) == plain_symbol(b);
}

bool is_keyword(Value v, const Scope *scope, const char *keyword)
{
    return is_identifier(v) && plain_symbol(v) == symbol(keyword) && !find_binding(v, scope);
}

Value plain_symbol(Value id)
{
    while (has_type(id, T_ALIAS)) {
        id = ((Alias *)id)->name;
    }
    return id;
}

static bool has_aliases(Value datum)
{
    check_depth();
    for (; is_pair(datum); datum = cdr(datum)) {
        if (has_aliases(car(datum))) {
            return true;
        }
    }
    if (has_type(datum, T_VECTOR)) {
        Vector *vector = (Vector *)datum;
        for (size_t i = 0; i < vector->length; i++) {
            if (has_aliases(vector->items[i])) {
                return true;
            }
        }
    }
    return has_type(datum, T_ALIAS);
}

static Value strip(Value datum)
{
    if (is_pair(datum)) {
        Value first = strip(car(datum));
        return cons(first, strip(cdr(datum)));
    }
    if (has_type(datum, T_VECTOR)) {
        Vector *vector = (Vector *)datum;
        Vector *copy = (Vector *)make_vector(vector->length, NIL);
        for (size_t i = 0; i < vector->length; i++) {
            copy->items[i] = strip(vector->items[i]);
        }
        return (Value)copy;
    }
    return plain_symbol(datum);
}

Value strip_aliases(Value datum)
{
    return has_aliases(datum) ? strip(datum) : datum;
}
