/* SPDX-License-Identifier: MIT */
/* Code that spells namespace std out, by slope/std.hpp: each of its names once, and beside the same on double. */
#include <numeric>

#include <slope/std.hpp>

#include "testing.hpp"

namespace
{

template <typename T> T spelled_out(const std::vector<T> &v)
{
    const T x = v[0], y = v[1];
    T s = std::sin(x) + std::cos(x) + std::tan(x) + std::asin(x) + std::acos(x) + std::atan(x) + std::atan2(x, y);
    s += std::sinh(x) + std::cosh(x) + std::tanh(x) + std::asinh(x) + std::acosh(y) + std::atanh(x);
    s += std::exp(x) + std::exp2(x) + std::expm1(x) + std::log(y) + std::log2(y) + std::log10(y) + std::log1p(x);
    s += std::sqrt(y) + std::cbrt(y) + std::hypot(x, y) + std::pow(y, x) + std::pow(y, 2.0) + std::fma(x, y, x);
    s += std::erf(x) + std::erfc(x) + std::lgamma(y) + std::abs(-x) + std::fabs(x) + std::fmax(x, y) + std::fmin(x, y);
    s += std::floor(y) + std::ceil(y) + std::round(y) + std::trunc(y) + std::rint(y) + std::nearbyint(y);
    s += std::tgamma(y) + std::copysign(y, x) + std::fdim(y, x) + std::fmod(y, x) + std::remainder(y, x);
    if (std::isnan(s) || std::isinf(s) || !std::isfinite(s) || std::signbit(s))
        s = T(0);
    return std::accumulate(v.begin(), v.end(), s);
}

void functions_are_found_in_namespace_std(void **)
{
    check_gradient([](const auto &v) { return spelled_out(v); }, {0.3, 1.7});
}

} // namespace

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_found_in_namespace_std),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
