/* SPDX-License-Identifier: MIT */
/* The operations in MPFR, and differences of them; see judge.h. */
#include "judge.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RN MPFR_RNDN
enum { WIDE = JUDGE_WIDE, GAMMA = JUDGE_GAMMA, ORDERS = 50 };

/* ---------------------------------------------------------------------------------------------------- values */

#define ONE(name, call) \
    static void name##_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, call(r, x[0], RN); }
#define TWO(name, call) \
    static void name##_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, call(r, x[0], x[1], RN); }
ONE(neg, mpfr_neg)
ONE(square, mpfr_sqr)
ONE(sqrt, mpfr_sqrt)
ONE(cbrt, mpfr_cbrt)
ONE(exp, mpfr_exp)
ONE(exp2, mpfr_exp2)
ONE(expm1, mpfr_expm1)
ONE(log, mpfr_log)
ONE(log2, mpfr_log2)
ONE(log10, mpfr_log10)
ONE(log1p, mpfr_log1p)
ONE(sin, mpfr_sin)
ONE(cos, mpfr_cos)
ONE(tan, mpfr_tan)
ONE(asin, mpfr_asin)
ONE(acos, mpfr_acos)
ONE(atan, mpfr_atan)
ONE(sinh, mpfr_sinh)
ONE(cosh, mpfr_cosh)
ONE(tanh, mpfr_tanh)
ONE(asinh, mpfr_asinh)
ONE(acosh, mpfr_acosh)
ONE(atanh, mpfr_atanh)
ONE(erf, mpfr_erf)
ONE(erfc, mpfr_erfc)
ONE(tgamma, mpfr_gamma)
ONE(digamma, mpfr_digamma)
ONE(abs, mpfr_abs)
TWO(add, mpfr_add)
TWO(sub, mpfr_sub)
TWO(mul, mpfr_mul)
TWO(div, mpfr_div)
TWO(pow, mpfr_pow)
TWO(hypot, mpfr_hypot)
TWO(atan2, mpfr_atan2)
TWO(min, mpfr_min)
TWO(max, mpfr_max)
TWO(copysign, mpfr_copysign)
TWO(fdim, mpfr_dim)
TWO(fmod, mpfr_fmod)
TWO(remainder, mpfr_remainder)

static void fma_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, mpfr_fma(r, x[0], x[1], x[2], RN); }

static void powi_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    (void)n, mpfr_pow_si(r, x[0], mpfr_get_si(x[1], RN), RN);
}

static void lgamma_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    int sign;
    (void)n, mpfr_lgamma(r, &sign, x[0], RN);
}

static mpfr_t series[ORDERS + 1]; /* B(2k) / (2k)!, made by judge_begin: they take longer than the sums */

/* zeta(s, y) by the sum of (y + k)^-s up to y + k > s + ORDERS and the series of Euler and Maclaurin from there. */
static void hurwitz(mpfr_t r, unsigned long s, const mpfr_t x)
{
    const mpfr_prec_t bits = mpfr_get_prec(r);
    mpfr_t y, term, power;
    mpfr_inits2(bits, y, term, power, (mpfr_ptr)0);
    mpfr_set(y, x, RN);
    mpfr_set_zero(r, 1);
    for (; mpfr_cmp_ui(y, s + 2 * ORDERS) < 0; mpfr_add_ui(y, y, 1, RN)) {
        mpfr_pow_si(term, y, -(long)s, RN);
        mpfr_add(r, r, term, RN);
    }
    mpfr_pow_si(power, y, -(long)s, RN);
    mpfr_mul(term, power, y, RN);
    mpfr_div_ui(term, term, s - 1, RN);
    mpfr_add(r, r, term, RN);
    mpfr_div_ui(term, power, 2, RN);
    mpfr_add(r, r, term, RN);
    mpfr_mul_ui(power, power, s, RN);
    mpfr_div(power, power, y, RN);
    for (unsigned long k = 1; k <= ORDERS; k++) {
        mpfr_mul(term, series[k], power, RN);
        mpfr_add(r, r, term, RN);
        mpfr_mul_ui(power, power, (s + 2 * k - 1) * (s + 2 * k), RN);
        mpfr_div(power, power, y, RN);
        mpfr_div(power, power, y, RN);
    }
    mpfr_clears(y, term, power, (mpfr_ptr)0);
}

/* (-1)^(m+1) m! zeta(m + 1, x) */
static void polygamma_of(mpfr_t r, unsigned long m, const mpfr_t x)
{
    mpfr_t f;
    mpfr_init2(f, mpfr_get_prec(r));
    mpfr_fac_ui(f, m, RN);
    hurwitz(r, m + 1, x);
    mpfr_mul(r, r, f, RN);
    if (m % 2 == 0)
        mpfr_neg(r, r, RN);
    mpfr_clear(f);
}

