/* SPDX-License-Identifier: MIT */
/*
 * The normal distribution and the scaled complementary error function on doubles; libm only, thread-safe.  NaN gives
 * NaN; outside of their domain the inverses give NaN.  Errors, measured against MPFR: docs/accuracy.md.
 */
#ifndef SLOPE_OPS_NORMAL_H
#define SLOPE_OPS_NORMAL_H

/* exp(x^2) erfc(x) */
double slope__erfcx(double x);

/* exp(x^2) times the n-th repeated integral of erfc, n = -1, 0 ... 100; NaN for any other n. */
double slope__ierfcx(double n, double x);

/* The cumulative distribution function of the normal distribution, and its logarithm. */
double slope__ndtr(double x);
double slope__log_ndtr(double x);

/* The inverses of ndtr, erf and erfc. */
double slope__ndtri(double p);
double slope__erfinv(double y);
double slope__erfcinv(double q);

#endif
