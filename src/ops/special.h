/* SPDX-License-Identifier: MIT */
/*
 * The gamma family on doubles; libm only, thread-safe.  Poles (0, -1, -2 ...) give NaN, except that lgamma is +Inf
 * there; -Inf gives NaN (lgamma +Inf); NaN gives NaN.  Errors, measured against MPFR (docs/accuracy.md): digamma and
 * trigamma 4 ulp, polygamma 10 ulp; below 0, where digamma and the polygammas have zeros between the poles, ulp of the
 * largest term of the reflection formula, which is at least 1 there.
 */
#ifndef SLOPE_OPS_SPECIAL_H
#define SLOPE_OPS_SPECIAL_H

/* log |gamma(x)| */
double slope__lgamma(double x);

/* The first derivative of lgamma; within 4 ulp also beside its zero at 1.46163... */
double slope__digamma(double x);

/* The second derivative of lgamma. */
double slope__trigamma(double x);

/* The derivative of order n + 1 of lgamma, n = 0, 1, 2 ... 1000; NaN for any other n. */
double slope__polygamma(double n, double x);

#endif
