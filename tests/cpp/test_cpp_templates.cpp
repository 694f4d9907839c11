/* SPDX-License-Identifier: MIT */
/* Ordinary templated code, as people wrote it for double and other types, with slope::real in their place. */
#include <array>
#include <random>

#include "testing.hpp"

namespace
{

std::vector<double> random_numbers(std::size_t n, unsigned seed, double low = -1, double high = 1)
{
    std::mt19937 generator(seed);
    std::vector<double> x(n);
    for (double &v : x)
        v = low + (high - low) * static_cast<double>(generator()) / 4294967296.0;
    return x;
}

/* ------------------------------------------------------------------------------------------------- a neural network */

template <typename T> T logistic(T x)
{
    using std::exp;
    return 1 / (1 + exp(-x));
}

/* A cell with `size` units over a sequence of numbers; the weights of the gates i, f, o, g follow each other. */
template <typename T> T lstm(const std::vector<T> &weight, std::size_t size, const std::vector<double> &sequence)
{
    using std::tanh;
    std::vector<T> h(size, T(0)), c(size, T(0));
    for (const double x : sequence) {
        std::vector<T> next(size);
        std::size_t w = 0;
        for (std::size_t unit = 0; unit < size; unit++) {
            std::array<T, 4> gate;
            for (T &sum : gate) {
                sum = weight[w] + weight[w + 1] * x;
                w += 2;
                for (const T &before : h)
                    sum += weight[w++] * before;
            }
            c[unit] = logistic(gate[1]) * c[unit] + logistic(gate[0]) * tanh(gate[3]);
            next[unit] = logistic(gate[2]) * tanh(c[unit]);
        }
        h = next;
    }
    T loss = 0;
    for (const T &v : h)
        loss += (v - 0.5) * (v - 0.5);
    return loss;
}

void an_lstm_cell_over_a_sequence(void **)
{
    const std::size_t size = 3;
    const std::vector<double> sequence = random_numbers(12, 5);
    check_gradient([&](const auto &w) { return lstm(w, size, sequence); }, random_numbers(size * 4 * (2 + size), 1));
}

/* ------------------------------------------------------------------------------------------------ bundle adjustment */

/* The error of one observation, as in Ceres' and ADBench's examples: camera = rotation 3, centre 3, focal length,
   principal point 2, distortion 2; then a point 3 and a weight. */
template <typename T> std::array<T, 2> reproject(const std::vector<T> &p)
{
    using std::cos;
    using std::sin;
    using std::sqrt;
    const T *r = &p[0], *centre = &p[3], *point = &p[11];
    T x[3], y[3];
    for (int i = 0; i < 3; i++)
        x[i] = point[i] - centre[i];
    const T angle2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
    if (angle2 > 0) { /* Rodrigues */
        const T angle = sqrt(angle2), c = cos(angle), s = sin(angle);
        T w[3], cross[3];
        for (int i = 0; i < 3; i++)
            w[i] = r[i] / angle;
        cross[0] = w[1] * x[2] - w[2] * x[1];
        cross[1] = w[2] * x[0] - w[0] * x[2];
        cross[2] = w[0] * x[1] - w[1] * x[0];
        const T along = (w[0] * x[0] + w[1] * x[1] + w[2] * x[2]) * (1.0 - c);
        for (int i = 0; i < 3; i++)
            y[i] = x[i] * c + cross[i] * s + w[i] * along;
    } else {
        for (int i = 0; i < 3; i++)
            y[i] = x[i];
    }
    const T u = y[0] / y[2], v = y[1] / y[2], square = u * u + v * v;
    const T scale = p[6] * (1 + square * (p[9] + square * p[10]));
    return {p[14] * (scale * u + p[7] - 0.1), p[14] * (scale * v + p[8] + 0.2)};
}

void a_bundle_adjustment_residual_has_a_jacobian_of_2_by_15(void **)
{
    const std::vector<double> x = {0.1, -0.2, 0.3, 0.5, -0.4, -3, 1.2, 0.02, -0.01, 0.05, -0.02, 0.3, 0.6, 2, 0.7};
    for (std::size_t i = 0; i < 2; i++)
        check_gradient([i](const auto &p) { return reproject(p)[i]; }, x);
    const slope::function f({{"p", 15}}, {{"e", 2}},
                            [](const slope::values &in, slope::values &out) {
                                const auto e = reproject(in[0]);
                                out[0].assign(e.begin(), e.end());
                            },
                            {x});
    const slope::numbers jacobian = f.jacobian()({x});
    assert_int_equal(jacobian[0].size(), 30);
    for (std::size_t i = 0; i < 2; i++) {
        slope::tape t;
        const auto v = t.vars(x);
        t.backward(reproject(v)[i]);
        for (std::size_t k = 0; k < 15; k++)
            assert_near(jacobian[0][i * 15 + k], v[k].grad(), 1e-12, "rows of the Jacobian and gradients of the tape");
    }
}

/* ------------------------------------------------------------------------------------------------- Gaussian mixture */

/* -log likelihood of points under a mixture; for each component: log weight, mean, log deviations. */
template <typename T>
T mixture(const std::vector<T> &p, std::size_t components, std::size_t dimension, const std::vector<double> &data)
{
    using std::exp;
    using std::log;
    using std::max;
    T total = 0;
    const std::size_t stride = 1 + 2 * dimension;
    for (std::size_t i = 0; i < data.size(); i += dimension) {
        std::vector<T> term(components);
        for (std::size_t k = 0; k < components; k++) {
            const T *c = &p[k * stride];
            term[k] = c[0];
            for (std::size_t d = 0; d < dimension; d++) {
                const T z = (data[i + d] - c[1 + d]) * exp(-c[1 + dimension + d]);
                term[k] -= 0.5 * z * z + c[1 + dimension + d];
            }
        }
        T most = term[0], sum = 0;
        for (const T &t : term)
            most = max(most, t);
        for (const T &t : term)
            sum += exp(t - most);
        total -= most + log(sum);
    }
    return total;
}

void a_gaussian_mixture(void **)
{
    const std::vector<double> data = random_numbers(40, 9, -2, 2);
    check_gradient([&](const auto &p) { return mixture(p, 3, 2, data); }, random_numbers(15, 4));
}

/* --------------------------------------------------------------------------------------------------- linear algebra */

/* log |det A| by elimination with pivots. */
template <typename T> T log_determinant(std::vector<T> a, std::size_t n)
{
    using std::abs;
    using std::log;
    using std::swap;
    T sum = 0;
    for (std::size_t k = 0; k < n; k++) {
        std::size_t pivot = k;
        for (std::size_t i = k + 1; i < n; i++)
            if (abs(a[i * n + k]) > abs(a[pivot * n + k]))
                pivot = i;
        for (std::size_t j = 0; j < n; j++)
            swap(a[k * n + j], a[pivot * n + j]);
        sum += log(abs(a[k * n + k]));
        for (std::size_t i = k + 1; i < n; i++) {
            const T factor = a[i * n + k] / a[k * n + k];
            for (std::size_t j = k; j < n; j++)
                a[i * n + j] -= factor * a[k * n + j];
        }
    }
    return sum;
}

void a_log_determinant_by_elimination(void **)
{
    const std::size_t n = 6;
    const std::vector<double> x = random_numbers(n * n, 3, -2, 2);
    check_gradient([](const auto &a) { return log_determinant(a, n); }, x, 1e-7);
    slope::tape t; /* its gradient is the inverse, transposed */
    const auto a = t.vars(x);
    t.backward(log_determinant(a, n));
    for (std::size_t i = 0; i < n; i++)
        for (std::size_t j = 0; j < n; j++) {
            double sum = 0;
            for (std::size_t k = 0; k < n; k++)
                sum += x[i * n + k] * a[j * n + k].grad();
            assert_near(sum, i == j, 1e-12, "A times the transposed gradient");
        }
}

} // namespace

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_lstm_cell_over_a_sequence),
        cmocka_unit_test(a_bundle_adjustment_residual_has_a_jacobian_of_2_by_15),
        cmocka_unit_test(a_gaussian_mixture),
        cmocka_unit_test(a_log_determinant_by_elimination),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
