/* SPDX-License-Identifier: MIT */
/*
 * printf and its kin for slope::real; included by slope.hpp.  Those of <cstdio> take any object for their "..." and
 * print rubbish: where a real is among the arguments it is printed as its number, the one that << prints.  Functions
 * with "..." of other libraries can't be mended so: pass x.data().
 */
#ifndef SLOPE_PRINT_HPP
#define SLOPE_PRINT_HPP

#include <cstdio>

#include <slope/slope.hpp>

namespace slope
{

namespace detail
{

template <typename T> const T &printed(const T &x) { return x; }
inline double printed(const real &x) { return x.shown(); }

/* int, where a real is among the arguments. */
template <typename... T> using if_real = std::enable_if_t<(std::is_same_v<std::decay_t<T>, real> || ...), int>;

} // namespace detail

#if defined __GNUC__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#endif

/* As those of <cstdio>. */
template <typename... T> detail::if_real<T...> printf(const char *format, const T &...x)
{
    return std::printf(format, detail::printed(x)...);
}
template <typename... T> detail::if_real<T...> fprintf(std::FILE *file, const char *format, const T &...x)
{
    return std::fprintf(file, format, detail::printed(x)...);
}
template <typename... T> detail::if_real<T...> sprintf(char *to, const char *format, const T &...x)
{
    return std::sprintf(to, format, detail::printed(x)...);
}
template <typename... T> detail::if_real<T...> snprintf(char *to, std::size_t size, const char *format, const T &...x)
{
    return std::snprintf(to, size, format, detail::printed(x)...);
}

#if defined __GNUC__
#pragma GCC diagnostic pop
#endif

} // namespace slope

/* For calls that say std::printf; the standard reserves its namespace, and compilers take it (slope/std.hpp). */
namespace std
{
using slope::fprintf;
using slope::printf;
using slope::snprintf;
using slope::sprintf;
} // namespace std

#endif
