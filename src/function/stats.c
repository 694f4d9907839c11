/* SPDX-License-Identifier: MIT */
/*
 * What a function costs.  Text (operations, constants, bytes) is counted once for each body, however many loops share
 * it; work (evaluated, flops) and memory are those of one evaluation.  Counts that don't fit stay at SIZE_MAX.
 */
#include <stdlib.h>
#include <string.h>

#include "function/ir.h"

static size_t plus(size_t a, size_t b) { return a > SIZE_MAX - b ? SIZE_MAX : a + b; }
static size_t saturated(size_t a, size_t b) { return a > 0 && b > SIZE_MAX / a ? SIZE_MAX : a * b; }

/* --------------------------------------------------------------------------------------------- every text once */

static size_t bytes_of_view(const slope__view *v, size_t n, size_t length)
{
    return v->index ? saturated(saturated(n, length), sizeof *v->index) : 0;
}

static size_t bytes_of_loop(const slope__loop *loop)
{
    const slope_function *body = loop->body;
    size_t bytes = sizeof *loop + (body->inputs + body->data) * sizeof *loop->source;
    for (size_t g = 0; g < body->inputs + body->data; g++)
        bytes = plus(bytes, bytes_of_view(&loop->source[g].view, loop->source[g].carried == SLOPE__NONE ? loop->n : 1,
                                          body->input[g].length));
    for (size_t g = 0; g < body->outputs; g++)
        bytes =
            plus(bytes, sizeof *loop->target + bytes_of_view(&loop->target[g].view, loop->n, body->output[g].length));
    return bytes;
}

static size_t bytes_of(const slope_function *f)
{
    size_t bytes = sizeof *f + f->numbers * sizeof *f->number + f->instructions * sizeof *f->instruction +
                   f->operands * sizeof *f->operand + f->results * sizeof *f->result;
    for (size_t g = 0; g < f->inputs + f->data; g++)
        bytes += sizeof *f->input + strlen(f->input[g].name) + 1;
    for (size_t g = 0; g < f->outputs; g++)
        bytes += sizeof *f->output + strlen(f->output[g].name) + 1;
    for (size_t k = 0; k < f->guards; k++)
        bytes += sizeof *f->guard + (f->guard[k].file ? strlen(f->guard[k].file) + 1 : 0);
    for (size_t k = 0; k < f->loops; k++)
        bytes = plus(bytes, bytes_of_loop(&f->loop[k]));
    return bytes;
}

static void add_text(const slope_function *f, slope_function_info *info)
{
    info->operations_before = plus(info->operations_before, f->before);
    info->operations = plus(info->operations, f->opaque ? 1 : f->instructions - f->loops);
    info->numbers = plus(info->numbers, f->numbers);
    info->loops = plus(info->loops, f->loops);
    info->guards = plus(info->guards, f->guards);
    info->bytes = plus(info->bytes, bytes_of(f));
}

/* ------------------------------------------------------------------------------------------------ one evaluation */

/* Kept with every body, since many loops may share it. */
typedef struct cost {
    size_t evaluated, flops, slots;
} cost;

static slope_status cost_of(const slope_function *f, cost *c);

static void use_view(uint32_t last[], const slope__view *v, size_t n, size_t length, uint32_t when)
{
    if (v->index == NULL && v->item == 0 && n > 1)
        n = 1;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < length; j++)
            last[slope__view_at(v, length, i, j)] = when;
    }
}

/* For every cell the number (from 1) of the instruction that reads it last; 0: none does. */
static void find_last_uses(const slope_function *f, uint32_t last[])
{
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        const uint32_t when = (uint32_t)k + 1;
        for (size_t o = 0; i->code != slope__code_loop && o < i->count; o++)
            last[f->operand[i->operand + o]] = when;
        if (i->code != slope__code_loop)
            continue;
        const slope__loop *loop = &f->loop[i->operand];
        for (size_t g = 0; g < loop->body->inputs + loop->body->data; g++)
            use_view(last, &loop->source[g].view, loop->source[g].carried == SLOPE__NONE ? loop->n : 1,
                     loop->body->input[g].length, when);
    }
    for (size_t k = 0; k < f->guards; k++)
        last[f->guard[k].condition] = (uint32_t)f->instructions;
}

