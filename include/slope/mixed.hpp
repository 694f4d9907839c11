/* SPDX-License-Identifier: MIT */
/*
 * slope::real beside plain numbers where the standard library takes one type only: std::complex<slope::real> with
 * numbers (2.0 * z, z + 1, polar, pow), std::max(x, 0.0), std::min, std::minmax, std::clamp, std::lerp, std::midpoint.
 * Operators are found by argument-dependent lookup; the functions are in namespace std, as in slope/std.hpp, which
 * includes this.
 */
#ifndef SLOPE_MIXED_HPP
#define SLOPE_MIXED_HPP

#include <algorithm>
#include <complex>
#include <utility>

#include <slope/slope.hpp>

namespace slope
{

namespace detail
{

/* A real, and an arithmetic type beside it. */
template <typename R, typename N>
using if_beside = std::enable_if_t<std::is_same_v<R, real> && std::is_arithmetic_v<N>, int>;

/* Of these operands some are real and some plain, and none is anything else. */
template <typename... T> constexpr bool are_mixed()
{
    return ((std::is_same_v<T, real> || std::is_arithmetic_v<T>)&&...) && (std::is_same_v<T, real> || ...) &&
           (std::is_arithmetic_v<T> || ...);
}
template <typename... T> using if_mixed = std::enable_if_t<are_mixed<T...>(), int>;

} // namespace detail

/* Complex numbers of reals. */
using complex = std::complex<real>;

/* All are templates, since a number would be made a complex number, and a real times a number be two things. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator+(const std::complex<R> &z, N x)
{
    return z + R(x);
}
/* The sum as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator+(N x, const std::complex<R> &z)
{
    return R(x) + z;
}
/* The sum as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0>
complex operator+(const std::complex<R> &z, const std::complex<N> &w)
{
    return z + complex(w);
}
/* The sum as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0>
complex operator+(const std::complex<N> &w, const std::complex<R> &z)
{
    return complex(w) + z;
}
/* The sum as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator+(R x, const std::complex<N> &w)
{
    return x + complex(w);
}
/* The sum as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator+(const std::complex<N> &w, R x)
{
    return complex(w) + x;
}

/* The difference as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator-(const std::complex<R> &z, N x)
{
    return z - R(x);
}
/* The difference as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator-(N x, const std::complex<R> &z)
{
    return R(x) - z;
}
/* The difference as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0>
complex operator-(const std::complex<R> &z, const std::complex<N> &w)
{
    return z - complex(w);
}
/* The difference as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0>
complex operator-(const std::complex<N> &w, const std::complex<R> &z)
{
    return complex(w) - z;
}
/* The difference as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator-(R x, const std::complex<N> &w)
{
    return x - complex(w);
}
/* The difference as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator-(const std::complex<N> &w, R x)
{
    return complex(w) - x;
}

/* The product as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator*(const std::complex<R> &z, N x)
{
    return z * R(x);
}
/* The product as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator*(N x, const std::complex<R> &z)
{
    return R(x) * z;
}
/* The product as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0>
complex operator*(const std::complex<R> &z, const std::complex<N> &w)
{
    return z * complex(w);
}
/* The product as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0>
complex operator*(const std::complex<N> &w, const std::complex<R> &z)
{
    return complex(w) * z;
}
/* The product as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator*(R x, const std::complex<N> &w)
{
    return x * complex(w);
}
/* The product as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator*(const std::complex<N> &w, R x)
{
    return complex(w) * x;
}

/* The quotient as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator/(const std::complex<R> &z, N x)
{
    return z / R(x);
}
/* The quotient as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator/(N x, const std::complex<R> &z)
{
    return R(x) / z;
}
/* The quotient as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0>
complex operator/(const std::complex<R> &z, const std::complex<N> &w)
{
    return z / complex(w);
}
/* The quotient as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0>
complex operator/(const std::complex<N> &w, const std::complex<R> &z)
{
    return complex(w) / z;
}
/* The quotient as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator/(R x, const std::complex<N> &w)
{
    return x / complex(w);
}
/* The quotient as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> complex operator/(const std::complex<N> &w, R x)
{
    return complex(w) / x;
}

/* The comparison as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> bool operator==(const std::complex<R> &z, N x)
{
    return z == R(x);
}
/* The comparison as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> bool operator==(N x, const std::complex<R> &z)
{
    return R(x) == z;
}
/* The comparison as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0>
bool operator==(const std::complex<R> &z, const std::complex<N> &w)
{
    return z == complex(w);
}
/* The comparison as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0>
bool operator==(const std::complex<N> &w, const std::complex<R> &z)
{
    return complex(w) == z;
}
/* The comparison as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> bool operator==(R x, const std::complex<N> &w)
{
    return x == complex(w);
}
/* The comparison as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> bool operator==(const std::complex<N> &w, R x)
{
    return complex(w) == x;
}

/* The comparison as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> bool operator!=(const std::complex<R> &z, N x)
{
    return z != R(x);
}
/* The comparison as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> bool operator!=(N x, const std::complex<R> &z)
{
    return R(x) != z;
}
/* The comparison as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0>
bool operator!=(const std::complex<R> &z, const std::complex<N> &w)
{
    return z != complex(w);
}
/* The comparison as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0>
bool operator!=(const std::complex<N> &w, const std::complex<R> &z)
{
    return complex(w) != z;
}
/* The comparison as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> bool operator!=(R x, const std::complex<N> &w)
{
    return x != complex(w);
}
/* The comparison as of std::complex<double>. */
template <typename R, typename N, detail::if_beside<R, N> = 0> bool operator!=(const std::complex<N> &w, R x)
{
    return complex(w) != x;
}

} // namespace slope

