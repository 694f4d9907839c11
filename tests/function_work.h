/* SPDX-License-Identifier: MIT */
/* What an evaluation of a function that nobody trusts would take: it may be far more than its size tells. */
#ifndef FUNCTION_WORK_H
#define FUNCTION_WORK_H

#include "function/ir.h"

/* About how many numbers the reference evaluator fills or makes room for, `most` at most. */
static inline size_t function_work(const slope_function *f, size_t most)
{
    size_t work = f->cells + f->results < most ? f->cells + f->results : most;
    for (size_t k = 0; k < f->loops && work < most; k++) {
        const size_t body = 1 + function_work(f->loop[k].body, most), n = f->loop[k].n;
        work = n >= (most - work) / body ? most : work + (n + 1) * body;
    }
    return work;
}

#endif
