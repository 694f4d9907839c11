/* SPDX-License-Identifier: MIT */
/*
 * How numbers move when the inputs do, and whether a comparison of two of them was decided at a tie.
 *
 * All inputs are moved at once, each by about its own size (by 1 where it is 0) times a weight that no other has, so
 * that nothing cancels by chance.  `along` is the derivative in this direction.  `scale` is what it would be if nothing
 * cancelled: where `along` is far below it, the number stays where it is to first order, as the residual of an
 * iteration that has converged does.
 */
#ifndef SLOPE_OPS_MOTION_H
#define SLOPE_OPS_MOTION_H

#include "ops/op.h"

typedef struct slope__motion {
    double along, scale;
} slope__motion;

/* Of input number i, which is x now. */
slope__motion slope__motion_of_input(size_t i, double x);

/* Of the value v of an operation by those of its operands and its partials.  code slope__code_custom: any function.
   room: for n numbers. */
slope__motion slope__motion_of(unsigned code, size_t n, const double x[], double v, const double partial[],
                               const slope__motion in[], double room[]);

/* Was a compared with b at a tie?  They are equal, or so near that inputs which differ by 1e-10 of themselves decide
   otherwise; or one of them is a tolerance that the other one is within, and left at 1e-4; and they do not move
   together. */
int slope__is_tie(double a, slope__motion of_a, double b, slope__motion of_b);

/* What is said of a tie: the comparison, and where it is. */
#define SLOPE__TIE_SENTENCE "decided at a tie: %.120s at %.80s; the slope is that of this branch only"

static inline int slope__is_comparison(unsigned code) { return code >= slope__code_lt && code <= slope__code_ne; }

#endif
