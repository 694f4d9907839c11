/* SPDX-License-Identifier: MIT */
/*
 * slope::real beside the calls of C: the same computation written with operators, with the functions of slope/ops.h,
 * and with those that record inline; ns per primal operation to record, and of the whole gradient.  In turn in one run,
 * the smallest of many repetitions counts.
 */
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include <slope/slope.hpp>

namespace
{

using values = std::vector<slope_value>;

/* Each problem three times: `cpp` is a template, `calls` and `inlined` are C. */
struct logistic_map {
    static constexpr const char *name = "logistic map";
    static constexpr std::size_t inputs = 2, operations = 4 * 20000;
    template <typename T> static T cpp(const std::vector<T> &x)
    {
        T y = x[0];
        for (int i = 0; i < 20000; i++)
            y = x[1] * y * (1 - y) + 0.001;
        return y;
    }
#define LOGISTIC(mul, sub, add)                                                   \
    slope_value y = x[0];                                                         \
    for (int i = 0; i < 20000; i++)                                               \
        y = add(mul(mul(x[1], y), sub(slope_number(1), y)), slope_number(0.001)); \
    return y
    static slope_value calls(const values &x) { LOGISTIC(slope_mul, slope_sub, slope_add); }
    static slope_value inlined(const values &x) { LOGISTIC(slope_inline_mul, slope_inline_sub, slope_inline_add); }
};

struct sum_of_products {
    static constexpr const char *name = "dot product";
    static constexpr std::size_t inputs = 4000, operations = 2 * 2000 * 10;
    template <typename T> static T cpp(const std::vector<T> &x)
    {
        T sum = 0;
        for (int k = 0; k < 10; k++)
            for (std::size_t i = 0; i < 2000; i++)
                sum += x[i] * x[2000 + i];
        return sum;
    }
#define PRODUCTS(mul, add)                          \
    slope_value sum = slope_number(0);              \
    for (int k = 0; k < 10; k++)                    \
        for (std::size_t i = 0; i < 2000; i++)      \
            sum = add(sum, mul(x[i], x[2000 + i])); \
    return sum
    static slope_value calls(const values &x) { PRODUCTS(slope_mul, slope_add); }
    static slope_value inlined(const values &x) { PRODUCTS(slope_inline_mul, slope_inline_add); }
};

struct neurons {
    static constexpr const char *name = "tanh neurons";
    static constexpr std::size_t inputs = 3, operations = 3 * 10000;
    template <typename T> static T cpp(const std::vector<T> &x)
    {
        using std::tanh;
        T h = x[0];
        for (int i = 0; i < 10000; i++)
            h = tanh(x[1] * h + x[2]);
        return h;
    }
#define NEURONS(tanh, mul, add)            \
    slope_value h = x[0];                  \
    for (int i = 0; i < 10000; i++)        \
        h = tanh(add(mul(x[1], h), x[2])); \
    return h
    static slope_value calls(const values &x) { NEURONS(slope_tanh, slope_mul, slope_add); }
    static slope_value inlined(const values &x) { NEURONS(slope_inline_tanh, slope_inline_mul, slope_inline_add); }
};

double now()
{
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct times {
    double record = 1e18, gradient = 1e18;
    double value = 0, slope = 0; // of the first input: the same three times
    bool operator==(const times &other) const { return value == other.value && slope == other.slope; }
};

template <typename Vars, typename Record, typename Sweep>
void measure(slope::tape &t, times *best, const Vars &vars, const Record &record, const Sweep &sweep)
{
    t.reset();
    const auto x = vars();
    const double begin = now();
    const auto y = record(x);
    const double recorded = now();
    sweep(y);
    const double end = now();
    best->record = std::min(best->record, recorded - begin);
    best->gradient = std::min(best->gradient, end - begin);
    best->value = slope::real(y).data();
    best->slope = slope::real(x[0]).grad();
}

template <typename Problem> bool compare()
{
    slope::tape t;
    times cpp, calls, inlined;
    const std::vector<double> start(Problem::inputs, 0.7);
    const auto reals = [&] { return t.vars(start); };
    const auto plain = [&] {
        values v;
        for (const double x : start)
            v.push_back(slope_var(t.get(), x));
        return v;
    };
    const auto sweep = [&](slope_value y) {
        if (slope_backward(y) != SLOPE_OK)
            std::puts("the sweep failed"); // and the numbers differ
    };
    for (int i = 0; i < 300; i++) {
        measure(t, &cpp, reals, Problem::template cpp<slope::real>, [&](slope::real y) { t.backward(y); });
        measure(t, &calls, plain, Problem::calls, sweep);
        measure(t, &inlined, plain, Problem::inlined, sweep);
    }
    const double n = Problem::operations;
    std::printf("%-14s %8.2f %8.2f %8.2f %10.2f %12.2f %8.2f %10.2f\n", Problem::name, cpp.record / n, calls.record / n,
                inlined.record / n, cpp.record / calls.record, cpp.gradient / n, calls.gradient / n,
                cpp.gradient / calls.gradient);
    return cpp == calls && cpp == inlined;
}

} // namespace

int main()
{
    std::puts("ns per operation      record   calls  inline      ratio     gradient    calls      ratio");
    const bool agree[] = {compare<logistic_map>(), compare<sum_of_products>(), compare<neurons>()};
    if (agree[0] && agree[1] && agree[2])
        return 0;
    std::puts("the three ways do not give the same numbers");
    return 1;
}
