/* SPDX-License-Identifier: MIT */
/* What the benchmarks share: a problem is the same computation twice, recorded with Slope and written by hand in C. */
#ifndef BENCH_H
#define BENCH_H

#define SLOPE_INLINE /* recording is compiled in, as a program that cares for speed would have it */
#include <slope/slope.h>

/* A problem of n inputs; `operations` is how many scalar operations its primal has. */
typedef struct bench_problem {
    const char *name;
    size_t n, operations;
    double target; /* ns per operation for the whole gradient; for ratio_to_primal the ratio */
    int ratio_to_primal;
    double (*primal)(size_t n, const double x[]);
    double (*by_hand)(size_t n, const double x[], double g[]);          /* value and gradient in plain C */
    slope_value (*record)(slope_tape *tape, size_t n, slope_value x[]); /* x are inputs already */
    double start, spread;                                               /* inputs are start + spread * (i % 17) / 17 */
} bench_problem;

extern const bench_problem bench_problems[];
extern const size_t bench_problem_count;

/* Nanoseconds since some time. */
double bench_now(void);

/* Keeps this process on one core, so that neither side of a ratio moves, or (one 0) lets it run on all again. */
void bench_pin(int one);

/* Is the problem asked for: does its name contain the word (NULL: any)?  Counts those that are. */
int bench_asks(const char *word, const char *name);

/* The least time of recording and sweeping a problem on the tape; 0 when that failed. */
double bench_tape_gradient(const char *name);

#endif
