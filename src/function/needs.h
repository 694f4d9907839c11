/* SPDX-License-Identifier: MIT */
/* Which parts of a function its outputs need, see needs.c. */
#ifndef SLOPE_FUNCTION_NEEDS_H
#define SLOPE_FUNCTION_NEEDS_H

#include "function/ir.h"

/* Groups of a body, a bit each; bodies with more groups are used whole. */
typedef uint64_t slope__mask;

enum { SLOPE__MASK_BITS = 64 };
#define SLOPE__MASK_ALL UINT64_MAX

static inline slope__mask slope__mask_bit(size_t group) { return (slope__mask)1 << group; }
static inline int slope__mask_has(slope__mask m, size_t group)
{
    return m == SLOPE__MASK_ALL || (group < SLOPE__MASK_BITS && (m & slope__mask_bit(group)));
}

/* What a loop is used for: which targets (by output group of the body) are read, which outputs of the body are needed
   for that, over all steps, and which of its inputs, data groups included.  All of them: SLOPE__MASK_ALL. */
typedef struct slope__use {
    slope__mask targets, outputs, inputs;
} slope__use;

/* Of a loop whose result cells are marked in live[0..results-1].  SLOPE_ERR_MEMORY. */
SLOPE_CHECKED slope_status slope__loop_use(const slope__loop *loop, const unsigned char live[], slope__use *use);

/* cell[0..cells-1] has 1 where a cell is needed; fills in what these, and the guards, need. */
SLOPE_CHECKED slope_status slope__mark_live(const slope_function *f, unsigned char cell[]);

/* The input and data groups that some output groups (and the guards) need; kept with f. */
SLOPE_CHECKED slope_status slope__needed_inputs(const slope_function *f, slope__mask outputs, slope__mask *inputs);

#endif
