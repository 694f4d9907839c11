/* SPDX-License-Identifier: MIT */
/*
 * Where a slope of 0 meets an infinite one, and second derivatives at kinks: every row is asked of the tape, of the
 * gradient as a function, of the Jacobian, and each function of the interpreter, of the evaluator in lanes, of machine
 * code and of generated C.  What mathematics says is the first choice; a slope that does not exist may be NaN or
 * infinite, never a finite number.  The rules are in docs/edges.md.
 */
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <slope/slope.h>

#define INF INFINITY
#define TOLD (-1234.5) /* NaN or infinite */

typedef struct row {
    const char *text; /* of x, or of x and y in this order of first use */
    size_t n;
    double at[2];
    double expected[4]; /* slopes, or the matrix of second derivatives */
} row;

/* First derivatives. */
static const row slopes[] = {
    /* roots and their powers */
    {"sqrt(x)^2", 1, {0}, {1}},
    {"sqrt(x)*sqrt(x)", 1, {0}, {1}},
    {"(2*sqrt(x))^2", 1, {0}, {4}},
    {"-sqrt(x)^2/4", 1, {0}, {-0.25}},
    {"sqrt(x)^4", 1, {0}, {0}},
    {"sqrt(x)^4", 1, {3}, {6}},
    {"sqrt(x)^3", 1, {4}, {3}},
    {"sqrt(x)^2", 1, {-1}, {NAN}},
    {"cbrt(x)^3", 1, {0}, {1}},
    {"cbrt(x)^3", 1, {-8}, {1}},
    {"cbrt(x)*cbrt(x)*cbrt(x)", 1, {0}, {1}},
    {"cbrt(x)^6", 1, {0}, {0}},
    {"cbrt(x)^6", 1, {-2}, {-4}},
    {"cbrt(x)^4", 1, {0}, {0}},
    {"cbrt(x)^2", 1, {0}, {TOLD}},
    {"(x^0.5)^2", 1, {0}, {1}},
    {"(x^0.25)^4", 1, {0}, {1}},
    {"cos(sqrt(x))", 1, {0}, {TOLD}}, /* -1/2 */
    {"cos(2*sqrt(x))", 1, {0}, {TOLD}},
    {"sqrt(x)*sin(sqrt(x))", 1, {0}, {TOLD}},
    {"cosh(acosh(x))", 1, {1}, {TOLD}},
    {"x*sqrt(x)", 1, {0}, {0}},
    {"sqrt(x)*x^2", 1, {0}, {0}},
    {"x^2*sqrt(x)", 1, {0}, {0}},
    {"sqrt(x)*sqrt(y)", 2, {0, 0}, {0, 0}},
    {"sqrt(x*x)", 1, {0}, {0}},
    {"sqrt(x^2+y^2)", 2, {0, 0}, {0, 0}},
    {"1/(1+sqrt(x*x))", 1, {0}, {0}},
    {"asin(1-x*x)", 1, {0}, {0}},
    {"sqrt(abs(x))", 1, {0}, {TOLD}},
    {"sqrt(exp(x))", 1, {-800}, {0}},
    /* what underflows in front of a pole */
    {"log(exp(x))", 1, {-800}, {1}},
    {"log(3*exp(x))", 1, {-800}, {1}},
    {"log(exp(x)^2)", 1, {-800}, {2}},
    {"log(exp(2*x))", 1, {-800}, {2}},
    {"log2(exp2(x))", 1, {-2000}, {1}},
    {"log10(exp(x))", 1, {-800}, {0.43429448190325182765}},
    {"log(sigmoid(x))", 1, {-800}, {1}},
    {"log(sigmoid(x))", 1, {2}, {0.11920292202211756}},
    {"log(erfc(x))", 1, {30}, {-60.033296398756228}},
    {"log(erfc(x))", 1, {1}, {-2.6389675142347917}},
    {"log(0.5*erfc(-x/sqrt(2)))", 1, {-40}, {40.024968847207255}},
    {"log(ndtr(x))", 1, {-40}, {40.024968847207264}},
    {"log(2*ndtr(x))", 1, {1}, {0.28759997093917833}},
    {"log(erfc(x))", 1, {-3}, {-0.00013925305194674785 / 1.9999779095030014}},
    {"log(exp(-x^2/2)/sqrt(2*pi))", 1, {40}, {-40}},
    {"log(exp(x)*exp(-x^2))", 1, {40}, {-79}},
    {"log(exp(x)/(exp(x)+exp(y)))", 2, {-800, 0}, {1, -1}},
    {"log(exp(x))", 1, {NAN}, {NAN}},
    {"log(exp(x)*y)", 2, {-1, -1}, {NAN, NAN}},
    {"log(exp(x)+0*x)", 1, {-800}, {TOLD}},
    {"log(1-tanh(x))", 1, {400}, {TOLD}},
    {"log1p(-sigmoid(x))", 1, {800}, {TOLD}},
    {"atanh(tanh(x))", 1, {400}, {TOLD}},
    {"1/exp(x)", 1, {-800}, {TOLD}},
    {"exp(x)^-1", 1, {-800}, {TOLD}},
    {"log(x^2)", 1, {0}, {TOLD}},
    {"1/x^2", 1, {0}, {TOLD}},
    {"log(x*y)", 2, {2, 0}, {TOLD, INF}},
    {"log(abs(x))", 1, {0}, {TOLD}},
    {"log(hypot(x,y))", 2, {0, 0}, {TOLD, TOLD}},
    {"log(sqrt(x^2+y^2))", 2, {3, 4}, {0.12, 0.16}},
    /* zeros that were decided stay strong */
    {"log(relu(x))", 1, {-1}, {0}},
    {"log(max(x,1))", 1, {-1}, {0}},
    {"sqrt(max(x,0))", 1, {-1}, {0}},
    {"min(exp(x),1)", 1, {1000}, {0}},
    {"select(x>0,log(exp(x)),0)", 1, {-800}, {0}},
    {"select(x>0,1/exp(x),x)", 1, {-800}, {1}},
    {"select(x>0,exp(-1/x),0)", 1, {0}, {0}},
    {"1/(1+exp(-x))", 1, {800}, {0}},
    {"1/(1+x^2)", 1, {0}, {0}},
    {"0*log(x)", 1, {0}, {0}},
    /* what has no slope because an operand is given twice */
    {"sqrt(x-x)", 1, {1}, {0}},
    {"sqrt(fmod(x,x))", 1, {1}, {0}},
    {"log(fmod(x,x))", 1, {1}, {0}},
    {"cbrt(x/x-1)", 1, {3}, {0}},
};

