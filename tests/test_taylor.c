/* SPDX-License-Identifier: MIT */
/* Taylor coefficients against closed forms, against the function itself, against repeated derivatives, through
   loops. */
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <slope/derive.h>

#include "function/ir.h"
#include "random_function.h"

enum { ORDER = 12 };

static slope_function *finish(slope__builder *b)
{
    slope_error error = {0};
    slope_function *f = slope__builder_finish(b, &error);
    if (!f)
        fail_msg("%s", error.message);
    return f;
}

static slope_function *taylor(const slope_function *f, unsigned order)
{
    slope_error error = {0};
    slope_function *t = slope_taylor(f, order, 0, NULL, &error);
    if (!t)
        fail_msg("%s", error.message);
    return t;
}

/* One input x of n numbers, one output y. */
static void coefficients(const slope_function *f, unsigned order, const double x[], const double v[], double c[])
{
    slope_function *t = taylor(f, order);
    assert_int_equal(slope__interpret(t, (const double *const[]){x, v}, (double *const[]){c}, NULL), SLOPE_OK);
    slope_function_destroy(t);
}

static double value(const slope_function *f, const double x[])
{
    double y;
    assert_int_equal(slope__interpret(f, (const double *const[]){x}, (double *const[]){&y}, NULL), SLOPE_OK);
    return y;
}

/* op(x) or op(x, number) or op(number, x) as a function of one number */
static slope_function *row(unsigned code, size_t n, size_t i, const double other[])
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    slope__cell x[3] = {0};
    const slope__cell at = slope__build_input(b, "x", 1);
    for (size_t k = 0; k < n; k++)
        x[k] = k == i ? at : slope__build_number(b, other[k]);
    slope__build_output(b, "y", 1, NULL, slope__build(b, code, n, x));
    return finish(b);
}

static slope_function *unary(unsigned code) { return row(code, 1, 0, NULL); }

static double factorial(unsigned k) { return tgamma(k + 1.0); }

/* --------------------------------------------------------------------------------------------------- closed forms */

static void assert_series(slope_function *f, double x, double v, const double expected[])
{
    double c[ORDER + 1];
    coefficients(f, ORDER, &x, &v, c);
    for (unsigned k = 0; k <= ORDER; k++)
        assert_near(c[k], expected[k], 4e-15 * (k + 1) * (fabs(expected[k]) + 1e-3 * pow(fabs(v), k)));
    slope_function_destroy(f);
}

static void exp_log_sin_and_cos_have_their_series(void **state)
{
    (void)state;
    double e[ORDER + 1], l[ORDER + 1], s[ORDER + 1], c[ORDER + 1];
    const double x = 0.7, v = 1.25;
    for (unsigned k = 0; k <= ORDER; k++) {
        e[k] = exp(x) * pow(v, k) / factorial(k);
        l[k] = k ? -pow(-v / x, k) / k : log(x);
        const double turn[4] = {sin(x), cos(x), -sin(x), -cos(x)};
        s[k] = turn[k % 4] * pow(v, k) / factorial(k);
        c[k] = turn[(k + 1) % 4] * pow(v, k) / factorial(k);
    }
    assert_series(unary(slope__code_exp), x, v, e);
    assert_series(unary(slope__code_log), x, v, l);
    assert_series(unary(slope__code_sin), x, v, s);
    assert_series(unary(slope__code_cos), x, v, c);
}

static void one_over_one_minus_x_is_the_geometric_series(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 1), one = slope__build_number(b, 1.0);
    slope__build_output(b, "y", 1, NULL,
                        slope__build2(b, slope__code_div, one, slope__build2(b, slope__code_sub, one, x)));
    slope_function *f = finish(b);
    double c[ORDER + 1];
    coefficients(f, ORDER, &(double){0.0}, &(double){2.0}, c);
    for (unsigned k = 0; k <= ORDER; k++)
        assert_near(c[k], pow(2.0, k), 0.0);
    slope_function_destroy(f);
}

