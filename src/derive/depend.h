/* SPDX-License-Identifier: MIT */
/* Which inputs each result of a function depends on with a derivative that is not the plain number 0. */
#ifndef SLOPE_DERIVE_DEPEND_H
#define SLOPE_DERIVE_DEPEND_H

#include "function/ir.h"

/* Result r (of all outputs, one after another) depends on column[start[r]] ... column[start[r + 1] - 1], in order. */
typedef struct slope__dependencies {
    size_t results;
    size_t *start;
    uint32_t *column;
} slope__dependencies;

/* label[c] is the column of input cell c, SLOPE__NONE for one that is not asked for; there are `columns` of them. NULL:
   *error tells. */
slope__dependencies *slope__dependencies_create(const slope_function *f, const uint32_t label[], size_t columns,
                                                slope_error *error);
void slope__dependencies_destroy(slope__dependencies *d);

/* By all inputs but data, column c being cell c; made once and kept with f.  NULL: *error tells. */
const slope__dependencies *slope__dependencies_of(const slope_function *f, slope_error *error);

#endif
