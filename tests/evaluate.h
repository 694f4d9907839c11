/* SPDX-License-Identifier: MIT */
/* What tests of the evaluator share: bits compared, a reference that sums in the evaluator's order, the vector
   units. */
#ifndef EVALUATE_H
#define EVALUATE_H

#include <stdlib.h>
#include <string.h>

#include "batch/plan.h"
#include "random_function.h"

static const char *const evaluate_units[] = {"avx512", "avx2", "portable"};

static inline int same_bits(double a, double b) { return (a != a && b != b) || memcmp(&a, &b, sizeof a) == 0; }

/* The total of n numbers x[i * stride] as the evaluator adds them. */
static inline double tree_sum(size_t n, const double x[], size_t stride)
{
    double total = 0.0;
    for (size_t first = 0; first < n; first += SLOPE__CHUNK) {
        double p[8] = {0};
        for (size_t i = first; i < n && i < first + SLOPE__CHUNK; i++)
            p[i % 8] += x[i * stride];
        total += ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]));
    }
    return total;
}

/* Whether a sum over items is made in lanes somewhere in f: then it has another order than the interpreter's. */
static inline int sums_in_lanes(const slope_function *f)
{
    const slope__plan *p = slope__plan_of(f, 0, 0);
    for (size_t k = 0; k < p->loops; k++) {
        if ((p->loop[k].way == SLOPE__BLOCKS && p->loop[k].body->sum_numbers > 0) ||
            sums_in_lanes(p->loop[k].loop->body))
            return 1;
    }
    return 0;
}

#endif
