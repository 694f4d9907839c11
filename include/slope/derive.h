/* SPDX-License-Identifier: MIT */
/*
 * Derivatives are functions: each of these takes a function and gives a new one, owned by the caller, which can be
 * differentiated, evaluated, generated and saved like any other.  NULL on failure, and *error (may be NULL) is filled:
 * SLOPE_ERR_ARGUMENT (f NULL, an input group that f lacks or that is named twice, not the one output number that is
 * needed), SLOPE_ERR_MEMORY, SLOPE_ERR_LIMIT (more than SLOPE_MAX_CELLS numbers).
 *
 * wrt[0..n-1] are the input groups with respect to which f is differentiated, in any order, none twice; wrt NULL means
 * all of them (n is ignored).  Inputs of a derivative are those of f, in its order, then what is said below; data
 * groups stay.  Outputs are in the order of wrt.  A name that is taken gets _2, _3 ... behind it.  Only what is asked
 * for is derived.  Edges are those of docs/edges.md, with strong zeros.  Made once and kept with f: asking again is a
 * look-up.  Thread-safe.
 *
 * Making one takes time in proportion to the operations it has before it is optimised.  Evaluating costs, in
 * evaluations of f: a jvp, vjp or gradient a small multiple, a Jacobian that many for each sweep, a Hessian for each
 * input number, a sparse matrix for each colour; Taylor coefficients O(order^2).
 */
#ifndef SLOPE_DERIVE_H
#define SLOPE_DERIVE_H

#include <slope/function.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------- first order */

/* Gradient, reverse mode, of f with one output number y: for each wanted input x an output d<y>_d<x> of its length.
   O(f): at most a small multiple. */
SLOPE_API slope_function *slope_gradient(const slope_function *f, size_t n, const size_t wrt[], slope_error *error);

/* Value and gradient in one evaluation: the outputs of f, and then those of slope_gradient. */
SLOPE_API slope_function *slope_value_gradient(const slope_function *f, size_t n, const size_t wrt[],
                                               slope_error *error);

/* Jacobian times vector, forward mode: for each wanted input x a further input <x>_dot, its tangent; for each output y
   an output <y>_dot = sum over x of dy/dx times <x>_dot. */
SLOPE_API slope_function *slope_jvp(const slope_function *f, size_t n, const size_t wrt[], slope_error *error);

/* Vector times Jacobian, reverse mode: for each output y a further input <y>_bar, its adjoint; for each wanted input x
   an output <x>_bar = sum over y of <y>_bar times dy/dx. */
SLOPE_API slope_function *slope_vjp(const slope_function *f, size_t n, const size_t wrt[], slope_error *error);

/* Dense Jacobian: for each output y of length m (outer) and wanted input x of length k (inner) an output d<y>_d<x> of
   length m * k, row by row: [i * k + j] = dy[i]/dx[j].  By forward or reverse sweeps, whichever are fewer. */
SLOPE_API slope_function *slope_jacobian(const slope_function *f, size_t n, const size_t wrt[], slope_error *error);

/* ------------------------------------------------------------------------------------------------ second order */

/* Dense Hessian of f with one output number y: for each pair of wanted inputs a (outer), b (inner) an output
   d2<y>_d<a>_d<b>, row by row. */
SLOPE_API slope_function *slope_hessian(const slope_function *f, size_t n, const size_t wrt[], slope_error *error);

/* Hessian times vector, forward over reverse: further inputs <x>_dot; for each wanted x an output d<y>_d<x>_dot. */
SLOPE_API slope_function *slope_hvp(const slope_function *f, size_t n, const size_t wrt[], slope_error *error);

/* Second directional derivative: further inputs <x>_dot = v; for each output y an output <y>_dot2 = d2 y(x + t v) / dt2
   at t = 0. */
SLOPE_API slope_function *slope_second(const slope_function *f, size_t n, const size_t wrt[], slope_error *error);

