/* SPDX-License-Identifier: MIT */
/* What a user writes first: proves that the installed headers and libraries work together (tests/install_test.sh). */
#include <slope/slope.h>
#include <stdio.h>

int main(void)
{
    slope_tape *tape = slope_tape_create(NULL);
    slope_value a = slope_var(tape, 2.0), b = slope_var(tape, -3.0), c = slope_var(tape, 10.0);
    slope_value d = slope_add(slope_mul(a, b), c);
    slope_value l = slope_mul(d, -2.0);
    int failed = slope_backward(l) != SLOPE_OK;
    printf("%g %g %s\n", slope_data(l), slope_grad(a), slope_version());
    slope_tape_destroy(tape);
    return failed;
}
