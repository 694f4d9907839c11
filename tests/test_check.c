/* SPDX-License-Identifier: MIT */
/*
 * The verdicts of the gradient check: right gradients pass, wrong ones fail, kinks and noise are called that; of C
 * functions, of values on a tape, of single operations.
 */
#include "testing.h"

#include "failing.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_state = 0x2545F4914F6CDD1Du;

static double uniform(double low, double high)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return low + (high - low) * ((double)(random_state >> 11) * 0x1p-53);
}

/* ------------------------------------------------------------------------------------- random smooth functions */

enum { INPUTS = 4, TERMS = 6, KINDS = 7 };

/* A sum of terms scale * g_kind(phase + sum_j weight_j x_j). */
typedef struct term {
    int kind;
    double scale, phase, weight[INPUTS];
} term;

typedef struct mixture {
    term terms[TERMS];
} mixture;

static double shape(int kind, double u)
{
    switch (kind) {
    case 0: return sin(u);
    case 1: return exp(-u * u);
    case 2: return tanh(u);
    case 3: return u * u * u / 27;
    case 4: return log1p(u * u);
    case 5: return 1 / (1 + u * u);
    default: return u * atan(u);
    }
}

static double shape_slope(int kind, double u)
{
    switch (kind) {
    case 0: return cos(u);
    case 1: return -2 * u * exp(-u * u);
    case 2: return 1 / (cosh(u) * cosh(u));
    case 3: return u * u / 9;
    case 4: return 2 * u / (1 + u * u);
    case 5: return -2 * u / ((1 + u * u) * (1 + u * u));
    default: return atan(u) + u / (1 + u * u);
    }
}

static double argument(const term *t, const double x[])
{
    double u = t->phase;
    for (int j = 0; j < INPUTS; j++)
        u += t->weight[j] * x[j];
    return u;
}

static int mix(size_t n, const double x[], size_t m, double y[], void *context)
{
    const mixture *f = context;
    (void)n, (void)m;
    y[0] = 0.0;
    for (int k = 0; k < TERMS; k++)
        y[0] += f->terms[k].scale * shape(f->terms[k].kind, argument(&f->terms[k], x));
    return 0;
}

/* The gradient without term `dropped`. */
static void mix_gradient(const mixture *f, const double x[], int dropped, double g[])
{
    memset(g, 0, INPUTS * sizeof *g);
    for (int k = 0; k < TERMS; k++) {
        const double slope = f->terms[k].scale * shape_slope(f->terms[k].kind, argument(&f->terms[k], x));
        for (int j = 0; j < INPUTS && k != dropped; j++)
            g[j] += slope * f->terms[k].weight[j];
    }
}

static void random_mixture(mixture *f, double x[])
{
    const double size = pow(10, uniform(-6, 6)), height = pow(10, uniform(-100, 100));
    for (int j = 0; j < INPUTS; j++)
        x[j] = size * uniform(-2, 2);
    for (int k = 0; k < TERMS; k++) {
        f->terms[k] = (term){(int)uniform(0, KINDS), height * uniform(-3, 3), uniform(-1, 1), {0}};
        for (int j = 0; j < INPUTS; j++)
            f->terms[k].weight[j] = uniform(-1, 1) / size;
    }
}

typedef struct tally {
    int right, wrong, other;
} tally;

static void count(tally *t, slope_verdict verdict)
{
    t->right += verdict == SLOPE_VERDICT_RIGHT;
    t->wrong += verdict == SLOPE_VERDICT_WRONG;
    t->other += verdict != SLOPE_VERDICT_RIGHT && verdict != SLOPE_VERDICT_WRONG;
}