static void trigamma_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, polygamma_of(r, 1, x[0]); }

static void polygamma_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    (void)n, polygamma_of(r, mpfr_get_ui(x[0], RN), x[1]);
}

static void sign_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, mpfr_set_si(r, mpfr_sgn(x[0]), RN); }

static void floor_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, mpfr_floor(r, x[0]); }

static void ceil_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, mpfr_ceil(r, x[0]); }

static void round_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, mpfr_round(r, x[0]); }

static void trunc_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, mpfr_trunc(r, x[0]); }

static void rint_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, mpfr_roundeven(r, x[0]); }

static void detach_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, mpfr_set(r, x[0], RN); }

static void relu_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    (void)n;
    if (mpfr_sgn(x[0]) > 0)
        mpfr_set(r, x[0], RN);
    else
        mpfr_set_zero(r, 1);
}

static void leaky_relu_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    (void)n;
    if (mpfr_sgn(x[0]) > 0)
        mpfr_set(r, x[0], RN);
    else
        mpfr_mul(r, x[0], x[1], RN);
}

static void select_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    (void)n, mpfr_set(r, x[mpfr_sgn(x[0]) != 0 ? 1 : 2], RN);
}

static void sigmoid_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    (void)n, mpfr_neg(r, x[0], RN);
    mpfr_exp(r, r, RN);
    mpfr_add_ui(r, r, 1, RN);
    mpfr_ui_div(r, 1, r, RN);
}

/* The angle but for a constant, so that no difference crosses the cut. */
static void angle(mpfr_t r, size_t n, const mpfr_t x[])
{
    mpfr_t a, b;
    mpfr_inits2(mpfr_get_prec(r), a, b, (mpfr_ptr)0);
    mpfr_mul_d(a, x[1], -0.7123, RN);
    const int turn = mpfr_cmpabs(x[0], a) < 0 && mpfr_sgn(x[1]) < 0;
    (void)n, mpfr_mul_si(a, x[0], turn ? -1 : 1, RN);
    mpfr_mul_si(b, x[1], turn ? -1 : 1, RN);
    mpfr_atan2(r, a, b, RN);
    mpfr_clears(a, b, (mpfr_ptr)0);
}

static void softplus_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    (void)n, mpfr_abs(r, x[0], RN);
    mpfr_neg(r, r, RN);
    mpfr_exp(r, r, RN);
    mpfr_log1p(r, r, RN);
    if (mpfr_sgn(x[0]) > 0)
        mpfr_add(r, r, x[0], RN);
}

static void logsigmoid_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    mpfr_t a[1];
    mpfr_init2(a[0], mpfr_get_prec(r));
    mpfr_neg(a[0], x[0], RN);
    softplus_value(r, n, (const mpfr_t *)a);
    mpfr_neg(r, r, RN);
    mpfr_clear(a[0]);
}

static void times_log(mpfr_t r, const mpfr_t a, const mpfr_t b, int (*log)(mpfr_t, const mpfr_t, mpfr_rnd_t))
{
    log(r, b, RN);
    if (mpfr_zero_p(a) && !mpfr_nan_p(b))
        mpfr_set_zero(r, 1);
    else
        mpfr_mul(r, r, a, RN);
}

static void xlogy_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, times_log(r, x[0], x[1], mpfr_log); }

static void xlog1py_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, times_log(r, x[0], x[1], mpfr_log1p); }

static void sum_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    mpfr_set_zero(r, 1);
    for (size_t i = 0; i < n; i++)
        mpfr_add(r, r, x[i], RN);
}

static void mean_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    sum_value(r, n, x);
    mpfr_div_ui(r, r, (unsigned long)n, RN);
}

static void dot_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    mpfr_set_zero(r, 1);
    for (size_t i = 0; i < n / 2; i++)
        mpfr_fma(r, x[i], x[n / 2 + i], r, RN);
}

static void norm_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    mpfr_set_zero(r, 1);
    for (size_t i = 0; i < n; i++)
        mpfr_fma(r, x[i], x[i], r, RN);
    mpfr_sqrt(r, r, RN);
}

