/* SPDX-License-Identifier: MIT */
/*
 * Bessel functions on doubles; libm only, thread-safe.  NaN gives NaN.  Errors, measured against MPFR:
 * docs/accuracy.md; where the function oscillates they are in ulp of its amplitude, sqrt(2 / (pi x)).
 */
#ifndef SLOPE_OPS_BESSEL_H
#define SLOPE_OPS_BESSEL_H

/* Of the first kind and order n, a whole number of at most 1000; NaN for any other n. */
double slope__besselj(double n, double x);

#endif
