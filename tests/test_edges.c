/* SPDX-License-Identifier: MIT */
/*
 * Derivatives at edges, through the public functions alone: every row of docs/edges.md is a row of the table here.
 * Beside it signed zeros, subnormal numbers, infinities, NaN and unused inputs.
 */
#include "testing.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"
#include "tape/tape.h"

#define V slope_value
#define N(x) slope_number(x)

/* One row: a function of up to two inputs, the point, and what is expected there. */
typedef struct edge {
    const char *text;
    V (*f)(V x, V y);
    size_t n;
    double at[2], value, slope[2];
} edge;

#define F(name, expression) \
    static V name(V x, V y) \
    {                       \
        (void)x, (void)y;   \
        return expression;  \
    }
F(abs_x, slope_abs(x))
F(relu_x, slope_relu(x))
F(sqrt_x, slope_sqrt(x))
F(x_sqrt_x, slope_mul(x, slope_sqrt(x)))
F(sqrt_xx, slope_sqrt(slope_mul(x, x)))
F(sqrt_squares, slope_sqrt(slope_add(slope_pow(x, N(2)), slope_pow(y, N(2)))))
F(hypot_xy, slope_hypot(x, y))
F(atan2_xy, slope_atan2(x, y))
F(max_xy, slope_max(x, y))
F(min_xy, slope_min(x, y))
F(pow_0, slope_pow(x, N(0)))
F(pow_1, slope_pow(x, N(1)))
F(pow_2, slope_pow(x, N(2)))
F(pow_half, slope_pow(x, N(0.5)))
F(pow_3_halves, slope_pow(x, N(1.5)))
F(pow_xy, slope_pow(x, y))
F(log_x, slope_log(x))
F(x_log_x, slope_mul(x, slope_log(x)))
F(asin_x, slope_asin(x))
F(acosh_x, slope_acosh(x))
F(cbrt_x, slope_cbrt(x))
F(tanh_x, slope_tanh(x))
F(x_over_x, slope_div(x, x))
F(sqrt_if_positive, slope_select(slope_gt(x, N(0)), slope_sqrt(x), N(0)))
F(sqrt_or_x, slope_select(slope_gt(x, N(0)), slope_sqrt(x), x))
F(sinc, slope_select(slope_eq(x, N(0)), N(1), slope_div(slope_sin(x), x)))
F(exp_or_line, slope_select(slope_lt(x, N(0)), slope_exp(x), slope_add(N(1), x)))
F(clamped_exp, slope_min(slope_exp(x), N(1)))
F(softplus_x, slope_softplus(x))
F(log_1_exp, slope_log(slope_add(N(1), slope_exp(x))))
F(lgamma_x, slope_lgamma(x))
/* ours */
F(twice_inverse, slope_div(N(1), slope_div(N(1), x)))
F(inverse, slope_div(N(1), x))
F(exp_minus, slope_exp(slope_neg(x)))
F(log2_x, slope_log2(x))
F(log10_x, slope_log10(x))
F(log1p_x, slope_log1p(x))
F(asinh_x, slope_asinh(x))
F(digamma_x, slope_digamma(x))
F(acos_x, slope_acos(x))
F(atanh_x, slope_atanh(x))
F(atan_x, slope_atan(x))
F(sigmoid_x, slope_sigmoid(x))
F(erf_x, slope_erf(x))
F(sign_x, slope_sign(x))
F(floor_x, slope_floor(x))
F(detach_x, slope_detach(x))
F(round_x, slope_round(x))
F(trunc_x, slope_trunc(x))
F(rint_x, slope_rint(x))
F(tgamma_x, slope_tgamma(x))
F(copysign_xy, slope_copysign(x, y))
F(fdim_xy, slope_fdim(x, y))
F(fmod_xy, slope_fmod(x, y))
F(remainder_xy, slope_remainder(x, y))
F(ceil_x, slope_ceil(x))
F(leaky_x, slope_leaky_relu(x, N(0.1)))
F(norm_xy, slope_norm(2, (const V[]){x, y}))
F(powi_3, slope_powi(x, N(3)))
F(powi_minus_1, slope_powi(x, N(-1)))
F(sin_x, slope_sin(x))
F(times_1, slope_mul(x, N(1)))
F(times_0_log, slope_mul(N(0), slope_log(x)))
F(only_x, slope_mul(x, N(3)))
F(less, slope_lt(x, y))
F(logsumexp_xy, slope_logsumexp(2, (const V[]){x, y}))
F(besselj_1, slope_besselj(N(1), x))
F(besselj_half, slope_besselj(N(0.5), x))
F(xlogy_xy, slope_xlogy(x, y))
F(xlog1py_xy, slope_xlog1py(x, y))
F(logaddexp_xy, slope_logaddexp(x, y))
F(logsigmoid_x, slope_logsigmoid(x))
F(erfcx_x, slope_erfcx(x))
F(ndtr_x, slope_ndtr(x))
F(log_ndtr_x, slope_log_ndtr(x))
F(ndtri_x, slope_ndtri(x))
F(erfinv_x, slope_erfinv(x))
F(erfcinv_x, slope_erfcinv(x))
F(log_exp, slope_log(slope_exp(x)))
F(log_sigmoid, slope_log(slope_sigmoid(x)))
F(log_square, slope_log(slope_pow(x, N(2))))
F(log_abs, slope_log(slope_abs(x)))
F(inverse_exp, slope_div(N(1), slope_exp(x)))
F(square_sqrt, slope_pow(slope_sqrt(x), N(2)))
F(cube_cbrt, slope_pow(slope_cbrt(x), N(3)))
F(cos_sqrt, slope_cos(slope_sqrt(x)))
F(sqrt_difference, slope_sqrt(slope_sub(x, x)))

