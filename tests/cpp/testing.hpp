/* SPDX-License-Identifier: MIT */
/* What the tests in C++ share: cmocka, and gradients checked three ways.  Included last: cmocka has a macro `fail`, the
   name of a member of streams. */
#ifndef SLOPE_TESTS_CPP_TESTING_HPP
#define SLOPE_TESTS_CPP_TESTING_HPP

#include <cmath>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <slope/slope.hpp>

extern "C" { /* some of its functions forget to say so */
#include <cmocka.h>
}

/* |a - b| within `tolerance` of the larger one, or of 1. */
inline void assert_near(double a, double b, double tolerance, const char *what)
{
    const double size = std::fmax(1, std::fmax(std::fabs(a), std::fabs(b)));
    if (!(std::fabs(a - b) <= tolerance * size))
        fail_msg("%s: %.17g and %.17g", what, a, b);
}

/* Central differences at h and h / 2, extrapolated. */
template <typename F> double numeric_slope(const F &f, std::vector<double> x, std::size_t i)
{
    const double middle = x[i], h = 1e-3 * std::fmax(1, std::fabs(middle));
    const auto at = [&](double step) {
        x[i] = middle + step;
        return f(x);
    };
    const double coarse = (at(h) - at(-h)) / (2 * h), fine = (at(h / 2) - at(-h / 2)) / h;
    return fine + (fine - coarse) / 3;
}

/*
 * f is generic: it takes a vector of T and gives a T.  Its value with slope::real is that with double (libraries may
 * add in another order, in vectors); its gradient on a tape that of the recorded function's, and both the numerical
 * one.
 */
template <typename F> void check_gradient(const F &f, const std::vector<double> &x, double tolerance = 1e-8)
{
    slope::tape t;
    const std::vector<slope::real> v = t.vars(x);
    const slope::real y = f(v);
    t.backward(y);
    assert_near(y.data(), f(x), 1e-14, "the value with real and with double");
    const slope::function g({{"x", x.size()}}, {{"y", 1}},
                            [&](const slope::values &in, slope::values &out) { out[0][0] = f(in[0]); }, {x});
    const slope::numbers gradient = g.gradient()({x});
    assert_near(g({x})[0][0], f(x), 1e-14, "the value of the function");
    for (std::size_t i = 0; i < x.size(); i++) {
        assert_near(gradient[0][i], v[i].grad(), 1e-12, "the gradients of function and tape");
        assert_near(v[i].grad(), numeric_slope(f, x, i), tolerance, "exact and numerical slope");
    }
}

#endif
