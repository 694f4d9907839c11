/* SPDX-License-Identifier: MIT */
/* Derivatives as functions: every operation to second order, edges, nesting to order 5, what is not wanted, names,
   linear time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "derivable.h"

static slope_function *gradient(const slope_function *f)
{
    slope_error error = {0};
    return made(slope_gradient(f, 0, NULL, &error), &error);
}

/* y = op(x[0], ..., x[n-1]) */
static slope_function *operation(unsigned code, size_t n)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    slope__cell x[8];
    const slope__cell first = slope__build_input(b, "x", n);
    for (size_t k = 0; k < n; k++)
        x[k] = first + (slope__cell)k;
    slope__build_output(b, "y", 1, NULL, slope__build(b, code, n, x));
    return finished(b);
}

static size_t operands_of(const slope_op_info *info) { return info->arity > 0 ? (size_t)info->arity : 4; }

static double draw(const slope_op_info *info, size_t k, uint64_t *seed)
{
    const double low = k == 1 && info->arity == 2 ? info->low2 : info->low;
    const double high = k == 1 && info->arity == 2 ? info->high2 : info->high;
    if (low == high)
        return info->arity < 0 ? random_number(seed, -2, 2) : low;
    return random_number(seed, low, high);
}

#define each_operation(code)               \
    unsigned code = slope__code_const + 1; \
    code < slope__code_custom;             \
    code++

/* The outputs of f recorded on a tape, with the derivatives of output o by all inputs as the sweep gives them. */
static void sweep(const slope_function *f, size_t o, const double x[], double slope[])
{
    slope_tape *tape = slope_tape_create(NULL);
    slope_value *cell = calloc(f->cells + 1, sizeof *cell), operand[16];
    for (size_t c = 0; c < f->input_cells + f->numbers; c++)
        cell[c] = c < f->input_cells ? slope_var(tape, x[c]) : slope_number(f->number[c - f->input_cells]);
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        for (size_t j = 0; j < i->count; j++)
            operand[j] = cell[f->operand[i->operand + j]];
        cell[i->result] = slope_apply((slope_op)i->code, i->count, operand);
    }
    assert_int_equal(slope_backward(cell[f->result[o]]), SLOPE_OK);
    for (size_t c = 0; c < f->input_cells; c++)
        slope[c] = f->result[o] < f->input_cells + f->numbers && f->result[o] != c ? 0.0 : slope_grad(cell[c]);
    free(cell);
    slope_tape_destroy(tape);
}

static void gradients_of_all_operations_are_those_of_the_sweep(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (each_operation(code)) {
        const slope_op_info *info = slope_op_describe((slope_op)code);
        const size_t n = operands_of(info);
        slope_function *f = operation(code, n), *g = gradient(f);
        assert_string_equal(slope_function_output(g, 0).name, "dy_dx");
        for (int round = 0; round < 20; round++) {
            double x[8], y[8], partial[8];
            for (size_t k = 0; k < n; k++)
                x[k] = draw(info, k, &seed);
            run_flat(g, x, y);
            slope__partials(code, n, x, slope__value(code, n, x), partial);
            for (size_t k = 0; k < n; k++) {
                if (y[k] == y[k] || partial[k] == partial[k])
                    assert_near(y[k], partial[k], 1e-13 * (1 + fabs(partial[k])));
            }
        }
        slope_function_destroy(g);
        slope_function_destroy(f);
    }
}

/* Second derivatives against the sweep over the gradient, and against differences of partials. */
static void hessians_of_all_operations_are_right(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (each_operation(code)) {
        const slope_op_info *info = slope_op_describe((slope_op)code);
        const size_t n = operands_of(info);
        slope_error error = {0};
        if (code == slope__code_powi || code == slope__code_polygamma || code == slope__code_ierfcx ||
            code == slope__code_besselj)
            continue; /* have no slope along an operand that is an integer; see the closed forms below */
        slope_function *f = operation(code, n), *g = gradient(f), *h = made(slope_hessian(f, 0, NULL, &error), &error);
        for (int round = 0; round < 10; round++) {
            double x[8], y[64], slope[8], up[8], down[8];
            for (size_t k = 0; k < n; k++)
                x[k] = draw(info, k, &seed);
            run_flat(h, x, y);
            for (size_t i = 0; i < n; i++) {
                sweep(g, i, x, slope);
                for (size_t j = 0; j < n; j++) {
                    if (y[i * n + j] == y[i * n + j] || slope[j] == slope[j])
                        assert_near(y[i * n + j], slope[j], 1e-12 * (1 + fabs(slope[j])));
                }
            }
            for (size_t j = 0; j < n && info->smooth; j++) {
                const double at = x[j], d = 1e-5;
                x[j] = at + d;
                slope__partials(code, n, x, slope__value(code, n, x), up);
                x[j] = at - d;
                slope__partials(code, n, x, slope__value(code, n, x), down);
                x[j] = at;
                for (size_t i = 0; i < n; i++)
                    assert_near(y[i * n + j], (up[i] - down[i]) / (2 * d), 1e-4 * (1 + fabs(y[i * n + j])));
            }
        }
        slope_function_destroy(h);
        slope_function_destroy(g);
        slope_function_destroy(f);
    }
}

/* ----------------------------------------------------------------------------------------------------------- edges */

static int agree(double x, double y) { return x == y || (x != x && y != y) || fabs(x - y) <= 1e-12 * (1 + fabs(y)); }

/* outer(inner(x, y), x) and the other way round: infinite slopes meet zeros, NaN meets branches that are not taken. */
static slope_function *composition(unsigned outer, unsigned inner, int first)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_SHARE);
    const slope__cell x = slope__build_input(b, "x", 2), in[] = {x, x + 1, x};
    const slope_op_info *o = slope_op_describe((slope_op)outer), *i = slope_op_describe((slope_op)inner);
    const slope__cell v = slope__build(b, inner, i->arity > 0 ? (size_t)i->arity : 2, in);
    const slope__cell way[2][3] = {{v, x, v}, {x + 1, v, x}};
    slope__build_output(b, "y", 1, NULL, slope__build(b, outer, o->arity > 0 ? (size_t)o->arity : 2, way[first]));
    return finished(b);
}

static void edges_are_those_of_the_sweep_in_all_compositions(void **state)
{
    (void)state;
    const double edge[] = {0.0, -0.0, 1.0, -1.0, 0.5, 2.0, INFINITY, -INFINITY, NAN};
    size_t compared = 0, wrong = 0;
    for (each_operation(outer)) {
        for (each_operation(inner)) {
            slope_function *f = composition(outer, inner, (outer + inner) % 2), *g = gradient(f);
            for (size_t k = 0; k < 81; k++) {
                const double x[] = {edge[k % 9], edge[k / 9]};
                double y[2], slope[2];
                run_flat(g, x, y);
                sweep(f, 0, x, slope);
                for (size_t j = 0; j < 2; j++, compared++) {
                    if (!agree(y[j], slope[j]) && ++wrong)
                        print_error("%s of %s at %g, %g by %zu: %.17g, the sweep gives %.17g\n",
                                    slope_op_describe((slope_op)outer)->name, slope_op_describe((slope_op)inner)->name,
                                    x[0], x[1], j, y[j], slope[j]);
                }
            }
            slope_function_destroy(g);
            slope_function_destroy(f);
        }
    }
    assert_int_equal(wrong, 0);
    assert_true(compared > 400000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_of_all_operations_are_those_of_the_sweep),
        cmocka_unit_test(hessians_of_all_operations_are_right),
        cmocka_unit_test(edges_are_those_of_the_sweep_in_all_compositions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