namespace std
{

/* As those of one type: they compare, and a function that is recorded remembers which one it was (slope::max does not
   compare, and halves the slope at a tie). */
template <typename A, typename B, slope::detail::if_mixed<A, B> = 0> slope::real max(const A &a, const B &b)
{
    const slope::real x = a, y = b;
    return x < y ? y : x;
}
template <typename A, typename B, slope::detail::if_mixed<A, B> = 0> slope::real min(const A &a, const B &b)
{
    const slope::real x = a, y = b;
    return y < x ? y : x;
}
template <typename A, typename B, slope::detail::if_mixed<A, B> = 0>
pair<slope::real, slope::real> minmax(const A &a, const B &b)
{
    const slope::real x = a, y = b;
    return y < x ? make_pair(y, x) : make_pair(x, y);
}
template <typename A, typename B, typename C, slope::detail::if_mixed<A, B, C> = 0>
slope::real clamp(const A &a, const B &low, const C &high)
{
    const slope::real x = a, from = low, to = high;
    return x < from ? from : to < x ? to : x;
}
inline slope::real max(initializer_list<slope::real> x) { return *max_element(x.begin(), x.end()); }
inline slope::real min(initializer_list<slope::real> x) { return *min_element(x.begin(), x.end()); }

/* The point with this distance from 0 and this angle. */
template <typename A, typename B, slope::detail::if_mixed<A, B> = 0>
slope::complex polar(const A &distance, const B &angle)
{
    return polar(slope::real(distance), slope::real(angle));
}

/* Powers with a number on one side. */
template <typename R, typename N, slope::detail::if_beside<R, N> = 0> complex<R> pow(const complex<R> &z, const N &x)
{
    return pow(z, R(x));
}
template <typename R, typename N, slope::detail::if_beside<R, N> = 0> complex<R> pow(const N &x, const complex<R> &z)
{
    return pow(R(x), z);
}

/* A real as a complex number. */
inline slope::real real(const slope::real &x) { return x; }
inline slope::real imag(const slope::real &) { return 0; }
inline slope::real norm(const slope::real &x) { return x * x; }
inline slope::complex conj(const slope::real &x) { return x; }

} // namespace std

#endif
