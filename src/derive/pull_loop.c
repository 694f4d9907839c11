/* SPDX-License-Identifier: MIT */
/*
 * The reverse sweep through a loop: a loop over the derivative of its body.  Views turn round: where the body's input
 * was read from, its adjoint is added to; where its output went, the adjoint is read from.  A carried adjoint runs from
 * the last step to the first, and all views with it.
 */
#include <stdlib.h>
#include <string.h>

#include "derive/derive.h"

/* Where the adjoint of a source goes: result r of the target is a term of cell of[r]. */
typedef struct landing {
    slope__cell *of;
    size_t count;
} landing;

static void loop_starves(slope__pull *p)
{
    slope__builder_fail(p->b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
}

static int64_t size_of(int64_t x) { return x < 0 ? -x : x; }

/* Do strides alone tell that no cell is seen twice? */
static int is_injective(const slope__view *v, size_t n, size_t length)
{
    const int64_t item = size_of(v->item), element = size_of(v->element);
    if (v->index)
        return 0;
    if ((n > 1 && item == 0) || (length > 1 && element == 0))
        return 0;
    return n == 1 || length == 1 || item > element * (int64_t)(length - 1) || element > item * (int64_t)(n - 1);
}

/* Numbers the distinct cells of a view, in p->rank: in order where they are dense, else as they come.  Returns how
   many. */
static size_t rank_cells(slope__pull *p, const slope__view *v, size_t n, size_t length, slope__cell of[])
{
    slope__cell low, high;
    size_t count = 0;
    slope__view_range(v, n, length, &low, &high);
    const size_t entries = n * length;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < length; j++) {
            const slope__cell c = slope__view_at(v, length, i, j);
            if (p->rank[c] == SLOPE__NONE) {
                of[count] = c;
                p->rank[c] = (uint32_t)count++;
            }
        }
    }
    if ((high - low) / 4 > entries)
        return count;
    count = 0;
    for (size_t c = low; c <= high; c++) {
        if (p->rank[c] != SLOPE__NONE) {
            of[count] = (slope__cell)c;
            p->rank[c] = (uint32_t)count++;
        }
    }
    return count;
}

/* Fills the target and tells where its results belong; 0 when memory is short. */
static int land(slope__pull *p, const slope__view *v, size_t n, size_t length, int reversed, slope__target *t,
                landing *at)
{
    const size_t shown = slope__view_items(v, n); /* items that see different cells */
    at->of = slope__new(shown, length * sizeof *at->of);
    at->count = 0;
    if (!at->of)
        return 0;
    if (length == 0) {
        t->kind = SLOPE__EACH;
        return 1;
    }
    size_t distinct = shown * length;
    const int dense = is_injective(v, n, length);
    if (!dense)
        distinct = rank_cells(p, v, shown, length, at->of);
    int ok = 1;
    if (distinct == n * length) { /* one term for each cell, in the order of the view */
        for (size_t k = 0; k < distinct; k++) {
            at->of[k] = slope__view_at(v, length, k / length, k % length);
            if (!dense)
                p->rank[at->of[k]] = SLOPE__NONE;
        }
        t->kind = reversed ? SLOPE__ADDED : SLOPE__EACH;
        t->view = (slope__view){(int64_t)((n - 1) * length), -(int64_t)length, 1, NULL};
    } else {
        t->kind = SLOPE__ADDED;
        ok = slope__view_map(v, shown, length, p->rank, &t->view) == SLOPE_OK;
        for (size_t k = 0; k < distinct; k++)
            p->rank[at->of[k]] = SLOPE__NONE;
        if (ok && shown == n && reversed)
            slope__view_reverse(&t->view, n, length);
    }
    t->extent = (uint32_t)distinct;
    at->count = distinct;
    return ok;
}

/* The adjoint of what a carried input starts with: that of the first step, the last one swept. */
static int land_start(const slope__view *v, size_t length, slope__target *t, landing *at)
{
    at->of = slope__new(length, sizeof *at->of);
    at->count = at->of ? length : 0;
    for (size_t k = 0; k < at->count; k++)
        at->of[k] = slope__view_at(v, length, 0, k);
    t->kind = SLOPE__LAST;
    return at->of != NULL;
}

