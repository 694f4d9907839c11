/* SPDX-License-Identifier: MIT */
/*
 * Floating-point exceptions where they tell nothing: computing goes on without traps and leaves no flags.  So it is in
 * lanes, whose vector functions of libm raise OVERFLOW and INVALID where nothing is wrong, exp(-1e200), and while a
 * function is recorded without numbers to start from.  What is wrong is seen in numbers.
 */
#ifndef SLOPE_BASE_EXCEPTIONS_H
#define SLOPE_BASE_EXCEPTIONS_H

#if defined __SSE2__
#include <immintrin.h>

typedef unsigned slope__exceptions; /* a tenth of the time that fenv.h takes, which looks after the x87, too */

static inline void slope__hold_exceptions(slope__exceptions *before)
{
    *before = _mm_getcsr();
    _mm_setcsr((*before & ~(unsigned)_MM_EXCEPT_MASK) | _MM_MASK_MASK);
}

static inline void slope__release_exceptions(const slope__exceptions *before) { _mm_setcsr(*before); }

#else
#include <fenv.h>

typedef fenv_t slope__exceptions;

static inline void slope__hold_exceptions(slope__exceptions *before) { (void)feholdexcept(before); }

static inline void slope__release_exceptions(const slope__exceptions *before) { (void)fesetenv(before); }

#endif
#endif
