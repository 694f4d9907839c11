/* SPDX-License-Identifier: MIT */
/* Operations on constants are done at once: the same arithmetic as at evaluation, so the same bits. */
#include "function/ir.h"

enum { WIDEST = 64 }; /* an n-ary operation on more constants than these waits for evaluation */

slope__cell slope__pass_fold(slope__builder *b, unsigned code, size_t n, const slope__cell x[])
{
    double number[WIDEST];
    if (n > WIDEST)
        return SLOPE__NONE;
    for (size_t k = 0; k < n; k++) {
        if (!slope__built_number(b, x[k], &number[k]))
            return SLOPE__NONE;
    }
    return slope__build_number(b, slope__value(code, n, number));
}
