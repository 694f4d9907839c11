/* SPDX-License-Identifier: MIT */
/* Derivatives of derivatives against closed forms, matrices against each other, names, costs, and what is refused. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "derivable.h"

/* A small builder for what follows: inputs x and y of the given lengths. */
static slope__builder *with_inputs(size_t x, size_t y)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    (void)slope__build_input(b, "x", x);
    (void)slope__build_input(b, "y", y);
    return b;
}

static slope_function *with_output(slope__builder *b, slope__cell cell)
{
    slope__build_output(b, "f", 1, &cell, 0);
    return finished(b);
}

/* Takes f over. */
static slope_function *gradient_by(slope_function *f, size_t group)
{
    slope_error error = {0};
    slope_function *g = made(slope_gradient(f, 1, &group, &error), &error);
    slope_function_destroy(f);
    return g;
}

/* The order-th derivative along x of f, which is taken over, at x with y = 0.7; by gradients and tangents in turn if
   mixed. */
static double derivative(slope_function *f, unsigned order, int mixed, double x)
{
    double in[16] = {x, 0.7, 1, 1, 1, 1, 1, 1}, out = NAN;
    const size_t first = 0;
    for (unsigned k = 0; k < order; k++) {
        slope_error error = {0};
        if (mixed && k % 2) {
            slope_function *g = made(slope_jvp(f, 1, &first, &error), &error);
            slope_function_destroy(f);
            f = g;
        } else {
            f = gradient_by(f, 0);
        }
    }
    assert_int_equal(f->results, 1);
    run_flat(f, in, &out);
    slope_function_destroy(f);
    return out;
}

/* ----------------------------------------------------------------------------------------------------- closed forms */

static slope_function *unary(unsigned code)
{
    slope__builder *b = with_inputs(1, 1);
    return with_output(b, slope__build1(b, code, 0));
}

static slope_function *power(unsigned code, double exponent)
{
    slope__builder *b = with_inputs(1, 1);
    return with_output(b, slope__build2(b, code, 0, slope__build_number(b, exponent)));
}

/* c0 + c1 x + ... by poly, with c[k] = k + 1 */
static slope_function *polynomial(void)
{
    slope__builder *b = with_inputs(1, 1);
    slope__cell x[8] = {0};
    for (size_t k = 1; k < 8; k++)
        x[k] = slope__build_number(b, (double)k);
    return with_output(b, slope__build(b, slope__code_poly, 8, x));
}

static slope_function *reciprocal(void)
{
    slope__builder *b = with_inputs(1, 1);
    return with_output(b, slope__build2(b, slope__code_div, slope__build_number(b, 1.0), 0));
}

static void derivatives_to_order_5_are_those_of_closed_forms(void **state)
{
    (void)state;
    const double x = 1.3;
    double factorial = 1, sign = 1;
    for (unsigned k = 0; k <= 5; k++) {
        for (int mixed = 0; mixed < 2; mixed++) {
            double falling = 1, poly = 0, half = 1;
            for (unsigned i = 0; i < k; i++) {
                falling *= 7 - i;
                half *= 0.5 - i;
            }
            for (unsigned c = k; c < 7; c++) {
                double term = c + 1;
                for (unsigned i = 0; i < k; i++)
                    term *= c - i;
                poly += term * pow(x, c - k);
            }
            assert_near(derivative(unary(slope__code_exp), k, mixed, x), exp(x), 1e-13 * exp(x));
            assert_near(derivative(unary(slope__code_sin), k, mixed, x), sin(x + k * acos(0)), 1e-14);
            assert_near(derivative(reciprocal(), k, mixed, x), sign * factorial * pow(x, -1.0 - k), 1e-11);
            assert_near(derivative(power(slope__code_powi, 7), k, mixed, x), falling * pow(x, 7 - k), 1e-9);
            assert_near(derivative(power(slope__code_pow, 7), k, mixed, x), falling * pow(x, 7 - k), 1e-9);
            assert_near(derivative(unary(slope__code_sqrt), k, mixed, x), half * pow(x, 0.5 - k), 1e-12);
            assert_near(derivative(polynomial(), k, mixed, x), poly, 1e-10 * poly);
            if (k > 0)
                assert_near(derivative(unary(slope__code_log), k, mixed, x), -sign * factorial / k * pow(x, -(double)k),
                            1e-11);
        }
        factorial *= k + 1;
        sign = -sign;
    }
}