static void logsumexp_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    mpfr_t e, m;
    mpfr_inits2(mpfr_get_prec(r), e, m, (mpfr_ptr)0);
    mpfr_set(m, x[0], RN);
    for (size_t i = 1; i < n; i++)
        mpfr_max(m, m, x[i], RN);
    mpfr_set_zero(r, 1);
    for (size_t i = 0; i < n; i++) {
        mpfr_sub(e, x[i], m, RN);
        mpfr_exp(e, e, RN);
        mpfr_add(r, r, e, RN);
    }
    mpfr_log(r, r, RN);
    mpfr_add(r, r, m, RN);
    mpfr_clears(e, m, (mpfr_ptr)0);
}

static void logaddexp_value(mpfr_t r, size_t n, const mpfr_t x[]) { logsumexp_value(r, n, x); }

static void poly_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    mpfr_set_zero(r, 1);
    for (size_t i = n; i-- > 1;)
        mpfr_fma(r, r, x[0], x[i], RN);
}

/* ------------------------------------------------------------------------- how far an operand may be moved */

/* The function changes over 1, however small x is; sines and exponentials. */
static double unit(size_t n, const double x[], size_t i)
{
    (void)n, (void)x, (void)i;
    return 1;
}

/* Singular at 0. */
static double own(size_t n, const double x[], size_t i)
{
    (void)n;
    return fabs(x[i]);
}

/* Smooth at 0 over 1, slower far away. */
static double wide(size_t n, const double x[], size_t i)
{
    (void)n;
    return fmax(1, fabs(x[i]));
}

/* The largest operand sets the size. */
static double largest(size_t n, const double x[], size_t i)
{
    double s = 0;
    (void)i;
    for (size_t k = 0; k < n; k++)
        s = fmax(s, fabs(x[k]));
    return s;
}

static double above_minus_1(size_t n, const double x[], size_t i)
{
    (void)n;
    return x[i] > -1 ? fmin(1 + x[i], 1 + fabs(x[i])) : 0;
}

static double first_linear(size_t n, const double x[], size_t i) { return i ? x[1] > 0 ? x[1] : 0 : wide(n, x, i); }

static double first_linear_1(size_t n, const double x[], size_t i)
{
    return i ? above_minus_1(n, x, i) : wide(n, x, i);
}

static double inside_1(size_t n, const double x[], size_t i)
{
    (void)n;
    return fabs(x[i]) < 1 ? 1 - fabs(x[i]) : 0;
}

static double above_1(size_t n, const double x[], size_t i)
{
    (void)n;
    return x[i] > 1 ? x[i] - 1 : 0;
}

static double positive(size_t n, const double x[], size_t i)
{
    (void)n, (void)i;
    return x[0] > 0 ? fabs(x[i]) : 0;
}

/* By which the power changes about e-fold. */
static double power(size_t n, const double x[], size_t i)
{
    (void)n;
    return x[0] > 0 ? i ? 1 / fmax(1, fabs(log(x[0]))) : x[0] / fmax(1, fabs(x[1])) : 0;
}

static double integer_power(size_t n, const double x[], size_t i)
{
    (void)n;
    return i ? 0 : fabs(x[0]);
}

/* Between the poles at 0, -1, -2 ... */
static double poles(size_t n, const double x[], size_t i)
{
    (void)n;
    return x[i] > 0 ? x[i] : fabs(x[i] - round(x[i]));
}

static double poles_2(size_t n, const double x[], size_t i) { return i == 0 ? 0 : poles(n, x, i); }

static double apart(size_t n, const double x[], size_t i)
{
    (void)n, (void)i;
    return fabs(x[0] - x[1]);
}

/* Its slope is not that of its value. */
static double none(size_t n, const double x[], size_t i) { return (void)n, (void)x, (void)i, 0; }

/* Between integers. */
static double steps(size_t n, const double x[], size_t i)
{
    (void)n;
    return fmin(x[i] - floor(x[i]), ceil(x[i]) - x[i]);
}

static double half_steps(size_t n, const double x[], size_t i)
{
    (void)n;
    return fabs(x[i] - floor(x[i]) - 0.5);
}

/* Between multiples of the second operand, where the quotient steps; the second one moves it all the more. */
static double multiples(size_t n, const double x[], size_t i)
{
    const double after = fmod(fabs(x[0]), fabs(x[1])), least = fmin(after, fabs(x[1]) - after);
    (void)n;
    return least / (i ? fmax(1, fabs(x[0] / x[1])) : 1);
}

static double half_multiples(size_t n, const double x[], size_t i)
{
    const double least = fabs(x[1]) / 2 - fabs(remainder(x[0], x[1]));
    (void)n;
    return least / (i ? fmax(1, fabs(x[0] / x[1])) : 1);
}

static double divisor(size_t n, const double x[], size_t i)
{
    (void)n;
    return i ? fabs(x[1]) : fmax(fabs(x[0]), fabs(x[1]));
}

