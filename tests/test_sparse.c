/* SPDX-License-Identifier: MIT */
/* Sparsity patterns against dense derivatives, colourings against their definitions, sparse values against dense ones. */
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <slope/derive.h>

#include "derive/sets.h"
#include "derive/sparse.h"
#include "function/ir.h"
#include "random_function.h"

static slope_function *finish(slope__builder *b)
{
    slope_error error = {0};
    slope_function *f = slope__builder_finish(b, &error);
    if (!f)
        fail_msg("%s", error.message);
    return f;
}

static double *numbers(size_t n) { return slope__new(n, sizeof(double)); }

static void evaluate(const slope_function *f, const double *const x[], double *const y[])
{
    assert_int_equal(slope__interpret(f, x, y, NULL), SLOPE_OK);
}

/* -------------------------------------------------------------------------------------------------------- patterns */

/* COO, CSR and CSC say the same, in order. */
static void assert_consistent(const slope_pattern *p)
{
    assert_int_equal(p->row_start[0], 0);
    assert_int_equal(p->row_start[p->rows], p->entries);
    assert_int_equal(p->column_start[0], 0);
    assert_int_equal(p->column_start[p->columns], p->entries);
    for (size_t e = 0; e < p->entries; e++) {
        const size_t i = p->row[e], j = p->column[e];
        assert_true(i < p->rows && j < p->columns);
        assert_true(e >= p->row_start[i] && e < p->row_start[i + 1]);
        assert_true(e == 0 || i > p->row[e - 1] || (i == p->row[e - 1] && j > p->column[e - 1]));
    }
    for (size_t j = 0; j < p->columns; j++) {
        for (size_t k = p->column_start[j]; k < p->column_start[j + 1]; k++) {
            assert_true(p->by_column[k] < p->entries);
            assert_int_equal(p->column[p->by_column[k]], j);
            assert_true(k == p->column_start[j] || p->row[p->by_column[k]] > p->row[p->by_column[k - 1]]);
        }
    }
}

static size_t wanted(const slope_function *f)
{
    size_t n = 0;
    for (size_t g = 0; g < f->inputs; g++)
        n += f->input[g].length;
    return n;
}

/* The Jacobian by all inputs at x, row by row, one column after another by tangents. */
static double *dense(const slope_function *f, const double *const x[])
{
    const size_t rows = f->results, columns = wanted(f), groups = f->inputs;
    slope_function *push = slope_jvp(f, 0, NULL, NULL);
    double *matrix = numbers(rows * columns), *out = numbers(rows), *dot = numbers(columns);
    const double **in = slope__new(2 * groups, sizeof *in);
    double **y = slope__new(f->outputs, sizeof *y);
    assert_non_null(push);
    for (size_t g = 0, at = 0; g < groups; at += f->input[g++].length) {
        in[g] = x[g];
        in[groups + g] = dot + at;
    }
    for (size_t o = 0; o < f->outputs; o++)
        y[o] = out + f->output[o].first;
    for (size_t j = 0; j < columns; j++) {
        dot[j] = 1.0;
        evaluate(push, in, y);
        dot[j] = 0.0;
        for (size_t i = 0; i < rows; i++)
            matrix[i * columns + j] = out[i];
    }
    slope_function_destroy(push);
    free(out);
    free(dot);
    free(in);
    free(y);
    return matrix;
}

/* Random numbers for all inputs, as one piece and by group. */
typedef struct point {
    double *all;
    const double **x;
} point;

static point random_point(const slope_function *f, uint64_t *seed)
{
    point p = {numbers(wanted(f) + 1), slope__new(f->inputs, sizeof *p.x)};
    random_fill(seed, wanted(f), p.all);
    for (size_t g = 0, at = 0; g < f->inputs; at += f->input[g++].length)
        p.x[g] = p.all + at;
    return p;
}

static void free_point(point *p)
{
    free(p->all);
    free(p->x);
}

static int has_entry(const slope_pattern *p, size_t i, size_t j)
{
    for (size_t e = p->row_start[i]; e < p->row_start[i + 1]; e++) {
        if (p->column[e] == j)
            return 1;
    }
    return 0;
}