/* ---------------------------------------------------------------------------------------------------------- sources */

/* The adjoints of a target's results, structural zeros as the number; how many were not 0. */
static size_t total_target(slope__pull *p, const slope__instruction *i, const slope__target *t)
{
    const slope__cell first = i->result + t->base;
    const size_t found = slope__term_totals(p, first, t->extent);
    for (size_t k = 0; k < t->extent; k++) {
        if (p->adjoint[first + k] == SLOPE__NONE)
            p->adjoint[first + k] = p->zero;
    }
    return found;
}

/* The inputs of the body: as they were, carried ones from what was kept of them. */
static void read_inputs(slope__pull *p, const slope__loop *loop, const slope__pull_plan *plan, slope__loop_frame *frame)
{
    const slope_function *body = loop->body;
    const slope__view nothing = {p->zero, 0, 0, NULL};
    for (size_t g = 0; g < body->inputs; g++) {
        const slope__view kept = {plan->state[g], (int64_t)body->input[g].length, 1, NULL};
        if (slope__carried(loop, g) == SLOPE__NONE)
            slope__loop_frame_read(frame, g, &loop->source[g].view, p->map, plan->reversed);
        else
            slope__loop_frame_read(frame, g, plan->state[g] == SLOPE__NONE ? &nothing : &kept, NULL, plan->reversed);
    }
    for (size_t d = 0; d < body->data; d++)
        slope__loop_frame_read(frame, plan->body->inputs + d, &loop->source[body->inputs + d].view, p->map,
                               plan->reversed);
}

/* The view of a target's adjoints, its list (if any) borrowed with offsets added: as many items as the loop has. */
static void read_adjoints(slope__pull *p, const slope__instruction *i, const slope__target *t, slope__loop_frame *frame,
                          size_t input, int reversed)
{
    const slope__cell *from = p->adjoint + i->result + t->base; /* the view counts from there */
    slope__loop_frame_read(frame, input, &t->view, from, reversed);
}

/* Which output of the derived body is the adjoint of input g. */
static uint32_t output_of(const slope__pull_plan *plan, size_t g)
{
    uint32_t k = 0;
    for (size_t h = 0; h < g; h++)
        k += plan->wrt[h] != 0;
    return k;
}

/* The adjoint inputs of output o, from `input` on: carried ones, then the one from its results; returns the next
   input. */
static size_t read_seeds(slope__pull *p, const slope__instruction *i, size_t o, slope__loop_frame *frame, size_t input,
                         uint32_t zeros)
{
    const slope__loop *loop = &p->f->loop[i->operand];
    const slope__pull_plan *plan = &p->plan[i->operand];
    const slope__target *t = &loop->target[o];
    const slope__view nothing = {p->zero, 0, 0, NULL}, last = {0, 0, 1, NULL};
    const slope__cell *from = p->adjoint + i->result + t->base;
    int started = t->kind != SLOPE__LAST;
    for (size_t g = 0; g < loop->body->inputs; g++) {
        if (!plan->wrt[g] || slope__carried(loop, g) != o)
            continue;
        slope__loop_frame_carry(frame, input++, output_of(plan, g), started ? &nothing : &last, started ? NULL : from);
        started = 1;
    }
    if (plan->seed[o] & SLOPE__ZEROS)
        slope__loop_frame_carry(frame, input++, zeros, &last, from);
    else if (!started || t->kind == SLOPE__EACH || t->kind == SLOPE__ADDED)
        read_adjoints(p, i, t, frame, input++, plan->reversed);
    return input;
}

/* ---------------------------------------------------------------------------------------------------------- targets */

/* Is this output of a function the number 0 throughout? */
static int gives_zero(const slope_function *f, size_t o)
{
    for (size_t k = 0; k < f->output[o].length; k++) {
        const size_t c = f->result[f->output[o].first + k];
        if (c < f->input_cells || c >= f->input_cells + f->numbers || f->number[c - f->input_cells] != 0)
            return 0;
    }
    return 1;
}

