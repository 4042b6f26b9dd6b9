/*
 * syntax_rules.h – macros.
 */
#ifndef SCHEME_SYNTAX_RULES_H
#define SCHEME_SYNTAX_RULES_H

#include "scope.h"

/* The macro that a (syntax-rules ...) expression means in that scope */
Value make_macro(Value expression, Scope *scope);

/* What a use of the macro stands for */
Value expand_macro(Value macro, Value form, Scope *scope);

#endif
