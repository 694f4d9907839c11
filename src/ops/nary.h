/* SPDX-License-Identifier: MIT */
/* Operations on any number of operands: value and partials side by side.  Sums run from the first to the last. */
#ifndef SLOPE_OPS_NARY_H
#define SLOPE_OPS_NARY_H

#include <stddef.h>

#define NARY(name, symbol, doc, least)                        \
    double slope__##name##_value(size_t n, const double x[]); \
    void slope__##name##_partials(size_t n, const double x[], double v, double d[]);
#define UNARY(...)
#define BINARY(...)
#define TERNARY(...)
#include "ops.def"

#endif
