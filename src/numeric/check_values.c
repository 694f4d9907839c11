/* SPDX-License-Identifier: MIT */
/*
 * The check of gradients on a tape: one input is varied, and what lies between it and y is computed again.
 *
 * The tape's values are changed in place and put back before returning, whatever happened.  slope_forward would compute
 * all nodes, and make an error stick where a trap is set and f is not finite at some x +- h.
 */
#include "numeric/numeric.h"

#include <float.h>
#include <math.h>
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
    double *bound; /* on the rounding in them; 0 where they don't depend on the input */
    uint32_t *id;  /* the nodes that depend on the input and that y depends on, ascending */
    unsigned char *reaches, *depends;
    slope_status failed; /* why the last computation did */
} cone;

static slope_status open_cone(cone *c)
{
    size_t nodes = (size_t)c->y + 1;
    if (slope__is_structural(c->tape, c->y)) {
        const slope__structure *s = slope__structure_of(c->tape, c->y);
        nodes = (size_t)s->node + s->results + 1;
    }
    c->nodes = nodes;
    const slope_status status =
        slope__block_reserve(&c->tape->allocator, &c->block, nodes,
                             sizeof *c->saved + sizeof *c->bound + sizeof *c->id + 2 * sizeof *c->reaches);
    if (status)
        return status;
    c->saved = c->block.data;
    c->bound = c->saved + nodes;
    c->id = (uint32_t *)(void *)(c->bound + nodes);
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
    memset(c->bound, 0, c->nodes * sizeof *c->bound);
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

/* A slope_function_c: y as a function of the input; NaN where a branch in a called function goes the other way. */
static int compute(size_t n, const double x[], size_t m, double y[], void *context)
{
    cone *c = context;
    double *value = c->tape->hot.value;
    (void)n, (void)m;
    if (c->input <= c->y)
        value[c->input] = x[0];
    for (size_t k = 0; k < c->count; k++) {
        c->failed = slope__recompute(c->tape, c->id[k]);
        if (c->failed == SLOPE_ERR_BRANCH)
            return 0;
        if (c->failed)
            return 1;
    }
    y[0] = value[c->y];
    return 0;
}

/* Is node id what it is at x, whatever the input is now? */
static int has_moved(const cone *c, uint32_t id)
{
    return c->bound[id] != 0.0 || c->tape->hot.value[id] != c->saved[id];
}

/* Are the operands of a node what they are at x?  Then so is its rounding, and cancels in differences. */
static int has_same_operands(const cone *c, uint32_t id)
{
    const size_t n = slope__operand_count(c->tape, id);
    for (size_t i = 0; i < n; i++) {
        const slope_value x = slope__operand_at(c->tape, id, i);
        if (slope__is_node(x) && has_moved(c, x.node.id))
            return 0;
    }
    return 1;
}

/* A bound on the rounding in the y of the last computation; -1: not known. */
static double bound_of_y(void *context)
{
    cone *c = context;
    const int is_middle = c->input > c->y || c->tape->hot.value[c->input] == c->saved[c->input];
    for (size_t k = 0; k < c->count; k++) {
        const uint32_t id = c->id[k];
        c->bound[id] = !is_middle && has_same_operands(c, id) ? 0.0 : slope__rounding(c->tape, id, c->bound);
    }
    return isfinite(c->bound[c->y]) ? c->bound[c->y] : -1.0;
}

/* One run with every rounded value moved by a unit in its last place, or two where the operation is libm's. */
static slope_status run_perturbed(const cone *c, slope_value y, uint64_t *random)
{
    slope_tape *t = c->tape;
    for (size_t k = 0; k < c->nodes; k++) {
        const uint32_t id = (uint32_t)k;
        if (!c->reaches[id] || !slope__operand_count(t, id))
            continue;
        const slope_status status = slope__recompute(t, id);
        if (status)
            return status;
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        const double units = slope__rounding(t, id, NULL) > 0.0 ? (*random >> 40 & 1 ? 1.0 : -1.0) : 0.0;
        t->hot.value[id] *= 1.0 + units * DBL_EPSILON;
    }
    return slope__sweep(t, c->y, 1, &y, NULL);
}

/*
 * How far off the gradient itself may be from rounding in f and in the sweep: entry[i].error, by the gradients in
 * entry[i].exact and a few runs that are rounded otherwise (Parker, Monte Carlo arithmetic, 1997).  In (1 - cos(x)) /
 * x^2 at 1e-4 that is more than the gradient.  Runs that fail tell nothing.
 */
static slope_status find_own_errors(const cone *c, slope_value y, size_t n, const slope_value input[],
                                    slope_check_entry entry[])
{
    enum { RUNS = 4, SAFETY = 4 };
    slope_tape *t = c->tape;
    uint64_t random = 0x9E3779B97F4A7C15u;
    const slope_error error = t->error;
    for (size_t i = 0; i < n; i++) {
        entry[i].exact = slope__grad(input[i]);
        entry[i].error = 0.0;
    }
    for (int run = 0; run < RUNS; run++) {
        const slope_status status = run_perturbed(c, y, &random);
        for (size_t i = 0; i < n && !status; i++) {
            const double off = fabs(slope__grad(input[i]) - entry[i].exact);
            entry[i].error = fmax(entry[i].error, isfinite(off) ? SAFETY * off : 0.0);
        }
        t->error = error;
        slope__set_limit(t);
        memcpy(t->hot.value, c->saved, c->nodes * sizeof *c->saved);
    }
    return slope__sweep(t, c->y, 1, &y, NULL);
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

/* depends[0 ... last]: which nodes of the tape depend on the input, whatever y is computed from. */
static void mark_dependent(const slope_tape *t, uint32_t input, uint32_t last, unsigned char depends[])
{
    memset(depends, 0, (size_t)last + 1);
    for (uint32_t id = input; id <= last; id++) {
        const size_t n = slope__operand_count(t, id);
        depends[id] = id == input;
        for (size_t i = 0; i < n && !depends[id]; i++) {
            const slope_value x = slope__operand_at(t, id, i);
            depends[id] = slope__is_node(x) && depends[x.node.id];
        }
    }
}

/* Did the node decide a branch, or is it a call, map or fold, in which one was? */
static int decided(const slope_tape *t, uint32_t id)
{
    size_t g = 0;
    while (g < t->guards_count && t->guards[g].node != id)
        g++;
    return g < t->guards_count || slope__is_structural(t, id);
}

/*
 * Does a branch depend on the input that was decided at a tie?  Then the recorded way is not what lies beside x,
 * however well its slope agrees with itself.
 */
static slope_status find_branch(slope_tape *t, slope_value y, uint32_t input, int *found)
{
    enum { MOST = 16 }; /* ties that are looked at */
    slope_tie tie = {.ties = 1};
    slope__block block = {NULL, 0};
    *found = 0;
    if (!t->guards_count && !t->structures_count)
        return SLOPE_OK;
    slope_status status = slope__block_reserve(&t->allocator, &block, t->hot.count, 1);
    for (size_t k = 0; k < tie.ties && k < MOST && !status && !*found; k++) {
        status = slope_find_tie(t, y, k, &tie);
        if (status || slope_is_null(tie.node) || !decided(t, tie.node.node.id))
            continue;
        mark_dependent(t, input, (uint32_t)t->hot.count - 1, block.data);
        *found = ((const unsigned char *)block.data)[tie.node.node.id];
    }
    slope__block_free(&t->allocator, &block);
    return status;
}

/* y is a number: it depends on nothing. */
static void check_number(double y, size_t n, slope_check_entry entry[])
{
    slope__slope flat = {.is_finite = y - y == 0.0, .is_flat = 1};
    for (size_t i = 0; i < n; i++)
        slope__judge(0.0, 0.0, &flat, &entry[i]);
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
    double x;
    slope__probe p = {.f = compute, .context = &c, .n = 1, .m = 1, .x = &x, .bound = bound_of_y};
    status = open_cone(&c);
    status = status ? status : find_own_errors(&c, y, n, input, entry);
    for (size_t i = 0; i < n && !status; i++) {
        x = slope__data(input[i]);
        aim_at_input(&c, input[i].node.id);
        status = slope__probe_open(&p, &options);
        status = status ? status : slope__check_line(&p, 0.0, entry[i].exact, entry[i].error, &entry[i]);
        slope__probe_close(&p);
        memcpy(y.tape->hot.value, c.saved, c.nodes * sizeof *c.saved);
        if (status == SLOPE_ERR_CALLBACK)
            status = c.failed;
        if (!status && (entry[i].verdict == SLOPE_VERDICT_RIGHT || entry[i].verdict == SLOPE_VERDICT_NOISE)) {
            int is_branch;
            status = find_branch(y.tape, y, input[i].node.id, &is_branch);
            if (!status && is_branch)
                entry[i].verdict = SLOPE_VERDICT_BRANCH;
        }
    }
    close_cone(&c);
    return status;
}
