/* SPDX-License-Identifier: MIT */
/* slope::real through special functions of Boost.Math: incomplete gamma and beta functions and their kin. */
#include <slope/std.hpp>

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>

#include "testing.hpp"

namespace
{

using slope::real;

/* The value of f at x on double, and its slope, known in closed form. */
template <typename F> void assert_slope(F f, double x, double slope, const char *what)
{
    slope::tape t;
    const real v = t.var(x), y = f(v);
    t.backward(y);
    assert_near(y.data(), f(x), 1e-13, what);
    if (!(std::fabs(v.grad() - slope) <= 1e-9 * std::fabs(slope) + 1e-13)) /* small ones are what is left of 1 */
        fail_msg("%s at %g: %.17g and not %.17g", what, x, v.grad(), slope);
}

void incomplete_gamma(void **)
{
    for (const double a : {0.5, 1.0, 2.5, 10.0, 60.0})
        for (const double x : {0.05, 0.9, 2.0, 7.5, 12.0, 70.0}) {
            const double density = std::exp((a - 1) * std::log(x) - x - std::lgamma(a));
            if (density < 1e-12)
                continue; /* 0 or 1 to rounding */
            assert_slope([a](auto v) { return boost::math::gamma_p(decltype(v)(a), v); }, x, density, "gamma_p by x");
            assert_slope([a](auto v) { return boost::math::gamma_q(decltype(v)(a), v); }, x, -density, "gamma_q by x");
        }
}

void incomplete_beta(void **)
{
    for (const double a : {0.5, 2.0, 5.5})
        for (const double b : {0.7, 3.0, 8.0})
            for (const double x : {0.05, 0.3, 0.6, 0.95}) {
                const double density = std::exp((a - 1) * std::log(x) + (b - 1) * std::log1p(-x) + std::lgamma(a + b) -
                                                std::lgamma(a) - std::lgamma(b));
                assert_slope([=](auto v) { return boost::math::ibeta(decltype(v)(a), decltype(v)(b), v); }, x, density,
                             "ibeta by x");
            }
}

/* By the parameters: beside differences of the same function on double. */
void parameters(void **)
{
    const auto by = [](auto f, const std::vector<double> &start) {
        slope::tape t;
        const std::vector<real> x = t.vars(start);
        t.backward(f(x));
        for (std::size_t i = 0; i < x.size(); i++)
            assert_near(x[i].grad(), numeric_slope(f, start, i), 1e-7, "by a parameter");
    };
    const auto gamma = [](const auto &x) { return boost::math::gamma_p(x[0], x[1]); };
    const auto beta = [](const auto &x) { return boost::math::ibeta(x[0], x[1], x[2]); };
    for (const double x : {0.4, 1.3, 3.1, 9.0})
        by(gamma, {2.3, x});
    for (const double x : {0.1, 0.45, 0.8})
        by(beta, {2.3, 1.7, x});
}

} // namespace

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(incomplete_gamma),
        cmocka_unit_test(incomplete_beta),
        cmocka_unit_test(parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
