/* SPDX-License-Identifier: MIT */
/* slope.hpp: reals that behave as double does, tapes, functions, errors. */
#include <algorithm>
#include <complex>
#include <cstring>
#include <numeric>
#include <sstream>
#include <string>
#include <thread>

#include "testing.hpp"

using slope::real;

static_assert(sizeof(real) == 16);
static_assert(std::is_trivially_copyable_v<real>);
static_assert(std::is_nothrow_default_constructible_v<real>);
static_assert(std::is_convertible_v<double, real> && std::is_convertible_v<int, real> &&
              std::is_convertible_v<float, real>);
static_assert(!std::is_convertible_v<real, double>, "the way back forgets the derivative, so it is said aloud");
static_assert(!std::is_convertible_v<std::string, real> && !std::is_copy_constructible_v<slope::tape>);
static_assert(std::is_nothrow_move_constructible_v<slope::tape>);

template <typename Call> static void assert_throws(slope_status status, const char *part, Call call)
{
    try {
        call();
    } catch (const slope::error &e) {
        if (e.status() != status || !std::strstr(e.what(), part))
            fail_msg("%s and not %s: %s", slope_status_name(e.status()), slope_status_name(status), e.what());
        return;
    }
    fail_msg("nothing was thrown: %s", part);
}

template <typename T> static T example(T x, T y)
{
    using std::pow;
    using std::sin;
    T z = sin(x) * y + pow(x, 2) - 1;
    z *= 2;
    z -= x / y;
    return -z + 3.0f * z;
}

static void an_expression_is_differentiated(void **)
{
    slope::tape t;
    real x = t.var(0.5), y = t.var(2.0);
    real z = example(x, y);
    t.backward(z);
    assert_true(z.data() == example(0.5, 2.0));
    assert_near(x.grad(), 4 * (std::cos(0.5) * 2 + 2 * 0.5) - 2 / 2.0, 1e-15, "dz/dx");
    assert_near(y.grad(), 4 * std::sin(0.5) + 2 * 0.5 / 4, 1e-15, "dz/dy");
}

static void plain_numbers_need_no_tape(void **)
{
    real a, b = 2, c{};
    assert_true(a.is_number() && a.data() == 0 && c.data() == 0);
    a = b + 1;
    a += 0.5;
    a *= b;
    a -= 1;
    a /= 4;
    assert_true(a.is_number() && a.data() == 1.5);
    assert_true(a++.data() == 1.5 && (++a).data() == 3.5 && a--.data() == 3.5 && (--a).data() == 1.5);
    assert_true(exp(real(0)).data() == 1 && slope::max(a, b).data() == 2 && a.grad() == 0);
    assert_true(static_cast<int>(real(2.9)) == 2 && static_cast<float>(real(0.5)) == 0.5f &&
                static_cast<bool>(real(3)));
    std::vector<real> v(5, 1.0);
    v.insert(v.begin(), 4.0);
    std::sort(v.begin(), v.end());
    assert_true(std::accumulate(v.begin(), v.end(), real(0)).data() == 9 && v.back().data() == 4);
}

/* NaN is the same as NaN. */
static bool is_same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/* The same operation, number and partials. */
static void assert_same_node(slope_value a, slope_value b, std::size_t operands)
{
    slope_node x, y;
    assert_true(slope_inspect(a, &x) == SLOPE_OK && slope_inspect(b, &y) == SLOPE_OK);
    if (x.op != y.op || !is_same(x.data, y.data))
        fail_msg("%s gives %g, and %s gives %g", x.name, x.data, y.name, y.data);
    for (std::size_t i = 0; i < operands; i++)
        if (!is_same(slope_partial(a, i), slope_partial(b, i)))
            fail_msg("%s: partial %zu is %g, not %g", x.name, i, slope_partial(a, i), slope_partial(b, i));
}

/* Operators by the names of the table. */
template <typename A, typename B> real add(A a, B b) { return a + b; }
template <typename A, typename B> real sub(A a, B b) { return a - b; }
template <typename A, typename B> real mul(A a, B b) { return a * b; }
template <typename A, typename B> real div(A a, B b) { return a / b; }
template <typename A> real neg(A a) { return -a; }

/* Code that looks into namespace std first, where <cmath> has what is for double. */
#define CALL(name)                    \
    const auto call = [](auto... x) { \
        using namespace std;          \
        return name(x...);            \
    };