/*
 * The most numbers that are alive at once.  ends[k] counts those that instruction k reads last; a result that is only
 * an output is written where it belongs and takes none.
 */
static size_t most_alive(const slope_function *f, const uint32_t last[], uint32_t ends[], const size_t inside[])
{
    size_t alive = 0, most = 0;
    for (size_t c = f->input_cells + f->numbers; c < f->cells; c++)
        ends[last[c]] += last[c] > 0;
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        for (size_t r = 0; r < slope__results_of(f, i); r++)
            alive += last[i->result + r] > 0;
        const size_t now = plus(alive, i->code == slope__code_loop ? inside[i->operand] : 0);
        most = now > most ? now : most;
        alive -= ends[k + 1];
    }
    return most;
}

/* The numbers that one item of a loop needs: inputs, outputs and the body's own. */
static size_t item_slots(const slope_function *body, const cost *c)
{
    return plus(plus(body->input_cells, body->results), c->slots);
}

static slope_status add_work(const slope_function *f, cost *c, size_t inside[])
{
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code != slope__code_loop) {
            const slope_op_info *info = slope_op_describe((slope_op)i->code);
            c->evaluated = plus(c->evaluated, 1);
            c->flops = plus(c->flops, info->arity < 0 ? i->count : 1);
            continue;
        }
        const slope__loop *loop = &f->loop[i->operand];
        cost body;
        const slope_status status = cost_of(loop->body, &body);
        if (status != SLOPE_OK)
            return status;
        c->evaluated = plus(c->evaluated, saturated(loop->n, body.evaluated));
        c->flops = plus(c->flops, saturated(loop->n, body.flops));
        inside[i->operand] = loop->n > 0 ? item_slots(loop->body, &body) : 0;
    }
    return SLOPE_OK;
}

static slope_status find_cost(const slope_function *f, cost *c)
{
    if (f->opaque) { /* one operation, whatever it does */
        *c = (cost){1, 1, 0};
        return SLOPE_OK;
    }
    uint32_t *last = slope__new(f->cells, sizeof *last), *ends = slope__new(f->instructions + 1, sizeof *ends);
    size_t *inside = slope__new(f->loops, sizeof *inside);
    slope_status status = last && ends && inside ? add_work(f, c, inside) : SLOPE_ERR_MEMORY;
    if (status == SLOPE_OK) {
        find_last_uses(f, last);
        c->slots = most_alive(f, last, ends, inside);
    }
    free(last);
    free(ends);
    free(inside);
    return status;
}

static const char cost_key;

static slope_status cost_of(const slope_function *f, cost *c)
{
    const cost *known = slope__attached(f, &cost_key, 0);
    if (known) {
        *c = *known;
        return SLOPE_OK;
    }
    cost *made = slope__new(1, sizeof *made);
    const slope_status status = made ? find_cost(f, made) : SLOPE_ERR_MEMORY;
    if (status != SLOPE_OK) {
        free(made);
        return status;
    }
    *c = *made;
    return slope__attach(f, &cost_key, 0, made, free) ? SLOPE_OK : SLOPE_ERR_MEMORY;
}

slope_status slope_function_stats(const slope_function *f, slope_function_info *info)
{
    if (!f || !info)
        return SLOPE_ERR_ARGUMENT;
    *info = (slope_function_info){0};
    slope__bodies all = {0};
    slope_status status = slope__bodies_fill(&all, f);
    for (size_t k = 0; k < all.functions; k++)
        add_text(all.function[k], info);
    slope__bodies_free(&all);
    cost c = {0, 0, 0};
    if (status == SLOPE_OK)
        status = cost_of(f, &c);
    info->evaluated = c.evaluated;
    info->flops = c.flops;
    info->slots = c.slots;
    return status;
}
