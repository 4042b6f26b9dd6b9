/*
 * bignum.c – exact integers of any size: sign and magnitude, in limbs of 32 bits.
 *
 * The operations work on views, through which a fixnum looks like a bignum of two limbs.  They
 * build the magnitude of the result in a fresh bignum and `normalize` it: leading zero limbs go
 * away, and what fits a fixnum becomes one.  Algorithms are the schoolbook's; long division is
 * Knuth's algorithm D (The Art of Computer Programming, volume 2, 4.3.1).
 */
#include "bignum.h"
#include "heap.h"

#include <math.h>
#include <string.h>

enum { LIMB_BITS = 32 };

typedef struct View {
    int sign;
    uint32_t count;
    const uint32_t *limbs;
    uint32_t small[2]; /* the limbs of a fixnum */
} View;

static void look_at(Value v, View *view)
{
    if (!is_fixnum(v)) {
        const Bignum *big = (const Bignum *)v;
        view->sign = big->sign;
        view->count = big->count;
        view->limbs = big->limbs;
        return;
    }
    int64_t n = fixnum_value(v);
    uint64_t magnitude = n < 0 ? -(uint64_t)n : (uint64_t)n;
    view->sign = n < 0 ? -1 : 1;
    view->small[0] = (uint32_t)magnitude;
    view->small[1] = (uint32_t)(magnitude >> LIMB_BITS);
    view->count = view->small[1] ? 2 : view->small[0] ? 1 : 0;
    view->limbs = view->small;
}

static Bignum *new_bignum(int sign, size_t count)
{
    size_t size = sizeof(Bignum) + count * sizeof(uint32_t);
    Bignum *big = allocate_atomic(size);
    memset(big, 0, size);
    big->header = header_of(T_BIGNUM);
    big->sign = sign;
    big->count = (uint32_t)count;
    return big;
}

static Value normalize(Bignum *big)
{
    while (big->count > 0 && big->limbs[big->count - 1] == 0) {
        big->count--;
    }
    if (big->count > 2) {
        return (Value)big;
    }
    uint64_t high = big->count > 1 ? big->limbs[1] : 0;
    uint64_t magnitude = high << LIMB_BITS | (big->count > 0 ? big->limbs[0] : 0);
    if (magnitude > (uint64_t)FIXNUM_MAX) {
        return (Value)big;
    }
    return fixnum(big->sign * (int64_t)magnitude);
}

Value integer_from_int64(int64_t n)
{
    if (n >= FIXNUM_MIN && n <= FIXNUM_MAX) {
        return fixnum(n);
    }
    uint64_t magnitude = n < 0 ? -(uint64_t)n : (uint64_t)n;
    Bignum *big = new_bignum(n < 0 ? -1 : 1, 2);
    big->limbs[0] = (uint32_t)magnitude;
    big->limbs[1] = (uint32_t)(magnitude >> LIMB_BITS);
    return normalize(big);
}

/* A double of 2^62 or more is a whole mantissa times a power of two. */
Value integer_from_double(double whole)
{
    int exponent;
    double fraction = frexp(whole, &exponent);
    if (exponent <= 62) {
        return integer_from_int64((int64_t)whole);
    }
    int shift = exponent - 53;
    Bignum *power = new_bignum(1, (size_t)shift / LIMB_BITS + 1);
    power->limbs[shift / LIMB_BITS] = 1u << shift % LIMB_BITS;
    return integer_multiply(integer_from_int64((int64_t)ldexp(fraction, 53)), normalize(power));
}

double integer_to_double(Value v)
{
    if (is_fixnum(v)) {
        return (double)fixnum_value(v);
    }
    const Bignum *big = (const Bignum *)v;
    double result = 0;
    for (uint32_t i = big->count; i > 0; i--) {
        result = ldexp(result, LIMB_BITS) + big->limbs[i - 1];
    }
    return big->sign * result;
}

static int compare_magnitudes(const View *a, const View *b)
{
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (uint32_t i = a->count; i > 0; i--) {
        if (a->limbs[i - 1] != b->limbs[i - 1]) {
            return a->limbs[i - 1] < b->limbs[i - 1] ? -1 : 1;
        }
    }
    return 0;
}

int integer_sign(Value v)
{
    if (is_fixnum(v)) {
        return (fixnum_value(v) > 0) - (fixnum_value(v) < 0);
    }
    return ((Bignum *)v)->sign;
}

int integer_compare(Value a, Value b)
{
    View x, y;
    if (integer_sign(a) != integer_sign(b)) {
        return integer_sign(a) < integer_sign(b) ? -1 : 1;
    }
    look_at(a, &x);
    look_at(b, &y);
    return x.sign * compare_magnitudes(&x, &y);
}

