/* SPDX-License-Identifier: MIT */
/* A C++ program that traps floating-point exceptions: recording, sweeping and evaluating at regular points raises none
   of DIVBYZERO, INVALID and OVERFLOW. */
#include <cfenv>
#include <complex>
#include <functional>

#include <slope/std.hpp>

#include "testing.hpp"

namespace
{

using slope::real;

constexpr int bad = FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW;

struct point {
    const char *what;
    double x, y;
    std::function<real(const real &, const real &)> f;
};

/* Rules with two sides, at points where the other side is not finite. */
const std::vector<point> points = {
    {"atan2", 0, 1, [](const real &x, const real &y) { return atan2(x, y); }},
    {"atan2 at large numbers", 1e200, -1e200, [](const real &x, const real &y) { return atan2(x, y); }},
    {"hypot", 0, 1, [](const real &x, const real &y) { return hypot(x, y); }},
    {"hypot of large numbers", 1e200, 1e160, [](const real &x, const real &y) { return hypot(x, y); }},
    {"pow of 0", 0, 2, [](const real &x, const real &y) { return pow(x, 2) + y; }},
    {"pow of a negative number", -3, 2, [](const real &x, const real &y) { return pow(x, 3) * y; }},
    {"pow by both", 2, -30, [](const real &x, const real &y) { return pow(x, y); }},
    {"asinh", 0, 1e200, [](const real &x, const real &y) { return asinh(x) + asinh(y); }},
    {"atan", 0, 1e200, [](const real &x, const real &y) { return atan(x) + atan(y); }},
    {"exp far down", -1e200, 1, [](const real &x, const real &y) { return exp(x) + y; }},
    {"tanh and erf far out", 800, -800, [](const real &x, const real &y) { return tanh(x) + erf(y); }},
    {"log1p and expm1", 0, -700, [](const real &x, const real &y) { return log1p(x) + expm1(y); }},
    {"cbrt and sqrt", -8, 1e-100, [](const real &x, const real &y) { return cbrt(x) + sqrt(y); }},
    {"min, max, abs", 1, -2, [](const real &x, const real &y) { return fmin(x, y) + fmax(x, y) + abs(x); }},
    {"fmod and remainder", 7, 3, [](const real &x, const real &y) { return fmod(x, y) + remainder(x, y); }},
    {"a branch", 0, 1, [](const real &x, const real &y) { return x < y ? sin(x) / y : x / sin(y); }},
    {"complex numbers", 0, 1, [](const real &x, const real &y) { return abs(std::complex<real>(x, y)); }},
    {"a complex exponential", 1, 0, [](const real &x, const real &y) { return exp(std::complex<real>(x, y)).imag(); }},
};

double sweep(const point &p)
{
    slope::tape t;
    const real x = t.var(p.x), y = t.var(p.y), z = p.f(x, y);
    t.backward(z);
    return z.data() + x.grad() + y.grad();
}

double evaluate(const point &p)
{
    const slope::function f({{"x", 1}, {"y", 1}}, {{"z", 1}},
                            [&](const slope::values &in, slope::values &out) { out[0][0] = p.f(in[0][0], in[1][0]); },
                            {{p.x}, {p.y}});
    double sum = f({{p.x}, {p.y}})[0][0];
    for (const auto &derivative : {f.gradient(), f.hessian()})
        for (const auto &part : derivative({{p.x}, {p.y}}))
            for (const double number : part)
                sum += number;
    return sum;
}

void flags_stay_down(void **)
{
    for (const point &p : points)
        for (double (*const way)(const point &) : {sweep, evaluate}) {
            std::feclearexcept(FE_ALL_EXCEPT);
            const double sum = way(p);
            if (!std::isfinite(sum) || std::fetestexcept(bad))
                fail_msg("%s: %s%s%s%s", p.what, way == sweep ? "the tape" : "the function",
                         std::fetestexcept(FE_DIVBYZERO) ? " divides by zero" : "",
                         std::fetestexcept(FE_INVALID) ? " is invalid" : "",
                         std::fetestexcept(FE_OVERFLOW) ? " overflows" : "");
        }
}

void a_program_that_traps_goes_on(void **)
{
#if defined __GLIBC__
    for (const point &p : points) {
        std::feclearexcept(FE_ALL_EXCEPT);
        feenableexcept(bad);
        const double sum = sweep(p) + evaluate(p);
        fedisableexcept(bad);
        assert_true(std::isfinite(sum));
    }
#endif
}

} // namespace

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_stay_down),
        cmocka_unit_test(a_program_that_traps_goes_on),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
