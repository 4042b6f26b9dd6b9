/*
 * compile.c – forms to nodes: dispatch on the form, procedure calls, bodies with their
 * definitions, and the primitive special forms.  Those that bind variables are in
 * binding_forms.c, quasiquote has its own file, and the rest are macros of the prelude.
 */
#include "compile.h"
#include "control.h"
#include "heap.h"
#include "syntax_rules.h"

static Node *compile_begin(Value form, Scope *scope, bool tail);
static Node *compile_define(Value form, Scope *scope, bool tail);
static Node *compile_define_syntax(Value form, Scope *scope, bool tail);
static Node *compile_syntax_rules(Value form, Scope *scope, bool tail);

void bad_syntax(Value form)
{
    const char *who = "syntax";
    if (is_pair(form) && is_identifier(car(form))) {
        who = string_to_utf8(((Symbol *)plain_symbol(car(form)))->name, NULL);
    }
    fail(who, "bad syntax:", list1(strip_aliases(form)));
}

int64_t check_form(Value form, int64_t minimum)
{
    int64_t length = list_length(form);
    if (length < minimum) {
        bad_syntax(form);
    }
    return length;
}

/* Variables, calls and the dispatch */

Node *compile_reference(Value id, Scope *scope)
{
    Binding *binding = find_binding(id, scope);
    if (find_syntax(id, scope)) {
        fail("syntax", "keyword used as a variable:", list1(plain_symbol(id)));
    }
    if (!binding) {
        return node_global(plain_symbol(id));
    }
    return node_local(binding_depth(binding, scope), binding->slot, plain_symbol(id));
}

Node *compile_assignment(const Binding *binding, Node *value, Scope *scope)
{
    name_lambda(value, plain_symbol(binding->id));
    return node_set_local(binding_depth(binding, scope), binding->slot, value);
}

static Node *compile_call(Value form, Scope *scope, bool tail)
{
    int argc = (int)check_form(form, 1) - 1;
    Node **args = allocate((size_t)(argc + 1) * sizeof(Node *));
    Node *procedure = compile(car(form), scope, false);
    Value rest = cdr(form);
    for (int i = 0; i < argc; i++, rest = cdr(rest)) {
        args[i] = compile(car(rest), scope, false);
    }
    return node_call(procedure, argc, args, tail);
}

/* The macro or special form that a form is a use of, or NULL */
static Value keyword_of(Value form, const Scope *scope)
{
    if (!is_pair(form) || !is_identifier(car(form))) {
        return NULL;
    }
    return find_syntax(car(form), scope);
}

static Value expand_macros(Value form, Scope *scope)
{
    for (;;) {
        Value keyword = keyword_of(form, scope);
        if (!keyword || !has_type(keyword, T_MACRO)) {
            return form;
        }
        form = expand_macro(keyword, form, scope);
    }
}

Node *compile(Value form, Scope *scope, bool tail)
{
    check_depth();
    form = expand_macros(form, scope);
    if (is_identifier(form)) {
        return compile_reference(form, scope);
    }
    if (!is_pair(form)) {
        if (form == NIL) {
            fail("syntax", "a call without a procedure:", list1(NIL));
        }
        return node_constant(strip_aliases(form));
    }
    Value keyword = keyword_of(form, scope);
    if (keyword) {
        return ((SpecialForm *)keyword)->compile(form, scope, tail);
    }
    return compile_call(form, scope, tail);
}

Node *compile_sequence(Value forms, Scope *scope, bool tail)
{
    int count = (int)check_form(forms, 0);
    Node **nodes = allocate((size_t)(count + 1) * sizeof(Node *));
    for (int i = 0; i < count; i++, forms = cdr(forms)) {
        nodes[i] = compile(car(forms), scope, tail && i == count - 1);
    }
    return node_sequence(count, nodes);
}

/* Lambda expressions */

Node *compile_lambda(Value name, Value formals, Value body, Scope *outer)
{
    Scope *scope = new_procedure_scope(outer);
    Lambda *code = allocate(sizeof(Lambda));
    code->name = name;
    for (; is_pair(formals); formals = cdr(formals)) {
        if (!is_identifier(car(formals))) {
            fail("lambda", "not an identifier:", list1(strip_aliases(car(formals))));
        }
        bind_variable(scope, car(formals));
        code->required++;
    }
    if (formals != NIL) {
        if (!is_identifier(formals)) {
            fail("lambda", "not an identifier:", list1(strip_aliases(formals)));
        }
        bind_variable(scope, formals);
        code->rest = true;
    }
    code->body = compile_body(body, scope, true);
    code->slots = scope->frame->slots;
    return node_lambda(code);
}

static Node *compile_lambda_form(Value form, Scope *scope, bool tail)
{
    (void)tail;
    check_form(form, 3);
    return compile_lambda(FALSE_VALUE, car(cdr(form)), cdr(cdr(form)), scope);
}

