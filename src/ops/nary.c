/* SPDX-License-Identifier: MIT */
/*
 * The n-ary operations.  Each has its value and its partials next to each other; d[i] is d value / d x[i], v the value.
 * Plain loops from the first operand to the last, so that results do not depend on the compiler.
 */
#include "ops/nary.h"

#include <math.h>

/* sum: v = x1 + ... + xn,  dv/dxi = 1 */
double slope__sum_value(size_t n, const double x[])
{
    double v = 0.0;
    for (size_t i = 0; i < n; i++)
        v += x[i];
    return v;
}

void slope__sum_partials(size_t n, const double x[], double v, double d[])
{
    (void)x, (void)v;
    for (size_t i = 0; i < n; i++)
        d[i] = 1.0;
}

/* mean: v = (x1 + ... + xn) / n,  dv/dxi = 1/n */
double slope__mean_value(size_t n, const double x[]) { return slope__sum_value(n, x) / (double)n; }

void slope__mean_partials(size_t n, const double x[], double v, double d[])
{
    (void)x, (void)v;
    for (size_t i = 0; i < n; i++)
        d[i] = 1.0 / (double)n;
}

/* dot: x is x1 ... xm, y1 ... ym with m = n/2;  v = sum xi yi,  dv/dxi = yi, dv/dyi = xi */
double slope__dot_value(size_t n, const double x[])
{
    const size_t m = n / 2;
    double v = 0.0;
    for (size_t i = 0; i < m; i++)
        v += x[i] * x[m + i];
    return v;
}

void slope__dot_partials(size_t n, const double x[], double v, double d[])
{
    const size_t m = n / 2;
    (void)v;
    for (size_t i = 0; i < m; i++) {
        d[i] = x[m + i];
        d[m + i] = x[i];
    }
}

/* The largest |x|, NaN if any is NaN, so that callers can scale. */
static double largest_magnitude(size_t n, const double x[])
{
    double m = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double t = fabs(x[i]);
        if (t > m || t != t)
            m = t;
        if (m != m)
            break;
    }
    return m;
}

/* norm: v = sqrt(sum xi^2),  dv/dxi = xi / v, 0 at the origin.  Scaled by a power of two only where squares would leave
   the range, so that ordinary results are those of the plain formula. */
double slope__norm_value(size_t n, const double x[])
{
    const double m = largest_magnitude(n, x);
    if (m == 0.0 || m != m || isinf(m))
        return m;
    int exponent = 0;
    if (m > 1e150 || m < 1e-140)
        (void)frexp(m, &exponent);
    double s = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double t = ldexp(x[i], -exponent);
        s += t * t;
    }
    return ldexp(sqrt(s), exponent);
}

void slope__norm_partials(size_t n, const double x[], double v, double d[])
{
    for (size_t i = 0; i < n; i++)
        d[i] = v == 0.0 ? 0.0 : isinf(v) ? NAN : x[i] / v; /* an overflow has no slope that could be told */
}

/* logsumexp: with m = max xi,  v = m + log(sum exp(xi - m)),  dv/dxi = exp(xi - m) / sum exp(xj - m).
   Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and softmax functions" (2021). */
static double largest(size_t n, const double x[])
{
    double m = x[0];
    for (size_t i = 1; i < n && m == m; i++) {
        if (x[i] > m || x[i] != x[i])
            m = x[i];
    }
    return m;
}

/* exp(x - m), the rounding error of the difference made good. */
static double exp_difference(double x, double m)
{
    const double d = x - m, back = d - x, rest = (x - (d - back)) - (m + back), e = exp(d);
    return rest - rest == 0.0 ? e + e * rest : e;
}

/* sum over all but the first largest of exp(xi - m): the 1 of the largest is kept apart for log1p */
static double sum_below(size_t n, const double x[], double m)
{
    double s = 0.0;
    int skipped = 0;
    for (size_t i = 0; i < n; i++) {
        if (!skipped && x[i] == m)
            skipped = 1;
        else
            s += exp_difference(x[i], m);
    }
    return s;
}

double slope__logsumexp_value(size_t n, const double x[])
{
    const double m = largest(n, x);
    if (m != m || isinf(m))
        return m;
    return m + log1p(sum_below(n, x, m));
}

void slope__logsumexp_partials(size_t n, const double x[], double v, double d[])
{
    const double m = largest(n, x);
    if (v != v || isinf(m)) { /* no softmax there: an infinite largest operand has no slope that could be told */
        for (size_t i = 0; i < n; i++)
            d[i] = NAN;
        return;
    }
    const double s = 1.0 + sum_below(n, x, m);
    for (size_t i = 0; i < n; i++)
        d[i] = exp_difference(x[i], m) / s;
}

/* poly: x is x, c0 ... c(m-1);  v = c0 + x (c1 + x (c2 + ...)) by Horner's rule,  dv/dci = x^i,  dv/dx = sum i ci
   x^(i-1) */
double slope__poly_value(size_t n, const double x[])
{
    double v = n > 1 ? x[n - 1] : 0.0; /* not 0 * x + ..., which is NaN for an infinite x */
    for (size_t i = n - 1; i-- > 1;)
        v = v * x[0] + x[i];
    return v;
}

void slope__poly_partials(size_t n, const double x[], double v, double d[])
{
    (void)v;
    double slope = n > 2 ? (double)(n - 2) * x[n - 1] : 0.0, power = 1.0;
    for (size_t i = n - 1; i-- > 2;)
        slope = slope * x[0] + (double)(i - 1) * x[i];
    d[0] = slope;
    for (size_t i = 1; i < n; i++) {
        d[i] = power;
        power *= x[0];
    }
}
