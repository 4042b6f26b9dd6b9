/*
 * number.c – arithmetic.
 *
 * The tower has two floors: exact integers of any size (fixnums, and bignums where those
 * overflow) and flonums.  There are no ratios: the quotient of two integers is exact if it is
 * whole, and a flonum if not.  An operation on a flonum and an integer is one on flonums.
 */
#include "number.h"
#include "bignum.h"
#include "eval.h"
#include "heap.h"
#include "library.h"

#include <math.h>
#include <stdlib.h>

static bool is_exact(Value v)
{
    return is_fixnum(v) || has_type(v, T_BIGNUM);
}

bool is_number(Value v)
{
    return is_exact(v) || has_type(v, T_FLONUM);
}

static double to_double(Value v, const char *who)
{
    if (has_type(v, T_FLONUM)) {
        return flonum_value(v);
    }
    if (!is_exact(v)) {
        fail_type(who, "a number", v);
    }
    return integer_to_double(v);
}

static bool is_whole(Value v)
{
    return is_exact(v) || (has_type(v, T_FLONUM) && isfinite(flonum_value(v)) &&
                           flonum_value(v) == floor(flonum_value(v)));
}

/* Sums, products, comparisons */

static Value add(Value a, Value b)
{
    if (is_exact(a) && is_exact(b)) {
        return integer_add(a, b);
    }
    return make_flonum(to_double(a, "+") + to_double(b, "+"));
}

static Value subtract(Value a, Value b)
{
    if (is_exact(a) && is_exact(b)) {
        return integer_subtract(a, b);
    }
    return make_flonum(to_double(a, "-") - to_double(b, "-"));
}

static Value multiply(Value a, Value b)
{
    if (is_exact(a) && is_exact(b)) {
        return integer_multiply(a, b);
    }
    return make_flonum(to_double(a, "*") * to_double(b, "*"));
}

static Value divide(Value a, Value b)
{
    if (!is_exact(a) || !is_exact(b)) {
        return make_flonum(to_double(a, "/") / to_double(b, "/"));
    }
    if (b == fixnum(0)) {
        fail("/", "division by zero", NIL);
    }
    Value quotient, remainder;
    integer_divide(a, b, &quotient, &remainder);
    if (remainder == fixnum(0)) {
        return quotient;
    }
    return make_flonum(integer_to_double(a) / integer_to_double(b));
}

int number_compare(Value a, Value b, const char *who)
{
    if (is_fixnum(a) && is_fixnum(b)) {
        int64_t x = fixnum_value(a), y = fixnum_value(b);
        return (x > y) - (x < y);
    }
    if (is_exact(a) && is_exact(b)) {
        return integer_compare(a, b);
    }
    double x = to_double(a, who), y = to_double(b, who);
    return isnan(x) || isnan(y) ? 2 : (x > y) - (x < y);
}

static Value prim_add(int argc, Value *argv)
{
    Value sum = fixnum(0);
    for (int i = 0; i < argc; i++) {
        sum = add(sum, argv[i]);
    }
    return sum;
}

static Value prim_multiply(int argc, Value *argv)
{
    Value product = fixnum(1);
    for (int i = 0; i < argc; i++) {
        product = multiply(product, argv[i]);
    }
    return product;
}

static Value prim_subtract(int argc, Value *argv)
{
    if (argc == 1) {
        return subtract(fixnum(0), argv[0]);
    }
    Value difference = argv[0];
    for (int i = 1; i < argc; i++) {
        difference = subtract(difference, argv[i]);
    }
    return difference;
}

static Value prim_divide(int argc, Value *argv)
{
    if (argc == 1) {
        return divide(fixnum(1), argv[0]);
    }
    Value quotient = argv[0];
    for (int i = 1; i < argc; i++) {
        quotient = divide(quotient, argv[i]);
    }
    return quotient;
}

/* Whether each neighbouring pair compares as one of the bits of `accepted` says:
   1 less, 2 equal, 4 greater. */
static Value compare_chain(int argc, Value *argv, unsigned accepted, const char *who)
{
    bool holds = true;
    to_double(argv[0], who);
    for (int i = 1; i < argc; i++) {
        int order = number_compare(argv[i - 1], argv[i], who);
        holds = holds && (accepted & (1u << (order + 1)));
    }
    return boolean(holds);
}

static Value num_equal(int argc, Value *argv)
{
    return compare_chain(argc, argv, 2, "=");
}

static Value num_less(int argc, Value *argv)
{
    return compare_chain(argc, argv, 1, "<");
}

static Value num_greater(int argc, Value *argv)
{
    return compare_chain(argc, argv, 4, ">");
}

static Value num_not_greater(int argc, Value *argv)
{
    return compare_chain(argc, argv, 3, "<=");
}

