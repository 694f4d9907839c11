/* SPDX-License-Identifier: MIT */
/* The textbook rules of rules.def by operation. */
#include "graph/page.h"
#include "ops/op.h"

enum { MOST = 3 };

const char *slope__rule(slope_op op, size_t i)
{
    static const char *const rules[][MOST] = {
#define RULE(name, a, b, c) [slope__code_##name] = {a, b, c},
#include "graph/rules.def"
    };
    return (size_t)op < sizeof rules / sizeof *rules && i < MOST ? rules[op][i] : NULL;
}
