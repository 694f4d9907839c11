/* SPDX-License-Identifier: MIT */
/* Two interleaved half circles with noise, as scikit-learn's make_moons; random numbers, the same everywhere. */
#include "demo.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

double demo_uniform(uint64_t *state) { return (double)(next(state) >> 11) * 0x1p-53; }

/* Box and Muller (1958); the second number of each pair is not kept, so that the state is the seed and nothing else. */
double demo_normal(uint64_t *state)
{
    const double radius = sqrt(-2.0 * log(1.0 - demo_uniform(state)));
    return radius * cos(2.0 * pi * demo_uniform(state));
}

void demo_moons(size_t n, double noise, uint64_t seed, double x1[], double x2[], double y[])
{
    const size_t upper = n / 2;
    for (size_t i = 0; i < n; i++) {
        const bool is_upper = i < upper;
        const size_t k = is_upper ? i : i - upper, count = is_upper ? upper : n - upper;
        const double angle = count > 1 ? pi * (double)k / (double)(count - 1) : 0.0;
        x1[i] = (is_upper ? cos(angle) : 1.0 - cos(angle)) + noise * demo_normal(&seed);
        x2[i] = (is_upper ? sin(angle) : 0.5 - sin(angle)) + noise * demo_normal(&seed);
        y[i] = is_upper ? -1.0 : 1.0;
    }
}
