/* SPDX-License-Identifier: MIT */
/*
 * Random functions from a seed: every operation of the table, shared subexpressions, several groups, and calls, maps,
 * sums and folds nested, with checkpoints or without, whose views are shared, strided, overlapping, reversed, lists, or
 * those of another group.  Groups of length 0 and 1, loops of no or one item, groups that are not read and results that
 * are not wanted are as frequent as ordinary ones.  What every back end is held to.
 */
#ifndef RANDOM_FUNCTION_H
#define RANDOM_FUNCTION_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "function/ir.h"
#include "record/record.h"

typedef struct random_options {
    uint64_t seed;
    size_t operations; /* of each text, about */
    unsigned depth;    /* of loops within loops; 0: none */
    unsigned passes;   /* given to the builder */
    int tame;          /* operands are brought into the interval of the operation first, so that results stay finite */
    int exact;         /* only operations that IEEE 754 rounds correctly: the same bits from every evaluator */
    int smooth;        /* no operation with kinks or steps (squashing has one at 0) */
} random_options;

static inline uint64_t random_next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static inline size_t random_below(uint64_t *seed, size_t n) { return (size_t)(random_next(seed) % n); }

static inline double random_double(uint64_t *seed, double low, double high)
{
    return low + (high - low) * ((double)random_next(seed) / (double)0x7fffffff);
}

static inline void random_fill(uint64_t *seed, size_t n, double x[])
{
    for (size_t k = 0; k < n; k++)
        x[k] = random_double(seed, -3.0, 3.0);
}

/* Of a group: 0 ... 4. */
static inline size_t random_length(uint64_t *seed)
{
    static const size_t length[] = {0, 1, 1, 2, 3, 4};
    return length[random_below(seed, 6)];
}

/* A cell, the youngest ones more often. */
static inline slope__cell random_cell(uint64_t *seed, slope__builder *b)
{
    if (slope__built_cells(b) == 0) /* all inputs are empty */
        return slope__build_number(b, random_double(seed, -3.0, 3.0));
    const size_t cells = slope__built_cells(b), last = cells < 12 ? cells : 12;
    return (slope__cell)(random_below(seed, 3) ? cells - 1 - random_below(seed, last) : random_below(seed, cells));
}

/* x / (1 + |x|) stretched to low ... high: every step is rounded correctly.  No call has two calls as arguments: a seed
   means the same function for every compiler. */
static inline slope__cell random_squash(slope__builder *b, slope__cell x, double low, double high)
{
    const slope__cell one = slope__build_number(b, 1.0), positive = slope__build1(b, slope__code_abs, x);
    const slope__cell size = slope__build2(b, slope__code_add, one, positive);
    const slope__cell unit = slope__build2(b, slope__code_div, x, size);
    const slope__cell half = slope__build_number(b, (high - low) / 2),
                      middle = slope__build_number(b, (high + low) / 2);
    return slope__build2(b, slope__code_add, middle, slope__build2(b, slope__code_mul, half, unit));
}

static inline int random_is_exact(unsigned code)
{
    return (code >= slope__code_add && code <= slope__code_fma && code != slope__code_none) ||
           code == slope__code_square || code == slope__code_sqrt ||
           (code >= slope__code_abs && code <= slope__code_leaky_relu) ||
           (code >= slope__code_floor && code <= slope__code_select) || code == slope__code_sum ||
           code == slope__code_dot;
}

static inline void random_operation(uint64_t *seed, slope__builder *b, const random_options *o)
{
    unsigned code;
    const slope_op_info *info;
    do {
        code = slope__code_add + (unsigned)random_below(seed, slope__code_custom - slope__code_add);
        info = slope_op_describe((slope_op)code);
    } while (
        (o->exact && !random_is_exact(code)) || (o->smooth && !info->smooth) ||
        (o->tame && info->arity == 2 && (info->low == info->high || info->low2 == info->high2))); /* whole operands */
    slope__cell x[6];
    size_t n = info->arity < 0 ? 1 + random_below(seed, 6) : (size_t)info->arity;
    if (code == slope__code_dot)
        n -= n % 2;
    for (size_t k = 0; k < n; k++) {
        x[k] =
            random_below(seed, 6) ? random_cell(seed, b) : slope__build_number(b, (double)random_below(seed, 5) - 1.5);
        if (o->tame)
            x[k] = k == 1 ? random_squash(b, x[k], info->low2, info->high2)
                          : random_squash(b, x[k], info->low, info->high);
    }
    if (code == slope__code_powi) /* whole exponents, mostly */
        x[1] = slope__build_number(b, (double)random_below(seed, 6) - 2.0);
    (void)slope__build(b, code, n, x);
}

