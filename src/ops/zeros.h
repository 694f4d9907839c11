/* SPDX-License-Identifier: MIT */
/*
 * Which zeros are strong: what the sweeps must know of an operation where a slope of 0 meets an infinite one.
 *
 * The rule is that of docs/edges.md.  Both the tape, which knows numbers, and derivation, which knows operations only,
 * go by what is said here, so that they give the same answer.
 */
#ifndef SLOPE_OPS_ZEROS_H
#define SLOPE_OPS_ZEROS_H

#include <stddef.h>
#include <stdint.h>

/* Why a partial can be 0. */
typedef enum slope__zero {
    SLOPE__ZERO_DECIDED, /* a step, a branch, an operand that was not chosen: what is behind it does not count */
    SLOPE__ZERO_CHOSEN,  /* at a kink, between the slopes of its sides */
    SLOPE__ZERO_COMPUTED /* a factor of 0, or one that underflowed */
} slope__zero;

slope__zero slope__zero_of(unsigned code, size_t operand);

/* The same of the sum of both partials where both operands are the same: x - x is no function of x. */
slope__zero slope__zero_of_both(unsigned code);

/* What makes a partial infinite. */
typedef enum slope__end {
    SLOPE__END_NONE,
    SLOPE__END_ROOT, /* a vertical tangent: the value is finite */
    SLOPE__END_POLE  /* the value is infinite, too */
} slope__end;

/* exponent: of a power, where it is a number; else NaN. */
slope__end slope__end_of(unsigned code, size_t operand, double exponent);

/* Is the partial 0 where the operand, the value of a root or of a distance, is 0? */
int slope__is_flat_at_0(unsigned code);

/* One operation of a graph, as the functions below look at it: at most two operands. */
typedef struct slope__seen {
    unsigned code;
    size_t operands;
    size_t id[2];
    int is_number[2];
    double number[2];
} slope__seen;

/* Fills *seen and returns 1; 0: an input, a number, or an operation on other than one or two operands. */
typedef int slope__seer(const void *graph, size_t id, slope__seen *seen);

/* scale * base^exponent */
typedef struct slope__power {
    size_t base;
    double scale, exponent;
} slope__power;

/* Is this a power above the first of a root, an absolute value or a distance?  Powers and products of it are looked
   through, to a small depth. */
int slope__is_power_of_root(slope__seer *see, const void *graph, size_t id, slope__power *power);

/*
 * The logarithm of a product, taken apart: log of `id` = sum of weight[k] * log of factor[k], where some factor is an
 * operation whose own logarithm is known (slope__is_exponential).  The number of factors; 0: it is left as it is.
 */
enum { SLOPE__FACTORS = 8 };
typedef struct slope__factor {
    size_t id;
    double weight;
} slope__factor;
size_t slope__factors_of(slope__seer *see, const void *graph, size_t id, slope__factor factor[SLOPE__FACTORS]);

/* The slope of v^e, e above 1, along an operand x of v, a root of the given code; q: the exponent where that is pow. */
double slope__power_slope(unsigned code, double x, double q, double v, double e);

/* The slope of the logarithm of an exponential of x, or of x itself where the code is of none. */
double slope__log_slope(unsigned code, double x);

/* What natural logarithms are multiplied by for log, log2 and log10; 0 for other operations. */
double slope__log_scale(unsigned code);

/* exp, exp2, sigmoid, erfc, ndtr: what underflows where its logarithm does not. */
int slope__is_exponential(unsigned code);

#endif
