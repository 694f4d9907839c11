/* SPDX-License-Identifier: MIT */
/* The chain rule on cells: a slope times a partial, and sums of such products. */
#include <math.h>

#include "derive/derive.h"

int slope__is_zero(const slope__builder *b, slope__cell c)
{
    double k;
    return c == SLOPE__NONE || (slope__built_number(b, c, &k) && k == 0);
}

/* k times x for a number k that is not 0. */
static slope__cell scale(slope__builder *b, double k, slope__cell x)
{
    if (k == 1)
        return x;
    if (k == -1)
        return slope__build1(b, slope__code_neg, x);
    const unsigned code =
        isfinite(k) ? slope__code_mul : slope__code_zmul; /* only against Inf and NaN is 0 to be strong */
    return slope__build2(b, code, x, slope__build_number(b, k));
}

slope__cell slope__chain(slope__builder *b, slope__cell slope, slope__ref partial)
{
    double k;
    if (slope__is_zero(b, slope) || (!partial.b && partial.number == 0))
        return SLOPE__NONE;
    if (!partial.b)
        return scale(b, partial.number, slope);
    if (slope__built_number(b, slope, &k))
        return scale(b, k, partial.cell);
    return slope__build2(b, slope__code_zmul, slope, partial.cell);
}

slope__cell slope__sum(slope__builder *b, size_t n, const slope__cell x[])
{
    if (n == 0)
        return SLOPE__NONE;
    if (n == 1)
        return x[0];
    return slope__build(b, n == 2 ? slope__code_add : slope__code_sum, n, x);
}
