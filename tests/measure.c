/* SPDX-License-Identifier: MIT */
/* Points, floors and limits of the accuracy measurement; see measure.h. */
#include "measure.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "replay.h"
#include "tape/tape.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* ---------------------------------------------------------------------------------------------------- points */

/* Both signs of each are taken. */
static const double lone[] = {1e-300,
                              1e-200,
                              1e-160,
                              1e-100,
                              1e-50,
                              1e-20,
                              1e-16,
                              1e-9,
                              1e-8,
                              1e-5,
                              1e-3,
                              0.01,
                              0.1,
                              0.25,
                              0.3,
                              0.49999999999999994,
                              0.5,
                              0.5000000001,
                              0.6,
                              0.75,
                              0.9,
                              0.99,
                              0.999999,
                              0.9999999999,
                              1 - DBL_EPSILON / 2,
                              1,
                              1 + DBL_EPSILON,
                              1.0000000001,
                              1.000001,
                              1.01,
                              1.1,
                              1.2,
                              1.4616321449683622,
                              1.4616321449683625,
                              1.4616,
                              1.5,
                              1.5707963267948966,
                              1.9,
                              2,
                              2.1,
                              2.5,
                              3,
                              3.1415926535897931,
                              4,
                              4.5,
                              5,
                              5.5,
                              6,
                              7,
                              7.5,
                              8,
                              8.5,
                              10,
                              12.3,
                              15,
                              19,
                              20,
                              22.5,
                              25,
                              26,
                              26.5,
                              28,
                              33,
                              36,
                              37,
                              40,
                              50,
                              99.5,
                              100,
                              150,
                              200,
                              300,
                              340,
                              350,
                              354,
                              360,
                              500,
                              680,
                              700,
                              709,
                              711,
                              740,
                              1000,
                              1023,
                              12345.678,
                              1e5,
                              1e6,
                              1e7,
                              99999999,
                              1e8,
                              1e9,
                              1e10,
                              1e11,
                              1e15,
                              1e16,
                              1e17,
                              1e20,
                              1e22,
                              1e50,
                              1e77,
                              1e100,
                              1e150,
                              1e155,
                              1e160,
                              1e200,
                              1e300};
static const double pairs[] = {1e-300, 1e-160, 1e-100, 1e-20, 0.1, 0.5, 1, 1.03, 2, 2.5, 7, 1e5, 1e100, 1e160, 1e300};
static const double orders[] = {1, 2, 3, 4, 5, 20};
static const double powers[] = {-7, -3, -2, -1, 0, 1, 2, 3, 8, 41};
static const double triples[] = {-1e300, -1e100, -3, -1e-300, 1e-100, 0.7, 1, 1e10, 1e160};
static const double many[][JUDGE_OPERANDS] = {{1000, 1, -1000, 3, 999, 998},
                                              {-1000, -1001, -1002, -1003, -1004, -1005},
                                              {1e-200, 2e-200, -3e-200, 4e-200, 1e-210, 5e-200},
                                              {1e200, 2e200, -3e200, 1e190, 4, 5},
                                              {1e-300, 1, 1e-300, 2, 1e-300, 3},
                                              {0.5, 0.5, 0.5, 0.5, 0.5, 0.5},
                                              {700, 700, 1, 2, 3, 4}};

