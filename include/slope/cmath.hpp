/* SPDX-License-Identifier: MIT */
/*
 * What <cmath> has beside the operations of the table, on slope::real; included by ops.hpp, found by
 * argument-dependent lookup, and in namespace std by slope/std.hpp.
 *
 * Functions that give whole numbers (the exponent of frexp, ilogb, lround ...) and questions are decisions, as
 * comparisons are: what they give has no slope, and a function that is recorded remembers the answer and evaluates to
 * SLOPE_ERR_BRANCH where it would be another one.  Slopes are those between the steps: 2^-e of frexp, 2^n of ldexp, 1
 * of nextafter and of the fraction of modf, 0 of logb and of the whole part.
 */
#ifndef SLOPE_CMATH_HPP
#define SLOPE_CMATH_HPP

#include <climits>
#include <istream>

#include <slope/slope.hpp>

namespace slope
{

namespace detail
{

/* The number alone, for what is decided by it and then guarded by comparisons. */
inline double number_of(real x)
{
    slope_node node;
    if (x.is_number())
        return x.value().number;
    check_tapes(x.value(), x.value());
    check(slope_inspect(x.value(), &node));
    return node.data;
}

/* The e of |x| = m 2^e, 1 <= m < 2, of an x that is neither 0 nor infinite nor NaN: held by two comparisons. */
inline int exponent(real x)
{
    const int e = std::ilogb(number_of(x));
    const real size = abs(x);
    if (!(size >= std::ldexp(1.0, e)) || !(size < std::ldexp(1.0, e + 1)))
        return INT_MAX; /* never: the comparisons are there to be remembered */
    return e;
}

/* Has x no exponent? */
inline bool is_special(real x) { return x == 0 || !isfinite(x); }

} // namespace detail

/* x 2^n, as x 2^n is rounded once. */
inline real ldexp(real x, int n)
{
    /* 2^n may be out of range where x 2^n is not.  2^-969 leaves 53 digits above the smallest number, so that only the
       last product is rounded. */
    for (int i = 0; i < 2 && n > 1023; i++, n -= 1023)
        x *= 0x1p1023;
    for (int i = 0; i < 2 && n < -1022; i++, n += 969)
        x *= 0x1p-969;
    return x * std::ldexp(1.0, n > 1023 ? 1023 : n < -1022 ? -1022 : n);
}

/* The same: the base of double is 2. */
inline real scalbn(real x, int n) { return ldexp(x, n); }
inline real scalbln(real x, long n) { return ldexp(x, n > 5000 ? 5000 : n < -5000 ? -5000 : static_cast<int>(n)); }

/* x = m 2^e with 1/2 <= |m| < 1: gives m, and e in *exponent; x itself and 0 of a 0, an infinity and NaN. */
inline real frexp(real x, int *exponent)
{
    if (detail::is_special(x)) {
        *exponent = 0;
        return x;
    }
    *exponent = detail::exponent(x) + 1;
    return ldexp(x, -*exponent);
}

/* The e of |x| = m 2^e, 1 <= m < 2: as an int, FP_ILOGB0, INT_MAX or FP_ILOGBNAN of a 0, an infinity, NaN. */
inline int ilogb(real x)
{
    if (detail::is_special(x))
        return x == 0 ? FP_ILOGB0 : isnan(x) ? FP_ILOGBNAN : INT_MAX;
    return detail::exponent(x);
}

/* The same as a real, of slope 0: -Inf of a 0, Inf of an infinity, NaN of NaN. */
inline real logb(real x)
{
    if (detail::is_special(x))
        return x == 0 ? real(-std::numeric_limits<double>::infinity()) : abs(x);
    return detail::exponent(x);
}

/* The fraction of x, and what is before the point in *whole; both have the sign of x. */
inline real modf(real x, real *whole)
{
    *whole = trunc(x);
    return isinf(x) ? copysign(0, x) : fmod(x, 1);
}

/* The double after x in the direction of y; y where they are equal, with the slope of x. */
inline real nextafter(real x, real y)
{
    const double infinity = std::numeric_limits<double>::infinity();
    if (isnan(x) || isnan(y))
        return x + y;
    if (x == y)
        return x;
    const bool up = x < y;
    const double number = detail::number_of(x), next = std::nextafter(number, up ? infinity : -infinity);
    if (isinf(x))
        return next;
    /* The step depends on the exponent; towards 0 it is half as wide at a power of 2. */
    if (x != 0) {
        const real power = std::ldexp(1.0, detail::exponent(x));
        if (up == (x < 0))
            (void)(abs(x) == power);
    }
    return x + (next - number);
}
/* The same: a real has no wider type to go by. */
inline real nexttoward(real x, real y) { return nextafter(x, y); }

/* To the nearest whole number, halves away from 0, or by the rounding mode (lrint). */
inline long lround(real x) { return static_cast<long>(round(x)); }
inline long long llround(real x) { return static_cast<long long>(round(x)); }
inline long lrint(real x) { return static_cast<long>(rint(x)); }
inline long long llrint(real x) { return static_cast<long long>(rint(x)); }

/* remainder(x, y), and in *quotient the sign and the last three bits of x / y, rounded. */
inline real remquo(real x, real y, int *quotient)
{
    const real rest = remainder(x, y);
    (void)std::remquo(detail::number_of(x), detail::number_of(y), quotient);
    if (isfinite(rest) && isfinite(y) && abs(x) < 0x1p52 * abs(y))
        (void)llrint((x - rest) / y); /* remembered */
    return rest;
}

/* a + t (b - a): a at t = 0, b at t = 1. */
inline real lerp(real a, real b, real t) { return (1 - t) * a + t * b; }

/* Half way between the two, without overflow. */
inline real midpoint(real a, real b) { return a / 2 + b / 2; }

/* FP_NAN, FP_INFINITE, FP_ZERO, FP_SUBNORMAL or FP_NORMAL. */
inline int fpclassify(real x)
{
    return isnan(x)                                      ? FP_NAN
           : isinf(x)                                    ? FP_INFINITE
           : x == 0                                      ? FP_ZERO
           : abs(x) < std::numeric_limits<double>::min() ? FP_SUBNORMAL
                                                         : FP_NORMAL;
}

/* Is it neither 0 nor subnormal nor infinite nor NaN? */
inline bool isnormal(real x) { return isfinite(x) && abs(x) >= std::numeric_limits<double>::min(); }

/* As the operators, which raise no floating-point exception on a tape either. */
inline bool isgreater(real a, real b) { return a > b; }
inline bool isgreaterequal(real a, real b) { return a >= b; }
inline bool isless(real a, real b) { return a < b; }
inline bool islessequal(real a, real b) { return a <= b; }
inline bool islessgreater(real a, real b) { return a < b || a > b; }
inline bool isunordered(real a, real b) { return isnan(a) || isnan(b); }

/* A plain number, as the stream reads a double; what was in x is left where nothing is read. */
inline std::istream &operator>>(std::istream &in, real &x)
{
    const double before = detail::number_of(x);
    double number = before;
    in >> number;
    if (in || number != before)
        x = number;
    return in;
}

} // namespace slope

#endif