static void powers_have_binomial_series(void **state)
{
    (void)state;
    static const double exponent[] = {2.5, -0.5, -3.0, 0.5, 7.0, 1.0, 13.0, 0.25};
    for (size_t i = 0; i < sizeof exponent / sizeof *exponent; i++) {
        const double p = exponent[i], x = 1.5;
        double expected[ORDER + 1], binomial = 1.0;
        for (unsigned k = 0; k <= ORDER; k++) {
            expected[k] = binomial * pow(x, p - k);
            binomial *= (p - k) / (k + 1);
        }
        assert_series(row(slope__code_pow, 2, 0, (double[]){0, p}), x, 1.0, expected);
        if (p == trunc(p))
            assert_series(row(slope__code_powi, 2, 0, (double[]){0, p}), x, 1.0, expected);
    }
}

static void powers_at_zero_are_polynomials(void **state)
{
    (void)state;
    for (unsigned p = 1; p <= 5; p++) {
        double expected[ORDER + 1] = {0};
        expected[p] = pow(2.0, p);
        assert_series(row(slope__code_pow, 2, 0, (double[]){0, p}), 0.0, 2.0, expected);
        assert_series(row(slope__code_powi, 2, 0, (double[]){0, p}), 0.0, 2.0, expected);
    }
}

static void tanh_atan_and_asin_have_their_series_at_zero(void **state)
{
    (void)state;
    const double t[ORDER + 1] = {0, 1, 0, -1.0 / 3, 0, 2.0 / 15, 0, -17.0 / 315, 0, 62.0 / 2835, 0, -1382.0 / 155925};
    const double a[ORDER + 1] = {0, 1, 0, -1.0 / 3, 0, 1.0 / 5, 0, -1.0 / 7, 0, 1.0 / 9, 0, -1.0 / 11};
    const double s[ORDER + 1] = {0, 1, 0, 1.0 / 6, 0, 3.0 / 40, 0, 15.0 / 336, 0, 105.0 / 3456, 0, 945.0 / 42240};
    assert_series(unary(slope__code_tanh), 0.0, 1.0, t);
    assert_series(unary(slope__code_atan), 0.0, 1.0, a);
    assert_series(unary(slope__code_asin), 0.0, 1.0, s);
}

static void a_composition_has_its_series(void **state)
{
    (void)state;
    const double expected[ORDER + 1] = {1,          1,        1.0 / 2,     0,          -1.0 / 8,          -1.0 / 15,
                                        -1.0 / 240, 1.0 / 90, 31.0 / 5760, 1.0 / 5670, -2951.0 / 3628800, -1.0 / 3150};
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 1);
    slope__build_output(b, "y", 1, NULL, slope__build1(b, slope__code_exp, slope__build1(b, slope__code_sin, x)));
    slope_function *f = finish(b);
    double c[ORDER + 1];
    coefficients(f, ORDER, &(double){0.0}, &(double){1.0}, c);
    for (unsigned k = 0; k < ORDER; k++)
        assert_near(c[k], expected[k], 1e-16);
    slope_function_destroy(f);
}

/* ------------------------------------------------------------------------------------------- every row of the table */

typedef struct sample {
    const char *name;
    unsigned code;
    size_t n;
    double x[3];
    int smooth;
} sample;