static void no_verdict_on_random_smooth_functions_is_wrong(void **state)
{
    (void)state;
    enum { FUNCTIONS = 400 };
    tally right = {0}, sign = {0}, factor = {0}, swapped = {0}, dropped = {0};
    for (int i = 0; i < FUNCTIONS; i++) {
        mixture f;
        double x[INPUTS], g[INPUTS], bad[INPUTS], without[INPUTS];
        slope_check_entry entry[INPUTS];
        random_mixture(&f, x);
        mix_gradient(&f, x, -1, g);
        mix_gradient(&f, x, i % TERMS, without);
        assert_int_equal(slope_check_gradient(mix, INPUTS, x, g, &f, NULL, entry), SLOPE_OK);
        for (int j = 0; j < INPUTS; j++) {
            if (entry[j].verdict == SLOPE_VERDICT_WRONG || entry[j].verdict == SLOPE_VERDICT_KINK)
                fail_msg("function %d, x[%d] = %.17g: exact %.17g, numeric %.17g +- %g, called %s", i, j, x[j], g[j],
                         entry[j].numeric, entry[j].error, slope_verdict_text(entry[j].verdict));
            count(&right, entry[j].verdict);
            bad[j] = -g[j];
        }
        assert_int_equal(slope_check_gradient(mix, INPUTS, x, bad, &f, NULL, entry), SLOPE_OK);
        for (int j = 0; j < INPUTS; j++) {
            count(&sign, entry[j].verdict);
            bad[j] = g[j] * (i % 2 ? 1.0001 : 0.9999);
        }
        assert_int_equal(slope_check_gradient(mix, INPUTS, x, bad, &f, NULL, entry), SLOPE_OK);
        for (int j = 0; j < INPUTS; j++) {
            count(&factor, entry[j].verdict);
            bad[j] = g[(j + 1) % INPUTS];
        }
        assert_int_equal(slope_check_gradient(mix, INPUTS, x, bad, &f, NULL, entry), SLOPE_OK);
        for (int j = 0; j < INPUTS; j++)
            count(&swapped, entry[j].verdict);
        assert_int_equal(slope_check_gradient(mix, INPUTS, x, without, &f, NULL, entry), SLOPE_OK);
        for (int j = 0; j < INPUTS; j++) {
            if (fabs(without[j] - g[j]) > 1e-8 * fabs(g[j])) /* the term matters here */
                count(&dropped, entry[j].verdict);
        }
    }
    assert_true(right.right >= FUNCTIONS * INPUTS * 995 / 1000); /* the rest is noise */
    assert_int_equal(sign.right + factor.right + swapped.right + dropped.right, 0);
    assert_true(sign.other + factor.other + swapped.other + dropped.other <= FUNCTIONS * INPUTS / 50);
}

/* ------------------------------------------------------------------------------------------- single verdicts */

static int call(size_t n, const double x[], size_t m, double y[], void *context)
{
    double (*const *f)(double) = context;
    (void)n, (void)m;
    y[0] = (*f)(x[0]);
    return 0;
}

static slope_check_entry check(double (*f)(double), double x, double exact)
{
    slope_check_entry entry;
    assert_int_equal(slope_check_gradient(call, 1, &x, &exact, &f, NULL, &entry), SLOPE_OK);
    return entry;
}

static double relu(double x) { return x > 0 ? x : 0.0; }
static double max_with_x2(double x) { return x > 2 - x ? x : 2 - x; } /* a tie at 1 */
static double root_of_square(double x) { return sqrt(x * x); }
static double cancelling(double x) { return (1e6 + sin(x)) - 1e6; }
static double drowned(double x) { return (1e15 + x) - 1e15; }
static double unit(double x) { return sin(x) * sin(x) + cos(x) * cos(x); }
static double four(double x) { return 4 + 0 * x; }
static double pole(double x) { return 1 / x; }

/* Noise from the bits of x. */
static double hash(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits *= 0x9E3779B97F4A7C15u;
    bits ^= bits >> 29;
    bits *= 0xBF58476D1CE4E5B9u;
    return (double)(bits >> 11) * 0x1p-52 - 1.0;
}

static double little_noise(double x) { return sin(x) + 1e-10 * hash(x); }
static double some_noise(double x) { return sin(x) + 1e-5 * hash(x); }
static double in_float(double x) { return (double)sinf((float)x); }
static double very_fast(double x) { return sin(3e9 * x); }
static double much_noise(double x) { return sin(x) + 1e-1 * hash(x); }

static void right_gradients_pass_near_noise(void **state)
{
    (void)state;
    for (double x = 0.1; x < 1.5; x += 0.1) {
        assert_int_equal(check(little_noise, x, cos(x)).verdict, SLOPE_VERDICT_RIGHT);
        assert_int_equal(check(little_noise, x, cos(x) * 1.0001).verdict, SLOPE_VERDICT_WRONG);
        assert_int_equal(check(cancelling, x, cos(x)).verdict, SLOPE_VERDICT_RIGHT);
        assert_int_equal(check(cancelling, x, cos(x) * 1.0001).verdict, SLOPE_VERDICT_WRONG);
    }
}

