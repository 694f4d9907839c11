/* SPDX-License-Identifier: MIT */
/*
 * Folds that store few states: n steps as a fold of blocks, each block a fold of steps (or again of blocks).  The
 * ordinary derivative of such a fold stores the state before each block only, and inside a block that of each step, one
 * block at a time: checkpoints, one level of them for one more forward run.
 */
#include <math.h>
#include <stdlib.h>

#include "record/record.h"

/* How a source is seen from a block of m steps: the block reads a stretch of `length` cells, its steps read from
   that. */
typedef struct split_view {
    size_t length;       /* of the block's input group */
    slope__view outside; /* of the loop over blocks: element j of block i */
    slope__view inside;  /* of the steps, cells counted from the group's first */
} split_view;

static slope_status split_source(const slope__source *s, size_t length, size_t blocks, size_t m, split_view *out)
{
    const slope__view *v = &s->view;
    if (s->carried != SLOPE__NONE || length == 0) {
        *out = (split_view){length, *v, {0, 0, 1, NULL}};
        return slope__view_map(v, 1, length, NULL, &out->outside);
    }
    if (v->index) { /* what the block's steps read, one after another */
        *out = (split_view){m * length, {0, 0, 1, NULL}, {0, (int64_t)length, 1, NULL}};
        return slope__view_list(blocks, m * length, v->index, &out->outside);
    }
    const int64_t along = (int64_t)(m - 1) * v->item, across = (int64_t)(length - 1) * v->element;
    const int64_t low = (along < 0 ? along : 0) + (across < 0 ? across : 0);
    const int64_t high = (along > 0 ? along : 0) + (across > 0 ? across : 0);
    *out = (split_view){
        (size_t)(high - low + 1), {v->first + low, (int64_t)m * v->item, 1, NULL}, {-low, v->item, v->element, NULL}};
    return SLOPE_OK;
}

/* Whether a step begins with what output k of the step before gave. */
static int is_state(const slope__loop *loop, size_t k)
{
    for (size_t g = 0; g < loop->body->inputs; g++) {
        if (loop->source[g].carried == k)
            return 1;
    }
    return 0;
}

/* m steps as a function of its own, with the groups of the body; it gives its states whether their end is wanted or
   not, for the next block. */
static slope_function *make_block(slope__builder *outer, const slope__loop *loop, const split_view s[], size_t m,
                                  unsigned levels)
{
    const slope_function *f = loop->body;
    const size_t sources = f->inputs + f->data;
    slope__builder *b = slope__builder_create(slope__builder_passes(outer));
    slope__loop steps = {.body = f, .n = m};
    steps.source = slope__new(sources, sizeof *steps.source);
    steps.target = slope__new(f->outputs, sizeof *steps.target);
    slope__cell *result = NULL;
    if (b && steps.source && steps.target) {
        size_t results = 0;
        for (size_t g = 0; g < sources; g++) {
            const slope__cell first = g < f->inputs ? slope__build_input(b, f->input[g].name, s[g].length)
                                                    : slope__build_data(b, f->input[g].name, s[g].length, NULL);
            steps.source[g] = (slope__source){s[g].inside, loop->source[g].carried};
            steps.source[g].view.first += (int64_t)first;
        }
        for (size_t k = 0; k < f->outputs; k++) {
            steps.target[k].kind = is_state(loop, k) ? SLOPE__LAST : loop->target[k].kind;
            results += (loop->target[k].kind == SLOPE__EACH ? m : 1) * f->output[k].length;
        }
        result = slope__new(results, sizeof *result);
        if (!result)
            slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a fold");
        else
            slope__build_fold(b, &steps, levels, result);
        for (size_t k = 0; k < f->outputs && result; k++)
            slope__build_output(b, f->output[k].name, steps.target[k].extent, result + steps.target[k].base, 0);
    } else if (b) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a fold");
    }
    free(result);
    free(steps.source);
    free(steps.target);
    slope_error error = {0};
    slope_function *block = slope__builder_finish(b, &error);
    if (!block)
        slope__builder_fail(outer, error.status, "%.200s", error.message);
    return block;
}

