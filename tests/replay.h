/* SPDX-License-Identifier: MIT */
/* Functions recorded on a tape operation by operation, all loops written out: the reference of everything else. */
#ifndef REPLAY_H
#define REPLAY_H

#include <stdlib.h>
#include <string.h>

#include <slope/ops.h>

#include "function/ir.h"

/* f on values: result[k] is its k-th result; nothing but single operations is recorded. */
static inline void replay(const slope_function *f, const slope_value input[], slope_value result[])
{
    slope_value *cell = calloc(f->cells + 1, sizeof *cell);
    if (!cell)
        return;
    memcpy(cell, input, f->input_cells * sizeof *cell);
    for (size_t k = 0; k < f->numbers; k++)
        cell[f->input_cells + k] = slope_number(f->number[k]);
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code != slope__code_loop) {
            slope_value x[64];
            for (size_t o = 0; o < i->count && o < 64; o++)
                x[o] = cell[f->operand[i->operand + o]];
            cell[i->result] = slope_apply((slope_op)i->code, i->count, x);
            continue;
        }
        const slope__loop *loop = &f->loop[i->operand];
        const slope_function *body = loop->body;
        slope_value *in = calloc(body->input_cells + 1, sizeof *in), *out = calloc(body->results + 1, sizeof *out);
        for (size_t r = 0; r < loop->results; r++)
            cell[i->result + r] = slope_number(0.0);
        for (size_t n = 0; n < (loop->n ? loop->n : 1); n++) {
            for (size_t g = 0; g < body->inputs + body->data; g++) {
                const slope__source *s = &loop->source[g];
                const int carried = s->carried != SLOPE__NONE;
                for (size_t j = 0; j < body->input[g].length && (loop->n > 0 || carried); j++)
                    in[body->input[g].first + j] =
                        carried && n > 0 ? out[body->output[s->carried].first + j]
                                         : cell[slope__view_at(&s->view, body->input[g].length, carried ? 0 : n, j)];
            }
            if (loop->n > 0)
                replay(body, in, out);
            for (size_t g = 0; g < body->outputs; g++) {
                const slope__target *t = &loop->target[g];
                for (size_t j = 0; j < body->output[g].length && t->kind != SLOPE__DROPPED && loop->n > 0; j++) {
                    slope_value *to =
                        &cell[i->result + t->base + slope__view_at(&t->view, body->output[g].length, n, j)];
                    const slope_value y = out[body->output[g].first + j];
                    *to = t->kind == SLOPE__ADDED ? slope_add(*to, y) : y;
                }
            }
            for (size_t g = 0; g < body->inputs && loop->n == 0; g++) { /* no step: where it starts */
                const slope__source *s = &loop->source[g];
                if (s->carried == SLOPE__NONE || loop->target[s->carried].kind != SLOPE__LAST)
                    continue;
                for (size_t j = 0; j < body->input[g].length; j++)
                    cell[i->result + loop->target[s->carried].base + j] = in[body->input[g].first + j];
            }
        }
        free(in);
        free(out);
    }
    for (size_t k = 0; k < f->results; k++)
        result[k] = cell[f->result[k]];
    free(cell);
}

/* Partial i of an operation on x[0..n-1], v being its value, as the values that derivative functions compute it
   with. */
static inline slope_value replay_partial(slope_op op, size_t n, const slope_value x[], slope_value v, size_t i)
{
    slope_value input[16], result = {0};
    slope__builder *b = slope__builder_create(SLOPE_PASS_FOLD | SLOPE_PASS_SHARE);
    slope__cell cell[16];
    if (!b || n >= 16)
        return result;
    const slope__cell first = slope__build_input(b, "x", n + 1);
    for (size_t k = 0; k <= n; k++) {
        cell[k] = first + (slope__cell)k;
        input[k] = k < n ? x[k] : v;
    }
    const slope__cell partial = slope__ref_cell(b, slope__build_partial(b, op, n, cell, cell[n], i));
    slope__build_output(b, "p", 1, &partial, 0);
    slope_function *f = slope__builder_finish(b, NULL);
    if (f)
        replay(f, input, &result);
    slope_function_destroy(f);
    return result;
}

#endif