static void hopeless_noise_is_called_noise(void **state)
{
    (void)state;
    for (double x = 0.1; x < 1.5; x += 0.1) {
        assert_int_equal(check(much_noise, x, cos(x)).verdict, SLOPE_VERDICT_NOISE);
        assert_int_equal(check(much_noise, x, 1.1 * cos(x)).verdict, SLOPE_VERDICT_NOISE);
        assert_int_equal(check(some_noise, x, cos(x)).verdict, SLOPE_VERDICT_NOISE);
        assert_int_equal(check(some_noise, x, 1.0001 * cos(x)).verdict, SLOPE_VERDICT_NOISE);
        assert_int_equal(check(some_noise, x, -cos(x)).verdict, SLOPE_VERDICT_WRONG);
        assert_int_not_equal(check(drowned, x, 1.0).verdict, SLOPE_VERDICT_WRONG);
        assert_int_not_equal(check(drowned, x, 1.0).verdict, SLOPE_VERDICT_RIGHT);
    }
}

static void float_and_fast_oscillation_deceive_nobody(void **state)
{
    (void)state;
    assert_int_not_equal(check(in_float, 0.0, 1.0).verdict, SLOPE_VERDICT_WRONG);
    for (double x = 0.1; x < 1.5; x += 0.1)
        assert_int_not_equal(check(in_float, x, cos(x)).verdict, SLOPE_VERDICT_WRONG);
    for (double x = 1000.0; x < 3000.0; x += 37.1) /* 1 / 3e9 is some 1000 times the distance of doubles here */
        assert_int_not_equal(check(very_fast, x, 3e9 * cos(3e9 * x)).verdict, SLOPE_VERDICT_WRONG);
}

static void a_gradient_of_zero_can_be_right_and_wrong(void **state)
{
    (void)state;
    assert_int_equal(check(cos, 0.0, 0.0).verdict, SLOPE_VERDICT_RIGHT);
    assert_int_equal(check(cos, 0.0, 1e-17).verdict, SLOPE_VERDICT_RIGHT);
    assert_int_equal(check(cos, 0.0, 1e-8).verdict, SLOPE_VERDICT_WRONG);
    assert_int_equal(check(sin, 0.0, 0.0).verdict, SLOPE_VERDICT_WRONG);
    assert_int_equal(check(four, 3.0, 0.0).verdict, SLOPE_VERDICT_RIGHT);
    assert_int_equal(check(four, 3.0, 1e-3).verdict, SLOPE_VERDICT_WRONG);
    assert_int_equal(check(unit, 0.7, 0.0).verdict, SLOPE_VERDICT_NOISE);  /* so is 1e16 + sin(x) */
    assert_int_equal(check(floor, 2.3, 0.0).verdict, SLOPE_VERDICT_NOISE); /* so is (x + 1e16) - 1e16 */
    assert_int_equal(check(relu, -1e-9, 0.0).verdict, SLOPE_VERDICT_RIGHT);
    assert_int_equal(check(relu, -1e-9, 1.0).verdict, SLOPE_VERDICT_WRONG);
}

/* Rounding inside of f, far above the last digit of its value: what is right is not called wrong, nor wrong right. */
static double expm1_minus_x(double x) { return exp(x) - 1 - x; }
static double expm1_over_x(double x) { return (exp(x) - 1) / x; }
static double versine(double x) { return (1 - cos(x)) / (x * x); }
static double log_at_edge(double x) { return log(1 - x * x); }
static double lost(double x) { return (x + 1e16) - 1e16; }

