/* SPDX-License-Identifier: MIT */
/*
 * A bound on the rounding in a value of a tape: what was rounded in its operands, carried through its operation, and
 * the rounding of the operation itself (Higham, Accuracy and Stability of Numerical Algorithms (2002), 3.3, a running
 * error bound).  Operands are moved by their bounds, and by a unit in the last place at least, so that no partial of an
 * operation of few operands is used: it may be what is wrong.
 */
#include <float.h>
#include <math.h>

#include "numeric/numeric.h"

#include "ops/op.h"
#include "tape/tape.h"

/* Units in the last place by which the value of an operation may be off; -1: not known. */
static double grade(unsigned code, double value, size_t n, const double x[])
{
    const int has_steps = !slope_op_describe((slope_op)code)->smooth;
    for (size_t i = 0; i < n && has_steps; i++) {
        if (fabs(value) == fabs(x[i]))
            return 0.0;
    }
    if (code == slope__code_neg || code == slope__code_const)
        return 0.0;
    if (code <= slope__code_sqrt)
        return code == slope__code_pow || code == slope__code_powi ? 2.0 : 1.0;
    if (code <= slope__code_erfc)
        return 4.0;
    if (code >= slope__code_abs && code <= slope__code_select)
        return has_steps && value == trunc(value) ? 0.0 : 4.0;
    return code >= slope__code_sum && code <= slope__code_poly ? (double)(n + 2) : -1.0;
}

/* By how much the value moves when operand i moves by `by`. */
static double move(unsigned code, size_t n, const double x[], double value, size_t i, double by)
{
    double moved[SLOPE__FEW], most = -1.0;
    for (size_t k = 0; k < n; k++)
        moved[k] = x[k];
    for (int side = -1; side <= 1; side += 2) {
        moved[i] = x[i] + side * by;
        const double off = fabs(slope__value(code, n, moved) - value);
        most = isnan(off) ? most : fmax(most, off);
    }
    return most < 0.0 ? INFINITY : most;
}

/* Few operands: moved one by one. */
static double rounding_of_few(const slope_tape *t, uint32_t id, size_t n, const double x[], const double bound[])
{
    const unsigned code = t->hot.code[id] & CODE_MASK;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        const slope_value operand = slope__operand_at(t, id, i);
        const double by = slope__is_node(operand) ? bound[operand.node.id] : 0.0;
        if (by > 0.0)
            sum += move(code, n, x, t->hot.value[id], i, fmax(by, DBL_EPSILON * fabs(x[i])));
    }
    return sum;
}

/* Any number: by the partials, which are those of the table; sums on the way are rounded, too. */
static double rounding_of_many(const slope_tape *t, uint32_t id, size_t n, const double x[], const double bound[])
{
    double sum = 0.0, *partial = t->scratch + n;
    slope__partials(t->hot.code[id] & CODE_MASK, n, x, t->hot.value[id], partial);
    for (size_t i = 0; i < n; i++) {
        const slope_value operand = slope__operand_at(t, id, i);
        const double by =
            (bound && slope__is_node(operand) ? bound[operand.node.id] : 0.0) + (double)n * DBL_EPSILON * fabs(x[i]);
        sum += partial[i] == 0.0 || by == 0.0 ? 0.0 : fabs(partial[i]) * by;
    }
    return sum;
}

double slope__rounding(const slope_tape *t, uint32_t id, const double bound[])
{
    const unsigned code = t->hot.code[id] & CODE_MASK;
    const double value = t->hot.value[id];
    double few[SLOPE__FEW], *x = few, sum;
    size_t n;
    if (slope__is_structural(t, id) || code == slope__code_custom)
        return INFINITY;
    x = (double *)(uintptr_t)slope__gather(t, id, few, &n);
    const double units = grade(code, value, n, x);
    if (units < 0.0)
        return INFINITY;
    if (slope_op_describe((slope_op)code)->arity < 0) {
        if (n <= SLOPE__FEW) { /* partials go behind the operands in the tape's memory */
            for (size_t i = 0; i < n; i++)
                t->scratch[i] = x[i];
            x = t->scratch;
        }
        sum = rounding_of_many(t, id, n, x, bound);
    } else {
        sum = bound ? rounding_of_few(t, id, n, x, bound) : 0.0;
    }
    sum += fmax(units * DBL_EPSILON * fabs(value),
                fabs(value) < DBL_MIN && value != 0.0 && units > 0.0 ? DBL_TRUE_MIN : 0.0);
    return isnan(sum) ? INFINITY : sum;
}