static Value num_not_less(int argc, Value *argv)
{
    return compare_chain(argc, argv, 6, ">=");
}

static Value pick_extreme(int argc, Value *argv, int wanted, const char *who)
{
    Value best = argv[0];
    bool inexact = has_type(best, T_FLONUM);
    to_double(best, who);
    for (int i = 1; i < argc; i++) {
        inexact = inexact || has_type(argv[i], T_FLONUM);
        if (number_compare(argv[i], best, who) == wanted) {
            best = argv[i];
        }
    }
    return inexact ? make_flonum(to_double(best, who)) : best;
}

static Value prim_max(int argc, Value *argv)
{
    return pick_extreme(argc, argv, 1, "max");
}

static Value prim_min(int argc, Value *argv)
{
    return pick_extreme(argc, argv, -1, "min");
}

/* Division of integers */

typedef enum Rounding { TRUNCATE, FLOOR } Rounding;

typedef struct Division {
    Value quotient;
    Value remainder;
} Division;

static Division divide_flonums(double a, double b, Rounding rounding)
{
    double quotient = rounding == FLOOR ? floor(a / b) : trunc(a / b);
    Division result = {make_flonum(quotient), make_flonum(a - quotient * b)};
    return result;
}

static Division divide_whole(Value a, Value b, Rounding rounding, const char *who)
{
    if (!is_whole(a) || !is_whole(b)) {
        fail_type(who, "an integer", is_whole(a) ? b : a);
    }
    if (to_double(b, who) == 0) {
        fail(who, "division by zero", NIL);
    }
    if (!is_exact(a) || !is_exact(b)) {
        return divide_flonums(to_double(a, who), to_double(b, who), rounding);
    }
    Division result;
    integer_divide(a, b, &result.quotient, &result.remainder);
    if (rounding == FLOOR && integer_sign(result.remainder) * integer_sign(b) < 0) {
        result.quotient = integer_subtract(result.quotient, fixnum(1));
        result.remainder = integer_add(result.remainder, b);
    }
    return result;
}

static Value prim_quotient(Value a, Value b)
{
    return divide_whole(a, b, TRUNCATE, "quotient").quotient;
}

static Value prim_remainder(Value a, Value b)
{
    return divide_whole(a, b, TRUNCATE, "remainder").remainder;
}

static Value floor_quotient(Value a, Value b)
{
    return divide_whole(a, b, FLOOR, "floor-quotient").quotient;
}

static Value prim_modulo(Value a, Value b)
{
    return divide_whole(a, b, FLOOR, "modulo").remainder;
}

static Value both_results(Division division)
{
    Value results[] = {division.quotient, division.remainder};
    return pack_values(2, results);
}

static Value floor_divide(Value a, Value b)
{
    return both_results(divide_whole(a, b, FLOOR, "floor/"));
}

static Value truncate_divide(Value a, Value b)
{
    return both_results(divide_whole(a, b, TRUNCATE, "truncate/"));
}

static Value absolute(Value v)
{
    return number_compare(v, fixnum(0), "abs") < 0 ? subtract(fixnum(0), v) : v;
}

static Value prim_abs(Value v)
{
    return absolute(v);
}

static Value gcd(Value a, Value b)
{
    while (number_compare(b, fixnum(0), "gcd") != 0) {
        Value remainder = prim_remainder(a, b);
        a = b;
        b = remainder;
    }
    return absolute(a);
}

static Value prim_gcd(int argc, Value *argv)
{
    Value result = fixnum(0);
    for (int i = 0; i < argc; i++) {
        result = gcd(result, argv[i]);
    }
    return result;
}

static Value prim_lcm(int argc, Value *argv)
{
    Value result = fixnum(1);
    for (int i = 0; i < argc; i++) {
        Value divisor = gcd(result, argv[i]);
        if (number_compare(divisor, fixnum(0), "lcm") == 0) {
            return divisor;
        }
        result = absolute(multiply(result, divide(argv[i], divisor)));
    }
    return result;
}

/* Exactness and rounding */

static Value to_exact(Value v, const char *who)
{
    if (has_type(v, T_FLONUM)) {
        if (!is_whole(v)) {
            fail(who, "there is no exact number that equals", list1(v));
        }
        return integer_from_double(flonum_value(v));
    }
    to_double(v, who);
    return v;
}

static Value prim_exact(Value v)
{
    return to_exact(v, "exact");
}

static Value prim_inexact(Value v)
{
    return has_type(v, T_FLONUM) ? v : make_flonum(to_double(v, "inexact"));
}

static Value round_with(Value v, double (*rounding)(double), const char *who)
{
    if (is_exact(v)) {
        return v;
    }
    return make_flonum(rounding(to_double(v, who)));
}

