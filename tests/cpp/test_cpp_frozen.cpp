// SPDX-License-Identifier: MIT
// Numbers of reals in lambdas that are recorded, in printf, and decided at a tie; with places, as in a debug build.
#define SLOPE_PLACES
#include <algorithm>
#include <complex>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include <slope/slope.hpp>

#include "testing.hpp"

using slope::real;

/* Recording a lambda of one input at `start`: the message of what it throws, or "". */
template <typename F> static std::string thrown(F f, double start = 3.5)
{
    try {
        slope::function made({{"x", 1}}, {{"y", 1}}, [&](auto &x, auto &y) { y[0][0] = f(x[0][0]); }, {{start}});
    } catch (const slope::error &e) {
        assert_int_equal(e.status(), SLOPE_ERR_UNSUPPORTED);
        return e.what();
    }
    return "";
}

static bool has(const std::string &text, const char *part) { return text.find(part) != std::string::npos; }

static void numbers_do_not_leave_a_recorded_lambda(void **)
{
    const std::string all[] = {thrown([](real x) { return x * x.data(); }),
                               thrown([](real x) { return x * static_cast<double>(x); }),
                               thrown([](real x) { return x * double(static_cast<float>(sin(x))); }),
                               thrown([](real x) { return x * floor(x).data(); })};
    for (const std::string &text : all)
        assert_true(has(text, "would be frozen") && has(text, "slope_detach") && has(text, "slope_interp"));
    assert_true(thrown([](real x) { return x * real(2).data(); }).empty());
    assert_true(has(thrown([](real x) {
                        const real y = x * x;
                        assert_int_equal(slope_backward(y.value()), SLOPE_OK);
                        return y + x.grad();
                    }),
                    "the gradient of"));
}

template <typename T> static T look_up(T x)
{
    static const double table[] = {0, 1, 4, 9, 16, 25};
    const int i = static_cast<int>(x);
    return table[i] + (x - i) * (table[i + 1] - table[i]);
}

static void a_cast_to_a_whole_number_guards_as_comparisons_do(void **)
{
    slope::function f({{"x", 1}}, {{"y", 1}}, [](auto &x, auto &y) { y[0][0] = look_up(x[0][0]); }, {{0.5}});
    assert_true(f({{0.25}})[0][0] == look_up(0.25) && f.gradient()({{0.25}})[0][0] == 1);
    assert_true(f({{-0.5}})[0][0] == look_up(-0.5)); /* truncated to 0, too */
    for (const double x : {1.0, 3.5, -1.0}) {
        try {
            f({{x}});
            fail();
        } catch (const slope::error &e) {
            assert_int_equal(e.status(), SLOPE_ERR_BRANCH);
        }
    }
    slope::tape t;
    const real x = t.var(2.5);
    assert_true(static_cast<int>(x) == 2 && static_cast<unsigned long>(x) == 2 && static_cast<double>(x) == 2.5);
    t.set(x, 2.75);
    t.forward();
    t.set(x, 3.0);
    try {
        t.forward();
        fail();
    } catch (const slope::error &e) {
        assert_int_equal(e.status(), SLOPE_ERR_BRANCH);
    }
}

static void what_is_detached_has_no_slope(void **)
{
    slope::function f({{"x", 1}}, {{"y", 1}}, [](auto &x, auto &y) { y[0][0] = slope::detach(x[0][0]) * x[0][0]; });
    const slope::numbers y = f.value_gradient()({{3}});
    assert_true(y[0][0] == 9 && y[1][0] == 3);
    assert_true(detach(real(2)).data() == 2);
}

static void printf_prints_the_number(void **)
{
    slope::tape t;
    const real x = t.var(2.5);
    char text[64];
    std::snprintf(text, sizeof text, "%f", x);
    assert_string_equal(text, "2.500000");
    snprintf(text, sizeof text, "%s %d %.1f", "a", 7, x * x); // NOLINT: found by its argument
    assert_string_equal(text, "a 7 6.2");
    std::sprintf(text, "%g %g", real(1), x);
    assert_string_equal(text, "1 2.5");
    std::FILE *file = std::tmpfile();
    assert_non_null(file);
    std::fprintf(file, "%g", x);
    std::rewind(file);
    assert_non_null(std::fgets(text, sizeof text, file));
    assert_string_equal(text, "2.5");
    std::fclose(file);
    assert_true(thrown([](real v) { /* for people, it is that of the start */
                                    std::ostringstream out;
                                    char shown[64];
                                    out << v;
                                    std::snprintf(shown, sizeof shown, "%g", v);
                                    assert_true(out.str() == "3.5" && std::strcmp(shown, "3.5") == 0);
                                    return v;
                })
                    .empty());
}