#define INF INFINITY
#define ANY (-1234.5) /* the value is not looked at */

/* docs/edges.md, first table. */
static const edge edges[] = {
    {"abs(x)", abs_x, 1, {0}, 0, {0}},
    {"relu(x)", relu_x, 1, {0}, 0, {0}},
    {"sqrt(x)", sqrt_x, 1, {0}, 0, {INF}},
    {"x*sqrt(x)", x_sqrt_x, 1, {0}, 0, {0}},
    {"sqrt(x*x)", sqrt_xx, 1, {0}, 0, {0}},
    {"sqrt(x^2+y^2)", sqrt_squares, 2, {0, 0}, 0, {0, 0}},
    {"hypot(x,y)", hypot_xy, 2, {0, 0}, 0, {0, 0}},
    {"atan2(x,y)", atan2_xy, 2, {0, 0}, 0, {NAN, NAN}},
    {"atan2(x,y)", atan2_xy, 2, {1e-200, 1e-200}, ANY, {5e199, -5e199}},
    {"max(x,y)", max_xy, 2, {1, 1}, 1, {0.5, 0.5}},
    {"min(x,y)", min_xy, 2, {1, 1}, 1, {0.5, 0.5}},
    {"max(x,y)", max_xy, 2, {NAN, 1}, NAN, {NAN, 0}},
    {"x^0", pow_0, 1, {0}, 1, {0}},
    {"x^1", pow_1, 1, {0}, 0, {1}},
    {"x^2", pow_2, 1, {0}, 0, {0}},
    {"x^0.5", pow_half, 1, {0}, 0, {INF}},
    {"x^1.5", pow_3_halves, 1, {0}, 0, {0}},
    {"x^y", pow_xy, 2, {0, 0}, 1, {0, 0}},
    {"x^y", pow_xy, 2, {0, 1}, 0, {1, 0}},
    {"x^y", pow_xy, 2, {0, 2}, 0, {0, 0}},
    {"x^y", pow_xy, 2, {-2, 2}, 4, {-4, NAN}},
    {"x^y", pow_xy, 2, {-2, 3}, -8, {12, NAN}},
    {"log(x)", log_x, 1, {0}, -INF, {INF}},
    {"log(x)", log_x, 1, {-1}, NAN, {NAN}},
    {"x*log(x)", x_log_x, 1, {0}, ANY, {-INF}},
    {"asin(x)", asin_x, 1, {1}, ANY, {INF}},
    {"acosh(x)", acosh_x, 1, {1}, 0, {INF}},
    {"cbrt(x)", cbrt_x, 1, {0}, 0, {INF}},
    {"tanh(x)", tanh_x, 1, {20}, 1, {1.6993417021166355e-17}},
    {"x/x", x_over_x, 1, {0}, NAN, {NAN}},
    {"select(x>0,sqrt(x),0)", sqrt_if_positive, 1, {0}, 0, {0}},
    {"select(x>0,sqrt(x),x)", sqrt_or_x, 1, {-1}, -1, {1}},
    {"select(x==0,1,sin(x)/x)", sinc, 1, {0}, 1, {0}},
    {"select(x<0,exp(x),1+x)", exp_or_line, 1, {1000}, 1001, {1}},
    {"min(exp(x),1)", clamped_exp, 1, {1000}, 1, {0}},
    {"softplus(x)", softplus_x, 1, {0}, ANY, {0.5}},
    {"log(1+exp(x))", log_1_exp, 1, {800}, INF, {NAN}},
    {"lgamma(x)", lgamma_x, 1, {-1}, INF, {NAN}},
};