/* Outside the pattern the Jacobian is 0; inside, each entry is something else at some of the points, if so. */
static void assert_pattern(const slope_function *f, const slope_pattern *p, uint64_t seed, int exact)
{
    enum { POINTS = 6 };
    const size_t columns = wanted(f);
    unsigned char *met = slope__new(p->entries, 1);
    assert_consistent(p);
    assert_int_equal(p->rows, f->results);
    assert_int_equal(p->columns, columns);
    for (size_t k = 0; k < POINTS; k++) {
        point x = random_point(f, &seed);
        double *matrix = dense(f, x.x);
        for (size_t i = 0; i < p->rows; i++) {
            for (size_t j = 0; j < columns; j++) {
                const double d = matrix[i * columns + j];
                if ((d < 0 || d > 0) && !has_entry(p, i, j))
                    fail_msg("entry (%zu, %zu) is %g, but not in the pattern", i, j, d);
            }
        }
        for (size_t e = 0; e < p->entries; e++)
            met[e] |= matrix[p->row[e] * columns + p->column[e]] != 0;
        free(matrix);
        free_point(&x);
    }
    for (size_t e = 0; e < p->entries && exact; e++) {
        if (!met[e])
            fail_msg("entry (%zu, %zu) is in the pattern, but always 0", p->row[e], p->column[e]);
    }
    free(met);
}

/* ------------------------------------------------------------------------------------------------------- colourings */

/* No two columns (rows) of a colour share a row (column). */
static void assert_distance_2(const slope_pattern *p)
{
    slope__colouring c;
    assert_int_equal(slope__colour_jacobian(p, &c), SLOPE_OK);
    assert_int_equal(c.colours, p->colours);
    size_t *met = slope__new(c.colours, sizeof *met);
    for (size_t k = 0; k < (c.by_rows ? p->columns : p->rows); k++) {
        const size_t *start = c.by_rows ? p->column_start : p->row_start;
        for (size_t e = start[k]; e < start[k + 1]; e++) {
            const uint32_t colour = c.colour[c.by_rows ? p->row[p->by_column[e]] : p->column[e]];
            assert_true(colour < c.colours);
            assert_int_not_equal(met[colour], k + 1);
            met[colour] = k + 1;
        }
    }
    free(met);
    free(c.colour);
}

/* Neighbours differ; no path of four vertices has two colours.  By definition, edge by edge. */
static void assert_star(const slope_pattern *p)
{
    slope__colouring c;
    assert_int_equal(slope__colour_hessian(p, &c), SLOPE_OK);
    assert_int_equal(c.colours, p->colours);
    for (size_t e = 0; e < p->entries; e++) {
        const size_t v = p->row[e], w = p->column[e];
        if (v == w)
            continue;
        assert_true(c.colour[v] != c.colour[w]);
        for (size_t a = p->row_start[v]; a < p->row_start[v + 1]; a++) {
            const size_t u = p->column[a];
            if (u == v || u == w || c.colour[u] != c.colour[w])
                continue;
            for (size_t b = p->row_start[w]; b < p->row_start[w + 1]; b++) {
                const size_t x = p->column[b];
                assert_false(x != w && x != v && x != u && c.colour[x] == c.colour[v]);
            }
        }
    }
    free(c.colour);
}

/* A symmetric pattern of these entries, both halves, colours found. */
static slope_pattern *symmetric(size_t n, size_t entries, const uint32_t from[], const uint32_t to[])
{
    slope__dependencies d = {n, slope__new(n + 1, sizeof *d.start), slope__new(entries, sizeof *d.column)};
    slope__colouring c;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            int is = 0;
            for (size_t e = 0; e < entries && !is; e++)
                is = from[e] == i && to[e] == j;
            if (is)
                d.column[kept++] = (uint32_t)j;
        }
        d.start[i + 1] = kept;
    }
    slope_pattern *p = slope__pattern_create(&d, n, 1);
    assert_int_equal(slope__colour_hessian(p, &c), SLOPE_OK);
    p->colours = c.colours;
    free(c.colour);
    free(d.start);
    free(d.column);
    return p;
}

