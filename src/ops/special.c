/* SPDX-License-Identifier: MIT */
/*
 * The gamma family on doubles: lgamma, digamma, trigamma and polygamma of any order.
 *
 * digamma and trigamma are polynomials on [1,2], [2,4] and [4,8], the asymptotic series (DLMF 5.11.2 and 5.15.8) from
 * 8 on, one step of the recurrence (DLMF 5.5.2) below 1 and the reflection formula (DLMF 5.5.4) below 0.  The
 * coefficients are Chebyshev interpolants in t, x mapped to [-1,1], computed with MPFR at 500 bits, turned into powers
 * of t and rounded once.  On [1,2] the polynomial is digamma(x) / (x - root), and root has two parts, so that digits
 * are kept beside the root 1.46163...  Worst errors are measured in docs/accuracy.md.
 *
 * Nothing here writes outside its own frame: every function is thread-safe.
 */
#define _DEFAULT_SOURCE /* lgamma_r: lgamma writes the global signgam */

#include "ops/special.h"

#include <math.h>
#include <stddef.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* The largest order of polygamma; above it the powers leave the range of doubles. */
#define POLYGAMMA_MAX 1000

#define PI_HIGH 0x1.921fb54442d18p+1
#define PI_LOW 0x1.1a62633145c07p-53

/* The zero of digamma, and the zero less 1, each in two parts. */
#define ROOT_HIGH 0x1.762d86356be3fp+0
#define ROOT_LOW 0x1.b86a722197829p-54
#define ROOT_LESS_1_HIGH 0x1.d8b618d5af8fep-2
#define ROOT_LESS_1_LOW -0x1.1e563779a1f5bp-56

/* digamma(x) / (x - root), t = 2 x - 3 */
static const double digamma_1_2[] = {
    0x1.e6f0cbb873616p-1,  -0x1.b1cb63005ee98p-3,  0x1.eca189b8e6f6dp-5,  -0x1.2feeeb98a78eap-6,
    0x1.8512e5903903ep-8,  -0x1.fb44202a2306bp-10, 0x1.4de9aa1779d23p-11, -0x1.b9f8b11bfd3dp-13,
    0x1.2564717896ec6p-14, -0x1.863563f44f303p-16, 0x1.03c0adafa529cp-17, -0x1.5a06a5d662cb4p-19,
    0x1.cd2011454fd05p-21, -0x1.336dbe66757c8p-22, 0x1.99d3f5c0cad5ep-24, -0x1.0fb38d217b8p-25,
    0x1.6a3e76070c135p-27, -0x1.fd8e50abf2196p-29, 0x1.53b23429da21bp-30, -0x1.2fae5cb379bf2p-32,
    0x1.94e73cc9821e1p-34, -0x1.75c084e78a4cdp-34, 0x1.f255c4568ac4dp-36};

/* digamma(x), t = x - 3 and x / 2 - 3 */
static const double digamma_2_4[] = {
    0x1.d8773039049e7p-1,   0x1.94699894c1f4dp-2,  -0x1.3ba004f006214p-4,  0x1.44c8ab1f60e4ep-6,
    -0x1.7418eca7cc8b9p-8,  0x1.c2613024f2469p-10, -0x1.196d0a67dd058p-11, 0x1.66d5f0a2ef299p-13,
    -0x1.cf9ec0855a49ep-15, 0x1.2e33ad3a6bfbp-16,  -0x1.8c6f9c2abf54cp-18, 0x1.052ca4c249a95p-19,
    -0x1.5938cf5310253p-21, 0x1.c985401db1d07p-23, -0x1.2f936de082cb2p-24, 0x1.912d978b1514dp-26,
    -0x1.0ac0dd3dcc509p-27, 0x1.766be0d226b7fp-29, -0x1.f2897e90542f4p-31, 0x1.bdbb2e63a0d34p-33,
    -0x1.28d6e077c83b6p-34, 0x1.118197db1fb2ep-34, -0x1.6c8da3ae00585p-36};