/* Second derivatives. */
static const row curvatures[] = {
    {"norm(x,y)^2", 2, {0, 0}, {2, 0, 0, 2}},
    {"hypot(x,y)^2", 2, {0, 0}, {2, 0, 0, 2}},
    {"norm(x,y)*norm(x,y)", 2, {0, 0}, {2, 0, 0, 2}},
    {"norm(x,y)^4", 2, {0, 0}, {0, 0, 0, 0}},
    {"norm(x,y)^3", 2, {0, 0}, {0, 0, 0, 0}},
    {"norm(x,y)^4", 2, {1, 1}, {16, 8, 8, 16}},
    {"exp(-norm(x,y)^2)", 2, {0, 0}, {-2, 0, 0, -2}},
    {"exp(-(norm(x,y)/2)^2)", 2, {0, 0}, {-0.5, 0, 0, -0.5}},
    {"1/(1+hypot(x,y)^2)", 2, {0, 0}, {-2, 0, 0, -2}},
    {"sqrt(1+norm(x,y)^2)", 2, {0, 0}, {1, 0, 0, 1}},
    {"log(1+norm(x,y)*norm(x,y))", 2, {0, 0}, {2, 0, 0, 2}},
    {"sqrt(x^2+y^2)^2", 2, {0, 0}, {2, 0, 0, 2}},
    {"exp(-sqrt(x^2+y^2)^2)", 2, {0, 0}, {-2, 0, 0, -2}},
    {"abs(x)^2", 1, {0}, {2}},
    {"abs(x)*abs(x)", 1, {0}, {2}},
    {"abs(x)^4", 1, {0}, {0}},
    {"abs(x)^3", 1, {0}, {0}},
    {"cbrt(x)^6", 1, {0}, {2}},
    {"sqrt(x)^4", 1, {0}, {2}},
    {"x^1.5", 1, {0}, {INF}},
    {"x^2*sqrt(x)", 1, {0}, {0}},
    /* there is none, or only mathematics finds it */
    {"hypot(x,y)", 2, {0, 0}, {TOLD, 0, 0, TOLD}},
    {"norm(x,y)", 2, {0, 0}, {TOLD, 0, 0, TOLD}},
    {"exp(-norm(x,y))", 2, {0, 0}, {TOLD, 0, 0, TOLD}},
    {"sqrt(x^2+y^2)", 2, {0, 0}, {TOLD, 0, 0, TOLD}},
    {"cos(hypot(x,y))", 2, {0, 0}, {TOLD, 0, 0, TOLD}},
    {"cos(2*norm(x,y))", 2, {0, 0}, {TOLD, 0, 0, TOLD}},
    {"cosh(norm(x,y))", 2, {0, 0}, {TOLD, 0, 0, TOLD}},
    {"norm(x,y)*sin(norm(x,y))", 2, {0, 0}, {TOLD, 0, 0, TOLD}},
    {"norm(x,y)*hypot(x,y)", 2, {0, 0}, {TOLD, 0, 0, TOLD}},
    {"cos(sqrt(x^2+y^2))", 2, {0, 0}, {TOLD, 0, 0, TOLD}},
    {"hypot(hypot(x,y),1)", 2, {0, 0}, {TOLD, 0, 0, TOLD}},
    {"abs(x)", 1, {0}, {TOLD}},
    {"exp(abs(x))", 1, {0}, {TOLD}},
    {"cos(abs(x))", 1, {0}, {TOLD}},
    {"max(x,-x)", 1, {0}, {TOLD}},
    {"max(x,-x)^2", 1, {0}, {TOLD}},
    {"min(x,-x)*min(x,-x)", 1, {0}, {TOLD}},
    {"max(x,y)", 2, {1, 1}, {TOLD, TOLD, TOLD, TOLD}},
    {"copysign(x,1)", 1, {0}, {TOLD}},
    {"sqrt(x)", 1, {0}, {TOLD}},
    {"cbrt(x)", 1, {0}, {TOLD}},
    {"x*sqrt(x)", 1, {0}, {TOLD}},
    {"log(x)", 1, {0}, {TOLD}},
    /* the slope that was chosen is that of one side, and so is the second one */
    {"relu(x)", 1, {0}, {0}},
    {"relu(x)^2", 1, {0}, {0}},
    {"fdim(x,1)", 1, {1}, {0}},
    {"leaky_relu(x,0.1)", 1, {0}, {0}},
    /* nobody asks */
    {"select(x>1,cos(hypot(x,y)),x*y)", 2, {0, 0}, {0, 1, 1, 0}},
    {"relu(abs(x)-1)", 1, {0}, {0}},
    {"y*y+0*abs(x)", 2, {1, 0}, {0, 0, 0, 2}},
    {"max(x,x)", 1, {1}, {0}},
};

