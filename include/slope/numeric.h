/* SPDX-License-Identifier: MIT */
/*
 * Numerical derivatives, what goes wrong with the choice of h, and the check of exact gradients against them.
 *
 * Callbacks follow the neighbours: sizes first, inputs, outputs, `void *context` last; they return 0, or anything else to
 * fail (SLOPE_ERR_CALLBACK).  Functions here keep no state and are thread-safe if the callback is.
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

/* The same in complex numbers, for the complex step: x and y are interleaved (re, im) pairs, which is how C's
   `double complex` and C++'s std::complex<double> lie in memory; cast the pointers. */
typedef int (*slope_function_complex)(size_t n, const double x[], size_t m, double y[], void *context);

typedef enum slope_method {
    SLOPE_METHOD_FORWARD,    /* (f(x+h) - f(x)) / h                     error O(h)   */
    SLOPE_METHOD_BACKWARD,   /* (f(x) - f(x-h)) / h                     error O(h)   */
    SLOPE_METHOD_CENTRAL,    /* (f(x+h) - f(x-h)) / 2h                  error O(h^2) */
    SLOPE_METHOD_FIVE_POINT, /* (f(x-2h) - 8 f(x-h) + 8 f(x+h) - f(x+2h)) / 12h   error O(h^4) */
    SLOPE_METHOD_RIDDERS     /* central differences extrapolated to h = 0, with an error estimate (Ridders 1982) */
} slope_method;

/* How to differentiate; start from slope_numeric_options_default(). */
typedef struct slope_numeric_options {
    size_t struct_size;
    slope_method method; /* default SLOPE_METHOD_RIDDERS */
    double step;         /* h > 0 as given; 0 (default): chosen by method from |x| and the machine epsilon */
    slope_allocator allocator; /* for the few vectors of length n and m; default slope_allocator_default() */
} slope_numeric_options;

SLOPE_API slope_numeric_options slope_numeric_options_default(void);

/* The m-by-n Jacobian at x, row-major: jacobian[i * n + j] = df_i/dx_j; a gradient is m = 1, a derivative n = m = 1.
   `error` (same shape, NULL if not wanted) receives an estimate that bounds the true error. */
SLOPE_API SLOPE_CHECKED slope_status slope_numeric_jacobian(slope_function_c f, size_t n, const double x[], size_t m,
                                                          void *context, const slope_numeric_options *options,
                                                          double jacobian[], double error[]);

/* The derivative of f at x along `direction` (length n, not normalised): out[0..m-1] = J * direction. */
SLOPE_API SLOPE_CHECKED slope_status slope_numeric_directional(slope_function_c f, size_t n, const double x[],
                                                             const double direction[], size_t m, void *context,
                                                             const slope_numeric_options *options, double out[],
                                                             double error[]);

/* One derivative of a scalar function of one variable. */
SLOPE_API SLOPE_CHECKED slope_status slope_numeric_derivative(slope_function_c f, double x, void *context,
                                                            const slope_numeric_options *options, double *out,
                                                            double *error);

/* The gradient of a scalar function. */
SLOPE_API SLOPE_CHECKED slope_status slope_numeric_gradient(slope_function_c f, size_t n, const double x[], void *context,
                                                          const slope_numeric_options *options, double gradient[],
                                                          double error[]);

/* The Jacobian by the complex step Im f(x + ih) / h (Squire and Trapp 1998): no cancellation, so h = 1e-200 gives full
   precision.  f must be written in complex arithmetic and be analytic (no abs, no conj).  step 0: 1e-200. */
SLOPE_API SLOPE_CHECKED slope_status slope_complex_jacobian(slope_function_complex f, size_t n, const double x[],
                                                          size_t m, void *context, double step, double jacobian[]);

/* ------------------------------------------------------------------------------------------ the gradient check */

typedef enum slope_verdict {
    SLOPE_VERDICT_RIGHT,   /* exact and numeric agree within the estimated numeric error */
    SLOPE_VERDICT_WRONG,   /* they differ by more than the numeric error explains */
    SLOPE_VERDICT_KINK,    /* the left and the right slope differ: there is no derivative to compare with */
    SLOPE_VERDICT_NOISE,   /* the numeric derivative is too uncertain to say anything */
    SLOPE_VERDICT_NONFINITE /* exact derivative or values around x are NaN or infinite */
} slope_verdict;

/* One component of a check. */
typedef struct slope_check_entry {
    double exact;      /* the derivative under test */
    double numeric;    /* the numerical one, sign kept */
    double difference; /* exact - numeric */
    double error;      /* estimate of the error of `numeric` */
    double digits;     /* decimal digits on which the two agree, 0 to 17 */
    double left, right; /* one-sided slopes, where the verdict is KINK; else equal to numeric */
    slope_verdict verdict;
} slope_check_entry;

/* "right", "wrong", "kink", "noise", "not finite".  Borrowed.  Thread-safe. */
SLOPE_API const char *slope_verdict_text(slope_verdict verdict);

/* Checks exact[0..n-1] as the gradient of the scalar function f at x; fills entry[0..n-1].  SLOPE_OK means that the check
   was made, not that it was passed: read the verdicts. */
SLOPE_API SLOPE_CHECKED slope_status slope_check_gradient(slope_function_c f, size_t n, const double x[],
                                                        const double exact[], void *context,
                                                        slope_check_entry entry[]);

/* Checks dy/d(input[i]) of values on a tape: sweeps backward from y, then varies the inputs by slope_set_data and
   slope_forward.  The data of the tape are afterwards what they were before, its gradients those of the sweep. */
SLOPE_API SLOPE_CHECKED slope_status slope_check_values(slope_value y, size_t n, const slope_value input[],
                                                      slope_check_entry entry[]);

/* A node whose local partial is wrong. */
typedef struct slope_culprit {
    slope_value node; /* null: none found */
    size_t operand;
    slope_check_entry entry; /* exact is the partial the operation claims */
} slope_culprit;

/* Walks back from y and checks every local partial of every node it depends on against numerical derivatives of the
   operation alone; finds the first wrong one in order of recording.  How a wrong custom operation is told. */
SLOPE_API SLOPE_CHECKED slope_status slope_check_nodes(slope_value y, slope_culprit *culprit);

/* --------------------------------------------------------------------------------------------- the sweep over h */

/* The errors at one h, against the exact derivative: |difference - exact|.  complex_step is NaN where there is no complex
   callback. */
typedef struct slope_sweep_row {
    double h;
    double forward, central, complex_step; /* the derivatives */
    double forward_error, central_error, complex_error;
} slope_sweep_row;

/* How many rows a sweep has: h = 1e-1 ... 1e-16, four to a decade. */
#define SLOPE_SWEEP_ROWS 61

/* Derivatives of f at x along component j for every h from 1e-1 to 1e-16, against `exact`.  `complex_f` may be NULL. */
SLOPE_API SLOPE_CHECKED slope_status slope_numeric_sweep(slope_function_c f, slope_function_complex complex_f, size_t n,
                                                       const double x[], size_t j, double exact, void *context,
                                                       slope_sweep_row row[SLOPE_SWEEP_ROWS]);

#ifdef __cplusplus
}
#endif
#endif
