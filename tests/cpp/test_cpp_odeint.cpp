/* SPDX-License-Identifier: MIT */
/* slope::real through the integrators of Boost's odeint: slopes of a solution by its start and its parameters. */
#include <boost/numeric/odeint.hpp>

#include "testing.hpp"

namespace
{

namespace odeint = boost::numeric::odeint;

/* A pendulum with friction from the angle x[0] at rest; g / l is x[1], friction x[2]; the angle at t = 2. */
template <typename Stepper, typename T> T pendulum(const std::vector<T> &x)
{
    std::vector<T> state = {x[0], T(0)};
    const auto system = [&](const std::vector<T> &s, std::vector<T> &ds, const auto &) {
        using std::sin;
        ds[0] = s[1];
        ds[1] = -x[1] * sin(s[0]) - x[2] * s[1];
    };
    odeint::integrate_const(Stepper(), system, state, T(0), T(2), T(0.01));
    return state[0];
}

void a_pendulum_by_runge_kutta(void **)
{
    check_gradient(
        [](const auto &x) {
            using T = std::decay_t<decltype(x[0])>;
            return pendulum<odeint::runge_kutta4<std::vector<T>, T>>(x);
        },
        {1.2, 9.81, 0.3});
}

void a_pendulum_with_controlled_steps(void **)
{
    using T = slope::real;
    const auto run = [](auto start, auto gravity) {
        using T = decltype(start);
        using stepper = odeint::runge_kutta_cash_karp54<std::vector<T>, T>;
        std::vector<T> state = {start, T(0)};
        const auto system = [&](const std::vector<T> &s, std::vector<T> &ds, const auto &) {
            using std::sin;
            ds[0] = s[1];
            ds[1] = -gravity * sin(s[0]);
        };
        odeint::integrate_adaptive(odeint::make_controlled<stepper>(T(1e-10), T(1e-10)), system, state, T(0), T(2),
                                   T(0.01));
        return state[0];
    };
    slope::tape t;
    const T start = t.var(1.2), gravity = t.var(9.81), y = run(start, gravity);
    t.backward(y);
    const double h = 1e-4;
    assert_near(y.data(), run(1.2, 9.81), 1e-9, "the angle");
    assert_near(start.grad(), (run(1.2 + h, 9.81) - run(1.2 - h, 9.81)) / (2 * h), 1e-5, "by the start");
    assert_near(gravity.grad(), (run(1.2, 9.81 + h) - run(1.2, 9.81 - h)) / (2 * h), 1e-5, "by gravity");
}

} // namespace

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pendulum_by_runge_kutta),
        cmocka_unit_test(a_pendulum_with_controlled_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