static void rounding_inside_of_f_is_no_slope(void **state)
{
    (void)state;
    static const struct {
        double (*f)(double);
        double x, exact;
    } cases[] = {
        {expm1_minus_x, 0, 0},
        {expm1_over_x, 1e-6, 0.5000003333334583},
        {expm1_over_x, 1e-6, 0.50003831635694951}, /* as the formula has it in double */
        {versine, 1e-4, -8.3333333277777e-6},
        {versine, 1e-4, 4.4108044676249847e-05}, /* as the formula has it */
        {log_at_edge, 0.999999, -999999.4999997500},
        {log_at_edge, 0.999999, -999999.49995993346},
        {sin, 1e22, 0.523214785395138946},
        {lost, 1.0, 1.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const slope_check_entry e = check(cases[i].f, cases[i].x, cases[i].exact);
        if (e.verdict != SLOPE_VERDICT_RIGHT && e.verdict != SLOPE_VERDICT_NOISE)
            fail_msg("%zu: %.17g, numerically %.17g +- %g, called %s", i, e.exact, e.numeric, e.error,
                     slope_verdict_text(e.verdict));
        if (cases[i].exact != 0.0)
            assert_int_not_equal(check(cases[i].f, cases[i].x, -cases[i].exact).verdict, SLOPE_VERDICT_RIGHT);
    }
    assert_int_equal(check(lost, 1.0, 1.0).verdict, SLOPE_VERDICT_NOISE);
    assert_int_equal(check(sin, 1e22, 0.523214785395138946).verdict, SLOPE_VERDICT_NOISE);
    assert_int_equal(check(expm1_over_x, 1e-6, 1e8).verdict, SLOPE_VERDICT_WRONG);
}

static void a_kink_is_called_a_kink(void **state)
{
    (void)state;
    static const struct {
        double (*f)(double);
        double x, left, right;
    } kinks[] = {{fabs, 0, -1, 1}, {relu, 0, 0, 1}, {max_with_x2, 1, -1, 1}, {root_of_square, 0, -1, 1}};
    for (size_t i = 0; i < sizeof kinks / sizeof *kinks; i++) {
        const slope_check_entry e = check(kinks[i].f, kinks[i].x, 0.5);
        assert_int_equal(e.verdict, SLOPE_VERDICT_KINK);
        assert_near(e.left, kinks[i].left, 1e-9);
        assert_near(e.right, kinks[i].right, 1e-9);
    }
    const slope_check_entry step = check(floor, 2.0, 0.0);
    assert_int_equal(step.verdict, SLOPE_VERDICT_KINK);
    assert_true(isinf(step.left) && step.right == 0.0);
    assert_int_equal(check(fabs, 1e-9, 1.0).verdict, SLOPE_VERDICT_RIGHT); /* beside it there is none */
}

static void what_is_not_finite_is_called_that(void **state)
{
    (void)state;
    assert_int_equal(check(sqrt, 0.0, INFINITY).verdict, SLOPE_VERDICT_NONFINITE);
    assert_int_equal(check(sqrt, -1.0, 0.0).verdict, SLOPE_VERDICT_NONFINITE);
    assert_int_equal(check(pole, 0.0, 1.0).verdict, SLOPE_VERDICT_NONFINITE);
    assert_int_equal(check(sin, 1.0, NAN).verdict, SLOPE_VERDICT_NONFINITE);
    assert_int_equal(check(sin, INFINITY, 1.0).verdict, SLOPE_VERDICT_NONFINITE);
}

static void digits_and_difference_keep_sign_and_size(void **state)
{
    (void)state;
    slope_check_entry e = check(sin, 0.0, 1.001);
    assert_near(e.difference, 0.001, 1e-9);
    assert_near(e.digits, 3.0, 0.01);
    e = check(sin, 0.0, -1.0);
    assert_near(e.difference, -2.0, 1e-9);
    assert_near(e.digits, 0.0, 0.0);
    assert_true(check(sin, 0.0, 1.0).digits > 12);
    assert_string_equal(slope_verdict_text(SLOPE_VERDICT_KINK), "kink");
    assert_string_equal(slope_verdict_text(SLOPE_VERDICT_NONFINITE), "not finite");
    assert_string_equal(slope_verdict_text((slope_verdict)99), "unknown verdict");
}

/* ---------------------------------------------------------------------------------------------------- on tapes */

/* Scales a by b, with a factor on the second partial. */
static int scale(size_t n, const double x[], double *value, double partial[], void *context)
{
    (void)n;
    *value = x[0] * x[1];
    if (partial) {
        partial[0] = x[1];
        partial[1] = x[0] * *(const double *)context;
    }
    return 0;
}

/* Fails for a negative operand, as custom operations may. */
static int touchy(size_t n, const double x[], double *value, double partial[], void *context)
{
    (void)n, (void)context;
    *value = sqrt(x[0]);
    if (partial)
        partial[0] = 0.5 / *value;
    return x[0] < 0.0;
}

static void gradients_of_a_tape_pass_and_its_data_stay(void **state)
{
    slope_tape *t = *state;
    const slope_value in[] = {slope_var(t, 2.0), slope_var(t, -3.0), slope_var(t, 10.0), slope_var(t, 1.0)};
    const slope_value y =
        slope_mul(slope_tanh(slope_div(slope_add(slope_mul(in[0], in[1]), in[2]), 7.0)), slope_exp(in[0]));
    double before[16];
    const size_t size = slope_tape_size(t);
    for (size_t i = 0; i < size; i++)
        before[i] = slope_data(slope_tape_value(t, i));
    slope_check_entry entry[4];
    slope_culprit culprit;
    assert_int_equal(slope_check_values(y, 4, in, entry), SLOPE_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(entry[i].verdict, SLOPE_VERDICT_RIGHT);
        assert_true(entry[i].exact == slope_grad(in[i]));
    }
    assert_true(entry[0].exact != 0.0 && entry[3].exact == 0.0);
    assert_int_equal(slope_check_nodes(y, &culprit), SLOPE_OK);
    assert_true(slope_is_null(culprit.node));
    for (size_t i = 0; i < size; i++)
        assert_true(before[i] == slope_data(slope_tape_value(t, i)));
}

static slope_check_entry check_text(slope_tape *t, const char *text, double x, double y, size_t i)
{
    const slope_value in[] = {slope_var(t, x), slope_var(t, y)};
    const slope_binding bindings[] = {{"x", in[0]}, {"y", in[1]}};
    slope_check_entry entry[2];
    slope_value result;
    assert_int_equal(slope_parse(t, text, SIZE_MAX, 2, bindings, &result, NULL), SLOPE_OK);
    assert_int_equal(slope_check_values(result, 2, in, entry), SLOPE_OK);
    return entry[i];
}

/* The operations and what is between them are known there: it is told what a difference is worth. */
static void values_on_a_tape_know_their_rounding(void **state)
{
    slope_tape *t = *state;
    static const char himmelblau[] = "(x^2+y-11)^2+(x+y^2-7)^2", booth[] = "(x+2*y-7)^2+(2*x+y-5)^2";
    assert_int_equal(check_text(t, "exp(x)-1-x", 0, 0, 0).verdict, SLOPE_VERDICT_RIGHT);
    assert_int_equal(check_text(t, "log(1-x^2)", 0.999999, 0, 0).verdict, SLOPE_VERDICT_RIGHT);
    assert_int_equal(check_text(t, "(exp(x)-1)/x", 1e-6, 0, 0).verdict, SLOPE_VERDICT_NOISE);
    assert_int_equal(check_text(t, "(1-cos(x))/x^2", 1e-4, 0, 0).verdict, SLOPE_VERDICT_NOISE);
    assert_int_equal(check_text(t, "sin(x)", 1e22, 0, 0).verdict, SLOPE_VERDICT_NOISE);
    assert_int_equal(check_text(t, "(x+1e16)-1e16", 1, 0, 0).verdict, SLOPE_VERDICT_NOISE);
    assert_int_equal(check_text(t, "(x+1e16)-1e16", 0, 0, 0).verdict, SLOPE_VERDICT_NOISE);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(check_text(t, himmelblau, 3, 2, i).verdict, SLOPE_VERDICT_RIGHT);
        assert_int_equal(check_text(t, booth, 1, 3, i).verdict, SLOPE_VERDICT_RIGHT);
        assert_int_equal(check_text(t, "(1-x)^2+100*(y-x^2)^2", 1, 1, i).verdict, SLOPE_VERDICT_RIGHT);
        assert_int_equal(check_text(t, "max(x,y)", 2, 2, i).verdict, SLOPE_VERDICT_KINK);
    }
    assert_int_equal(check_text(t, "floor(x)", 2.3, 0, 0).verdict, SLOPE_VERDICT_RIGHT);
    assert_int_equal(check_text(t, "floor(x)", 2, 0, 0).verdict, SLOPE_VERDICT_KINK);
    assert_int_equal(check_text(t, "abs(x)+y", 0, 1, 0).verdict, SLOPE_VERDICT_KINK);
    assert_int_equal(check_text(t, "abs(x)+y", 0, 1, 1).verdict, SLOPE_VERDICT_RIGHT);
    assert_int_equal(check_text(t, "relu(x)*y", 0, 1, 0).verdict, SLOPE_VERDICT_KINK);
    assert_int_equal(check_text(t, "sqrt(x*x)", 0, 0, 0).verdict, SLOPE_VERDICT_KINK);
    assert_int_equal(check_text(t, "x*1e16+y", 1, 1, 1).verdict, SLOPE_VERDICT_NOISE);
    assert_int_equal(check_text(t, "4+0*x", 3, 0, 0).verdict, SLOPE_VERDICT_RIGHT);
}