static inline slope_function *random_text(uint64_t *seed, const random_options *o, unsigned depth);

/* A view of n * length cells below `cells`: strides where they fit, else a list, which *index owns. */
static inline slope__view random_view(uint64_t *seed, size_t cells, size_t n, size_t length, int items)
{
    slope__view v = {0, 0, 1, NULL};
    if (n == 0 || length == 0)
        return v;
    const int64_t strides[] = {0, 1, -1, (int64_t)length, -(int64_t)length, 2};
    v.item = items ? strides[random_below(seed, 6)] : 0;
    v.element = random_below(seed, 4) ? 1 : -1;
    const int64_t along = (int64_t)(n - 1) * v.item, across = (int64_t)(length - 1) * v.element;
    const int64_t low = (along < 0 ? along : 0) + (across < 0 ? across : 0),
                  high = (along > 0 ? along : 0) + (across > 0 ? across : 0);
    if (high - low < (int64_t)cells && random_below(seed, 5)) {
        v.first = -low + (int64_t)random_below(seed, cells - (size_t)(high - low));
        return v;
    }
    v.item = v.element = 0;
    v.index = malloc(n * length * sizeof *v.index);
    for (size_t k = 0; v.index && k < n * length; k++)
        v.index[k] = (uint32_t)random_below(seed, cells);
    return v;
}

/* Where the input groups of a loop's body come from. */
static inline void random_sources(uint64_t *seed, const slope__builder *b, slope__loop *loop)
{
    const slope_function *body = loop->body;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        slope__source *s = &loop->source[g];
        const size_t length = body->input[g].length;
        s->carried = SLOPE__NONE;
        for (size_t k = 0; k < body->outputs && g < body->inputs; k++) { /* an output carries one input at most */
            int taken = 0;
            for (size_t h = 0; h < g; h++)
                taken |= loop->source[h].carried == k;
            if (!taken && body->output[k].length == length && random_below(seed, 3) == 0)
                s->carried = (uint32_t)k;
        }
        const int items = s->carried == SLOPE__NONE;
        const size_t n = items ? loop->n : 1;
        const slope__source *like = g > 0 ? &loop->source[random_below(seed, g)] : NULL;
        if (like && (like->carried == SLOPE__NONE) == items && !like->view.index && random_below(seed, 3) == 0 &&
            body->input[like - loop->source].length >= length)
            s->view = like->view; /* the same array twice */
        else
            s->view = random_view(seed, slope__built_cells(b), n, length, items);
    }
}

/* Where the output groups go. */
static inline void random_targets(uint64_t *seed, slope__loop *loop)
{
    const slope_function *body = loop->body;
    for (size_t k = 0; k < body->outputs; k++) {
        slope__target *t = &loop->target[k];
        const size_t length = body->output[k].length;
        t->kind = (slope__target_kind)random_below(seed, 4);
        if (t->kind != SLOPE__ADDED)
            continue;
        t->extent = (uint32_t)(length + random_below(seed, 3) * loop->n);
        if (t->extent == 0)
            t->extent = (uint32_t)random_below(seed, 2);
        t->view = random_view(seed, t->extent, loop->n, length, 1);
    }
}

/* A fold as slope_fold makes it: its states are LAST or not wanted, its other outputs EACH or not wanted. */
static inline void random_fold(uint64_t *seed, slope__builder *b, slope__loop *loop)
{
    size_t results = 0;
    for (size_t k = 0; k < loop->body->outputs; k++) {
        slope__target *t = &loop->target[k];
        int is_state = 0;
        for (size_t g = 0; g < loop->body->inputs; g++)
            is_state |= loop->source[g].carried == k;
        free(t->view.index);
        *t = (slope__target){.kind = random_below(seed, 3) == 0 ? SLOPE__DROPPED
                                     : is_state                 ? SLOPE__LAST
                                                                : SLOPE__EACH};
        results += loop->body->output[k].length * (loop->n + 1);
    }
    slope__cell *result = slope__new(results, sizeof *result);
    if (result)
        slope__build_fold(b, loop, (unsigned)random_below(seed, 4), result);
    free(result);
}

