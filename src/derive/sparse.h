/* SPDX-License-Identifier: MIT */
/* What the sparse derivatives share: patterns are made in pattern.c, coloured in colour.c, turned into functions in
   sparse.c. */
#ifndef SLOPE_DERIVE_SPARSE_H
#define SLOPE_DERIVE_SPARSE_H

#include <slope/derive.h>

#include "derive/depend.h"

/* How the columns (of a Hessian: both) or the rows of a matrix are summed up for one sweep each. */
typedef struct slope__colouring {
    uint32_t *colour; /* by column, or by row */
    size_t colours;
    int by_rows;
} slope__colouring;

/* Distance-2 colouring: of the columns, or of the rows if that takes fewer colours; no two lines of a colour have an
   entry in the same crossing line. */
SLOPE_CHECKED slope_status slope__colour_jacobian(const slope_pattern *p, slope__colouring *c);

/* Star colouring of a symmetric pattern: neighbours differ, and so do paths of four vertices in more than two colours.
   So each entry (i, j) off the diagonal is alone of colour[j] in row i, or alone of colour[i] in row j. */
SLOPE_CHECKED slope_status slope__colour_hessian(const slope_pattern *p, slope__colouring *c);

/* The pattern of dependencies, symmetrised if so; colours are 0.  NULL: no memory, or (symmetric) not square. */
slope_pattern *slope__pattern_create(const slope__dependencies *d, size_t columns, int symmetric);

slope_pattern *slope__pattern_copy(const slope_pattern *p);

#endif