static double peak_at_1e16(double x) { return exp(-(x - 1e16) * (x - 1e16)); }

/* f bends on a scale by which x moves in few steps, or in none: no kink.  One that is seen up close still is one. */
static void bends_beneath_the_grain_of_x_are_no_kinks(void **state)
{
    slope_tape *t = *state;
    static const char *const texts[] = {"logsumexp(x,y)", "logaddexp(x,y)", "exp(-(x-y)^2)", "tanh(x-y)"};
    for (double x = 1e12; x < 1e20; x *= 10) {
        for (size_t k = 0; k < 2 * sizeof texts / sizeof *texts; k++) {
            const slope_verdict verdict = check_text(t, texts[k / 2], x, x, k % 2).verdict;
            assert_true(verdict == SLOPE_VERDICT_RIGHT || verdict == SLOPE_VERDICT_NOISE);
        }
    }
    assert_int_equal(check_text(t, "logsumexp(x,y)", 1e13, 1e13, 0).verdict, SLOPE_VERDICT_RIGHT);
    assert_int_equal(check_text(t, "max(x,y)", 1e12, 1e12, 0).verdict, SLOPE_VERDICT_KINK);
    assert_int_not_equal(check(peak_at_1e16, 1e16, 0).verdict, SLOPE_VERDICT_KINK);
    assert_int_not_equal(check(peak_at_1e16, 1e16, 0).verdict, SLOPE_VERDICT_WRONG);
}

