/* SPDX-License-Identifier: MIT */
/* The table at run time: what each operation is called, and its value and partials by code. */
#include "ops/op.h"

#include <string.h>

#include "ops/nary.h"

static const slope_op_info info[slope__code_count] = {
    [slope__code_none] = {"none", "none", "no operation", 0, 0, 0, 0, 0, 0},
    [slope__code_var] = {"var", "var", "an input", 0, 0, 0, 0, 0, 0},
    [slope__code_const] = {"const", "const", "a number", 0, 0, 0, 0, 0, 0},
#define UNARY(name, symbol, doc, low, high, smooth, value, da) \
    [slope__code_##name] = {#name, symbol, doc, 1, low, high, low, high, smooth},
#define BINARY(name, symbol, doc, low, high, low2, high2, smooth, value, da, db) \
    [slope__code_##name] = {#name, symbol, doc, 2, low, high, low2, high2, smooth},
#define TERNARY(name, symbol, doc, low, high, smooth, value, da, db, dc) \
    [slope__code_##name] = {#name, symbol, doc, 3, low, high, low, high, smooth},
#define NARY(name, symbol, doc, least) [slope__code_##name] = {#name, symbol, doc, -1, -9, 9, -9, 9, 1},
#include "ops.def"
    [slope__code_custom] = {"custom", "custom", "an operation of the caller's", -1, 0, 0, 0, 0, 0},
    [slope__code_structure] = {"structure", "structure", "a call, a map or a fold of a function", -1, 0, 0, 0, 0, 0},
    [slope__code_result] = {"result", "result", "one result of a call, a map or a fold", 1, 0, 0, 0, 0, 0},
};

size_t slope_op_count(void) { return slope__code_count; }

const slope_op_info *slope_op_describe(slope_op op) { return (size_t)op < slope__code_count ? &info[op] : NULL; }

slope_op slope_op_find(const char *name)
{
    for (size_t i = slope__code_const + 1; name && i < slope__code_custom; i++) {
        if (strcmp(info[i].name, name) == 0)
            return (slope_op)i;
    }
    return SLOPE_OP_NONE;
}

double slope__value(unsigned code, size_t n, const double x[])
{
    double v = NAN;
    switch (code) {
#define UNARY(name, ...)           \
    case slope__code_##name:       \
        v = slope__d_##name(x[0]); \
        break;
#define BINARY(name, ...)                \
    case slope__code_##name:             \
        v = slope__d_##name(x[0], x[1]); \
        break;
#define TERNARY(name, ...)                     \
    case slope__code_##name:                   \
        v = slope__d_##name(x[0], x[1], x[2]); \
        break;
#define NARY(name, ...)                  \
    case slope__code_##name:             \
        v = slope__##name##_value(n, x); \
        break;
#include "ops.def"
    default: break;
    }
    return v;
}

void slope__partials(unsigned code, size_t n, const double x[], double v, double partial[])
{
    switch (code) {
#define UNARY(name, ...)                                     \
    case slope__code_##name:                                 \
        partial[0] = slope__d_##name##_0(x[0], 0.0, 0.0, v); \
        break;
#define BINARY(name, ...)                                     \
    case slope__code_##name:                                  \
        partial[0] = slope__d_##name##_0(x[0], x[1], 0.0, v); \
        partial[1] = slope__d_##name##_1(x[0], x[1], 0.0, v); \
        break;
#define TERNARY(name, ...)                                     \
    case slope__code_##name:                                   \
        partial[0] = slope__d_##name##_0(x[0], x[1], x[2], v); \
        partial[1] = slope__d_##name##_1(x[0], x[1], x[2], v); \
        partial[2] = slope__d_##name##_2(x[0], x[1], x[2], v); \
        break;
#define NARY(name, ...)                             \
    case slope__code_##name:                        \
        slope__##name##_partials(n, x, v, partial); \
        break;
#include "ops.def"
    default: break;
    }
}