static Value prim_floor(Value v)
{
    return round_with(v, floor, "floor");
}

static Value prim_ceiling(Value v)
{
    return round_with(v, ceil, "ceiling");
}

static Value prim_truncate(Value v)
{
    return round_with(v, trunc, "truncate");
}

static Value prim_round(Value v)
{
    return round_with(v, nearbyint, "round");
}

/* Powers, roots, and functions of flonums */

static Value power(Value base, Value exponent)
{
    Value result = fixnum(1);
    for (int64_t n = fixnum_value(exponent); n > 0; n >>= 1) {
        if (n & 1) {
            result = multiply(result, base);
        }
        if (n > 1) {
            base = multiply(base, base);
        }
    }
    return result;
}

static Value prim_expt(Value a, Value b)
{
    if (is_fixnum(b) && is_exact(a)) {
        if (fixnum_value(b) >= 0) {
            return power(a, b);
        }
        return divide(fixnum(1), power(a, fixnum(-fixnum_value(b))));
    }
    return make_flonum(pow(to_double(a, "expt"), to_double(b, "expt")));
}

/* Newton's method, from above */
static Value integer_root(Value n)
{
    if (n == fixnum(0)) {
        return n;
    }
    Value root = integer_from_double(ceil(sqrt(integer_to_double(n)) * (1 + 1e-15)) + 1);
    for (;;) {
        Value quotient, next, remainder;
        integer_divide(n, root, &quotient, &remainder);
        integer_divide(integer_add(root, quotient), fixnum(2), &next, &remainder);
        if (integer_compare(next, root) >= 0) {
            return root;
        }
        root = next;
    }
}

static Value exact_integer_sqrt(Value v)
{
    if (!is_exact(v) || integer_sign(v) < 0) {
        fail_type("exact-integer-sqrt", "an exact integer that is not negative", v);
    }
    Value root = integer_root(v);
    Value results[] = {root, integer_subtract(v, integer_multiply(root, root))};
    return pack_values(2, results);
}

static Value prim_sqrt(Value v)
{
    if (is_exact(v) && integer_sign(v) >= 0) {
        Value root = integer_root(v);
        if (integer_compare(integer_multiply(root, root), v) == 0) {
            return root;
        }
    }
    return make_flonum(sqrt(to_double(v, "sqrt")));
}

static Value prim_exp(Value v)
{
    return v == fixnum(0) ? fixnum(1) : make_flonum(exp(to_double(v, "exp")));
}

static Value prim_log(int argc, Value *argv)
{
    double result = log(to_double(argv[0], "log"));
    return make_flonum(argc == 2 ? result / log(to_double(argv[1], "log")) : result);
}

