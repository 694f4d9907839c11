/* SPDX-License-Identifier: MIT */
/*
 * Numerical derivatives: every method against exact derivatives, the error estimate against the true error, domain
 * edges, arguments, failures.  The verdicts of the check are in test_check.c.
 */
#include "testing.h"

#include "failing.h"

#include <complex.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------- functions */

/* A function of one variable, its derivative, and where to try it: |x| from low to high, both signs if is_even. */
typedef struct sample {
    const char *name;
    double (*f)(double x);
    long double (*exact)(long double x);
    double low, high;
    int both_signs;
} sample;

#define FUNCTION(name, value, derivative)              \
    static double f_##name(double x) { return value; } \
    static long double exact_##name(long double x) { return derivative; }

FUNCTION(identity, x, 1 + 0 * x)
FUNCTION(square, x *x, 2 * x)
FUNCTION(inverse, 1 / x, -1 / (x * x))
FUNCTION(sine, sin(x), cosl(x))
FUNCTION(exponential, exp(x), expl(x))
FUNCTION(logarithm, log(x), 1 / x)
FUNCTION(root, sqrt(x), 0.5L / sqrtl(x))
FUNCTION(tangent, tan(x), 1 + tanl(x) * tanl(x))
FUNCTION(fast_sine, sin(100 * x), 100 * cosl(100 * x))
FUNCTION(ripple, x + 1e-6 * sin(1e6 * x), 1 + cosl(1e6L * x))
FUNCTION(near_pole, 1 / (1.0000001 - x), 1 / (((long double)1.0000001 - x) * ((long double)1.0000001 - x)))
FUNCTION(huge, 1e200 * sin(x), 1e200L * cosl(x))
FUNCTION(tiny, 1e-300 * sin(x), 1e-300L * cosl(x))
FUNCTION(narrow_bell, exp(-1e6 * (x - 1) * (x - 1)), -2e6L * (x - 1) * expl(-1e6L * (x - 1) * (x - 1)))
FUNCTION(power, pow(x, 10), 10 * powl(x, 9))
FUNCTION(not_smooth, x *fabs(x), 2 * fabsl(x))
FUNCTION(absolute, fabs(x), x > 0 ? 1 : -1)
FUNCTION(soft_kink, sqrt((x - 1) * (x - 1) + 1e-12), (x - 1) / sqrtl((x - 1) * (x - 1) + (long double)1e-12))
FUNCTION(runge, 1 / (1 + 25 * x * x), -50 * x / ((1 + 25 * x * x) * (1 + 25 * x * x)))
FUNCTION(offset, (1e6 + sin(x)) - 1e6, cosl(x))
FUNCTION(in_float, (double)sinf((float)x), cosl(x))
FUNCTION(shifted, (1 + x) - 1, 1 + 0 * x)
FUNCTION(oscillating, x *sin(1 / x), sinl(1 / x) - cosl(1 / x) / x)
FUNCTION(steep, cbrt(x), 1 / (3 * cbrtl(x) * cbrtl(x)))
FUNCTION(flat_far_out, exp(-x *x), -2 * x * expl(-x * x))
FUNCTION(constant, 3 + 0 * x, 0 * x)

#define SAMPLE(name, low, high, both)                  \
    {                                                  \
#name, f_##name, exact_##name, low, high, both \
    }