/* ------------------------------------------------------------------------------------------------- at a tie */

template <typename T> static T root(T a)
{
    T x = 1;
    while (x * x - a > 1e-12 || a - x * x > 1e-12)
        x = (x + a / x) / 2;
    return x;
}

/* Between two numbers, on one of which the root may be. */
template <typename T> static T bisected(T a)
{
    T low = 0, high = 4;
    for (int k = 0; k < 60; k++) {
        const T middle = (low + high) / 2;
        if (middle * middle == a)
            return middle;
        (middle * middle < a ? low : high) = middle;
    }
    return low;
}

static void a_search_that_starts_on_its_root_is_told(void **)
{
    slope::tape t;
    const real a = t.var(1), x = root(a);
    t.backward(x);
    assert_true(a.grad() == 0); /* and 0.5 by the other way */
    const slope_tie tie = t.tie(x);
    assert_true(tie.ties == 2 && has(tie.message, "decided at a tie: gt("));
    assert_true(has(tie.file, "test_cpp_frozen.cpp") && tie.line > 0);
    assert_true(has(t.tie(x, 1).message, "branch only") && !*t.tie(x, 2).message);

    slope::tape other;
    const real b = other.var(2), y = root(b);
    other.backward(y);
    assert_near(b.grad(), 0.5 / std::sqrt(2), 1e-9, "the slope of the root");
    assert_int_equal(other.tie(y).ties, 0);

    other.reset();
    (void)bisected(other.var(4));
    assert_true(other.tie().ties > 0);
    other.reset();
    (void)bisected(other.var(3)); /* between numbers that no input is in: the end of it, too */
    assert_true(other.tie().ties > 0);
}

static void the_power_of_a_complex_number_on_the_axis_is_told(void **)
{
    slope::tape t;
    const real re = t.var(2), im = t.var(0);
    const std::complex<real> z = std::pow(std::complex<real>(re, im), real(1.5));
    t.backward(z.imag());
    assert_true(t.tie(z.imag()).ties > 0);
    t.reset();
    const std::complex<real> w = std::pow(std::complex<real>(t.var(2), t.var(0.5)), real(1.5));
    assert_int_equal(t.tie(w.imag()).ties, 0);
}

static void other_ties_of_the_standard_library_are_told(void **)
{
    slope::tape t;
    std::vector<real> v = t.vars({3, 1, 2});
    std::sort(v.begin(), v.end());
    assert_int_equal(t.tie().ties, 0);
    t.reset();
    v = t.vars({3, 1, 3});
    std::sort(v.begin(), v.end());
    assert_true(t.tie().ties > 0);
    t.reset();
    (void)std::max(t.var(2), t.var(2));
    assert_int_equal(t.tie().ties, 1);
    t.reset();
    assert_true(!isnan(t.var(2)) && isfinite(t.var(0)));
    assert_int_equal(t.tie().ties, 0);
}

static void a_function_says_where_it_is_decided_at_a_tie(void **)
{
    slope::function f({{"x", 1}}, {{"y", 1}},
                      [](auto &x, auto &y) { y[0][0] = x[0][0] < 1 ? 1 - x[0][0] : x[0][0] - 1; }, {{2}});
    assert_int_equal(f.tie({{2}}).ties, 0);
    const slope_tie tie = f.tie({{1}});
    assert_true(tie.ties == 1 && has(tie.message, "test_cpp_frozen.cpp"));
    try {
        f.tie({{1, 2}});
        fail();
    } catch (const slope::error &e) {
        assert_int_equal(e.status(), SLOPE_ERR_ARGUMENT);
    }
    try { /* the place of a guard */
        f({{0}});
        fail();
    } catch (const slope::error &e) {
        assert_true(has(e.what(), "test_cpp_frozen.cpp:") && has(e.what(), "`start`"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_do_not_leave_a_recorded_lambda),
        cmocka_unit_test(a_cast_to_a_whole_number_guards_as_comparisons_do),
        cmocka_unit_test(what_is_detached_has_no_slope),
        cmocka_unit_test(printf_prints_the_number),
        cmocka_unit_test(a_search_that_starts_on_its_root_is_told),
        cmocka_unit_test(the_power_of_a_complex_number_on_the_axis_is_told),
        cmocka_unit_test(other_ties_of_the_standard_library_are_told),
        cmocka_unit_test(a_function_says_where_it_is_decided_at_a_tie),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