#define BETWEEN(low, high) ((low) + 0.37 * ((high) - (low)))
#define BEYOND(low, high) ((low) + 0.61 * ((high) - (low))) /* no tie */
static const sample samples[] = {
#define UNARY(name, symbol, doc, low, high, smooth, value, da) \
    {#name, slope__code_##name, 1, {BETWEEN(low, high), 0, 0}, smooth},
#define BINARY(name, symbol, doc, low, high, low2, high2, smooth, value, da, db) \
    {#name, slope__code_##name, 2, {BETWEEN(low, high), BEYOND(low2, high2), 0}, smooth},
#define TERNARY(name, symbol, doc, low, high, smooth, value, da, db, dc) \
    {#name, slope__code_##name, 3, {BETWEEN(low, high), 1.7, -0.4}, smooth},
#define NARY(name, ...) {#name, slope__code_##name, 0, {0.8, -1.3, 0.6}, 1},
#include "ops.def"
};
enum { SAMPLES = sizeof samples / sizeof *samples };

/* All operands move; n-ary ones on four of them.  An operand that must be an integer does not. */
static slope_function *whole_row(const sample *s)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 3);
    slope__cell operand[4] = {x, x + 1, x + 2, slope__build_number(b, 0.3)};
    const slope_op_info *info = slope_op_describe((slope_op)s->code);
    if (info->arity == 2 && info->low == info->high) /* a whole number */
        operand[0] = slope__build_number(b, info->low);
    if (info->arity == 2 && info->low2 == info->high2)
        operand[1] = slope__build_number(b, info->low2);
    slope__build_output(b, "y", 1, NULL, slope__build(b, s->code, s->n ? s->n : 4, operand));
    return finish(b);
}

static const double direction[3] = {0.9, -0.7, 0.4};

static void the_series_of_every_operation_sums_to_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        const sample *s = &samples[i];
        if (s->code == slope__code_detach) /* its series ends after the value, on purpose */
            continue;
        slope_function *f = whole_row(s);
        double c[ORDER + 1];
        coefficients(f, ORDER, s->x, direction, c);
        for (double t = -0.04; t < 0.05; t += 0.08) {
            double sum = 0, x[3], size = 0;
            for (unsigned k = ORDER + 1; k-- > 0;)
                sum = sum * t + c[k];
            for (size_t k = 0; k < 3; k++)
                x[k] = s->x[k] + t * direction[k];
            for (unsigned k = 0; k <= ORDER; k++)
                size += fabs(c[k]) * pow(fabs(t), k);
            const double expected = value(f, x);
            if (!(fabs(sum - expected) <= 1e-13 * size + fabs(c[ORDER]) * pow(0.06, ORDER)))
                fail_msg("%s at t = %g: %.17g, expected %.17g", s->name, t, sum, expected);
        }
        slope_function_destroy(f);
    }
}

/* By the first input group only, which is x: the tangents themselves stay what they are. */
static void coefficients_are_those_of_repeated_derivatives(void **state)
{
    (void)state;
    enum { TIMES = 4 };
    for (size_t i = 0; i < SAMPLES; i++) {
        const sample *s = &samples[i];
        slope_function *f = whole_row(s), *d = slope_function_share(f);
        double c[TIMES + 1];
        const double *x[TIMES + 1];
        coefficients(f, TIMES, s->x, direction, c);
        x[0] = s->x;
        for (unsigned k = 1; k <= TIMES; k++) {
            double y;
            slope_error error = {0};
            slope_function *next = slope_jvp(d, 1, (const size_t[]){0}, &error);
            if (!next)
                fail_msg("%s", error.message);
            slope_function_destroy(d);
            d = next;
            x[k] = direction;
            assert_int_equal(d->inputs, k + 1);
            assert_int_equal(slope__interpret(d, x, (double *const[]){&y}, NULL), SLOPE_OK);
            if (!(fabs(c[k] * factorial(k) - y) <= 1e-11 * (1 + fabs(y))))
                fail_msg("%s: coefficient %u is %.17g, expected %.17g", s->name, k, c[k], y / factorial(k));
        }
        slope_function_destroy(d);
        slope_function_destroy(f);
    }
}

/* From order 10 to 20 a polynomial of degree 3 grows by 8. */
static void the_operations_are_polynomial_in_the_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        slope_function *f = whole_row(&samples[i]), *ten = taylor(f, 10), *twenty = taylor(f, 20);
        if (getenv("SLOPE_TEST_PRINT"))
            print_message("%-12s %6zu operations to order 10, %6zu to order 20\n", samples[i].name, ten->instructions,
                          twenty->instructions);
        if (twenty->instructions > 9 * ten->instructions || twenty->instructions > 40000)
            fail_msg("%s: %zu operations to order 10, %zu to order 20", samples[i].name, ten->instructions,
                     twenty->instructions);
        slope_function_destroy(f);
        slope_function_destroy(ten);
        slope_function_destroy(twenty);
    }
}