static const sample samples[] = {
    SAMPLE(identity, 1e-300, 1e300, 1), SAMPLE(square, 1e-140, 1e140, 1),   SAMPLE(inverse, 1e-140, 1e140, 1),
    SAMPLE(sine, 1e-300, 1e8, 1),       SAMPLE(exponential, 1e-30, 500, 1), SAMPLE(logarithm, 1e-290, 1e290, 0),
    SAMPLE(root, 1e-290, 1e290, 0),     SAMPLE(tangent, 1e-8, 100, 1),      SAMPLE(fast_sine, 1e-10, 1e6, 1),
    SAMPLE(ripple, 1e-10, 10, 1),       SAMPLE(near_pole, 1e-10, 1e5, 1),   SAMPLE(huge, 1e-8, 10, 1),
    SAMPLE(tiny, 1e-8, 10, 1),          SAMPLE(narrow_bell, 0.9, 1.1, 0),   SAMPLE(power, 1e-10, 1e10, 1),
    SAMPLE(not_smooth, 1e-20, 1e20, 1), SAMPLE(absolute, 1e-20, 1e20, 1),   SAMPLE(soft_kink, 0.5, 1.5, 0),
    SAMPLE(runge, 1e-8, 1e4, 1),        SAMPLE(offset, 1e-5, 10, 1),        SAMPLE(in_float, 1e-2, 10, 1),
    SAMPLE(shifted, 1e-12, 10, 1),      SAMPLE(oscillating, 1e-4, 1e4, 1),  SAMPLE(steep, 1e-290, 1e290, 1),
    SAMPLE(flat_far_out, 1e-8, 25, 1),  SAMPLE(constant, 1e-30, 1e30, 1),
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static int call_sample(size_t n, const double x[], size_t m, double y[], void *context)
{
    assert_int_equal(n, 1);
    assert_int_equal(m, 1);
    y[0] = ((const sample *)context)->f(x[0]);
    return 0;
}

static void *context_of(const sample *s) { return (void *)(uintptr_t)s; }

/* Three outputs of two inputs: x y, sin x, x + 1e3 y^2. */
static int three_of_two(size_t n, const double x[], size_t m, double y[], void *context)
{
    (void)n, (void)m, (void)context;
    y[0] = x[0] * x[1];
    y[1] = sin(x[0]);
    y[2] = x[0] + 1e3 * x[1] * x[1];
    return 0;
}

static int product(size_t n, const double x[], size_t m, double y[], void *context)
{
    (void)n, (void)m, (void)context;
    y[0] = x[0] * x[1];
    return 0;
}

static double real_square_root(double x) { return sqrt(x); }
static double x_root_x(double x) { return x * sqrt(x); }
static double real_cube_root(double x) { return cbrt(x); }
static double real_floor(double x) { return floor(x); }
static double real_relu(double x) { return x > 0 ? x : 0.0; }
static double real_abs(double x) { return fabs(x); }
static double ratio(double x) { return sin(x) / x; }
static double deep_sine(double x) { return sin(1e20 * x); }
static double aliased(double x) { return sin(6.283185307179586 * 1024 * x); }

static slope_status ridders_of(double (*f)(double), double x, double *d, double *error)
{
    const sample s = {.f = f};
    return slope_numeric_derivative(call_sample, x, context_of(&s), NULL, d, error);
}

static uint64_t random_state = 0x9E3779B97F4A7C15u;

static double uniform(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (double)(random_state >> 11) * 0x1p-53;
}

static double random_point(const sample *s)
{
    const double x = exp(log(s->low) + uniform() * (log(s->high) - log(s->low)));
    return s->both_signs && uniform() < 0.5 ? -x : x;
}

/* ---------------------------------------------------------------------------------------------- error bounds */

static void ridders_error_bounds_the_true_error(void **state)
{
    (void)state;
    enum { POINTS = 150 };
    for (size_t k = 0; k < SAMPLES; k++) {
        const sample *s = &samples[k];
        for (int i = 0; i < POINTS; i++) {
            const double x = random_point(s);
            double d, error;
            assert_int_equal(slope_numeric_derivative(call_sample, x, context_of(s), NULL, &d, &error), SLOPE_OK);
            const double off = (double)fabsl((long double)d - s->exact((long double)x));
            if (!(off <= error))
                fail_msg("%s at %.17g: %.17g is off by %g, more than %g", s->name, x, d, off, error);
        }
    }
}

static void ridders_error_is_not_much_larger_than_needed(void **state)
{
    (void)state;
    static const struct {
        size_t sample;
        double x, relative;
    } wanted[] = {{0, 1, 1e-14}, {3, 1, 1e-12},     {3, 1e8, 1e-10},    {3, 1e-200, 1e-12}, {4, 2, 1e-12},
                  {5, 3, 1e-12}, {5, 1e-200, 1e-9}, {6, 1e-280, 1e-11}, {8, 3, 1e-10},      {11, 1, 1e-12}};
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
        const sample *s = &samples[wanted[k].sample];
        double d, error;
        assert_int_equal(slope_numeric_derivative(call_sample, wanted[k].x, context_of(s), NULL, &d, &error), SLOPE_OK);
        if (!(error <= wanted[k].relative * fabs(d)))
            fail_msg("%s at %g: %.17g +- %g", s->name, wanted[k].x, d, error);
    }
}

