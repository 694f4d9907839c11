/* SPDX-License-Identifier: MIT */
/*
 * What a function's outputs need: which instructions, which targets of its loops, which of its inputs.
 *
 * One sweep from the last instruction to the first; loops ask the same of their bodies, by a mask of output groups. The
 * answers for bodies are kept with them, so that many loops over one body cost one look.
 */
#include "function/needs.h"

#include <stdlib.h>
#include <string.h>

/* Marks what a view reads; of strides all between the lowest and the highest. */
static void mark_view(unsigned char live[], const slope__view *view, size_t n, size_t length)
{
    slope__cell low, high;
    if (n == 0 || length == 0)
        return;
    for (size_t k = 0; view->index && k < n * length; k++)
        live[view->index[k]] = 1;
    if (view->index)
        return;
    slope__view_range(view, n, length, &low, &high);
    memset(live + low, 1, (size_t)high - low + 1);
}

static int any(const unsigned char live[], size_t n) { return n > 0 && memchr(live, 1, n) != NULL; }

/* The body's inputs that these outputs need, and the outputs that those are carried from, until there are no more. */
static slope_status close_over_steps(const slope__loop *loop, slope__use *use)
{
    const slope_function *body = loop->body;
    for (;;) {
        const slope__mask before = use->outputs;
        const slope_status status = slope__needed_inputs(body, use->outputs, &use->inputs);
        if (status != SLOPE_OK)
            return status;
        for (size_t g = 0; g < body->inputs; g++) {
            if (slope__mask_has(use->inputs, g) && loop->source[g].carried != SLOPE__NONE)
                use->outputs |= slope__mask_bit(loop->source[g].carried);
        }
        if (use->outputs == before)
            return SLOPE_OK;
    }
}

slope_status slope__loop_use(const slope__loop *loop, const unsigned char live[], slope__use *use)
{
    const slope_function *body = loop->body;
    const size_t groups = body->inputs + body->data;
    *use = (slope__use){0, 0, 0};
    if (!any(live, loop->results))
        return SLOPE_OK;
    if (groups > SLOPE__MASK_BITS || body->outputs > SLOPE__MASK_BITS || loop->n == 0) {
        *use = (slope__use){SLOPE__MASK_ALL, SLOPE__MASK_ALL, SLOPE__MASK_ALL};
        return SLOPE_OK;
    }
    for (size_t g = 0; g < body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        if (any(live + t->base, t->extent))
            use->targets |= slope__mask_bit(g);
    }
    use->outputs = use->targets;
    if (body->opaque)
        use->outputs = use->inputs = SLOPE__MASK_ALL; /* it can't do less than all */
    return body->opaque ? SLOPE_OK : close_over_steps(loop, use);
}

static slope_status mark_loop(const slope__loop *loop, const unsigned char live[], unsigned char cell[])
{
    slope__use use;
    const slope_status status = slope__loop_use(loop, live, &use);
    if (status != SLOPE_OK || use.targets == 0)
        return status;
    const slope_function *body = loop->body;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        if (slope__mask_has(use.inputs, g))
            mark_view(cell, &loop->source[g].view, loop->source[g].carried == SLOPE__NONE ? loop->n : 1,
                      body->input[g].length);
    }
    return SLOPE_OK;
}

slope_status slope__mark_live(const slope_function *f, unsigned char cell[])
{
    for (size_t k = 0; k < f->guards; k++)
        cell[f->guard[k].condition] = 1;
    for (size_t k = f->instructions; k-- > 0;) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop) {
            const slope_status status = mark_loop(&f->loop[i->operand], cell + i->result, cell);
            if (status != SLOPE_OK)
                return status;
        } else if (cell[i->result]) {
            for (size_t o = 0; o < i->count; o++)
                cell[f->operand[i->operand + o]] = 1;
        }
    }
    return SLOPE_OK;
}

static const char inputs_key;

/* The marks of inputs that outputs need, from a sweep. */
static slope_status find_inputs(const slope_function *f, slope__mask outputs, slope__mask *inputs)
{
    if (f->opaque) {
        *inputs = SLOPE__MASK_ALL;
        return SLOPE_OK;
    }
    unsigned char *cell = slope__new(f->cells, 1);
    if (!cell)
        return SLOPE_ERR_MEMORY;
    for (size_t g = 0; g < f->outputs; g++) {
        for (size_t j = 0; slope__mask_has(outputs, g) && j < f->output[g].length; j++)
            cell[f->result[f->output[g].first + j]] = 1;
    }
    const slope_status status = slope__mark_live(f, cell);
    *inputs = 0;
    for (size_t g = 0; g < f->inputs + f->data; g++) {
        if (any(cell + f->input[g].first, f->input[g].length))
            *inputs |= slope__mask_bit(g);
    }
    free(cell);
    return status;
}

slope_status slope__needed_inputs(const slope_function *f, slope__mask outputs, slope__mask *inputs)
{
    const slope__mask *known = slope__attached(f, &inputs_key, outputs);
    if (known) {
        *inputs = *known;
        return SLOPE_OK;
    }
    slope__mask *keep = slope__new(1, sizeof *keep);
    const slope_status status = keep ? find_inputs(f, outputs, keep) : SLOPE_ERR_MEMORY;
    if (status != SLOPE_OK) {
        free(keep);
        return status;
    }
    *inputs = *keep;
    return slope__attach(f, &inputs_key, outputs, keep, free) ? SLOPE_OK : SLOPE_ERR_MEMORY;
}