/* docs/edges.md, second table. */
static const edge choices[] = {
    {"1/(1/x)", twice_inverse, 1, {0}, 0, {0}},
    {"log(exp(x))", log_exp, 1, {-800}, -INF, {1}},
    {"log(sigmoid(x))", log_sigmoid, 1, {-800}, -INF, {1}},
    {"1/exp(x)", inverse_exp, 1, {-800}, INF, {NAN}},
    {"log(x^2)", log_square, 1, {0}, -INF, {NAN}},
    {"log(abs(x))", log_abs, 1, {0}, -INF, {NAN}},
    {"sqrt(x)^2", square_sqrt, 1, {0}, 0, {1}},
    {"cbrt(x)^3", cube_cbrt, 1, {0}, 0, {1}},
    {"cos(sqrt(x))", cos_sqrt, 1, {0}, 1, {INF}},
    {"sqrt(x-x)", sqrt_difference, 1, {1}, 0, {0}},
    {"1/x", inverse, 1, {0}, INF, {-INF}},
    {"1/x", inverse, 1, {-0.0}, -INF, {-INF}},
    {"1/x", inverse, 1, {INF}, 0, {0}},
    {"exp(-x)", exp_minus, 1, {INF}, 0, {0}},
    {"log(x)", log_x, 1, {INF}, INF, {NAN}},
    {"log2(x)", log2_x, 1, {INF}, INF, {NAN}},
    {"log10(x)", log10_x, 1, {INF}, INF, {NAN}},
    {"log1p(x)", log1p_x, 1, {INF}, INF, {NAN}},
    {"sqrt(x)", sqrt_x, 1, {INF}, INF, {NAN}},
    {"cbrt(x)", cbrt_x, 1, {-INF}, -INF, {NAN}},
    {"asinh(x)", asinh_x, 1, {-INF}, -INF, {NAN}},
    {"acosh(x)", acosh_x, 1, {INF}, INF, {NAN}},
    {"x^0.5", pow_half, 1, {INF}, INF, {NAN}},
    {"digamma(x)", digamma_x, 1, {INF}, INF, {NAN}},
    {"x^1.5", pow_3_halves, 1, {INF}, INF, {INF}},
    {"x^2", pow_2, 1, {-INF}, INF, {-INF}},
    {"log(x)", log_x, 1, {-0.0}, -INF, {INF}},
    {"log2(x)", log2_x, 1, {-1}, NAN, {NAN}},
    {"log10(x)", log10_x, 1, {-1}, NAN, {NAN}},
    {"log1p(x)", log1p_x, 1, {-1}, -INF, {INF}},
    {"log1p(x)", log1p_x, 1, {-2}, NAN, {NAN}},
    {"sqrt(x)", sqrt_x, 1, {-0.0}, -0.0, {INF}},
    {"sqrt(x)", sqrt_x, 1, {-1}, NAN, {NAN}},
    {"cbrt(x)", cbrt_x, 1, {-0.0}, -0.0, {INF}},
    {"asin(x)", asin_x, 1, {-1}, ANY, {INF}},
    {"asin(x)", asin_x, 1, {1.5}, NAN, {NAN}},
    {"acos(x)", acos_x, 1, {1}, 0, {-INF}},
    {"acos(x)", acos_x, 1, {-2}, NAN, {NAN}},
    {"acosh(x)", acosh_x, 1, {-2}, NAN, {NAN}},
    {"acosh(x)", acosh_x, 1, {0.5}, NAN, {NAN}},
    {"atanh(x)", atanh_x, 1, {1}, INF, {INF}},
    {"atanh(x)", atanh_x, 1, {2}, NAN, {NAN}},
    {"atan(x)", atan_x, 1, {INF}, ANY, {0}},
    {"tanh(x)", tanh_x, 1, {INF}, 1, {0}},
    {"sigmoid(x)", sigmoid_x, 1, {-INF}, 0, {0}},
    {"sigmoid(x)", sigmoid_x, 1, {40}, ANY, {4.2483542552915889e-18}},
    {"erf(x)", erf_x, 1, {INF}, 1, {0}},
    {"softplus(x)", softplus_x, 1, {INF}, INF, {1}},
    {"softplus(x)", softplus_x, 1, {800}, 800, {1}},
    {"sin(x)", sin_x, 1, {INF}, NAN, {NAN}},
    {"abs(x)", abs_x, 1, {-INF}, INF, {-1}},
    {"abs(x)", abs_x, 1, {NAN}, NAN, {NAN}},
    {"relu(x)", relu_x, 1, {NAN}, NAN, {NAN}},
    {"relu(x)", relu_x, 1, {-INF}, 0, {0}},
    {"leaky_relu(x,0.1)", leaky_x, 1, {0}, 0, {0.1}},
    {"sign(x)", sign_x, 1, {0}, 0, {0}},
    {"sign(x)", sign_x, 1, {NAN}, NAN, {NAN}},
    {"floor(x)", floor_x, 1, {2}, 2, {0}},
    {"detach(x)", detach_x, 1, {3}, 3, {0}},
    {"ceil(x)", ceil_x, 1, {2}, 2, {0}},
    {"round(x)", round_x, 1, {2.5}, 3, {0}},
    {"trunc(x)", trunc_x, 1, {-2}, -2, {0}},
    {"rint(x)", rint_x, 1, {2.5}, 2, {0}},
    {"rint(x)", rint_x, 1, {NAN}, NAN, {NAN}},
    {"copysign(x,y)", copysign_xy, 2, {0, -1}, -0.0, {0, 0}},
    {"copysign(x,y)", copysign_xy, 2, {-3, -0.0}, -3, {1, 0}},
    {"copysign(x,y)", copysign_xy, 2, {3, NAN}, NAN, {NAN, NAN}},
    {"fdim(x,y)", fdim_xy, 2, {1, 1}, 0, {0, 0}},
    {"fdim(x,y)", fdim_xy, 2, {INF, INF}, 0, {0, 0}},
    {"fdim(x,y)", fdim_xy, 2, {INF, 1}, INF, {1, -1}},
    {"fdim(x,y)", fdim_xy, 2, {NAN, 1}, NAN, {NAN, NAN}},
    {"fmod(x,y)", fmod_xy, 2, {6, 3}, 0, {1, -2}},
    {"fmod(x,y)", fmod_xy, 2, {-7, 3}, -1, {1, 2}},
    {"fmod(x,y)", fmod_xy, 2, {0.7, 0.1}, ANY, {1, -6}},
    {"fmod(x,y)", fmod_xy, 2, {5, INF}, 5, {1, 0}},
    {"fmod(x,y)", fmod_xy, 2, {5, 0}, NAN, {NAN, NAN}},
    {"fmod(x,y)", fmod_xy, 2, {1.7e308, 1e308}, ANY, {1, -1}},
    {"remainder(x,y)", remainder_xy, 2, {5, 2}, 1, {1, -2}},
    {"remainder(x,y)", remainder_xy, 2, {7, 2}, -1, {1, -4}},
    {"remainder(x,y)", remainder_xy, 2, {1.7e308, 1e308}, ANY, {1, -2}},
    {"remainder(x,y)", remainder_xy, 2, {INF, 2}, NAN, {NAN, NAN}},
    {"tgamma(x)", tgamma_x, 1, {1}, 1, {-0.57721566490153286}},
    {"tgamma(x)", tgamma_x, 1, {0}, INF, {-INF}},
    {"tgamma(x)", tgamma_x, 1, {-0.0}, -INF, {-INF}},
    {"tgamma(x)", tgamma_x, 1, {-1}, NAN, {NAN}},
    {"tgamma(x)", tgamma_x, 1, {200}, INF, {INF}},
    {"tgamma(x)", tgamma_x, 1, {-200.5}, ANY, {0}},
    {"min(x,y)", min_xy, 2, {1, NAN}, NAN, {0, NAN}},
    {"max(x,y)", max_xy, 2, {INF, 1}, INF, {1, 0}},
    {"max(x,y)", max_xy, 2, {0, -0.0}, ANY, {0.5, 0.5}},
    {"x<y", less, 2, {1, 1}, 0, {0, 0}},
    {"hypot(x,y)", hypot_xy, 2, {1e300, 1e300}, ANY, {0.70710678118654752, 0.70710678118654752}},
    {"hypot(x,y)", hypot_xy, 2, {1e-300, 0}, 1e-300, {1, 0}},
    {"norm(x,y)", norm_xy, 2, {0, 0}, 0, {0, 0}},
    {"norm(x,y)", norm_xy, 2, {3e200, 4e200}, ANY, {0.6, 0.8}},
    {"atan2(x,y)", atan2_xy, 2, {0, -1}, ANY, {-1, 0}},
    {"powi(x,3)", powi_3, 1, {0}, 0, {0}},
    {"powi(x,-1)", powi_minus_1, 1, {0}, INF, {-INF}},
    {"x^y", pow_xy, 2, {0, -1}, INF, {-INF, -INF}},
    {"x^y", pow_xy, 2, {1, 1000}, 1, {1000, 0}},
    {"x^0", pow_0, 1, {NAN}, 1, {0}},
    {"0*log(x)", times_0_log, 1, {-1}, NAN, {0}},
    {"x*1", times_1, 1, {4.9406564584124654e-324}, 4.9406564584124654e-324, {1}},
    {"tanh(x)", tanh_x, 1, {-0.0}, -0.0, {1}},
    {"sin(x)", sin_x, 1, {-4.9406564584124654e-324}, -4.9406564584124654e-324, {1}},
    {"3*x", only_x, 2, {2, INF}, 6, {3, 0}},
    {"lgamma(x)", lgamma_x, 1, {0}, INF, {NAN}},
    {"lgamma(x)", lgamma_x, 1, {INF}, INF, {INF}},
    {"logsumexp(x,y)", logsumexp_xy, 2, {1000, 1000}, ANY, {0.5, 0.5}},
    {"logsumexp(x,y)", logsumexp_xy, 2, {INF, 0}, INF, {NAN, NAN}},
    {"besselj(1,x)", besselj_1, 1, {0}, 0, {0.5}},
    {"besselj(1,x)", besselj_1, 1, {INF}, 0, {0}},
    {"besselj(0.5,x)", besselj_half, 1, {1}, NAN, {NAN}},
    {"xlogy(x,y)", xlogy_xy, 2, {0, 0}, 0, {-INF, 0}},
    {"xlogy(x,y)", xlogy_xy, 2, {2, 0}, -INF, {-INF, INF}},
    {"xlogy(x,y)", xlogy_xy, 2, {2, -1}, NAN, {NAN, NAN}},
    {"xlogy(x,y)", xlogy_xy, 2, {0, NAN}, NAN, {NAN, NAN}},
    {"xlog1py(x,y)", xlog1py_xy, 2, {0, -1}, 0, {-INF, 0}},
    {"logaddexp(x,y)", logaddexp_xy, 2, {1000, 1000}, ANY, {0.5, 0.5}},
    {"logaddexp(x,y)", logaddexp_xy, 2, {1e100, 0}, 1e100, {1, 0}},
    {"logaddexp(x,y)", logaddexp_xy, 2, {-INF, 3}, 3, {0, 1}},
    {"logaddexp(x,y)", logaddexp_xy, 2, {INF, 0}, INF, {NAN, NAN}},
    {"logsigmoid(x)", logsigmoid_x, 1, {-800}, -800, {1}},
    {"logsigmoid(x)", logsigmoid_x, 1, {-INF}, -INF, {1}},
    {"erfcx(x)", erfcx_x, 1, {INF}, 0, {0}},
    {"erfcx(x)", erfcx_x, 1, {-30}, INF, {-INF}},
    {"ndtr(x)", ndtr_x, 1, {-INF}, 0, {0}},
    {"log_ndtr(x)", log_ndtr_x, 1, {-40}, -804.6084420137538, {40.02496884720726}},
    {"log_ndtr(x)", log_ndtr_x, 1, {-1e200}, -INF, {1e200}},
    {"log_ndtr(x)", log_ndtr_x, 1, {-INF}, -INF, {INF}},
    {"ndtri(x)", ndtri_x, 1, {0}, -INF, {INF}},
    {"ndtri(x)", ndtri_x, 1, {1}, INF, {INF}},
    {"ndtri(x)", ndtri_x, 1, {2}, NAN, {NAN}},
    {"erfinv(x)", erfinv_x, 1, {1}, INF, {INF}},
    {"erfinv(x)", erfinv_x, 1, {-1}, -INF, {INF}},
    {"erfinv(x)", erfinv_x, 1, {1.5}, NAN, {NAN}},
    {"erfcinv(x)", erfcinv_x, 1, {0}, INF, {-INF}},
    {"erfcinv(x)", erfcinv_x, 1, {2}, -INF, {-INF}},
    {"erfcinv(x)", erfcinv_x, 1, {-0.5}, NAN, {NAN}},
};