static const double digamma_4_8[] = {
    0x1.b4c420a50ad7cp+0,   0x1.735973273d5edp-2,  -0x1.0c9d0d746548p-4,   0x1.0262026c6c56cp-6,
    -0x1.16e2c95f506a5p-8,  0x1.40454efd86cd7p-10, -0x1.7e2cdc7bf5e84p-12, 0x1.d3f25935169ebp-14,
    -0x1.23c4c9d46942ap-15, 0x1.70c725ae0a4aep-17, -0x1.d6e73abe0fee3p-19, 0x1.2f0b2f8083c79p-20,
    -0x1.887d4d5975acdp-22, 0x1.ff0ac1de4b3f2p-24, -0x1.4df1370796f7cp-25, 0x1.b3a5fa7a953ecp-27,
    -0x1.1e5e302e48036p-28, 0x1.8d2a9c8c4b54bp-30, -0x1.063bd3a4ffbbfp-31, 0x1.d6ce8b4d7410cp-34,
    -0x1.3725000e0ad5ap-35, 0x1.1930b237db4eap-35, -0x1.755419afcdf34p-37};

/* trigamma(x), t as above */
static const double trigamma_1_2[] = {
    0x1.de9e64df22ef3p-1,  -0x1.a85808a40aba2p-2,  0x1.68ba30a42095fp-3,  -0x1.287825428e747p-4,
    0x1.da2d963cff02ep-6,  -0x1.72d7487c33dfcp-7,  0x1.1cc1377b74e62p-8,  -0x1.aeb6f1551dbbfp-10,
    0x1.41a51bf98bf89p-11, -0x1.db4d855b4038fp-13, 0x1.5c083a219de1ep-14, -0x1.f9c6e7a8fccaap-16,
    0x1.6d17379c093a2p-17, -0x1.06087d5167ad5p-18, 0x1.763a179c0e8c6p-20, -0x1.0a16604e1349ep-21,
    0x1.797e64882cbd9p-23, -0x1.0a726b4c53d23p-24, 0x1.70d0f5fde1961p-26, -0x1.02e161fb2331cp-27,
    0x1.982ff50cb943cp-29, -0x1.1cc0162213154p-30, 0x1.646cd1fe1d4fep-33, -0x1.f3c1cd02f09a2p-35,
    0x1.8716376718571p-34, -0x1.0e88d5957b787p-35};
static const double trigamma_2_4[] = {
    0x1.94699894c1f4dp-2,  -0x1.3ba004f006213p-3,  0x1.e72d00af11b7cp-5,  -0x1.7418eca7ccdffp-6,
    0x1.197cbe16d5e9dp-7,  -0x1.a6238f9b63c65p-9,  0x1.39fb32b112003p-10, -0x1.cf9ec0b987483p-12,
    0x1.53fa199d325eap-13, -0x1.ef8b75901adcdp-15, 0x1.671ed48252cc9p-16, -0x1.02eba72d78979p-17,
    0x1.739873fff2221p-19, -0x1.0987671066f62p-20, 0x1.7a528c161e0d9p-22, -0x1.0c53101bee338p-23,
    0x1.774ee51f21c0ep-25, -0x1.08970153dc737p-26, 0x1.96242f9507f5ep-28, -0x1.1c8066131746ep-29,
    0x1.b1a577e7f447cp-32, -0x1.308c6254cd21dp-33, 0x1.7e4e45cfc11bp-33,  -0x1.093ea2c62d839p-34};
static const double trigamma_4_8[] = {
    0x1.735973273d5ecp-3,  -0x1.0c9d0d7465485p-4,  0x1.839303a2a2b09p-6,  -0x1.16e2c95f4f90ep-7,
    0x1.9056a2bca9257p-9,  -0x1.1ea1a55d980bbp-10, 0x1.99740e2ff36dep-12, -0x1.23c4c99f07642p-13,
    0x1.9ee0015c9d6c9p-15, -0x1.26508e792debfp-16, 0x1.a0b0cac48ecfdp-18, -0x1.265ce8c47f6dcp-19,
    0x1.9f15a953d9b6p-21,  -0x1.2445b7207dd1p-22,  0x1.9a990ae115668p-24, -0x1.1d9122f054cffp-25,
    0x1.8fd73cc1b1c4ep-27, -0x1.2c64d3aab8119p-28, 0x1.a2fc4342833c6p-30, -0x1.5c96490f24a8ep-32,
    0x1.e6d57a149e5b2p-34, -0x1.10d31075a5bfcp-33, 0x1.79f92fbdc9105p-35};