static void a_branch_that_was_decided_at_a_tie_is_told(void **state)
{
    slope_tape *t = *state;
    const slope_value x = slope_var(t, 1.0), z = slope_var(t, 2.0), zero = slope_var(t, 0.0);
    const slope_value y = slope_equal(x, 1.0) ? slope_mul(x, 3.0) : slope_square(x);
    const slope_value in[] = {x, z};
    slope_check_entry entry[2];
    assert_int_equal(slope_check_values(slope_mul(y, z), 2, in, entry), SLOPE_OK);
    assert_int_equal(entry[0].verdict, SLOPE_VERDICT_BRANCH);
    assert_int_equal(entry[1].verdict, SLOPE_VERDICT_RIGHT); /* it decides nothing */
    const slope_value r = slope_less_equal(zero, 0.0) ? slope_mul(zero, 0.5) : zero;
    assert_int_equal(slope_check_values(r, 1, &zero, entry), SLOPE_OK);
    assert_int_equal(entry[0].verdict, SLOPE_VERDICT_BRANCH);
    const slope_value w = slope_var(t, 3.0), v = slope_less(w, 5.0) ? slope_square(w) : w;
    assert_int_equal(slope_check_values(v, 1, &w, entry), SLOPE_OK); /* far from a tie */
    assert_int_equal(entry[0].verdict, SLOPE_VERDICT_RIGHT);
    assert_string_equal(slope_verdict_text(SLOPE_VERDICT_BRANCH), "branch");
}

static void a_wrong_custom_operation_is_found_among_right_ones(void **state)
{
    slope_tape *t = *state;
    double one = 1.0, factor = 1.0001;
    const slope_custom good = {"good", scale, &one}, bad = {"bad", scale, &factor};
    const slope_value a = slope_var(t, 1.5), b = slope_var(t, 0.7);
    const slope_value first[] = {a, b}, g = slope_custom_apply(&good, 2, first), second[] = {slope_sin(g), b};
    const slope_value w = slope_custom_apply(&bad, 2, second);
    const slope_value y = slope_add(slope_exp(w), a);
    const slope_value in[] = {a, b};
    slope_check_entry entry[2];
    slope_culprit culprit;
    assert_int_equal(slope_check_values(y, 2, in, entry), SLOPE_OK);
    assert_int_equal(entry[0].verdict, SLOPE_VERDICT_RIGHT);
    assert_int_equal(entry[1].verdict, SLOPE_VERDICT_WRONG);
    assert_int_equal(slope_check_nodes(y, &culprit), SLOPE_OK);
    assert_true(slope_same(culprit.node, w));
    assert_int_equal(culprit.operand, 1);
    assert_near(culprit.entry.exact / culprit.entry.numeric, 1.0001, 1e-9);
    assert_int_equal(slope_check_nodes(slope_exp(g), &culprit), SLOPE_OK); /* y does not depend on the wrong one */
    assert_true(slope_is_null(culprit.node));
}

static int product_of_all(size_t n, const double x[], double *value, double partial[], void *context)
{
    *value = 0.0;
    for (size_t i = 0; i < n; i++) {
        *value += sin(x[i]) * (double)(i + 1);
        if (partial)
            partial[i] = cos(x[i]) * (double)(i + 1) * (context && i == 77 ? 1.0001 : 1.0);
    }
    return 0;
}

