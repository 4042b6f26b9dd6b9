/*
 * bignum.h – exact integers of any size.  Every function takes and returns either a fixnum or a
 * bignum; a result that fits a fixnum is one.
 */
#ifndef SCHEME_BIGNUM_H
#define SCHEME_BIGNUM_H

#include "value.h"

typedef struct Bignum {
    Value header;
    int32_t sign;     /* -1 or 1 */
    uint32_t count;   /* of limbs; the last one is not zero */
    uint32_t limbs[]; /* least significant first */
} Bignum;

Value integer_from_int64(int64_t n);
Value integer_from_double(double whole);
double integer_to_double(Value v);

Value integer_add(Value a, Value b);
Value integer_subtract(Value a, Value b);
Value integer_multiply(Value a, Value b);

/* Division that truncates towards zero; the divisor is not zero. */
void integer_divide(Value a, Value b, Value *quotient, Value *remainder);

int integer_compare(Value a, Value b);
int integer_sign(Value v);

/* Digits without a prefix; the text has been checked to be digits of that radix. */
char *integer_to_text(Value v, int radix);
Value integer_from_text(const char *digits, int radix, bool negative);

#endif
