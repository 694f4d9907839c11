/* SPDX-License-Identifier: MIT */
/* What is promised of every pattern, colouring and sparse matrix, checked against dense derivatives and by
   definition. */
#ifndef SPARSE_TESTING_H
#define SPARSE_TESTING_H

#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include <slope/derive.h>

#include "derive/sparse.h"
#include "function/ir.h"
#include "random_function.h"

static inline slope_function *finish(slope__builder *b)
{
    slope_error error = {0};
    slope_function *f = slope__builder_finish(b, &error);
    if (!f)
        fail_msg("%s", error.message);
    return f;
}

static inline double *numbers(size_t n) { return slope__new(n, sizeof(double)); }

static inline void evaluate(const slope_function *f, const double *const x[], double *const y[])
{
    assert_int_equal(slope__interpret(f, x, y, NULL), SLOPE_OK);
}

/* -------------------------------------------------------------------------------------------------------- patterns */

/* COO, CSR and CSC say the same, in order. */
static inline void assert_consistent(const slope_pattern *p)
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

static inline size_t wanted(const slope_function *f)
{
    size_t n = 0;
    for (size_t g = 0; g < f->inputs; g++)
        n += f->input[g].length;
    return n;
}

/* The Jacobian by all inputs at x, row by row, one column after another by tangents. */
static inline double *dense(const slope_function *f, const double *const x[])
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

static inline point random_point(const slope_function *f, uint64_t *seed)
{
    point p = {numbers(wanted(f) + 1), slope__new(f->inputs, sizeof *p.x)};
    random_fill(seed, wanted(f), p.all);
    for (size_t g = 0, at = 0; g < f->inputs; at += f->input[g++].length)
        p.x[g] = p.all + at;
    return p;
}

static inline void free_point(point *p)
{
    free(p->all);
    free(p->x);
}

static inline int has_entry(const slope_pattern *p, size_t i, size_t j)
{
    for (size_t e = p->row_start[i]; e < p->row_start[i + 1]; e++) {
        if (p->column[e] == j)
            return 1;
    }
    return 0;
}

/* Outside the pattern the Jacobian is 0; how many entries inside are something else at some of the points. */
static inline size_t assert_pattern(const slope_function *f, const slope_pattern *p, uint64_t seed)
{
    enum { POINTS = 6 };
    const size_t columns = wanted(f);
    unsigned char *met = slope__new(p->entries, 1);
    size_t nonzero = 0;
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
    for (size_t e = 0; e < p->entries; e++)
        nonzero += met[e];
    free(met);
    return nonzero;
}

/* ------------------------------------------------------------------------------------------------------- colourings */

/* No two columns (rows) of a colour share a row (column). */
static inline void assert_distance_2(const slope_pattern *p)
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
static inline void assert_star(const slope_pattern *p)
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

/* -------------------------------------------------------------------------------------------------- sparse matrices */

static inline void assert_values(const slope_function *sparse, const slope_pattern *p, const slope_function *f,
                                 uint64_t seed)
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

/* Everything that is promised of the sparse Jacobian of f; how many colours.  spare: of so many entries more than
   before it can't be seen that they are ever nonzero; NULL: there may be none. */
static inline size_t check_jacobian(const slope_function *f, uint64_t seed, size_t *spare)
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
    const size_t nonzero = assert_pattern(f, p, seed);
    if (spare)
        *spare += p->entries - nonzero;
    else
        assert_int_equal(nonzero, p->entries);
    assert_distance_2(p);
    assert_values(sparse, p, f, seed + 1);
    const size_t colours = p->colours;
    slope_pattern_destroy(p);
    slope_pattern_destroy(q);
    slope_function_destroy(sparse);
    return colours;
}

static inline size_t check_hessian(const slope_function *f, uint64_t seed, size_t *spare)
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
    const size_t nonzero = assert_pattern(gradient, p, seed);
    if (spare)
        *spare += p->entries - nonzero;
    else
        assert_int_equal(nonzero, p->entries);
    assert_star(p);
    assert_values(sparse, p, gradient, seed + 1);
    const size_t colours = p->colours;
    slope_pattern_destroy(p);
    slope_pattern_destroy(q);
    slope_function_destroy(gradient);
    slope_function_destroy(sparse);
    return colours;
}

/* For what is to take linear time: the clock, and how much to do (less under valgrind). */
static inline double seconds(void)
{
    struct timespec t;
    (void)timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline size_t large(void) { return getenv("SLOPE_TEST_SMALL") ? 2000 : 100000; }

#endif