static void the_other_methods_bound_their_error_too(void **state)
{
    (void)state;
    for (int method = SLOPE_METHOD_FORWARD; method < SLOPE_METHOD_RIDDERS; method++) {
        slope_numeric_options o = slope_numeric_options_default();
        o.method = (slope_method)method;
        for (size_t k = 0; k < SAMPLES; k++) {
            for (int i = 0; i < 20; i++) {
                const sample *s = &samples[k];
                const double x = random_point(s);
                double d, error;
                assert_int_equal(slope_numeric_derivative(call_sample, x, context_of(s), &o, &d, &error), SLOPE_OK);
                const double off = (double)fabsl((long double)d - s->exact((long double)x));
                if (!(off <= error * (1 + 1e-9)))
                    fail_msg("method %d, %s at %.17g: %.17g is off by %g, more than %g", method, s->name, x, d, off,
                             error);
            }
        }
    }
}

/* ------------------------------------------------------------------------------------------------- the methods */

static void every_method_has_its_order(void **state)
{
    (void)state;
    static const int order[] = {1, 1, 2, 4};
    const sample s = {.f = exp};
    for (int method = SLOPE_METHOD_FORWARD; method < SLOPE_METHOD_RIDDERS; method++) {
        slope_numeric_options o = slope_numeric_options_default();
        o.method = (slope_method)method;
        double off[2];
        for (int i = 0; i < 2; i++) {
            double d;
            o.step = i ? 0x1p-4 : 0x1p-3;
            assert_int_equal(slope_numeric_derivative(call_sample, 1.0, context_of(&s), &o, &d, NULL), SLOPE_OK);
            off[i] = fabs(d - exp(1.0));
        }
        assert_near(log2(off[0] / off[1]), order[method], 0.1);
    }
}

static void the_methods_are_their_formulas(void **state)
{
    (void)state;
    const sample s = {.f = exp};
    const double h = 0x1p-6, f = exp(1.0), p = exp(1 + h), q = exp(1 - h), p2 = exp(1 + 2 * h), q2 = exp(1 - 2 * h);
    const double expected[] = {(p - f) / h, (f - q) / h, (p - q) / (2 * h), (q2 - 8 * q + 8 * p - p2) / (12 * h)};
    for (int method = SLOPE_METHOD_FORWARD; method < SLOPE_METHOD_RIDDERS; method++) {
        slope_numeric_options o = slope_numeric_options_default();
        double d;
        o.method = (slope_method)method;
        o.step = h;
        assert_int_equal(slope_numeric_derivative(call_sample, 1.0, context_of(&s), &o, &d, NULL), SLOPE_OK);
        assert_near(d, expected[method], 1e-13);
    }
}

static void automatic_steps_suit_any_size_of_x(void **state)
{
    (void)state;
    static const double relative[] = {1e-6, 1e-6, 1e-9, 1e-11, 1e-12};
    static const double xs[] = {0.0, -0.0, 5e-324, 1e-310, 1e-8, 1.0, 1e8, -1e100};
    for (int method = SLOPE_METHOD_FORWARD; method <= SLOPE_METHOD_RIDDERS; method++) {
        slope_numeric_options o = slope_numeric_options_default();
        o.method = (slope_method)method;
        for (size_t i = 0; i < sizeof xs / sizeof *xs; i++) {
            const double x = xs[i], scale = fmax(fabs(x), 1.0);
            double d;
            const sample s = {.f = f_square};
            assert_int_equal(slope_numeric_derivative(call_sample, x, context_of(&s), &o, &d, NULL), SLOPE_OK);
            assert_near(d, 2 * x, relative[method] * scale);
        }
    }
    const sample line = {.f = f_identity};
    for (int method = SLOPE_METHOD_FORWARD; method <= SLOPE_METHOD_RIDDERS; method++) {
        slope_numeric_options o = slope_numeric_options_default();
        o.method = (slope_method)method;
        double d; /* half of these would leave the doubles on one side */
        assert_int_equal(slope_numeric_derivative(call_sample, 1.7e308, context_of(&line), &o, &d, NULL), SLOPE_OK);
        assert_near(d, 1.0, 1e-6);
    }
}

