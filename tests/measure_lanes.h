/* SPDX-License-Identifier: MIT */
/* Errors of operations in lanes, by vector unit, against the judge. */
#ifndef MEASURE_LANES_H
#define MEASURE_LANES_H

#include "measure.h"

enum { MEASURE_UNITS = 3, MEASURE_LANES_LIMIT = 4 }; /* ulp that the value of an operation may be off in lanes */

extern const char *const measure_units[MEASURE_UNITS];

/* The worst value of an operation in lanes of a unit at the points of measure_point; the unit is asked for by the
   environment, and the next slower one runs where the machine has it not.  0: there is no memory. */
int measure_lanes(slope_op op, const char *unit, size_t random, measure_worst worst[MEASURE_REGIONS]);

#endif
