/* SPDX-License-Identifier: MIT */
/*
 * How much of f is noise, seen from outside.
 *
 * Rounding inside of f may be far above the last digit of its value: that of 1e16 in (x + 1e16) - 1e16, that of 1 in
 * exp(x) - 1 - x.  It shows where f is sampled so closely that what is smooth in it has no differences of high order
 * left: the method of More and Wild, "Estimating computational noise", SIAM J. Sci. Comput. 33 (2011) 1292-1314, of the
 * table of differences.  One place is not enough, since f may be exactly linear between two of its roundings, and is so
 * closer to x than these are apart; hence places at many distances t from x, each sampled at a 500th of its t, where
 * a power of t is smooth, too.
 *
 * Noise at one distance tells of that at another: it stays, or it shrinks with |f|, as that of a product does; where it
 * is far above the last digit, with the root of |f| at most, as that of a square.
 */
#include "numeric/numeric.h"

#include <float.h>
#include <math.h>

enum { POINTS = SLOPE__NOISE_POINTS, HIGH = 6, MARGIN = 6, NARROW = 512, WIDE = 24 };

/* The standard deviation of noise by the differences of order HIGH and the one below, in which the smooth part of f may
   be left: then it is far more. */
static double deviation(const double y[POINTS])
{
    double d[POINTS], last = 0.0, before = 0.0, gamma = 1.0; /* gamma = (2k)! / (k!)^2 */
    for (int i = 0; i < POINTS; i++)
        d[i] = y[i];
    for (int k = 1; k <= HIGH; k++) {
        double sum = 0.0;
        gamma *= (4.0 * k - 2.0) / k;
        for (int i = 0; i < POINTS - k; i++) {
            d[i] = d[i + 1] - d[i];
            sum = hypot(sum, d[i]);
        }
        before = last;
        last = sum / sqrt(gamma * (POINTS - k));
    }
    return fmin(fmax(before, last), 4.0 * last);
}

/* Samples f around x + t at distances of t / parts, or of one rounding of x; *is_distinct: 1 if these are so many x. */
static slope_status sample_place(slope__probe *p, double t, double parts, int *is_distinct)
{
    const double step = fmax(slope__probe_exact(p, fabs(t) / parts), slope__probe_grain(p));
    double moved[POINTS];
    *is_distinct = 1;
    for (int i = 0; i < POINTS && *is_distinct; i++) {
        const slope_status status =
            slope__probe_at(p, t + (i - POINTS / 2) * step, p->table + (size_t)i * p->m, &moved[i]);
        if (status)
            return status;
        *is_distinct = i == 0 || moved[i] > moved[i - 1];
    }
    return SLOPE_OK;
}

/* Adds what was seen at one place; 0 where f is not finite for output i. */
static int note_place(slope__probe *p, size_t i)
{
    double y[POINTS], size = 0.0;
    for (int k = 0; k < POINTS; k++) {
        y[k] = p->table[(size_t)k * p->m + i];
        size = fmax(size, fabs(y[k]));
    }
    const double noise = deviation(y);
    if (!isfinite(size) || !isfinite(noise))
        return 0;
    p->noise[p->places * p->m + i] = MARGIN * noise;
    p->noise_size[p->places * p->m + i] = size;
    return 1;
}

static slope_status look_at(slope__probe *p, double t, double parts)
{
    int seen = 0;
    for (size_t i = 0; i < p->m; i++)
        p->noise[p->places * p->m + i] = p->noise_size[p->places * p->m + i] = 0.0;
    for (int side = 0; side < 2 && !seen; side++) { /* the other one where f is not defined */
        int is_distinct;
        const slope_status status = sample_place(p, side ? -t : t, parts, &is_distinct);
        if (status)
            return status;
        for (size_t i = 0; i < p->m && is_distinct; i++)
            seen += note_place(p, i);
    }
    p->place[p->places] = fabs(t);
    p->places += seen > 0 || p->places == 0;
    return SLOPE_OK;
}

/*
 * Noise that grows towards 0, as that of (exp(x) - 1) / x.  At two places, since roundings may keep step with samples;
 * and once from afar, for what is all noise there and smooth between two roundings.
 */
static slope_status look_near(slope__probe *p, double near)
{
    slope_status status = look_at(p, 0.93 * near, NARROW);
    status = status ? status : look_at(p, 0.62 * near, NARROW);
    const size_t wide = p->places;
    status = status ? status : look_at(p, 0.83 * near, WIDE);
    for (size_t i = 0; i < p->m && p->places > wide && !status; i++) {
        double *noise = &p->noise[wide * p->m + i];
        if (*noise < 1e-3 * p->noise_size[wide * p->m + i])
            *noise = 0.0; /* it may be how f bends */
    }
    return status;
}

slope_status slope__probe_noise(slope__probe *p)
{
    double near, far;
    slope__probe_scales(p, &near, &far);
    const double grain = slope__probe_grain(p), top = fmax(0.83 * 0x1p-16 * slope__probe_unit(p), 0x1p14 * grain),
                 bottom = near > 0.0 ? fmax(16.0 * grain, 0x1p-1000) : far * 0x1p-110;
    const double ratio = fmax(60.0, pow(top / bottom, 1.0 / (SLOPE__PLACES - 6)));
    const double outward = p->direction || p->x[p->j] >= 0.0 ? 1.0 : -1.0;
    slope_status status = SLOPE_OK;
    double side = outward;
    p->places = 0;
    status = look_at(p, outward * 0.83 * 0x1p-5 * far,
                     NARROW); /* only to see whether there is less noise: f may bend there */
    if (status || !p->places)
        return status;
    p->counts_far = 0;
    if (near > 0.0 && near < top)
        status = look_near(p, outward * near);
    for (double t = top; t >= bottom && p->places < SLOPE__PLACES && !status; t /= ratio, side = -side)
        status = look_at(p, t > near / 4.0 && t < near * 4.0 ? outward * t : side * t, NARROW); /* not to a pole at 0 */
    return status;
}

double slope__probe_noise_at(const slope__probe *p, size_t i, double y, double known)
{
    double most = 0.0;
    const double size = fmax(fabs(y), fabs(p->middle[i]));
    for (size_t a = p->counts_far ? 0 : 1; a < p->places && known < 0.0; a++) {
        const double there = p->noise_size[a * p->m + i], noise = p->noise[a * p->m + i];
        const double share = there > 0.0 ? fmin(1.0, size / there) : 1.0;
        most = fmax(most, noise * (noise > 64.0 * DBL_EPSILON * there ? sqrt(share) : share));
    }
    return known >= 0.0 ? known : most;
}

double slope__probe_noise_scale(const slope__probe *p, size_t i, double noise)
{
    const double far = p->places ? p->noise[i] : INFINITY;
    return far < noise / 64.0 ? p->place[0] * fmax(far / noise, 0x1p-40) : INFINITY;
}
