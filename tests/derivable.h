/* SPDX-License-Identifier: MIT */
/* What the tests of derivatives share: functions with random structure, the same without structure, and their
   comparison. */
#ifndef DERIVABLE_H
#define DERIVABLE_H

#include <slope/derive.h>

#include "function/ir.h"
#include "testing.h"

/* The function of a builder; fails the test if there is none. */
slope_function *finished(slope__builder *b);

/* f, or failure of the test with the error's message. */
slope_function *made(slope_function *f, const slope_error *error);

/* All numbers of all inputs and data groups, one group after another, to those of all outputs. */
void run_flat(const slope_function *f, const double x[], double y[]);
size_t numbers_in(const slope_function *f);

/* f with every loop written out, item by item. */
slope_function *unrolled(const slope_function *f);

/* Small random numbers, always the same for a seed. */
double random_number(uint64_t *seed, double low, double high);
size_t random_below(uint64_t *seed, size_t n);

/* A function of smooth operations with loops of every kind nested `depth` deep. */
slope_function *random_function(uint64_t *seed, unsigned depth);

/* Both give the same outputs at random points; returns how many outputs differ from 0. */
size_t assert_same(const slope_function *f, const slope_function *g, uint64_t *seed, double tolerance);

#endif
