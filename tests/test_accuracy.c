/* SPDX-License-Identifier: MIT */
/*
 * Every operation against MPFR: first partials within 2 ulp (lgamma's family, erfc and sums 4), second ones within 4,
 * at ordinary and extreme points, no false 0, Inf or NaN.  SLOPE_ACCURACY_POINTS in the environment asks for more
 * random points.
 */
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure_lanes.h"
#include "ops/special.h"

static size_t random_points(void)
{
    const char *text = getenv("SLOPE_ACCURACY_POINTS");
    return text ? strtoul(text, NULL, 10) : 25;
}

/* Says where a limit is broken; 1 if it is. */
static int broken(slope_op op, measure_kind kind, const measure_worst *w, double limit)
{
    static const char *const text[] = {"value", "first partial", "second partial"};
    if (w->ulp <= limit)
        return 0;
    print_error("%s: %s by %zu, %zu is %.17g, not %.17g (%.2f ulp, limit %g) at", slope_op_describe(op)->name,
                text[kind], w->i, w->j, w->got, w->exact, w->ulp, limit);
    for (size_t i = 0; i < w->n; i++)
        print_error(" %.17g", w->x[i]);
    print_error("\n");
    return 1;
}

static void every_partial_is_within_its_limit(void **state)
{
    int failures = 0;
    size_t judged = 0;
    for (size_t op = 0; op < slope_op_count(); op++) {
        measure_worst w[MEASURE_KINDS][MEASURE_REGIONS];
        measure_operation(*state, (slope_op)op, random_points(), w);
        for (int kind = MEASURE_FIRST; kind < MEASURE_KINDS; kind++) {
            const double limit = measure_limit((slope_op)op, (measure_kind)kind);
            for (int region = 0; region < MEASURE_REGIONS; region++)
                failures += broken((slope_op)op, (measure_kind)kind, &w[kind][region], limit);
        }
        judged += w[MEASURE_FIRST][MEASURE_ORDINARY].count > 0;
    }
    assert_int_equal(failures, 0);
    assert_true(judged >= 50); /* the loop above did look at the table */
}

/* libm is up to 4 ulp off (cbrt); what we compute ourselves must not be more. */
static void values_are_those_of_libm(void **state)
{
    static const char *const names[] = {"sigmoid", "softplus", "logsumexp", "norm", "cbrt", "hypot", "lgamma"};
    int failures = 0;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const slope_op op = slope_op_find(names[k]);
        measure_worst w[MEASURE_KINDS][MEASURE_REGIONS];
        measure_operation(*state, op, random_points(), w);
        for (int region = 0; region < MEASURE_REGIONS; region++)
            failures += broken(op, MEASURE_VALUE, &w[MEASURE_VALUE][region], 4);
    }
    assert_int_equal(failures, 0);
}

/* The worst error of digamma (order 0), trigamma (1) or polygamma over `points` steps from low to high. */
static double worst_gamma(unsigned order, double low, double high, size_t points)
{
    const judge *f = judge_find(order == 0 ? "digamma" : order == 1 ? "trigamma" : "polygamma");
    double worst = 0;
    mpfr_t exact;
    mpfr_init2(exact, 53);
    for (size_t k = 0; k < points; k++) {
        const double x = low + (high - low) * (double)k / (double)points, operand[] = {order < 2 ? x : order, x};
        judge_value(f, 2, operand, exact);
        const double got = order == 0   ? slope__digamma(x)
                           : order == 1 ? slope__trigamma(x)
                                        : slope__polygamma(order, x);
        worst = fmax(worst, judge_ulp(got, exact, 0));
    }
    mpfr_clear(exact);
    return worst;
}

static void the_gamma_family_keeps_its_digits_also_beside_the_root(void **state)
{
    static const double range[][2] = {{1e-300, 1e-290}, {1e-5, 1}, {1, 2}, {1.4616321449683, 1.4616321449684},
                                      {2, 4},           {4, 8},    {8, 30}};
    (void)state;
    for (size_t k = 0; k < sizeof range / sizeof *range; k++) {
        assert_near(worst_gamma(0, range[k][0], range[k][1], 300), 0.0, 4.0);
        assert_near(worst_gamma(1, range[k][0], range[k][1], 100), 0.0, 4.0);
        assert_near(worst_gamma(2, range[k][0], range[k][1], 40), 0.0, 10.0);
        assert_near(worst_gamma(25, range[k][0], range[k][1], 20), 0.0, 10.0);
    }
}

