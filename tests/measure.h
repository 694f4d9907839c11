/* SPDX-License-Identifier: MIT */
/* Errors of an operation's value, first and second partials against the judge, over its ordinary and extreme points. */
#ifndef MEASURE_H
#define MEASURE_H

#include "judge.h"

/* What is measured, and where. */
typedef enum measure_kind { MEASURE_VALUE, MEASURE_FIRST, MEASURE_SECOND, MEASURE_KINDS } measure_kind;
typedef enum measure_region { MEASURE_ORDINARY, MEASURE_EXTREME, MEASURE_REGIONS } measure_region;

/* The largest error seen, in ulp, and the point. */
typedef struct measure_worst {
    double ulp, got, exact;
    size_t count, n, i, j; /* partial by x[i], and x[j] */
    double x[JUDGE_OPERANDS];
} measure_worst;

/* Point number k of an operation, with k < random from the sampling interval, then the extreme ones; the number of
   operands, 0 behind the last. Deterministic. */
size_t measure_point(slope_op op, size_t k, size_t random, double x[JUDGE_OPERANDS], measure_region *region);

/* The size of the largest term of what is measured, where terms of opposite sign meet in a zero of the exact value (the
   error is then given in ulp of that term); else 0. */
double measure_floor(const judge *f, slope_op op, size_t n, const double x[], measure_kind kind, size_t i, size_t j);

/* Everything of one operation. */
void measure_operation(slope_tape *t, slope_op op, size_t random, measure_worst worst[MEASURE_KINDS][MEASURE_REGIONS]);

/* The limits that hold for the first and second partials, in ulp; for values that of libm, not ours. */
double measure_limit(slope_op op, measure_kind kind);

#endif