/*
 * The Lagrangian of f, whose first output is one number, the objective, and whose others are constraints g: further
 * inputs sigma (length 1) and lambda (as long as all constraints together); the one output L = sigma * objective +
 * lambda . g, their scalar product.
 */
SLOPE_API slope_function *slope_lagrangian(const slope_function *f, slope_error *error);

/* The lower triangle of the Hessian of f's one output number, all wanted inputs taken as one vector z of length k: one
   output d2<y> of length k (k + 1) / 2, [i (i + 1) / 2 + j] = d2y / dz[i] dz[j] for j <= i.  Of slope_lagrangian's
   result, with respect to x: what interior-point solvers ask for. */
SLOPE_API slope_function *slope_hessian_lower(const slope_function *f, size_t n, const size_t wrt[],
                                              slope_error *error);

/* ------------------------------------------------------------------------------------------------ higher order */

/*
 * Taylor coefficients along a line: further inputs <x>_dot = v; for each output y of length m an output <y>_taylor of
 * length m * (order + 1): [i * (order + 1) + k] is the coefficient of t^k in y[i](x + t v).  order from 1 to 64, else
 * SLOPE_ERR_ARGUMENT.
 */
SLOPE_API slope_function *slope_taylor(const slope_function *f, unsigned order, size_t n, const size_t wrt[],
                                       slope_error *error);

/* ----------------------------------------------------------------------------------------------------- sparse */

/*
 * Which entries of a matrix may be nonzero, exact for the recorded computation and known before the first point.  Entry
 * e is (row[e], column[e]); they are sorted by row, then column.  All arrays are owned by the pattern.
 */
typedef struct slope_pattern {
    size_t rows, columns; /* shape of the matrix */
    size_t entries;       /* that may be nonzero */
    size_t *row, *column; /* COO, and with row_start CSR: entries row_start[i] ... row_start[i + 1] - 1 are row i */
    size_t *row_start;    /* rows + 1 */
    size_t *column_start; /* CSC: columns + 1 */
    size_t *by_column;    /* CSC: by_column[column_start[j] ...] are the entries of column j, by row */
    size_t colours;       /* sweeps that one evaluation of the sparse matrix takes */
} slope_pattern;

/* Frees a pattern and its arrays; NULL is fine. */
SLOPE_API void slope_pattern_destroy(slope_pattern *pattern);

/* Sparsity pattern of the Jacobian, owned by the caller (slope_pattern_destroy), NULL on failure: rows are all outputs
   of f one after another, columns all wanted inputs.  O(entries of all partial results). */
SLOPE_API slope_pattern *slope_jacobian_pattern(const slope_function *f, size_t n, const size_t wrt[],
                                                slope_error *error);

/* Sparsity pattern of the Hessian of f's one output number, owned by the caller (slope_pattern_destroy), NULL on
   failure; symmetric, both halves.  O(entries of all partial results). */
SLOPE_API slope_pattern *slope_hessian_pattern(const slope_function *f, size_t n, const size_t wrt[],
                                               slope_error *error);

/*
 * Sparse Jacobian or Hessian, its entries as a function: one output "J" (or "H") of length pattern->entries, in the
 * order of the pattern.  *pattern gets the pattern, owned by the caller, NULL on failure; pattern NULL: it is not
 * wanted.  Jacobians by distance-2 colouring of columns or rows, Hessians by star colouring (Gebremedhin, Manne and
 * Pothen, "What color is your Jacobian?", 2005), all colours as items of one map.
 */
SLOPE_API slope_function *slope_sparse_jacobian(const slope_function *f, size_t n, const size_t wrt[],
                                                slope_pattern **pattern, slope_error *error);
SLOPE_API slope_function *slope_sparse_hessian(const slope_function *f, size_t n, const size_t wrt[],
                                               slope_pattern **pattern, slope_error *error);

#ifdef __cplusplus
}
#endif
#endif