/* The same number, within 2 ulp where it is no whole one; NaN is NaN, and -0 is not 0 where it is expected. */
static int equal(double got, double expected)
{
    if (isnan(expected))
        return isnan(got);
    if (isfinite(expected) && expected != trunc(expected))
        return fabs(got - expected) <= 2 * DBL_EPSILON * fabs(expected);
    return got == expected && (expected != 0 || !signbit(expected) || signbit(got));
}

static int check_edge(slope_tape *t, const edge *e)
{
    slope_tape_reset(t);
    V in[2];
    in[0] = slope_var(t, e->at[0]);
    in[1] = e->n > 1 ? slope_var(t, e->at[1]) : N(0);
    const V v = e->f(in[0], in[1]);
    assert_int_equal(slope_backward(v), SLOPE_OK);
    int failures = e->value != ANY && !equal(slope_data(v), e->value);
    if (failures)
        print_error("%s at (%g, %g) has the value %.17g, not %.17g\n", e->text, e->at[0], e->at[1], slope_data(v),
                    e->value);
    for (size_t i = 0; i < e->n; i++) {
        if (equal(slope_grad(in[i]), e->slope[i]))
            continue;
        print_error("%s at (%g, %g) has the slope %.17g by operand %zu, not %.17g\n", e->text, e->at[0], e->at[1],
                    slope_grad(in[i]), i + 1, e->slope[i]);
        failures++;
    }
    return failures;
}

