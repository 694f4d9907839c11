/* SPDX-License-Identifier: MIT */
/* slope::real in the matrices of Eigen: products, solves, norms, eigenvalues. */
#include <Eigen/Dense>

#include <slope/eigen.hpp>

#include "testing.hpp"

namespace
{

template <typename T> using matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
template <typename T> using vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

template <typename T> matrix<T> square_of(const std::vector<T> &x, Eigen::Index n)
{
    return Eigen::Map<const matrix<T>>(x.data(), n, n);
}

const std::vector<double> well = {4, 1, -0.5, 0.3, 1, 5, 0.7, -0.2, -0.5, 0.7, 3, 0.4, 0.3, -0.2, 0.4, 6};

void products_traces_and_norms(void **)
{
    check_gradient(
        [](const auto &x) {
            const auto a = square_of(x, 4);
            return (a * a.transpose() * 2.0 - a).eval().trace() + (0.5 * a).norm() + a.squaredNorm() / 3 + a.sum();
        },
        well);
    check_gradient(
        [](const auto &x) {
            const auto a = square_of(x, 4);
            return (a.cwiseProduct(a).array().exp() / 1e3).sum() + a.array().tanh().mean() + a.row(1).dot(a.row(2));
        },
        std::vector<double>(16, 0.3));
}

template <typename Solve> void check_solve(Solve solve)
{
    check_gradient(
        [&](const auto &x) {
            using T = std::decay_t<decltype(x[0])>;
            const matrix<T> a = square_of(x, 4);
            const matrix<T> symmetric = (a + a.transpose()) / T(2);
            vector<T> b(4);
            b << 1, -2, 3, 0.5;
            const vector<T> y = solve(symmetric, b);
            return T(y.squaredNorm() + y[0]);
        },
        well);
}

void solves_by_lu_and_ldlt(void **)
{
    check_solve([](const auto &a, const auto &b) { return a.partialPivLu().solve(b).eval(); });
    check_solve([](const auto &a, const auto &b) { return a.ldlt().solve(b).eval(); });
}

/* The slopes of an eigenvalue of a symmetric matrix are v v'. */
void eigenvalues_of_two_by_two(void **)
{
    for (Eigen::Index k = 0; k < 2; k++)
        check_gradient(
            [k](const auto &x) {
                using T = std::decay_t<decltype(x[0])>;
                Eigen::Matrix<T, 2, 2> a;
                a << x[0], x[1], x[1], x[2];
                return T(Eigen::SelfAdjointEigenSolver<Eigen::Matrix<T, 2, 2>>(a).eigenvalues()[k]);
            },
            {2, 0.5, -1});
    slope::tape t;
    Eigen::Matrix<slope::real, 2, 2> a;
    a << t.var(2), 0.5, 0.5, t.var(-1);
    const slope::real trace = a.trace(),
                      larger = Eigen::SelfAdjointEigenSolver<Eigen::Matrix<slope::real, 2, 2>>(a).eigenvalues()[1];
    t.backward(larger);
    assert_near(a(0, 0).grad() + a(1, 1).grad(), 1, 1e-14, "v is a unit vector");
    assert_true(trace.data() == 1);
}

} // namespace

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_traces_and_norms),
        cmocka_unit_test(solves_by_lu_and_ldlt),
        cmocka_unit_test(eigenvalues_of_two_by_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
