/* SPDX-License-Identifier: MIT */
/* Slope: automatic differentiation for C.  The whole library in one include; each part can be included alone. */
#ifndef SLOPE_SLOPE_H
#define SLOPE_SLOPE_H

#include <slope/base.h>
#include <slope/codegen.h>
#include <slope/derive.h>
#include <slope/eval.h>
#include <slope/expr.h>
#include <slope/function.h>
#include <slope/graph.h>
#include <slope/numeric.h>
#include <slope/ops.h>
#include <slope/tape.h>

/* Numbers and values mix in C: slope_mul(d, -2.0).  Define SLOPE_PLAIN before including to get only functions. */
#if !defined __cplusplus && !defined SLOPE_PLAIN
#include <slope/generic.h>
#endif

#endif
