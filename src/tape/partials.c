/* SPDX-License-Identifier: MIT */
/* The partials of the table as recordings: the same text as in the sweeps, its words meaning operations on values. */
#include <math.h>

#include <slope/ops.h>

#include "tape/tape.h"

#define WORD(name) (slope_##name)
#define NUMBER(k) slope_number(k)
#define IF(c, x, y) (slope_select)(c, x, y)
#define AGAIN(x, y) (y)
#include "ops/words.h"

typedef slope_value builder(slope_value a, slope_value b, slope_value c, slope_value v);

#define BUILD(name, i, text)                                                                          \
    static slope_value build_##name##_##i(slope_value a, slope_value b, slope_value c, slope_value v) \
    {                                                                                                 \
        (void)a, (void)b, (void)c, (void)v;                                                           \
        return text;                                                                                  \
    }
#define UNARY(name, symbol, doc, low, high, smooth, value, da) BUILD(name, 0, da)
#define BINARY(name, symbol, doc, low, high, low2, high2, smooth, value, da, db) \
    BUILD(name, 0, da)                                                           \
    BUILD(name, 1, db)
#define TERNARY(name, symbol, doc, low, high, smooth, value, da, db, dc) \
    BUILD(name, 0, da)                                                   \
    BUILD(name, 1, db)                                                   \
    BUILD(name, 2, dc)
#define NARY(name, symbol, doc, least)
#include "ops.def"
#include "ops/words_end.h"

slope_value slope__partial_record(slope_op op, const slope_value x[], slope_value v, size_t i)
{
    static builder *const build[slope__code_count][3] = {
#define UNARY(name, ...) [slope__code_##name] = {build_##name##_0, NULL, NULL},
#define BINARY(name, ...) [slope__code_##name] = {build_##name##_0, build_##name##_1, NULL},
#define TERNARY(name, ...) [slope__code_##name] = {build_##name##_0, build_##name##_1, build_##name##_2},
#define NARY(name, ...)
#include "ops.def"
    };
    const slope_op_info *info = slope_op_describe(op);
    const int arity = info ? info->arity : 0;
    if (i >= 3 || !info || !build[op][i])
        return (slope_value){0};
    return build[op][i](x[0], arity > 1 ? x[1] : slope_number(0.0), arity > 2 ? x[2] : slope_number(0.0), v);
}
