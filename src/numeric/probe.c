/* SPDX-License-Identifier: MIT */
/*
 * f along a line through x.
 *
 * Along an axis the step is made one that x + h and x - h both represent (h = (x + h) - x), so that no error of
 * argument rounding enters; along other directions the rounding of x shows as noise of f.
 */
#include "numeric/numeric.h"

#include <math.h>
#include <string.h>

slope_status slope__probe_open(slope__probe *p, const slope_numeric_options *options)
{
    p->allocator = options->allocator;
    p->block = (slope__block){NULL, 0};
    const size_t rows = 2 * SLOPE__STEPS + 2 + SLOPE__NOISE_POINTS + 2 * SLOPE__PLACES;
    if (p->m > SIZE_MAX / sizeof(double) / rows || p->n > SIZE_MAX / sizeof(double) - rows * p->m)
        return SLOPE_ERR_MEMORY;
    const slope_status status = slope__block_reserve(&p->allocator, &p->block, p->n + rows * p->m, sizeof(double));
    if (status)
        return status;
    p->point = p->block.data;
    p->middle = p->point + p->n;
    p->spare = p->middle + p->m;
    p->plus = p->spare + p->m;
    p->minus = p->plus + SLOPE__STEPS * p->m;
    p->table = p->minus + SLOPE__STEPS * p->m;
    p->noise = p->table + SLOPE__NOISE_POINTS * p->m;
    p->noise_size = p->noise + SLOPE__PLACES * p->m;
    memcpy(p->point, p->x, p->n * sizeof *p->x);
    return SLOPE_OK;
}

void slope__probe_close(slope__probe *p) { slope__block_free(&p->allocator, &p->block); }

static slope_status call(slope__probe *p, int is_finite, double y[])
{
    for (size_t i = 0; i < p->m; i++)
        y[i] = NAN; /* also what a callback leaves that does not write */
    if (is_finite && p->f(p->n, p->point, p->m, y, p->context))
        return SLOPE_ERR_CALLBACK;
    return SLOPE_OK;
}

slope_status slope__probe_at(slope__probe *p, double t, double y[], double *moved)
{
    int is_finite = 1;
    slope_status status;
    if (!p->direction) {
        volatile double sum = p->x[p->j] + t; /* rounded to double also where registers are wider */
        p->point[p->j] = sum;
        is_finite = t == 0.0 || isfinite(sum);
        *moved = sum - p->x[p->j];
        status = call(p, is_finite, y);
        p->point[p->j] = p->x[p->j];
        return status;
    }
    *moved = t;
    for (size_t k = 0; k < p->n; k++) {
        p->point[k] = p->direction[k] == 0.0 ? p->x[k] : p->x[k] + t * p->direction[k];
        is_finite = is_finite && (isfinite(p->point[k]) || !isfinite(p->x[k]));
    }
    status = call(p, is_finite, y);
    memcpy(p->point, p->x, p->n * sizeof *p->x);
    return status;
}

double slope__probe_grain(const slope__probe *p)
{
    double most = 0.0;
    for (size_t k = 0; k < p->n; k++) {
        const double d = p->direction ? fabs(p->direction[k]) : k == p->j ? 1.0 : 0.0, x = fabs(p->x[k]);
        if (d > 0.0 && x > 0.0 && isfinite(x))
            most = fmax(most, (x - nextafter(x, 0.0)) * 2.0 / d); /* a power of two lies between two sizes */
    }
    return most;
}

double slope__probe_unit(const slope__probe *p)
{
    double most = 0.0;
    for (size_t k = 0; p->direction && k < p->n; k++)
        most = fmax(most, fabs(p->direction[k]));
    return most > 0.0 ? 1.0 / most : 1.0;
}

double slope__probe_exact(const slope__probe *p, double h)
{
    if (p->direction)
        return h;
    const double x = p->x[p->j];
    volatile double sum = x + copysign(h, x); /* away from zero, where doubles are sparser */
    const double moved = fabs(sum - x);
    return moved > 0.0 && isfinite(moved) ? moved : h;
}

void slope__probe_scales(const slope__probe *p, double *near, double *far)
{
    *near = 0.0;
    *far = INFINITY;
    for (size_t k = 0; k < p->n; k++) {
        const double d = p->direction ? fabs(p->direction[k]) : k == p->j ? 1.0 : 0.0, x = fabs(p->x[k]);
        if (d == 0.0 || !isfinite(x))
            continue;
        *far = fmin(*far, fmax(x, 1.0) / d);
        if (x > 0.0 && (*near == 0.0 || x / d < *near))
            *near = x / d;
    }
    if (!isfinite(*far))
        *far = 1.0;
    *near = fmin(*near, *far);
}

static slope_status sample(slope__probe *p, double t, double y[], double *moved, double *bound)
{
    const slope_status status = slope__probe_at(p, t, y, moved);
    *bound = !status && p->bound ? p->bound(p->context) : -1.0;
    return status;
}

slope_status slope__probe_sample(slope__probe *p, double given)
{
    double step[SLOPE__STEPS], near, far, moved;
    slope__probe_scales(p, &near, &far);
    const size_t count = given > 0.0 ? slope__steps_given(given, step) : slope__steps(near, far, step);
    slope_status status = slope__probe_noise(p);
    status = status ? status : sample(p, 0.0, p->middle, &moved, &p->middle_bound);
    p->far = far;
    p->steps = 0;
    for (size_t k = 0; k < count && !status; k++) {
        const double h = slope__probe_exact(p, step[k]);
        double *plus = p->plus + p->steps * p->m, *minus = p->minus + p->steps * p->m;
        double forward, backward;
        status = sample(p, h, plus, &forward, &p->plus_bound[p->steps]);
        status = status ? status : sample(p, -h, minus, &backward, &p->minus_bound[p->steps]);
        if (status || forward == 0.0 || backward == 0.0)
            continue;
        if (p->steps && forward >= p->forward[p->steps - 1]) /* rounding brought it back to the step before */
            continue;
        p->forward[p->steps] = forward;
        p->backward[p->steps] = -backward;
        p->steps++;
    }
    return status;
}
