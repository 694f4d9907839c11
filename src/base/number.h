/* SPDX-License-Identifier: MIT */
/* Numbers as text that never depends on the locale. */
#ifndef SLOPE_BASE_NUMBER_H
#define SLOPE_BASE_NUMBER_H

#include <stddef.h>

enum { SLOPE__NUMBER_SIZE = 48 }; /* room for any number as text */

/* The fewest digits that read back to the same bits: 0.1, -8, 1e300, NaN, Inf.  Return `text`. */
const char *slope__number(char text[SLOPE__NUMBER_SIZE], double x);

/* The same when that takes at most digits + 4 characters, else `digits` significant digits. */
const char *slope__number_short(char text[SLOPE__NUMBER_SIZE], double x, int digits);

/* A printf conversion of one double, with a point whatever the locale. */
const char *slope__number_format(char text[SLOPE__NUMBER_SIZE], const char *format, double x);

/* Reads the number with which the text begins, by the rules of the C locale; 0: no memory for that locale. */
int slope__number_read(const char *text, double *x);

/* 65,818 */
const char *slope__count(char text[SLOPE__NUMBER_SIZE], size_t n);

#endif