static Value add_magnitudes(const View *a, const View *b, int sign)
{
    uint32_t count = a->count > b->count ? a->count : b->count;
    Bignum *sum = new_bignum(sign, count + 1);
    uint64_t carry = 0;
    for (uint32_t i = 0; i < count; i++) {
        carry += i < a->count ? a->limbs[i] : 0;
        carry += i < b->count ? b->limbs[i] : 0;
        sum->limbs[i] = (uint32_t)carry;
        carry >>= LIMB_BITS;
    }
    sum->limbs[count] = (uint32_t)carry;
    return normalize(sum);
}

/* a is not less than b */
static Value subtract_magnitudes(const View *a, const View *b, int sign)
{
    Bignum *difference = new_bignum(sign, a->count);
    int64_t borrow = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        borrow += (int64_t)a->limbs[i] - (i < b->count ? b->limbs[i] : 0);
        difference->limbs[i] = (uint32_t)borrow;
        borrow >>= LIMB_BITS;
    }
    return normalize(difference);
}

static Value add_views(const View *a, const View *b, int sign_of_b)
{
    if (a->sign == sign_of_b) {
        return add_magnitudes(a, b, a->sign);
    }
    if (compare_magnitudes(a, b) >= 0) {
        return subtract_magnitudes(a, b, a->sign);
    }
    return subtract_magnitudes(b, a, sign_of_b);
}

Value integer_add(Value a, Value b)
{
    View x, y;
    if (is_fixnum(a) && is_fixnum(b)) {
        return integer_from_int64(fixnum_value(a) + fixnum_value(b));
    }
    look_at(a, &x);
    look_at(b, &y);
    return add_views(&x, &y, y.sign);
}

Value integer_subtract(Value a, Value b)
{
    View x, y;
    if (is_fixnum(a) && is_fixnum(b)) {
        return integer_from_int64(fixnum_value(a) - fixnum_value(b));
    }
    look_at(a, &x);
    look_at(b, &y);
    return add_views(&x, &y, -y.sign);
}

Value integer_multiply(Value a, Value b)
{
    int64_t small;
    if (is_fixnum(a) && is_fixnum(b) &&
        !__builtin_mul_overflow(fixnum_value(a), fixnum_value(b), &small)) {
        return integer_from_int64(small);
    }
    View x, y;
    look_at(a, &x);
    look_at(b, &y);
    Bignum *product = new_bignum(x.sign * y.sign, (size_t)x.count + y.count);
    for (uint32_t i = 0; i < x.count; i++) {
        uint64_t carry = 0;
        for (uint32_t j = 0; j < y.count; j++) {
            carry += (uint64_t)x.limbs[i] * y.limbs[j] + product->limbs[i + j];
            product->limbs[i + j] = (uint32_t)carry;
            carry >>= LIMB_BITS;
        }
        product->limbs[i + y.count] = (uint32_t)carry;
    }
    return normalize(product);
}

/* Divides `count` limbs in place; returns the remainder. */
static uint32_t divide_by_limb(uint32_t *limbs, uint32_t count, uint32_t divisor)
{
    uint64_t remainder = 0;
    for (uint32_t i = count; i > 0; i--) {
        remainder = remainder << LIMB_BITS | limbs[i - 1];
        limbs[i - 1] = (uint32_t)(remainder / divisor);
        remainder %= divisor;
    }
    return (uint32_t)remainder;
}

/* to[0..count] = from[0..count-1] << shift, for a shift of 0 to 31 */
static void shift_left(uint32_t *to, const uint32_t *from, uint32_t count, int shift)
{
    uint64_t carry = 0;
    for (uint32_t i = 0; i < count; i++) {
        carry |= (uint64_t)from[i] << shift;
        to[i] = (uint32_t)carry;
        carry >>= LIMB_BITS;
    }
    to[count] = (uint32_t)carry;
}

/* Subtracts factor * v[0..n-1] from u[0..n]; if that went below zero, adds v back once. */
static uint32_t subtract_multiple(uint32_t *u, const uint32_t *v, uint32_t n, uint64_t factor)
{
    uint64_t carry = 0;
    int64_t borrow = 0;
    for (uint32_t i = 0; i <= n; i++) {
        carry += i < n ? factor * v[i] : 0;
        borrow += (int64_t)u[i] - (int64_t)(uint32_t)carry;
        u[i] = (uint32_t)borrow;
        borrow >>= LIMB_BITS;
        carry >>= LIMB_BITS;
    }
    if (borrow == 0) {
        return (uint32_t)factor;
    }
    carry = 0;
    for (uint32_t i = 0; i <= n; i++) {
        carry += (uint64_t)u[i] + (i < n ? v[i] : 0);
        u[i] = (uint32_t)carry;
        carry >>= LIMB_BITS;
    }
    return (uint32_t)factor - 1;
}