/* Says where the adjoints of inputs go; 0 when memory is short. */
static int place_adjoints(slope__pull *p, const slope__loop *loop, const slope__pull_plan *plan,
                          slope__loop_frame *frame, landing at[])
{
    for (size_t g = 0, o = 0; g < loop->body->inputs; g++) {
        const slope__source *s = &loop->source[g];
        const size_t length = loop->body->input[g].length;
        if (!plan->wrt[g])
            continue;
        slope__target *t = &frame->loop.target[o];
        if (gives_zero(plan->body, o++))
            t->kind = SLOPE__DROPPED;
        else if (!(slope__carried(loop, g) == SLOPE__NONE
                       ? land(p, &s->view, loop->n, length, plan->reversed, t, &at[g])
                       : land_start(&s->view, length, t, &at[g])))
            return 0;
    }
    return 1;
}

/* Hands the results out as terms. */
static void hand_out(slope__pull *p, const slope__loop *loop, const slope__pull_plan *plan,
                     const slope__loop_frame *frame, slope__cell first, const landing at[])
{
    for (size_t g = 0, o = 0; g < loop->body->inputs; g++) {
        if (!plan->wrt[g])
            continue;
        const slope__target *t = &frame->loop.target[o++];
        for (size_t k = 0; k < at[g].count && t->kind != SLOPE__DROPPED; k++)
            slope__term_add(p, at[g].of[k], first + t->base + (slope__cell)k, at[g].count >= SLOPE__ARRAY);
    }
}

/* A loop without items: its results are where it started. */
static void pull_empty(slope__pull *p, const slope__instruction *i, const slope__loop *loop)
{
    const slope_function *body = loop->body;
    for (size_t o = 0; o < body->outputs; o++) {
        const slope__target *t = &loop->target[o];
        size_t from = SIZE_MAX;
        for (size_t g = 0; g < body->inputs; g++) { /* the last one that is carried from it */
            if (loop->source[g].carried == o)
                from = g;
        }
        for (size_t k = 0; k < t->extent && from != SIZE_MAX && t->kind == SLOPE__LAST; k++)
            slope__term_add(p, slope__view_at(&loop->source[from].view, t->extent, 0, k),
                            slope__term_total(p, i->result + t->base + (slope__cell)k), t->extent >= SLOPE__ARRAY);
    }
}

static void sweep_loop(slope__pull *p, const slope__instruction *i, landing at[])
{
    const slope__loop *loop = &p->f->loop[i->operand];
    const slope__pull_plan *plan = &p->plan[i->operand];
    size_t input = loop->body->inputs;
    uint32_t zeros = output_of(plan, loop->body->inputs); /* outputs of zeros are behind the adjoints */
    slope__loop_frame frame;
    if (!slope__loop_frame_begin(&frame, p->b, plan->body, loop->n))
        return;
    read_inputs(p, loop, plan, &frame);
    for (size_t o = 0; o < loop->body->outputs; o++) {
        if (plan->seed[o])
            input = read_seeds(p, i, o, &frame, input, zeros);
        zeros += (plan->seed[o] & SLOPE__ZEROS) != 0;
    }
    if (place_adjoints(p, loop, plan, &frame, at)) {
        const slope__cell first = slope__loop_frame_build(&frame);
        if (first != SLOPE__NONE)
            hand_out(p, loop, plan, &frame, first, at);
    } else {
        loop_starves(p);
    }
    slope__loop_frame_end(&frame);
}

void slope__pull_loop(slope__pull *p, const slope__instruction *i)
{
    const slope__loop *loop = &p->f->loop[i->operand];
    size_t found = 0;
    if (loop->n == 0) {
        pull_empty(p, i, loop);
        return;
    }
    if (!p->plan[i->operand].body)
        return;
    for (size_t o = 0; o < loop->body->outputs; o++) {
        if (p->plan[i->operand].seed[o])
            found += total_target(p, i, &loop->target[o]);
    }
    landing *at = found > 0 ? slope__new(loop->body->inputs, sizeof *at) : NULL;
    if (at)
        sweep_loop(p, i, at);
    else if (found > 0)
        loop_starves(p);
    for (size_t g = 0; at && g < loop->body->inputs; g++)
        free(at[g].of);
    free(at);
}
