/* SPDX-License-Identifier: MIT */
/*
 * What the table says, as C: codes, values and partials on doubles.
 *
 * slope__d_<name>(a, b, c)          the value
 * slope__d_<name>_<i>(a, b, c, v)   the partial by operand i, v being the value
 *
 * All are inline so that the recording functions and the sweeps, which expand the table too, contain no calls.
 */
#ifndef SLOPE_OPS_OP_H
#define SLOPE_OPS_OP_H

#include <math.h>

#include <slope/tape.h>

#include "ops/bessel.h"
#include "ops/normal.h"
#include "ops/special.h"

/* Codes in the order of the table; the public enum in slope/opcode.h is printed from the same rows. */
enum slope__code {
    slope__code_none,
    slope__code_var,
    slope__code_const,
#define UNARY(name, ...) slope__code_##name,
#define BINARY(name, ...) slope__code_##name,
#define TERNARY(name, ...) slope__code_##name,
#define NARY(name, ...) slope__code_##name,
#include "ops.def"
    slope__code_custom,
    slope__code_structure, /* a call, a map or a fold, followed by its results: see tape/structure.c */
    slope__code_result,
    slope__code_count
};

#define UNARY(name, symbol, doc, low, high, smooth, value, da) \
    static inline double slope__d_##name(double a) { return value; }
#define BINARY(name, symbol, doc, low, high, low2, high2, smooth, value, da, db) \
    static inline double slope__d_##name(double a, double b) { return value; }
#define TERNARY(name, symbol, doc, low, high, smooth, value, da, db, dc) \
    static inline double slope__d_##name(double a, double b, double c) { return value; }
#define NARY(name, ...)
#include "ops.def"

#define WORD(name) slope__d_##name
#define NUMBER(k) (k)
#define IF(c, x, y) ((c) != 0 ? (x) : (y))
#define AGAIN(x, y) (x)
#include "ops/words.h"

#define SLOPE__PARTIAL(name, i, text)                                                  \
    static inline double slope__d_##name##_##i(double a, double b, double c, double v) \
    {                                                                                  \
        (void)a, (void)b, (void)c, (void)v;                                            \
        return text;                                                                   \
    }
#define UNARY(name, symbol, doc, low, high, smooth, value, da) SLOPE__PARTIAL(name, 0, da)
#define BINARY(name, symbol, doc, low, high, low2, high2, smooth, value, da, db) \
    SLOPE__PARTIAL(name, 0, da)                                                  \
    SLOPE__PARTIAL(name, 1, db)
#define TERNARY(name, symbol, doc, low, high, smooth, value, da, db, dc) \
    SLOPE__PARTIAL(name, 0, da)                                          \
    SLOPE__PARTIAL(name, 1, db)                                          \
    SLOPE__PARTIAL(name, 2, dc)
#define NARY(name, ...)
#include "ops.def"
#undef SLOPE__PARTIAL
#include "ops/words_end.h"

/* The value of an operation of the table (not of inputs and custom operations) on n operands. */
double slope__value(unsigned code, size_t n, const double x[]);

/* All n partials of an operation of the table, v being its value. */
void slope__partials(unsigned code, size_t n, const double x[], double v, double partial[]);

#endif