static double first_kink(size_t n, const double x[], size_t i)
{
    (void)n;
    return i ? 1 : fabs(x[0]);
}

#define ROW(name, scale, bits)           \
    {                                    \
#name, name##_value, scale, bits \
    }
static const judge table[] = {
    ROW(add, largest, WIDE),
    ROW(sub, largest, WIDE),
    ROW(mul, largest, WIDE),
    ROW(div, divisor, WIDE),
    ROW(neg, wide, WIDE),
    ROW(fma, largest, WIDE),
    ROW(pow, power, WIDE),
    ROW(powi, integer_power, WIDE),
    ROW(square, wide, WIDE),
    ROW(sqrt, own, WIDE),
    ROW(cbrt, own, WIDE),
    ROW(hypot, largest, WIDE),
    ROW(exp, unit, WIDE),
    ROW(exp2, unit, WIDE),
    ROW(expm1, unit, WIDE),
    ROW(log, positive, WIDE),
    ROW(log2, positive, WIDE),
    ROW(log10, positive, WIDE),
    ROW(log1p, above_minus_1, WIDE),
    ROW(xlogy, first_linear, WIDE),
    ROW(xlog1py, first_linear_1, WIDE),
    ROW(logaddexp, unit, WIDE),
    ROW(sin, unit, WIDE),
    ROW(cos, unit, WIDE),
    ROW(tan, unit, WIDE),
    ROW(asin, inside_1, WIDE),
    ROW(acos, inside_1, WIDE),
    ROW(atan, wide, WIDE),
    ROW(atan2, largest, WIDE),
    ROW(sinh, unit, WIDE),
    ROW(cosh, unit, WIDE),
    ROW(tanh, unit, WIDE),
    ROW(asinh, wide, WIDE),
    ROW(acosh, above_1, WIDE),
    ROW(atanh, inside_1, WIDE),
    ROW(erf, unit, WIDE),
    ROW(erfc, unit, WIDE),
    ROW(tgamma, poles, GAMMA),
    ROW(lgamma, poles, GAMMA),
    ROW(digamma, poles, GAMMA),
    ROW(trigamma, poles, GAMMA),
    ROW(polygamma, poles_2, GAMMA),
    ROW(abs, own, WIDE),
    ROW(sign, own, WIDE),
    ROW(copysign, own, WIDE),
    ROW(min, apart, WIDE),
    ROW(max, apart, WIDE),
    ROW(fdim, apart, WIDE),
    ROW(relu, own, WIDE),
    ROW(leaky_relu, first_kink, WIDE),
    ROW(sigmoid, unit, WIDE),
    ROW(softplus, unit, WIDE),
    ROW(logsigmoid, unit, WIDE),
    ROW(floor, steps, WIDE),
    ROW(ceil, steps, WIDE),
    ROW(round, half_steps, WIDE),
    ROW(trunc, steps, WIDE),
    ROW(rint, half_steps, WIDE),
    ROW(fmod, multiples, WIDE),
    ROW(remainder, half_multiples, WIDE),
    ROW(detach, none, WIDE),
    ROW(select, first_kink, WIDE),
    ROW(sum, largest, WIDE),
    ROW(mean, largest, WIDE),
    ROW(dot, largest, WIDE),
    ROW(norm, largest, WIDE),
    ROW(logsumexp, unit, WIDE),
    ROW(poly, largest, WIDE),
};
#undef ROW

const judge *judge_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return judge_find_special(name);
}

/* ------------------------------------------------------------------------------------------------ differences */

/* A difference moves an operand by 2^-this of its scale.  Differences lose as many bits, second ones twice as many, and
   the slope of tanh at 350 a thousand more; what is left is far beyond double, and so is the step's square. */
static long step_of(const judge *f) { return f->bits == WIDE ? 200 : 120; }

/* r = f(x + u h[i] e_i + w h[j] e_j) */
static void moved(const judge *f, size_t n, const double x[], size_t i, int u, size_t j, int w, const double h[],
                  mpfr_t r)
{
    mpfr_t p[JUDGE_OPERANDS], step;
    mpfr_init2(step, 64);
    for (size_t k = 0; k < n; k++) {
        mpfr_init2(p[k], f->bits);
        mpfr_set_d(p[k], x[k], RN);
        for (int pass = 0; pass < 2; pass++) {
            if (k != (pass ? j : i))
                continue;
            mpfr_set_d(step, h[k], RN);
            mpfr_mul_2si(step, step, -step_of(f), RN);
            mpfr_mul_si(step, step, pass ? w : u, RN);
            mpfr_add(p[k], p[k], step, RN);
        }
    }
    (f->value == atan2_value && (u || w) ? angle : f->value)(r, n, (const mpfr_t *)p);
    for (size_t k = 0; k < n; k++)
        mpfr_clear(p[k]);
    mpfr_clear(step);
}