/* ---------------------------------------------------------------------------------------------------------- asking */

static int is_right(double got, double expected)
{
    if (expected == TOLD)
        return !isfinite(got);
    if (isnan(expected) || isinf(expected))
        return isnan(expected) ? isnan(got) : got == expected;
    return fabs(got - expected) <= 4e-15 * (expected != 0.0 ? fabs(expected) : 0.0);
}

static int complain(const row *r, const char *by, size_t n, const double got[])
{
    int wrong = 0;
    for (size_t k = 0; k < n; k++) {
        if (is_right(got[k], r->expected[k]))
            continue;
        wrong++;
        print_error("%s at (%g, %g): number %zu by %s is %.17g, not %.17g\n", r->text, r->at[0], r->at[1], k, by,
                    got[k], r->expected[k]);
    }
    return wrong;
}

static slope_function *text_function(const row *r)
{
    slope_error error = {0};
    char text[128]; /* x first, whatever the text begins with */
    (void)snprintf(text, sizeof text, r->n > 1 ? "x+y\nf = %s" : "x\nf = %s", r->text);
    slope_function *f = slope_function_parse(text, SIZE_MAX, 0, NULL, &error);
    if (!f)
        fail_msg("%s: %s", r->text, error.message);
    assert_int_equal(slope_function_inputs(f), r->n);
    return f;
}

