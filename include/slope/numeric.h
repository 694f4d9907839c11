/* SPDX-License-Identifier: MIT */
/*
 * Numerical derivatives, what goes wrong with the choice of h, and the check of exact gradients against them.
 *
 * Callbacks follow the neighbours: sizes first, inputs, outputs, `void *context` last; they return 0, or anything else
 * to fail (SLOPE_ERR_CALLBACK).  Functions on callbacks keep no state and are thread-safe if the callback is; those on
 * values count as writing to their tape.
 */
#ifndef SLOPE_NUMERIC_H
#define SLOPE_NUMERIC_H

#include <slope/base.h>
#include <slope/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* y[0..m-1] = f(x[0..n-1]); m is 1 for a scalar function. */
typedef int (*slope_function_c)(size_t n, const double x[], size_t m, double y[], void *context);

/* f in complex numbers, for the complex step: x and y are interleaved (re, im) pairs, which is how C's
   `double complex` and C++'s std::complex<double> lie in memory; cast the pointers. */
typedef int (*slope_function_complex)(size_t n, const double x[], size_t m, double y[], void *context);

/* How a difference is taken. */
typedef enum slope_method {
    SLOPE_METHOD_FORWARD,    /* (f(x+h) - f(x)) / h                     error O(h)   */
    SLOPE_METHOD_BACKWARD,   /* (f(x) - f(x-h)) / h                     error O(h)   */
    SLOPE_METHOD_CENTRAL,    /* (f(x+h) - f(x-h)) / 2h                  error O(h^2) */
    SLOPE_METHOD_FIVE_POINT, /* (f(x-2h) - 8 f(x-h) + 8 f(x+h) - f(x+2h)) / 12h   error O(h^4) */
    SLOPE_METHOD_RIDDERS     /* central differences extrapolated to h = 0, with an error estimate (Ridders 1982) */
} slope_method;

/*
 * How to differentiate; start from slope_numeric_options_default(); a NULL pointer to options means the defaults.
 *
 * Automatic steps (step 0), with s = max(|x|, 1), the sizes that balance truncation against rounding:
 *     forward, backward   eps^(1/2) s          central   eps^(1/3) s          five-point   eps^(1/5) s
 *     Ridders             a ladder of steps from 0.73 s down to 1e-15 |x| (1e-45 at x = 0), 30 to 70 of them
 *     complex step        1e-100 s; 1e-30 |x| where |x| < 1e-70
 * Where f is not finite at x +- h, as near the edge of its domain, an automatic step shrinks, first to s = |x|.  A step
 * that is given is used as it is (Ridders: is the largest one).  Every step is made a number by which x really moves.
 */
typedef struct slope_numeric_options {
    size_t struct_size;        /* sizeof(slope_numeric_options), set by the default */
    slope_method method;       /* default SLOPE_METHOD_RIDDERS */
    double step;               /* h > 0 as given; 0 (default): chosen by method from |x| and the machine epsilon */
    slope_allocator allocator; /* for some 150 vectors of length m; default slope_allocator_default() */
} slope_numeric_options;

/* The default options.  Thread-safe. */
SLOPE_API slope_numeric_options slope_numeric_options_default(void);

