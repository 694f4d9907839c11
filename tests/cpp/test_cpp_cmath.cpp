/* SPDX-License-Identifier: MIT */
/* The rest of <cmath> on slope::real: values beside those on double, slopes, what a recorded function remembers; and
   reals beside numbers in <algorithm> and <complex>. */
#include <algorithm>
#include <complex>
#include <limits>
#include <sstream>

#include <slope/std.hpp>

#include "testing.hpp"

namespace
{

using slope::real;

const double infinity = std::numeric_limits<double>::infinity(), tiny = std::numeric_limits<double>::denorm_min(),
             least = std::numeric_limits<double>::min(), most = std::numeric_limits<double>::max();
const std::vector<double> numbers = {0.0,    -0.0,  0.3,   -0.3,     0.5,       1,    -1,        1.5,         -2.5,
                                     2,      3.999, -4,    1e300,    -1e-300,   tiny, -3 * tiny, least,       least / 3,
                                     -least, most,  -most, infinity, -infinity, 1e15, 0.1 + 0.2, std::nan("")};

/* Templates for double say constexpr; a plain number is one. */
enum size { small, big = 3 };
template <typename T> constexpr T epsilon = std::numeric_limits<T>::epsilon();
static_assert(epsilon<real>.data() == std::numeric_limits<double>::epsilon() && epsilon<real>.is_number());
constexpr real table[] = {1, 2.5f, big};
static_assert(table[1].data() == 2.5 && table[2].data() == 3 && real().data() == 0);

void constants_and_enumerations_are_plain_numbers(void **)
{
    slope::tape t;
    constexpr real h = 0.5;
    const real x = t.var(2), y = h * x * big * table[1] + small + real();
    t.backward(y);
    assert_true(y.data() == 7.5 && x.grad() == 3.75 && h.is_number());
}

/* The same bits, or NaN both. */
void assert_same(double a, double b, double x, const char *what)
{
    if (!(std::isnan(a) && std::isnan(b)) && (a != b || std::signbit(a) != std::signbit(b)))
        fail_msg("%s(%g): %.17g and not %.17g", what, x, a, b);
}

/* Each function gives the number that it gives on double, of a plain number and on a tape. */
void numbers_are_those_of_double(void **)
{
    slope::tape t;
    for (const double n : numbers)
        for (const real x : {real(n), t.var(n)}) {
            int e = 7, of_double = 7;
            real whole;
            double whole_of_double;
            assert_same(std::frexp(x, &e).data(), std::frexp(n, &of_double), n, "frexp");
            assert_true(e == of_double || std::isnan(n) || std::isinf(n));
            assert_same(std::modf(x, &whole).data(), std::modf(n, &whole_of_double), n, "modf");
            assert_same(whole.data(), whole_of_double, n, "the whole part");
            assert_same(std::logb(x).data(), std::logb(n), n, "logb");
            assert_int_equal(std::ilogb(x), std::ilogb(n));
            for (const int k : {0, 1, -3, 60, -60, 1000, 1024, 2000, 2098, 3000, -1000, -1022, -1074, -1100, -2000,
                                -2100, INT_MAX, INT_MIN}) {
                assert_same(std::ldexp(x, k).data(), std::ldexp(n, k), n, "ldexp");
                assert_same(std::scalbn(x, k).data(), std::scalbn(n, k), n, "scalbn");
                assert_same(std::scalbln(x, long(k)).data(), std::scalbln(n, long(k)), n, "scalbln");
            }
            assert_true(std::fpclassify(x) == std::fpclassify(n) && std::isnormal(x) == std::isnormal(n));
            if (std::fabs(n) < 1e18) {
                assert_int_equal(std::lround(x), std::lround(n));
                assert_int_equal(std::llround(x), std::llround(n));
                assert_int_equal(std::lrint(x), std::lrint(n));
                assert_int_equal(std::llrint(x), std::llrint(n));
            }
            for (const double m : numbers) {
                const real y = t.var(m);
                assert_true(std::isgreater(x, y) == std::isgreater(n, m) && std::isless(x, y) == std::isless(n, m) &&
                            std::isgreaterequal(x, m) == std::isgreaterequal(n, m) &&
                            std::islessequal(x, y) == std::islessequal(n, m) &&
                            std::islessgreater(x, y) == std::islessgreater(n, m) &&
                            std::isunordered(x, m) == std::isunordered(n, m));
                if (n != m)
                    assert_same(std::nextafter(x, y).data(), std::nextafter(n, m), n, "nextafter");
                int q = 0, r = 0;
                assert_same(std::remquo(x, y, &q).data(), std::remquo(n, m, &r), n, "remquo");
                assert_int_equal(q, r);
            }
        }
}

/* d f(x) / dx */
template <typename F> double slope_at(F f, double x)
{
    slope::tape t;
    const real v = t.var(x), y = f(v);
    t.backward(y);
    return v.grad();
}

void slopes_are_those_between_the_steps(void **)
{
    int e;
    real whole;
    const auto fraction_of = [&](real x) { return std::frexp(x, &e); };
    assert_true(slope_at(fraction_of, 5.0) == 0.125 && slope_at(fraction_of, -0.3) == 2);
    assert_true(slope_at(fraction_of, 3e-310) > 1e300);
    assert_true(slope_at([](real x) { return std::ldexp(x, 4); }, 3) == 16);
    assert_true(slope_at([](real x) { return std::scalbn(x, -4); }, 3) == 0.0625);
    assert_true(slope_at([](real x) { return std::scalbln(x, 1L); }, 3) == 2);
    assert_true(slope_at([](real x) { return std::ldexp(x, 1500); }, 1e-300) == infinity); /* it is above all doubles */
    assert_true(slope_at([&](real x) { return std::modf(x, &whole); }, -2.75) == 1);
    const auto parts_of = [&](real x) {
        const real fraction = std::modf(x, &whole);
        return fraction + 3 * whole;
    };
    assert_true(slope_at(parts_of, 2.75) == 1);
    assert_true(slope_at([](real x) { return std::logb(x) + 0 * x; }, 5) == 0);
    assert_true(slope_at([](real x) { return std::nextafter(x, 9); }, 5) == 1);
    assert_true(slope_at([](real x) { return std::nextafter(x, x); }, 5) == 1);
    assert_true(slope_at([](real x) { return std::nexttoward(x, 0.0L); }, 5) == 1);
    assert_true(slope_at([](real y) { return std::nextafter(2, y); }, 5) == 0);
    assert_true(slope_at([&](real x) { return std::remquo(x, 2, &e); }, 7.25) == 1);
    assert_true(slope_at([](real x) { return std::lerp(2, x, 0.25); }, 7) == 0.25);
    assert_true(slope_at([](real x) { return std::lerp(x, 5, 0.25); }, 7) == 0.75);
    assert_true(slope_at([](real x) { return std::lerp(2, 7, x); }, 1) == 5); /* also at the end */
    assert_true(slope_at([](real x) { return std::midpoint(2, x); }, 7) == 0.5);
    assert_true(std::lerp(real(2), 7, 1).data() == 7 && std::midpoint(real(most), most).data() == most);
    assert_near(slope_at([](real x) { return std::hypot(x, 2, 1.0); }, 2), 2 / 3.0, 1e-15, "hypot of three");
    assert_true(slope_at([](real x) { return std::fma(2, x, 1.0); }, 2) == 2);
    assert_true(slope_at([](real x) { return std::pow(x, 3) + std::pow(x, 2u); }, -2) == 12 - 4);
}

/* f as a recorded function, at `start`. */
template <typename F> slope::function recorded(F f, double start)
{
    return slope::function({{"x", 1}}, {{"y", 1}},
                           [&](const slope::values &x, slope::values &y) { y[0][0] = f(x[0][0]); }, {{start}});
}

/* What a function would have baked in is a guard: the right number nearby, an error beyond. */
template <typename F> void assert_guarded(F f, double start, double near, double value, double beyond, const char *what)
{
    const slope::function g = recorded(f, start);
    const double y = g({{near}})[0][0];
    if (y != value)
        fail_msg("%s: %.17g and not %.17g", what, y, value);
    try {
        const double wrong = g({{beyond}})[0][0];
        fail_msg("%s: %.17g at %g, and no error", what, wrong, beyond);
    } catch (const slope::error &e) {
        assert_int_equal(e.status(), SLOPE_ERR_BRANCH);
    }
}

void recorded_functions_remember_whole_numbers(void **)
{
    int e;
    assert_guarded([](real x) { return x * std::ilogb(x); }, 5, 7, 14, 8.5, "ilogb");
    assert_guarded([](real x) { return x + std::logb(x); }, 5, 7, 9, 3, "logb");
    assert_guarded([&](real x) { return std::frexp(x, &e); }, 5, 7, 0.875, 0, "frexp");
    const auto exponent_times = [&](real x) {
        const real mantissa = std::frexp(x, &e);
        return mantissa * e;
    };
    assert_guarded(exponent_times, -5, -7, -2.625, -9, "the exponent");
    assert_guarded([](real x) { return std::nextafter(x, 100); }, 5, 7, std::nextafter(7, 100), 9, "nextafter");
    assert_guarded([](real x) { return std::nextafter(x, 0); }, 5, 7, std::nextafter(7, 0), 4, "nextafter towards 0");
    assert_guarded([](real x) { return std::isnormal(x) ? x : 0; }, 5, 7, 7, 0, "isnormal");
    assert_guarded([](real x) { return std::fpclassify(x) == FP_NORMAL ? x : 0; }, 5, 7, 7, tiny, "fpclassify");
    assert_guarded([](real x) { return std::isgreater(x, 3) ? x : 0; }, 5, 7, 7, 2, "isgreater");
    assert_guarded([](real x) { return std::max(x, 0.0); }, 5, 7, 7, -1, "max");
}

void a_stream_reads_a_plain_number(void **)
{
    real x = 7, y = 8;
    std::istringstream in("1.5 -2e3 z");
    in >> x >> y;
    assert_true(x.data() == 1.5 && y.data() == -2000 && x.is_number());
    assert_true(!(in >> x) && x.data() == 0); /* as of double */
    std::istringstream nothing("");
    assert_true(!(nothing >> y) && y.data() == -2000);
}

template <typename T> T through_algorithms(const std::vector<T> &v)
{
    const T x = v[0], y = v[1];
    const T middle = 0.7;
    T s = std::max(x, 0.0) + 2 * std::min(1.0, y) + 3 * std::clamp(x, 0.0, 1.0) + 4 * std::clamp(0.4, x, y);
    s += 5 * std::clamp(y, -1.0, x + 1) + 6 * std::minmax(x, middle).first + 7 * std::minmax(x, middle).second +
         8 * std::max({x, 0.1, y}) + 9 * std::min({0.1, y});
    return s + std::max(x, y) + std::min(x, y);
}

void numbers_mix_in_algorithms(void **)
{
    check_gradient([](const auto &v) { return through_algorithms(v); }, {0.3, 1.7});
    check_gradient([](const auto &v) { return through_algorithms(v); }, {-0.3, 0.2});
    assert_true(std::max(real(1), 2).data() == 2 && std::min(2.5f, real(1)).data() == 1);
    assert_true(std::isnan(std::max(real(std::nan("")), 0.0).data()) && std::max(0.0, real(std::nan(""))).data() == 0);
    const std::pair<real, real> both = std::minmax(2.0, real(1));
    assert_true(both.first.data() == 1 && both.second.data() == 2);
}

template <typename T> T through_complex(const std::vector<T> &v)
{
    using C = std::complex<T>;
    const C z(v[0], v[1]), i(0, 1);
    const std::complex<double> w(0.5, -2);
    C s = 2.0 * z + 1.0 - z / 2.0 + z * w + std::polar(1.0, z.real()) + 3.0 / z - (w - z) * (z + w) / (w * z);
    s += 1.0;
    s *= w;
    s -= std::polar(v[0], 0.5) * (1.0 + z) * (1.0 - z) / w + w / z + std::pow(z, 2.0) + std::pow(2.0, z) +
         std::pow(z, 2);
    s += std::exp(z) * std::sin(i * z) + std::sqrt(z) * std::log(z) + std::conj(z) * v[1] + v[0] / z + std::tanh(z);
    s = s + std::complex<T>(w) * std::abs(z) + std::arg(z) + std::norm(z) + std::proj(z);
    if (z == 0.0 || 1.0 == z || z == w || !(z != 2.0) || !(w != z))
        return T(0);
    return s.real() - 2.0 * s.imag();
}

void complex_reals_mix_with_numbers(void **)
{
    check_gradient([](const auto &v) { return through_complex(v); }, {0.8, 0.6});
    check_gradient([](const auto &v) { return through_complex(v); }, {-0.3, 1.7});
    const std::complex<real> z(1, 2);
    assert_true((2 * z).imag().data() == 4 && (z + 1).real().data() == 2 && (1 - z).imag().data() == -2 &&
                (z / 2).real().data() == 0.5 && (real(2) * std::complex<double>(0, 1)).imag().data() == 2);
}

} // namespace

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_and_enumerations_are_plain_numbers),
        cmocka_unit_test(numbers_are_those_of_double),
        cmocka_unit_test(slopes_are_those_between_the_steps),
        cmocka_unit_test(recorded_functions_remember_whole_numbers),
        cmocka_unit_test(a_stream_reads_a_plain_number),
        cmocka_unit_test(numbers_mix_in_algorithms),
        cmocka_unit_test(complex_reals_mix_with_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
