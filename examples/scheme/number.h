/*
 * number.h – numbers as the rest of the interpreter sees them.
 */
#ifndef SCHEME_NUMBER_H
#define SCHEME_NUMBER_H

#include "value.h"

bool is_number(Value v);

/* -1, 0 or 1; 2 if one of them is not a number (NaN). */
int number_compare(Value a, Value b, const char *who);

/* The external representation, and the number that a text represents (#f if it is none). */
char *number_to_text(Value v, int radix);
Value number_from_text(const char *text, int radix);

#endif
