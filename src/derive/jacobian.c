/* SPDX-License-Identifier: MIT */
/* Dense matrices of derivatives as functions: Jacobian, Hessian, and the Hessian's lower triangle. */
#include <stdlib.h>

#include "base/error.h"
#include "derive/derive.h"

/* Output blocks of a matrix under way. */
typedef struct matrix_blocks {
    slope__builder *b;
    size_t columns;
    const slope__cell *cell;
    slope__cell *block; /* room for the largest */
} matrix_blocks;

static void put_block(const matrix_blocks *m, const char *name, size_t row, size_t rows, size_t column, size_t columns)
{
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++)
            m->block[i * columns + j] = m->cell[(row + i) * m->columns + column + j];
    }
    if (slope__builder_status(m->b) == SLOPE_OK)
        slope__build_output(m->b, name, rows * columns, m->block, 0);
}

static void put_jacobian(const matrix_blocks *m, const slope_function *f, const slope__spec *spec)
{
    slope__names out = {0};
    size_t row = 0;
    for (size_t o = 0; o < f->outputs; row += f->output[o++].length) {
        size_t column = 0;
        for (size_t k = 0; k < spec->n; column += f->input[spec->wrt[k++]].length)
            put_block(m, slope__name(&out, "d%s_d%s", f->output[o].name, f->input[spec->wrt[k]].name), row,
                      f->output[o].length, column, f->input[spec->wrt[k]].length);
    }
    slope__names_free(&out);
}

static void put_hessian(const matrix_blocks *m, const slope_function *f, const slope__spec *spec)
{
    slope__names out = {0};
    size_t row = 0;
    for (size_t a = 0; a < spec->n; row += f->input[spec->wrt[a++]].length) {
        size_t column = 0;
        for (size_t k = 0; k < spec->n; column += f->input[spec->wrt[k++]].length)
            put_block(m,
                      slope__name(&out, "d2%s_d%s_d%s", f->output[0].name, f->input[spec->wrt[a]].name,
                                  f->input[spec->wrt[k]].name),
                      row, f->input[spec->wrt[a]].length, column, f->input[spec->wrt[k]].length);
    }
    slope__names_free(&out);
}

static void put_lower(const matrix_blocks *m, const slope_function *f)
{
    slope__names out = {0};
    size_t at = 0;
    for (size_t i = 0; i < m->columns; i++) {
        for (size_t j = 0; j <= i; j++)
            m->block[at++] = m->cell[i * m->columns + j];
    }
    if (slope__builder_status(m->b) == SLOPE_OK)
        slope__build_output(m->b, slope__name(&out, "d2%s", f->output[0].name), at, m->block, 0);
    slope__names_free(&out);
}

/* The matrix of g, which is f for a Jacobian and f's gradient for a Hessian. */
static slope_function *make_matrix(const slope_function *f, const slope_function *g, const slope__spec *spec,
                                   slope_error *error)
{
    const size_t rows = g->results, columns = slope__wanted(g, spec->n, spec->wrt);
    if (columns > 0 && rows > SLOPE_MAX_CELLS / columns) {
        (void)slope__fail(error, SLOPE_ERR_LIMIT, SIZE_MAX, "a matrix of %zu by %zu would have more than %zu numbers",
                          rows, columns, SLOPE_MAX_CELLS);
        return NULL;
    }
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    slope__cell *cell = slope__new(rows * columns, sizeof *cell), *block = slope__new(rows * columns, sizeof *block);
    if (b && cell && block) {
        slope__build_copy_inputs(b, g);
        const slope__cell data = slope__build_copy_data(b, g);
        slope__matrix(b, g, data, spec->n, spec->wrt, spec->kind != SLOPE__JACOBIAN, cell);
        const matrix_blocks m = {b, columns, cell, block};
        if (spec->kind == SLOPE__JACOBIAN)
            put_jacobian(&m, f, spec);
        else if (spec->kind == SLOPE__HESSIAN)
            put_hessian(&m, f, spec);
        else
            put_lower(&m, f);
    } else if (b) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a matrix of %zu by %zu", rows,
                            columns);
    }
    free(cell);
    free(block);
    return slope__builder_finish(b, error);
}

static slope_function *make_jacobian(const slope_function *f, const slope__spec *spec, slope_error *error)
{
    return make_matrix(f, f, spec, error);
}

static slope_function *make_hessian(const slope_function *f, const slope__spec *spec, slope_error *error)
{
    slope_function *g = slope_gradient(f, spec->n, spec->wrt, error);
    slope_function *h = g ? make_matrix(f, g, spec, error) : NULL;
    slope_function_destroy(g);
    return h;
}

/* ---------------------------------------------------------------------------------------------------------- public */

slope_function *slope_jacobian(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    return slope__derived_by(f, SLOPE__JACOBIAN, n, wrt, make_jacobian, error);
}

slope_function *slope_hessian(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    return slope__derived_by(f, SLOPE__HESSIAN, n, wrt, make_hessian, error);
}

slope_function *slope_hessian_lower(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    return slope__derived_by(f, SLOPE__HESSIAN_LOWER, n, wrt, make_hessian, error);
}
