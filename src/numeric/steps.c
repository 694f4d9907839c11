/* SPDX-License-Identifier: MIT */
/*
 * The ladder of steps.
 *
 * The scale on which f bends is not known: it may be that of x (log x), or that of 1 (sin x), whatever x is.  Where one
 * of the two is near, steps halve, which is what extrapolation likes; elsewhere they fall faster.  The tail below is
 * there to see noise, and kinks and bends much closer to x than |x|.
 * The first step is no round number, so that no period of f is a multiple of every step: sin(2 pi k x) would have
 * the same slope, 0, at all of them.  Nor are the ratios powers of two: steps of one mantissa are all rounded alike
 * where f computes in float, and an error that is the same everywhere can't be seen.
 */
#include "numeric/numeric.h"

#include <math.h>

static const double first = 0.7317073170731707, tiny = 0x1p-1020, least_of_all = 0x1p-1066;

/* By what the step h is divided to come to the next one. */
static double ratio_after(double h, double near, double far, double bridge)
{
    const int near_far = h > far * 0x1p-20, near_one = h < 1.0 && h > 0x1p-8,
              near_near = h <= near && h > near * 0x1p-12;
    if (near_far || near_one || near_near)
        return 1.93;
    if (near == 0.0)
        return h > 0x1p-46 ? 7.7 : 61.0;
    if (h > near)
        return bridge;
    return h > near * 0x1p-38 ? 7.7 : 3.9;
}

size_t slope__steps(double near, double far, double step[])
{
    if (near < tiny)
        near = 0.0; /* a denormal x is 0 for every purpose here */
    const double least = near > 0.0 ? fmax(near * 0x1p-50, least_of_all) : far * 0x1p-150;
    /* from the band around `far` to the one around `near` in at most ten steps */
    const double bridge = near > 0.0 ? fmax(8.0, pow(far * 0x1p-20 / near, 0.1)) : 8.0;
    size_t count = 0;
    for (double h = first * far; h >= least && count < SLOPE__STEPS;) {
        step[count++] = h;
        const double next = h / ratio_after(h, near, far, bridge);
        h = next < near && h > near ? first * near : next; /* enter the band around `near` at its top */
    }
    return count;
}

size_t slope__steps_given(double largest, double step[])
{
    size_t count = 0;
    for (double h = largest; h > 0.0 && count < 24; h /= count < 12 ? 1.93 : 7.7)
        step[count++] = h;
    return count;
}
