/* SPDX-License-Identifier: MIT */
/* What machine code for a function offers to the evaluator: the contract between src/native, which makes it, and
   src/batch, which calls it. */
#ifndef SLOPE_FUNCTION_BACKEND_H
#define SLOPE_FUNCTION_BACKEND_H

#include <slope/eval.h>

#include "function/ir.h"

/* What its functions answer when a result is NaN: the fast code takes zmul for a plain product, so the caller must
   evaluate once more in the evaluator, which keeps zeros strong.  Otherwise 0, or the number of the guard that failed,
   from 1. */
enum { SLOPE__SEE_NAN = -1 };

typedef struct slope__backend {
    size_t work_bytes; /* of `work`, 64-byte aligned; for every thread */
    /* One point, maps inside it on so many threads (work is then threads * work_bytes).  x has inputs + data
       entries. */
    int (*eval)(const double *const x[], double *const y[], void *work, int threads);
    /* Points first ... last - 1 of a batch on one thread; NULL: there is none, call eval point by point.  Outputs with
       `sum` get the sum over these points only, in y[g].data as the caller arranged it. */
    int (*batch)(size_t first, size_t last, const slope_input x[], const slope_output y[], void *work);
} slope__backend;

/* The machine code attached to f, NULL when there is none.  Defined in src/function/object.c; attach with
   slope__backend_attach. */
const slope__backend *slope__backend_of(const slope_function *f);
const slope__backend *slope__backend_attach(const slope_function *f, slope__backend *backend,
                                            void (*destroy)(void *backend));

#endif