/* A function of the C library on doubles as a primitive */
#define REAL_FUNCTION(name)                                                                        \
    static Value prim_##name(Value v)                                                              \
    {                                                                                              \
        return make_flonum(name(to_double(v, #name)));                                             \
    }

REAL_FUNCTION(sin)
REAL_FUNCTION(cos)
REAL_FUNCTION(tan)
REAL_FUNCTION(asin)
REAL_FUNCTION(acos)

static Value prim_atan(int argc, Value *argv)
{
    double y = to_double(argv[0], "atan");
    return make_flonum(argc == 2 ? atan2(y, to_double(argv[1], "atan")) : atan(y));
}

/* Predicates, and conversion to text */

static Value prim_is_number(Value v)
{
    return boolean(is_number(v));
}

static Value prim_is_integer(Value v)
{
    return boolean(is_whole(v));
}

static Value prim_is_rational(Value v)
{
    return boolean(is_exact(v) || (has_type(v, T_FLONUM) && isfinite(flonum_value(v))));
}

static Value prim_is_exact(Value v)
{
    to_double(v, "exact?");
    return boolean(is_exact(v));
}

static Value prim_is_inexact(Value v)
{
    to_double(v, "inexact?");
    return boolean(!is_exact(v));
}

static Value prim_is_exact_integer(Value v)
{
    return boolean(is_exact(v));
}

static Value prim_is_nan(Value v)
{
    return boolean(isnan(to_double(v, "nan?")));
}

static Value prim_is_zero(Value v)
{
    return boolean(number_compare(v, fixnum(0), "zero?") == 0);
}

static Value prim_is_positive(Value v)
{
    return boolean(number_compare(v, fixnum(0), "positive?") == 1);
}

static Value prim_is_negative(Value v)
{
    return boolean(number_compare(v, fixnum(0), "negative?") == -1);
}

static bool is_multiple_of_two(Value v, const char *who)
{
    if (is_fixnum(v)) {
        return fixnum_value(v) % 2 == 0;
    }
    Value remainder = divide_whole(v, fixnum(2), TRUNCATE, who).remainder;
    return number_compare(remainder, fixnum(0), who) == 0;
}

static Value prim_is_even(Value v)
{
    return boolean(is_multiple_of_two(v, "even?"));
}

static Value prim_is_odd(Value v)
{
    return boolean(!is_multiple_of_two(v, "odd?"));
}

static int radix_argument(int argc, Value *argv, const char *who)
{
    size_t radix = argc > 1 ? as_index(argv[1], 36, who) : 10;
    if (radix < 2) {
        fail_range(who, argv[1]);
    }
    return (int)radix;
}

static Value number_to_string(int argc, Value *argv)
{
    to_double(argv[0], "number->string");
    return string_from_c(number_to_text(argv[0], radix_argument(argc, argv, "number->string")));
}

static Value string_to_number(int argc, Value *argv)
{
    as_string(argv[0], "string->number");
    int radix = radix_argument(argc, argv, "string->number");
    return number_from_text(string_to_utf8(argv[0], NULL), radix);
}

/* (random n): an integer from 0 to n - 1, or a flonum below the flonum n */
static Value prim_random(Value v)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    if (has_type(v, T_FLONUM)) {
        return make_flonum(flonum_value(v) * ldexp((double)(state >> 11), -53));
    }
    if (!is_fixnum(v) || fixnum_value(v) <= 0) {
        fail_type("random", "a positive number", v);
    }
    return fixnum((int64_t)((state >> 2) % (uint64_t)fixnum_value(v)));
}

static void arithmetic_primitives(void)
{
    static const PrimitiveRow rows[] = {
        VARIADIC("+", prim_add, 0, -1),
        VARIADIC("-", prim_subtract, 1, -1),
        VARIADIC("*", prim_multiply, 0, -1),
        VARIADIC("/", prim_divide, 1, -1),
        VARIADIC("=", num_equal, 1, -1),
        VARIADIC("<", num_less, 1, -1),
        VARIADIC(">", num_greater, 1, -1),
        VARIADIC("<=", num_not_greater, 1, -1),
        VARIADIC(">=", num_not_less, 1, -1),
        VARIADIC("max", prim_max, 1, -1),
        VARIADIC("min", prim_min, 1, -1),
        UNARY("abs", prim_abs),
        UNARY("magnitude", prim_abs),
        BINARY("quotient", prim_quotient),
        BINARY("remainder", prim_remainder),
        BINARY("modulo", prim_modulo),
        BINARY("truncate-quotient", prim_quotient),
        BINARY("truncate-remainder", prim_remainder),
        BINARY("truncate/", truncate_divide),
        BINARY("floor-quotient", floor_quotient),
        BINARY("floor-remainder", prim_modulo),
        BINARY("floor/", floor_divide),
        VARIADIC("gcd", prim_gcd, 0, -1),
        VARIADIC("lcm", prim_lcm, 0, -1),
        BINARY("expt", prim_expt),
        UNARY("exact-integer-sqrt", exact_integer_sqrt),
        UNARY("sqrt", prim_sqrt),
        UNARY("exp", prim_exp),
        VARIADIC("log", prim_log, 1, 2),
        UNARY("sin", prim_sin),
        UNARY("cos", prim_cos),
        UNARY("tan", prim_tan),
        UNARY("asin", prim_asin),
        UNARY("acos", prim_acos),
        VARIADIC("atan", prim_atan, 1, 2),
        UNARY("random", prim_random),
    };
    define_primitives(rows, COUNT_OF(rows));
}

void number_primitives(void)
{
    static const PrimitiveRow rows[] = {
        UNARY("exact", prim_exact),
        UNARY("inexact->exact", prim_exact),
        UNARY("inexact", prim_inexact),
        UNARY("exact->inexact", prim_inexact),
        UNARY("floor", prim_floor),
        UNARY("ceiling", prim_ceiling),
        UNARY("truncate", prim_truncate),
        UNARY("round", prim_round),
        UNARY("number?", prim_is_number),
        UNARY("complex?", prim_is_number),
        UNARY("real?", prim_is_number),
        UNARY("rational?", prim_is_rational),
        UNARY("integer?", prim_is_integer),
        UNARY("exact?", prim_is_exact),
        UNARY("inexact?", prim_is_inexact),
        UNARY("exact-integer?", prim_is_exact_integer),
        UNARY("nan?", prim_is_nan),
        UNARY("zero?", prim_is_zero),
        UNARY("positive?", prim_is_positive),
        UNARY("negative?", prim_is_negative),
        UNARY("even?", prim_is_even),
        UNARY("odd?", prim_is_odd),
        VARIADIC("number->string", number_to_string, 1, 2),
        VARIADIC("string->number", string_to_number, 1, 2),
    };
    define_primitives(rows, COUNT_OF(rows));
    arithmetic_primitives();
}