/* The steps behind the last block, which begin where it ended; adds their results behind those of the blocks. */
static void build_rest(slope__builder *b, const slope__loop *loop, const slope__loop *blocks, slope__cell first,
                       size_t done, unsigned levels, slope__cell result[])
{
    const slope_function *f = loop->body;
    slope__loop rest = *loop;
    rest.n = loop->n - done;
    rest.source = slope__new(f->inputs + f->data, sizeof *rest.source);
    rest.target = slope__new(f->outputs, sizeof *rest.target);
    slope__cell *last = slope__new(loop->results, sizeof *last);
    if (!rest.source || !rest.target || !last) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a fold");
    } else {
        for (size_t g = 0; g < f->inputs + f->data; g++) {
            const slope__source *s = &loop->source[g];
            rest.source[g] = *s;
            if (s->carried != SLOPE__NONE)
                rest.source[g].view = (slope__view){(int64_t)first + blocks->target[s->carried].base, 0, 1, NULL};
            else if (s->view.index)
                rest.source[g].view.index = s->view.index + done * f->input[g].length;
            else
                rest.source[g].view.first += (int64_t)done * s->view.item;
        }
        for (size_t k = 0; k < f->outputs; k++)
            rest.target[k].kind = loop->target[k].kind;
        slope__build_fold(b, &rest, levels, last);
        for (size_t k = 0; k < f->outputs; k++) {
            const size_t length = f->output[k].length;
            const size_t at = loop->target[k].base + (loop->target[k].kind == SLOPE__EACH ? done * length : 0);
            for (size_t j = 0; j < rest.target[k].extent; j++)
                result[at + j] = last[rest.target[k].base + j];
        }
    }
    free(rest.source);
    free(rest.target);
    free(last);
}

/* One loop after all. */
static void build_plain(slope__builder *b, slope__loop *loop, slope__cell result[])
{
    const slope__cell first = slope__build_loop(b, loop);
    for (size_t k = 0; first != SLOPE__NONE && k < loop->results; k++)
        result[k] = first + (slope__cell)k;
}

/* Bases and extents as slope__build_loop would set them. */
static void lay_targets(slope__loop *loop)
{
    size_t base = 0;
    for (size_t k = 0; k < loop->body->outputs; k++) {
        slope__target *t = &loop->target[k];
        const size_t length = loop->body->output[k].length;
        t->base = (uint32_t)base;
        t->extent = (uint32_t)(t->kind == SLOPE__DROPPED ? 0 : t->kind == SLOPE__EACH ? loop->n * length : length);
        base += t->extent;
    }
    loop->results = (uint32_t)base;
}

static void build_blocks(slope__builder *b, slope__loop *loop, size_t count, size_t m, unsigned levels,
                         const split_view s[], slope__cell result[])
{
    const slope_function *f = loop->body;
    const size_t sources = f->inputs + f->data;
    slope_function *block = make_block(b, loop, s, m, levels - 1);
    slope__loop blocks = {.body = block, .n = count};
    blocks.source = slope__new(sources, sizeof *blocks.source);
    blocks.target = slope__new(f->outputs, sizeof *blocks.target);
    if (block && blocks.source && blocks.target) {
        const int has_rest = count * m < loop->n;
        for (size_t g = 0; g < sources; g++)
            blocks.source[g] = (slope__source){s[g].outside, loop->source[g].carried};
        for (size_t k = 0; k < f->outputs; k++) /* what the rest begins with must be there */
            blocks.target[k].kind = has_rest && is_state(loop, k) ? SLOPE__LAST : loop->target[k].kind;
        const slope__cell first = slope__build_loop(b, &blocks);
        for (size_t k = 0; first != SLOPE__NONE && k < f->outputs; k++) {
            for (size_t j = 0; loop->target[k].kind != SLOPE__DROPPED && j < blocks.target[k].extent; j++)
                result[loop->target[k].base + j] = first + blocks.target[k].base + (slope__cell)j;
        }
        if (has_rest && first != SLOPE__NONE)
            build_rest(b, loop, &blocks, first, count * m, levels - 1, result);
    } else if (block) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a fold");
    }
    free(blocks.source);
    free(blocks.target);
    slope_function_destroy(block);
}

void slope__build_fold(slope__builder *b, slope__loop *loop, unsigned levels, slope__cell result[])
{
    const size_t sources = loop->body->inputs + loop->body->data;
    const size_t count = levels > 1 ? (size_t)ceil(pow((double)loop->n, 1.0 / levels)) : 0;
    if (count < 2 || loop->n / count < 2) {
        build_plain(b, loop, result);
        return;
    }
    const size_t m = loop->n / count;
    lay_targets(loop);
    split_view *s = slope__new(sources, sizeof *s);
    slope_status status = s ? SLOPE_OK : SLOPE_ERR_MEMORY;
    for (size_t g = 0; g < sources && status == SLOPE_OK; g++)
        status = split_source(&loop->source[g], loop->body->input[g].length, count, m, &s[g]);
    if (status == SLOPE_OK)
        build_blocks(b, loop, count, m, levels, s, result);
    else
        slope__builder_fail(b, status, "there is not enough memory for a fold");
    for (size_t g = 0; s && g < sources; g++)
        free(s[g].outside.index);
    free(s);
}