static void a_step_that_does_not_move_x_gives_zero_not_nan(void **state)
{
    (void)state;
    slope_numeric_options o = slope_numeric_options_default();
    const sample s = {.f = f_square};
    double d, error;
    o.step = 1e-300;
    for (int method = SLOPE_METHOD_FORWARD; method < SLOPE_METHOD_RIDDERS; method++) {
        o.method = (slope_method)method;
        assert_int_equal(slope_numeric_derivative(call_sample, 1.0, context_of(&s), &o, &d, &error), SLOPE_OK);
        assert_true(d == 0.0);
        assert_true(error >= 2.0);
    }
}

static void a_given_step_is_ridders_largest(void **state)
{
    (void)state;
    slope_numeric_options o = slope_numeric_options_default();
    const sample s = {.f = f_sine};
    double d, error;
    o.step = 0.1;
    assert_int_equal(slope_numeric_derivative(call_sample, 1.0, context_of(&s), &o, &d, &error), SLOPE_OK);
    assert_near(d, cos(1.0), error);
    assert_true(error < 1e-11);
}

static void the_jacobian_is_row_major(void **state)
{
    (void)state;
    const double x[] = {0.5, -3.0}, exact[] = {-3.0, 0.5, cos(0.5), 0.0, 1.0, -6000.0};
    for (int method = SLOPE_METHOD_FORWARD; method <= SLOPE_METHOD_RIDDERS; method++) {
        slope_numeric_options o = slope_numeric_options_default();
        double j[6], error[6];
        o.method = (slope_method)method;
        assert_int_equal(slope_numeric_jacobian(three_of_two, 2, x, 3, NULL, &o, j, error), SLOPE_OK);
        for (int i = 0; i < 6; i++) {
            assert_near(j[i], exact[i], 1e-2);
            assert_near(j[i], exact[i], error[i]);
        }
    }
    double j[6], error[6];
    assert_int_equal(slope_numeric_jacobian(three_of_two, 2, x, 3, NULL, NULL, j, error), SLOPE_OK);
    for (int i = 0; i < 6; i++)
        assert_near(j[i], exact[i], 1e-11 * (1 + fabs(exact[i])));
}

static void the_direction_may_have_any_length(void **state)
{
    (void)state;
    const double x[] = {0.5, -3.0};
    for (double length = 1e-8; length < 1e9; length *= 1e4) {
        const double v[] = {2 * length, -length};
        double out[3], error[3];
        assert_int_equal(slope_numeric_directional(three_of_two, 2, x, v, 3, NULL, NULL, out, error), SLOPE_OK);
        const double exact[] = {-6.5 * length, 2 * cos(0.5) * length, 6002 * length};
        for (int i = 0; i < 3; i++) {
            assert_near(out[i], exact[i], error[i]);
            assert_true(error[i] <= 1e-9 * fabs(exact[i]));
        }
    }
    const double nowhere[] = {0.0, 0.0};
    double out[3], error[3];
    assert_int_equal(slope_numeric_directional(three_of_two, 2, x, nowhere, 3, NULL, NULL, out, error), SLOPE_OK);
    for (int i = 0; i < 3; i++)
        assert_true(out[i] == 0.0 && error[i] < 1e-10);
}

/* --------------------------------------------------------------------------------------------- edges and kinks */

static void near_the_edge_of_the_domain_the_step_shrinks(void **state)
{
    (void)state;
    for (int method = SLOPE_METHOD_FORWARD; method <= SLOPE_METHOD_RIDDERS; method++) {
        slope_numeric_options o = slope_numeric_options_default();
        o.method = (slope_method)method;
        for (double x = 1e-3; x > 1e-280; x *= 1e-7) {
            const sample root = {.f = sqrt}, logarithm = {.f = log};
            double d;
            assert_int_equal(slope_numeric_derivative(call_sample, x, context_of(&root), &o, &d, NULL), SLOPE_OK);
            if (method != SLOPE_METHOD_FORWARD) /* which does not leave the domain, and so keeps its step */
                assert_near(d * 2 * sqrt(x), 1.0, 1e-4);
            assert_true(isfinite(d));
            assert_int_equal(slope_numeric_derivative(call_sample, x, context_of(&logarithm), &o, &d, NULL), SLOPE_OK);
            assert_true(isfinite(d));
            if (method != SLOPE_METHOD_FORWARD)
                assert_near(d * x, 1.0, 1e-4);
        }
    }
}

