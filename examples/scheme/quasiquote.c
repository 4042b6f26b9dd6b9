/*
 * quasiquote.c – templates of data: `(a ,b ,@c), compiled to calls of cons, append and
 * list->vector where something is unquoted, and to constants elsewhere.
 */
#include "compile.h"
#include "control.h"
#include "heap.h"

/* The procedures as they were defined first, whatever the program does to those names */
static Node *cons_node;
static Node *append_node;
static Node *list_to_vector_node;

static Node *compile_template(Value template, int depth, Scope *scope);

/* Whether the template is (KEYWORD datum) */
static bool is_tagged(Value template, const Scope *scope, const char *keyword)
{
    return is_pair(template) && is_keyword(car(template), scope, keyword) &&
           is_pair(cdr(template)) && cdr(cdr(template)) == NIL;
}

static bool is_constant(Value template, const Scope *scope)
{
    check_depth();
    for (; is_pair(template); template = cdr(template)) {
        if (is_tagged(template, scope, "unquote") || is_tagged(template, scope, "quasiquote") ||
            is_tagged(template, scope, "unquote-splicing") || !is_constant(car(template), scope)) {
            return false;
        }
    }
    return !has_type(template, T_VECTOR);
}

static Node *call_node(Node *procedure, Node *first, Node *second)
{
    Node *args[] = {first, second};
    return node_call(procedure, second ? 2 : 1, args, false);
}

static Node *compile_vector(Value v, int depth, Scope *scope)
{
    Vector *vector = (Vector *)v;
    Value list = list_from_array((int)vector->length, vector->items, NIL);
    return call_node(list_to_vector_node, compile_template(list, depth, scope), NULL);
}

/* A nested quasiquote, or an unquote of one: stays, at another depth. */
static Node *compile_nested(Value template, int depth, Scope *scope)
{
    Node *keyword = node_constant(plain_symbol(car(template)));
    return call_node(cons_node, keyword, compile_template(cdr(template), depth, scope));
}

static Node *compile_pair(Value template, int depth, Scope *scope)
{
    Value first = car(template);
    if (is_tagged(first, scope, "unquote-splicing") && depth == 1) {
        Node *spliced = compile(car(cdr(first)), scope, false);
        if (cdr(template) == NIL) {
            return spliced;
        }
        return call_node(append_node, spliced, compile_template(cdr(template), depth, scope));
    }
    Node *head = compile_template(first, depth, scope);
    return call_node(cons_node, head, compile_template(cdr(template), depth, scope));
}

static Node *compile_template(Value template, int depth, Scope *scope)
{
    if (is_constant(template, scope)) {
        return node_constant(strip_aliases(template));
    }
    if (has_type(template, T_VECTOR)) {
        return compile_vector(template, depth, scope);
    }
    if (is_tagged(template, scope, "quasiquote")) {
        return compile_nested(template, depth + 1, scope);
    }
    if (is_tagged(template, scope, "unquote")) {
        if (depth == 1) {
            return compile(car(cdr(template)), scope, false);
        }
        return compile_nested(template, depth - 1, scope);
    }
    if (is_tagged(template, scope, "unquote-splicing") && depth > 1) {
        return compile_nested(template, depth - 1, scope);
    }
    return compile_pair(template, depth, scope);
}

static Node *compile_quasiquote(Value form, Scope *scope, bool tail)
{
    (void)tail;
    if (check_form(form, 2) != 2) {
        bad_syntax(form);
    }
    return compile_template(car(cdr(form)), 1, scope);
}

static Node *primitive_node(const char *name)
{
    return node_constant(((Symbol *)symbol(name))->value);
}

void quasiquote_init(void)
{
    static const SpecialFormRow rows[] = {{"quasiquote", compile_quasiquote}};
    define_special_forms(rows, COUNT_OF(rows));
    cons_node = primitive_node("cons");
    append_node = primitive_node("append");
    list_to_vector_node = primitive_node("list->vector");
}
