/* SPDX-License-Identifier: MIT */
/* Sparse Jacobians and Hessians: known structures, random functions, loops. */
#include "sparse_testing.h"

/* ------------------------------------------------------------------------------------------------------------ cases */

/* Terms of f(x) = sum of products x[i] x[i + d] for all i and the distances d, and exp(x[i]). */
static slope_function *banded(size_t n, size_t distances, const size_t d[])
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", n);
    slope__cell *term = slope__new(n * (distances + 1), sizeof *term);
    size_t terms = 0;
    for (size_t i = 0; i < n; i++) {
        term[terms++] = slope__build1(b, slope__code_exp, x + (slope__cell)i);
        for (size_t k = 0; k < distances && d[k] > 0; k++) {
            if (i + d[k] < n)
                term[terms++] = slope__build2(b, slope__code_mul, x + (slope__cell)i, x + (slope__cell)(i + d[k]));
        }
    }
    slope__build_output(b, "y", 1, NULL, slope__build(b, slope__code_sum, terms, term));
    free(term);
    return finish(b);
}

static void a_diagonal_hessian_takes_one_sweep(void **state)
{
    (void)state;
    slope_function *f = banded(20, 0, NULL);
    assert_int_equal(check_hessian(f, 1, NULL), 1);
    slope_function_destroy(f);
}

static void a_tridiagonal_hessian_takes_three_sweeps(void **state)
{
    (void)state;
    slope_function *f = banded(20, 1, (const size_t[]){1});
    assert_int_equal(check_hessian(f, 1, NULL), 3);
    slope_function_destroy(f);
}

static void wider_bands_take_few_sweeps(void **state)
{
    (void)state;
    slope_function *f = banded(30, 2, (const size_t[]){1, 2}), *g = banded(30, 2, (const size_t[]){3, 7});
    assert_in_range(check_hessian(f, 1, NULL), 3, 5);
    assert_in_range(check_hessian(g, 1, NULL), 3, 9);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

/* x[hub] with every other one. */
static slope_function *arrow(size_t n, size_t hub)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", n);
    slope__cell *term = slope__new(2 * n, sizeof *term);
    size_t terms = 0;
    for (slope__cell i = 0; i < n; i++) {
        term[terms++] = slope__build1(b, slope__code_sin, x + i);
        term[terms++] = slope__build2(b, slope__code_mul, x + i, x + (slope__cell)hub);
    }
    slope__build_output(b, "y", 1, NULL, slope__build(b, slope__code_sum, terms, term));
    free(term);
    return finish(b);
}

static void an_arrow_takes_two_sweeps_wherever_its_head_is(void **state)
{
    (void)state;
    for (size_t hub = 0; hub < 12; hub += 11) {
        slope_function *f = arrow(12, hub);
        assert_int_equal(check_hessian(f, 3, NULL), 2);
        slope_function_destroy(f);
    }
}

static void blocks_take_as_many_sweeps_as_one_block(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 12);
    slope__cell term[4];
    for (slope__cell k = 0; k < 4; k++) {
        const slope__cell s =
            slope__build(b, slope__code_sum, 3, (slope__cell[]){x + 3 * k, x + 3 * k + 1, x + 3 * k + 2});
        term[k] = slope__build1(b, slope__code_exp, s);
    }
    slope__build_output(b, "y", 4, term, 0);
    slope_function *f = finish(b);
    assert_int_equal(check_jacobian(f, 1, NULL), 1); /* of the rows, one each */
    slope_function_destroy(f);
    b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell z = slope__build_input(b, "x", 12);
    slope__cell blocks[4];
    for (slope__cell k = 0; k < 4; k++)
        blocks[k] = slope__build(b, slope__code_norm, 3, (slope__cell[]){z + 3 * k, z + 3 * k + 1, z + 3 * k + 2});
    slope__build_output(b, "y", 1, NULL, slope__build(b, slope__code_sum, 4, blocks));
    f = finish(b);
    assert_int_equal(check_hessian(f, 1, NULL), 3);
    slope_function_destroy(f);
}

static void a_dense_matrix_takes_as_many_as_its_shorter_side(void **state)
{
    (void)state;
    for (size_t rows = 2; rows < 9; rows += 6) {
        slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
        const slope__cell x = slope__build_input(b, "x", 5);
        slope__cell y[8], all[5];
        for (slope__cell j = 0; j < 5; j++)
            all[j] = x + j;
        const slope__cell s = slope__build(b, slope__code_logsumexp, 5, all);
        for (size_t i = 0; i < rows; i++)
            y[i] = slope__build2(b, slope__code_mul, s, slope__build_number(b, (double)i + 2));
        slope__build_output(b, "y", rows, y, 0);
        slope_function *f = finish(b);
        assert_int_equal(check_jacobian(f, 1, NULL), rows < 5 ? rows : 5);
        slope_function_destroy(f);
    }
}

