/* SPDX-License-Identifier: MIT */
/*
 * The check of gradients on a tape: one input is varied, and what lies between it and y is computed again.
 *
 * The tape's values are changed in place and put back before returning, whatever happened.  slope_forward would compute
 * all nodes, and make an error stick where a trap is set and f is not finite at some x +- h.
 */
#include "numeric/numeric.h"

#include <string.h>

#include "tape/tape.h"

/* The nodes between one input and y. */
typedef struct cone {
    slope_tape *tape;
    uint32_t input, y;
    size_t count;
    size_t nodes; /* whose values may change: to y, or to the last result of the structure that y is of */
    slope__block block;
    double *saved; /* their values */
    uint32_t *id;  /* the nodes that depend on the input and that y depends on, ascending */
    unsigned char *reaches, *depends;
    slope_status failed; /* what stood against computing y */
} cone;

static slope_status open_cone(cone *c)
{
    size_t nodes = (size_t)c->y + 1;
    if (slope__is_structural(c->tape, c->y)) {
        const slope__structure *s = slope__structure_of(c->tape, c->y);
        nodes = (size_t)s->node + s->results + 1;
    }
    c->nodes = nodes;
    const slope_status status = slope__block_reserve(&c->tape->allocator, &c->block, nodes,
                                                     sizeof *c->saved + sizeof *c->id + 2 * sizeof *c->reaches);
    if (status)
        return status;
    c->saved = c->block.data;
    c->id = (uint32_t *)(void *)(c->saved + nodes);
    c->reaches = (unsigned char *)(c->id + nodes);
    c->depends = c->reaches + nodes;
    memcpy(c->saved, c->tape->hot.value, nodes * sizeof *c->saved);
    slope__mark_reached(c->tape, c->y, c->reaches);
    return SLOPE_OK;
}

static void close_cone(cone *c)
{
    if (c->saved)
        memcpy(c->tape->hot.value, c->saved, c->nodes * sizeof *c->saved);
    slope__block_free(&c->tape->allocator, &c->block);
}

/* Finds the nodes for an input. */
static void aim_at_input(cone *c, uint32_t input)
{
    c->input = input;
    c->count = 0;
    memset(c->depends, 0, (size_t)c->y + 1);
    if (input > c->y)
        return;
    c->depends[input] = 1;
    for (uint32_t id = input + 1; id <= c->y; id++) {
        if (!c->reaches[id] || (c->tape->hot.code[id] & CODE_MASK) == slope__code_detach)
            continue; /* what is detached keeps its number, as the slope says */
        const size_t n = slope__operand_count(c->tape, id);
        for (size_t i = 0; i < n && !c->depends[id]; i++) {
            const slope_value x = slope__operand_at(c->tape, id, i);
            c->depends[id] = slope__is_node(x) && c->depends[x.node.id];
        }
        if (c->depends[id])
            c->id[c->count++] = id;
    }
}

/* A slope_function_c: y as a function of the input. */
static int compute(size_t n, const double x[], size_t m, double y[], void *context)
{
    cone *c = context;
    double *value = c->tape->hot.value;
    (void)n, (void)m;
    if (c->input <= c->y)
        value[c->input] = x[0];
    for (size_t k = 0; k < c->count; k++) {
        c->failed = slope__recompute(c->tape, c->id[k]);
        if (c->failed != SLOPE_OK)
            return 1;
    }
    y[0] = value[c->y];
    return 0;
}

static slope_status check_input(slope_value y, slope_value input)
{
    if (slope_is_null(input))
        return SLOPE_ERR_NULL;
    if (slope_is_number(input))
        return SLOPE_ERR_ARGUMENT;
    if (!slope__is_alive(input.tape, input.node))
        return SLOPE_ERR_STALE;
    if (slope__is_node(y) && y.tape != input.tape)
        return SLOPE_ERR_FOREIGN;
    return input.tape->hot.code[input.node.id] == slope__code_var ? SLOPE_OK : SLOPE_ERR_ARGUMENT;
}

/* y is a number: it depends on nothing. */
static void check_number(double y, size_t n, slope_check_entry entry[])
{
    slope__slope flat = {.is_finite = y - y == 0.0, .is_flat = 1, .coarse_error = -1.0};
    for (size_t i = 0; i < n; i++)
        slope__judge(0.0, &flat, &entry[i]);
}

slope_status slope_check_values(slope_value y, size_t n, const slope_value input[], slope_check_entry entry[])
{
    if (!n || !input || !entry || n > SIZE_MAX / sizeof *entry)
        return SLOPE_ERR_ARGUMENT;
    slope_status status = slope_backward(y);
    for (size_t i = 0; i < n && !status; i++)
        status = check_input(y, input[i]);
    if (status)
        return status;
    if (slope_is_number(y)) {
        check_number(y.number, n, entry);
        return SLOPE_OK;
    }
    cone c = {.tape = y.tape, .y = y.node.id};
    slope_numeric_options options = slope_numeric_options_default();
    options.allocator = y.tape->allocator;
    status = open_cone(&c);
    for (size_t i = 0; i < n && !status; i++) {
        const double x = slope__data(input[i]);
        const double exact = slope__grad(input[i]);
        aim_at_input(&c, input[i].node.id);
        status = slope_check_gradient(compute, 1, &x, &exact, &c, &options, &entry[i]);
        status = status == SLOPE_ERR_CALLBACK ? c.failed : status;
        memcpy(y.tape->hot.value, c.saved, c.nodes * sizeof *c.saved);
    }
    close_cone(&c);
    return status;
}