/* Definitions and bodies */

/* (define id value), (define id) or (define (id . formals) body ...) */
typedef struct Definition {
    Value id;
    bool procedure;
    Value formals;
    Value body; /* of a procedure; otherwise a list of the value, or empty */
} Definition;

static Definition parse_definition(Value form)
{
    check_form(form, 2);
    Value target = car(cdr(form));
    Definition definition = {target, false, NIL, cdr(cdr(form))};
    if (is_pair(target)) {
        check_form(form, 3);
        definition.procedure = true;
        definition.id = car(target);
        definition.formals = cdr(target);
    } else if (list_length(form) > 3) {
        bad_syntax(form);
    }
    if (!is_identifier(definition.id)) {
        bad_syntax(form);
    }
    return definition;
}

static Node *compile_definition(const Definition *definition, Scope *scope)
{
    Value name = plain_symbol(definition->id);
    if (definition->procedure) {
        return compile_lambda(name, definition->formals, definition->body, scope);
    }
    if (definition->body == NIL) {
        return node_constant(UNSPECIFIED);
    }
    Node *value = compile(car(definition->body), scope, false);
    name_lambda(value, name);
    return value;
}

static Node *compile_define(Value form, Scope *scope, bool tail)
{
    (void)tail;
    Definition definition = parse_definition(form);
    if (!scope->toplevel) {
        fail("define", "not at the level of a body:", list1(strip_aliases(form)));
    }
    Value name = plain_symbol(definition.id);
    ((Symbol *)name)->syntax = NULL;
    return node_define_global(name, compile_definition(&definition, scope));
}

/* An item of a body: the definition of `variable`, or else an expression */
typedef struct BodyItem {
    Binding *variable;
    Definition definition;
    Value expression;
    struct BodyItem *next;
} BodyItem;

static Value parse_define_syntax(Value form)
{
    if (check_form(form, 3) != 3 || !is_identifier(car(cdr(form)))) {
        bad_syntax(form);
    }
    return car(cdr(form));
}

/* Finds the definitions among the forms and binds what they define; appends an item for each
   form at `end`, and returns the new end. */
static BodyItem **scan_body(Value forms, Scope *scope, BodyItem **end)
{
    check_form(forms, 0);
    for (; is_pair(forms); forms = cdr(forms)) {
        Value form = expand_macros(car(forms), scope);
        Value keyword = keyword_of(form, scope);
        CompileForm kind = keyword ? ((SpecialForm *)keyword)->compile : NULL;
        if (kind == compile_begin) {
            end = scan_body(cdr(form), scope, end);
            continue;
        }
        if (kind == compile_define_syntax) {
            Value id = parse_define_syntax(form);
            bind_syntax(scope, id, compile_macro(car(cdr(cdr(form))), scope));
            continue;
        }
        BodyItem *item = allocate(sizeof(BodyItem));
        if (kind == compile_define) {
            item->definition = parse_definition(form);
            item->variable = bind_variable(scope, item->definition.id);
        } else {
            item->expression = form;
        }
        *end = item;
        end = &item->next;
    }
    return end;
}

Node *compile_body(Value forms, Scope *outer, bool tail)
{
    Scope *scope = new_scope(outer);
    BodyItem *items = NULL;
    scan_body(forms, scope, &items);
    int count = 0;
    for (BodyItem *item = items; item; item = item->next) {
        count++;
    }
    if (count == 0) {
        fail("syntax", "a body without expressions", NIL);
    }
    Node **nodes = allocate((size_t)count * sizeof(Node *));
    int i = 0;
    for (BodyItem *item = items; item; item = item->next, i++) {
        if (item->variable) {
            Node *value = compile_definition(&item->definition, scope);
            nodes[i] = compile_assignment(item->variable, value, scope);
        } else {
            nodes[i] = compile(item->expression, scope, tail && !item->next);
        }
    }
    return node_sequence(count, nodes);
}

/* The other primitive special forms */

static Node *compile_begin(Value form, Scope *scope, bool tail)
{
    return compile_sequence(cdr(form), scope, tail);
}

static Node *compile_quote(Value form, Scope *scope, bool tail)
{
    (void)scope, (void)tail;
    if (check_form(form, 2) != 2) {
        bad_syntax(form);
    }
    return node_constant(strip_aliases(car(cdr(form))));
}

static Node *compile_if(Value form, Scope *scope, bool tail)
{
    int64_t length = check_form(form, 3);
    if (length > 4) {
        bad_syntax(form);
    }
    Value branches = cdr(cdr(form));
    Node *test = compile(car(cdr(form)), scope, false);
    Node *consequent = compile(car(branches), scope, tail);
    Node *alternative =
        length == 4 ? compile(car(cdr(branches)), scope, tail) : node_constant(UNSPECIFIED);
    return node_if(test, consequent, alternative);
}

