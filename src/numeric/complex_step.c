/* SPDX-License-Identifier: MIT */
/*
 * The complex step: f(x + ih) = f(x) + i h f'(x) - ..., so Im f(x + ih) / h is f' with an error of order h^2 and no
 * difference in which digits cancel (Squire and Trapp, "Using complex variables to estimate derivatives of real
 * functions", SIAM Review 40 (1998) 110-112).  h may therefore be as small as the range of doubles allows.
 */
#include "numeric/numeric.h"

#include <float.h>
#include <math.h>

/* 1e-100: h^2 is far below every digit of f', and Im f, of size h f', far above the smallest double. */
static double automatic_step(double x)
{
    const double size = fabs(x);
    if (!isfinite(x))
        return 1e-100;
    if (size > 0.0 && size < 1e-70) /* 1e-100 would not be small beside x */
        return fmax(1e-30 * size, DBL_TRUE_MIN);
    return 1e-100 * fmax(1.0, size);
}

slope_status slope_complex_jacobian(slope_function_complex f, size_t n, const double x[], size_t m, void *context,
                                    const slope_numeric_options *options, double jacobian[])
{
    slope_numeric_options o;
    if (!f || !n || !m || !x || !jacobian || slope__options(options, &o) || m > SIZE_MAX / sizeof(double) / n)
        return SLOPE_ERR_ARGUMENT;
    if (n > SIZE_MAX / 64 || m > SIZE_MAX / 64)
        return SLOPE_ERR_MEMORY;
    slope__block block = {NULL, 0};
    slope_status status = slope__block_reserve(&o.allocator, &block, 2 * (n + m), sizeof(double));
    if (status)
        return status;
    double *z = block.data, *y = z + 2 * n;
    for (size_t k = 0; k < n; k++) {
        z[2 * k] = x[k];
        z[2 * k + 1] = 0.0;
    }
    for (size_t j = 0; j < n && !status; j++) {
        const double h = o.step > 0.0 ? o.step : automatic_step(x[j]);
        z[2 * j + 1] = h;
        for (size_t i = 0; i < 2 * m; i++)
            y[i] = NAN;
        if (f(n, z, m, y, context))
            status = SLOPE_ERR_CALLBACK;
        z[2 * j + 1] = 0.0;
        for (size_t i = 0; i < m; i++)
            jacobian[i * n + j] = y[2 * i + 1] / h;
    }
    slope__block_free(&o.allocator, &block);
    return status;
}
