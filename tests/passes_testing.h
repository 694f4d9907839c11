/* SPDX-License-Identifier: MIT */
/* What the tests of passes share: short names for building, numbers at edges, and functions that must agree bit by
   bit. */
#ifndef PASSES_TESTING_H
#define PASSES_TESTING_H

#include <float.h>
#include <math.h>
#include <string.h>

#include "random_function.h"
#include "testing.h"

enum { SAME_BITS = SLOPE_PASS_FOLD | SLOPE_PASS_SHARE | SLOPE_PASS_IDENTITY | SLOPE_PASS_LOOP };

/* On a builder b: operations by name, numbers; X and Y are its first two cells. */
#define OP(name) slope__code_##name
#define NO slope__code_none
#define X 0
#define Y 1
#define N(number) slope__build_number(b, number)
#define U(name, x) slope__build1(b, OP(name), x)
#define B(name, x, y) slope__build2(b, OP(name), x, y)
#define T(name, x, y, z) slope__build3(b, OP(name), x, y, z)

/* Equal bit by bit; a NaN is a NaN. */
static inline int same(double a, double b) { return (a != a && b != b) || memcmp(&a, &b, sizeof a) == 0; }

static const double edges[] = {0.0,
                               -0.0,
                               1.0,
                               -1.0,
                               0.5,
                               -2.5,
                               3.0,
                               1e-310,
                               -4.9e-324,
                               DBL_MIN,
                               DBL_MAX,
                               -1e308,
                               1e17,
                               -7.0,
                               0.1,
                               (double)INFINITY,
                               -(double)INFINITY,
                               (double)NAN,
                               1.5e154,
                               -2.2250738585072011e-308};
enum { EDGES = sizeof edges / sizeof *edges };

/* Every output of f and g at the same random and edgy inputs. */
static inline void assert_same_bits(const slope_function *f, const slope_function *g, uint64_t seed, unsigned passes)
{
    random_arrays a, b;
    random_arrays_make(&a, f, seed);
    random_arrays_make(&b, g, seed);
    for (size_t g1 = 0; g1 < f->inputs + f->data; g1++) {
        for (size_t j = 0; j < f->input[g1].length; j++) {
            if (random_below(&seed, 4) == 0)
                a.x[g1][j] = b.x[g1][j] = edges[random_below(&seed, EDGES)];
        }
    }
    const slope_status p = slope__interpret(f, (const double *const *)a.x, a.y, NULL);
    const slope_status q = slope__interpret(g, (const double *const *)b.x, b.y, NULL);
    assert_int_equal(p, q);
    for (size_t k = 0; p == SLOPE_OK && k < f->outputs; k++) {
        for (size_t j = 0; j < f->output[k].length; j++) {
            if (!same(a.y[k][j], b.y[k][j]))
                fail_msg("passes %u: output %zu of item %zu is %.17g, not %.17g", passes, k, j, b.y[k][j], a.y[k][j]);
        }
    }
    random_arrays_free(&a);
    random_arrays_free(&b);
}

#endif
