/*
 * syntax_rules.c – macros: matching a form against the patterns of syntax-rules, and filling in
 * the template of the first that matches.
 *
 * A match is a chain of pattern variables.  A variable of depth 0 stands for one form; one of
 * depth n + 1, which n + 1 ellipses follow, for a list of what variables of depth n stand for.
 * To fill in a template that is followed by an ellipsis is to walk those lists in step.
 *
 * Symbols that the template introduces become aliases, one per symbol and expansion (see
 * scope.h).
 */
#include "syntax_rules.h"
#include "control.h"
#include "heap.h"

typedef struct Macro {
    Value header;
    Value ellipsis;
    Value literals;
    Value rules;
    Scope *scope; /* where it was defined */
} Macro;

typedef struct PatternVariable {
    Value id;
    int depth;
    Value value;
    struct PatternVariable *next;
} PatternVariable;

/* One use of a macro */
typedef struct Expansion {
    const Macro *macro;
    Scope *scope; /* where it is used */
    PatternVariable *variables;
    Value renames; /* list of (symbol . alias) */
} Expansion;

static _Noreturn void fail_macro(const char *message, Value form)
{
    fail("syntax-rules", message, list1(strip_aliases(form)));
}

Value make_macro(Value expression, Scope *scope)
{
    Macro *macro = new_object(T_MACRO, sizeof(Macro));
    macro->ellipsis = symbol("...");
    macro->scope = scope;
    Value rest = cdr(expression);
    if (is_pair(rest) && is_identifier(car(rest))) {
        macro->ellipsis = car(rest);
        rest = cdr(rest);
    }
    if (!is_pair(rest) || list_length(car(rest)) < 0 || list_length(cdr(rest)) < 0) {
        fail_macro("bad syntax", expression);
    }
    macro->literals = car(rest);
    macro->rules = cdr(rest);
    for (rest = cdr(rest); is_pair(rest); rest = cdr(rest)) {
        if (list_length(car(rest)) != 2 || !is_pair(car(car(rest)))) {
            fail_macro("bad rule", car(rest));
        }
    }
    return (Value)macro;
}

static bool is_literal(const Macro *macro, Value id)
{
    for (Value rest = macro->literals; is_pair(rest); rest = cdr(rest)) {
        if (car(rest) == id) {
            return true;
        }
    }
    return false;
}

static bool is_ellipsis(const Macro *macro, Value v)
{
    return is_identifier(v) && !is_literal(macro, v) &&
           (v == macro->ellipsis || plain_symbol(v) == macro->ellipsis);
}

static bool before_ellipsis(const Macro *macro, Value list)
{
    return is_pair(cdr(list)) && is_ellipsis(macro, car(cdr(list)));
}

static Value vector_to_list(Value v)
{
    Vector *vector = (Vector *)v;
    return list_from_array((int)vector->length, vector->items, NIL);
}

/* Matching */

static bool match(Expansion *expansion, Value pattern, Value form);

static PatternVariable *add_variable(PatternVariable *next, Value id, int depth, Value value)
{
    PatternVariable *variable = allocate(sizeof(PatternVariable));
    variable->id = id;
    variable->depth = depth;
    variable->value = value;
    variable->next = next;
    return variable;
}

static bool match_identifier(Expansion *expansion, Value pattern, Value form)
{
    const Macro *macro = expansion->macro;
    if (is_literal(macro, pattern)) {
        return is_identifier(form) &&
               same_identifier(form, expansion->scope, pattern, macro->scope);
    }
    if (plain_symbol(pattern) != symbol("_")) {
        expansion->variables = add_variable(expansion->variables, pattern, 0, form);
    }
    return true;
}

/* Declares the variables of a pattern that an ellipsis follows, with no matches yet. */
static PatternVariable *declare_variables(const Macro *macro, Value pattern,
                                          PatternVariable *variables)
{
    int depth = 1;
    if (has_type(pattern, T_VECTOR)) {
        return declare_variables(macro, vector_to_list(pattern), variables);
    }
    if (is_pair(pattern)) {
        PatternVariable *inner = declare_variables(macro, car(pattern), NULL);
        Value rest = cdr(pattern);
        depth = is_pair(rest) && is_ellipsis(macro, car(rest)) ? 1 : 0;
        for (; inner; inner = inner->next) {
            variables = add_variable(variables, inner->id, inner->depth + depth, NIL);
        }
        return declare_variables(macro, rest, variables);
    }
    if (is_identifier(pattern) && !is_literal(macro, pattern) && !is_ellipsis(macro, pattern)) {
        return add_variable(variables, pattern, depth, NIL);
    }
    return variables;
}

static PatternVariable *find_variable(PatternVariable *variables, Value id)
{
    while (variables && variables->id != id) {
        variables = variables->next;
    }
    return variables;
}

/* Matches the first `count` items of a list one by one, and collects what each variable of the
   pattern matched. */
static bool match_repeated(Expansion *expansion, Value pattern, Value form, int64_t count)
{
    PatternVariable *outside = expansion->variables;
    PatternVariable *collected = declare_variables(expansion->macro, pattern, NULL);
    for (; count > 0; count--, form = cdr(form)) {
        expansion->variables = NULL;
        if (!match(expansion, pattern, car(form))) {
            return false;
        }
        for (PatternVariable *v = collected; v; v = v->next) {
            PatternVariable *found = find_variable(expansion->variables, v->id);
            v->value = found ? cons(found->value, v->value) : v->value;
        }
    }
    for (PatternVariable *v = collected; v; v = v->next) {
        Value value = reverse_in_place(v->value, NIL);
        outside = add_variable(outside, v->id, v->depth, value);
    }
    expansion->variables = outside;
    return true;
}