/* Every operation, by its own name and by that of <cmath>, gives the number of C and its derivative. */
static void every_operation_is_found_by_its_name(void **)
{
    slope::tape t;
    std::size_t count = 0;
#define UNARY(name, symbol, doc, low, high, smooth, formula, da)                \
    {                                                                           \
        CALL(name)                                                              \
        const real a = t.var((low + high) / 2 + 0.01);                          \
        const slope_value expected = slope_##name(a.value());                   \
        const real v = call(a);                                                 \
        assert_true(v.data() == slope_data(expected));                          \
        assert_true(slope_partial(v.value(), 0) == slope_partial(expected, 0)); \
        count++;                                                                \
    }
#define BINARY(name, symbol, doc, low, high, low2, high2, smooth, formula, da, db)      \
    {                                                                                   \
        CALL(name)                                                                      \
        const real a = t.var((low + high) / 2 + 0.01), b = t.var((low2 + high2) / 2);   \
        const slope_value expected = slope_##name(a.value(), b.value());                \
        const real v = call(a, b), half = call(a, 2), other = call(1.5, b);             \
        assert_same_node(v.value(), expected, 2);                                       \
        assert_same_node(half.value(), slope_##name(a.value(), slope_number(2)), 1);    \
        assert_same_node(other.value(), slope_##name(slope_number(1.5), b.value()), 1); \
        count++;                                                                        \
    }
#define TERNARY(name, symbol, doc, low, high, smooth, formula, da, db, dc)                         \
    {                                                                                              \
        CALL(name)                                                                                 \
        const real a = t.var(0.3), b = t.var(1.25), c = t.var(-2);                                 \
        assert_same_node(call(a, b, c).value(), slope_##name(a.value(), b.value(), c.value()), 3); \
        count++;                                                                                   \
    }
#define NARY(name, symbol, doc, least)
#include "ops.def"
    assert_in_range(count, 50, 100);
    const real x = t.var(-1.5);
    assert_true(fabs(x).data() == 1.5 && fmin(x, 2).data() == -1.5 && fmax(x, 2).data() == 2 &&
                nearbyint(x).data() == -2 && hypot(x, 2, real(0)).data() == 2.5);
    assert_true(isfinite(x) && !isnan(x) && !isinf(x) && signbit(x) && isnan(log(x)));
}

static void many_operands_are_one_node(void **)
{
    slope::tape t;
    const std::vector<real> x = t.vars({1, 2, 3}), y = t.vars({4, 5, 6});
    const std::size_t before = t.size();
    const real z = dot(x, y);
    assert_int_equal(t.size(), before + 1);
    t.backward(z);
    assert_true(z.data() == 32 && x[1].grad() == 5 && y[2].grad() == 3);
    assert_true(slope::sum(x).data() == 6 && slope::mean(x).data() == 2 && slope::norm({t.var(3), 4}).data() == 5);
    assert_near(slope::logsumexp(x).data(), std::log(std::exp(1) + std::exp(2) + std::exp(3)), 1e-15, "logsumexp");
    assert_true(slope::poly(x[1], {1, 2, 3}).data() == 1 + 4 + 12);
    assert_throws(SLOPE_ERR_ARGUMENT, "different lengths", [&] { dot(x, {1.0}); });
    assert_throws(SLOPE_ERR_ARGUMENT, "", [] { slope::mean({}); });
}

static void comparisons_look_at_numbers_and_guard_functions(void **)
{
    slope::tape t;
    const real a = t.var(1), b = t.var(2);
    assert_true(a < b && a <= b && b > a && b >= a && a != b && !(a == b) && a < 1.5 && 0.5 < a && a == 1);
    assert_true(std::min(a, b).data() == 1 && real(1) < real(2));
    const slope::function f(
        {{"x", 1}}, {{"y", 1}},
        [](const slope::values &x, slope::values &y) { y[0][0] = x[0][0] > 0 ? x[0][0] * x[0][0] : -x[0][0]; },
        {{1.0}});
    assert_true(f({{3.0}})[0][0] == 9);
    assert_throws(SLOPE_ERR_BRANCH, "guard 0", [&] { f({{-3.0}}); });
    try {
        f({{-3.0}});
    } catch (const slope::error &e) {
        assert_int_equal(e.position(), 0);
    }
    assert_true(static_cast<bool>(a) && !static_cast<bool>(t.var(0)));
}

static void what_is_trapped_is_thrown_where_it_is_born(void **)
{
    slope_tape_options options = slope_tape_options_default();
    options.trap_nonfinite = 1;
    slope::tape t(options);
    real x = t.var(0), big = t.var(1e200);
    assert_throws(SLOPE_ERR_NONFINITE, "div(1, %0 = 0)", [&] { (void)(1 / x); });
    t.reset();
    x = t.var(0);
    assert_throws(SLOPE_ERR_NONFINITE, "log", [&] { (void)log(x); });
    t.reset();
    assert_throws(SLOPE_ERR_NONFINITE, "", [&] { t.var(std::nan("")); });
    t.reset();
    big = t.var(1e200);
    assert_throws(SLOPE_ERR_NONFINITE, "dot", [&] { (void)slope::dot({big, big}, {big, 1}); });
    t.reset();
    big = t.var(1e200);
    assert_throws(SLOPE_ERR_NONFINITE, "fma", [&] { (void)fma(big, big, 1); });
}

static void nothing_goes_wrong_in_silence(void **)
{
    slope::tape t, other;
    real x = t.var(1), z = other.var(1);
    assert_throws(SLOPE_ERR_FOREIGN, "another tape", [&] { (void)(x < z); });
    t.reset();
    assert_throws(SLOPE_ERR_STALE, "reset", [&] { (void)(x != 2); });
    t.reset();
    assert_throws(SLOPE_ERR_STALE, "", [&] { (void)static_cast<bool>(x); });
    t.reset();
    assert_throws(SLOPE_ERR_STALE, "", [&] { x.label("x"); });
    t.reset();
    x = t.var(1);
    assert_throws(SLOPE_ERR_FOREIGN, "than the one that was asked", [&] { other.backward(x); });
    assert_throws(SLOPE_ERR_FOREIGN, "than the one that was asked", [&] { other.backward({x}); });
    assert_throws(SLOPE_ERR_FOREIGN, "than the one that was asked", [&] { other.set(x, 2); });
    assert_throws(SLOPE_ERR_ARGUMENT, "no function", [] { slope::function(nullptr); });
    const auto sized = [](std::size_t n) { return [n](const slope::values &, slope::values &y) { y[0].resize(n); }; };
    assert_throws(SLOPE_ERR_ARGUMENT, "output group 0", [&] { slope::function({{"x", 1}}, {{"y", 2}}, sized(1)); });
    assert_throws(SLOPE_ERR_ARGUMENT, "output group 0", [&] { slope::function({{"x", 1}}, {{"y", 2}}, sized(3)); });
    assert_throws(SLOPE_ERR_ARGUMENT, "more groups", [&] {
        slope::function({{"x", 1}}, {{"y", 2}}, sized(2), {{1}, {2}});
    });
    slope::function::places by = {0};
    by.clear(); /* keeps its memory: data() is not null */
    assert_true(slope::function::parse("x^2").gradient(by)({{3}}).size() == 1);
}

static void a_function_is_recorded_once_and_derived(void **)
{
    const slope::function f({{"x", 2}, {"p", 1}}, {{"y", 1}, {"z", 2}}, [](const slope::values &x, slope::values &y) {
        y[0][0] = sin(x[0][0]) * x[0][1] * x[1][0];
        y[1] = {x[0][0] + x[1][0], 7};
    });
    const slope::numbers x = {{0.5, 2.0}, {3.0}}, y = f(x);
    assert_true(y.size() == 2 && y[1].size() == 2 && y[1][0] == 3.5 && y[1][1] == 7);
    assert_near(y[0][0], 6 * std::sin(0.5), 1e-15, "y");
    const slope::function copy = f;
    const slope::numbers j = copy.jacobian({0})(x);
    assert_near(j[0][0], 6 * std::cos(0.5), 1e-15, "dy/dx0");
    assert_near(j[0][1], 3 * std::sin(0.5), 1e-15, "dy/dx1");
    const slope::function g = slope::function::parse("x^2*y");
    assert_true(g({{3}, {2}})[0][0] == 18 && g.gradient()({{3}, {2}})[0][0] == 12);
    const slope::numbers h = g.hessian()({{3}, {2}});
    assert_true(h.size() == 4 && h[0][0] == 4 && h[1][0] == 6 && h[2][0] == 6 &&
                h[3][0] == 0); /* a group for each pair */
}

/* A table in a template: the index is found for every x, not for the one it was recorded at. */
template <typename T> static T look_up(T x)
{
    static const double table[] = {0, 1, 4, 9, 16, 25};
    return interp(x, 6, nullptr, table);
}

static void tables_are_looked_up_by_value(void **)
{
    using slope::interp;
    static const double knots[] = {0, 2, 4}, heights[] = {1, 3, 1};
    slope::function f({{"x", 1}}, {{"y", 1}}, [](auto &x, auto &y) { y[0][0] = look_up(x[0][0]); }, {{0.5}});
    assert_true(f({{3.5}})[0][0] == 12.5);
    assert_true(f.gradient()({{3.5}})[0][0] == 7);
    assert_true(interp(3.0, 3, knots, heights) == 2 && interp(5.0, 3, knots, heights, SLOPE_INTERP_CLAMP) == 1);
    slope::tape tape;
    const real x = tape.var(1.0), y = tape.var(7.0);
    tape.backward(interp(x, knots, {1.0, y, 2.0}));
    assert_true(x.grad() == 3 && y.grad() == 0.5);
    assert_throws(SLOPE_ERR_ARGUMENT, "two knots", [] { interp(1.0, 1, nullptr, heights); });
    assert_throws(SLOPE_ERR_ARGUMENT, "knot 1", [&] { interp(x, 3, heights + 1, heights); });
}

static void exceptions_of_a_trace_pass_through_c(void **)
{
    const auto trace = [](int n) {
        return [n](const slope::values &x, slope::values &y) {
            if (n == 0)
                throw std::out_of_range("mine");
            if (n == 1)
                y[0].clear();
            else if (n == 3)
                y.emplace_back(1, x[0][0]);
            else if (n == 4)
                return; /* sets nothing */
            else
                y[0][0] = real(slope_value{}) + x[0][0];
        };
    };
    try {
        slope::function({{"x", 1}}, {{"y", 1}}, trace(0));
        fail_msg("nothing was thrown");
    } catch (const std::out_of_range &e) {
        assert_string_equal(e.what(), "mine");
    }
    assert_throws(SLOPE_ERR_ARGUMENT, "another length than 1", [&] {
        slope::function({{"x", 1}}, {{"y", 1}}, trace(1));
    });
    assert_throws(SLOPE_ERR_NULL, "", [&] { slope::function({{"x", 1}}, {{"y", 1}}, trace(2)); });
    assert_throws(SLOPE_ERR_NULL, "not set", [&] { slope::function({{"x", 1}}, {{"y", 1}}, trace(4)); });
    assert_throws(SLOPE_ERR_ARGUMENT, "made 2 groups of outputs, not 1", [&] {
        slope::function({{"x", 1}}, {{"y", 1}}, trace(3));
    });
}

static void questions_guard_functions_as_comparisons_do(void **)
{
    const double infinity = std::numeric_limits<double>::infinity();
    const auto ask = [](auto question) {
        return slope::function({{"x", 1}}, {{"y", 1}}, [question](const slope::values &x, slope::values &y) {
            y[0][0] = question(x[0][0]) ? 7 : 2 * x[0][0];
        });
    };
    const slope::function negative = ask([](real x) { return signbit(x); });
    const slope::function finite = ask([](real x) { return !isfinite(x); });
    const slope::function infinite = ask([](real x) { return isinf(x); });
    const slope::function nan = ask([](real x) { return isnan(x); });
    assert_true(negative({{3}})[0][0] == 6 && finite({{3}})[0][0] == 6 && infinite({{3}})[0][0] == 6);
    assert_true(nan({{3}})[0][0] == 6 && nan({{infinity}})[0][0] == infinity);
    assert_throws(SLOPE_ERR_BRANCH, "", [&] { negative({{-3}}); });
    assert_throws(SLOPE_ERR_BRANCH, "", [&] { negative({{-0.0}}); });
    assert_throws(SLOPE_ERR_BRANCH, "", [&] { finite({{-infinity}}); });
    assert_throws(SLOPE_ERR_BRANCH, "", [&] { finite({{std::nan("")}}); });
    assert_throws(SLOPE_ERR_BRANCH, "", [&] { infinite({{-infinity}}); });
    assert_throws(SLOPE_ERR_BRANCH, "", [&] { nan({{std::nan("")}}); });
}

static void errors_are_thrown_where_they_happen(void **)
{
    slope::tape t, u;
    const real x = t.var(1), y = u.var(2);
    assert_throws(SLOPE_ERR_FOREIGN, "another tape", [&] { x *y; });
    assert_throws(SLOPE_ERR_FOREIGN, "another tape", [&] { exp(x); }); /* it sticks */
    t.reset();
    assert_throws(SLOPE_ERR_STALE, "", [&] { x + 1; });
    t.reset();
    assert_throws(SLOPE_ERR_STALE, "", [&] { t.backward(x); });
    assert_throws(SLOPE_ERR_NULL, "", [] { real(slope_value{}) + 1; });
    assert_throws(SLOPE_ERR_NULL, "", [] { return real(slope_value{}) < 1; });
    const real a = t.var(1), b = a * a;
    assert_throws(SLOPE_ERR_ARGUMENT, "only an input", [&] { t.set(b, 1); });
    assert_throws(SLOPE_ERR_SYNTAX, "the text is empty", [] { slope::function::parse({}); });
    assert_throws(SLOPE_ERR_ARGUMENT, "as many seeds", [&] { t.backward({a, b}, {1}); });
    assert_throws(SLOPE_ERR_SYNTAX, "never closed", [] { slope::function::parse("a*(b"); });
    const slope::function f = slope::function::parse("x*y");
    assert_throws(SLOPE_ERR_ARGUMENT, "2 groups of inputs, not 1", [&] { f({{1}}); });
    assert_throws(SLOPE_ERR_ARGUMENT, "group y has 1 numbers, not 2", [&] { f({{1}, {1, 2}}); });
    slope_tape_options options = slope_tape_options_default();
    options.max_nodes = 3;
    slope::tape small(options);
    real z = small.var(1);
    assert_throws(SLOPE_ERR_LIMIT, "", [&] {
        for (int i = 0; i < 10; i++)
            z = z * 2;
    });
    options.struct_size = 1;
    assert_throws(SLOPE_ERR_ARGUMENT, "slope_tape_options_default", [&] { slope::tape bad(options); });
    options = slope_tape_options_default();
    options.allocator.resize = [](void *, void *, std::size_t, std::size_t) -> void * { return nullptr; };
    assert_throws(SLOPE_ERR_MEMORY, "", [&] { slope::tape none(options); });
}

static void a_tape_is_used_again_and_moved(void **)
{
    slope::tape t;
    real x = t.var(3);
    const slope_mark mark = t.mark();
    for (int i = 1; i <= 3; i++) {
        t.rewind(mark);
        real y = x * i;
        t.backward(y);
        assert_true(x.grad() == i);
    }
    real y = x * x;
    t.set(x, 5);
    t.forward();
    assert_true(y.data() == 25);
    slope::tape moved = std::move(t);
    moved.backward({y, x}, {2, 10});
    assert_true(x.grad() == 30);
    moved.backward(real(5)); /* which depends on nothing */
    assert_true(x.grad() == 0);
    moved.backward(y);
    moved.backward(std::vector<real>{});
    assert_true(x.grad() == 0);
    assert_ptr_equal(slope_operand(y.label("y").value(), 0).tape, moved.get());
    slope_node node;
    assert_int_equal(slope_inspect(y.value(), &node), SLOPE_OK);
    assert_string_equal(node.label, "y");
}

static void the_active_tape_belongs_to_a_thread_and_a_block(void **)
{
    slope::tape t, u;
    assert_throws(SLOPE_ERR_ARGUMENT, "no tape is active", [] { slope::var(1); });
    {
        const slope::active outer(t);
        assert_true(slope::var(1).value().tape == t.get());
        {
            const slope::active inner(u);
            assert_true(slope::var(1).value().tape == u.get());
        }
        assert_true(slope::var(1).value().tape == t.get());
        bool none = false;
        std::thread([&] { none = !slope::active::current(); }).join();
        assert_true(none);
    }
    assert_null(slope::active::current());
}

static void it_prints_and_has_limits(void **)
{
    slope::tape t;
    std::ostringstream out;
    out << t.var(0.5) << ' ' << real(-3);
    assert_string_equal(out.str().c_str(), "0.5 -3");
    using limits = std::numeric_limits<real>;
    static_assert(limits::is_specialized && limits::has_quiet_NaN && limits::digits == 53);
    assert_true(limits::epsilon().data() == 2.220446049250313e-16 && limits::lowest().data() == -limits::max().data());
    assert_true(isnan(limits::quiet_NaN()) && isinf(limits::infinity()));
    const std::complex<real> z(t.var(3), 4);
    assert_true((z * z).real().data() == -7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_expression_is_differentiated),
        cmocka_unit_test(plain_numbers_need_no_tape),
        cmocka_unit_test(every_operation_is_found_by_its_name),
        cmocka_unit_test(many_operands_are_one_node),
        cmocka_unit_test(comparisons_look_at_numbers_and_guard_functions),
        cmocka_unit_test(a_function_is_recorded_once_and_derived),
        cmocka_unit_test(tables_are_looked_up_by_value),
        cmocka_unit_test(exceptions_of_a_trace_pass_through_c),
        cmocka_unit_test(questions_guard_functions_as_comparisons_do),
        cmocka_unit_test(errors_are_thrown_where_they_happen),
        cmocka_unit_test(a_tape_is_used_again_and_moved),
        cmocka_unit_test(what_is_trapped_is_thrown_where_it_is_born),
        cmocka_unit_test(nothing_goes_wrong_in_silence),
        cmocka_unit_test(the_active_tape_belongs_to_a_thread_and_a_block),
        cmocka_unit_test(it_prints_and_has_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