static void polygamma_refuses_what_is_no_order(void **state)
{
    (void)state;
    assert_true(isnan(slope__polygamma(-1, 2)) && isnan(slope__polygamma(0.5, 2)) && isnan(slope__polygamma(1e300, 2)));
    assert_true(isnan(slope__polygamma(2, 0)) && isnan(slope__polygamma(3, -4)) && isnan(slope__polygamma(NAN, 2)));
    assert_true(slope__polygamma(0, 3) == slope__digamma(3) && slope__polygamma(1, 3) == slope__trigamma(3));
    assert_true(isinf(slope__polygamma(2, 1e-310)) && slope__polygamma(3, INFINITY) == 0);
}

/* The judge is judged by identities that its formulas do not use. */
static void the_judge_knows_its_derivatives(void **state)
{
    static const struct {
        const char *of, *is;
    } pairs[] = {{"sin", "cos"},        {"sinh", "cosh"},        {"exp", "exp"},
                 {"lgamma", "digamma"}, {"digamma", "trigamma"}, {"softplus", "sigmoid"}};
    (void)state;
    mpfr_t a, b;
    mpfr_inits2(53, a, b, (mpfr_ptr)0);
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        const double x[] = {0.7};
        judge_first(judge_find(pairs[k].of), 1, x, 0, a);
        judge_value(judge_find(pairs[k].is), 1, x, b);
        mpfr_sub(a, a, b, MPFR_RNDN);
        assert_true(mpfr_zero_p(a) || mpfr_get_exp(a) < -150);
    }
    judge_second(judge_find("mul"), 2, (const double[]){3, 5}, 0, 1, a);
    assert_true(mpfr_cmp_ui(a, 1) == 0);
    mpfr_clears(a, b, (mpfr_ptr)0);
}

static double slope_at_point(slope_tape *t, slope_op op, double x)
{
    slope_tape_reset(t);
    const slope_value v = slope_var(t, x), y = slope_apply(op, 1, &v);
    assert_int_equal(slope_backward(y), SLOPE_OK);
    return slope_grad(v);
}

/* Numbers that others answer with 0 or Inf. */
static void slopes_do_not_vanish_where_textbook_forms_do(void **state)
{
    assert_true(slope_at_point(*state, SLOPE_OP_TANH, 20) == 1.6993417021166355e-17);
    assert_true(slope_at_point(*state, SLOPE_OP_SIGMOID, 40) == 4.2483542552915889e-18);
    assert_near(slope_at_point(*state, SLOPE_OP_ERFC, 26) / -2.9470349932662695e-294, 1.0, 5e-16);
    assert_true(slope_at_point(*state, SLOPE_OP_ATAN, 1e160) > 0 &&
                slope_at_point(*state, SLOPE_OP_ASINH, 1e200) == 1e-200);
    assert_true(slope_at_point(*state, SLOPE_OP_ATANH, 1 - 0x1p-53) == 0x1p52);
}

static int start(void **state)
{
    judge_begin();
    return tape_setup(state);
}

static int stop(void **state)
{
    judge_end();
    return tape_teardown(state);
}

static void values_in_lanes_are_within_4_ulp_on_every_vector_unit(void **state)
{
    (void)state;
    for (size_t op = 0; op < slope_op_count(); op++) {
        const slope_op_info *info = slope_op_describe((slope_op)op);
        if (info->arity < 1 || !judge_find(info->name))
            continue;
        for (size_t u = 0; u < MEASURE_UNITS; u++) {
            measure_worst w[MEASURE_REGIONS];
            assert_true(measure_lanes((slope_op)op, measure_units[u], 100, w));
            for (int r = 0; r < MEASURE_REGIONS; r++) {
                assert_true(w[r].count > 0);
                if (!(w[r].ulp <= measure_limit((slope_op)op, MEASURE_VALUE)))
                    fail_msg("%s(%.17g, %.17g, %.17g) in lanes of %s is %.17g, exactly %.17g: %.2f ulp", info->name,
                             w[r].x[0], w[r].x[1], w[r].x[2], measure_units[u], w[r].got, w[r].exact, w[r].ulp);
            }
        }
    }
}

#define judged(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        judged(the_judge_knows_its_derivatives),
        judged(every_partial_is_within_its_limit),
        judged(values_in_lanes_are_within_4_ulp_on_every_vector_unit),
        judged(values_are_those_of_libm),
        judged(the_gamma_family_keeps_its_digits_also_beside_the_root),
        judged(polygamma_refuses_what_is_no_order),
        judged(slopes_do_not_vanish_where_textbook_forms_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