static void kinks_keep_their_branch(void **state)
{
    (void)state;
    double c[4];
    slope_function *f = unary(slope__code_relu), *g = unary(slope__code_abs), *h = unary(slope__code_floor);
    coefficients(f, 3, &(double){2.0}, &(double){3.0}, c);
    assert_true(c[0] == 2.0 && c[1] == 3.0 && c[2] == 0.0 && c[3] == 0.0);
    coefficients(f, 3, &(double){-2.0}, &(double){3.0}, c);
    assert_true(c[0] == 0.0 && c[1] == 0.0 && c[2] == 0.0 && c[3] == 0.0);
    coefficients(g, 3, &(double){-2.0}, &(double){3.0}, c);
    assert_true(c[0] == 2.0 && c[1] == -3.0 && c[2] == 0.0 && c[3] == 0.0);
    coefficients(h, 3, &(double){2.5}, &(double){3.0}, c);
    assert_true(c[0] == 2.0 && c[1] == 0.0 && c[2] == 0.0 && c[3] == 0.0);
    slope_function_destroy(f);
    slope_function_destroy(g);
    slope_function_destroy(h);
}

/* ----------------------------------------------------------------------------------------------------------- loops */

/* (s, x, p) -> (s' = sin(s) + p x, e = s x, q = p^2): a step and per-step outputs, one of which doesn't know of s and
   x. */
static slope_function *step_body(void)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell s = slope__build_input(b, "s", 1), x = slope__build_input(b, "x", 2),
                      p = slope__build_input(b, "p", 1);
    const slope__cell px = slope__build2(b, slope__code_mul, p, x);
    slope__build_output(b, "t", 1, NULL, slope__build2(b, slope__code_add, slope__build1(b, slope__code_sin, s), px));
    slope__build_output(b, "e", 1, NULL, slope__build2(b, slope__code_mul, s, x + 1));
    slope__build_output(b, "q", 1, NULL, slope__build1(b, slope__code_square, p));
    return finish(b);
}

enum { STEPS = 6 };

/* The body over overlapping items, folded or mapped; e goes each or is added; unrolled or as a loop. */
static slope_function *looped(int fold, int added, int unrolled)
{
    slope_function *body = step_body();
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell in = slope__build_input(b, "x", STEPS + 3), x = in + 2;
    slope__cell out[2 * STEPS + 2], *end = out;
    if (unrolled) {
        slope__cell s = in, sum = slope__build_number(b, 0.0), *map = slope__new(body->cells, sizeof *map);
        for (size_t i = 0; i < STEPS; i++) {
            map[0] = fold ? s : in;
            map[1] = x + (slope__cell)i;
            map[2] = x + (slope__cell)i + 1;
            map[3] = in + 1;
            slope__build_text(b, body, map);
            s = map[body->result[0]];
            sum = slope__build2(b, slope__code_add, sum, map[body->result[1]]);
            if (!added)
                *end++ = map[body->result[1]];
            *end++ = map[body->result[2]];
        }
        *end++ = s;
        if (added)
            *end++ = sum;
        free(map);
    } else {
        slope__source source[3] = {{{in, 0, 1, NULL}, fold ? 0 : SLOPE__NONE},
                                   {{x, 1, 1, NULL}, SLOPE__NONE},
                                   {{in + 1, 0, 1, NULL}, SLOPE__NONE}};
        slope__target target[3] = {{.kind = SLOPE__LAST},
                                   {.kind = added ? SLOPE__ADDED : SLOPE__EACH, .extent = 1, .view = {0, 0, 1, NULL}},
                                   {.kind = SLOPE__EACH}};
        slope__loop loop = {.body = body, .n = STEPS, .source = source, .target = target};
        const slope__cell at = slope__build_loop(b, &loop);
        for (slope__cell i = 0; i < STEPS; i++) {
            if (!added)
                *end++ = at + target[1].base + i;
            *end++ = at + target[2].base + i;
        }
        *end++ = at + target[0].base;
        if (added)
            *end++ = at + target[1].base;
    }
    slope__build_output(b, "y", (size_t)(end - out), out, 0);
    slope_function_destroy(body);
    return finish(b);
}