static int check_all(slope_tape *t, const edge list[], size_t n)
{
    int failures = 0;
    for (size_t k = 0; k < n; k++)
        failures += check_edge(t, &list[k]);
    return failures;
}

static void every_edge_has_the_slope_of_the_table(void **state)
{
    assert_int_equal(check_all(*state, edges, sizeof edges / sizeof *edges), 0);
}

static void every_choice_of_ours_is_as_documented(void **state)
{
    assert_int_equal(check_all(*state, choices, sizeof choices / sizeof *choices), 0);
}

/* "5e-324", "nan", "-inf": as docs/edges.md writes numbers */
static void number_text(double x, char *text, size_t size)
{
    char number[SLOPE__NUMBER_SIZE], format[24];
    snprintf(text, size, "%s", isnan(x) ? "nan" : isinf(x) ? (x > 0 ? "inf" : "-inf") : "");
    for (int digits = fabs(x) < 1e6 && x == trunc(x) ? 7 : 1; isfinite(x) && digits <= 17; digits++) {
        snprintf(format, sizeof format, "%%.%dg", digits);
        snprintf(text, size, "%s", slope__number_format(number, format, x));
        if (number_of(text) == x)
            break;
    }
}

/* The document's row for an edge: | `text` | x=1, y=2 | value | slopes | */
static void row_text(const edge *e, char *row, size_t size)
{
    char at[2][32], slope[2][32], value[32];
    number_text(e->value, value, sizeof value);
    for (size_t i = 0; i < 2; i++) {
        number_text(e->at[i], at[i], sizeof at[i]);
        number_text(e->slope[i], slope[i], sizeof slope[i]);
    }
    if (e->value == ANY)
        strcpy(value, "-");
    if (e->n == 1)
        snprintf(row, size, "| `%s` | x=%s | %s | **%s** |", e->text, at[0], value, slope[0]);
    else
        snprintf(row, size, "| `%s` | x=%s, y=%s | %s | **%s, %s** |", e->text, at[0], at[1], value, slope[0],
                 slope[1]);
}