static void at_the_edge_of_the_domain_the_slope_is_one_sided(void **state)
{
    (void)state;
    double d, error;
    assert_int_equal(ridders_of(x_root_x, 0.0, &d, &error), SLOPE_OK);
    assert_near(d, 0.0, error);
    assert_true(error < 1e-6);
}

static void where_there_is_no_slope_the_error_says_so(void **state)
{
    (void)state;
    double d, error;
    assert_int_equal(ridders_of(real_square_root, 0.0, &d, &error), SLOPE_OK);
    assert_true(isinf(error));
    assert_int_equal(ridders_of(real_cube_root, 0.0, &d, &error), SLOPE_OK);
    assert_true(isinf(error));
    assert_int_equal(ridders_of(real_floor, 2.0, &d, &error), SLOPE_OK);
    assert_true(isinf(error));
    assert_int_equal(ridders_of(ratio, 0.0, &d, &error), SLOPE_OK); /* f(0) is NaN */
    assert_true(isnan(d) && isinf(error));
    assert_int_equal(ridders_of(real_square_root, -1.0, &d, &error), SLOPE_OK);
    assert_true(isnan(d) && isinf(error));
    assert_int_equal(ridders_of(f_sine, INFINITY, &d, &error), SLOPE_OK);
    assert_true(isnan(d) && isinf(error));
    assert_int_equal(ridders_of(f_sine, NAN, &d, &error), SLOPE_OK);
    assert_true(isnan(d) && isinf(error));
}

static void at_a_kink_the_error_reaches_both_slopes(void **state)
{
    (void)state;
    double d, error;
    assert_int_equal(ridders_of(real_abs, 0.0, &d, &error), SLOPE_OK);
    assert_true(d - error <= -1.0 && d + error >= 1.0);
    assert_int_equal(ridders_of(real_relu, 0.0, &d, &error), SLOPE_OK);
    assert_true(d - error <= 0.0 && d + error >= 1.0);
}

static void beside_a_kink_or_a_step_there_is_a_slope(void **state)
{
    (void)state;
    double d, error;
    for (double x = 1e-15; x < 1; x *= 1e3) {
        assert_int_equal(ridders_of(real_relu, x, &d, &error), SLOPE_OK);
        assert_near(d, 1.0, 1e-12);
        assert_int_equal(ridders_of(real_relu, -x, &d, &error), SLOPE_OK);
        assert_true(d == 0.0 && error < 1e-12);
    }
    assert_int_equal(ridders_of(real_floor, 2.3, &d, &error), SLOPE_OK);
    assert_true(d == 0.0);
}

static void no_scale_is_too_small_and_no_period_hides(void **state)
{
    (void)state;
    double d, error;
    assert_int_equal(ridders_of(deep_sine, 0.0, &d, &error), SLOPE_OK);
    assert_near(d, 1e20, error);
    assert_int_equal(ridders_of(aliased, 0.0, &d, &error), SLOPE_OK);
    assert_near(d, 6.283185307179586 * 1024, error);
    assert_true(error < 1e-6);
}

/* ------------------------------------------------------------------------------------------------ complex step */

static int complex_function(size_t n, const double x[], size_t m, double y[], void *context)
{
    (void)n, (void)m, (void)context;
    const double complex a = x[0] + x[1] * I, b = x[2] + x[3] * I;
    const double complex p = cexp(a) / csqrt(b), q = a * a * b;
    y[0] = creal(p), y[1] = cimag(p), y[2] = creal(q), y[3] = cimag(q);
    return 0;
}

static int complex_inverse(size_t n, const double x[], size_t m, double y[], void *context)
{
    (void)n, (void)m, (void)context;
    const double complex z = 1.0 / (x[0] + x[1] * I);
    y[0] = creal(z), y[1] = cimag(z);
    return 0;
}