static void a_loop_has_the_series_of_its_items(void **state)
{
    (void)state;
    double x[STEPS + 3], v[STEPS + 3], c[(2 * STEPS + 2) * (ORDER + 1)], e[(2 * STEPS + 2) * (ORDER + 1)];
    for (size_t k = 0; k < STEPS + 3; k++) {
        x[k] = 0.3 + 0.1 * (double)k;
        v[k] = cos((double)k);
    }
    for (int kind = 0; kind < 4; kind++) {
        slope_function *f = looped(kind & 1, kind >> 1, 0), *g = looped(kind & 1, kind >> 1, 1);
        coefficients(f, ORDER, x, v, c);
        coefficients(g, ORDER, x, v, e);
        for (size_t k = 0; k < f->results * (ORDER + 1); k++)
            assert_near(c[k], e[k], 1e-14 * (1 + fabs(e[k])));
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
}

/* Only p moves: the per-step numbers stay what they are, and q alone gets coefficients besides the state. */
static void only_what_moves_gets_coefficients(void **state)
{
    (void)state;
    slope_function *body = step_body();
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell in = slope__build_input(b, "x", 4), p = slope__build_input(b, "p", 1);
    slope__source source[3] = {
        {{in, 0, 1, NULL}, SLOPE__NONE}, {{in + 1, 1, 1, NULL}, SLOPE__NONE}, {{p, 0, 1, NULL}, SLOPE__NONE}};
    slope__target target[3] = {{.kind = SLOPE__EACH}, {.kind = SLOPE__EACH}, {.kind = SLOPE__EACH}};
    slope__loop loop = {.body = body, .n = 2, .source = source, .target = target};
    const slope__cell at = slope__build_loop(b, &loop);
    slope__build_output(b, "y", 6, NULL, at);
    slope_function *f = finish(b), *t = slope_taylor(f, 2, 1, (const size_t[]){1}, NULL);
    double c[18];
    assert_non_null(t);
    assert_int_equal(slope_function_inputs(t), 3);
    assert_string_equal(slope_function_input(t, 2).name, "p_dot");
    assert_string_equal(slope_function_output(t, 0).name, "y_taylor");
    assert_int_equal(slope__interpret(t, (const double *const[]){(double[]){1, 2, 3, 4}, &(double){5}, &(double){1}},
                                      (double *const[]){c}, NULL),
                     SLOPE_OK);
    const double expected[18] = {sin(1) + 10, 2, 0, sin(1) + 15, 3, 0, 3, 0, 0, 4, 0, 0, 25, 10, 1, 25, 10, 1};
    for (size_t k = 0; k < 18; k++)
        assert_near(c[k], expected[k], 1e-15 * 16);
    for (size_t k = 0; k < t->loops; k++) /* p's first coefficient goes in, the second is the body's own 0 */
        assert_int_equal(t->loop[k].body->inputs, 3 + 1);
    slope_function_destroy(body);
    slope_function_destroy(f);
    slope_function_destroy(t);
}

/* A fold whose steps are maps. */
static void nested_loops_have_the_series_of_their_items(void **state)
{
    (void)state;
    enum { N = 3 };
    slope_function *all[2];
    for (int unrolled = 0; unrolled < 2; unrolled++) {
        slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
        slope__cell a = slope__build_input(b, "a", 1);
        slope__build_output(b, "r", 1, NULL, slope__build1(b, slope__code_tanh, a));
        slope_function *small = finish(b);
        b = slope__builder_create(SLOPE_PASS_DEFAULT);
        a = slope__build_input(b, "s", N);
        slope__cell r[N], at;
        if (unrolled) {
            for (slope__cell k = 0; k < N; k++)
                r[k] = slope__build1(b, slope__code_tanh, a + k);
        } else {
            slope__source source = {{a, 1, 1, NULL}, SLOPE__NONE};
            slope__target target = {.kind = SLOPE__EACH};
            at = slope__build_loop(b, &(slope__loop){.body = small, .n = N, .source = &source, .target = &target});
            for (slope__cell k = 0; k < N; k++)
                r[k] = at + k;
        }
        for (slope__cell k = 0; k < N; k++)
            r[k] = slope__build2(b, slope__code_add, r[k], slope__build2(b, slope__code_mul, r[k], a + (k + 1) % N));
        slope__build_output(b, "t", N, r, 0);
        slope_function *step = finish(b);
        b = slope__builder_create(SLOPE_PASS_DEFAULT);
        a = slope__build_input(b, "x", N);
        if (unrolled) {
            slope__cell *map = slope__new(step->cells, sizeof *map);
            for (slope__cell k = 0; k < N; k++)
                r[k] = a + k;
            for (size_t i = 0; i < 3; i++) {
                memcpy(map, r, sizeof r);
                slope__build_text(b, step, map);
                for (size_t k = 0; k < N; k++)
                    r[k] = map[step->result[k]];
            }
            free(map);
            slope__build_output(b, "y", N, r, 0);
        } else {
            slope__source source = {{a, 0, 1, NULL}, 0};
            slope__target target = {.kind = SLOPE__LAST};
            at = slope__build_loop(b, &(slope__loop){.body = step, .n = 3, .source = &source, .target = &target});
            slope__build_output(b, "y", N, NULL, at);
        }
        all[unrolled] = finish(b);
        slope_function_destroy(small);
        slope_function_destroy(step);
    }
    const double x[N] = {0.2, -0.5, 0.9}, v[N] = {1, 0.5, -2};
    double c[N * (ORDER + 1)], e[N * (ORDER + 1)];
    coefficients(all[0], ORDER, x, v, c);
    coefficients(all[1], ORDER, x, v, e);
    for (size_t k = 0; k < N * (ORDER + 1); k++)
        assert_near(c[k], e[k], 1e-14 * (1 + fabs(e[k])));
    slope_function_destroy(all[0]);
    slope_function_destroy(all[1]);
}

/* A fold of no steps ends where it starts, with the coefficients it starts with. */
static void a_fold_of_no_steps_keeps_its_series(void **state)
{
    (void)state;
    slope_function *body = step_body();
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell in = slope__build_input(b, "x", 4);
    const slope__cell s = slope__build1(b, slope__code_exp, in);
    slope__source source[3] = {
        {{s, 0, 1, NULL}, 0}, {{in + 1, 1, 1, NULL}, SLOPE__NONE}, {{in + 3, 0, 1, NULL}, SLOPE__NONE}};
    slope__target target[3] = {{.kind = SLOPE__LAST}, {.kind = SLOPE__EACH}, {.kind = SLOPE__EACH}};
    slope__loop loop = {.body = body, .n = 0, .source = source, .target = target};
    slope__build_output(b, "y", 1, NULL, slope__build_loop(b, &loop));
    slope_function *f = finish(b);
    double c[3];
    coefficients(f, 2, (double[]){0, 1, 1, 1}, (double[]){1, 1, 1, 1}, c);
    assert_true(c[0] == 1.0 && c[1] == 1.0 && c[2] == 0.5);
    slope_function_destroy(body);
    slope_function_destroy(f);
}

/* Loops nested at random: the first two coefficients are the tangent and half the second derivative. */
static void random_functions_have_the_derivatives_they_have(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        const random_options o = {.seed = seed,
                                  .operations = 10,
                                  .depth = (unsigned)(seed % 3),
                                  .passes = SLOPE_PASS_DEFAULT,
                                  .tame = 1,
                                  .smooth = 1};
        slope_function *f = random_function(&o), *t = taylor(f, 2), *first = slope_jvp(f, 0, NULL, NULL),
                       *second = slope_second(f, 0, NULL, NULL);
        random_arrays c, d, e;
        assert_true(first && second);
        random_arrays_make(&c, t, seed);
        random_arrays_make(&d, first, seed);
        random_arrays_make(&e, second, seed);
        assert_int_equal(slope__interpret(t, (const double *const *)c.x, c.y, NULL), SLOPE_OK);
        assert_int_equal(slope__interpret(first, (const double *const *)c.x, d.y, NULL), SLOPE_OK);
        assert_int_equal(slope__interpret(second, (const double *const *)c.x, e.y, NULL), SLOPE_OK);
        for (size_t g = 0; g < f->outputs; g++) {
            for (size_t j = 0; j < f->output[g].length; j++) {
                const double *k = &c.y[g][3 * j];
                assert_near(k[1], d.y[g][j], 1e-10 * (1 + fabs(d.y[g][j])));
                assert_near(2 * k[2], e.y[g][j], 1e-9 * (1 + fabs(e.y[g][j]) + d.y[g][j] * d.y[g][j]));
            }
        }
        random_arrays_free(&c);
        random_arrays_free(&d);
        random_arrays_free(&e);
        slope_function_destroy(f);
        slope_function_destroy(t);
        slope_function_destroy(first);
        slope_function_destroy(second);
    }
}