/* SLOPE_PRINT_EDGES in the environment prints the rows instead, for writing the document. */
static void the_document_has_every_row(void **state)
{
    (void)state;
    static char text[1 << 16];
    FILE *file = fopen(SLOPE_SOURCE_DIR "/docs/edges.md", "r");
    const size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[length] = 0;
    int missing = 0;
    for (size_t k = 0; k < sizeof edges / sizeof *edges + sizeof choices / sizeof *choices; k++) {
        const size_t first = sizeof edges / sizeof *edges;
        char row[256];
        row_text(k < first ? &edges[k] : &choices[k - first], row, sizeof row);
        if (getenv("SLOPE_PRINT_EDGES"))
            print_message("%s\n", row);
        else if (!strstr(text, row) && ++missing)
            print_error("docs/edges.md lacks the row  %s\n", row);
    }
    assert_int_equal(missing, 0);
}

/* Of one operand: a domain error, a pole or an overflow that became NaN leaves no finite slope; nor does a NaN
   operand. */
static void a_nan_value_never_has_a_finite_slope(void **state)
{
    static const double at[] = {NAN,
                                INFINITY,
                                -INFINITY,
                                -1e308,
                                -1e300,
                                -1e20,
                                -200.5,
                                -3,
                                -2,
                                -1.5,
                                -1.0000000000000002,
                                -1,
                                -0.5,
                                -0.0,
                                0,
                                0.5,
                                1,
                                1.0000000000000002,
                                1.5,
                                3,
                                1e20,
                                1e300,
                                1e308};
    int failures = 0, looked_at = 0;
    for (size_t op = SLOPE_OP_CONST + 1; op < SLOPE_OP_CUSTOM; op++) {
        for (size_t k = 0; k < sizeof at / sizeof *at && slope_op_describe((slope_op)op)->arity == 1; k++) {
            slope_tape_reset(*state);
            const V x = slope_var(*state, at[k]), v = slope_apply((slope_op)op, 1, &x);
            if (!isnan(slope_data(v)) || op == SLOPE_OP_NEG || op == SLOPE_OP_DETACH) /* -1 and 0 everywhere */
                continue;
            looked_at++;
            if (!isnan(slope_partial(v, 0)) && ++failures)
                print_error("%s at %g is NaN with slope %g\n", slope_op_describe((slope_op)op)->name, at[k],
                            slope_partial(v, 0));
        }
    }
    assert_int_equal(failures, 0);
    assert_true(looked_at > 100);
}

