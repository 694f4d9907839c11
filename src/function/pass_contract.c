/* SPDX-License-Identifier: MIT */
/* a * b + c to fma(a, b, c), with the signs of differences on the operands: one rounding instead of two, so only where
   asked for. */
#include "function/ir.h"

/* The factors of a product or square. */
static int factors(const slope__builder *b, slope__cell c, slope__cell x[2])
{
    const slope__cell *operand;
    const unsigned code = slope__built_code(b, c, &operand, NULL);
    if (code != slope__code_mul && code != slope__code_square)
        return 0;
    x[0] = operand[0];
    x[1] = operand[code == slope__code_mul];
    return 1;
}

slope__cell slope__pass_contract(slope__builder *b, unsigned code, size_t n, const slope__cell x[])
{
    slope__cell f[2];
    if ((code != slope__code_add && code != slope__code_sub) || n != 2)
        return SLOPE__NONE;
    const slope__cell first = x[0], second = x[1];
    if (factors(b, first, f)) {
        const slope__cell c = code == slope__code_sub ? slope__build1(b, slope__code_neg, second) : second;
        return slope__build3(b, slope__code_fma, f[0], f[1], c);
    }
    if (factors(b, second, f)) {
        const slope__cell a = code == slope__code_sub ? slope__build1(b, slope__code_neg, f[0]) : f[0];
        return slope__build3(b, slope__code_fma, a, f[1], first);
    }
    return SLOPE__NONE;
}
