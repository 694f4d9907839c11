/* SPDX-License-Identifier: MIT */
/*
 * The normal distribution and the scaled complementary error function on doubles.
 *
 * exp(x^2) has the rounding error of the square made good.  erfcx is its product with erfc up to 10 and the asymptotic
 * series (DLMF 7.12.1) from there.  The inverses start from an approximation (Giles, "Approximating the
 * erfinv function", 2010; far out the first terms of the asymptotic one) and take Halley's steps.  Repeated integrals
 * of erfc, times exp(x^2), are the recurrence DLMF 7.18.7 where its terms are positive, and elsewhere the integral
 * DLMF 7.18.2 by the trapezoidal rule after t = exp(u - exp(-u)): its terms are positive, too.
 *
 * Nothing here writes outside its own frame: every function is thread-safe.
 */
#include "ops/normal.h"

#include <math.h>
#include <stddef.h>

#define SQRT_HALF 0x1.6a09e667f3bcdp-1
#define ONE_OVER_SQRT_PI 0x1.20dd750429b6dp-1
#define HALF_SQRT_PI 0x1.c5bf891b4ef6bp-1

/* The largest order of ierfcx. */
#define IERFCX_MAX 100

/* The first two repeated integrals of erfc, times exp(x^2), on [0, 1] in powers of t = 2 x - 1; made as the tables of
   special.c */
static const double ierfcx_1[] = {
    0x1.067f263ec85e7p-2,  -0x1.6ff861544dbfep-3,  0x1.55021bd369dd0p-4,  -0x1.fc9a0570ff972p-6,
    0x1.4786f912f7ebap-7,  -0x1.79973b6969390p-9,  0x1.8e2e14508b997p-11, -0x1.85b04969581c3p-13,
    0x1.65a404dd35ecep-15, -0x1.363681383ccf7p-17, 0x1.ffb87435a73e8p-20, -0x1.934cf172d9d3fp-22,
    0x1.30f192ed60405p-24, -0x1.bbe7c1eed6414p-27, 0x1.37e608a18c4dfp-29, -0x1.a82527eb94a30p-32,
    0x1.17bca830c812ep-34, -0x1.6668c8c42aca8p-37, 0x1.bbe5e6e5368d4p-40, -0x1.0de0d3eba58bap-42,
    0x1.68880fa83d22dp-45, -0x1.9fbf9f990d34fp-48};
static const double ierfcx_2[] = {
    0x1.6ff861544dbfep-4,  -0x1.55021bd369dd0p-4,  0x1.7d738414bfb16p-5,  -0x1.4786f912f7eb8p-6,
    0x1.d7fd0a43c3879p-8,  -0x1.2aa28f3c68cc8p-9,  0x1.54fa403c2cf2ep-11, -0x1.65a404dd24f4dp-13,
    0x1.5cfd515f54ef0p-15, -0x1.3fd348a7b9ca9p-17, 0x1.1544e5fad3e43p-19, -0x1.c96a59afbdd36p-22,
    0x1.68ac4ed2bdbb6p-24, -0x1.10e9a5ed7737ep-26, 0x1.8da2997f3378fp-29, -0x1.17ac77c6a5b19p-31,
    0x1.7cd613c2e66aap-34, -0x1.f6c7a42f5ed6dp-37, 0x1.400fc1c658a11p-39, -0x1.8fd1adffdee2cp-42,
    0x1.13a84a58e6856p-44, -0x1.45903927e40bbp-47};

/* exp(x^2), x finite */
static double exp_square(double x)
{
    double s = x * x;
    return s > 710 ? INFINITY : exp(s) * (1 + fma(x, x, -s));
}

double slope__erfcx(double x)
{
    if (!(x > 10))
        return x < -27 ? INFINITY : exp_square(x) * erfc(x);
    double z = 0.5 / x / x, sum = 0, term = 1;
    for (int k = 1; k < 40 && fabs(term) > 1e-18; k += 2) {
        term *= -k * z;
        sum += term;
    }
    return ONE_OVER_SQRT_PI / x * (1 + sum);
}

/* c[0] + c[1] t + ... */
static double power_series(size_t n, const double c[], double t)
{
    double s = 0;
    while (n-- > 0)
        s = s * t + c[n];
    return s;
}

/* exp(x^2) times the integral of order n > 2, 0 <= x < 1: 2 / sqrt(pi) times that of t^n / n! exp(-t (t + 2 x)) over
   t > 0, which is near its peak at t = size */