static void an_operation_of_many_operands_is_checked_too(void **state)
{
    slope_tape *t = *state;
    enum { MANY = 200 };
    int wrong = 1;
    slope_value x[MANY];
    for (int i = 0; i < MANY; i++)
        x[i] = slope_var(t, 0.01 * i);
    const slope_custom good = {"good", product_of_all, NULL}, bad = {"bad", product_of_all, &wrong};
    slope_culprit culprit;
    assert_int_equal(slope_check_nodes(slope_custom_apply(&good, MANY, x), &culprit), SLOPE_OK);
    assert_true(slope_is_null(culprit.node));
    assert_int_equal(slope_check_nodes((slope_sum)(MANY, x), &culprit), SLOPE_OK);
    assert_true(slope_is_null(culprit.node));
    assert_int_equal(slope_check_nodes(slope_custom_apply(&bad, MANY, x), &culprit), SLOPE_OK);
    assert_false(slope_is_null(culprit.node));
    assert_int_equal(culprit.operand, 77);
}

static void no_operation_of_the_table_is_a_culprit(void **state)
{
    slope_tape *t = *state;
    for (size_t code = 0; code < slope_op_count(); code++) {
        const slope_op_info *info = slope_op_describe((slope_op)code);
        if (code >= SLOPE_OP_CUSTOM || info->arity == 0)
            continue;
        for (int trial = 0; trial < 30; trial++) {
            slope_value x[6];
            const size_t n = info->arity < 0 ? 6 : (size_t)info->arity;
            for (size_t i = 0; i < n; i++)
                x[i] = slope_var(t, i ? uniform(info->low2, info->high2) : uniform(info->low, info->high));
            slope_culprit culprit;
            assert_int_equal(slope_check_nodes(slope_apply((slope_op)code, n, x), &culprit), SLOPE_OK);
            if (!slope_is_null(culprit.node))
                fail_msg("%s(%.17g, %.17g), operand %zu: %.17g, numerically %.17g +- %g", info->name, slope_data(x[0]),
                         n > 1 ? slope_data(x[1]) : 0.0, culprit.operand, culprit.entry.exact, culprit.entry.numeric,
                         culprit.entry.error);
        }
    }
}

static void a_trap_is_not_sprung_by_the_check(void **state)
{
    (void)state;
    slope_tape_options o = slope_tape_options_default();
    o.trap_nonfinite = 1;
    slope_tape *t = slope_tape_create(&o);
    const slope_value x = slope_var(t, 1e-3), y = slope_log(x);
    slope_check_entry entry;
    assert_int_equal(slope_check_values(y, 1, &x, &entry), SLOPE_OK);
    assert_int_equal(entry.verdict, SLOPE_VERDICT_RIGHT);
    assert_int_equal(slope_tape_status(t), SLOPE_OK);
    assert_true(slope_data(y) == log(1e-3));
    slope_tape_destroy(t);
}

static void a_failing_custom_operation_is_reported_and_data_stay(void **state)
{
    slope_tape *t = *state;
    const slope_custom custom = {"touchy", touchy, NULL};
    const slope_value x = slope_var(t, 0.5), y = slope_custom_apply(&custom, 1, &x);
    slope_check_entry entry;
    slope_culprit culprit;
    assert_int_equal(slope_check_values(y, 1, &x, &entry), SLOPE_ERR_CALLBACK);
    assert_int_equal(slope_check_nodes(y, &culprit), SLOPE_ERR_CALLBACK);
    assert_int_equal(slope_tape_status(t), SLOPE_OK);
    assert_true(slope_data(x) == 0.5 && slope_data(y) == sqrt(0.5));
}

