/* SPDX-License-Identifier: MIT */
/* Special functions in MPFR: by what it has, by series, and inverses by Newton's steps; see judge.h. */
#include "judge.h"

#include <math.h>
#include <string.h>

#define RN MPFR_RNDN
enum { WIDE = JUDGE_WIDE, GAMMA = JUDGE_GAMMA };

/* ---------------------------------------------------------------------------------------------------- values */

/* exp(x^2) times the n-th repeated integral of erfc, far out the asymptotic series DLMF 7.18.14. */
static void integral_of_erfc_at(mpfr_t r, long n, const mpfr_t x)
{
    mpfr_t a, b;
    mpfr_inits2(mpfr_get_prec(r), a, b, (mpfr_ptr)0);
    mpfr_set_zero(r, 1);
    if (mpfr_cmp_ui(x, 1000000) > 0) {
        mpfr_const_pi(a, RN);
        mpfr_rec_sqrt(a, a, RN);
        mpfr_mul_2ui(a, a, 1, RN);
        mpfr_mul_2ui(b, x, 1, RN);
        mpfr_pow_si(r, b, -(n + 1), RN);
        mpfr_mul(a, a, r, RN);
        mpfr_set(r, a, RN);
        for (long k = 0; k < 200; k += 2) {
            mpfr_mul_si(a, a, -(k + n + 1) * (k + n + 2), RN);
            mpfr_div_ui(a, a, (unsigned long)k / 2 + 1, RN);
            mpfr_div(a, a, b, RN);
            mpfr_div(a, a, b, RN);
            mpfr_add(r, r, a, RN);
        }
    } else { /* from order -1 and 0 upwards */
        mpfr_sqr(a, x, RN);
        mpfr_exp(a, a, RN);
        mpfr_erfc(r, x, RN);
        mpfr_mul(r, r, a, RN);
        mpfr_const_pi(a, RN);
        mpfr_rec_sqrt(a, a, RN);
        mpfr_mul_2ui(a, a, 1, RN);
        for (long k = 1; k <= n; k++) {
            mpfr_mul(b, x, r, RN);
            mpfr_div_2ui(a, a, 1, RN);
            mpfr_sub(b, a, b, RN);
            mpfr_set(a, r, RN);
            mpfr_div_ui(r, b, (unsigned long)k, RN);
        }
    }
    mpfr_clears(a, b, (mpfr_ptr)0);
}

static void erfcx_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, integral_of_erfc_at(r, 0, x[0]); }

static void ierfcx_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    (void)n, integral_of_erfc_at(r, mpfr_get_si(x[0], RN), x[1]);
}

static void over_root_2(mpfr_t r, const mpfr_t x, int sign)
{
    mpfr_sqrt_ui(r, 2, RN);
    mpfr_div(r, x, r, RN);
    mpfr_mul_si(r, r, sign, RN);
}

static void ndtr_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    (void)n, over_root_2(r, x[0], -1);
    mpfr_erfc(r, r, RN);
    mpfr_div_2ui(r, r, 1, RN);
}

static void log_ndtr_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    mpfr_t a;
    mpfr_init2(a, mpfr_get_prec(r));
    (void)n, over_root_2(a, x[0], -1);
    if (mpfr_sgn(x[0]) > 0) {
        mpfr_neg(a, a, RN);
        mpfr_erfc(r, a, RN);
        mpfr_div_2si(r, r, 1, RN);
        mpfr_neg(r, r, RN);
        mpfr_log1p(r, r, RN);
    } else {
        integral_of_erfc_at(r, 0, a);
        mpfr_div_2ui(r, r, 1, RN);
        mpfr_log(r, r, RN);
        mpfr_sqr(a, a, RN);
        mpfr_sub(r, r, a, RN);
    }
    mpfr_clear(a);
}

