/* SPDX-License-Identifier: MIT */
/*
 * The reference evaluator: every cell a number, one instruction after another, loops item by item.  Slow and plain on
 * purpose: what it gives is what functions mean.
 */
#include <stdlib.h>
#include <string.h>

#include "function/ir.h"
#include "function/opaque.h"

static slope_status run(const slope_function *f, double cell[], double operand[], size_t *guard);

size_t slope__widest(const slope_function *f)
{
    size_t most = 3;
    for (size_t k = 0; k < f->instructions; k++) {
        if (f->instruction[k].count > most)
            most = f->instruction[k].count;
    }
    return most;
}

void slope__loop_gather(const slope__loop *loop, size_t i, const double cell[], const double carried[], double inner[])
{
    const slope_function *body = loop->body;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        const slope__source *s = &loop->source[g];
        const slope__group *in = &body->input[g];
        for (size_t j = 0; j < in->length; j++) {
            if (s->carried != SLOPE__NONE && i > 0)
                inner[in->first + j] = carried[body->output[s->carried].first + j];
            else
                inner[in->first + j] = cell[slope__view_at(&s->view, in->length, s->carried == SLOPE__NONE ? i : 0, j)];
        }
    }
}

void slope__loop_scatter(const slope__loop *loop, size_t i, const double out[], double result[])
{
    const slope_function *body = loop->body;
    for (size_t g = 0; g < body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        const size_t length = body->output[g].length;
        for (size_t j = 0; t->kind != SLOPE__DROPPED && j < length; j++) {
            double *to = &result[t->base + slope__view_at(&t->view, length, i, j)];
            *to = t->kind == SLOPE__ADDED ? *to + out[body->output[g].first + j] : out[body->output[g].first + j];
        }
    }
}

void slope__loop_start(const slope__loop *loop, const double cell[], double result[])
{
    const slope_function *body = loop->body;
    memset(result, 0, loop->results * sizeof *result);
    for (size_t g = 0; g < body->inputs && loop->n == 0; g++) {
        const slope__source *s = &loop->source[g];
        if (s->carried == SLOPE__NONE || loop->target[s->carried].kind != SLOPE__LAST)
            continue;
        for (size_t j = 0; j < body->input[g].length; j++)
            result[loop->target[s->carried].base + j] = cell[slope__view_at(&s->view, body->input[g].length, 0, j)];
    }
}

static slope_status run_loop(const slope__loop *loop, const double cell[], double result[])
{
    const slope_function *body = loop->body;
    double *inner = slope__new(body->cells, sizeof *inner), *operand = slope__new(slope__widest(body), sizeof *operand);
    double *out = slope__new(body->results, sizeof *out);
    slope_status status = inner && operand && out ? SLOPE_OK : SLOPE_ERR_MEMORY;
    if (status == SLOPE_OK)
        slope__loop_start(loop, cell, result);
    for (size_t i = 0; status == SLOPE_OK && i < loop->n; i++) {
        slope__loop_gather(loop, i, cell, out, inner);
        status = run(body, inner, operand, NULL);
        for (size_t k = 0; k < body->results; k++)
            out[k] = inner[body->result[k]];
        if (status == SLOPE_OK)
            slope__loop_scatter(loop, i, out, result);
    }
    free(inner);
    free(operand);
    free(out);
    return status;
}

static slope_status run_opaque(const slope_function *f, double cell[])
{
    const double **x = slope__new(f->inputs, sizeof *x);
    double **y = slope__new(f->outputs, sizeof *y);
    for (size_t g = 0; x && g < f->inputs; g++)
        x[g] = cell + f->input[g].first;
    for (size_t g = 0; y && g < f->outputs; g++)
        y[g] = cell + f->input_cells + f->output[g].first;
    const slope_status status = x && y ? slope__opaque_eval(f, x, y) : SLOPE_ERR_MEMORY;
    free(x);
    free(y);
    return status;
}

/* Everything behind the inputs. */
static slope_status run(const slope_function *f, double cell[], double operand[], size_t *guard)
{
    if (f->opaque)
        return run_opaque(f, cell);
    if (f->numbers > 0)
        memcpy(cell + f->input_cells, f->number, f->numbers * sizeof *cell);
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop) {
            const slope_status status = run_loop(&f->loop[i->operand], cell, cell + i->result);
            if (status != SLOPE_OK)
                return status;
            continue;
        }
        for (size_t o = 0; o < i->count; o++)
            operand[o] = cell[f->operand[i->operand + o]];
        cell[i->result] = slope__value(i->code, i->count, operand);
    }
    for (size_t k = 0; k < f->guards; k++) {
        if ((cell[f->guard[k].condition] != 0) != (f->guard[k].expected != 0)) {
            if (guard)
                *guard = k;
            return SLOPE_ERR_BRANCH;
        }
    }
    return SLOPE_OK;
}

slope_status slope__interpret(const slope_function *f, const double *const x[], double *const y[], size_t *guard)
{
    if (guard)
        *guard = SIZE_MAX;
    double *cell = slope__new(f->cells, sizeof *cell), *operand = slope__new(slope__widest(f), sizeof *operand);
    slope_status status = cell && operand ? SLOPE_OK : SLOPE_ERR_MEMORY;
    for (size_t g = 0; status == SLOPE_OK && g < f->inputs + f->data; g++) {
        if (f->input[g].length > 0)
            memcpy(cell + f->input[g].first, x[g], f->input[g].length * sizeof *cell);
    }
    if (status == SLOPE_OK)
        status = run(f, cell, operand, guard);
    for (size_t g = 0; status == SLOPE_OK && g < f->outputs; g++) {
        for (size_t j = 0; y[g] && j < f->output[g].length; j++)
            y[g][j] = cell[f->result[f->output[g].first + j]];
    }
    free(cell);
    free(operand);
    return status;
}