static void wrong_arguments_are_refused(void **state)
{
    slope_tape *t = *state;
    const double x = 1.0;
    double (*f)(double) = sin;
    slope_check_entry entry;
    slope_culprit culprit;
    const slope_value v = slope_var(t, 1.0), y = slope_sin(v), null = {0}, number = slope_number(2.0);
    assert_int_equal(slope_check_gradient(NULL, 1, &x, &x, &f, NULL, &entry), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_check_gradient(call, 0, &x, &x, &f, NULL, &entry), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_check_gradient(call, 1, NULL, &x, &f, NULL, &entry), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_check_gradient(call, 1, &x, NULL, &f, NULL, &entry), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_check_gradient(call, 1, &x, &x, &f, NULL, NULL), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_check_gradient(call, SIZE_MAX, &x, &x, &f, NULL, &entry), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_check_values(y, 0, &v, &entry), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_check_values(y, 1, NULL, &entry), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_check_values(y, 1, &v, NULL), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_check_values(y, 1, &y, &entry), SLOPE_ERR_ARGUMENT); /* no input */
    assert_int_equal(slope_check_values(y, 1, &number, &entry), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_check_values(y, 1, &null, &entry), SLOPE_ERR_NULL);
    assert_int_equal(slope_check_values(null, 1, &v, &entry), SLOPE_ERR_NULL);
    assert_int_equal(slope_check_nodes(null, &culprit), SLOPE_ERR_NULL);
    assert_int_equal(slope_check_nodes(y, NULL), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_check_nodes(number, &culprit), SLOPE_OK);
    assert_true(slope_is_null(culprit.node));
    assert_int_equal(slope_check_values(number, 1, &v, &entry), SLOPE_OK);
    assert_int_equal(entry.verdict, SLOPE_VERDICT_RIGHT);
    const slope_value later = slope_var(t, 3.0); /* younger than y */
    assert_int_equal(slope_check_values(y, 1, &later, &entry), SLOPE_OK);
    assert_int_equal(entry.verdict, SLOPE_VERDICT_RIGHT);
    slope_tape *other = slope_tape_create(NULL);
    const slope_value foreign = slope_var(other, 1.0);
    assert_int_equal(slope_check_values(y, 1, &foreign, &entry), SLOPE_ERR_FOREIGN);
    slope_tape_destroy(other);
    slope_tape_reset(t);
    assert_int_equal(slope_check_nodes(y, &culprit), SLOPE_ERR_STALE);
}

static void every_failed_allocation_leaves_the_tape_whole(void **state)
{
    (void)state;
    failing f = {0};
    slope_tape_options o = slope_tape_options_default();
    o.allocator = (slope_allocator){failing_resize, &f};
    slope_tape *t = slope_tape_create(&o);
    slope_value x[20];
    for (int i = 0; i < 20; i++)
        x[i] = slope_var(t, 0.1 * i);
    const slope_value y = slope_exp((slope_sum)(20, x));
    assert_int_equal(slope_backward(y), SLOPE_OK);
    const double value = slope_data(y);
    slope_check_entry entry[20];
    slope_culprit culprit;
    const size_t held = f.held;
    int failures = 0;
    for (size_t k = 0; k < 60; k++) {
        failing_after(&f, k);
        failures += slope_check_values(y, 20, x, entry) == SLOPE_ERR_MEMORY;
        failing_after(&f, k);
        failures += slope_check_nodes(y, &culprit) == SLOPE_ERR_MEMORY;
        assert_true(slope_data(y) == value && slope_data(x[3]) == 0.1 * 3);
        assert_int_equal(f.held, held);
    }
    assert_true(failures > 3);
    f.fail_at = 0;
    assert_int_equal(slope_check_values(y, 20, x, entry), SLOPE_OK);
    assert_int_equal(slope_check_nodes(y, &culprit), SLOPE_OK);
    slope_tape_destroy(t);
    assert_int_equal(f.held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_verdict_on_random_smooth_functions_is_wrong),
        cmocka_unit_test(right_gradients_pass_near_noise),
        cmocka_unit_test(hopeless_noise_is_called_noise),
        cmocka_unit_test(float_and_fast_oscillation_deceive_nobody),
        cmocka_unit_test(a_gradient_of_zero_can_be_right_and_wrong),
        cmocka_unit_test(rounding_inside_of_f_is_no_slope),
        cmocka_unit_test(a_kink_is_called_a_kink),
        cmocka_unit_test(what_is_not_finite_is_called_that),
        cmocka_unit_test(digits_and_difference_keep_sign_and_size),
        on_tape(gradients_of_a_tape_pass_and_its_data_stay),
        on_tape(values_on_a_tape_know_their_rounding),
        on_tape(bends_beneath_the_grain_of_x_are_no_kinks),
        on_tape(a_branch_that_was_decided_at_a_tie_is_told),
        on_tape(a_wrong_custom_operation_is_found_among_right_ones),
        on_tape(an_operation_of_many_operands_is_checked_too),
        on_tape(no_operation_of_the_table_is_a_culprit),
        cmocka_unit_test(a_trap_is_not_sprung_by_the_check),
        on_tape(a_failing_custom_operation_is_reported_and_data_stay),
        on_tape(wrong_arguments_are_refused),
        cmocka_unit_test(every_failed_allocation_leaves_the_tape_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