/* B(2k) / (2k), k = 1, 2 ..., of digamma's asymptotic series */
static const double bernoulli_ratio[] = {1.0 / 12,        -1.0 / 120,       1.0 / 252,    -1.0 / 240,
                                         1.0 / 132,       -691.0 / 32760,   1.0 / 12,     -3617.0 / 8160,
                                         43867.0 / 14364, -174611.0 / 6600, 77683.0 / 276};

/* B(2k), k = 1, 2 ... */
static const double bernoulli[] = {1.0 / 6, -1.0 / 30,     1.0 / 42,      -1.0 / 30,       5.0 / 66,      -691.0 / 2730,
                                   7.0 / 6, -3617.0 / 510, 43867.0 / 798, -174611.0 / 330, 854513.0 / 138};

/* A number in two parts, low much smaller than high. */
typedef struct pair {
    double high, low;
} pair;

static pair make_pair(double high, double low)
{
    pair p;
    p.high = high;
    p.low = low;
    return p;
}

/* a + b without a rounding error; Knuth. */
static pair two_sum(double a, double b)
{
    double s = a + b, bb = s - a;
    return make_pair(s, (a - (s - bb)) + (b - bb));
}

/* c[0] + c[1] t + ... */
static double horner(size_t n, const double c[], double t)
{
    double s = c[n - 1];
    for (size_t k = n - 1; k-- > 0;)
        s = s * t + c[k];
    return s;
}

/* The sine of pi r, |r| <= 1/2, in two parts: that of the rounded product, and what the rounding left out. */
static pair sin_pi(double r)
{
    double p = PI_HIGH * r;
    double rest = fma(PI_HIGH, r, -p) + PI_LOW * r;
    return make_pair(sin(p), rest * cos(p));
}

/* The cotangent of pi r, 0 < |r| <= 1/2. */
static double cot_pi(double r)
{
    if (fabs(r) > 0.25) {
        double rest = copysign(0.5 - fabs(r), r); /* exact */
        double p = PI_HIGH * rest, t = tan(p);
        return t + (fma(PI_HIGH, rest, -p) + PI_LOW * rest) * (1 + t * t);
    }
    double p = PI_HIGH * r, t = tan(p);
    return 1 / (t + (fma(PI_HIGH, r, -p) + PI_LOW * r) * (1 + t * t));
}

double slope__lgamma(double x)
{
#if defined _WIN32
    return lgamma(x); /* writes no global there */
#else
    int sign;
    return lgamma_r(x, &sign);
#endif
}

/* digamma(x) for x > 0 */
static double digamma_positive(double x)
{
    if (x < 1)
        return (x - ROOT_LESS_1_HIGH - ROOT_LESS_1_LOW) * horner(LENGTH(digamma_1_2), digamma_1_2, 2 * x - 1) - 1 / x;
    if (x <= 2)
        return (x - ROOT_HIGH - ROOT_LOW) * horner(LENGTH(digamma_1_2), digamma_1_2, 2 * x - 3);
    if (x <= 4)
        return horner(LENGTH(digamma_2_4), digamma_2_4, x - 3);
    if (x <= 8)
        return horner(LENGTH(digamma_4_8), digamma_4_8, x / 2 - 3);
    double z = 1 / x;
    return log(x) - (z / 2 + z * z * horner(LENGTH(bernoulli_ratio), bernoulli_ratio, z * z));
}

double slope__digamma(double x)
{
    if (x > 0 || isnan(x))
        return digamma_positive(x);
    double r = x - round(x); /* exact; NaN at -Inf */
    if (r == 0 || isnan(r))
        return NAN;
    return digamma_positive(1 - x) - PI_HIGH * cot_pi(r);
}

/* trigamma(x) for x > 0 */
static double trigamma_positive(double x)
{
    if (x < 1)
        return horner(LENGTH(trigamma_1_2), trigamma_1_2, 2 * x - 1) + 1 / x / x;
    if (x <= 2)
        return horner(LENGTH(trigamma_1_2), trigamma_1_2, 2 * x - 3);
    if (x <= 4)
        return horner(LENGTH(trigamma_2_4), trigamma_2_4, x - 3);
    if (x <= 8)
        return horner(LENGTH(trigamma_4_8), trigamma_4_8, x / 2 - 3);
    double z = 1 / x;
    return z + z * z * (0.5 + z * horner(LENGTH(bernoulli), bernoulli, z * z));
}