/* The slope that the table records for differentiating again: where it is infinite, its own slope is not finite. */
static void second_derivatives_are_not_finite_where_first_ones_are_not(void **state)
{
    static const double at[] = {0.0, -0.0, 1.0, -1.0};
    slope_tape *t = *state;
    int failures = 0, infinite = 0;
    for (size_t op = SLOPE_OP_CONST + 1; op < SLOPE_OP_CUSTOM; op++) {
        for (size_t k = 0; k < 4 && slope_op_describe((slope_op)op)->arity == 1; k++) {
            slope_tape_reset(t);
            const V x = slope_var(t, at[k]),
                    p = replay_partial((slope_op)op, 1, &x, slope_apply((slope_op)op, 1, &x), 0);
            if (!isinf(slope_data(p)))
                continue;
            assert_int_equal(slope_backward(p), SLOPE_OK);
            infinite++;
            if (isfinite(slope_grad(x)) && ++failures)
                print_error("%s'' at %g is %g\n", slope_op_describe((slope_op)op)->name, at[k], slope_grad(x));
        }
    }
    assert_int_equal(failures, 0);
    assert_true(infinite >= 8); /* sqrt, cbrt, log, log2, log10 at 0, log1p at -1, asin, acos, acosh, atanh */
}

/* d2/dx2 at an edge, of the recorded slope: the rules hold there too. */
static void second_derivatives_follow_the_same_rules(void **state)
{
    slope_tape *t = *state;
    const V x = slope_var(t, 0.0);
    /* sqrt'' at 0 is -Inf, never a finite number; x^2'' is 2, x^1'' is 0, sign' is 0 */
    const V slope_of_sqrt = slope_div(N(0.5), slope_sqrt(x));
    assert_int_equal(slope_backward(slope_of_sqrt), SLOPE_OK);
    assert_true(slope_grad(x) == -INFINITY);
    assert_int_equal(slope_backward(slope_mul(N(2), slope_pow(x, N(1)))), SLOPE_OK);
    assert_true(slope_grad(x) == 2);
    assert_int_equal(slope_backward(slope_sign(x)), SLOPE_OK);
    assert_true(slope_grad(x) == 0);
}