static void the_complex_step_has_full_precision(void **state)
{
    (void)state;
    const double x[] = {1.3, 2.7}, v = exp(1.3) / sqrt(2.7);
    const double exact[] = {v, -0.5 * v / 2.7, 2 * 1.3 * 2.7, 1.3 * 1.3};
    double j[4];
    assert_int_equal(slope_complex_jacobian(complex_function, 2, x, 2, NULL, NULL, j), SLOPE_OK);
    for (int i = 0; i < 4; i++)
        assert_near(j[i], exact[i], 8 * DBL_EPSILON * fabs(exact[i]));
    slope_numeric_options o = slope_numeric_options_default();
    o.step = 1e-3; /* error h^2 */
    assert_int_equal(slope_complex_jacobian(complex_function, 2, x, 2, NULL, &o, j), SLOPE_OK);
    assert_near(j[0], exact[0], 1e-6);
    assert_true(fabs(j[0] - exact[0]) > 1e-8);
}

static void the_complex_step_suits_any_size_of_x(void **state)
{
    (void)state;
    for (double x = 1e-150; x < 1e150; x *= 1e10) {
        double j;
        assert_int_equal(slope_complex_jacobian(complex_inverse, 1, &x, 1, NULL, NULL, &j), SLOPE_OK);
        assert_near(j * x * x, -1.0, 1e-14);
    }
}

/* ----------------------------------------------------------------------------------------------------- sweep */

static int complex_sine(size_t n, const double x[], size_t m, double y[], void *context)
{
    (void)n, (void)m, (void)context;
    const double complex z = csin(x[0] + x[1] * I);
    y[0] = creal(z), y[1] = cimag(z);
    return 0;
}

static void the_sweep_shows_truncation_and_rounding(void **state)
{
    (void)state;
    const sample s = {.f = sin};
    const double x = 1.0, exact = cos(1.0);
    slope_sweep_row row[SLOPE_SWEEP_ROWS];
    assert_int_equal(slope_numeric_sweep(call_sample, complex_sine, 1, &x, 0, exact, context_of(&s), NULL, row),
                     SLOPE_OK);
    assert_near(row[0].h, 1e-1, 1e-16);
    assert_near(row[SLOPE_SWEEP_ROWS - 1].h, 1e-16, 1e-30);
    assert_near(row[0].forward_error, 0.5 * sin(1.0) * 1e-1, 1e-2);            /* h f'' / 2 */
    assert_near(row[8].central_error, cos(1.0) / 6 * 1e-6, 1e-9);              /* h^2 f''' / 6 at h = 1e-3 */
    assert_true(row[20].forward_error > 1e-7 && row[20].central_error < 1e-9); /* h = 1e-6 */
    assert_true(row[52].forward_error > 1e-5 && row[52].central_error > 1e-6); /* h = 1e-14: rounding */
    assert_near(row[SLOPE_SWEEP_ROWS - 1].forward, 0.0, 0.0);                  /* 1 + 1e-16 is 1 */
    for (int k = 36; k < SLOPE_SWEEP_ROWS; k++)                                /* h <= 1e-10 */
        assert_true(row[k].complex_error <= 2 * DBL_EPSILON);
    assert_int_equal(slope_numeric_sweep(call_sample, NULL, 1, &x, 0, exact, context_of(&s), NULL, row), SLOPE_OK);
    assert_true(isnan(row[5].complex_step) && isnan(row[5].complex_error));
}

/* --------------------------------------------------------------------------------------- arguments and failures */

/* Counts down to a failure; negative: never. */
static int failing_callback(size_t n, const double x[], size_t m, double y[], void *context)
{
    int *left = context;
    (void)n;
    for (size_t i = 0; i < m; i++)
        y[i] = x[0];
    return (*left)-- == 0;
}

