/* SPDX-License-Identifier: MIT */
/*
 * Vector functions of glibc's libmvec, where there is one (x86-64, glibc 2.35 and later); elsewhere lanes call libm one
 * by one.
 *
 * Chosen after measuring glibc 2.36 on AVX-512: 0.6 to 2.5 ns a number where libm takes 4 to 20; errors at most 3.5 ulp
 * (sin; exp 2.8, log 1.5, tanh 2.0, pow 1.0) against MPFR; the same as libm at infinities, NaN, both zeros and
 * subnormals; a lane's result does not depend on its neighbours.  It is on every system that has the C library: no
 * further dependency.
 */
#ifndef SLOPE_BATCH_MVEC_H
#define SLOPE_BATCH_MVEC_H

#include <math.h>

#if defined __x86_64__ && defined __GLIBC__ && defined MVEC_WIDTH && !defined SLOPE_BARE
#if __GLIBC__ > 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ >= 35)
#define SLOPE__MVEC
#endif
#endif

#if defined SLOPE__MVEC

typedef double mvec __attribute__((vector_size(8 * MVEC_WIDTH), aligned(8), may_alias));
typedef double mvec_value __attribute__((vector_size(8 * MVEC_WIDTH)));

#define SLOPE__MVEC_UNARY(X) \
    X(exp)                   \
    X(exp2)                  \
    X(expm1)                 \
    X(log)                   \
    X(log2)                  \
    X(log10)                 \
    X(log1p)                 \
    X(sin)                   \
    X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) X(tanh) X(asinh) X(acosh) X(atanh) X(cbrt) X(erf) X(erfc)
#define SLOPE__MVEC_BINARY(X) X(pow) X(hypot) X(atan2)

/* _ZGVeN8v_exp: letter of the unit, lanes, operands */
#define MVEC_JOIN(letter, width, operands, name) MVEC_PASTE(letter, width, operands, name)
#define MVEC_PASTE(letter, width, operands, name) _ZGV##letter##N##width##operands##_##name
#define MVEC1(name) MVEC_JOIN(MVEC_LETTER, MVEC_WIDTH, v, name)
#define MVEC2(name) MVEC_JOIN(MVEC_LETTER, MVEC_WIDTH, vv, name)

#define MVEC_DECLARE1(name) extern mvec_value MVEC1(name)(mvec_value);
#define MVEC_DECLARE2(name) extern mvec_value MVEC2(name)(mvec_value, mvec_value);
SLOPE__MVEC_UNARY(MVEC_DECLARE1)
SLOPE__MVEC_BINARY(MVEC_DECLARE2)

#endif
#endif