static double integral_of_erfc(double n, double x)
{
    const double step = n > 8 ? 0.03125 : 0.0625, size = 0.5 * sqrt(n + 1);
    double sum = 0, rise = 1;
    for (double u = -3.5; u < 5; u += step) {
        double down = exp(-u), t = exp(u - down);
        sum += pow(t, n + 1) * exp(-size * t * (size * t + 2 * x)) * (1 + down);
    }
    for (int k = 1; k <= n; k++)
        rise *= size / k;
    return 2 * ONE_OVER_SQRT_PI * step * size * rise * sum;
}

/* The same, x >= 1: the continued fraction of the quotients of neighbours, by 7.18.7 from where a guess is good. */
static double quotients_of_erfc(double n, double x)
{
    double reach = sqrt(n) + 12 / x, k = 20 + ceil(reach * reach), quotient = 1 / (x + sqrt(x * x + 2 * k + 1));
    double product = slope__erfcx(x);
    for (; k >= 1; k--) {
        if (k <= n)
            product *= quotient;
        quotient = 0.5 / (x + k * quotient);
    }
    return product;
}

double slope__ierfcx(double n, double x)
{
    if (!(n >= -1 && n <= IERFCX_MAX && n == trunc(n)) || isnan(x))
        return NAN;
    if (n == -1)
        return 2 * ONE_OVER_SQRT_PI;
    if (n == 0)
        return slope__erfcx(x);
    if (x == INFINITY)
        return 0;
    if (x > 1e100) { /* the first term of the asymptotic series; squares would overflow */
        double v = ONE_OVER_SQRT_PI / x;
        for (int k = 1; k <= n; k++)
            v *= 0.5 / x;
        return v;
    }
    if (x >= 1)
        return quotients_of_erfc(n, x);
    if (x >= 0)
        return n == 1   ? power_series(sizeof ierfcx_1 / sizeof *ierfcx_1, ierfcx_1, 2 * x - 1)
               : n == 2 ? power_series(sizeof ierfcx_2 / sizeof *ierfcx_2, ierfcx_2, 2 * x - 1)
                        : integral_of_erfc(n, x);
    double before = 2 * ONE_OVER_SQRT_PI, now = slope__erfcx(x);
    for (int k = 1; k <= n && now < INFINITY; k++) {
        double next = (0.5 * before - x * now) / k;
        before = now, now = next;
    }
    return now;
}

double slope__ndtr(double x)
{
    if (x > -1)
        return 0.5 * erfc(-x * SQRT_HALF);
    if (x < -40)
        return 0.0;
    double s = 0.5 * x * x;
    return s > 746 ? 0.0 : 0.5 * slope__erfcx(-x * SQRT_HALF) * (exp(-s) * (1 - 0.5 * fma(x, x, -2 * s)));
}

double slope__log_ndtr(double x)
{
    if (x < -1)
        return log(0.5 * slope__erfcx(-x * SQRT_HALF)) - 0.5 * x * x;
    return x < 0 ? log(slope__ndtr(x)) : log1p(-slope__ndtr(-x));
}

/* The solution of erfc(v) = q, 0 < q <= 1/2. */
static double tail_inverse(double q)
{
    double w = -log(q), v = sqrt(w - 0.5 * log(3.141592653589793 * w));
    if (q < 1e-280) { /* erfc comes near the end of the range: Newton's steps on its logarithm */
        for (int k = 0; k < 4; k++) {
            double e = slope__erfcx(v);
            v += HALF_SQRT_PI * e * (log(e) - v * v + w);
        }
        return v;
    }
    for (int k = 0; k < 3; k++) {
        double u = (erfc(v) / q - 1) * (q * HALF_SQRT_PI) * exp_square(v);
        v += u / (1 - v * u);
    }
    return v;
}

/* erfinv(y), |y| <= 1/2 */
static double middle_inverse(double y)
{
    double z = y * y,
           v = HALF_SQRT_PI * y * (1 + z * (0.2617993878 + z * (0.143931731 + z * (0.09766362 + z * 0.0732990794))));
    for (int k = 0; k < 2; k++) {
        double u = (erf(v) - y) * HALF_SQRT_PI * exp_square(v);
        v -= u / (1 + v * u);
    }
    return v;
}

double slope__erfinv(double y)
{
    if (!(fabs(y) < 1))
        return fabs(y) == 1 ? copysign(INFINITY, y) : NAN;
    return fabs(y) <= 0.5 ? middle_inverse(y) : copysign(tail_inverse(1 - fabs(y)), y);
}

double slope__erfcinv(double q)
{
    if (!(q > 0 && q < 2))
        return q == 0 ? INFINITY : q == 2 ? -INFINITY : NAN;
    return q < 0.5 ? tail_inverse(q) : q > 1.5 ? -tail_inverse(2 - q) : middle_inverse(1 - q);
}

double slope__ndtri(double p)
{
    if (!(p > 0 && p < 1))
        return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    return -2 * SQRT_HALF * slope__erfcinv(2 * p);
}