/* erfc(v) = q, 0 < q <= 1, by Newton on its logarithm; above 1/2 on 1 - q = erf(v), which is `less`. */
static void inverse_of_erfc(mpfr_t v, const mpfr_t q, const mpfr_t less)
{
    const mpfr_prec_t bits = mpfr_get_prec(v);
    mpfr_t e, log_q, slope;
    mpfr_inits2(bits, e, log_q, slope, (mpfr_ptr)0);
    const int inside = mpfr_cmp_d(q, 0.5) > 0;
    mpfr_log(log_q, q, RN);
    mpfr_neg(v, log_q, RN);
    if (inside)
        mpfr_set(v, less, RN);
    else
        mpfr_sqrt(v, v, RN);
    for (int k = 0; k < 60; k++) {
        mpfr_sqr(slope, v, RN); /* 1 / |erf'| */
        mpfr_exp(slope, slope, RN);
        mpfr_const_pi(e, RN);
        mpfr_sqrt(e, e, RN);
        mpfr_mul(slope, slope, e, RN);
        mpfr_div_2ui(slope, slope, 1, RN);
        if (inside) {
            mpfr_erf(e, v, RN);
            mpfr_sub(e, less, e, RN);
            mpfr_mul(e, e, slope, RN);
        } else {
            mpfr_erfc(e, v, RN);
            mpfr_mul(slope, slope, e, RN);
            mpfr_log(e, e, RN);
            mpfr_sub(e, e, log_q, RN);
            mpfr_mul(e, e, slope, RN);
        }
        mpfr_add(v, v, e, RN);
        if (mpfr_zero_p(e) || mpfr_get_exp(e) < mpfr_get_exp(v) - bits + 8)
            break;
    }
    mpfr_clears(e, log_q, slope, (mpfr_ptr)0);
}

/* erfinv(x) for side 0, erfcinv(x) for side 1 */
static void inverse(mpfr_t r, const mpfr_t x, int side)
{
    mpfr_t y, q;
    mpfr_inits2(mpfr_get_prec(r), y, q, (mpfr_ptr)0);
    if (side)
        mpfr_ui_sub(y, 1, x, RN);
    else
        mpfr_set(y, x, RN);
    const int sign = mpfr_sgn(y);
    const int end = side ? mpfr_zero_p(x) || mpfr_cmp_ui(x, 2) == 0 : mpfr_cmpabs_ui(x, 1) == 0;
    if (end) {
        mpfr_set_inf(r, sign);
    } else if (side ? mpfr_sgn(x) < 0 || mpfr_cmp_ui(x, 2) > 0 : mpfr_cmpabs_ui(x, 1) > 0) {
        mpfr_set_nan(r);
    } else {
        mpfr_abs(y, y, RN);
        mpfr_ui_sub(q, 1, y, RN);
        if (side && sign > 0)
            mpfr_set(q, x, RN);
        inverse_of_erfc(r, q, y);
        mpfr_mul_si(r, r, sign, RN);
    }
    mpfr_clears(y, q, (mpfr_ptr)0);
}

static void erfinv_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, inverse(r, x[0], 0); }

static void erfcinv_value(mpfr_t r, size_t n, const mpfr_t x[]) { (void)n, inverse(r, x[0], 1); }

static void ndtri_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    mpfr_t q;
    mpfr_init2(q, mpfr_get_prec(r));
    (void)n, mpfr_mul_2ui(q, x[0], 1, RN);
    inverse(r, q, 1);
    mpfr_sqrt_ui(q, 2, RN);
    mpfr_mul(r, r, q, RN);
    mpfr_neg(r, r, RN);
    mpfr_clear(q);
}

static void besselj_value(mpfr_t r, size_t n, const mpfr_t x[])
{
    (void)n, mpfr_jn(r, mpfr_get_si(x[0], RN), x[1], RN);
}

/* ------------------------------------------------------------------------- how far an operand may be moved */

static double unit(size_t n, const double x[], size_t i)
{
    (void)n, (void)x, (void)i;
    return 1;
}

static double inside_1(size_t n, const double x[], size_t i)
{
    (void)n;
    return fabs(x[i]) < 1 ? 1 - fabs(x[i]) : 0;
}

/* Of the inverse of a distribution function on 0 ... high. */
static double inside_2(size_t n, const double x[], size_t i)
{
    (void)n;
    return x[i] > 0 && x[i] < 2 ? fmin(x[i], 2 - x[i]) : 0;
}

static double inside_0_1(size_t n, const double x[], size_t i)
{
    (void)n;
    return x[i] > 0 && x[i] < 1 ? fmin(x[i], 1 - x[i]) : 0;
}

/* No derivative by a whole order. */
static double second_unit(size_t n, const double x[], size_t i) { return (void)n, i ? fmin(1, fabs(x[1])) : 0; }

static double second_wide(size_t n, const double x[], size_t i) { return (void)n, i ? fmax(1, fabs(x[1])) : 0; }

#define ROW(name, scale, bits)           \
    {                                    \
#name, name##_value, scale, bits \
    }
static const judge table[] = {
    ROW(besselj, second_unit, WIDE),

    ROW(erfcx, unit, WIDE),          ROW(ierfcx, second_wide, WIDE), ROW(erfinv, inside_1, GAMMA),
    ROW(erfcinv, inside_2, GAMMA),   ROW(ndtr, unit, WIDE),          ROW(log_ndtr, unit, WIDE),
    ROW(ndtri, inside_0_1, GAMMA),
};
#undef ROW

const judge *judge_find_special(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}