/* Comparisons, steps, conditions, what is multiplied by 0: no entries; max: both. */
static void what_has_no_slope_has_no_entry(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 4), zero = slope__build_number(b, 0.0);
    const slope__cell y[] = {
        slope__build2(b, slope__code_lt, x, x + 1),
        slope__build1(b, slope__code_floor, x),
        slope__build1(b, slope__code_sign, x),
        slope__build3(b, slope__code_select, slope__build2(b, slope__code_lt, x, x + 3), x + 1, x + 2),
        slope__build2(b, slope__code_mul, x, zero),
        slope__build2(b, slope__code_pow, x, zero),
        slope__build2(b, slope__code_max, x, x + 3),
        slope__build2(b, slope__code_sub, x, x),
        slope__build(b, slope__code_dot, 4, (const slope__cell[]){x, zero, x + 1, x + 2}),
        slope__build(b, slope__code_poly, 3, (const slope__cell[]){x, x + 1, zero}),
        slope__build2(b, slope__code_powi, x, slope__build_number(b, 3.0)),
        zero,
    };
    slope__build_output(b, "y", sizeof y / sizeof *y, y, 0);
    slope_function *f = finish(b);
    slope_pattern *p = slope_jacobian_pattern(f, 0, NULL, NULL);
    static const size_t expected[][2] = {{3, 1}, {3, 2}, {6, 0}, {6, 3}, {8, 0}, {8, 1}, {9, 1}, {10, 0}};
    const size_t entries = sizeof expected / sizeof *expected;
    assert_int_equal(p->entries, entries);
    for (size_t e = 0; e < entries; e++) {
        assert_int_equal(p->row[e], expected[e][0]);
        assert_int_equal(p->column[e], expected[e][1]);
    }
    slope_pattern_destroy(p);
    (void)check_jacobian(f, 5, NULL);
    slope_function_destroy(f);
}

static void relu_has_no_second_derivative(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 2);
    const slope__cell r = slope__build1(b, slope__code_relu, slope__build2(b, slope__code_add, x, x + 1));
    slope__build_output(b, "y", 1, NULL, r);
    slope_function *f = finish(b), *h;
    slope_pattern *p;
    h = slope_sparse_hessian(f, 0, NULL, &p, NULL);
    assert_non_null(h);
    assert_int_equal(p->entries, 0);
    assert_int_equal(p->colours, 0);
    assert_int_equal(slope_function_output(h, 0).length, 0);
    slope_pattern_destroy(p);
    slope_function_destroy(h);
    slope_function_destroy(f);
}

static void columns_come_in_the_order_of_wrt(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "a", 2), y = slope__build_input(b, "b", 1),
                      z = slope__build_input(b, "c", 2);
    const slope__cell first = slope__build2(b, slope__code_mul, x + 1, z);
    slope__build_output(b, "y", 1, NULL, slope__build2(b, slope__code_add, first, y));
    slope_function *f = finish(b);
    slope_pattern *p = slope_jacobian_pattern(f, 2, (const size_t[]){2, 0}, NULL);
    assert_int_equal(p->columns, 4);
    assert_int_equal(p->entries, 2);
    assert_int_equal(p->column[0], 0);
    assert_int_equal(p->column[1], 3);
    slope_pattern_destroy(p);
    double entry[2];
    slope_function *j = slope_sparse_jacobian(f, 2, (const size_t[]){2, 0}, NULL, NULL);
    evaluate(j, (const double *const[]){(double[]){2, 3}, &(double){5}, (double[]){7, 11}}, (double *const[]){entry});
    assert_true(entry[0] == 3 && entry[1] == 7);
    slope_function_destroy(j);
    slope_function_destroy(f);
}

/* ---------------------------------------------------------------------------------------------------------- random */

/* Terms may cancel for all numbers, as in atan2(x, |x|), and branches may never be taken: a few in a hundred. */
static void random_functions_have_exact_patterns(void **state)
{
    (void)state;
    size_t spare = 0, entries = 0;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        const random_options o = {
            .seed = seed, .operations = 12, .depth = (unsigned)(seed % 3), .passes = SLOPE_PASS_DEFAULT, .tame = 1};
        slope_function *f = random_function(&o);
        (void)check_jacobian(f, seed, &spare);
        slope_pattern *p = slope_jacobian_pattern(f, 0, NULL, NULL);
        entries += p->entries;
        slope_pattern_destroy(p);
        slope_function_destroy(f);
    }
    if (spare * 20 > entries)
        fail_msg("%zu of %zu entries were always 0", spare, entries);
}