static void an_unused_input_has_slope_exactly_zero(void **state)
{
    slope_tape *t = *state;
    const V x = slope_var(t, NAN), y = slope_var(t, 2), z = slope_var(t, INFINITY);
    (void)slope_log(slope_mul(x, z)); /* recorded, but no part of the output */
    assert_int_equal(slope_backward(slope_mul(y, y)), SLOPE_OK);
    assert_true(slope_grad(x) == 0 && slope_grad(z) == 0 && slope_grad(y) == 4);
}

static void a_chosen_branch_hides_infinities_of_the_other(void **state)
{
    slope_tape *t = *state;
    const V x = slope_var(t, 0.0), y = slope_var(t, 3.0);
    const V v = slope_select(slope_ge(x, N(0)), slope_mul(x, y), slope_mul(slope_log(x), slope_div(y, x)));
    assert_int_equal(slope_backward(v), SLOPE_OK);
    assert_true(slope_data(v) == 0 && slope_grad(x) == 3 && slope_grad(y) == 0);
}

static void the_smallest_numbers_are_kept(void **state)
{
    slope_tape *t = *state;
    const V x = slope_var(t, DBL_TRUE_MIN), y = slope_var(t, 1.0);
    const V v = slope_mul(slope_mul(x, y), N(1));
    assert_int_equal(slope_backward(v), SLOPE_OK);
    assert_true(slope_data(v) == DBL_TRUE_MIN && slope_grad(y) == DBL_TRUE_MIN && slope_grad(x) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(every_edge_has_the_slope_of_the_table),
        on_tape(every_choice_of_ours_is_as_documented),
        on_tape(the_document_has_every_row),
        on_tape(a_nan_value_never_has_a_finite_slope),
        on_tape(second_derivatives_are_not_finite_where_first_ones_are_not),
        on_tape(second_derivatives_follow_the_same_rules),
        on_tape(an_unused_input_has_slope_exactly_zero),
        on_tape(a_chosen_branch_hides_infinities_of_the_other),
        on_tape(the_smallest_numbers_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