static Node *compile_set(Value form, Scope *scope, bool tail)
{
    (void)tail;
    Value id = check_form(form, 3) == 3 ? car(cdr(form)) : NIL;
    if (!is_identifier(id) || find_syntax(id, scope)) {
        bad_syntax(form);
    }
    Node *value = compile(car(cdr(cdr(form))), scope, false);
    Binding *binding = find_binding(id, scope);
    return binding ? compile_assignment(binding, value, scope)
                   : node_set_global(plain_symbol(id), value);
}

static Node *compile_and_from(Value tests, Scope *scope, bool tail)
{
    if (tests == NIL) {
        return node_constant(TRUE_VALUE);
    }
    if (cdr(tests) == NIL) {
        return compile(car(tests), scope, tail);
    }
    Node *first = compile(car(tests), scope, false);
    Node *rest = compile_and_from(cdr(tests), scope, tail);
    return node_if(first, rest, node_constant(FALSE_VALUE));
}

static Node *compile_and(Value form, Scope *scope, bool tail)
{
    check_form(form, 1);
    return compile_and_from(cdr(form), scope, tail);
}

static Node *compile_or_from(Value tests, Scope *scope, bool tail)
{
    if (tests == NIL) {
        return node_constant(FALSE_VALUE);
    }
    if (cdr(tests) == NIL) {
        return compile(car(tests), scope, tail);
    }
    Node *first = compile(car(tests), scope, false);
    return node_or(first, compile_or_from(cdr(tests), scope, tail));
}

static Node *compile_or(Value form, Scope *scope, bool tail)
{
    check_form(form, 1);
    return compile_or_from(cdr(form), scope, tail);
}

static Node *compile_clauses(Value clauses, Scope *scope, bool tail)
{
    if (clauses == NIL) {
        return node_constant(UNSPECIFIED);
    }
    Value clause = car(clauses);
    Value body = check_form(clause, 1) > 1 ? cdr(clause) : NIL;
    if (cdr(clauses) == NIL && is_keyword(car(clause), scope, "else")) {
        return compile_sequence(body, scope, tail);
    }
    Node *test = compile(car(clause), scope, false);
    if (body == NIL) {
        return node_or(test, compile_clauses(cdr(clauses), scope, tail));
    }
    if (is_keyword(car(body), scope, "=>") && list_length(body) == 2) {
        Node *receiver = compile(car(cdr(body)), scope, false);
        return node_cond_arrow(test, receiver, compile_clauses(cdr(clauses), scope, tail), tail);
    }
    Node *consequent = compile_sequence(body, scope, tail);
    return node_if(test, consequent, compile_clauses(cdr(clauses), scope, tail));
}

static Node *compile_cond(Value form, Scope *scope, bool tail)
{
    check_form(form, 2);
    return compile_clauses(cdr(form), scope, tail);
}

/* Macro definitions */

Value compile_macro(Value expression, Scope *scope)
{
    Value keyword = keyword_of(expression, scope);
    if (!keyword || ((SpecialForm *)keyword)->compile != compile_syntax_rules) {
        fail("define-syntax", "expected syntax-rules, got", list1(strip_aliases(expression)));
    }
    return make_macro(expression, scope);
}

static Node *compile_define_syntax(Value form, Scope *scope, bool tail)
{
    (void)tail;
    Value id = parse_define_syntax(form);
    if (!scope->toplevel) {
        fail("define-syntax", "not at the level of a body:", list1(strip_aliases(form)));
    }
    bind_syntax(scope, id, compile_macro(car(cdr(cdr(form))), scope));
    return node_constant(UNSPECIFIED);
}

static Node *compile_syntax_rules(Value form, Scope *scope, bool tail)
{
    (void)scope, (void)tail;
    bad_syntax(form);
}

Value evaluate(Value form)
{
    Scope *scope = toplevel_scope();
    Node *node = compile(form, scope, false);
    return run_toplevel(node, scope->frame->slots);
}

void define_special_forms(const SpecialFormRow *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        SpecialForm *form = new_object(T_SPECIAL_FORM, sizeof(SpecialForm));
        form->compile = rows[i].compile;
        ((Symbol *)symbol(rows[i].name))->syntax = (Value)form;
    }
}

void compile_init(void)
{
    static const SpecialFormRow rows[] = {
        {"quote", compile_quote},
        {"if", compile_if},
        {"define", compile_define},
        {"set!", compile_set},
        {"lambda", compile_lambda_form},
        {"begin", compile_begin},
        {"and", compile_and},
        {"or", compile_or},
        {"cond", compile_cond},
        {"define-syntax", compile_define_syntax},
        {"syntax-rules", compile_syntax_rules},
    };
    define_special_forms(rows, COUNT_OF(rows));
}