static void random_graphs_get_star_colourings(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (size_t k = 0; k < 400; k++) {
        uint32_t from[80], to[80];
        const size_t n = 1 + random_below(&seed, 20), entries = random_below(&seed, 80);
        for (size_t e = 0; e < entries; e++) {
            from[e] = (uint32_t)random_below(&seed, n);
            to[e] = (uint32_t)random_below(&seed, n);
        }
        slope_pattern *p = symmetric(n, entries, from, to);
        assert_consistent(p);
        assert_star(p);
        slope_pattern_destroy(p);
    }
}

/* -------------------------------------------------------------------------------------------------- sparse matrices */

static void assert_values(const slope_function *sparse, const slope_pattern *p, const slope_function *f, uint64_t seed)
{
    point x = random_point(f, &seed);
    double *matrix = dense(f, x.x), *entry = numbers(p->entries);
    evaluate(sparse, x.x, &entry);
    for (size_t e = 0; e < p->entries; e++) {
        const double d = matrix[p->row[e] * p->columns + p->column[e]];
        if (!(fabs(entry[e] - d) <= 1e-12 * (1 + fabs(d))) && !(d != d && entry[e] != entry[e]))
            fail_msg("entry (%zu, %zu) is %.17g, expected %.17g", p->row[e], p->column[e], entry[e], d);
    }
    free(matrix);
    free(entry);
    free_point(&x);
}

/* Everything that is promised of the sparse Jacobian of f; how many colours. */
static size_t check_jacobian(const slope_function *f, uint64_t seed, int exact)
{
    slope_error error = {0};
    slope_pattern *p = slope_jacobian_pattern(f, 0, NULL, &error), *q;
    if (!p)
        fail_msg("%s", error.message);
    slope_function *sparse = slope_sparse_jacobian(f, 0, NULL, &q, &error);
    if (!sparse)
        fail_msg("%s", error.message);
    assert_int_equal(p->entries, q->entries);
    assert_memory_equal(p->row, q->row, p->entries * sizeof *p->row);
    assert_memory_equal(p->column, q->column, p->entries * sizeof *p->column);
    assert_int_equal(p->colours, q->colours);
    assert_string_equal(slope_function_output(sparse, 0).name, "J");
    assert_int_equal(slope_function_output(sparse, 0).length, p->entries);
    assert_pattern(f, p, seed, exact);
    assert_distance_2(p);
    assert_values(sparse, p, f, seed + 1);
    const size_t colours = p->colours;
    slope_pattern_destroy(p);
    slope_pattern_destroy(q);
    slope_function_destroy(sparse);
    return colours;
}

static size_t check_hessian(const slope_function *f, uint64_t seed, int exact)
{
    slope_error error = {0};
    slope_pattern *p, *q = slope_hessian_pattern(f, 0, NULL, &error);
    slope_function *sparse = slope_sparse_hessian(f, 0, NULL, &p, &error);
    if (!sparse || !q)
        fail_msg("%s", error.message);
    slope_function *gradient = slope_gradient(f, 0, NULL, NULL);
    assert_int_equal(p->entries, q->entries);
    assert_int_equal(p->colours, q->colours);
    assert_string_equal(slope_function_output(sparse, 0).name, "H");
    assert_pattern(gradient, p, seed, exact);
    assert_star(p);
    assert_values(sparse, p, gradient, seed + 1);
    const size_t colours = p->colours;
    slope_pattern_destroy(p);
    slope_pattern_destroy(q);
    slope_function_destroy(gradient);
    slope_function_destroy(sparse);
    return colours;
}

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
    assert_int_equal(check_hessian(f, 1, 1), 1);
    slope_function_destroy(f);
}

static void a_tridiagonal_hessian_takes_three_sweeps(void **state)
{
    (void)state;
    slope_function *f = banded(20, 1, (const size_t[]){1});
    assert_int_equal(check_hessian(f, 1, 1), 3);
    slope_function_destroy(f);
}