/*
 * The m-by-n Jacobian at x, row-major: jacobian[i * n + j] = df_i/dx_j; a gradient is m = 1, a derivative n = m = 1.
 * `error` (same shape, NULL if not wanted) receives an estimate that bounds the true error, noise of f included; Inf
 * where nothing can be said; at a kink it reaches to both slopes.  For the plain differences it costs a Ridders run
 * besides. Evaluations of f per column: 2 or 4, more where the step has to shrink; Ridders 60 to 140 for differences,
 * up to 100 to see how much of f is noise, and 24 to 48 more on a staircase.  Where f is defined on one side of x only,
 * Ridders gives the slope of that side; where f(x) is not finite there is no derivative: NaN with error Inf.
 * SLOPE_ERR_ARGUMENT: a NULL where none may be, n or m 0, a step that is negative, NaN or infinite, an unknown method
 * or struct_size, an allocator without function. SLOPE_ERR_CALLBACK: f failed; outside its domain it should give NaN
 * instead, since steps go out to x +- 0.73 max(|x|, 1).  SLOPE_ERR_MEMORY.  Outputs are then unspecified.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_numeric_jacobian(slope_function_c f, size_t n, const double x[], size_t m,
                                                            void *context, const slope_numeric_options *options,
                                                            double jacobian[], double error[]);

/* The derivative of f at x along `direction` (length n, not normalised): out[0..m-1] = J * direction.  A given step is
   in units of the direction.  A direction that is not finite is SLOPE_ERR_ARGUMENT; along 0 the derivative is 0.  Else
   as slope_numeric_jacobian, of one column. */
SLOPE_API SLOPE_CHECKED slope_status slope_numeric_directional(slope_function_c f, size_t n, const double x[],
                                                               const double direction[], size_t m, void *context,
                                                               const slope_numeric_options *options, double out[],
                                                               double error[]);

/* One derivative of a scalar function of one variable; cost, errors and *error as for slope_numeric_jacobian. */
SLOPE_API SLOPE_CHECKED slope_status slope_numeric_derivative(slope_function_c f, double x, void *context,
                                                              const slope_numeric_options *options, double *out,
                                                              double *error);

/* The gradient of a scalar function, n numbers; cost, errors and error[] as for slope_numeric_jacobian. */
SLOPE_API SLOPE_CHECKED slope_status slope_numeric_gradient(slope_function_c f, size_t n, const double x[],
                                                            void *context, const slope_numeric_options *options,
                                                            double gradient[], double error[]);

/* The Jacobian by the complex step Im f(x + ih) / h (Squire and Trapp 1998): no cancellation, so h = 1e-100 gives full
   precision.  f must be written in complex arithmetic and be analytic (no abs, no conj).  The options' method does not
   matter here.  One evaluation of f per column.  Errors as for slope_numeric_jacobian. */
SLOPE_API SLOPE_CHECKED slope_status slope_complex_jacobian(slope_function_complex f, size_t n, const double x[],
                                                            size_t m, void *context,
                                                            const slope_numeric_options *options, double jacobian[]);

/* ------------------------------------------------------------------------------------------ the gradient check */

/* What a check found. */
typedef enum slope_verdict {
    SLOPE_VERDICT_RIGHT,     /* exact and numeric agree within the estimated numeric error */
    SLOPE_VERDICT_WRONG,     /* they differ by more than the numeric error explains */
    SLOPE_VERDICT_KINK,      /* the left and the right slope differ: there is no derivative to compare with */
    SLOPE_VERDICT_NOISE,     /* the numeric derivative is too uncertain to tell a factor of 1.0001: no judgement */
    SLOPE_VERDICT_NONFINITE, /* the exact derivative, f(x), or f on both sides of x is NaN or infinite */
    SLOPE_VERDICT_BRANCH /* a comparison that decided a branch is at a tie here: the derivative is that of one way */
} slope_verdict;

/* One component of a check. */
typedef struct slope_check_entry {
    double exact;          /* the derivative under test */
    double numeric;        /* the numerical one, sign kept */
    double difference;     /* exact - numeric */
    double error;          /* bound on the error of `difference`, as estimated: noise of f included */
    double digits;         /* decimal digits on which the two agree, 0 to 17 */
    double left, right;    /* one-sided slopes, where the verdict is KINK; else equal to numeric */
    slope_verdict verdict; /* what follows from these */
} slope_check_entry;

/* The word for a verdict: "right", "wrong", "kink", "noise", "not finite", "branch".  Borrowed.  Thread-safe. */
SLOPE_API const char *slope_verdict_text(slope_verdict verdict);

