/* SPDX-License-Identifier: MIT */
/* What the cmocka tests share: includes in the order cmocka wants, closeness, and a fresh tape for each test. */
#ifndef TESTING_H
#define TESTING_H

#include <setjmp.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <slope/slope.h>

#include "base/number.h"

/* |a - b| <= tolerance; says both numbers when not. */
#define assert_near(a, b, tolerance)                                                                     \
    do {                                                                                                 \
        const double near_a_ = (a), near_b_ = (b);                                                       \
        if (!(near_a_ - near_b_ <= (tolerance) && near_b_ - near_a_ <= (tolerance)))                     \
            fail_msg("%s = %.17g, expected %.17g within %g", #a, near_a_, near_b_, (double)(tolerance)); \
    } while (0)

/* The number that a text begins with, whatever the locale. */
static inline double number_of(const char *text)
{
    double x = NAN;
    assert_true(slope__number_read(text, &x));
    return x;
}

static inline int tape_setup(void **state)
{
    *state = slope_tape_create(NULL);
    return *state ? 0 : -1;
}

static inline int tape_teardown(void **state)
{
    slope_tape_destroy(*state);
    return 0;
}

/* A test whose *state is a new tape. */
#define on_tape(test) cmocka_unit_test_setup_teardown(test, tape_setup, tape_teardown)

#endif