/* The sum of everything, to have a Hessian. */
static slope_function *summed(const slope_function *f)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    slope__build_copy_inputs(b, f);
    (void)slope__build_copy_data(b, f);
    slope__cell *map = slope__new(f->cells, sizeof *map), *all = slope__new(f->results, sizeof *all);
    for (size_t c = 0; c < f->input_cells; c++)
        map[c] = (slope__cell)c;
    slope__build_text(b, f, map);
    for (size_t r = 0; r < f->results; r++)
        all[r] = map[f->result[r]];
    slope__build_output(b, "y", 1, NULL, slope__build(b, slope__code_sum, f->results, all));
    free(map);
    free(all);
    return finish(b);
}

static void random_functions_have_sparse_hessians(void **state)
{
    (void)state;
    size_t spare = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        const random_options o = {.seed = seed,
                                  .operations = 10,
                                  .depth = (unsigned)(seed % 2),
                                  .passes = SLOPE_PASS_DEFAULT,
                                  .tame = 1,
                                  .smooth = 1};
        slope_function *f = random_function(&o), *g = summed(f);
        (void)check_hessian(g, seed, &spare);
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
}

/* ----------------------------------------------------------------------------------------------------------- loops */

/* (1 - a)^2 + 100 (b - a^2)^2 as a body of x = (a, b) */
static slope_function *rosenbrock_term(void)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 2);
    const slope__cell u = slope__build2(b, slope__code_sub, slope__build_number(b, 1.0), x);
    const slope__cell v = slope__build2(b, slope__code_sub, x + 1, slope__build1(b, slope__code_square, x));
    const slope__cell w =
        slope__build2(b, slope__code_mul, slope__build_number(b, 100.0), slope__build1(b, slope__code_square, v));
    slope__build_output(b, "r", 1, NULL, slope__build2(b, slope__code_add, slope__build1(b, slope__code_square, u), w));
    return finish(b);
}

/* The chained function of n numbers: a sum over overlapping items. */
static slope_function *rosenbrock(size_t n)
{
    slope_function *body = rosenbrock_term();
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    slope__source source = {{slope__build_input(b, "x", n), 1, 1, NULL}, SLOPE__NONE};
    slope__target target = {.kind = SLOPE__ADDED, .extent = 1, .view = {0, 0, 1, NULL}};
    const slope__cell y =
        slope__build_loop(b, &(slope__loop){.body = body, .n = n - 1, .source = &source, .target = &target});
    slope__build_output(b, "y", 1, NULL, y);
    slope_function_destroy(body);
    return finish(b);
}

static void a_map_over_overlapping_items_is_banded(void **state)
{
    (void)state;
    slope_function *f = rosenbrock(12);
    assert_int_equal(check_hessian(f, 1, NULL), 3);
    slope_function_destroy(f);
}

static void a_banded_hessian_of_100000_takes_three_sweeps(void **state)
{
    (void)state;
    const size_t n = large();
    slope_pattern *p;
    const double begin = seconds();
    slope_function *f = rosenbrock(n), *h = slope_sparse_hessian(f, 0, NULL, &p, NULL);
    const double made = seconds() - begin;
    assert_non_null(h);
    assert_int_equal(p->entries, 3 * n - 2);
    assert_int_equal(p->colours, 3);
    double *x = numbers(n), *entry = numbers(p->entries);
    for (size_t i = 0; i < n; i++)
        x[i] = cos((double)i);
    evaluate(h, (const double *const[]){x}, (double *const[]){entry});
    for (size_t e = 0; e < p->entries; e++) {
        const size_t i = p->row[e], j = p->column[e];
        const double inner = i + 1 < n ? 2 + 1200 * x[i] * x[i] - 400 * x[i + 1] : 0;
        const double expected = i == j ? inner + (i > 0 ? 200 : 0) : -400 * x[i < j ? i : j];
        assert_near(entry[e], expected, 1e-9);
    }
    if (getenv("SLOPE_TEST_PRINT"))
        print_message("made in %.3f s\n", made);
    assert_true(made < 10);
    free(x);
    free(entry);
    slope_pattern_destroy(p);
    slope_function_destroy(h);
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_diagonal_hessian_takes_one_sweep),
        cmocka_unit_test(a_tridiagonal_hessian_takes_three_sweeps),
        cmocka_unit_test(wider_bands_take_few_sweeps),
        cmocka_unit_test(an_arrow_takes_two_sweeps_wherever_its_head_is),
        cmocka_unit_test(blocks_take_as_many_sweeps_as_one_block),
        cmocka_unit_test(a_dense_matrix_takes_as_many_as_its_shorter_side),
        cmocka_unit_test(what_has_no_slope_has_no_entry),
        cmocka_unit_test(relu_has_no_second_derivative),
        cmocka_unit_test(columns_come_in_the_order_of_wrt),
        cmocka_unit_test(random_functions_have_exact_patterns),
        cmocka_unit_test(random_functions_have_sparse_hessians),
        cmocka_unit_test(a_map_over_overlapping_items_is_banded),
        cmocka_unit_test(a_banded_hessian_of_100000_takes_three_sweeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