static void a_failing_callback_is_reported_whenever_it_fails(void **state)
{
    (void)state;
    const double x[] = {1.0, 2.0}, v[] = {1.0, 1.0};
    double out[4];
    slope_sweep_row row[SLOPE_SWEEP_ROWS];
    slope_check_entry entry[2];
    slope_numeric_options central = slope_numeric_options_default();
    central.method = SLOPE_METHOD_CENTRAL;
    for (int k = 0; k < 40; k++) {
        int left = k;
        assert_int_equal(slope_numeric_jacobian(failing_callback, 2, x, 2, &left, NULL, out, NULL), SLOPE_ERR_CALLBACK);
        assert_int_equal(left = k, k);
        assert_int_equal(slope_numeric_directional(failing_callback, 2, x, v, 1, &left, NULL, out, NULL),
                         SLOPE_ERR_CALLBACK);
        left = k;
        assert_int_equal(slope_numeric_sweep(failing_callback, NULL, 2, x, 1, 0.0, &left, NULL, row),
                         SLOPE_ERR_CALLBACK);
        left = k;
        assert_int_equal(slope_check_gradient(failing_callback, 2, x, v, &left, NULL, entry), SLOPE_ERR_CALLBACK);
        left = k;
        if (k < 4)
            assert_int_equal(slope_numeric_gradient(failing_callback, 2, x, &left, &central, out, NULL),
                             SLOPE_ERR_CALLBACK);
        left = k;
        if (k < 2)
            assert_int_equal(slope_complex_jacobian(failing_callback, 2, x, 1, &left, NULL, out), SLOPE_ERR_CALLBACK);
    }
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    const double x = 1.0, bad_direction = NAN;
    double out, e;
    slope_sweep_row row[SLOPE_SWEEP_ROWS];
    const sample s = {.f = f_sine};
    void *c = context_of(&s);
    const slope_status wrong = SLOPE_ERR_ARGUMENT;
    assert_int_equal(slope_numeric_jacobian(NULL, 1, &x, 1, c, NULL, &out, &e), wrong);
    assert_int_equal(slope_numeric_jacobian(call_sample, 0, &x, 1, c, NULL, &out, &e), wrong);
    assert_int_equal(slope_numeric_jacobian(call_sample, 1, NULL, 1, c, NULL, &out, &e), wrong);
    assert_int_equal(slope_numeric_jacobian(call_sample, 1, &x, 0, c, NULL, &out, &e), wrong);
    assert_int_equal(slope_numeric_jacobian(call_sample, 1, &x, 1, c, NULL, NULL, &e), wrong);
    assert_int_equal(slope_numeric_jacobian(call_sample, SIZE_MAX / 4, &x, SIZE_MAX / 4, c, NULL, &out, &e), wrong);
    assert_int_equal(slope_numeric_jacobian(call_sample, 1, &x, SIZE_MAX / 64, c, NULL, &out, &e), SLOPE_ERR_MEMORY);
    assert_int_equal(slope_numeric_derivative(NULL, x, c, NULL, &out, &e), wrong);
    assert_int_equal(slope_numeric_derivative(call_sample, x, c, NULL, NULL, &e), wrong);
    assert_int_equal(slope_numeric_gradient(call_sample, 1, NULL, c, NULL, &out, &e), wrong);
    assert_int_equal(slope_numeric_directional(call_sample, 1, &x, NULL, 1, c, NULL, &out, &e), wrong);
    assert_int_equal(slope_numeric_directional(call_sample, 1, &x, &bad_direction, 1, c, NULL, &out, &e), wrong);
    assert_int_equal(slope_complex_jacobian(NULL, 1, &x, 1, c, NULL, &out), wrong);
    assert_int_equal(slope_complex_jacobian(complex_sine, 0, &x, 1, c, NULL, &out), wrong);
    assert_int_equal(slope_complex_jacobian(complex_sine, 1, &x, 1, c, NULL, NULL), wrong);
    assert_int_equal(slope_complex_jacobian(complex_sine, SIZE_MAX, &x, 1, c, NULL, &out), wrong);
    assert_int_equal(slope_numeric_sweep(NULL, NULL, 1, &x, 0, 0.0, c, NULL, row), wrong);
    assert_int_equal(slope_numeric_sweep(call_sample, NULL, 1, &x, 1, 0.0, c, NULL, row), wrong);
    assert_int_equal(slope_numeric_sweep(call_sample, NULL, 1, &x, 0, 0.0, c, NULL, NULL), wrong);
    assert_int_equal(slope_numeric_sweep(call_sample, NULL, SIZE_MAX, &x, 0, 0.0, c, NULL, row), SLOPE_ERR_MEMORY);
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    const sample s = {.f = f_sine};
    double out;
    static const double steps[] = {-1.0, -0x1p-1074, NAN, INFINITY};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        slope_numeric_options o = slope_numeric_options_default();
        o.step = steps[i];
        assert_int_equal(slope_numeric_derivative(call_sample, 1.0, context_of(&s), &o, &out, NULL),
                         SLOPE_ERR_ARGUMENT);
    }
    slope_numeric_options o = slope_numeric_options_default();
    o.struct_size--;
    assert_int_equal(slope_numeric_derivative(call_sample, 1.0, context_of(&s), &o, &out, NULL), SLOPE_ERR_ARGUMENT);
    o = slope_numeric_options_default();
    o.method = (slope_method)17;
    assert_int_equal(slope_numeric_derivative(call_sample, 1.0, context_of(&s), &o, &out, NULL), SLOPE_ERR_ARGUMENT);
    o = slope_numeric_options_default();
    o.allocator.resize = NULL;
    assert_int_equal(slope_numeric_derivative(call_sample, 1.0, context_of(&s), &o, &out, NULL), SLOPE_ERR_ARGUMENT);
}

