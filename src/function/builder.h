/* SPDX-License-Identifier: MIT */
/* What the files of the builder share: builder.c appends, finish.c keeps what is needed, in canonical order. */
#ifndef SLOPE_FUNCTION_BUILDER_H
#define SLOPE_FUNCTION_BUILDER_H

#include "base/memory.h"
#include "function/ir.h"

/*
 * Everything is an instruction here: an input group (slope__code_var, operand: which group), a constant or table of
 * them (slope__code_const, operand: the first entry of `number`, count: how many), an operation, a loop.
 */
enum { SLOPE__RECENT_LOOPS = 32 }; /* so many are looked at when a loop is to be shared */

struct slope__builder {
    slope__shared_parts parts;
    unsigned passes;
    slope_error error;
    slope_allocator allocator;

    slope__instruction *instruction;
    uint32_t *origin; /* of each cell: the instruction that makes it */
    slope__cell *operand;
    double *number;
    slope__loop *loop;
    slope__guard *guard;
    slope__group *input, *output;
    slope__cell *result;
    uint64_t *slot; /* hash table over instructions that can be shared, see builder.c */
    size_t instructions, cells, operands, numbers, loops, guards, inputs, data, outputs, results, shared;
    size_t slots;                            /* a power of two */
    slope__cell recent[SLOPE__RECENT_LOOPS]; /* of loops: the first results, loop k at k % SLOPE__RECENT_LOOPS */
    size_t before;

    struct {
        slope__block instruction, origin, operand, number, loop, guard, input, output, result, slot;
    } block;
};

/* How many cells instruction k makes. */
size_t slope__built_results(const slope__builder *b, size_t k);

#endif
