/* SPDX-License-Identifier: MIT */
/*
 * Identities that hold bit by bit in IEEE 754 arithmetic, for -0, Inf and NaN too (payload and sign of a NaN apart), of
 * the value and of the derivative.
 *
 * Left alone because they don't: x + 0 and x - (-0) (0 for -0), 0 - x, x * 0, x - x, x / x, -(x - y), select of
 * NaN-blind rewrites such as x == x, min(x, x) (half the slope each may round).
 */
#include <math.h>

#include "function/ir.h"

/* An operation's operands: cells, and the numbers where they are constants. */
typedef struct operands {
    slope__builder *b;
    slope__cell x[3];
    int known[3];
    double number[3];
} operands;

static int is(const operands *o, size_t k, double number) { return o->known[k] && o->number[k] == number; }
static int is_minus_0(const operands *o, size_t k) { return is(o, k, 0.0) && signbit(o->number[k]); }
static int is_plus_0(const operands *o, size_t k) { return is(o, k, 0.0) && !signbit(o->number[k]); }

/* The operand of a cell that is an operation `code` on one cell, else SLOPE__NONE. */
static slope__cell inside(const operands *o, unsigned code, size_t k)
{
    const slope__cell *x;
    return slope__built_code(o->b, o->x[k], &x, NULL) == code ? x[0] : SLOPE__NONE;
}

static slope__cell negative_of(const operands *o, size_t k) { return inside(o, slope__code_neg, k); }

/* Is the cell 1 or 0, and never anything else? */
static int is_truth(const operands *o, size_t k)
{
    const unsigned code = slope__built_code(o->b, o->x[k], NULL, NULL);
    return code >= slope__code_lt && code <= slope__code_ne;
}

static slope__cell simpler_sum(const operands *o)
{
    if (is_minus_0(o, 1))
        return o->x[0];
    if (is_minus_0(o, 0))
        return o->x[1];
    if (negative_of(o, 1) != SLOPE__NONE)
        return slope__build2(o->b, slope__code_sub, o->x[0], negative_of(o, 1));
    if (negative_of(o, 0) != SLOPE__NONE)
        return slope__build2(o->b, slope__code_sub, o->x[1], negative_of(o, 0));
    return SLOPE__NONE;
}

static slope__cell sub(const operands *o)
{
    if (is_plus_0(o, 1))
        return o->x[0];
    if (is_minus_0(o, 0))
        return slope__build1(o->b, slope__code_neg, o->x[1]);
    if (negative_of(o, 1) != SLOPE__NONE)
        return slope__build2(o->b, slope__code_add, o->x[0], negative_of(o, 1));
    return SLOPE__NONE;
}

/* A product of either kind.  zmul differs from the product only for 0 * Inf and 0 * NaN: not with a finite number that
   isn't 0. */
static slope__cell simpler_product(const operands *o, unsigned code)
{
    for (size_t k = 0; k < 2; k++) {
        const slope__cell other = o->x[1 - k];
        if (is(o, k, 1.0))
            return other;
        if (is(o, k, -1.0))
            return slope__build1(o->b, slope__code_neg, other);
        if (code == slope__code_zmul && o->known[k] && isfinite(o->number[k]) && o->number[k] != 0.0)
            return slope__build2(o->b, slope__code_mul, o->x[0], o->x[1]);
    }
    if (negative_of(o, 0) != SLOPE__NONE && negative_of(o, 1) != SLOPE__NONE)
        return slope__build2(o->b, code, negative_of(o, 0), negative_of(o, 1));
    return SLOPE__NONE;
}

static slope__cell simpler_quotient(const operands *o)
{
    if (is(o, 1, 1.0))
        return o->x[0];
    if (is(o, 1, -1.0))
        return slope__build1(o->b, slope__code_neg, o->x[0]);
    if (negative_of(o, 0) != SLOPE__NONE && negative_of(o, 1) != SLOPE__NONE)
        return slope__build2(o->b, slope__code_div, negative_of(o, 0), negative_of(o, 1));
    return SLOPE__NONE;
}