static int ask_tape(slope_tape *t, const row *r)
{
    slope_tape_reset(t);
    const slope_value x = slope_var(t, r->at[0]), y = slope_var(t, r->at[1]);
    const slope_binding bindings[] = {{"x", x}, {"y", y}};
    slope_value f;
    assert_int_equal(slope_parse(t, r->text, SIZE_MAX, 2, bindings, &f, NULL), SLOPE_OK);
    assert_int_equal(slope_backward(f), SLOPE_OK);
    return complain(r, "the tape", r->n, (const double[]){slope_grad(x), slope_grad(y)});
}

/* The outputs of d one after another, however they are grouped. */
static void outputs_at(const slope_function *d, double *numbers, double *y[4])
{
    for (size_t o = 0; o < slope_function_outputs(d); o++) {
        y[o] = numbers;
        numbers += slope_function_output(d, o).length;
    }
}

/* d, which gives what row r expects, by every way of computing it; takes d. */
static int ask_function(const row *r, size_t n, const char *by, slope_function *d, int native)
{
    enum { POINTS = 11 };
    double got[4] = {0}, *y[4] = {0}, at[2][POINTS], lanes[4 * POINTS];
    const double *x[2] = {&r->at[0], &r->at[1]};
    char what[80];
    assert_non_null(d);
    outputs_at(d, got, y);
    assert_int_equal(slope_eval(d, x, y), SLOPE_OK);
    int wrong = complain(r, by, n, got);
    slope_input in[2];
    slope_output out[4];
    for (size_t k = 0; k < 2; k++) {
        for (size_t p = 0; p < POINTS; p++)
            at[k][p] = r->at[k];
        in[k] = (slope_input){at[k], 1, 1};
    }
    size_t first = 0;
    for (size_t o = 0; o < slope_function_outputs(d); o++) {
        const size_t length = slope_function_output(d, o).length;
        out[o] = (slope_output){lanes + first * POINTS, 1, POINTS, 0};
        first += length;
    }
    assert_int_equal(slope_eval_batch(d, POINTS, in, out, NULL), SLOPE_OK);
    for (size_t k = 0; k < n; k++)
        got[k] = lanes[k * POINTS + 3];
    (void)snprintf(what, sizeof what, "%s in lanes", by);
    wrong += complain(r, what, n, got);
    if (native) {
        slope_function *compiled = slope_function_compile(d, NULL, NULL);
        assert_non_null(compiled);
        memset(got, 0, sizeof got);
        outputs_at(compiled, got, y);
        assert_int_equal(slope_eval(compiled, x, y), SLOPE_OK);
        (void)snprintf(what, sizeof what, "machine code of %s", by);
        wrong += complain(r, what, n, got);
        slope_function_destroy(compiled);
    }
    slope_function_destroy(d);
    return wrong;
}

/* One in ten by machine code, for the compiler takes its time. */
static int is_tenth(size_t k) { return k % 10 == 0; }

static void slopes_are_right_or_told(void **state)
{
    int wrong = 0;
    for (size_t k = 0; k < sizeof slopes / sizeof *slopes; k++) {
        const row *r = &slopes[k];
        slope_function *f = text_function(r);
        wrong += ask_tape(*state, r);
        wrong += ask_function(r, r->n, "the gradient", slope_gradient(f, 0, NULL, NULL), is_tenth(k));
        wrong += ask_function(r, r->n, "the jacobian", slope_jacobian(f, 0, NULL, NULL), 0);
        slope_function_destroy(f);
    }
    assert_int_equal(wrong, 0);
}

static void second_derivatives_are_right_or_told(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t k = 0; k < sizeof curvatures / sizeof *curvatures; k++) {
        const row *r = &curvatures[k];
        slope_function *f = text_function(r), *g = slope_gradient(f, 0, NULL, NULL);
        wrong += ask_function(r, r->n * r->n, "the hessian", slope_hessian(f, 0, NULL, NULL), is_tenth(k));
        wrong += ask_function(r, r->n * r->n, "the gradient's jacobian", slope_jacobian(g, 0, NULL, NULL), 0);
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
    assert_int_equal(wrong, 0);
}

