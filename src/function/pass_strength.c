/* SPDX-License-Identifier: MIT */
/*
 * Dear operations by cheap ones that round no worse: powers whose value is one correctly rounded operation, quotients
 * by powers of 2.
 *
 * x^0.5 is a square root only where x is neither -0 (sqrt gives -0, pow gives 0) nor -Inf (NaN, Inf): where what made x
 * tells that.  x^3 and x^-0.5 would round twice, pow rounds once: left alone.
 */
#include <math.h>

#include "function/ir.h"

/* How deep to look for what made a number. */
enum { LOOK = 4 };

/* Is the cell a NaN, or at least 0 and not -0, whatever the inputs are? */
static int at_least_0(const slope__builder *b, slope__cell c, int look)
{
    const slope__cell *x;
    size_t n;
    double number;
    if (slope__built_number(b, c, &number))
        return number > 0 || (number == 0 && !signbit(number));
    switch (slope__built_code(b, c, &x, &n)) {
    case slope__code_square:
    case slope__code_abs:
    case slope__code_exp:
    case slope__code_exp2:
    case slope__code_cosh:
    case slope__code_hypot:
    case slope__code_norm:
    case slope__code_relu:
    case slope__code_sigmoid:
    case slope__code_softplus: return 1;
    case slope__code_sqrt: return look > 0 && at_least_0(b, x[0], look - 1);
    case slope__code_add:
    case slope__code_mul:
    case slope__code_div: return look > 0 && at_least_0(b, x[0], look - 1) && at_least_0(b, x[1], look - 1);
    case slope__code_fma:
        return look > 0 && at_least_0(b, x[2], look - 1) &&
               (x[0] == x[1] || (at_least_0(b, x[0], look - 1) && at_least_0(b, x[1], look - 1)));
    case slope__code_select: return look > 0 && at_least_0(b, x[1], look - 1) && at_least_0(b, x[2], look - 1);
    default: return 0;
    }
}

static slope__cell cheaper_power(slope__builder *b, slope__cell x, double p)
{
    if (p == 1.0)
        return x;
    if (p == 2.0)
        return slope__build1(b, slope__code_square, x);
    if (p == -1.0)
        return slope__build2(b, slope__code_div, slope__build_number(b, 1.0), x);
    if (p == 0.5 && at_least_0(b, x, LOOK))
        return slope__build1(b, slope__code_sqrt, x);
    return SLOPE__NONE;
}

/* 1 / d for a power of 2 (or its negative) that has one; else 0. */
static double exact_inverse(double d)
{
    int exponent;
    const double inverse = 1.0 / d;
    return isfinite(d) && d != 0.0 && fabs(frexp(d, &exponent)) == 0.5 && isfinite(inverse) ? inverse : 0.0;
}

slope__cell slope__pass_strength(slope__builder *b, unsigned code, size_t n, const slope__cell x[])
{
    double number;
    if (n != 2)
        return SLOPE__NONE;
    if (code == slope__code_mul && x[0] == x[1])
        return slope__build1(b, slope__code_square, x[0]);
    if ((code == slope__code_pow || code == slope__code_powi) && slope__built_number(b, x[1], &number))
        return cheaper_power(b, x[0], number);
    if (code == slope__code_div && slope__built_number(b, x[1], &number) && exact_inverse(number) != 0.0)
        return slope__build2(b, slope__code_mul, x[0], slope__build_number(b, exact_inverse(number)));
    return SLOPE__NONE;
}
