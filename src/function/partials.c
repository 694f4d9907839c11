/* SPDX-License-Identifier: MIT */
/*
 * The partials of the table as instructions: the same text as in the sweeps, its words meaning operations on cells.
 * Words on plain numbers alone are computed at once.
 */
#include <math.h>
#include <stdlib.h>

#include "function/ir.h"

static slope__ref number(double k)
{
    slope__ref r = {NULL, {0}};
    r.number = k;
    return r;
}

static slope__ref at(slope__builder *b, slope__cell cell)
{
    slope__ref r = {b, {0}};
    r.cell = cell;
    return r;
}

slope__cell slope__ref_cell(slope__builder *b, slope__ref r) { return r.b ? r.cell : slope__build_number(b, r.number); }

/* An operation on numbers, or an instruction where there is a cell among the operands. */
static slope__ref apply(unsigned code, size_t n, const slope__ref x[])
{
    slope__builder *b = NULL;
    double plain[3] = {0.0, 0.0, 0.0};
    slope__cell cell[3];
    for (size_t k = 0; k < n; k++) {
        if (x[k].b)
            b = x[k].b;
        else
            plain[k] = x[k].number;
    }
    if (!b)
        return number(slope__value(code, n, plain));
    for (size_t k = 0; k < n; k++)
        cell[k] = slope__ref_cell(b, x[k]);
    return at(b, slope__build(b, code, n, cell));
}

#define UNARY(name, ...) \
    static inline slope__ref r_##name(slope__ref a) { return apply(slope__code_##name, 1, &a); }
#define BINARY(name, ...)                                                \
    static inline slope__ref r_##name(slope__ref a, slope__ref b)        \
    {                                                                    \
        return apply(slope__code_##name, 2, (const slope__ref[]){a, b}); \
    }
#define TERNARY(name, ...)                                                      \
    static inline slope__ref r_##name(slope__ref a, slope__ref b, slope__ref c) \
    {                                                                           \
        return apply(slope__code_##name, 3, (const slope__ref[]){a, b, c});     \
    }
#define NARY(name, ...)
#include "ops.def"

/* A condition that is a number decides at once. */
static slope__ref choose(slope__ref c, slope__ref x, slope__ref y)
{
    double known;
    if (!c.b)
        return c.number != 0 ? x : y;
    if (slope__built_number(c.b, c.cell, &known))
        return known != 0 ? x : y;
    return r_select(c, x, y);
}

#define WORD(name) r_##name
#define NUMBER(k) number(k)
#define IF(c, x, y) choose(c, x, y)
#define AGAIN(x, y) (y)
#include "ops/words.h"

typedef slope__ref partial(slope__ref a, slope__ref b, slope__ref c, slope__ref v);

#define PARTIAL(name, i, text)                                                               \
    static slope__ref d_##name##_##i(slope__ref a, slope__ref b, slope__ref c, slope__ref v) \
    {                                                                                        \
        (void)a, (void)b, (void)c, (void)v;                                                  \
        return text;                                                                         \
    }
#define UNARY(name, symbol, doc, low, high, smooth, value, da) PARTIAL(name, 0, da)
#define BINARY(name, symbol, doc, low, high, low2, high2, smooth, value, da, db) \
    PARTIAL(name, 0, da)                                                         \
    PARTIAL(name, 1, db)
#define TERNARY(name, symbol, doc, low, high, smooth, value, da, db, dc) \
    PARTIAL(name, 0, da)                                                 \
    PARTIAL(name, 1, db)                                                 \
    PARTIAL(name, 2, dc)
#define NARY(name, ...)
#include "ops.def"

/* ------------------------------------------------------------------------------------------- any number of operands */

/* poly: dv/dx = c1 + x (2 c2 + x (3 c3 + ...)), dv/dci = x^i */
static slope__ref poly_partial(slope__builder *b, size_t n, const slope__cell x[], size_t i)
{
    if (i > 0)
        return r_powi(at(b, x[0]), number((double)(i - 1)));
    if (n < 3)
        return number(0.0);
    slope__cell *c = slope__new(n - 1, sizeof *c);
    if (!c) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
        return number(0.0);
    }
    c[0] = x[0];
    for (size_t k = 2; k < n; k++)
        c[k - 1] = slope__ref_cell(b, r_mul(number((double)(k - 1)), at(b, x[k])));
    const slope__cell d = slope__build(b, slope__code_poly, n - 1, c);
    free(c);
    return at(b, d);
}

/* norm: as in ops/nary.c; an overflow has no slope that could be told. */
static slope__ref norm_partial(slope__ref x, slope__ref v)
{
    return WITH_KINK(EQ(v, ZERO), x, IF(EQ(v, ZERO), ZERO, BELOW_INF(v, DIV(x, UNLESS(EQ(v, ZERO), v)))));
}

/* exp(x - m), the rounding error of the difference made good; m has no slope. */
static slope__ref exp_of_difference(slope__ref x, slope__ref m)
{
    const slope__ref d = SUB(x, m), back = SUB(d, x), e = EXP(d);
    const slope__ref rest = WORD(detach)(SUB(SUB(x, SUB(d, back)), ADD(m, back)));
    return IF(EQ(rest, rest), FMA(e, rest, e), e);
}

/* The largest operand, without a slope, and the sum of all exp(x - it). */
static void find_softmax(slope__builder *b, size_t n, const slope__cell x[], slope__cell part[2])
{
    slope__ref m = at(b, x[0]);
    slope__cell *term = slope__new(n, sizeof *term);
    if (!term) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
        return;
    }
    for (size_t k = 1; k < n; k++)
        m = IF(GT(at(b, x[k]), m), at(b, x[k]), m);
    m = WORD(detach)(m);
    for (size_t k = 0; k < n; k++)
        term[k] = slope__ref_cell(b, exp_of_difference(at(b, x[k]), m));
    part[0] = slope__ref_cell(b, m);
    part[1] = slope__build(b, slope__code_sum, n, term);
    free(term);
}