/* --------------------------------------------------------------------------------------------------------- the rest */

static void strong_zeros_hold(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 2);
    slope__build_output(b, "y", 1, NULL,
                        slope__build2(b, slope__code_add, slope__build1(b, slope__code_sqrt, x), x + 1));
    slope_function *f = finish(b);
    double c[3];
    coefficients(f, 2, (double[]){0, 1}, (double[]){0, 1}, c);
    assert_true(c[0] == 1.0 && c[1] == 1.0 && c[2] == 0.0);
    slope_function_destroy(f);
}

static void a_long_chain_is_no_deep_recursion(void **state)
{
    (void)state;
    enum { N = 100000 };
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    slope__cell y = slope__build_input(b, "x", 1);
    for (size_t k = 0; k < N; k++)
        y = slope__build1(b, k % 2 ? slope__code_sin : slope__code_exp, y);
    slope__build_output(b, "y", 1, NULL, y);
    slope_function *f = finish(b);
    double c[3];
    coefficients(f, 2, &(double){0.5}, &(double){1.0}, c);
    assert_true(isfinite(c[0]) && isfinite(c[1]) && isfinite(c[2]));
    slope_function_destroy(f);
}

static void asking_again_is_a_look_up(void **state)
{
    (void)state;
    slope_function *f = unary(slope__code_exp), *a = taylor(f, 3), *b = taylor(f, 3), *c = taylor(f, 4);
    assert_ptr_equal(a, b);
    assert_ptr_not_equal(a, c);
    slope_function_destroy(a);
    slope_function_destroy(b);
    slope_function_destroy(c);
    slope_function_destroy(f);
}

