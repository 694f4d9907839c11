/* SPDX-License-Identifier: MIT */
/*
 * For code that spells std::exp(x) out, where `using std::exp; exp(x)` would find the right one: puts the functions of
 * <cmath> on slope::real into namespace std.  The standard reserves that namespace; compilers take it, and other
 * libraries of this kind do the same.  Include it where such code is instantiated, and only if you can't change the
 * code.
 */
#ifndef SLOPE_STD_HPP
#define SLOPE_STD_HPP

#include <slope/slope.hpp>

namespace std
{

using slope::abs;
using slope::acos;
using slope::acosh;
using slope::asin;
using slope::asinh;
using slope::atan;
using slope::atan2;
using slope::atanh;
using slope::cbrt;
using slope::ceil;
using slope::copysign;
using slope::cos;
using slope::cosh;
using slope::erf;
using slope::erfc;
using slope::exp;
using slope::exp2;
using slope::expm1;
using slope::fabs;
using slope::fdim;
using slope::floor;
using slope::fma;
using slope::fmax;
using slope::fmin;
using slope::fmod;
using slope::hypot;
using slope::isfinite;
using slope::isinf;
using slope::isnan;
using slope::lgamma;
using slope::log;
using slope::log10;
using slope::log1p;
using slope::log2;
using slope::nearbyint;
using slope::pow;
using slope::remainder;
using slope::rint;
using slope::round;
using slope::signbit;
using slope::sin;
using slope::sinh;
using slope::sqrt;
using slope::tan;
using slope::tanh;
using slope::tgamma;
using slope::trunc;

} // namespace std

#endif