/* The function g of x and y called with both bound to the cells of b. */
static slope__cell call(slope__builder *b, const slope_function *g, slope__cell x, slope__cell y)
{
    slope__source source[2] = {{{x, 0, 1, NULL}, SLOPE__NONE}, {{y, 0, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__LAST};
    slope__loop loop = {.body = g, .n = 1, .source = source, .target = &target};
    return slope__build_loop(b, &loop);
}

static void perturbations_are_not_confused(void **state)
{
    (void)state;
    slope__builder *b = with_inputs(1, 1); /* d/dx (x * d/dy (x + y) at y = 1): 1, and 2 if confused */
    slope_function *inner = gradient_by(with_output(b, slope__build2(b, slope__code_add, 0, 1)), 1);
    b = with_inputs(1, 1);
    slope__cell c = call(b, inner, 0, slope__build_number(b, 1.0));
    assert_near(derivative(with_output(b, slope__build2(b, slope__code_mul, 0, c)), 1, 0, 5.0), 1, 0);
    slope_function_destroy(inner);
    b = with_inputs(1, 1); /* d/dx (x * d/dy (x * y) at y = x) = d/dx x^2 */
    inner = gradient_by(with_output(b, slope__build2(b, slope__code_mul, 0, 1)), 1);
    b = with_inputs(1, 1);
    c = call(b, inner, 0, 0);
    slope_function *f = with_output(b, slope__build2(b, slope__code_mul, 0, c));
    assert_near(derivative(slope_function_share(f), 1, 0, 3.0), 6, 0);
    assert_near(derivative(slope_function_share(f), 2, 1, 3.0), 2, 0);
    assert_near(derivative(f, 3, 0, 3.0), 0, 0);
    slope_function_destroy(inner);
    b = with_inputs(1, 1); /* d/dx of d/dy (sin(x) y^2) at y = x^2: d/dx 2 x^2 sin(x) */
    inner = gradient_by(with_output(b, slope__build2(b, slope__code_mul, slope__build1(b, slope__code_sin, 0),
                                                     slope__build1(b, slope__code_square, 1))),
                        1);
    b = with_inputs(1, 1);
    c = call(b, inner, 0, slope__build1(b, slope__code_square, 0));
    assert_near(derivative(with_output(b, c), 1, 1, 1.1), 4 * 1.1 * sin(1.1) + 2 * 1.1 * 1.1 * cos(1.1), 1e-14);
    slope_function_destroy(inner);
}

/* --------------------------------------------------------------------------------------------------------- matrices */

/* f = sum over k of sin(x[k] x[k+1]) exp(y[0] x[k]) + y[1] x[0] as a map; constraints g = x[0] y[0], x[1]^2. */
static slope_function *chain(size_t length, int constraints)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell a = slope__build_input(b, "a", 2), y = slope__build_input(b, "y", 1);
    const slope__cell s = slope__build1(b, slope__code_sin, slope__build2(b, slope__code_mul, a, a + 1));
    const slope__cell e = slope__build1(b, slope__code_exp, slope__build2(b, slope__code_mul, y, a));
    slope__build_output(b, "term", 1, NULL, slope__build2(b, slope__code_mul, s, e));
    slope_function *body = finished(b);
    b = with_inputs(length, 2);
    const slope__cell x = 0, z = (slope__cell)length;
    slope__source source[2] = {{{x, 1, 1, NULL}, SLOPE__NONE}, {{z, 0, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__ADDED, .extent = 1, .view = {0, 0, 1, NULL}};
    slope__loop loop = {.body = body, .n = length - 1, .source = source, .target = &target};
    const slope__cell sum = slope__build_loop(b, &loop);
    const slope__cell f = slope__build2(b, slope__code_add, sum, slope__build2(b, slope__code_mul, z + 1, x));
    slope__build_output(b, "f", 1, &f, 0);
    if (constraints) {
        const slope__cell g[] = {slope__build2(b, slope__code_mul, x, z), slope__build1(b, slope__code_square, x + 1)};
        slope__build_output(b, "g", 2, g, 0);
    }
    slope_function_destroy(body);
    return finished(b);
}

static void hessians_products_and_second_tangents_agree(void **state)
{
    (void)state;
    enum { N = 5, ALL = N + 2 };
    slope_error error = {0};
    slope_function *f = chain(N, 0), *h = made(slope_hessian(f, 0, NULL, &error), &error);
    slope_function *lower = made(slope_hessian_lower(f, 0, NULL, &error), &error);
    slope_function *hvp = made(slope_hvp(f, 0, NULL, &error), &error),
                   *second = made(slope_second(f, 0, NULL, &error), &error);
    slope_function *flat = unrolled(f), *flat_h = made(slope_hessian(flat, 0, NULL, &error), &error);
    double x[2 * ALL], blocks[ALL * ALL], flat_blocks[ALL * ALL], full[ALL][ALL], tri[ALL * (ALL + 1) / 2], hv[ALL],
        vhv;
    uint64_t seed = 11;
    for (size_t k = 0; k < 2 * ALL; k++)
        x[k] = random_number(&seed, -1, 1);
    run_flat(h, x, blocks);
    run_flat(flat_h, x, flat_blocks);
    run_flat(lower, x, tri);
    run_flat(hvp, x, hv);
    run_flat(second, x, &vhv);
    for (size_t i = 0; i < ALL; i++) {
        for (size_t j = 0; j < ALL; j++) { /* blocks xx, xy, yx, yy */
            const size_t at = i < N ? (j < N ? i * N + j : N * N + i * 2 + j - N)
                                    : (j < N ? N * ALL + (i - N) * N + j : N * ALL + 2 * N + (i - N) * 2 + j - N);
            full[i][j] = blocks[at];
            assert_near(blocks[at], flat_blocks[at], 1e-13);
        }
    }
    double expected = 0;
    for (size_t i = 0; i < ALL; i++) {
        double row = 0;
        for (size_t j = 0; j < ALL; j++) {
            row += full[i][j] * x[ALL + j];
            assert_near(full[i][j], full[j][i], 1e-14);
            if (j <= i)
                assert_near(tri[i * (i + 1) / 2 + j], full[i][j], 1e-14);
        }
        assert_near(hv[i], row, 1e-13);
        expected += row * x[ALL + i];
    }
    assert_near(vhv, expected, 1e-12);
    assert_string_equal(h->output[1].name, "d2f_dx_dy");
    assert_string_equal(lower->output[0].name, "d2f");
    assert_string_equal(hvp->output[1].name, "df_dy_dot");
    assert_string_equal(second->output[0].name, "f_dot2");
    slope_function *all[] = {f, h, lower, hvp, second, flat, flat_h};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        slope_function_destroy(all[k]);
}

static void a_lagrangian_adds_up_objective_and_constraints(void **state)
{
    (void)state;
    slope_error error = {0};
    const size_t by_x = 0;
    slope_function *f = chain(3, 1), *l = made(slope_lagrangian(f, &error), &error);
    slope_function *h = made(slope_hessian_lower(l, 1, &by_x, &error), &error);
    slope_function *plain = chain(3, 0), *hf = made(slope_hessian_lower(plain, 1, &by_x, &error), &error);
    assert_string_equal(l->input[2].name, "sigma");
    assert_string_equal(l->input[3].name, "lambda");
    assert_int_equal(l->input[3].length, 2);
    assert_string_equal(l->output[0].name, "L");
    const double x[] = {0.3, -0.4, 0.9, 0.5, 2.0, 1.5, 7.0, 10.0}; /* x, y, sigma, lambda */
    double y[3], value, a[6], b[6];
    run_flat(f, x, y);
    run_flat(l, x, &value);
    assert_near(value, 1.5 * y[0] + 7 * y[1] + 10 * y[2], 1e-13);
    run_flat(h, x, a);
    run_flat(hf, x, b);
    for (size_t k = 0; k < 6; k++)
        assert_near(a[k], 1.5 * b[k] + (k == 2 ? 20.0 : 0.0), 1e-13);
    slope_function *all[] = {f, l, h, plain, hf};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        slope_function_destroy(all[k]);
}

/* ------------------------------------------------------------------------------------------------------------ costs */

static size_t lists_in(const slope_function *f)
{
    size_t lists = 0;
    for (size_t l = 0; l < f->loops; l++) {
        const slope_function *body = f->loop[l].body;
        for (size_t g = 0; g < body->inputs + body->data; g++)
            lists += f->loop[l].source[g].view.index != NULL;
        for (size_t o = 0; o < body->outputs; o++)
            lists += f->loop[l].target[o].view.index != NULL;
        lists += lists_in(body);
    }
    return lists;
}

static void the_gradient_of_a_map_is_as_short_for_many_items(void **state)
{
    (void)state;
    slope_error error = {0};
    slope_function *shorter = chain(10, 0), *longer = chain(100000, 0);
    slope_function *g = made(slope_gradient(shorter, 0, NULL, &error), &error);
    slope_function *h = made(slope_gradient(longer, 0, NULL, &error), &error);
    assert_int_equal(g->instructions, h->instructions);
    assert_int_equal(g->loops, h->loops);
    assert_int_equal(lists_in(h), 0);
    assert_true(h->cells < 5 * longer->cells);
    slope_function *all[] = {shorter, longer, g, h};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        slope_function_destroy(all[k]);
}

/* f = x^2 + log(cos(y) ...), a long chain in y */
static void inputs_that_are_not_wanted_cost_nothing(void **state)
{
    (void)state;
    slope__builder *b = with_inputs(1, 1);
    slope__cell c = 1;
    for (int k = 0; k < 200; k++)
        c = slope__build1(b, k % 2 ? slope__code_sin : slope__code_exp, c);
    slope_function *f = with_output(b, slope__build2(b, slope__code_add, c, slope__build1(b, slope__code_square, 0)));
    slope_error error = {0};
    const size_t x = 0, y = 1;
    slope_function *by_x = made(slope_gradient(f, 1, &x, &error), &error);
    slope_function *by_y = made(slope_gradient(f, 1, &y, &error), &error);
    assert_int_equal(by_x->instructions, 1);
    assert_true(by_y->instructions > 400);
    slope_function *along_x = made(slope_jvp(f, 1, &x, &error), &error);
    assert_true(along_x->instructions <= 2);
    slope_function *all[] = {f, by_x, by_y, along_x};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        slope_function_destroy(all[k]);
}

static double seconds(void)
{
    struct timespec t;
    (void)timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void the_gradient_of_a_million_operations_takes_linear_time(void **state)
{
    (void)state;
    const size_t n = getenv("SLOPE_TEST_SMALL") ? 10000 : 1000000;
    slope__builder *b = with_inputs(100, 100);
    slope__cell *x = calloc(n + 200, sizeof *x), last = 0;
    for (size_t k = 0; k < 200; k++)
        x[k] = (slope__cell)k;
    uint64_t seed = 3;
    for (size_t k = 200; k < n + 200; k++)
        last = x[k] = k % 3 ? slope__build2(b, slope__code_mul, x[k - 1], x[k - 1 - random_below(&seed, 199)])
                            : slope__build1(b, slope__code_sin, x[k - 1]);
    slope_function *f = with_output(b, last);
    slope_error error = {0};
    assert_true(f->instructions > n - 1000);
    const double start = seconds();
    slope_function *g = made(slope_gradient(f, 0, NULL, &error), &error);
    const double took = seconds() - start;
    if (took > 10e-6 * (double)n) /* ten times what it takes: nothing but linear time passes */
        fail_msg("%g seconds for %zu operations", took, n);
    slope_function_destroy(g);
    slope_function_destroy(f);
    free(x);
}

/* ---------------------------------------------------------------------------------------------------- names, errors */

static void names_are_made_unique(void **state)
{
    (void)state;
    slope_error error = {0};
    slope_function *f = chain(3, 1);
    slope_function *j = made(slope_jvp(f, 0, NULL, &error), &error),
                   *jj = made(slope_jvp(j, 2, (size_t[]){0, 2}, &error), &error);
    assert_string_equal(j->input[2].name, "x_dot");
    assert_string_equal(j->output[1].name, "g_dot");
    assert_string_equal(jj->input[4].name, "x_dot_2");
    assert_string_equal(jj->input[5].name, "x_dot_dot");
    assert_string_equal(jj->output[0].name, "f_dot_dot");
    slope_function *v = made(slope_vjp(f, 1, (size_t[]){1}, &error), &error);
    assert_string_equal(v->input[2].name, "f_bar");
    assert_string_equal(v->input[3].name, "g_bar");
    assert_int_equal(v->outputs, 1);
    assert_string_equal(v->output[0].name, "y_bar");
    slope_function *jac = made(slope_jacobian(f, 2, (size_t[]){1, 0}, &error), &error);
    assert_string_equal(jac->output[0].name, "df_dy");
    assert_string_equal(jac->output[3].name, "dg_dx");
    assert_int_equal(jac->output[3].length, 6);
    slope_function *all[] = {f, j, jj, v, jac};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        slope_function_destroy(all[k]);
}

static void what_was_derived_is_kept(void **state)
{
    (void)state;
    slope_error error = {0};
    slope_function *f = chain(3, 0), *g = slope_gradient(f, 0, NULL, &error),
                   *h = slope_gradient(f, 2, (size_t[]){0, 1}, &error);
    slope_function *other = slope_gradient(f, 2, (size_t[]){1, 0}, &error),
                   *vg = slope_value_gradient(f, 0, NULL, &error);
    assert_ptr_equal(g, h);
    assert_ptr_not_equal(g, other);
    assert_string_equal(other->output[0].name, "df_dy");
    assert_string_equal(vg->output[0].name, "f");
    assert_string_equal(vg->output[1].name, "df_dx");
    slope_function_destroy(f); /* what was derived outlives it */
    slope_function *all[] = {g, h, other, vg};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        slope_function_destroy(all[k]);
}

static void what_cannot_be_derived_is_refused(void **state)
{
    (void)state;
    slope_error error = {0};
    slope_function *f = chain(3, 1);
    assert_null(slope_gradient(NULL, 0, NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_gradient(f, 0, NULL, &error)); /* two outputs */
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_hessian(f, 0, NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_vjp(f, 1, (size_t[]){2}, &error)); /* no such input */
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_jvp(f, 2, (size_t[]){1, 1}, NULL)); /* twice */
    slope_function *big = chain(70000, 0);
    assert_null(slope_hessian(big, 0, NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_LIMIT);
    slope_function_destroy(big);
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_to_order_5_are_those_of_closed_forms),
        cmocka_unit_test(perturbations_are_not_confused),
        cmocka_unit_test(hessians_products_and_second_tangents_agree),
        cmocka_unit_test(a_lagrangian_adds_up_objective_and_constraints),
        cmocka_unit_test(the_gradient_of_a_map_is_as_short_for_many_items),
        cmocka_unit_test(inputs_that_are_not_wanted_cost_nothing),
        cmocka_unit_test(the_gradient_of_a_million_operations_takes_linear_time),
        cmocka_unit_test(names_are_made_unique),
        cmocka_unit_test(what_was_derived_is_kept),
        cmocka_unit_test(what_cannot_be_derived_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
