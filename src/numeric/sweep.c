/* SPDX-License-Identifier: MIT */
/*
 * The errors of derivatives over h from 1e-1 to 1e-16: truncation falls with h, rounding grows as eps / h, and the
 * complex step knows only the first.  The formulas are the naive ones on purpose.
 */
#include "numeric/numeric.h"

#include <math.h>

typedef struct swept {
    slope_function_c f;
    slope_function_complex complex_f;
    void *context;
    size_t n, j;
    double *x; /* n, and room for 2 n more */
} swept;

static slope_status real_at(const swept *p, double t, double *y)
{
    const double x = p->x[p->j];
    *y = NAN;
    p->x[p->j] = x + t;
    const int failed = p->f(p->n, p->x, 1, y, p->context);
    p->x[p->j] = x;
    return failed ? SLOPE_ERR_CALLBACK : SLOPE_OK;
}

static slope_status complex_at(const swept *p, double h, double *derivative)
{
    double *z = p->x + p->n, y[2] = {NAN, NAN};
    *derivative = NAN;
    if (!p->complex_f)
        return SLOPE_OK;
    for (size_t k = 0; k < p->n; k++) {
        z[2 * k] = p->x[k];
        z[2 * k + 1] = k == p->j ? h : 0.0;
    }
    if (p->complex_f(p->n, z, 1, y, p->context))
        return SLOPE_ERR_CALLBACK;
    *derivative = y[1] / h;
    return SLOPE_OK;
}

static slope_status fill_row(const swept *p, double middle, double exact, slope_sweep_row *row)
{
    double plus, minus;
    const double h = row->h;
    slope_status status = real_at(p, h, &plus);
    status = status ? status : real_at(p, -h, &minus);
    status = status ? status : complex_at(p, h, &row->complex_step);
    if (status)
        return status;
    row->forward = (plus - middle) / h;
    row->central = (plus - minus) / (2.0 * h);
    row->forward_error = fabs(row->forward - exact);
    row->central_error = fabs(row->central - exact);
    row->complex_error = fabs(row->complex_step - exact);
    return SLOPE_OK;
}

slope_status slope_numeric_sweep(slope_function_c f, slope_function_complex complex_f, size_t n, const double x[],
                                 size_t j, double exact, void *context, const slope_numeric_options *options,
                                 slope_sweep_row row[SLOPE_SWEEP_ROWS])
{
    slope_numeric_options o;
    if (!f || !n || !x || j >= n || !row || slope__options(options, &o))
        return SLOPE_ERR_ARGUMENT;
    if (n > SIZE_MAX / 64)
        return SLOPE_ERR_MEMORY;
    slope__block block = {NULL, 0};
    double middle;
    slope_status status = slope__block_reserve(&o.allocator, &block, 3 * n, sizeof(double));
    if (status)
        return status;
    const swept p = {f, complex_f, context, n, j, block.data};
    for (size_t k = 0; k < n; k++)
        p.x[k] = x[k];
    status = real_at(&p, 0.0, &middle);
    for (int k = 0; k < SLOPE_SWEEP_ROWS && !status; k++) {
        row[k] = (slope_sweep_row){.h = pow(10.0, -1.0 - k / 4.0)};
        status = fill_row(&p, middle, exact, &row[k]);
    }
    slope__block_free(&o.allocator, &block);
    return status;
}
