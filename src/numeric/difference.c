/* SPDX-License-Identifier: MIT */
/*
 * The public differences.
 *
 * Formulas: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 25.3; the five-point one also in
 * Fornberg, "Generation of finite difference formulas on arbitrarily spaced grids", Math. Comp. 51 (1988) 699-706,
 * table 1.  An error of order h^p from truncation and one of order eps / h from rounding are least together at h of
 * order eps^(1/(p+1)): p = 1, 2, 4.
 */
#include "numeric/numeric.h"

#include <float.h>
#include <math.h>

slope_numeric_options slope_numeric_options_default(void)
{
    return (slope_numeric_options){
        .struct_size = sizeof(slope_numeric_options),
        .method = SLOPE_METHOD_RIDDERS,
        .step = 0.0,
        .allocator = slope_allocator_default(),
    };
}

slope_status slope__options(const slope_numeric_options *given, slope_numeric_options *options)
{
    *options = given ? *given : slope_numeric_options_default();
    const int is_good = options->struct_size == sizeof *options && options->allocator.resize &&
                        (unsigned)options->method <= SLOPE_METHOD_RIDDERS && options->step >= 0.0 &&
                        isfinite(options->step);
    return is_good ? SLOPE_OK : SLOPE_ERR_ARGUMENT;
}

/* One difference by formula: f at multiples of h times weights, over h. */
typedef struct formula {
    int points;
    double multiple[4], weight[4];
    double order;
} formula;

static const formula formulas[] = {
    [SLOPE_METHOD_FORWARD] = {2, {1, 0}, {1, -1}, 1},
    [SLOPE_METHOD_BACKWARD] = {2, {0, -1}, {1, -1}, 1},
    [SLOPE_METHOD_CENTRAL] = {2, {1, -1}, {0.5, -0.5}, 2},
    [SLOPE_METHOD_FIVE_POINT] = {4, {1, -1, 2, -2}, {8.0 / 12, -8.0 / 12, -1.0 / 12, 1.0 / 12}, 4},
};

/* out[i] for one h, from values kept in the rows of p->plus. */
static slope_status difference_at(slope__probe *p, const formula *by, double h, double out[])
{
    const size_t m = p->m;
    double moved[4], width = slope__probe_exact(p, h);
    for (int k = 0; k < by->points; k++) {
        const slope_status status = slope__probe_at(p, by->multiple[k] * width, p->plus + (size_t)k * m, &moved[k]);
        if (status)
            return status;
    }
    /* two points: divide by the distance that they really have, which is 0 if h does not move x */
    const double weight_sum = by->points == 2 && moved[0] != moved[1] ? moved[0] - moved[1] : 0.0;
    for (size_t i = 0; i < m; i++) {
        const double *f = p->plus + i;
        if (weight_sum != 0.0) {
            out[i] = (f[0] - f[m]) / weight_sum;
            continue;
        }
        out[i] = 0.0;
        for (int k = 0; k < by->points; k += 2) /* pairs first: what is equal cancels exactly */
            out[i] += (f[(size_t)k * m] - f[(size_t)(k + 1) * m]) * by->weight[k] / width;
    }
    return SLOPE_OK;
}

/* An automatic step shrinks for those outputs that are not finite, out to what their neighbours have. */
static slope_status difference_auto(slope__probe *p, const formula *by, double out[])
{
    double near, far, *next = p->plus + 4 * p->m;
    slope__probe_scales(p, &near, &far);
    const double relative = pow(DBL_EPSILON, 1.0 / (by->order + 1.0));
    double h = relative * far;
    slope_status status = difference_at(p, by, h, out);
    for (int attempt = 0; attempt < 16 && !status; attempt++) {
        size_t missing = 0;
        for (size_t i = 0; i < p->m; i++)
            missing += isfinite(out[i]) ? 0 : 1;
        if (!missing)
            break;
        h = attempt == 0 && near > 0.0 && near < far ? relative * near : h / 16.0;
        status = difference_at(p, by, h, next);
        for (size_t i = 0; i < p->m && !status; i++)
            out[i] = isfinite(out[i]) ? out[i] : next[i];
    }
    return status;
}

/* The slope along one line: value[i * stride], error[i * stride] (or NULL). */
static slope_status along_line(slope__probe *p, const slope_numeric_options *o, size_t stride, double value[],
                               double error[])
{
    const int is_ridders = o->method == SLOPE_METHOD_RIDDERS;
    slope_status status = SLOPE_OK;
    if (!is_ridders) {
        double *out = p->plus + 5 * p->m;
        const formula *by = &formulas[o->method];
        status = o->step > 0.0 ? difference_at(p, by, o->step, out) : difference_auto(p, by, out);
        for (size_t i = 0; i < p->m && !status; i++)
            value[i * stride] = out[i];
    }
    if (status || (!is_ridders && !error))
        return status;
    status = slope__probe_sample(p, is_ridders ? o->step : 0.0);
    for (size_t i = 0; i < p->m && !status; i++) {
        slope__slope slope;
        status = slope__probe_slope(p, i, &slope);
        if (is_ridders)
            value[i * stride] = slope.value;
        const double off = fabs(value[i * stride] - slope.value);
        if (error)
            error[i * stride] = isnan(off) ? INFINITY : slope.error + off;
    }
    return status;
}

slope_status slope_numeric_jacobian(slope_function_c f, size_t n, const double x[], size_t m, void *context,
                                    const slope_numeric_options *options, double jacobian[], double error[])
{
    slope_numeric_options o;
    if (!f || !n || !m || !x || !jacobian || slope__options(options, &o) || m > SIZE_MAX / sizeof(double) / n)
        return SLOPE_ERR_ARGUMENT;
    slope__probe p = {.f = f, .context = context, .n = n, .m = m, .x = x};
    slope_status status = slope__probe_open(&p, &o);
    for (p.j = 0; p.j < n && !status; p.j++)
        status = along_line(&p, &o, n, jacobian + p.j, error ? error + p.j : NULL);
    slope__probe_close(&p);
    return status;
}

slope_status slope_numeric_directional(slope_function_c f, size_t n, const double x[], const double direction[],
                                       size_t m, void *context, const slope_numeric_options *options, double out[],
                                       double error[])
{
    slope_numeric_options o;
    if (!f || !n || !m || !x || !direction || !out || slope__options(options, &o))
        return SLOPE_ERR_ARGUMENT;
    for (size_t k = 0; k < n; k++) {
        if (!isfinite(direction[k]))
            return SLOPE_ERR_ARGUMENT;
    }
    slope__probe p = {.f = f, .context = context, .n = n, .m = m, .x = x, .direction = direction};
    slope_status status = slope__probe_open(&p, &o);
    status = status ? status : along_line(&p, &o, 1, out, error);
    slope__probe_close(&p);
    return status;
}

slope_status slope_numeric_derivative(slope_function_c f, double x, void *context, const slope_numeric_options *options,
                                      double *out, double *error)
{
    return slope_numeric_jacobian(f, 1, &x, 1, context, options, out, error);
}

slope_status slope_numeric_gradient(slope_function_c f, size_t n, const double x[], void *context,
                                    const slope_numeric_options *options, double gradient[], double error[])
{
    return slope_numeric_jacobian(f, n, x, 1, context, options, gradient, error);
}