/* A number in [0, 1) made of k and i: splitmix64. */
static double fraction(uint64_t k, uint64_t i)
{
    uint64_t z = (k * 8 + i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* Entry k of both signs of a list. */
static double signed_entry(const double list[], size_t k) { return k % 2 ? -list[k / 2] : list[k / 2]; }

/* A draw over many sizes, 1e-6 to 1e3, both signs. */
static double wide_draw(size_t k, size_t i)
{
    const double size = pow(10, 9 * fraction(k, 2 * i) - 6);
    return fraction(k, 2 * i + 1) < 0.5 ? -size : size;
}

static size_t two(size_t k, const double a[], size_t na, int sign_a, const double b[], size_t nb, int sign_b,
                  double x[])
{
    const size_t wide_a = na << sign_a, wide_b = nb << sign_b;
    if (k >= wide_a * wide_b)
        return 0;
    x[0] = sign_a ? signed_entry(a, k / wide_b) : a[k / wide_b];
    x[1] = sign_b ? signed_entry(b, k % wide_b) : b[k % wide_b];
    return 2;
}

static size_t extreme_point(const slope_op_info *info, size_t k, double x[])
{
    if (info->arity == 1) {
        x[0] = k < 2 * LENGTH(lone) ? signed_entry(lone, k) : wide_draw(k, 0);
        return k < 2 * LENGTH(lone) + 60;
    }
    if (strcmp(info->name, "polygamma") == 0)
        return two(k, orders, LENGTH(orders), 0, lone, LENGTH(lone), 0, x);
    if (strcmp(info->name, "besselj") == 0)
        return two(k, orders, LENGTH(orders), 0, lone, LENGTH(lone), 0, x);
    if (strcmp(info->name, "ierfcx") == 0)
        return two(k, orders, LENGTH(orders), 0, lone, LENGTH(lone), 1, x);
    if (strcmp(info->name, "powi") == 0)
        return two(k, lone, LENGTH(lone), 1, powers, LENGTH(powers), 0, x);
    if (info->arity == 2)
        return two(k, pairs, LENGTH(pairs), 1, pairs, LENGTH(pairs), 1, x);
    if (info->arity == 3) {
        const size_t m = LENGTH(triples);
        x[0] = triples[k % m], x[1] = triples[k / m % m], x[2] = triples[k / m / m % m];
        return k < m * m * m ? 3 : 0;
    }
    if (k >= LENGTH(many))
        return 0;
    memcpy(x, many[k], sizeof many[k]);
    return JUDGE_OPERANDS;
}

size_t measure_point(slope_op op, size_t k, size_t random, double x[JUDGE_OPERANDS], measure_region *region)
{
    const slope_op_info *info = slope_op_describe(op);
    if (k >= random) {
        *region = MEASURE_EXTREME;
        return extreme_point(info, k - random, x);
    }
    const size_t n = info->arity < 0 ? JUDGE_OPERANDS : (size_t)info->arity;
    *region = MEASURE_ORDINARY;
    for (size_t i = 0; i < n; i++) {
        const double low = i == 1 ? info->low2 : info->low, high = i == 1 ? info->high2 : info->high;
        x[i] = low + (high - low) * fraction(k, i);
    }
    return n;
}

/* ---------------------------------------------------------------------------------------------------- floors */

/* A power of |x - the next pole|, for the order of derivative of lgamma. */
static double pole_term(double order, double x)
{
    const double r = x - round(x);
    if (x > 0 || r == 0)
        return 0;
    return order == 1 ? fmax(fabs(3.14159265358979 / tan(3.14159265358979 * r)), log(1 - x))
                      : tgamma(order) * pow(fabs(r), -order);
}

double measure_floor(const judge *f, slope_op op, size_t n, const double x[], measure_kind kind, size_t i, size_t j)
{
    const char *name = slope_op_describe(op)->name;
    const int order = kind == MEASURE_VALUE ? 0 : kind == MEASURE_FIRST ? 1 : 2;
    double floor = 1e-300; /* below, digits are lost on the way through subnormal numbers */
    if (strcmp(name, "lgamma") == 0)
        floor = fmax(floor, order ? pole_term(order, x[0]) : x[0] < 0 ? 1 : 0);
    if (strcmp(name, "tgamma") == 0 && order > 0)
        floor = fmax(floor, fabs(tgamma(x[0])) * (order == 1 ? pole_term(1, x[0]) : pole_term(2, x[0])));
    if (strcmp(name, "digamma") == 0 || strcmp(name, "trigamma") == 0)
        floor = fmax(floor, pole_term(order + (name[0] == 'd' ? 1 : 2), x[0]));
    if (strcmp(name, "atan2") == 0 && order == 2)
        floor = fmax(floor, 2 / hypot(x[0], x[1]) / hypot(x[0], x[1]));
    if (strcmp(name, "pow") == 0 && order == 2 && i != j)
        floor = fmax(floor, fabs(pow(x[0], x[1] - 1)) * fmax(1, fabs(x[1] * log(x[0]))));
    if (strcmp(name, "besselj") == 0 && fabs(x[1]) > (order ? 0.6 : 1) * x[0])
        floor = fmax(floor, fmin(0.3, sqrt(0.6366 / fabs(x[1])))); /* it oscillates: the amplitude */
    if (strcmp(name, "erfinv") == 0 && order == 2)
        floor = fmax(floor, 1e-100); /* the judge's differences end there */
    if (strcmp(name, "logaddexp") == 0 && order == 0)
        floor = fmax(floor, fabs(fmax(x[0], x[1])));
    if (slope_op_describe(op)->arity < 0 || op == SLOPE_OP_FMA || op == SLOPE_OP_ADD || op == SLOPE_OP_SUB) {
        double size[JUDGE_OPERANDS];
        mpfr_t r;
        mpfr_init2(r, 53);
        for (size_t k = 0; k < n; k++)
            size[k] = fabs(x[k]);
        if (order == 0)
            judge_value(f, n, size, r);
        else if (order == 1)
            judge_first(f, n, size, i, r);
        if (order < 2 && mpfr_number_p(r))
            floor = fmax(floor, mpfr_get_d(r, MPFR_RNDN));
        mpfr_clear(r);
    }
    return isfinite(floor) ? floor : DBL_MAX;
}

/* ------------------------------------------------------------------------------------------------ measurement */

static void compare(const judge *f, slope_op op, size_t n, const double x[], measure_kind kind, size_t i, size_t j,
                    double got, measure_worst *worst)
{
    mpfr_t exact;
    mpfr_init2(exact, 53);
    if (kind == MEASURE_VALUE)
        judge_value(f, n, x, exact);
    else if (kind == MEASURE_FIRST)
        judge_first(f, n, x, i, exact);
    else
        judge_second(f, n, x, i, j, exact);
    if (!mpfr_nan_p(exact)) {
        const double floor = measure_floor(f, op, n, x, kind, i, j);
        const int out_of_range = floor >= DBL_MAX || isinf(mpfr_get_d(exact, MPFR_RNDN));
        const double ulp = kind == MEASURE_SECOND && isnan(got) && out_of_range ? 0 : judge_ulp(got, exact, floor);
        worst->count++;
        if (ulp > worst->ulp || worst->count == 1) {
            const size_t count = worst->count;
            *worst = (measure_worst){ulp, got, mpfr_get_d(exact, MPFR_RNDN), count, n, i, j, {0}};
            memcpy(worst->x, x, n * sizeof *x);
        }
    }
    mpfr_clear(exact);
}

/* The second partials along x[i]: the first is recorded as values, and swept. */
static void measure_second(const judge *f, slope_op op, size_t n, const double x[], const slope_value in[],
                           slope_value v, size_t i, measure_worst *worst)
{
    if (slope_op_describe(op)->arity < 0)
        return; /* sums of terms that cancel: tested to a tolerance in test_derive */
    const slope_value p = replay_partial(op, n, in, v, i);
    if (slope_is_null(p) || !isfinite(slope_data(p)))
        return; /* nothing is asked of the slope of Inf */
    if (op == SLOPE_OP_POW && !(fabs(slope_data(v)) > 1e-300 && fabs(slope_data(v)) < INFINITY))
        return; /* the value, out of range, is a part of the partials */
    const int constant = slope_is_number(p);
    if (slope_backward(p) != SLOPE_OK)
        return;
    compare(f, op, n, x, MEASURE_FIRST, i, i, slope_data(p), worst); /* the recorded text may be the longer one */
    for (size_t j = 0; j < n; j++)
        compare(f, op, n, x, MEASURE_SECOND, i, j, constant ? 0 : slope_grad(in[j]), worst);
}

void measure_operation(slope_tape *t, slope_op op, size_t random, measure_worst worst[MEASURE_KINDS][MEASURE_REGIONS])
{
    const judge *f = judge_find(slope_op_describe(op)->name);
    double x[JUDGE_OPERANDS];
    measure_region region;
    size_t n;
    memset(worst, 0, MEASURE_KINDS * sizeof *worst);
    for (size_t k = 0; f && (n = measure_point(op, k, random, x, &region)) > 0; k++) {
        slope_value in[JUDGE_OPERANDS];
        slope_tape_reset(t);
        for (size_t i = 0; i < n; i++)
            in[i] = slope_var(t, x[i]);
        const slope_value v = slope_apply(op, n, in);
        if (isnan(slope_data(v)))
            continue;
        compare(f, op, n, x, MEASURE_VALUE, 0, 0, slope_data(v), &worst[MEASURE_VALUE][region]);
        for (size_t i = 0; i < n; i++) {
            compare(f, op, n, x, MEASURE_FIRST, i, i, slope_partial(v, i), &worst[MEASURE_FIRST][region]);
            measure_second(f, op, n, x, in, v, i, &worst[MEASURE_SECOND][region]);
        }
    }
}

/* Rows whose value is a function of src/ops, and those made of them: their values are factors of their partials. */
static int is_special(const char *name)
{
    static const char *const names[] = {"erfcx", "ierfcx", "erfinv", "erfcinv", "ndtr", "log_ndtr", "ndtri"};
    for (size_t k = 0; k < LENGTH(names); k++) {
        if (strcmp(names[k], name) == 0)
            return 1;
    }
    return 0;
}

double measure_limit(slope_op op, measure_kind kind)
{
    const char *name = slope_op_describe(op)->name;
    if (strcmp(name, "besselj") == 0)
        return 16; /* of the amplitude: the recurrence rounds as often as the order */
    if (strcmp(name, "ierfcx") == 0)
        return 16; /* a product of as many quotients as the order */
    if (kind == MEASURE_VALUE)
        return 4;
    if (is_special(name))
        return kind == MEASURE_SECOND ? 8 : 4;
    if (strcmp(name, "tgamma") == 0)
        return 8; /* the value is a factor, and it is libm's */
    if (kind == MEASURE_SECOND)
        return strcmp(name, "polygamma") == 0 ? 10 : 4;
    if (strcmp(name, "polygamma") == 0)
        return 10;
    if (slope_op_describe(op)->arity < 0)
        return 4; /* a sum of six */
    return strcmp(name, "lgamma") == 0 || strcmp(name, "digamma") == 0 || strcmp(name, "trigamma") == 0 ||
                   strcmp(name, "erfc") == 0
               ? 4
               : 2;
}