/* logsumexp: exp(x - m) / sum exp(xj - m), whatever m is: the largest operand as a number.  Where that is infinite NaN
   comes about by itself. */
static slope__ref logsumexp_partial(slope__builder *b, size_t n, const slope__cell x[], slope__cell v, size_t i)
{
    slope__shared_parts *parts = slope__built_parts(b);
    if (parts->of != v) {
        find_softmax(b, n, x, parts->part);
        parts->of = v;
    }
    if (slope__builder_status(b) != SLOPE_OK)
        return number(0.0);
    return DIV(exp_of_difference(at(b, x[i]), at(b, parts->part[0])), at(b, parts->part[1]));
}

static slope__ref nary_partial(slope__builder *b, unsigned code, size_t n, const slope__cell x[], slope__cell v,
                               size_t i)
{
    switch (code) {
    case slope__code_sum: return number(1.0);
    case slope__code_mean: return number(1.0 / (double)n);
    case slope__code_dot: return at(b, i < n / 2 ? x[n / 2 + i] : x[i - n / 2]);
    case slope__code_norm: return norm_partial(at(b, x[i]), at(b, v));
    case slope__code_logsumexp: return logsumexp_partial(b, n, x, v, i);
    case slope__code_poly: return poly_partial(b, n, x, i);
    default:
        slope__builder_fail(b, SLOPE_ERR_UNSUPPORTED, "the operation %s has no derivative here",
                            slope_op_describe((slope_op)code)->name);
        return number(0.0);
    }
}

slope__ref slope__build_partial(slope__builder *b, unsigned code, size_t n, const slope__cell x[], slope__cell v,
                                size_t i)
{
    static partial *const row[slope__code_count][3] = {
#define UNARY(name, ...) [slope__code_##name] = {d_##name##_0, NULL, NULL},
#define BINARY(name, ...) [slope__code_##name] = {d_##name##_0, d_##name##_1, NULL},
#define TERNARY(name, ...) [slope__code_##name] = {d_##name##_0, d_##name##_1, d_##name##_2},
#define NARY(name, ...)
#include "ops.def"
    };
    if (code >= slope__code_count || !row[code][0])
        return nary_partial(b, code, n, x, v, i);
    slope__ref r =
        row[code][i](at(b, x[0]), n > 1 ? at(b, x[1]) : number(0.0), n > 2 ? at(b, x[2]) : number(0.0), at(b, v));
    double known;
    return r.b && slope__built_number(b, r.cell, &known) ? number(known) : r;
}

slope__ref slope__build_power_slope(unsigned code, slope__ref x, slope__ref q, slope__ref v, slope__ref e)
{
    return POWER_SLOPE(code, x, q, v, e);
}

slope__ref slope__build_log_slope(unsigned code, slope__ref x) { return LOG_SLOPE(code, x); }

#include "ops/words_end.h"
