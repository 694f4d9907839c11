/* SPDX-License-Identifier: MIT */
/*
 * Kinds of zeros and infinities per operation, and products seen through: powers of roots, whose slope is finite where
 * the root's is not, and logarithms of what underflows.
 */
#include "ops/zeros.h"

#include <math.h>

#include "ops/op.h"

enum { LOOK_THROUGH = 4 }; /* products within products */

slope__zero slope__zero_of(unsigned code, size_t operand)
{
    switch (code) {
    case slope__code_abs:
    case slope__code_hypot:
    case slope__code_norm: return SLOPE__ZERO_CHOSEN;
    case slope__code_copysign: return operand == 0 ? SLOPE__ZERO_CHOSEN : SLOPE__ZERO_DECIDED;
    case slope__code_fmod:
    case slope__code_remainder:
    case slope__code_sign:
    case slope__code_min:
    case slope__code_max:
    case slope__code_fdim:
    case slope__code_relu:
    case slope__code_leaky_relu:
    case slope__code_floor:
    case slope__code_ceil:
    case slope__code_round:
    case slope__code_trunc:
    case slope__code_rint:
    case slope__code_detach:
    case slope__code_lt:
    case slope__code_le:
    case slope__code_gt:
    case slope__code_ge:
    case slope__code_eq:
    case slope__code_ne:
    case slope__code_select:
    case slope__code_structure:
    case slope__code_result:
    case slope__code_custom: return SLOPE__ZERO_DECIDED;
    default: return SLOPE__ZERO_COMPUTED;
    }
}

slope__zero slope__zero_of_both(unsigned code)
{
    return code == slope__code_sub || code == slope__code_div ? SLOPE__ZERO_DECIDED : slope__zero_of(code, 0);
}

slope__end slope__end_of(unsigned code, size_t operand, double exponent)
{
    switch (code) {
    case slope__code_sqrt:
    case slope__code_cbrt:
    case slope__code_asin:
    case slope__code_acos:
    case slope__code_acosh: return SLOPE__END_ROOT;
    case slope__code_log:
    case slope__code_log2:
    case slope__code_log10:
    case slope__code_log1p:
    case slope__code_atanh:
    case slope__code_tgamma:
    case slope__code_lgamma:
    case slope__code_digamma:
    case slope__code_trigamma:
    case slope__code_erfinv:
    case slope__code_erfcinv:
    case slope__code_ndtri:
    case slope__code_xlogy:
    case slope__code_xlog1py: return SLOPE__END_POLE;
    case slope__code_div:
    case slope__code_polygamma: return operand == 1 ? SLOPE__END_POLE : SLOPE__END_NONE;
    case slope__code_pow:
    case slope__code_powi:
        if (operand == 1 || isgreaterequal(exponent, 1.0) || exponent == 0.0) /* >= of NaN would raise INVALID */
            return SLOPE__END_NONE;
        return isgreater(exponent, 0.0) ? SLOPE__END_ROOT : SLOPE__END_POLE;
    default: return SLOPE__END_NONE;
    }
}

int slope__is_flat_at_0(unsigned code)
{
    switch (code) {
    case slope__code_square:
    case slope__code_pow:
    case slope__code_powi:
    case slope__code_cos:
    case slope__code_cosh:
    case slope__code_besselj:
    case slope__code_abs:
    case slope__code_hypot:
    case slope__code_norm:
    case slope__code_poly: return 1;
    default: return 0;
    }
}

/* ----------------------------------------------------------------------------------------------------------- slopes */

#define WORD(name) slope__d_##name
#define NUMBER(k) (k)
#define IF(c, x, y) ((c) != 0 ? (x) : (y))
#define AGAIN(x, y) (x)
#include "ops/words.h"

double slope__power_slope(unsigned code, double x, double q, double v, double e)
{
    return POWER_SLOPE(code, x, q, v, e);
}

double slope__log_slope(unsigned code, double x) { return LOG_SLOPE(code, x); }

double slope__log_scale(unsigned code)
{
    return code == slope__code_log     ? 1.0
           : code == slope__code_log2  ? LOG2_E
           : code == slope__code_log10 ? LOG10_E
                                       : 0.0;
}

#include "ops/words_end.h"

/* ------------------------------------------------------------------------------------------------- powers of roots */

static int is_root_code(const slope__seen *s)
{
    switch (s->code) {
    case slope__code_sqrt:
    case slope__code_cbrt:
    case slope__code_hypot:
    case slope__code_norm:
    case slope__code_abs: return 1;
    case slope__code_pow: return s->is_number[1] && s->number[1] > 0.0 && s->number[1] < 1.0;
    default: return 0;
    }
}