static void memory_comes_from_the_options_and_goes_back(void **state)
{
    (void)state;
    const double x[] = {1.0, 2.0};
    double out[6], error[6];
    slope_sweep_row row[SLOPE_SWEEP_ROWS];
    for (size_t k = 0; k < 2; k++) {
        const slope_status expected = k ? SLOPE_OK : SLOPE_ERR_MEMORY;
        failing f = {0};
        failing_after(&f, k);
        slope_numeric_options o = slope_numeric_options_default();
        o.allocator = (slope_allocator){failing_resize, &f};
        assert_int_equal(slope_numeric_jacobian(three_of_two, 2, x, 3, NULL, &o, out, error), expected);
        failing_after(&f, k);
        assert_int_equal(slope_numeric_directional(three_of_two, 2, x, x, 3, NULL, &o, out, error), expected);
        failing_after(&f, k);
        assert_int_equal(slope_complex_jacobian(complex_function, 2, x, 2, NULL, &o, out), expected);
        failing_after(&f, k);
        assert_int_equal(slope_numeric_sweep(product, NULL, 2, x, 0, 0.0, NULL, &o, row), expected);
        assert_int_equal(f.held, 0);
        assert_int_equal(f.calls, 1); /* one block each */
    }
    static double buffer[2000];
    slope_numeric_options o = slope_numeric_options_default();
    o.allocator = slope_allocator_buffer(buffer, sizeof buffer);
    assert_int_equal(slope_numeric_jacobian(three_of_two, 2, x, 3, NULL, &o, out, error), SLOPE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ridders_error_bounds_the_true_error),
        cmocka_unit_test(ridders_error_is_not_much_larger_than_needed),
        cmocka_unit_test(the_other_methods_bound_their_error_too),
        cmocka_unit_test(every_method_has_its_order),
        cmocka_unit_test(the_methods_are_their_formulas),
        cmocka_unit_test(automatic_steps_suit_any_size_of_x),
        cmocka_unit_test(a_step_that_does_not_move_x_gives_zero_not_nan),
        cmocka_unit_test(a_given_step_is_ridders_largest),
        cmocka_unit_test(the_jacobian_is_row_major),
        cmocka_unit_test(the_direction_may_have_any_length),
        cmocka_unit_test(near_the_edge_of_the_domain_the_step_shrinks),
        cmocka_unit_test(at_the_edge_of_the_domain_the_slope_is_one_sided),
        cmocka_unit_test(where_there_is_no_slope_the_error_says_so),
        cmocka_unit_test(at_a_kink_the_error_reaches_both_slopes),
        cmocka_unit_test(beside_a_kink_or_a_step_there_is_a_slope),
        cmocka_unit_test(no_scale_is_too_small_and_no_period_hides),
        cmocka_unit_test(the_complex_step_has_full_precision),
        cmocka_unit_test(the_complex_step_suits_any_size_of_x),
        cmocka_unit_test(the_sweep_shows_truncation_and_rounding),
        cmocka_unit_test(a_failing_callback_is_reported_whenever_it_fails),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(memory_comes_from_the_options_and_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