/* Algorithm D: u has m + n + 1 limbs, v has n >= 2 and its top bit is set; the remainder is left
   in u. */
static void long_division(uint32_t *u, const uint32_t *v, uint32_t m, uint32_t n, uint32_t *q)
{
    for (uint32_t j = m + 1; j-- > 0;) {
        uint64_t top = (uint64_t)u[j + n] << LIMB_BITS | u[j + n - 1];
        uint64_t guess = top / v[n - 1];
        uint64_t rest = top % v[n - 1];
        while (guess > UINT32_MAX || guess * v[n - 2] > (rest << LIMB_BITS | u[j + n - 2])) {
            guess--;
            rest += v[n - 1];
            if (rest > UINT32_MAX) {
                break;
            }
        }
        q[j] = subtract_multiple(u + j, v, n, guess);
    }
}

static void divide_views(const View *a, const View *b, Bignum *quotient, Bignum *remainder)
{
    if (b->count == 1) {
        memcpy(quotient->limbs, a->limbs, a->count * sizeof(uint32_t));
        remainder->limbs[0] = divide_by_limb(quotient->limbs, a->count, b->limbs[0]);
        return;
    }
    int shift = __builtin_clz(b->limbs[b->count - 1]);
    Bignum *divisor = new_bignum(1, b->count + 1);
    shift_left(divisor->limbs, b->limbs, b->count, shift);
    shift_left(remainder->limbs, a->limbs, a->count, shift);
    long_division(remainder->limbs, divisor->limbs, a->count - b->count, b->count, quotient->limbs);
    for (uint32_t i = 0; i < b->count; i++) {
        uint64_t two = (uint64_t)remainder->limbs[i + 1] << LIMB_BITS | remainder->limbs[i];
        remainder->limbs[i] = (uint32_t)(two >> shift);
    }
    remainder->count = b->count;
}

void integer_divide(Value a, Value b, Value *quotient, Value *remainder)
{
    if (is_fixnum(a) && is_fixnum(b)) {
        *quotient = integer_from_int64(fixnum_value(a) / fixnum_value(b));
        *remainder = fixnum(fixnum_value(a) % fixnum_value(b));
        return;
    }
    View x, y;
    look_at(a, &x);
    look_at(b, &y);
    if (compare_magnitudes(&x, &y) < 0) {
        *quotient = fixnum(0);
        *remainder = a;
        return;
    }
    Bignum *q = new_bignum(x.sign * y.sign, x.count);
    Bignum *r = new_bignum(x.sign, (size_t)x.count + 1);
    divide_views(&x, &y, q, r);
    *quotient = normalize(q);
    *remainder = normalize(r);
}

char *integer_to_text(Value v, int radix)
{
    View view;
    look_at(v, &view);
    uint32_t count = view.count;
    uint32_t *limbs = allocate_atomic((count + 1) * sizeof(uint32_t));
    memcpy(limbs, view.limbs, count * sizeof(uint32_t));
    size_t size = (size_t)count * LIMB_BITS + 3;
    char *end = (char *)allocate_atomic(size) + size - 1;
    *end = '\0';
    do {
        *--end =
            "0123456789abcdefghijklmnopqrstuvwxyz"[divide_by_limb(limbs, count, (uint32_t)radix)];
        while (count > 0 && limbs[count - 1] == 0) {
            count--;
        }
    } while (count > 0);
    if (integer_sign(v) < 0) {
        *--end = '-';
    }
    return end;
}

static uint32_t digit_value(char c)
{
    return (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

Value integer_from_text(const char *digits, int radix, bool negative)
{
    size_t length = strlen(digits);
    Bignum *big = new_bignum(negative ? -1 : 1, length * 6 / LIMB_BITS + 1);
    uint32_t count = 0;
    for (size_t i = 0; i < length; i++) {
        uint64_t carry = digit_value(digits[i]);
        for (uint32_t j = 0; j < count; j++) {
            carry += (uint64_t)big->limbs[j] * (uint32_t)radix;
            big->limbs[j] = (uint32_t)carry;
            carry >>= LIMB_BITS;
        }
        if (carry) {
            big->limbs[count++] = (uint32_t)carry;
        }
    }
    return normalize(big);
}