/* ------------------------------------------------------------------------------------------- any number of operands */

static int record_nary(slope_tape *t, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)t;
    y[0][0] = slope_apply(*(const slope_op *)context, 4, x[0]);
    return 0;
}

/* Operands of every size, equal ones, and far apart: the tape's partials are those of the gradient as a function. */
static void partials_of_n_operands_are_the_tapes(void **state)
{
    static const double size[] = {0, 1e-300, 1e-8, 1, 10, 700, 1000, 1e6, 1e8, 1e12, 1e16, 1e100, 1e300};
    static const double shape[][4] = {
        {1, 0, -1, 0.5}, {0, 0, 0, 0}, {1, 1, 1, 1}, {-3, -30, -300, 0}, {1e-3, 0, 2e-3, 0}};
    int wrong = 0;
    for (slope_op op = SLOPE_OP_SUM; op <= SLOPE_OP_POLY; op++) {
        const slope_group in[] = {{"x", 4}}, out[] = {{"y", 1}};
        slope_function *f = slope_function_record(1, in, 1, out, NULL, record_nary, &op, NULL);
        slope_function *g = slope_gradient(f, 0, NULL, NULL);
        for (size_t k = 0; k < 2 * sizeof size / sizeof *size * 5; k++) {
            const double base = (k & 1 ? -1 : 1) * size[k / 2 % (sizeof size / sizeof *size)];
            const double *s = shape[k / 2 / (sizeof size / sizeof *size)];
            double x[4], got[4];
            slope_value v[4];
            slope_tape_reset(*state);
            for (size_t j = 0; j < 4; j++)
                v[j] = slope_var(*state, x[j] = base + s[j]);
            assert_int_equal(slope_backward(slope_apply(op, 4, v)), SLOPE_OK);
            assert_int_equal(slope_eval(g, (const double *[]){x}, (double *[]){got}), SLOPE_OK);
            for (size_t j = 0; j < 4; j++) {
                const double by_tape = slope_grad(v[j]);
                if (fabs(got[j] - by_tape) <= 2e-15 * fabs(by_tape) || (isnan(got[j]) && isnan(by_tape)) ||
                    got[j] == by_tape)
                    continue;
                wrong++;
                print_error("%s at (%g, %g, %g, %g): slope %zu is %.17g by the tape, %.17g by the function\n",
                            slope_op_describe(op)->name, x[0], x[1], x[2], x[3], j, by_tape, got[j]);
            }
        }
        slope_function_destroy(g);
        slope_function_destroy(f);
    }
    assert_int_equal(wrong, 0);
}

static void logsumexp_has_equal_slopes_far_away(void **state)
{
    slope_op op = SLOPE_OP_LOGSUMEXP;
    const slope_group in[] = {{"x", 4}}, out[] = {{"y", 1}};
    (void)state;
    slope_function *f = slope_function_record(1, in, 1, out, NULL, record_nary, &op, NULL);
    slope_function *g = slope_gradient(f, 0, NULL, NULL), *h = slope_hessian(f, 0, NULL, NULL);
    const double x[] = {1e16, 1e16, 1e16 + 2, -1e300};
    double slope[4], second[16];
    assert_int_equal(slope_eval(g, (const double *[]){x}, (double *[]){slope}), SLOPE_OK);
    const double e = exp(-2), p = e / (1 + 2 * e);
    assert_true(fabs(slope[0] - p) < 1e-16 && fabs(slope[1] - p) < 1e-16 && fabs(slope[2] - (1 - 2 * p)) < 2e-16);
    assert_true(slope[3] == 0);
    assert_int_equal(slope_eval(h, (const double *[]){x}, (double *[]){second}), SLOPE_OK);
    assert_true(fabs(second[0] - p * (1 - p)) < 1e-16 && fabs(second[1] + p * p) < 1e-16 && second[15] == 0);
    slope_function_destroy(h);
    slope_function_destroy(g);
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(slopes_are_right_or_told),
        cmocka_unit_test(second_derivatives_are_right_or_told),
        on_tape(partials_of_n_operands_are_the_tapes),
        cmocka_unit_test(logsumexp_has_equal_slopes_far_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