static int64_t count_pairs(Value list)
{
    int64_t count = 0;
    for (; is_pair(list); list = cdr(list)) {
        count++;
    }
    return count;
}

static bool match_list(Expansion *expansion, Value pattern, Value form)
{
    while (is_pair(pattern)) {
        if (before_ellipsis(expansion->macro, pattern)) {
            Value after = cdr(cdr(pattern));
            int64_t count = count_pairs(form) - count_pairs(after);
            if (count < 0 || !match_repeated(expansion, car(pattern), form, count)) {
                return false;
            }
            for (; count > 0; count--) {
                form = cdr(form);
            }
            pattern = after;
        } else {
            if (!is_pair(form) || !match(expansion, car(pattern), car(form))) {
                return false;
            }
            pattern = cdr(pattern);
            form = cdr(form);
        }
    }
    return match(expansion, pattern, form);
}

static bool match(Expansion *expansion, Value pattern, Value form)
{
    check_depth();
    if (is_identifier(pattern)) {
        return match_identifier(expansion, pattern, form);
    }
    if (is_pair(pattern)) {
        return match_list(expansion, pattern, form);
    }
    if (has_type(pattern, T_VECTOR)) {
        return has_type(form, T_VECTOR) &&
               match_list(expansion, vector_to_list(pattern), vector_to_list(form));
    }
    return equal(pattern, form);
}

/* Filling in templates */

static Value fill(Expansion *expansion, Value template, bool ellipses);

static Value rename_symbol(Expansion *expansion, Value id)
{
    for (Value rest = expansion->renames; is_pair(rest); rest = cdr(rest)) {
        if (car(car(rest)) == id) {
            return cdr(car(rest));
        }
    }
    Value alias = make_alias(id, expansion->macro->scope);
    expansion->renames = cons(cons(id, alias), expansion->renames);
    return alias;
}

static Value fill_identifier(Expansion *expansion, Value id)
{
    PatternVariable *variable = find_variable(expansion->variables, id);
    if (!variable) {
        return rename_symbol(expansion, id);
    }
    if (variable->depth > 0) {
        fail_macro("pattern variable lacks an ellipsis:", id);
    }
    return variable->value;
}

/* Prepends to `drivers` the variables of depth > 0 that the template uses. */
static PatternVariable *find_drivers(Expansion *expansion, Value template, PatternVariable *drivers)
{
    if (has_type(template, T_VECTOR)) {
        template = vector_to_list(template);
    }
    for (; is_pair(template); template = cdr(template)) {
        drivers = find_drivers(expansion, car(template), drivers);
    }
    if (is_identifier(template) && !find_variable(drivers, template)) {
        PatternVariable *found = find_variable(expansion->variables, template);
        if (found && found->depth > 0) {
            return add_variable(drivers, template, found->depth, found->value);
        }
    }
    return drivers;
}

static bool all_have_more(const PatternVariable *drivers)
{
    for (; drivers; drivers = drivers->next) {
        if (!is_pair(drivers->value)) {
            return false;
        }
    }
    return true;
}

/* The list of what a template followed by that many ellipses stands for, in reverse, in front of
   `done` */
static Value fill_repeated(Expansion *expansion, Value template, int ellipses, Value done)
{
    if (ellipses == 0) {
        return cons(fill(expansion, template, true), done);
    }
    PatternVariable *drivers = find_drivers(expansion, template, NULL);
    if (!drivers) {
        fail_macro("no pattern variable to repeat in the template:", template);
    }
    PatternVariable *outside = expansion->variables;
    while (all_have_more(drivers)) {
        expansion->variables = outside;
        for (PatternVariable *d = drivers; d; d = d->next) {
            expansion->variables =
                add_variable(expansion->variables, d->id, d->depth - 1, car(d->value));
            d->value = cdr(d->value);
        }
        done = fill_repeated(expansion, template, ellipses - 1, done);
    }
    expansion->variables = outside;
    return done;
}

static Value fill_list(Expansion *expansion, Value template, bool ellipses)
{
    const Macro *macro = expansion->macro;
    if (ellipses && is_ellipsis(macro, car(template)) && is_pair(cdr(template))) {
        return fill(expansion, car(cdr(template)), false);
    }
    Value done = NIL;
    while (is_pair(template)) {
        Value item = car(template);
        int count = 0;
        template = cdr(template);
        while (ellipses && is_pair(template) && is_ellipsis(macro, car(template))) {
            template = cdr(template);
            count++;
        }
        done = count > 0 ? fill_repeated(expansion, item, count, done)
                         : cons(fill(expansion, item, ellipses), done);
    }
    return reverse_in_place(done, fill(expansion, template, ellipses));
}

static Value fill(Expansion *expansion, Value template, bool ellipses)
{
    check_depth();
    if (is_identifier(template)) {
        return fill_identifier(expansion, template);
    }
    if (is_pair(template)) {
        return fill_list(expansion, template, ellipses);
    }
    if (has_type(template, T_VECTOR)) {
        return vector_from_list(fill(expansion, vector_to_list(template), ellipses));
    }
    return template;
}

Value expand_macro(Value v, Value form, Scope *scope)
{
    const Macro *macro = (const Macro *)v;
    for (Value rules = macro->rules; is_pair(rules); rules = cdr(rules)) {
        Value pattern = car(car(rules));
        Expansion expansion = {macro, scope, NULL, NIL};
        if (match(&expansion, cdr(pattern), cdr(form))) {
            return fill(&expansion, car(cdr(car(rules))), true);
        }
    }
    Value name = plain_symbol(car(form));
    fail(string_to_utf8(((Symbol *)name)->name, NULL), "bad syntax:", list1(strip_aliases(form)));
}
