/* SPDX-License-Identifier: MIT */
/* Which partials of operations are the plain number 0 whatever the operands: those of steps, comparisons,
   conditions. */
#ifndef SLOPE_DERIVE_FLAT_H
#define SLOPE_DERIVE_FLAT_H

#include "function/ir.h"

typedef struct slope__flat {
    unsigned char known[slope__code_count][3]; /* for operands that are no constants: 0 not known yet, 1 no, 2 yes */
    slope__builder *probe;                     /* where partials are built to be looked at */
    slope__cell input;
    int failed; /* memory was short */
} slope__flat;

/* Is the partial of operation i of f along operand k always 0?  (A step is flat where it has a slope at all: 0, or NaN
   at NaN.) Start from an empty slope__flat; give its memory back in the end. */
int slope__flat_partial(slope__flat *flat, const slope_function *f, const slope__instruction *i, size_t k);
void slope__flat_destroy(slope__flat *flat);

#endif
