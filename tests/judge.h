/* SPDX-License-Identifier: MIT */
/*
 * The judge: every operation of the table in MPFR, written without looking at the table's partials.  Partials of first
 * and second order are central differences of the value at a precision that makes their error invisible, so the judge
 * cannot share a mistake in a formula with the library.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <mpfr.h>

#include <slope/slope.h>

enum { JUDGE_OPERANDS = 6, JUDGE_WIDE = 3200, JUDGE_GAMMA = 600 /* bits of precision */ };

/* One operation as the judge knows it. */
typedef struct judge {
    const char *name;
    void (*value)(mpfr_t r, size_t n, const mpfr_t x[]);
    /* how far x[i] may move before the function changes its nature; 0 where it has no derivative */
    double (*scale)(size_t n, const double x[], size_t i);
    unsigned bits; /* of precision */
} judge;

/* Those of judge_special.c; judge_find looks there, too. */
const judge *judge_find_special(const char *name);

/* The judge of an operation, NULL when it has none. */
const judge *judge_find(const char *name);

/* r = f(x), df/dx[i], d2f/dx[i]dx[j], correct far beyond double. r is initialised by the caller with any precision.
   NaN outside the domain. */
void judge_value(const judge *f, size_t n, const double x[], mpfr_t r);
void judge_first(const judge *f, size_t n, const double x[], size_t i, mpfr_t r);
void judge_second(const judge *f, size_t n, const double x[], size_t i, size_t j, mpfr_t r);

/* |got - exact| in units of the last place of `exact` as a double, at least those of `floor`; Inf if one is NaN, Inf or
   0 and the other, rounded, is not. */
double judge_ulp(double got, const mpfr_t exact, double floor);

/* Around all use: widens MPFR's range of exponents, so that nothing here overflows, and frees what was kept. */
void judge_begin(void);
void judge_end(void);

#endif