/* The same operation on the same operands: a tape records each time what a function has once. */
static int is_same_root(slope__seer *see, const void *graph, size_t x, size_t y)
{
    slope__seen a = {0}, b = {0};
    if (x == y)
        return 1;
    if (!see(graph, x, &a) || !see(graph, y, &b) || a.code != b.code || a.operands != b.operands || a.operands > 2)
        return 0;
    for (size_t k = 0; k < a.operands; k++) {
        if (a.is_number[k] != b.is_number[k] || (a.is_number[k] ? a.number[k] != b.number[k] : a.id[k] != b.id[k]))
            return 0;
    }
    return 1;
}

static slope__power raised_power(slope__power x, double p)
{
    x.scale = pow(x.scale, p);
    x.exponent *= p;
    return x;
}

/* What a cell is the power of; anything is the first power of itself. */
static slope__power power_of(slope__seer *see, const void *graph, size_t id, int look)
{
    slope__seen s = {0};
    const slope__power itself = {id, 1.0, 1.0};
    if (look == 0 || !see(graph, id, &s) || is_root_code(&s))
        return itself;
    if (s.code == slope__code_square && !s.is_number[0])
        return raised_power(power_of(see, graph, s.id[0], look - 1), 2.0);
    if (s.code == slope__code_neg && !s.is_number[0]) {
        slope__power x = power_of(see, graph, s.id[0], look - 1);
        x.scale = -x.scale;
        return x;
    }
    if ((s.code == slope__code_pow || s.code == slope__code_powi) && s.is_number[1] && !s.is_number[0])
        return raised_power(power_of(see, graph, s.id[0], look - 1), s.number[1]);
    if (s.code != slope__code_mul)
        return itself;
    if (s.is_number[0] || s.is_number[1]) {
        slope__power x = power_of(see, graph, s.id[s.is_number[0]], look - 1);
        x.scale *= s.number[!s.is_number[0]];
        return x;
    }
    const slope__power x = power_of(see, graph, s.id[0], look - 1), y = power_of(see, graph, s.id[1], look - 1);
    return is_same_root(see, graph, x.base, y.base) ? (slope__power){x.base, x.scale * y.scale, x.exponent + y.exponent}
                                                    : itself;
}

int slope__is_power_of_root(slope__seer *see, const void *graph, size_t id, slope__power *power)
{
    slope__seen s;
    *power = power_of(see, graph, id, LOOK_THROUGH);
    if (power->base == id || !(power->exponent > 1.0) || !isfinite(power->scale) || power->scale == 0.0 ||
        !see(graph, power->base, &s) || !is_root_code(&s))
        return 0;
    /* only a cube root has a sign to be kept */
    return s.code != slope__code_cbrt || power->exponent == trunc(power->exponent);
}

/* ------------------------------------------------------------------------------------------- logarithms of products */

int slope__is_exponential(unsigned code)
{
    return code == slope__code_exp || code == slope__code_exp2 || code == slope__code_sigmoid ||
           code == slope__code_erfc || code == slope__code_ndtr;
}

typedef struct factoring {
    slope__seer *see;
    const void *graph;
    slope__factor *factor;
    size_t count;
    int exponentials;
} factoring;

static void factorise(factoring *f, size_t id, double weight, int look)
{
    slope__seen s = {0};
    const int seen = f->see(f->graph, id, &s);
    if (seen && look > 0 && (s.code == slope__code_mul || s.code == slope__code_div)) {
        for (size_t k = 0; k < 2; k++) {
            if (!s.is_number[k])
                factorise(f, s.id[k], k == 1 && s.code == slope__code_div ? -weight : weight, look - 1);
        }
        return;
    }
    if (seen && look > 0 && s.code == slope__code_square && !s.is_number[0]) {
        factorise(f, s.id[0], 2.0 * weight, look - 1);
        return;
    }
    if (seen && look > 0 && (s.code == slope__code_pow || s.code == slope__code_powi) && s.is_number[1] &&
        !s.is_number[0] && s.number[1] != 0.0) {
        factorise(f, s.id[0], s.number[1] * weight, look - 1);
        return;
    }
    f->exponentials |= seen && slope__is_exponential(s.code) && !s.is_number[0];
    if (f->count < SLOPE__FACTORS)
        f->factor[f->count] = (slope__factor){id, weight};
    f->count++;
}

size_t slope__factors_of(slope__seer *see, const void *graph, size_t id, slope__factor factor[SLOPE__FACTORS])
{
    factoring f = {see, graph, factor, 0, 0};
    factorise(&f, id, 1.0, LOOK_THROUGH);
    return f.exponentials && f.count <= SLOPE__FACTORS ? f.count : 0;
}