/* r /= the step along operand i */
static void divide_by_step(const judge *f, double h, mpfr_t r)
{
    mpfr_div_d(r, r, h, RN);
    mpfr_mul_2si(r, r, step_of(f), RN);
}

void judge_value(const judge *f, size_t n, const double x[], mpfr_t r)
{
    const double h[JUDGE_OPERANDS] = {0};
    mpfr_set_prec(r, f->bits);
    moved(f, n, x, 0, 0, 0, 0, h, r);
}

void judge_first(const judge *f, size_t n, const double x[], size_t i, mpfr_t r)
{
    double h[JUDGE_OPERANDS] = {0};
    mpfr_t low;
    mpfr_set_prec(r, f->bits);
    h[i] = f->scale(n, x, i);
    if (!(h[i] > 0)) {
        mpfr_set_nan(r);
        return;
    }
    mpfr_init2(low, f->bits);
    moved(f, n, x, i, 1, i, 0, h, r);
    moved(f, n, x, i, -1, i, 0, h, low);
    mpfr_sub(r, r, low, RN);
    mpfr_div_2ui(r, r, 1, RN);
    divide_by_step(f, h[i], r);
    mpfr_clear(low);
}

void judge_second(const judge *f, size_t n, const double x[], size_t i, size_t j, mpfr_t r)
{
    double h[JUDGE_OPERANDS] = {0};
    mpfr_t t;
    mpfr_set_prec(r, f->bits);
    h[i] = f->scale(n, x, i), h[j] = f->scale(n, x, j);
    if (!(h[i] > 0 && h[j] > 0)) {
        mpfr_set_nan(r);
        return;
    }
    mpfr_init2(t, f->bits);
    mpfr_set_zero(r, 1);
    for (int k = 0; k < 4; k++) { /* f(++) - f(+-) - f(-+) + f(--), also where i is j: then the step is twice */
        const int u = k < 2 ? 1 : -1, w = k % 2 ? -1 : 1;
        moved(f, n, x, i, u, j, w, h, t);
        if (u == w)
            mpfr_add(r, r, t, RN);
        else
            mpfr_sub(r, r, t, RN);
    }
    mpfr_div_2ui(r, r, 2, RN);
    divide_by_step(f, h[i], r);
    divide_by_step(f, h[j], r);
    mpfr_clear(t);
}

/* -------------------------------------------------------------------------------------------------- comparison */

double judge_ulp(double got, const mpfr_t exact, double floor)
{
    const double rounded = mpfr_get_d(exact, RN);
    if (got == rounded && (isinf(got) || got == 0))
        return 0;
    if (!isfinite(got) || !isfinite(rounded))
        return INFINITY;
    const double size = fmax(fabs(rounded), floor);
    const double ulp = size >= DBL_MAX / 2 ? DBL_MAX * DBL_EPSILON / 2 : nextafter(size, INFINITY) - size;
    if (got == 0 && fabs(rounded) > DBL_MIN && fabs(rounded) >= floor)
        return INFINITY;
    mpfr_t d;
    mpfr_init2(d, mpfr_get_prec(exact));
    mpfr_sub_d(d, exact, got, RN);
    const double error = fabs(mpfr_get_d(d, RN)) / ulp;
    mpfr_clear(d);
    return error;
}

void judge_begin(void)
{
    mpfr_t c;
    mpfr_set_emin(mpfr_get_emin_min());
    mpfr_set_emax(mpfr_get_emax_max());
    mpfr_init2(c, GAMMA);
    for (unsigned long k = 1; k <= ORDERS; k++) { /* (-1)^(k+1) 2 zeta(2k) / (2 pi)^(2k) */
        mpfr_init2(series[k], GAMMA);
        mpfr_zeta_ui(series[k], 2 * k, RN);
        mpfr_mul_si(series[k], series[k], k % 2 ? 2 : -2, RN);
        mpfr_const_pi(c, RN);
        mpfr_mul_ui(c, c, 2, RN);
        mpfr_pow_ui(c, c, 2 * k, RN);
        mpfr_div(series[k], series[k], c, RN);
    }
    mpfr_clear(c);
}

void judge_end(void)
{
    for (unsigned long k = 1; k <= ORDERS; k++)
        mpfr_clear(series[k]);
    mpfr_free_cache();
}