static void wrong_arguments_are_told(void **state)
{
    (void)state;
    slope_function *f = unary(slope__code_exp);
    slope_error error = {0};
    assert_null(slope_taylor(f, 0, 0, NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_taylor(f, 65, 0, NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_taylor(f, 3, 1, (const size_t[]){1}, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_taylor(f, 3, 2, (const size_t[]){0, 0}, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_taylor(NULL, 3, 0, NULL, NULL));
    slope_function *g = slope_taylor(f, 64, 0, NULL, &error);
    assert_non_null(g);
    assert_int_equal(error.status, SLOPE_OK);
    slope_function_destroy(g);
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_log_sin_and_cos_have_their_series),
        cmocka_unit_test(one_over_one_minus_x_is_the_geometric_series),
        cmocka_unit_test(powers_have_binomial_series),
        cmocka_unit_test(powers_at_zero_are_polynomials),
        cmocka_unit_test(tanh_atan_and_asin_have_their_series_at_zero),
        cmocka_unit_test(a_composition_has_its_series),
        cmocka_unit_test(the_series_of_every_operation_sums_to_it),
        cmocka_unit_test(coefficients_are_those_of_repeated_derivatives),
        cmocka_unit_test(the_operations_are_polynomial_in_the_order),
        cmocka_unit_test(kinks_keep_their_branch),
        cmocka_unit_test(a_loop_has_the_series_of_its_items),
        cmocka_unit_test(only_what_moves_gets_coefficients),
        cmocka_unit_test(nested_loops_have_the_series_of_their_items),
        cmocka_unit_test(a_fold_of_no_steps_keeps_its_series),
        cmocka_unit_test(random_functions_have_the_derivatives_they_have),
        cmocka_unit_test(strong_zeros_hold),
        cmocka_unit_test(a_long_chain_is_no_deep_recursion),
        cmocka_unit_test(asking_again_is_a_look_up),
        cmocka_unit_test(wrong_arguments_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