static void wider_bands_take_few_sweeps(void **state)
{
    (void)state;
    slope_function *f = banded(30, 2, (const size_t[]){1, 2}), *g = banded(30, 2, (const size_t[]){3, 7});
    assert_in_range(check_hessian(f, 1, 1), 3, 5);
    assert_in_range(check_hessian(g, 1, 1), 3, 9);
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
        assert_int_equal(check_hessian(f, 3, 1), 2);
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
    assert_int_equal(check_jacobian(f, 1, 1), 1); /* of the rows, one each */
    slope_function_destroy(f);
    b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell z = slope__build_input(b, "x", 12);
    slope__cell blocks[4];
    for (slope__cell k = 0; k < 4; k++)
        blocks[k] = slope__build(b, slope__code_norm, 3, (slope__cell[]){z + 3 * k, z + 3 * k + 1, z + 3 * k + 2});
    slope__build_output(b, "y", 1, NULL, slope__build(b, slope__code_sum, 4, blocks));
    f = finish(b);
    assert_int_equal(check_hessian(f, 1, 1), 3);
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
        assert_int_equal(check_jacobian(f, 1, 1), rows < 5 ? rows : 5);
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
    (void)check_jacobian(f, 5, 1);
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

static void random_functions_have_exact_patterns(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        const random_options o = {
            .seed = seed, .operations = 12, .depth = (unsigned)(seed % 3), .passes = SLOPE_PASS_DEFAULT, .tame = 1};
        slope_function *f = random_function(&o);
        (void)check_jacobian(f, seed, 0);
        slope_function_destroy(f);
    }
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
    for (uint64_t seed = 1; seed <= 60; seed++) {
        const random_options o = {.seed = seed,
                                  .operations = 10,
                                  .depth = (unsigned)(seed % 2),
                                  .passes = SLOPE_PASS_DEFAULT,
                                  .tame = 1,
                                  .smooth = 1};
        slope_function *f = random_function(&o), *g = summed(f);
        (void)check_hessian(g, seed, 0);
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
    assert_int_equal(check_hessian(f, 1, 1), 3);
    slope_function_destroy(f);
}

static double seconds(void)
{
    struct timespec t;
    (void)timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static size_t large(void) { return getenv("SLOPE_TEST_SMALL") ? 2000 : 100000; }

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

/* s' = s x_i with outputs of every step: lower triangular; with a parameter instead of x_i: two columns. */
static slope_function *chain(size_t n, int shared)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell s = slope__build_input(b, "s", 1), x = slope__build_input(b, "x", 1);
    slope__build_output(b, "t", 1, NULL, slope__build2(b, slope__code_mul, s, x));
    slope_function *body = finish(b);
    b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell start = slope__build_input(b, "s", 1), all = slope__build_input(b, "x", shared ? 1 : n);
    slope__source source[2] = {{{start, 0, 1, NULL}, 0}, {{all, shared ? 0 : 1, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__EACH};
    const slope__cell at =
        slope__build_loop(b, &(slope__loop){.body = body, .n = n, .source = source, .target = &target});
    slope__build_output(b, "y", n, NULL, at);
    slope_function_destroy(body);
    return finish(b);
}

static void a_fold_knows_what_each_step_depends_on(void **state)
{
    (void)state;
    slope_function *f = chain(9, 0), *g = chain(9, 1);
    slope_pattern *p = slope_jacobian_pattern(f, 0, NULL, NULL);
    assert_int_equal(p->entries, 9 + 9 * 10 / 2);
    slope_pattern_destroy(p);
    (void)check_jacobian(f, 1, 1);
    p = slope_jacobian_pattern(g, 0, NULL, NULL);
    assert_int_equal(p->entries, 18);
    slope_pattern_destroy(p);
    assert_int_equal(check_jacobian(g, 1, 1), 2);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

/* Only the end of a long fold: one row of n + 1 entries, of n states with n (n + 1) / 2 together. */
static void long_folds_take_linear_time(void **state)
{
    (void)state;
    const size_t n = large();
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell s = slope__build_input(b, "s", 1), x = slope__build_input(b, "x", 1);
    slope__build_output(b, "t", 1, NULL, slope__build2(b, slope__code_mul, s, x));
    slope_function *body = finish(b);
    b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell start = slope__build_input(b, "s", 1), all = slope__build_input(b, "x", n);
    slope__source source[2] = {{{start, 0, 1, NULL}, 0}, {{all, 1, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__LAST};
    slope__build_output(
        b, "y", 1, NULL,
        slope__build_loop(b, &(slope__loop){.body = body, .n = n, .source = source, .target = &target}));
    slope_function *f = finish(b);
    const double begin = seconds();
    slope_pattern *p = slope_jacobian_pattern(f, 0, NULL, NULL);
    if (getenv("SLOPE_TEST_PRINT"))
        print_message("%.3f s\n", seconds() - begin);
    assert_true(seconds() - begin < 5);
    assert_int_equal(p->entries, n + 1);
    assert_int_equal(p->colours, 1);
    slope_pattern_destroy(p);
    slope_function_destroy(body);
    slope_function_destroy(f);
}

/* A fold that settles is not followed to its end: a billion steps. */
static void a_settled_fold_is_not_followed(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell s = slope__build_input(b, "s", 3), x = slope__build_input(b, "p", 1);
    slope__build_output(b, "t", 3, (slope__cell[]){s + 1, s + 2, slope__build2(b, slope__code_mul, s, x)}, 0);
    slope_function *body = finish(b);
    b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell start = slope__build_input(b, "s", 3), p = slope__build_input(b, "p", 1);
    slope__source source[2] = {{{start, 0, 1, NULL}, 0}, {{p, 0, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__LAST};
    slope__loop loop = {.body = body, .n = 1000000000, .source = source, .target = &target};
    (void)slope__build_output(b, "y", 3, NULL, slope__build_loop(b, &loop));
    slope_function *f = finish(b);
    slope_pattern *q = slope_jacobian_pattern(f, 0, NULL, NULL);
    assert_int_equal(q->entries, 6);
    slope_pattern_destroy(q);
    slope_function_destroy(body);
    slope_function_destroy(f);
}

/* n sums of ever more numbers and a total of all in one function: n^2 / 2 columns in n sets, of which one is asked for. */
static void chains_of_unions_take_linear_time(void **state)
{
    (void)state;
    const size_t n = large();
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", n);
    slope__cell sum = x, out[3];
    for (slope__cell i = 1; i < n; i++) {
        sum = slope__build2(b, slope__code_add, sum, slope__build2(b, slope__code_mul, x + i, x + i - 1));
        if (i == 5)
            out[0] = sum;
    }
    out[1] = sum;
    out[2] = slope__build1(b, slope__code_exp, sum);
    slope__build_output(b, "y", 3, out, 0);
    slope_function *f = finish(b);
    const double begin = seconds();
    slope_pattern *p = slope_jacobian_pattern(f, 0, NULL, NULL);
    if (getenv("SLOPE_TEST_PRINT"))
        print_message("%.3f s\n", seconds() - begin);
    assert_true(seconds() - begin < 5);
    assert_int_equal(p->entries, 6 + 2 * n);
    slope_pattern_destroy(p);
    slope_function_destroy(f);
}

/* Many results on top of one long chain over few columns, and a chain over many. */
static void results_on_top_of_long_chains_take_linear_time(void **state)
{
    (void)state;
    const size_t n = large() / 4, columns = 100;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", columns), z = slope__build_input(b, "z", n);
    slope__cell chained = x, *out = slope__new(n, sizeof *out);
    for (slope__cell i = 0; i < n; i++)
        chained = slope__build2(b, slope__code_add, slope__build1(b, slope__code_sin, chained),
                                x + i * 7 % (slope__cell)columns);
    for (slope__cell i = 0; i < n; i++)
        out[i] = slope__build2(b, slope__code_mul, chained, z + i);
    slope__build_output(b, "y", n, out, 0);
    slope_function *f = finish(b);
    const double begin = seconds();
    slope_pattern *p = slope_jacobian_pattern(f, 0, NULL, NULL);
    if (getenv("SLOPE_TEST_PRINT"))
        print_message("%.3f s\n", seconds() - begin);
    assert_true(seconds() - begin < 10);
    assert_int_equal(p->entries, n * (columns + 1));
    slope_pattern_destroy(p);
    slope_function_destroy(f);
    free(out);
}

/* Unions in random order against bits. */
static void sets_are_the_unions_they_are_made_of(void **state)
{
    (void)state;
    enum { COLUMNS = 500, SETS = 3000 };
    slope__sets s;
    uint64_t seed = 3;
    static unsigned char bit[SETS][COLUMNS];
    slope__set set[SETS];
    assert_true(slope__sets_create(&s, COLUMNS));
    memset(bit, 0, sizeof bit);
    for (size_t k = 0; k < SETS; k++) {
        slope__set part[6];
        const size_t parts = k < 20 ? 0 : random_below(&seed, 7);
        for (size_t i = 0; i < parts; i++) {
            const size_t from = random_below(&seed, 2) ? random_below(&seed, k) : k - 1 - random_below(&seed, 20);
            part[i] = set[from];
            for (size_t c = 0; c < COLUMNS; c++)
                bit[k][c] |= bit[from][c];
        }
        set[k] = slope__set_union(&s, parts, part);
        const uint32_t column = (uint32_t)(k % 7 ? k % 40 : random_below(&seed, COLUMNS));
        bit[k][column] = 1;
        set[k] = slope__set_join(&s, set[k], slope__set_of(&s, column));
    }
    for (size_t k = 0; k < SETS; k++) {
        size_t n, expected = 0;
        const uint32_t *column = slope__set_columns(&s, set[k], &n);
        for (size_t c = 0; c < COLUMNS; c++)
            expected += bit[k][c];
        assert_int_equal(n, expected);
        for (size_t c = 0; c < n; c++)
            assert_true(bit[k][column[c]] && (c == 0 || column[c] > column[c - 1]));
    }
    assert_false(s.failed);
    slope__sets_destroy(&s);
}

/* ---------------------------------------------------------------------------------------------------------- errors */

static void wrong_arguments_are_told(void **state)
{
    (void)state;
    slope_function *f = chain(3, 0);
    slope_error error = {0};
    slope_pattern *p = NULL;
    assert_null(slope_jacobian_pattern(f, 1, (const size_t[]){2}, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_jacobian_pattern(f, 2, (const size_t[]){1, 1}, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_jacobian_pattern(NULL, 0, NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_hessian_pattern(f, 0, NULL, &error)); /* three output numbers */
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_sparse_hessian(f, 0, NULL, &p, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(p);
    assert_null(slope_sparse_jacobian(f, 1, (const size_t[]){9}, &p, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_sparse_jacobian(NULL, 0, NULL, NULL, NULL));
    p = slope_jacobian_pattern(f, 0, NULL, &error);
    assert_non_null(p);
    assert_int_equal(error.status, SLOPE_OK);
    slope_pattern_destroy(p);
    slope_pattern_destroy(NULL);
    slope_function_destroy(f);
}

static void asking_again_is_a_look_up(void **state)
{
    (void)state;
    slope_function *f = chain(3, 0), *a = slope_sparse_jacobian(f, 0, NULL, NULL, NULL),
                   *b = slope_sparse_jacobian(f, 0, NULL, NULL, NULL);
    assert_non_null(a);
    assert_ptr_equal(a, b);
    slope_function_destroy(a);
    slope_function_destroy(b);
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_the_unions_they_are_made_of),
        cmocka_unit_test(random_graphs_get_star_colourings),
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
        cmocka_unit_test(a_fold_knows_what_each_step_depends_on),
        cmocka_unit_test(long_folds_take_linear_time),
        cmocka_unit_test(a_settled_fold_is_not_followed),
        cmocka_unit_test(chains_of_unions_take_linear_time),
        cmocka_unit_test(results_on_top_of_long_chains_take_linear_time),
        cmocka_unit_test(wrong_arguments_are_told),
        cmocka_unit_test(asking_again_is_a_look_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