static inline void random_loop(uint64_t *seed, slope__builder *b, const random_options *o, unsigned depth)
{
    static const size_t counts[] = {0, 1, 1, 2, 3, 7, 8, 9, 17, 40};
    slope_function *body = random_text(seed, o, depth - 1);
    if (!body)
        return;
    (void)random_cell(seed, b); /* there is something to view */
    const size_t sources = body->inputs + body->data;
    slope__source *source = slope__new(sources, sizeof *source);
    slope__target *target = slope__new(body->outputs, sizeof *target);
    slope__loop loop = {.body = body, .n = counts[random_below(seed, 10)], .source = source, .target = target};
    if (depth > 1 && loop.n > 9)
        loop.n = 4;
    random_sources(seed, b, &loop);
    random_targets(seed, &loop);
    if (random_below(seed, 4) == 0)
        random_fold(seed, b, &loop);
    else
        (void)slope__build_loop(b, &loop);
    for (size_t g = 0; g < sources; g++)
        free(source[g].view.index);
    for (size_t k = 0; k < body->outputs; k++)
        free(target[k].view.index);
    free(source);
    free(target);
    slope_function_destroy(body);
}

static inline slope_function *random_text(uint64_t *seed, const random_options *o, unsigned depth)
{
    static const char *const input[] = {"x", "y", "z"}, *const output[] = {"u", "v", "w"};
    slope__builder *b = slope__builder_create(o->passes);
    if (!b)
        return NULL;
    const size_t inputs = 1 + random_below(seed, 3), outputs = 1 + random_below(seed, 3);
    for (size_t g = 0; g < inputs; g++)
        (void)slope__build_input(b, input[g], random_length(seed));
    const size_t operations = 1 + random_below(seed, 2 * o->operations);
    for (size_t k = 0; k < operations; k++) {
        if (depth > 0 && random_below(seed, operations) < 2)
            random_loop(seed, b, o, depth);
        else
            random_operation(seed, b, o);
    }
    if (depth > 0)
        random_loop(seed, b, o, depth);
    for (size_t g = 0; g < outputs; g++) {
        slope__cell cell[4];
        const size_t length = random_length(seed);
        for (size_t j = 0; j < length; j++)
            cell[j] = random_cell(seed, b);
        slope__build_output(b, output[g], length, cell, 0);
    }
    slope_error error;
    slope_function *f = slope__builder_finish(b, &error);
    if (!f)
        (void)fprintf(stderr, "no random function: %s\n", error.message);
    return f;
}

/* The function of these options, owned by the caller. */
static inline slope_function *random_function(const random_options *o)
{
    uint64_t seed = o->seed * 2654435761u + 12345;
    for (int k = 0; k < 4; k++)
        (void)random_next(&seed);
    return random_text(&seed, o, o->depth);
}

/* Arrays for the groups of a function: random inputs, room for outputs. */
typedef struct random_arrays {
    double *x[32], *y[64];
    size_t inputs, outputs;
} random_arrays;

static inline void random_arrays_make(random_arrays *a, const slope_function *f, uint64_t seed)
{
    a->inputs = f->inputs + f->data;
    a->outputs = f->outputs;
    for (size_t g = 0; g < a->inputs && g < 32; g++) {
        a->x[g] = slope__new(f->input[g].length, sizeof(double));
        random_fill(&seed, f->input[g].length, a->x[g]);
    }
    for (size_t g = 0; g < a->outputs && g < 64; g++)
        a->y[g] = slope__new(f->output[g].length, sizeof(double));
}

static inline void random_arrays_free(random_arrays *a)
{
    for (size_t g = 0; g < a->inputs && g < 32; g++)
        free(a->x[g]);
    for (size_t g = 0; g < a->outputs && g < 64; g++)
        free(a->y[g]);
}

#endif
