/* SPDX-License-Identifier: MIT */
/* Taylor coefficients of the cells of a builder, made when asked for. */
#ifndef SLOPE_DERIVE_SERIES_H
#define SLOPE_DERIVE_SERIES_H

#include "base/memory.h"
#include "function/ir.h"

typedef struct slope__series_row slope__series_row;

typedef struct slope__series {
    slope__builder *b;
    slope_allocator allocator;
    unsigned order;
    uint32_t *row_of; /* by cell of the builder: row + 1; 0: none yet */
    slope__series_row *row;
    slope__cell *coefficient; /* order + 1 for each row */
    slope__cell *term;        /* what is being added up, sums within sums on top */
    size_t known, rows, terms;
    struct {
        slope__block row_of, row, coefficient, term;
    } block;
} slope__series;

/* Series to this order of cells of b. */
void slope__series_create(slope__series *s, slope__builder *b, unsigned order);
void slope__series_destroy(slope__series *s);

/* The coefficient of t^k in a cell whose coefficient of t^0 is the cell itself; SLOPE__NONE where it is 0 whatever the
   inputs, and after an error of the builder. */
slope__cell slope__series_at(slope__series *s, slope__cell cell, unsigned k);

/* Says what it is: of inputs, and of results of loops, which are 0 unless said.  k from 1 to the order. */
void slope__series_set(slope__series *s, slope__cell cell, unsigned k, slope__cell value);

#endif