static slope__cell fused(const operands *o)
{
    if (is_minus_0(o, 2))
        return slope__build2(o->b, slope__code_mul, o->x[0], o->x[1]);
    for (size_t k = 0; k < 2; k++) {
        if (is(o, k, 1.0))
            return slope__build2(o->b, slope__code_add, o->x[1 - k], o->x[2]);
        if (is(o, k, -1.0))
            return slope__build2(o->b, slope__code_sub, o->x[2], o->x[1 - k]);
    }
    return SLOPE__NONE;
}

/* pow(x, 0) and pow(1, x) are 1 for every x, NaN too (C11 F.10.4.4). */
static slope__cell simpler_power(const operands *o, unsigned code)
{
    if (is(o, 1, 0.0) || (code == slope__code_pow && is(o, 0, 1.0)))
        return slope__build_number(o->b, 1.0);
    return SLOPE__NONE;
}

/* A NaN condition takes the first branch, as any number but 0 does. */
static slope__cell simpler_choice(const operands *o)
{
    const slope__cell *c;
    double zero;
    if (o->known[0])
        return o->number[0] != 0 ? o->x[1] : o->x[2];
    if (o->x[1] == o->x[2])
        return o->x[1];
    if (is_truth(o, 0) && is(o, 1, 1.0) && is_plus_0(o, 2))
        return o->x[0];
    const unsigned code = slope__built_code(o->b, o->x[0], &c, NULL);
    if ((code == slope__code_ne || code == slope__code_eq) && slope__built_number(o->b, c[1], &zero) && zero == 0)
        return slope__build3(o->b, slope__code_select, c[0], o->x[code == slope__code_ne ? 1 : 2],
                             o->x[code == slope__code_ne ? 2 : 1]);
    return SLOPE__NONE;
}

/* Without a power of x: the constant coefficient, or an empty sum. */
static slope__cell simpler_polynomial(const operands *o, size_t n)
{
    if (n == 1)
        return slope__build_number(o->b, 0.0);
    return n == 2 ? o->x[1] : SLOPE__NONE;
}

/* The sign of the operand doesn't matter. */
static slope__cell even(const operands *o, unsigned code)
{
    slope__cell x = negative_of(o, 0);
    if (x == SLOPE__NONE)
        x = inside(o, slope__code_abs, 0);
    if (x != SLOPE__NONE)
        return slope__build1(o->b, code, x);
    if (code == slope__code_abs && inside(o, slope__code_square, 0) != SLOPE__NONE)
        return o->x[0];
    return SLOPE__NONE;
}

slope__cell slope__pass_identity(slope__builder *b, unsigned code, size_t n, const slope__cell x[])
{
    if (n == 0 || n > 3)
        return SLOPE__NONE;
    operands o = {.b = b};
    for (size_t k = 0; k < n; k++) {
        o.x[k] = x[k];
        o.known[k] = slope__built_number(b, x[k], &o.number[k]);
    }
    switch (code) {
    case slope__code_add: return simpler_sum(&o);
    case slope__code_sub: return sub(&o);
    case slope__code_mul:
    case slope__code_zmul: return simpler_product(&o, code);
    case slope__code_div: return simpler_quotient(&o);
    case slope__code_neg: return negative_of(&o, 0);
    case slope__code_fma: return fused(&o);
    case slope__code_pow:
    case slope__code_powi: return simpler_power(&o, code);
    case slope__code_poly: return simpler_polynomial(&o, n);
    case slope__code_square:
    case slope__code_abs: return even(&o, code);
    case slope__code_ne: return is_truth(&o, 0) && is(&o, 1, 0.0) ? x[0] : SLOPE__NONE;
    case slope__code_lt:
    case slope__code_gt: return x[0] == x[1] ? slope__build_number(b, 0.0) : SLOPE__NONE;
    case slope__code_select: return simpler_choice(&o);
    default: return SLOPE__NONE;
    }
}
