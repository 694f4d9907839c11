/* SPDX-License-Identifier: MIT */
/*
 * Bessel functions of the first kind of whole order on doubles.
 *
 * Where the power series (DLMF 10.2.2) falls from its first term on it is taken.  Otherwise the recurrence DLMF 10.6.1:
 * upwards from Hankel's expansions of orders 0 and 1 (DLMF 10.17.3) for an argument from 25 on that the order does not
 * exceed, else downwards from an order where the function is nothing, scaled by J0 + 2 J2 + 2 J4 + ... = 1 (Miller's
 * algorithm, DLMF 10.74(iv)).
 *
 * Nothing here writes outside its own frame: every function is thread-safe.
 */
#include "ops/bessel.h"

#include <math.h>

/* The largest order. */
#define BESSEL_MAX 1000

/* Order n >= 0, x > 0, x^2 <= n + 1. */
static double bessel_series(int n, double x)
{
    double first = 1, sum = 1, term = 1, z = -0.25 * x * x;
    for (int k = 1; k <= n; k++)
        first *= 0.5 * x / k;
    for (int k = 1; k < 30; k++) {
        term *= z / k / (n + k);
        sum += term;
    }
    return first * sum;
}

/* Orders 0 and 1, x >= 25: sqrt(2 / (pi x)) (P cos(x - phase) - Q sin(x - phase)), the phase pi / 4 or 3 pi / 4. */
static double bessel_far(int n, double x)
{
    double p = 1, q = 0, term = 1, m = 4.0 * n * n;
    for (int k = 1; k < 40 && fabs(term) > 1e-18; k++) {
        term *= (m - (2.0 * k - 1) * (2.0 * k - 1)) / k / (8 * x);
        if (k % 2)
            q += k % 4 == 1 ? term : -term;
        else
            p += k % 4 == 0 ? term : -term;
    }
    double s = sin(x), c = cos(x), even = c + s, odd = s - c; /* sqrt(2) times cosine and sine of x - pi / 4 */
    return 0x1.20dd750429b6dp-1 / sqrt(x) * (n == 0 ? p * even - q * odd : p * odd + q * even);
}

/* Order n >= 0, x > 0, downwards. */
static double bessel_down(int n, double x)
{
    const double most = fmax(n, x);
    double above = 0, now = 1e-300, sum = 0, found = 0;
    for (int k = 2 * (int)((most + 16 + 8 * cbrt(most)) / 2 + 10); k > 0; k--) {
        double below = 2 * k / x * now - above;
        above = now, now = below;
        if (k - 1 == n)
            found = now;
        if (k % 2 && k > 1)
            sum += 2 * now;
        if (fabs(now) > 1e200)
            now *= 1e-250, above *= 1e-250, sum *= 1e-250, found *= 1e-250;
    }
    return found / (sum + now);
}

double slope__besselj(double n, double x)
{
    if (!(fabs(n) <= BESSEL_MAX && n == trunc(n)) || isnan(x))
        return NAN;
    const int order = (int)fabs(n), odd = order % 2;
    const double sign = odd && (n < 0) != (x < 0) ? -1 : 1, z = fabs(x);
    if (z == 0 || isinf(z))
        return order == 0 && z == 0 ? 1 : isinf(z) ? 0 : sign * z;
    if (z <= order + 1 && z * z <= order + 1)
        return sign * bessel_series(order, z);
    if (z < 25 || order > z)
        return sign * bessel_down(order, z);
    double before = bessel_far(0, z), now = bessel_far(1, z);
    if (order == 0)
        return before;
    for (int k = 1; k < order; k++) {
        double next = 2 * k / z * now - before;
        before = now, now = next;
    }
    return sign * now;
}