double slope__trigamma(double x)
{
    if (x > 0 || isnan(x))
        return trigamma_positive(x);
    double r = x - round(x);
    if (r == 0 || isnan(r))
        return NAN;
    pair s = sin_pi(r); /* pi^2 / sin^2(pi x) - trigamma(1 - x), the quotient in two parts */
    double q = PI_HIGH / s.high;
    double rest = (fma(-q, s.high, PI_HIGH) + PI_LOW - q * s.low) / s.high;
    return isinf(q * q) ? INFINITY : q * q + (2 * q * rest - trigamma_positive(1 - x));
}

/*
 * 2^(e s) zeta(s, y), Hurwitz's zeta function of y = high + low > 0, by Euler and Maclaurin: the terms (y + k)^-s are
 * added up to where the series in 1 / (y + k) converges.  2^e <= y keeps the powers in range, and the
 * rounding error of y + k is made good, since the power would multiply it by s.
 */
static double zeta_scaled(double s, pair y, int e)
{
    pair sum = {0, 0};
    for (; y.high < s + 12; y.high += 1) {
        double term = pow(ldexp(y.high, -e), -s);
        term -= term * s * (y.low / y.high);
        pair t = two_sum(sum.high, term);
        sum = make_pair(t.high, sum.low + t.low);
        if (term <= sum.high * 0x1p-60)
            return sum.high + sum.low;
        y.low += two_sum(y.high, 1).low;
    }
    double z = 1 / y.high, rise = s * z, tail = 0;
    for (size_t k = 0; k < LENGTH(bernoulli); k++) { /* B(2k) s (s+1) ... (s+2k-2) / ((2k)! y^(2k-1)) */
        double n = 2 * (double)k;
        tail += bernoulli[k] * rise / ((n + 1) * (n + 2));
        rise *= (s + n + 1) * z / (n + 1) * ((s + n + 2) * z) / (n + 2);
    }
    double power = pow(ldexp(y.high, -e), -s);
    power -= power * s * (y.low * z);
    return sum.high + (sum.low + power * (0.5 + tail)) + power * (y.high / (s - 1));
}

/* sum over k >= 0 of (x + k)^-s, x < 0 no integer, times 2^(e s): the sum over all k, of which |r| and 1 - |r| are the
   two sides, less that over k < 0.  `odd` is whether s is. */
static double zeta_negative(double s, int odd, double x, double r, int e)
{
    double u = fabs(r), side = odd ? -1 : 1;
    double both = zeta_scaled(s, make_pair(u, 0), e) + side * zeta_scaled(s, two_sum(1, -u), e);
    return (r < 0 ? side : 1) * both - side * zeta_scaled(s, two_sum(1, -x), e);
}

/* n! as a number in [1, 2) and a power of 2; two parts in between, so that a thousand roundings don't add up. */
static double factorial(int n, int *exponent)
{
    pair f = {1, 0};
    *exponent = 0;
    for (int k = 2; k <= n; k++) {
        double p = f.high * k;
        f = two_sum(p, fma(f.high, k, -p) + f.low * k);
        int e = ilogb(f.high);
        f = make_pair(ldexp(f.high, -e), ldexp(f.low, -e));
        *exponent += e;
    }
    return f.high;
}

double slope__polygamma(double n, double x)
{
    if (n == 0)
        return slope__digamma(x);
    if (n == 1)
        return slope__trigamma(x);
    if (!(n > 0 && n <= POLYGAMMA_MAX && n == trunc(n)) || isnan(x))
        return NAN;
    double r = x > 0 ? x : x - round(x);
    if (r == 0 || isnan(r))
        return NAN;
    int order = (int)n, odd = order % 2 == 0, exponent;
    if (isinf(x))
        return odd ? -0.0 : 0.0;
    int e = ilogb(r), power;
    double sum = x > 0 ? zeta_scaled(n + 1, make_pair(x, 0), e) : zeta_negative(n + 1, odd, x, r, e);
    double f = factorial(order, &exponent) * frexp(sum, &power);
    return (odd ? -1 : 1) * ldexp(f, exponent + power - e * (order + 1));
}