/* Checks exact[0..n-1] as the gradient of the scalar function f at x; fills entry[0..n-1].  SLOPE_OK means that the
   check was made, not that it was passed: read the verdicts.  The noise of f is what samples around x show of it, so
   that an error of a callback is an estimate, and a branch is a kink, if it is seen at all.  Always by Ridders; of
   the options the step and the allocator count.  Errors as for slope_numeric_jacobian. */
SLOPE_API SLOPE_CHECKED slope_status slope_check_gradient(slope_function_c f, size_t n, const double x[],
                                                          const double exact[], void *context,
                                                          const slope_numeric_options *options,
                                                          slope_check_entry entry[]);

/*
 * Checks dy/d(input[i]) of values on a tape: sweeps backward from y, then varies one input after the other and computes
 * again what depends on it.  What is rounded between input and y is known there: the error bounds that, and what
 * rounding does to the gradient itself.  The verdict is BRANCH where slope_find_tie finds a tie that the input decides.
 * The data of the tape are afterwards what they were before, its gradients those of the
 * sweep.  No error sticks but those of slope_backward: a NaN met at x +- h is none even on a tape that traps them.
 * Memory comes from the tape's allocator.  Errors: those of slope_backward; SLOPE_ERR_ARGUMENT for n 0, a NULL pointer
 * or an input[i] that is none; SLOPE_ERR_NULL, SLOPE_ERR_STALE, SLOPE_ERR_FOREIGN; SLOPE_ERR_CALLBACK from a custom
 * operation.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_check_values(slope_value y, size_t n, const slope_value input[],
                                                        slope_check_entry entry[]);

/* A node whose local partial is wrong. */
typedef struct slope_culprit {
    slope_value node;        /* null: none found */
    size_t operand;          /* of which operand, from 0 */
    slope_check_entry entry; /* exact is the partial the operation claims */
} slope_culprit;

/*
 * Walks back from y and checks every local partial of every node it depends on against numerical derivatives of the
 * operation alone; finds the first wrong one in order of recording.  How a wrong custom operation is told.  Partials
 * by plain numbers are not checked: nothing uses them; nor those of a call, map or fold, which are made of the
 * table's.  An operation of many operands is first checked along one direction in which all of them move, so that a
 * long sum that is right costs no more than a short one.
 * Data and gradients of the tape stay as they are.  Errors: SLOPE_ERR_ARGUMENT, SLOPE_ERR_NULL, SLOPE_ERR_STALE,
 * SLOPE_ERR_MEMORY, SLOPE_ERR_CALLBACK from a custom operation, the tape's sticky one.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_check_nodes(slope_value y, slope_culprit *culprit);

/* --------------------------------------------------------------------------------------------- the sweep over h */

/* The errors at one h, against the exact derivative: |difference - exact|.  complex_step is NaN where there is no
   complex callback. */
typedef struct slope_sweep_row {
    double h;                                           /* the step */
    double forward, central, complex_step;              /* the derivatives */
    double forward_error, central_error, complex_error; /* their distance to the exact one */
} slope_sweep_row;

/* How many rows a sweep has: h = 1e-1 ... 1e-16, four to a decade. */
#define SLOPE_SWEEP_ROWS 61

/*
 * Derivatives of the scalar f at x along component j for every h from 1e-1 to 1e-16, against `exact`.  `complex_f` may
 * be NULL.  The formulas are the naive ones, divided by h as it stands, since what they lose is what is to be seen:
 * where h no longer moves x the forward difference is 0.  Of the options only the allocator counts.  SLOPE_ERR_ARGUMENT
 * (also for j >= n), SLOPE_ERR_CALLBACK, SLOPE_ERR_MEMORY.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_numeric_sweep(slope_function_c f, slope_function_complex complex_f, size_t n,
                                                         const double x[], size_t j, double exact, void *context,
                                                         const slope_numeric_options *options,
                                                         slope_sweep_row row[SLOPE_SWEEP_ROWS]);

#ifdef __cplusplus
}
#endif
#endif
